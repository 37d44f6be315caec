// The page "Fit": one data set and its fit, beside the fits to many fresh data sets.
"use strict";

const FitPage = (() => {
  const GHOSTS_MOST_VERTICES = 12000, PILE_SECONDS = 4, PILE_EVERY_MS = 50;
  const LEAD =
    "A function of joined straight lines is fitted to a few noisy points. Other points of the same kind give " +
    "other fits. How much these differ is the variance; how far their mean lies from the true function is the bias.";
  let plot, table, caption, ownError, tail, points, tooltip, mode, details, checked, playing = 0, pile = null, last = null;
  let predict;

  function mount(section) {
    predict = new Predict({
      names: ["hidden", "n", "noise", "ridge", "design"],
      question: (changes) => `You changed ${changes}. Will the expected squared error fall or rise?`,
      options: { fall: "It falls", rise: "It rises" },
    });
    const legend = html("ul", { className: "legend", ariaLabel: "Legend" });
    const entry = (kind, text) => legend.append(html("li", {}, html("span", { className: `key ${kind}` }), text));
    entry("key-point", "this data set");
    entry("key-fit", "its fit");
    entry("key-ghost", "fits to fresh data sets");
    entry("key-mean", "their mean");
    entry("key-band", "± 2 standard deviations");
    entry("key-truth", "true function");
    const host = html("div", { className: "large" });
    caption = html("p", { className: "answer", id: "fit-answer", ariaLive: "polite" });
    mode = html("p", { className: "mode", role: "status" });
    checked = html("p", { className: "faint small" });
    ownError = html("p", { className: "small" });
    const numbers = html("div", { className: "numbers" });
    details = asTable(tabulate);
    section.append(
      html("h2", {}, "Fit"), html("p", { className: "lead" }, LEAD),
      html("div", { className: "work" },
        html("div", { className: "controls" }, predict.element,
          ...["hidden", "n", "noise", "ridge", "sets"].map(Controls.slider),
          Controls.design(), Controls.truth(),
          Controls.seed("seed", "Seed of this data set", "the points of the figure"),
          Controls.seed("fresh", "Seed of the fresh ones", "the data sets that the numbers are over")),
        html("figure", { className: "main" }, legend, host, mode),
        numbers,
        html("div", { className: "below" },
          html("div", { className: "buttons" },
            Controls.button("Watch them pile up", play, "one fresh data set after another"),
            Controls.button("Draw the true function", draw, "with the pointer, or the arrow keys"),
            Controls.button("Add a point", addPoint, "to this data set"),
            Controls.button("Start again", () => App.change({ ...State.START }))),
          caption, Controls.copies("fit"), details)));
    table = new PartsTable(numbers);
    tail = html("p", { className: "small problem", hidden: true });
    numbers.append(ownError, tail, checked);
    plot = new Plot(host, {
      x: { label: "input x", domain: [0, 1], ticks: null }, y: { label: "target y", domain: [-1, 4], ticks: null },
      label: "Points, their fit, and the fits to fresh data sets", describedby: "fit-answer",
    });
    plot.redraw = () => App.page === "fit" && App.request();
    points = svg("g", { class: "points" }, plot.overlay);
    tooltip = svg("g", { class: "tooltip", "aria-hidden": "true" }, plot.overlay);
    hover(host);
    if (!App.calm.matches) play();
  }

  // Shows one fresh data set after another; a change of the state shows all at once.
  function play() {
    playing = performance.now();
    App.request();
  }

  function update(given, settled) {
    const state = predict.shown(given), problem = State.problem(state);
    clearTimeout(pile);
    domain(problem, settled);
    let many = state.sets;
    if (playing) {
      if (!settled || last?.key !== keyOf(state)) playing = last ? 0 : playing;
      const share = (performance.now() - playing) / 1000 / PILE_SECONDS;
      // Slowly at first: single fits are seen before they are a band.
      if (playing && share < 1 && !App.calm.matches) many = Math.min(state.sets, Math.max(2, Math.round(state.sets * share ** 2)));
      else playing = 0;
    }
    const own = Engine.own(state), fits = Engine.fresh(state, many);
    const measured = Engine.parts(state, fits, many);
    const quick = Math.min(state.hidden + 1, Engine.M) <= 41 && many <= 200;
    const bias = measured.average.bias_squared;
    if (quick) Object.assign(bias, bias.interval());
    last = { key: keyOf(state), state: { ...state }, own, fits, measured, many };
    paint(state, own, fits, measured, many);
    placePoints(state, own);
    table.show(measured.average, settled && !playing);
    ownError.textContent =
      `This data set's fit alone has the error ${number(own.error)}. It is computed, not estimated, so it has no interval.`;
    if (!settled) tail.hidden = true;
    if (playing) {
      mode.textContent = `${many} of ${state.sets} fresh data sets`;
      checked.textContent = "";
      pile = setTimeout(App.request, PILE_EVERY_MS);
    } else if (!settled) {
      if (!drawing) mode.textContent = "";
    } else {
      mode.textContent = drawing ? DRAW_HELP : "";
      details.renew();
      if (quick) quote(state, measured);
      else setTimeout(() => last.measured === measured && quote(state, measured)); // the figure first
    }
  }

  // The numbers of a state that stays, in words and compared with the library's.
  function quote(state, { average, excess }) {
    const bias = average.bias_squared;
    if (!("low" in bias)) Object.assign(bias, bias.interval());
    table.show(average, true);
    caption.textContent = sentence(state, average);
    Library.check(state, average, checked);
    Tail.say(state, excess, tail);
    predict.answer((guess) => changed(guess, state, excess));
  }

  // How the expected squared error has changed, and whether that was predicted.
  function changed(guess, state, excess) {
    const before = Engine.parts(guess.before, Engine.fresh(guess.before), guess.before.sets).excess;
    // The same data sets are compared one by one; where they differ, the means are.
    const same = ["n", "sets", "fresh", "design"].every((name) => guess.before[name] === state[name]);
    const { estimate, low, high } = Parts.difference(excess, before, same, state.noise ** 2 - guess.before.noise ** 2);
    const right = low > 0 ? "rise" : high < 0 ? "fall" : null, ends = interval({ low, high });
    const what = right ? `The expected squared error ${right === "rise" ? "rose" : "fell"} by ${number(Math.abs(estimate))} ${right === "rise" ? ends : interval({ low: -high, high: -low })} (95% interval).`
      : `The expected squared error changed by ${number(estimate)} ${ends} (95% interval), which could be chance.`;
    return what + (right ? Predict.verdict(guess, right) : "");
  }

  const keyOf = (state) => State.write("fit", state);

  // The y axis holds still while a slider moves: it depends on the true function alone.
  function domain(problem, settled) {
    if (problem.drawn && (drawing || !settled)) return;
    const values = Array.from(Engine.INPUTS, Problem.truth(problem));
    const low = Math.min(...values), high = Math.max(...values);
    plot.setDomain(plot.y, Math.floor(2 * (low - 0.8)) / 2, Math.ceil(2 * (high + 0.8)) / 2);
  }

  function paint(state, own, fits, measured, many) {
    const D = state.hidden, xs = Engine.knotsOf(D), inputs = Engine.INPUTS;
    plot.begin();
    const deviation = measured.variance.map(Math.sqrt);
    const low = measured.mean.map((value, j) => value - 2 * deviation[j]);
    const high = measured.mean.map((value, j) => value + 2 * deviation[j]);
    plot.area(inputs, low, high, { fill: "ink", alpha: 0.16 });
    // As many single fits as can be drawn within a frame.
    const ghosts = Math.min(many, Math.ceil(GHOSTS_MOST_VERTICES / (D + 1)));
    for (let i = 0; i < ghosts; i++) {
      const newest = playing && i === ghosts - 1;
      plot.line(xs, fits.knots, {
        stroke: newest ? "fit" : "ink", width: newest ? 1.5 : 1, alpha: newest ? 0.8 : 0.09, from: i * (D + 1),
      });
    }
    plot.line(xs, meanKnots(fits.knots, many, D), { stroke: "ink", width: 2.5 });
    plot.line(inputs, fits.truth, { stroke: "truth", width: 2.5, dash: [7, 5] });
    plot.line(xs, own.knots, { stroke: "fit", width: 2.5 });
    plot.end();
  }

  function meanKnots(knots, many, D) {
    const mean = new Float64Array(D + 1);
    for (let i = 0; i < many; i++)
      for (let k = 0; k <= D; k++) mean[k] += knots[i * (D + 1) + k] / many;
    return mean;
  }

  function tabulate() {
    if (!last) return null;
    const { own, fits, measured } = last, tenth = Array.from({ length: 10 }, (_, i) => 10 * i + 4);
    return {
      caption: `Predictions at ten inputs; mean and standard deviation over ${last.many} fresh data sets`,
      head: ["x", "true function", "this data set's fit", "mean fit", "standard deviation"],
      rows: tenth.map((j) => [
        Engine.INPUTS[j], fits.truth[j], own.predictions[j], measured.mean[j], Math.sqrt(measured.variance[j]),
      ].map(number)),
    };
  }

  // ---- points that move ---------------------------------------------------------------------

  const rounded = (x, y) => [
    Number(Math.min(Math.max(x, 0), 1).toFixed(3)),
    Number(Math.min(Math.max(y, plot.y.domain[0]), plot.y.domain[1]).toFixed(3)),
  ];

  function placePoints(state, { x, y }) {
    const pairs = state.points ?? Array.from(x, (value, i) => [value, y[i]]);
    while (points.childElementCount > pairs.length) points.lastChild.remove();
    while (points.childElementCount < pairs.length) points.append(newPoint());
    pairs.forEach(([px, py], i) => {
      const circle = points.children[i];
      circle.setAttribute("cx", plot.X(px));
      circle.setAttribute("cy", plot.clamped(plot.Y(py)));
      circle.setAttribute("aria-label", `point ${i + 1} of ${pairs.length}: x ${px.toFixed(2)}, y ${py.toFixed(2)}`);
      circle.setAttribute("tabindex", i === focused ? "0" : "-1");
    });
  }

  let focused = 0;
  function newPoint() {
    const circle = svg("circle", { r: 6, role: "button", "aria-roledescription": "movable point" });
    const index = () => [...points.children].indexOf(circle);
    circle.addEventListener("pointerdown", (event) => {
      if (drawing) return;
      event.preventDefault();
      circle.setPointerCapture(event.pointerId);
      circle.focus();
    });
    circle.addEventListener("pointermove", (event) => {
      if (circle.hasPointerCapture(event.pointerId)) move(index(), plot.at(event), false);
    });
    circle.addEventListener("pointerup", () => App.change({}));
    circle.addEventListener("dblclick", () => remove(index()));
    circle.addEventListener("focus", () => (focused = index()));
    circle.addEventListener("keydown", (event) => {
      const i = index(), [x, y] = current()[i];
      const step = event.shiftKey ? 5 : 1, [low, high] = plot.y.domain, up = ((high - low) / 100) * step;
      const moves = {
        ArrowLeft: [x - 0.01 * step, y], ArrowRight: [x + 0.01 * step, y], ArrowUp: [x, y + up], ArrowDown: [x, y - up],
      };
      if (moves[event.key]) move(i, moves[event.key], true);
      else if (event.key === "Delete" || event.key === "Backspace") remove(i);
      else if (event.key === "n" || event.key === "p") {
        const others = points.children;
        others[(i + (event.key === "n" ? 1 : others.length - 1)) % others.length].focus();
      } else return;
      event.preventDefault();
    });
    return circle;
  }

  const current = () =>
    (App.state.points ?? Array.from(last.own.x, (x, i) => rounded(x, last.own.y[i]))).map((pair) => [...pair]);

  function move(i, [x, y], settled) {
    const pairs = current();
    pairs[i] = rounded(x, y);
    App.change({ points: pairs }, settled);
  }

  function remove(i) {
    const pairs = current();
    if (pairs.length < 2) return;
    pairs.splice(i, 1);
    focused = 0;
    App.change({ points: pairs });
  }

  function addPoint() {
    const pairs = current();
    if (pairs.length >= State.MOST_POINTS) return;
    const f = Problem.truth(State.problem(App.state));
    pairs.push(rounded(0.5, f(0.5)));
    focused = pairs.length - 1;
    App.change({ points: pairs });
    mode.textContent = "Drag the new point, or move it with the arrow keys. Delete removes it; N and P go to others.";
    requestAnimationFrame(() => requestAnimationFrame(() => points.children[focused]?.focus()));
  }

  // ---- a function drawn by hand -------------------------------------------------------------

  const DRAW_HELP =
    "Draw from left to right in the figure. With the keyboard: left and right choose a place, up and down move the line.";
  let drawing = false, cursor = 20, before = null;

  function draw(button) {
    drawing = !drawing;
    button.setAttribute("aria-pressed", String(drawing));
    button.textContent = drawing ? "Stop drawing" : "Draw the true function";
    plot.svg.classList.toggle("drawing", drawing);
    if (drawing) {
      App.change({ function: "drawn", drawn: App.state.drawn && App.state.function === "drawn" ? App.state.drawn : Controls.sampled(App.state) });
      plot.svg.setAttribute("tabindex", "0");
      plot.svg.focus();
    } else {
      plot.svg.removeAttribute("tabindex");
      App.change({});
    }
  }

  function hover(host) {
    const surface = plot.svg;
    surface.addEventListener("pointerdown", (event) => {
      if (!drawing) return;
      surface.setPointerCapture(event.pointerId);
      before = null;
      sketch(event);
    });
    surface.addEventListener("pointermove", (event) => {
      if (drawing && surface.hasPointerCapture(event.pointerId)) sketch(event);
      else tell(event);
    });
    surface.addEventListener("pointerup", () => drawing && App.change({}));
    host.addEventListener("pointerleave", () => tooltip.replaceChildren());
    surface.addEventListener("keydown", (event) => {
      if (!drawing || event.target !== surface) return;
      const values = [...App.state.drawn], [low, high] = plot.y.domain, step = (high - low) / 50;
      if (event.key === "ArrowLeft") cursor = Math.max(0, cursor - 1);
      else if (event.key === "ArrowRight") cursor = Math.min(values.length - 1, cursor + 1);
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        values[cursor] = Number((values[cursor] + (event.key === "ArrowUp" ? step : -step)).toFixed(2));
        App.change({ drawn: values });
      } else return;
      event.preventDefault();
      mode.textContent = `x ${(cursor / 40).toFixed(3)}, true value ${values[cursor]}`;
    });
  }

  function sketch(event) {
    const last = State.DRAWN - 1, values = [...App.state.drawn];
    const [px, py] = plot.at(event), [, y] = rounded(0, py);
    const here = Math.min(Math.max(px, 0), 1) * last, from = before ?? [here, y];
    const [start, stop] = [Math.min(here, from[0]), Math.max(here, from[0])];
    for (let k = Math.ceil(start - 0.5); k <= Math.floor(stop + 0.5); k++) {
      const share = here === from[0] ? 1 : Math.min(Math.max((k - from[0]) / (here - from[0]), 0), 1);
      values[k] = Number((from[1] + share * (y - from[1])).toFixed(2));
    }
    before = [here, y];
    App.change({ drawn: values }, false);
  }

  // The exact values where the pointer is.
  function tell(event) {
    tooltip.replaceChildren();
    if (!last || event.pointerType === "touch") return;
    const [x] = plot.at(event);
    if (x < 0 || x > 1) return;
    const j = Math.min(Math.floor(x * Engine.M), Engine.M - 1), { own, fits, measured } = last;
    const lines = [
      `x ${Engine.INPUTS[j].toFixed(3)}`, `true ${number(fits.truth[j])}`, `this fit ${number(own.predictions[j])}`,
      `mean ${number(measured.mean[j])} ± ${number(2 * Math.sqrt(measured.variance[j]))}`,
    ];
    const at = plot.X(Engine.INPUTS[j]), flip = at > plot.right - 150;
    svg("line", { x1: at, x2: at, y1: plot.top, y2: plot.bottom, class: "rule" }, tooltip);
    svg("rect", { x: flip ? at - 148 : at + 8, y: plot.top + 4, width: 140, height: 76, rx: 4 }, tooltip);
    lines.forEach((text, i) => {
      svg("text", { x: flip ? at - 140 : at + 16, y: plot.top + 22 + 17 * i }, tooltip).textContent = text;
    });
  }

  return { name: "fit", title: "Fit", mount, update };
})();
