// The page "Choosing": the best of many validation errors is lower than the error that it stands for.
"use strict";

const ChoosingPage = (() => {
  const MOST = 80, REPEATED = 200, RIDGES = [0, 0.001, 0.01, 0.1, 1];
  const LEAD =
    "Each setting is fitted to a few points and judged by its error on as many others, the validation set. Keep the " +
    "best so far and try another: the best validation error can only fall. Does the model that it chooses get better?";
  //: The settings in the order in which they are tried.
  const SETTINGS = Array.from({ length: MOST }, (_, i) => ({ hidden: 1 + ((7 * i + 4) % 16), ridge: RIDGES[i % 5] }));
  let plot, caption, tried, table, details, key = null, found = null, domain = null;

  function mount(section) {
    const legend = html("ul", { className: "legend", ariaLabel: "Legend" });
    const entry = (kind, text) => legend.append(html("li", {}, html("span", { className: `key ${kind}` }), text));
    entry("key-fit", "best validation error so far");
    entry("key-variance", "true error of the setting that it chooses");
    entry("key-truth", "lowest true error of the settings tried");
    entry("key-ghost", "the same for one data set");
    entry("key-noise", "noise");
    const host = html("div", { className: "large" });
    caption = html("p", { className: "answer", id: "choosing-answer", ariaLive: "polite" });
    tried = html("p", { className: "mode", role: "status" });
    details = asTable(tabulate);
    const more = (count) => () => App.change({ tries: Math.min(App.state.tries + count, MOST) });
    section.append(
      html("h2", {}, "Choosing"), html("p", { className: "lead" }, LEAD),
      html("div", { className: "work wide" },
        html("div", { className: "controls" }, ...["tries", "n", "noise"].map(Controls.slider), Controls.design(),
          Controls.truth(), Controls.seed("fresh", "Seed of the data sets", "the data sets that the means are over")),
        html("figure", { className: "main" }, legend, host, tried),
        html("div", { className: "below" },
          html("div", { className: "buttons" },
            Controls.button("Try another setting", more(1)), Controls.button("Try ten more", more(10)),
            Controls.button("Begin anew", () => App.change({ tries: 1 }))),
          caption,
          html("p", { className: "faint small" },
            `Means over ${REPEATED} data sets, each with a validation set of its own, with 95% intervals. A setting is a number of ` +
            `hidden units from 1 to 16 and a ridge from ${RIDGES.join(", ")}. The true error is known here, because the true ` +
            "function is. With your own data it is not: that is what a sealed test set is for."),
          html("div", { className: "buttons" },
            Controls.copyLink(),
            Controls.copy("Copy as Python", () => python(App.state))),
          details)));
    plot = new Plot(host, {
      x: { label: "settings tried", domain: [0, MOST], ticks: null }, y: { label: "squared error", domain: [0, 0.5], ticks: null },
      label: "Validation error and true error against the number of settings tried", describedby: "choosing-answer",
    });
    plot.redraw = () => App.page === "choosing" && App.request();
  }

  // For each data set: the best validation error, and the true errors of the chosen and the best
  // setting, after 1, 2, … settings. Data set r is validated on data set REPEATED + r.
  function search(state) {
    const problem = State.problem(state), n = state.n, M = Engine.M;
    const { x, y } = Problem.fresh(problem, 2 * REPEATED, state.fresh);
    const truth = Engine.INPUTS.map(Problem.truth(problem)), noise = state.noise ** 2;
    const size = REPEATED * MOST;
    const validation = new Float64Array(size), chosen = new Float64Array(size), lowest = new Float64Array(size);
    const knots = new Float64Array(64), predictions = new Float64Array(M), at = new Float64Array(n);
    const where = new Map(SETTINGS.map(({ hidden }) => [hidden, Hinge.places(Engine.INPUTS, hidden)]));
    for (let r = 0; r < REPEATED; r++) {
      const valid = (REPEATED + r) * n;
      let best = Infinity, truest = Infinity, own = 0;
      SETTINGS.forEach(({ hidden, ridge }, i) => {
        Hinge.fit(x, y, r * n, n, hidden, ridge, knots, 0);
        Hinge.predict(knots, 0, where.get(hidden), predictions, 0);
        let error = noise, validated = 0;
        for (let j = 0; j < M; j++) error += (predictions[j] - truth[j]) ** 2 / M;
        Hinge.predict(knots, 0, Hinge.places(x.subarray(valid, valid + n), hidden), at, 0);
        for (let j = 0; j < n; j++) validated += (y[valid + j] - at[j]) ** 2 / n;
        if (validated < best) { best = validated; own = error; }
        truest = Math.min(truest, error);
        validation[r * MOST + i] = best;
        chosen[r * MOST + i] = own;
        lowest[r * MOST + i] = truest;
      });
    }
    return { validation, chosen, lowest };
  }

  // Mean over the data sets after `tries` settings, and its 95% interval (`mean_interval`).
  function mean(of, tries) {
    let sum = 0, square = 0;
    for (let r = 0; r < REPEATED; r++) sum += of(r * MOST + tries - 1) / REPEATED;
    for (let r = 0; r < REPEATED; r++) square += (of(r * MOST + tries - 1) - sum) ** 2;
    const half = Special.studentQuantile(0.975, REPEATED - 1) * Math.sqrt(square / (REPEATED - 1) / REPEATED);
    return { estimate: sum, low: sum - half, high: sum + half };
  }

  function update(state, settled) {
    const now = JSON.stringify([State.problem(state), state.fresh]);
    if (now !== key) {
      key = now;
      const raw = search(state), tries = Array.from({ length: MOST }, (_, i) => i + 1);
      found = { raw };
      for (const name of ["validation", "chosen", "lowest"]) found[name] = tries.map((k) => mean((i) => raw[name][i], k));
      found.gap = tries.map((k) => mean((i) => raw.chosen[i] - raw.validation[i], k));
      domain = Math.ceil(10 * Math.max(1.4 * found.chosen[MOST - 1].estimate, 1.8 * state.noise ** 2, 0.05)) / 10;
    }
    plot.setDomain(plot.y, 0, domain);
    paint(state);
    const k = state.tries, { hidden, ridge } = SETTINGS[k - 1];
    tried.textContent = `Setting ${k} of ${MOST}: ${hidden} hidden unit${hidden === 1 ? "" : "s"}, ridge ${ridge}`;
    if (settled) say(state);
    if (settled) details.renew();
  }

  function paint(state) {
    const k = state.tries, xs = Array.from({ length: k }, (_, i) => i + 1), part = (rows, end) => rows.slice(0, k).map((row) => row[end]);
    plot.begin();
    plot.line([0, MOST], [state.noise ** 2, state.noise ** 2], { stroke: "noise", width: 2, dash: [2, 3] });
    for (const [name, stroke, dash] of [["lowest", "truth", [7, 5]], ["chosen", "variance", []], ["validation", "fit", []]]) {
      const rows = found[name];
      plot.line(xs, found.raw[name], { stroke, width: 1, alpha: 0.55, dash, count: k });
      plot.area(xs, part(rows, "low"), part(rows, "high"), { fill: stroke, alpha: 0.2 });
      plot.line(xs, part(rows, "estimate"), { stroke, width: 2.5, dash });
      plot.dot(k, rows[k - 1].estimate, { fill: stroke });
    }
    plot.end();
  }

  function say({ tries: k, n }) {
    const gap = found.gap[k - 1], first = found.chosen[0].estimate;
    const finding = k === 1
      ? "One setting was tried, so nothing was chosen: its validation error is right on average."
      : gap.low > 0
        ? "The best validation error promises too much: part of it is luck, and the more settings are tried the more."
        : "The best validation error is not shown to be too low.";
    caption.textContent =
      `${finding} After ${k} setting${k === 1 ? "" : "s"} it is ${number(found.validation[k - 1].estimate)} ${interval(found.validation[k - 1])}; ` +
      `the chosen setting's true error is ${number(found.chosen[k - 1].estimate)} ${interval(found.chosen[k - 1])}, ` +
      `${number(gap.estimate)} ${interval(gap)} more. ${n} training and ${n} validation examples.` +
      (k > 1 ? ` The first setting's true error was ${number(first)} ${interval(found.chosen[0])}.` : "");
  }

  function tabulate() {
    return {
      caption: `Means over ${REPEATED} data sets`,
      head: ["settings", "best validation error", "95% interval", "true error", "95% interval", "true − validation", "95% interval"],
      rows: [1, 2, 5, 10, 20, 40, 80].filter((k) => k <= App.state.tries).map((k) => [
        k, ...["validation", "chosen", "gap"].flatMap((name) => [number(found[name][k - 1].estimate), interval(found[name][k - 1])]),
      ]),
    };
  }

  // Python that makes the same numbers.
  function python(state) {
    const drawn = state.function === "drawn";
    return [
      "import numpy as np", "import genlab", "",
      ...(drawn ? [`values = [${state.drawn.join(", ")}]`] : []),
      `problem = genlab.datasets.make_toy_regression(\n    n=${state.n}, noise=${state.noise}, design="${state.design}", ` +
        `function=${drawn ? `lambda x: np.interp(x, np.linspace(0, 1, ${State.DRAWN}), values)` : `"${state.function}"`}\n)`,
      `samples = problem.fresh(${2 * REPEATED}, seed=${state.fresh})`,
      `x, y = samples.x[:${REPEATED}], samples.y[:${REPEATED}]  # to fit`,
      `x_valid, y_valid = samples.x[${REPEATED}:], samples.y[${REPEATED}:]  # to choose by`,
      "places = (np.arange(100) + 0.5) / 100", "validation, true = [], []",
      `for i in range(${state.tries}):`,
      `    model = genlab.models.HingeRegression(1 + (7 * i + 4) % 16, ridge=[${RIDGES.join(", ")}][i % 5])`,
      "    fits = model.fit(x, y)",
      "    validation.append(((fits.predict(x_valid) - y_valid) ** 2).mean(axis=1))",
      "    true.append(problem.noise**2 + ((fits.predict(places) - problem.truth(places)) ** 2).mean(axis=1))",
      "chosen = np.argmin(validation, axis=0)  # of each data set", "rows = np.arange(len(x))",
      "gap = np.array(true)[chosen, rows] - np.array(validation)[chosen, rows]",
      "genlab.measure.mean_interval(gap)  # how much too low the best validation error is", "",
    ].join("\n");
  }

  return { name: "choosing", title: "Choosing", mount, update, search, python };
})();
