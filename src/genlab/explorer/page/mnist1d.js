// The page "MNIST-1D": one example after each transformation, and a network that learns the set.
"use strict";

const Mnist1dPage = (() => {
  const SLIDERS = {
    digit: ["Digit", 0, 9, 1, 3], padding: ["Padding", 0, 60, 1, 48], amplitude: ["Amplitude", 0.5, 1.5, 0.05, 1],
    shift: ["Shift", 0, 71, 1, 12], correlated: ["Smooth noise", 0, 1, 0.05, 0.25], iid: ["Noise at each point", 0, 0.3, 0.01, 0.02],
    slope: ["Slope", -1, 1, 0.05, 0.3], seed: ["Seed of the noise", 0, 50, 1, 0],
  };
  const STAGES = {
    template: "1. The digit's template", pad: "2. Padded with zeros", dilate: "3. Stretched to one length", scale: "4. Times the amplitude",
    translate: "5. Rotated by the shift", "correlated noise": "6. Smooth noise in the padding", "i.i.d. noise": "7. Noise at every point",
    shear: "8. A line subtracted", subsample: "9. 40 points kept", standardise: "10. Standardised: the example",
  };
  const POINTS = 40, HIGHEST = 5, MODELS = ["MLP", "CNN", "Logistic"];
  //: What a link holds: the sliders, an example drawn by hand, and the network that is trained.
  const values = {
    ...Object.fromEntries(Object.entries(SLIDERS).map(([name, [, min, max, step, start]]) => [name, State.whole(start, min, max, step)])),
    drawn: State.numbers(POINTS, -HIGHEST, HIGHEST),
    model: State.oneOf(MODELS), units: State.whole(100, 1, 200), labels: State.whole(0, 0, 100), steps: State.whole(2000, 100, 6000),
    net: State.whole(0, 0, State.MAX_SEED),
  };
  const controls = new Map();
  const plots = new Map();
  let drawing = false, drawn = null, cursor = 20, drawButton, signal = null, key = null;
  let said, busy = false, again = false, button, model, hidden, noise, steps, seed, job, curve, trained, bars, signalTable, curveTable, state = null;

  function mount(section) {
    said = html("p", { className: "answer", id: "mnist1d-answer", ariaLive: "polite" });
    const grid = html("div", { className: "stages" });
    for (const [name, text] of Object.entries(STAGES)) {
      const host = html("div", { className: "stage" });
      grid.append(html("figure", {}, html("figcaption", { className: "small" }, text), host));
      const plot = new Plot(host, {
        x: { label: "position", domain: [0, 1], ticks: null }, y: { label: "value", domain: [-1, 1], ticks: name === "standardise" ? [-4, 0, 4] : [-1, 0, 1] },
        label: text, describedby: "mnist1d-answer",
      });
      plot.redraw = () => paint(name);
      plots.set(name, plot);
    }
    drawButton = Controls.button("Draw an example", toggleDrawing, "in the last figure, with the pointer or the arrow keys");
    sketching(plots.get("standardise"));
    signalTable = asTable(() => state && {
      caption: "The example: its 40 points",
      head: ["position", "before it is standardised", "the example"],
      rows: state.stages.standardise.map((value, i) => [i, number(state.stages.subsample[i]), number(value)]),
    });
    section.append(html("h2", {}, "MNIST-1D"),
      html("p", { className: "lead" }, "How an example of MNIST-1D is made: a template of twelve points is padded, stretched, scaled, rotated, given noise, tilted and sampled at 40 points. Move a slider and see which stages change."),
      html("div", { className: "work wide" },
        html("div", { className: "controls" }, ...Object.keys(SLIDERS).map(slider)),
        html("figure", { className: "main" }, grid), html("div", { className: "below" }, said, html("div", { className: "buttons" }, drawButton, Controls.copyLink()), signalTable, training())));
  }

  function slider(name) {
    const [text, min, max, step, start] = SLIDERS[name], id = `mnist1d-${name}`;
    const input = html("input", { type: "range", id, min: String(min), max: String(max), step: String(step), value: String(start) });
    input.dataset.name = name;
    const output = html("output", { htmlFor: id, textContent: String(start) });
    for (const [kind, settled] of [["input", false], ["change", true]])
      input.addEventListener(kind, () => App.change({ [name]: values[name].read(input.value) }, settled));
    controls.set(name, (value) => {
      input.value = output.textContent = String(value);
      input.setAttribute("aria-valuetext", `${text} ${value}`);
    });
    return html("div", { className: "control" }, html("label", { htmlFor: id }, text), output, input);
  }

  // ---- an example drawn by hand ---------------------------------------------------------------

  function toggleDrawing() {
    App.change({ drawn: drawing ? null : [...(state?.stages.standardise ?? new Array(POINTS).fill(0))].map(rounded) });
    if (drawing) return;
    plots.get("standardise").svg.setAttribute("tabindex", "0");
    plots.get("standardise").svg.focus();
  }

  const rounded = (value) => Number(Math.min(Math.max(value, -HIGHEST), HIGHEST).toFixed(2));

  function update(given, settled) {
    for (const [name, put] of controls) put(given[name]);
    drawn = given.drawn;
    drawing = drawn !== null;
    drawButton.textContent = drawing ? "Stop drawing" : "Draw an example";
    drawButton.setAttribute("aria-pressed", String(drawing));
    const surface = plots.get("standardise").svg;
    surface.classList.toggle("drawing", drawing);
    if (drawing) surface.setAttribute("tabindex", "0");
    else surface.removeAttribute("tabindex");
    signal = Object.fromEntries(Object.keys(SLIDERS).map((name) => [name, given[name]]));
    const now = JSON.stringify([signal, drawn]);
    if (now !== key) {
      key = now;
      ask();
    }
  }

  function sketching(plot) {
    const surface = plot.svg;
    let before = null;
    const sketch = (event) => {
      const [x, y] = plot.at(event), here = Math.min(Math.max(Math.round(x), 0), POINTS - 1);
      const value = Math.min(Math.max(y, -HIGHEST), HIGHEST), from = before ?? here;
      const next = [...App.state.drawn];
      for (let k = Math.min(here, from); k <= Math.max(here, from); k++) next[k] = rounded(value);
      before = here;
      App.change({ drawn: next }, false);
    };
    surface.addEventListener("pointerdown", (event) => {
      if (!drawing) return;
      surface.setPointerCapture(event.pointerId);
      before = null;
      sketch(event);
    });
    surface.addEventListener("pointermove", (event) => drawing && surface.hasPointerCapture(event.pointerId) && sketch(event));
    surface.addEventListener("pointerup", () => drawing && App.change({}));
    surface.addEventListener("keydown", (event) => {
      const steps = { ArrowUp: 0.25, ArrowDown: -0.25, ArrowLeft: 0, ArrowRight: 0 };
      if (!drawing || !(event.key in steps)) return;
      event.preventDefault();
      cursor = Math.min(Math.max(cursor + (event.key === "ArrowRight") - (event.key === "ArrowLeft"), 0), POINTS - 1);
      const next = [...App.state.drawn];
      next[cursor] = rounded(next[cursor] + steps[event.key]);
      App.change({ drawn: next });
    });
  }

  // One question under way at a time; the newest values are asked next.
  async function ask() {
    if (busy) return void (again = true);
    busy = true;
    do {
      again = false;
      try {
        state = await Library.ask("api/mnist1d", drawn ? { ...signal, drawn } : signal);
        requestAnimationFrame(() => { [...plots.keys()].forEach(paint); tell(); signalTable.renew(); });
      } catch (error) {
        said.textContent = error.message;
      }
    } while (again);
    busy = false;
  }

  function paint(name) {
    const plot = plots.get(name), shown = state?.stages[name];
    if (!shown || !plot.width) return;
    plot.setDomain(plot.x, 0, shown.length - 1);
    plot.setDomain(plot.y, ...(name === "standardise" ? [-5, 5] : [-1.25, 1.25]));
    const xs = shown.map((_, i) => i);
    plot.begin();
    plot.line(xs, shown, { stroke: name === "standardise" ? "variance" : "fit", width: 2 });
    if (shown.length <= 40) xs.forEach((x) => plot.dot(x, shown[x], { fill: name === "standardise" ? "variance" : "fit", radius: 2.5 }));
    plot.end();
  }

  function tell() {
    const { probabilities } = state;
    bars.hidden = !probabilities;
    if (drawn) {
      const best = probabilities?.indexOf(Math.max(...probabilities));
      said.textContent = probabilities
        ? `The network takes your signal for a ${best}, with the probability ${probabilities[best].toFixed(2)}.`
        : "Draw in the last figure. Train a network below, and it classifies your signal.";
    } else if (!probabilities) {
      said.textContent = `A ${signal.digit} after each of ten stages. Train a network below, and it classifies this example.`;
    } else {
      const best = probabilities.indexOf(Math.max(...probabilities));
      said.textContent = `The network takes this ${signal.digit} for a ${best}, with the probability ${probabilities[best].toFixed(2)}: ` +
      `${best === signal.digit ? "correct" : "wrong"}. One example says little of its error; the test set below says more.`;
    }
    if (!probabilities) return;
    bars.replaceChildren(html("caption", {}, "Probability of each digit"), html("tbody", {}, ...probabilities.map((p, digit) => {
      const fill = html("div", { className: `fill ${!drawn && digit === signal.digit ? "variance" : "bias_squared"}` });
      fill.style.width = `${100 * p}%`;
      return html("tr", {}, html("th", { scope: "row" }, String(digit)), html("td", { className: "wide" }, html("div", { className: "bar", ariaHidden: "true" }, fill)),
        html("td", { className: "number" }, p.toFixed(3)));
    })));
  }

  function training() {
    const select = (id, options) => html("select", { id }, ...options.map((one) => html("option", { value: one, textContent: one })));
    const field = (text, element) => html("span", { className: "field" }, html("label", { htmlFor: element.id }, text), element);
    const whole = (id, value, min, max) => html("input", { id, type: "number", value: String(value), min: String(min), max: String(max), step: "1" });
    model = select("train-model", MODELS);
    hidden = whole("train-hidden", 100, 1, 200);
    noise = whole("train-noise", 0, 0, 100);
    steps = whole("train-steps", 2000, 100, 6000);
    seed = whole("train-seed", 0, 0, State.MAX_SEED);
    for (const [name, input] of Object.entries({ model, units: hidden, labels: noise, steps, net: seed })) {
      input.addEventListener("change", () => App.change({ [name]: values[name].read(input.value) ?? values[name].start }));
      controls.set(name, (value) => {
        if (document.activeElement !== input || input.value === "") input.value = String(value);
      });
    }
    button = Controls.button("Train", train);
    job = new JobBar("Training");
    trained = html("p", { className: "answer", id: "trained-answer", ariaLive: "polite", textContent: "4,000 training and 1,000 test examples. SGD with batches of 100 and a learning rate of 0.1." });
    bars = html("table", { className: "probabilities", hidden: true });
    const host = html("div", { className: "large" });
    curve = new Plot(host, {
      x: { label: "training step", domain: [0, 2000], ticks: null }, y: { label: "error (%)", domain: [0, 100], ticks: null },
      label: "Training and test error against the training step", describedby: "trained-answer",
    });
    curve.redraw = draw;
    curveTable = asTable(() => rows.length && {
      caption: "Errors in percent, of this one network; 95% interval over 1,000 test examples",
      head: ["step", "training loss (nats)", "training error", "test error", "95% interval"],
      rows: rows.map((row) => [row.step, number(row.train_loss), percent(row.train_error), percent(row.test_error), `[${percent(row.low)}, ${percent(row.high)}]`]),
    });
    const legend = html("ul", { className: "legend", ariaLabel: "Legend" },
      html("li", {}, html("span", { className: "key stroke-variance" }), "test error, 95% interval over test examples"),
      html("li", {}, html("span", { className: "key stroke-fit" }), "training error"));
    return html("div", {}, html("h3", {}, "Train a network"),
      html("div", { className: "buttons" }, field("Model", model), field("Hidden units", hidden), field("Label noise (%)", noise), field("Steps", steps), field("Seed", seed), button),
      job.element, trained, html("div", { className: "pair" }, html("figure", {}, legend, host,
        html("figcaption", { className: "faint small" }, "Errors of this one network. The training error is counted on all training examples, with their noisy labels, so it has no interval. Another seed gives another network."),
        curveTable), html("div", {}, bars)));
  }

  const percent = (value) => (100 * value).toFixed(1);
  let rows = [], last = 2000;

  async function train() {
    const whole = (input) => Math.round(Number(input.value));
    button.disabled = true;
    const question = { model: model.value, hidden: whole(hidden), label_noise: Number(noise.value) / 100, steps: whole(steps), seed: whole(seed) };
    const ended = await job.run("api/train", question, (state) => {
      if (state.rows) {
        ({ rows, steps: last } = state);
        draw();
        tellCurves();
      }
      if (state.error) return { share: 0, text: state.error };
      if (state.stopped) return { share: 0, text: "Stopped. This network is not kept." };
      if (!state.running) return { share: 1, text: "" };
      if (!state.rows) return { share: 0, text: "Training; the first steps take some seconds, for the program is compiled." };
      const { step } = rows.at(-1), share = step / last;
      return { share, text: `Step ${step} of ${last}, training loss ${number(rows.at(-1).train_loss)} nats${job.left(share)}.` };
    });
    button.disabled = false;
    curveTable.renew();
    if (!ended.error && !ended.stopped) ask();
  }

  function tellCurves() {
    const { step, train_error: error, test_error: test, low, high } = rows.at(-1);
    trained.textContent = `After ${step} steps: training error ${percent(error)}%, test error ${percent(test)}% [${percent(low)}, ${percent(high)}] ` +
      "(95% interval over 1,000 test examples, for this one network).";
  }

  function draw() {
    if (!curve.width || !rows.length) return;
    const xs = rows.map(({ step }) => step), of = (name) => rows.map((row) => 100 * row[name]);
    curve.setDomain(curve.x, 0, last);
    curve.begin();
    curve.area(xs, of("low"), of("high"), { fill: "variance", alpha: 0.2 });
    curve.line(xs, of("train_error"), { stroke: "fit", width: 2 });
    curve.line(xs, of("test_error"), { stroke: "variance", width: 2.5 });
    curve.end();
  }

  return { name: "mnist1d", title: "MNIST-1D", values, mount, update };
})();
