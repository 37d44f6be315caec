// The page "Results": every run in the store, and the curves of those that are ticked.
"use strict";

const ResultsPage = (() => {
  const MOST = 6, STROKES = [["fit", []], ["variance", [7, 5]], ["truth", [2, 3]], ["error", []], ["noise", [7, 5]], ["ink", [2, 3]]];
  const START = "Tick runs to compare their curves.";
  const values = { filter: State.text(), runs: State.several(/^[0-9a-f]{12}$/, MOST) };
  let filter, table, said, plot, legend, figure, details, curvesSaid, published;
  let runs = [], curves = [], now = null, listed = null, asked = null, busy = false;

  function mount(section) {
    filter = html("input", { type: "search", id: "results-filter", autocomplete: "off" });
    filter.addEventListener("input", () => App.change({ filter: filter.value }));
    said = html("p", { className: "faint small", role: "status" });
    table = html("table", { className: "lined" });
    legend = html("ul", { className: "legend", ariaLabel: "Legend" });
    const host = html("div", { className: "large" });
    curvesSaid = html("p", { className: "answer", id: "results-answer", ariaLive: "polite", textContent: START });
    published = html("span");
    details = asTable(tabulate);
    figure = html("figure", { hidden: true }, legend, host,
      html("figcaption", { className: "faint small" },
        "Test error (thick) and training error (thin) against the training step: mean over seeds; bands are 95% intervals of the mean. ",
        published),
      details);
    section.append(
      html("h2", {}, "Results"),
      html("p", { className: "lead" }, "Every run in the store of results. Cells that differ in the seed alone are one run."),
      html("div", { className: "buttons" }, html("label", { htmlFor: filter.id }, "Filter "), filter,
        Controls.button("Download CSV", () => download("csv")), Controls.button("Download JSON", () => download("json")), Controls.copyLink()),
      said, curvesSaid, figure,
      html("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Runs" }, table));
    plot = new Plot(host, {
      x: { label: "training step", domain: [0, 1], ticks: null }, y: { label: "error (%)", domain: [0, 100], ticks: null },
      label: "Error against the training step", describedby: "results-answer",
    });
    plot.redraw = paint;
  }

  async function shown() {
    try {
      const found = await Library.ask("api/runs", {});
      runs = found.runs;
      said.textContent = runs.length
        ? `${found.place}: ${found.n_cells.toLocaleString("en")} results; the newest ${found.n_shown.toLocaleString("en")} are ${runs.length.toLocaleString("en")} runs.`
        : `${found.place} holds no results yet. This makes some: genlab reproduce mnist1d-mlp --scale quick`;
    } catch (error) {
      said.textContent = error.message;
    }
    listed = null;
    asked = null;
    if (App.page === "results") App.request();
  }

  function update(state) {
    now = state;
    if (filter.value !== state.filter) filter.value = state.filter;
    if (listed !== state.filter && runs.length) list(state);
    for (const box of table.querySelectorAll("input")) box.checked = state.runs.includes(box.dataset.run);
    if (runs.length) compare();
  }

  const setting = (name) => name.replace(/^(model|recipe|data\.arguments)\./, "").replace("label_noise.fraction", "label noise");
  const value = (one) => (typeof one === "number" ? Number(one.toPrecision(4)) : one ?? "none");
  // The settings in which runs of one data set and model differ; or of some of them, as far as these differ.
  function settings(run, among = null) {
    const differs = (name) => !among || new Set(among.map((one) => String(one.settings[name]))).size > 1;
    return Object.entries(run.settings).filter(([name]) => differs(name)).map(([name, one]) => `${setting(name)} ${value(one)}`).join(", ");
  }
  const text = (run) => `${run.dataset} ${run.model} ${settings(run)}`.toLowerCase();
  const wanted = (words) => runs.filter((run) => words.toLowerCase().split(/\s+/).filter(Boolean).every((word) => text(run).includes(word)));
  const percent = (value) => (value === null || value === undefined ? "–" : (100 * value).toFixed(1));
  const ends = ({ low, high }) => (low === null || high === null ? "one seed" : `[${percent(low)}, ${percent(high)}]`);

  function list(state) {
    listed = state.filter;
    const head = ["compare", "data set", "model", "settings", "seeds", "test error (%)", "95% interval", "training error (%)", "UTC"];
    const body = html("tbody");
    for (const run of wanted(state.filter).slice(0, 300)) {
      const box = html("input", { type: "checkbox", disabled: !run.has_curves, ariaLabel: `compare ${text(run)}` });
      box.dataset.run = run.id;
      box.addEventListener("change", () => {
        const others = App.state.runs.filter((one) => one !== run.id);
        App.change({ runs: box.checked ? [...others, run.id].slice(-MOST) : others });
      });
      body.append(html("tr", {}, html("td", {}, box), html("td", {}, run.dataset), html("td", {}, run.model),
        html("td", { className: "settings" }, settings(run)), html("td", { className: "number" }, String(run.n)),
        html("td", { className: "number" }, percent(run.test_error.estimate)), html("td", { className: "number ends" }, ends(run.test_error)),
        html("td", { className: "number" }, percent(run.train_error.estimate)), html("td", { className: "ends" }, run.finished.slice(0, 16).replace("T", " "))));
    }
    table.replaceChildren(html("caption", {}, "Errors in percent of the examples, for a regression of the variance; mean over seeds"),
      html("thead", {}, html("tr", {}, ...head.map((one) => html("th", { scope: "col" }, one)))), body);
  }

  // Asks for the curves of the ticked runs: one question under way at a time, the newest is asked next.
  async function compare() {
    while (!busy && asked !== now.runs.join()) {
      busy = true;
      const ids = now.runs.filter((id) => runs.some((run) => run.id === id && run.has_curves)), missing = now.runs.length - ids.length;
      asked = now.runs.join();
      try {
        curves = ids.length ? (await Library.ask("api/curves", { ids })).curves : [];
        tell(missing);
      } catch (error) {
        curvesSaid.textContent = error.message;
      }
      busy = false;
    }
  }

  const runOf = (id) => runs.find((run) => run.id === id);
  // A compared run, by what it does not share with the others.
  function named(id) {
    const run = runOf(id), others = curves.map((one) => runOf(one.id)), own = settings(run, others);
    const data = new Set(others.map((one) => one.dataset)).size > 1 ? `${run.dataset}, ` : "";
    return `${data}${run.model}${own ? ` (${own})` : ""}`;
  }

  function tell(missing) {
    figure.hidden = !curves.length;
    legend.replaceChildren(...curves.map(({ id, published: points }, i) => {
      const sources = [...new Set(points?.map(({ source }) => source))];
      const diamond = html("span", { className: `key key-diamond stroke-${STROKES[i][0]}` });
      return html("li", {}, key(i), named(id), ...(sources.length ? [" ", diamond, `published: ${sources.join("; ")}`] : []));
    }));
    published.textContent = curves.some((one) => one.published?.length)
      ? "Diamonds are published errors of networks that are trained alike: filled the test error, open the training error. They were published without an interval." : "";
    const lost = missing ? ` ${missing} run${missing === 1 ? "" : "s"} of the link ${missing === 1 ? "is" : "are"} not in this store.` : "";
    curvesSaid.textContent = (curves.length
      ? `${curves.map((one) => `${named(one.id)}: test error ${percent(runOf(one.id).test_error.estimate)}% ` +
          `${ends(runOf(one.id).test_error)}${beside(one)}`).join("; ")}.`
      : START) + lost;
    plot.layout();
    paint();
    details.renew();
  }

  // The published test error at the end of the curve, in words.
  function beside({ steps, published: points }) {
    const end = points?.find(({ curve, step }) => curve === "test_error" && step === steps.at(-1));
    return end ? `, published ${percent(end.value)}%` : "";
  }

  function tabulate() {
    const rows = curves.flatMap(({ id, steps, train_error: train, test_error: test, published: points }) => {
      const every = Math.ceil(steps.length / 10), name = named(id);
      const measured = steps.map((step, i) => [
        name, step, percent(test.mean[i]), ends({ low: test.low[i], high: test.high[i] }), percent(train.mean[i]),
      ]).filter((_, i) => i % every === 0 || i === steps.length - 1);
      return [...measured, ...(points ?? []).map(({ curve, step, value, source }) => [
        `${name}, published: ${source}`, step, curve === "test_error" ? percent(value) : "–", "none published",
        curve === "train_error" ? percent(value) : "–",
      ])];
    });
    return { caption: "Errors in percent: means over seeds", head: ["run", "step", "test error", "95% interval", "training error"], rows };
  }

  function key(i) {
    const span = html("span", { className: `key stroke-${STROKES[i][0]}` });
    if (STROKES[i][1].length) span.classList.add(STROKES[i][1][0] > 3 ? "dashed" : "dotted");
    return span;
  }

  function paint() {
    if (!curves.length || !plot.width) return;
    const last = Math.max(...curves.map(({ steps }) => steps.at(-1) ?? 1));
    const most = Math.max(...curves.flatMap(({ test_error: test, published: points }) =>
      [...(test?.mean.filter(Number.isFinite) ?? [0]), ...(points ?? []).map(({ value }) => value)]));
    plot.setDomain(plot.x, 0, last);
    plot.setDomain(plot.y, 0, Math.min(100, 10 * Math.ceil(10 * most + 0.5)));
    plot.begin();
    curves.forEach(({ steps, train_error: train, test_error: test }, i) => {
      if (!steps.length) return;
      const [stroke, dash] = STROKES[i], scaled = (values) => values.map((value) => (value === null ? NaN : 100 * value));
      if (test.low.some((value) => value !== null)) plot.area(steps, scaled(test.low), scaled(test.high), { fill: stroke, alpha: 0.18 });
      plot.line(steps, scaled(test.mean), { stroke, width: 2.5, dash });
      plot.line(steps, scaled(train.mean), { stroke, width: 1, dash });
    });
    plot.end();
    // Over the axes as well: many are values at the last step.
    curves.forEach(({ published: points }, i) => {
      for (const { curve, step, value } of points ?? [])
        plot.diamond(step, 100 * value, { stroke: STROKES[i][0], filled: curve === "test_error", radius: curve === "test_error" ? 7 : 5.5 });
    });
  }

  function download(kind) {
    const rows = wanted(filter.value).map((run) => ({
      id: run.id, dataset: run.dataset, model: run.model, settings: settings(run), seeds: run.n,
      test_error: run.test_error.estimate, test_error_low: run.test_error.low, test_error_high: run.test_error.high,
      train_error: run.train_error.estimate, finished: run.finished,
    }));
    const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
    const content = kind === "json" ? JSON.stringify(rows, null, 1)
      : [Object.keys(rows[0] ?? { id: "" }), ...rows.map(Object.values)].map((row) => row.map(cell).join(",")).join("\n") + "\n";
    const link = html("a", { href: URL.createObjectURL(new Blob([content], { type: kind === "json" ? "application/json" : "text/csv" })), download: `genlab-runs.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  return { name: "results", title: "Results", values, mount, shown, update };
})();

// The page "Test sets": which were opened, by what, and why.
const OpeningsPage = (() => {
  const HEAD = ["test set", "opening", "UTC", "model", "reason", "result"];
  const values = { filter: State.text() };
  let said, filter, table, notes, found = null;

  function mount(section) {
    said = html("p", { className: "answer", role: "status" });
    filter = html("input", { type: "search", id: "openings-filter", autocomplete: "off" });
    filter.addEventListener("input", () => App.change({ filter: filter.value }));
    table = html("table", { className: "lined" });
    notes = html("ul", { className: "small" });
    section.append(html("h2", {}, "Test sets"),
      html("p", { className: "lead" }, "A sealed test set is evaluated once: each further opening chooses among models, and the error that is reported is then too low. Every opening of one is kept, and its interval widens with their number."),
      said, html("div", { className: "buttons" }, html("label", { htmlFor: filter.id }, "Filter "), filter, Controls.copyLink()),
      html("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Openings" }, table), notes);
  }

  async function shown() {
    try {
      found = await Library.ask("api/openings", {});
      notes.replaceChildren(...found.notes.map((note) => html("li", {}, note)));
    } catch (error) {
      said.textContent = error.message;
    }
    if (App.page === "openings") App.request();
  }

  const cells = (row) => [
    row.fingerprint.slice(0, 12), `${row.number} of ${row.n_openings}`, String(row.opened).slice(0, 16).replace("T", " "),
    row.model, row.reason, row.sentence,
  ].map(String);

  function update(state) {
    if (filter.value !== state.filter) filter.value = state.filter;
    if (!found) return;
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = found.rows.filter((row) => words.every((word) => cells(row).join(" ").toLowerCase().includes(word)));
    const many = new Set(found.rows.map((row) => row.fingerprint)).size;
    const twice = new Set(found.rows.filter((row) => row.n_openings > 1).map((row) => row.fingerprint)).size;
    said.textContent = !found.rows.length ? `No sealed test set was opened in ${found.place}.`
      : `${many} test set${many === 1 ? " was" : "s were"} opened, ${twice} more than once (${found.place}).` +
        (rows.length < found.rows.length ? ` The filter shows ${rows.length} of ${found.rows.length} openings.` : "");
    table.hidden = !rows.length;
    table.replaceChildren(html("thead", {}, html("tr", {}, ...HEAD.map((one) => html("th", { scope: "col" }, one)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(row).map((value) => html("td", {}, value))))));
  }

  return { name: "openings", title: "Test sets", values, mount, shown, update };
})();
