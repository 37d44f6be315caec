// The page "Trade-off and double descent": error against hidden units, and the fit at one of them.
"use strict";

const TradeoffPage = (() => {
  const CAPACITIES = State.SLIDERS.hidden, COARSE = 5, PAINT_EVERY_MS = 100;
  const LEAD =
    "More hidden units lower the bias and raise the variance, until there are as many parameters as examples: each " +
    "fit then passes through all its points, noise and all. Beyond, the smoothest of many such fits is taken, and " +
    "the error falls again.";
  const CURVES = [
    ["error", "error", "expected squared error"], ["bias_squared", "bias", "bias²"], ["variance", "variance", "variance"],
    ["median", "error", "median error"], ["training", "ink", "training error"],
  ];
  //: Capacities by their number of parameters: "about as many" is within a tenth of the examples, or one.
  const REGIONS = { fewer: "Fewer parameters than examples", same: "About as many", more: "More parameters" };
  const ELSEWHERE = { fewer: "fewer parameters than examples", same: "about as many parameters as examples", more: "more parameters than examples" };
  const region = ({ D }, n) => (Math.abs(D + 1 - n) <= Math.max(1, n / 10) ? "same" : D + 1 < n ? "fewer" : "more");
  let predict, numbers, curve, fit, table, caption, checked, tail, details, marker, points;
  let key = null, shown = null, results = [], order = [];

  function mount(section) {
    predict = new Predict({
      names: ["n", "noise", "ridge", "design", "function"], hides: true, options: REGIONS,
      question: (changes) => `${changes ? `You changed ${changes}. ` : ""}Where will the expected squared error be highest?`,
    });
    const legend = html("ul", { className: "legend", ariaLabel: "Legend" });
    const entry = (kind, text) => legend.append(html("li", {}, html("span", { className: `key ${kind}` }), text));
    entry("key-error", "expected squared error");
    entry("key-median", "its median over data sets");
    entry("key-bias", "bias²");
    entry("key-variance", "variance");
    entry("key-noise", "noise");
    entry("key-training", "training error");
    entry("key-threshold", "as many parameters as examples");
    const left = html("div", { className: "large" }), right = html("div", { className: "large" });
    caption = html("p", { className: "answer", id: "tradeoff-answer", ariaLive: "polite" });
    checked = html("p", { className: "faint small" });
    tail = html("p", { className: "small problem", hidden: true });
    numbers = html("div", { className: "numbers" });
    details = asTable(tabulate);
    section.append(
      html("h2", {}, "Trade-off and double descent"), html("p", { className: "lead" }, LEAD),
      html("div", { className: "work wide" },
        html("div", { className: "controls" }, predict.element,
          ...["hidden", "n", "noise", "ridge", "sets"].map(Controls.slider),
          Controls.design(), Controls.truth(), Controls.seed("seed", "Seed of the data set shown", "the points of the right figure"),
          Controls.seed("fresh", "Seed of the fresh ones", "the data sets that the numbers are over")),
        html("figure", { className: "main" }, legend, html("div", { className: "pair" }, left, right),
          html("figcaption", { className: "faint small" },
            "The curves are means over the fresh data sets; click or drag in them to choose. Bands are 95% intervals; that of " +
            "bias² follows once the sliders rest. Estimates below 0.001 are not drawn. Beside them one data set and its fit (blue), 40 other fits (thin), their mean ± 2 standard deviations " +
            "and the true function (dashed).")),
        html("div", { className: "below" }, html("div", { className: "pair" }, numbers, html("div", {}, caption, Controls.copies("tradeoff"))), details)));
    table = new PartsTable(numbers);
    numbers.append(tail, checked);
    curve = new Plot(left, {
      x: { label: "hidden units", domain: [1, 200], log: true, ticks: [1, 2, 5, 10, 20, 50, 100, 200] },
      y: { label: "squared error", domain: [0.001, 100], log: true, ticks: null },
      label: "Error, bias² and variance against hidden units", describedby: "tradeoff-answer",
    });
    fit = new Plot(right, {
      x: { label: "input x", domain: [0, 1], ticks: null }, y: { label: "target y", domain: [-1, 4], ticks: null },
      label: "The fit with the chosen number of hidden units", describedby: "tradeoff-answer",
    });
    for (const plot of [curve, fit]) plot.redraw = () => App.page === "tradeoff" && App.request();
    marker = svg("g", { class: "marker", "aria-hidden": "true" }, curve.overlay);
    points = svg("g", { class: "points still", "aria-hidden": "true" }, fit.overlay);
    curve.svg.addEventListener("pointerdown", (event) => curve.svg.setPointerCapture(event.pointerId));
    for (const kind of ["pointerdown", "pointermove"])
      curve.svg.addEventListener(kind, (event) => curve.svg.hasPointerCapture(event.pointerId) && choose(event));
    curve.svg.addEventListener("pointerup", () => App.change({}));
  }

  // The number of hidden units nearest to the pointer.
  function choose(event) {
    const [D] = curve.at(event), distance = (one) => Math.abs(Math.log(one / D));
    App.change({ hidden: CAPACITIES.reduce((best, one) => (distance(one) < distance(best) ? one : best)) }, false);
  }

  function measured(state, D) {
    const fits = Engine.fresh(state, state.sets, D), parts = Engine.parts(state, fits, state.sets);
    const training = Engine.trainingError(fits, state.sets), median = Parts.median(parts.excess);
    for (const end of ["estimate", "low", "high"]) median[end] += state.noise ** 2;
    return { D, ...parts.average, training, median, fits, parts };
  }

  function update(given, settled) {
    const state = predict.shown(given);
    numbers.hidden = caption.hidden = !state;
    if (!state) return empty();
    const now = JSON.stringify([State.problem(state), state.ridge, state.sets, state.fresh]);
    if (now !== key) {
      key = now;
      results = [];
      // First every fifth capacity and those at the threshold, so that a frame shows the whole curve.
      const near = (D) => Math.abs(D + 1 - state.n) <= 1;
      const first = CAPACITIES.filter((D, i) => i % COARSE === 0 || near(D) || D === 200);
      order = CAPACITIES.filter((D) => !first.includes(D));
      first.forEach((D) => keep(measured(state, D)));
    }
    const here = measured(state, state.hidden);
    const bias = here.bias_squared;
    const quick = state.hidden <= 40 && state.sets <= 200;
    if (quick) Object.assign(bias, bias.interval());
    shown = here;
    const own = Engine.own(state);
    paintCurve(state, here);
    paintFit(state, own, here);
    table.show({ noise: here.noise, bias_squared: bias, variance: here.variance, error: here.error }, settled);
    if (!settled) tail.hidden = true;
    else {
      details.renew();
      complete({ ...state });
      if (quick) quote(state, here);
      else setTimeout(() => shown === here && quote(state, here)); // the figure first
    }
  }

  // Where the error is highest, and whether that was predicted: of capacities whose intervals reach as high
  // as the highest estimate's, any may be the one.
  function highest(guess, { n }) {
    const top = results.reduce((best, one) => (one.error.estimate > best.error.estimate ? one : best)), here = region(top, n);
    const possible = new Set(results.filter((one) => one.error.high >= top.error.low).map((one) => region(one, n)));
    const others = Object.keys(REGIONS).filter((name) => name !== here && possible.has(name));
    return `The estimate of the expected squared error is highest with ${top.D} hidden unit${top.D === 1 ? "" : "s"}, ${top.D + 1} parameters for ` +
      `${n} examples: ${number(top.error.estimate)} ${interval(top.error)} (95% interval).` +
      (others.length ? ` The error may be as high with ${others.map((name) => ELSEWHERE[name]).join(" or ")}: intervals of capacities there reach as high.` : "") +
      Predict.verdict(guess, possible.size > 1 && possible.has(guess.name) ? null : here);
  }

  // Nothing is drawn before the first prediction.
  function empty() {
    for (const plot of [curve, fit]) {
      plot.begin();
      plot.end();
    }
    marker.replaceChildren();
    points.replaceChildren();
  }

  // The other capacities, and the intervals of bias² along the curve: too much for a drag, so it is done
  // while the sliders rest.
  function complete(state) {
    let painted = performance.now();
    Idle.run(() => {
      if (order.length) keep(measured(state, order.shift()), true);
      else {
        predict.answer((guess) => highest(guess, state)); // the whole curve is there
        const one = results.find(({ bias_squared: bias }) => !("low" in bias));
        if (one) Object.assign(one.bias_squared, measured(state, one.D).bias_squared.interval());
        else {
          paintCurve(state, shown);
          details.renew();
          return false;
        }
      }
      if (performance.now() - painted > PAINT_EVERY_MS) {
        paintCurve(state, shown);
        painted = performance.now();
      }
      return true;
    });
  }

  // The numbers of a state that stays, in words and compared with the library's.
  function quote(state, here) {
    const bias = here.bias_squared;
    if (!("low" in bias)) Object.assign(bias, bias.interval());
    table.show(here, true);
    caption.textContent = sentence(state, here);
    Library.check(state, here, checked);
    Tail.say(state, here.parts.excess, tail);
  }

  function keep({ D, noise, bias_squared: bias, variance, error, training, median }, whole = false) {
    // Without what would hold its fits.
    const bias_squared = { estimate: bias.estimate, ...(whole ? bias.interval() : {}) };
    results.push({ D, noise, bias_squared, variance, error, training, median });
    results.sort((a, b) => a.D - b.D);
  }

  function paintCurve(state, here) {
    const xs = results.map(({ D }) => D), of = (name, end = "estimate") => results.map((one) => Math.max(one[name][end], 1e-9));
    curve.begin();
    curve.line([state.n - 1, state.n - 1], [1e-9, 1e9], { stroke: "faint", width: 1, dash: [4, 4] });
    curve.line([1, 200], [state.noise ** 2 || 1e-9, state.noise ** 2 || 1e-9], { stroke: "noise", width: 2, dash: [2, 3] });
    for (const [name, fill] of [["bias_squared", "bias"], ["variance", "variance"], ["error", "error"]]) {
      const known = results.filter((one) => "low" in one[name]), ends = (end) => known.map((one) => Math.max(one[name][end], 1e-9));
      curve.area(known.map(({ D }) => D), ends("low"), ends("high"), { fill, alpha: 0.2 });
    }
    curve.line(xs, of("training"), { stroke: "ink", width: 1.5, dash: [7, 5] });
    curve.line(xs, of("bias_squared"), { stroke: "bias", width: 2 });
    curve.line(xs, of("variance"), { stroke: "variance", width: 2 });
    curve.line(xs, of("median"), { stroke: "error", width: 2, dash: [3, 3] });
    curve.line(xs, of("error"), { stroke: "error", width: 2.5 });
    for (const [name, stroke] of CURVES) curve.dot(state.hidden, Math.max(here[name].estimate, 1e-9), { fill: stroke, radius: 5 });
    curve.end();
    const x = curve.X(state.hidden), flip = x > curve.right - 130;
    marker.replaceChildren();
    svg("line", { x1: x, x2: x, y1: curve.top, y2: curve.bottom }, marker);
    svg("text", { x: flip ? x - 6 : x + 6, y: curve.top + 14, class: flip ? "end" : "" }, marker).textContent =
      `${state.hidden} hidden unit${state.hidden === 1 ? "" : "s"}`;
  }

  function paintFit(state, own, { fits, parts }) {
    const values = fits.truth, low = Math.min(...values), high = Math.max(...values);
    fit.setDomain(fit.y, Math.floor(2 * (low - 0.8)) / 2, Math.ceil(2 * (high + 0.8)) / 2);
    const xs = Engine.knotsOf(state.hidden), deviation = parts.variance.map(Math.sqrt);
    fit.begin();
    fit.area(Engine.INPUTS, parts.mean.map((m, j) => m - 2 * deviation[j]), parts.mean.map((m, j) => m + 2 * deviation[j]),
      { fill: "ink", alpha: 0.16 });
    const ghosts = Math.min(state.sets, 40, Math.ceil(4000 / (state.hidden + 1)));
    for (let i = 0; i < ghosts; i++)
      fit.line(xs, fits.knots, { stroke: "ink", width: 1, alpha: 0.1, from: i * (state.hidden + 1) });
    fit.line(Engine.INPUTS, parts.mean, { stroke: "ink", width: 2 });
    fit.line(Engine.INPUTS, fits.truth, { stroke: "truth", width: 2.5, dash: [7, 5] });
    fit.line(xs, own.knots, { stroke: "fit", width: 2.5 });
    fit.end();
    points.replaceChildren();
    own.x.forEach((x, i) => svg("circle", { cx: fit.X(x), cy: fit.clamped(fit.Y(own.y[i])), r: 5 }, points));
  }

  function tabulate() {
    return {
      caption: "Means over the inputs and the fresh data sets. The noise is known.",
      head: ["hidden units", "bias²", "95% interval", "variance", "95% interval", "error", "95% interval", "median error", "95% interval", "training error", "95% interval"],
      rows: results.map((one) => [
        one.D, ...["bias_squared", "variance", "error", "median", "training"].flatMap((name) => [number(one[name].estimate), interval(one[name])]),
      ]),
    };
  }

  return { name: "tradeoff", title: "Trade-off and double descent", mount, update };
})();
