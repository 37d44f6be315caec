// The page "Results": every run in the store, and the curves of those that are ticked.
"use strict";

const ResultsPage = (() => {
  const MOST = 6, STROKES = [["fit", []], ["variance", [7, 5]], ["truth", [2, 3]], ["error", []], ["noise", [7, 5]], ["ink", [2, 3]]];
  let filter, table, said, plot, legend, figure, details, curvesSaid, runs = [], ticked = [], curves = [];

  function mount(section) {
    filter = html("input", { type: "search", id: "results-filter", autocomplete: "off" });
    filter.addEventListener("input", list);
    said = html("p", { className: "faint small", role: "status" });
    table = html("table", { className: "lined" });
    legend = html("ul", { className: "legend", ariaLabel: "Legend" });
    const host = html("div", { className: "large" });
    curvesSaid = html("p", { className: "answer", id: "results-answer", ariaLive: "polite", textContent: "Tick runs to compare their curves." });
    details = asTable(tabulate);
    figure = html("figure", { hidden: true }, legend, host,
      html("figcaption", { className: "faint small" },
        "Test error (thick) and training error (thin) against the training step: mean over seeds; bands are 95% intervals of the mean."),
      details);
    section.append(
      html("h2", {}, "Results"),
      html("p", { className: "lead" }, "Every run in the store of results. Cells that differ in the seed alone are one run."),
      html("div", { className: "buttons" }, html("label", { htmlFor: filter.id }, "Filter "), filter,
        Controls.button("Download CSV", () => download("csv")), Controls.button("Download JSON", () => download("json"))),
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
    list();
  }

  const settings = (run) => Object.entries(run.settings).map(([name, value]) => `${name.replace(/^(model|recipe)\./, "")} ${value ?? "none"}`).join(", ");
  const text = (run) => `${run.dataset} ${run.model} ${settings(run)}`.toLowerCase();
  const wanted = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    return runs.filter((run) => words.every((word) => text(run).includes(word)));
  };
  const percent = (value) => (value === null || value === undefined ? "–" : (100 * value).toFixed(1));
  const ends = ({ low, high }) => (low === null || high === null ? "one seed" : `[${percent(low)}, ${percent(high)}]`);

  function list() {
    const head = ["compare", "data set", "model", "settings", "seeds", "test error (%)", "95% interval", "training error (%)", "UTC"];
    const body = html("tbody");
    for (const run of wanted().slice(0, 300)) {
      const box = html("input", { type: "checkbox", checked: ticked.includes(run.id), disabled: !run.has_curves, ariaLabel: `compare ${text(run)}` });
      box.addEventListener("change", () => tick(run.id, box));
      body.append(html("tr", {}, html("td", {}, box), html("td", {}, run.dataset), html("td", {}, run.model),
        html("td", { className: "settings" }, settings(run)), html("td", { className: "number" }, String(run.n)),
        html("td", { className: "number" }, percent(run.test_error.estimate)), html("td", { className: "number ends" }, ends(run.test_error)),
        html("td", { className: "number" }, percent(run.train_error.estimate)), html("td", { className: "ends" }, run.finished.slice(0, 16).replace("T", " "))));
    }
    table.replaceChildren(html("caption", {}, "Errors in percent of the examples, for a regression of the variance; mean over seeds"),
      html("thead", {}, html("tr", {}, ...head.map((one) => html("th", { scope: "col" }, one)))), body);
  }

  async function tick(id, box) {
    ticked = box.checked ? [...ticked, id].slice(-MOST) : ticked.filter((one) => one !== id);
    if (box.checked && ticked.length === MOST) list();
    try {
      curves = (await Library.ask("api/curves", { ids: ticked })).curves;
    } catch (error) {
      curvesSaid.textContent = error.message;
      return;
    }
    figure.hidden = !curves.length;
    const names = curves.map(({ id: one }) => runs.find((run) => run.id === one));
    legend.replaceChildren(...names.map((run, i) => html("li", {}, key(i), `${run.dataset}, ${run.model}${settings(run) ? `, ${settings(run)}` : ""}`)));
    curvesSaid.textContent = curves.length
      ? `${curves.map((one, i) => `${names[i].model}${settings(names[i]) ? ` (${settings(names[i])})` : ""}: test error ` +
          `${percent(names[i].test_error.estimate)}% ${ends(names[i].test_error)}`).join("; ")}.`
      : "Tick runs to compare their curves.";
    plot.layout();
    paint();
    details.renew();
  }

  function tabulate() {
    const rows = curves.flatMap(({ id, steps, train_error: train, test_error: test }) => {
      const run = runs.find((one) => one.id === id), every = Math.ceil(steps.length / 10);
      return steps.map((step, i) => [
        `${run.model} ${settings(run)}`, step, percent(test.mean[i]), ends({ low: test.low[i], high: test.high[i] }), percent(train.mean[i]),
      ]).filter((_, i) => i % every === 0 || i === steps.length - 1);
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
    const most = Math.max(...curves.flatMap(({ test_error: test }) => test?.mean.filter(Number.isFinite) ?? [0]));
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
  }

  function download(kind) {
    const rows = wanted().map((run) => ({
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

  return { name: "results", title: "Results", mount, shown, update: () => {}, stateless: true };
})();

// The page "Test sets": which were opened, by what, and why.
const OpeningsPage = (() => {
  let said, table, notes;

  function mount(section) {
    said = html("p", { className: "answer", role: "status" });
    table = html("table", { className: "lined" });
    notes = html("ul", { className: "small" });
    section.append(html("h2", {}, "Test sets"),
      html("p", { className: "lead" }, "A sealed test set is evaluated once: each further opening chooses among models, and the error that is reported is then too low. Every opening of one is kept, and its interval widens with their number."),
      said, html("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Openings" }, table), notes);
  }

  async function shown() {
    try {
      const { rows, notes: told, place } = await Library.ask("api/openings", {});
      const many = new Set(rows.map((row) => row.fingerprint)).size;
      const twice = new Set(rows.filter((row) => row.n_openings > 1).map((row) => row.fingerprint)).size;
      said.textContent = rows.length
        ? `${many} test set${many === 1 ? " was" : "s were"} opened, ${twice} more than once (${place}).`
        : `No sealed test set was opened in ${place}.`;
      const head = ["test set", "opening", "UTC", "model", "reason", "result"];
      table.hidden = !rows.length;
      table.replaceChildren(html("thead", {}, html("tr", {}, ...head.map((one) => html("th", { scope: "col" }, one)))),
        html("tbody", {}, ...rows.map((row) => html("tr", {}, ...[
          row.fingerprint.slice(0, 12), `${row.number} of ${row.n_openings}`, String(row.opened).slice(0, 16).replace("T", " "), row.model, row.reason, row.sentence,
        ].map((value) => html("td", {}, String(value)))))));
      notes.replaceChildren(...told.map((note) => html("li", {}, note)));
    } catch (error) {
      said.textContent = error.message;
    }
  }

  return { name: "openings", title: "Test sets", mount, shown, update: () => {}, stateless: true };
})();
