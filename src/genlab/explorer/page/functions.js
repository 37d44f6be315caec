// On the page "Networks": the class probabilities of networks on the straight line between two examples.
"use strict";

const Functions = (() => {
  const MOST = 3, LABELLED = 0.25; // networks side by side; the probability from which a class has a label
  const TO = { different: "a training example of another class", same: "a training example of the same class", test: "the nearest test example" };
  //: What a link holds: the seed of the networks (null: the lowest in the store), and which two examples.
  const values = {
    seed: { ...State.whole(0, 0, State.MAX_SEED), start: null }, pair: State.whole(0, 0, State.MAX_SEED), to: State.oneOf(Object.keys(TO)),
  };
  let choices = { seed: null, pair: 0, to: "different" };
  const panels = [];
  let family = null, most = 0, chosen = 0, shown = null, busy = false, again = false, training = false;
  let to, pair, seed, one, three, note, job, said, grid, legend, facts, means, details, inputs, inputsHost;

  function mount() {
    const field = (text, ...elements) => html("span", { className: "field" }, html("label", { htmlFor: elements[0].id }, text), ...elements);
    const whole = (id, taken) => {
      const input = html("input", { id, type: "number", min: "0", max: String(State.MAX_SEED), step: "1" });
      input.addEventListener("change", () => taken(Math.min(Math.max(Math.round(Number(input.value)) || 0, 0), State.MAX_SEED)));
      return input;
    };
    const turn = (number_) => App.change({ pair: (number_ + State.MAX_SEED + 1) % (State.MAX_SEED + 1) });
    to = html("select", { id: "functions-to" }, ...Object.entries(TO).map(([value, textContent]) => html("option", { value, textContent })));
    to.addEventListener("change", () => App.change({ to: to.value }));
    pair = whole("functions-pair", turn);
    seed = whole("functions-seed", (value) => App.change({ seed: value }));
    one = Controls.button("Train", () => train([family.points[chosen]]));
    three = Controls.button("Train", () => train(threeOf()), "the narrowest, the first with a training error below 1%, and the widest");
    note = html("p", { className: "small", hidden: true });
    job = new JobBar("Training");
    said = html("p", { className: "answer", id: "functions-answer", ariaLive: "polite" });
    legend = html("ul", { className: "legend", ariaLabel: "Legend" });
    grid = html("div", { className: "panels" });
    for (let i = 0; i < MOST; i++) grid.append(panel(i));
    inputsHost = html("div", { className: "stage" });
    facts = html("figcaption", { className: "small" });
    inputs = html("figure", {}, facts, inputsHost);
    grid.append(inputs);
    means = html("table", { className: "lined" });
    details = asTable(tabulate);
    const plot = new Plot(inputsHost, { x: { label: "position", domain: [0, 1], ticks: null }, y: { label: "input", domain: [-5, 5], ticks: [-4, 0, 4] }, label: "The two examples", describedby: said.id });
    inputs.plot = plot;
    plot.redraw = paintInputs;
    return html("section", { ariaLabel: "Between two examples" }, html("h3", {}, "Between two examples"),
      html("p", { className: "lead" }, "A straight line leads from one example to another. Each input on it is given to a network, and the figures show its class probabilities. The smoother the function, the less often the predicted class changes. The store keeps no weights, so the network is first trained again."),
      html("div", { className: "buttons" }, field("From a training example to", to),
        field("Pair", pair, Controls.button("Previous", () => turn(choices.pair - 1)), Controls.button("Next", () => turn(choices.pair + 1)),
          Controls.button("Random", () => turn(Math.floor(Math.random() * 100000)))),
        field("Seed of the network", seed)),
      html("div", { className: "buttons" }, one, three), note, job.element, said,
      html("figure", { className: "functions", hidden: true }, legend, grid,
        html("figcaption", { className: "faint small" }, "Class probabilities at 101 places. Dashed lines: the predicted class changes. One network on one path is computed, not estimated, so it has no interval. Another seed gives another function."),
        html("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Means over pairs" }, means), details));
  }

  function panel(i) {
    const host = html("div", { className: "function" }), heading = html("h4"), text = html("figcaption", { className: "small" });
    const figure = html("figure", { hidden: true }, heading, host, text);
    const plot = new Plot(host, {
      x: { label: "place on the path", domain: [0, 1], ticks: null }, y: { label: "probability", domain: [0, 1.14], ticks: [0, 0.5, 1] },
      label: "Class probabilities on the path", describedby: "functions-answer",
    });
    plot.redraw = () => paint(i);
    panels.push({ figure, heading, text, plot });
    return figure;
  }

  // ---- what is shown --------------------------------------------------------------------------

  // A family of networks, the one of its points that is chosen, the seconds that are allowed, and the page's state.
  function show(newFamily, index, seconds, state) {
    [family, chosen, most] = [newFamily, index, seconds];
    choices = { seed: state.seed ?? family.points[index].seed ?? 0, pair: state.pair, to: state.to };
    ask();
  }

  // The narrowest network, the first that fits its training labels, and the widest that may be trained.
  function threeOf() {
    const allowed = family.points.filter((point) => point.seconds <= most);
    const threshold = allowed.find((point) => point.train_error.estimate < 0.01);
    return [...new Set([allowed[0], threshold, allowed.at(-1)])].filter((point) => point);
  }

  // One question under way at a time; the newest values are asked next.
  async function ask() {
    controls();
    if (busy) return void (again = true);
    busy = true;
    do {
      again = false;
      try {
        const { points } = family;
        shown = await Library.ask("api/functions", { ids: points.map(({ id }) => id), chosen: points[chosen].id, ...choices });
        draw();
      } catch (error) {
        said.textContent = error.message;
      }
    } while (again);
    busy = false;
  }

  function controls() {
    const point = family.points[chosen], many = threeOf(), total = many.reduce((sum, { seconds }) => sum + seconds, 0);
    to.value = choices.to;
    pair.value = String(choices.pair);
    seed.value = String(choices.seed);
    one.textContent = `Train width ${point.width} (about ${duration(point.seconds)})`;
    one.disabled = training || point.seconds > most;
    three.hidden = many.length < 2;
    three.textContent = `Train widths ${listed(many.map(({ width }) => width))} (about ${duration(total)})`;
    three.disabled = training;
    note.hidden = point.seconds <= most;
    note.textContent = `Width ${point.width} took ${duration(point.seconds)} when it was stored. Networks that take more than ${duration(most)} are not trained here.`;
  }

  async function train(points) {
    training = true;
    controls();
    const ended = await job.run("api/retrain", { ids: points.map(({ id }) => id), seed: choices.seed }, (state) => {
      if (state.error) return { share: 0, text: state.error };
      if (state.stopped) return { share: 0, text: "Stopped. Networks that were finished are kept." };
      if (!state.running) return { share: 1, text: "" };
      if (state.step === undefined) return { share: 0, text: `Training width ${points[0].width}; the first steps take some seconds, for the program is compiled.` };
      const { seconds, width } = points[state.network], sum = (some) => some.reduce((total, point) => total + point.seconds, 0);
      const share = (sum(points.slice(0, state.network)) + (seconds * state.step) / state.steps) / sum(points);
      return {
        share,
        text: `Training width ${width}: step ${state.step} of ${state.steps}, training error ${percent(state.train_error)}%, test error ${percent(state.test_error)}%${job.left(share)}.`,
      };
    });
    training = false;
    if (!ended.error) job.said.textContent ||= "";
    ask();
  }

  const percent = (value) => (value === null ? "–" : (100 * value).toFixed(1));
  const ends = ({ low, high }, digits = 2) => `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
  const listed = (items) => (items.length > 1 ? `${items.slice(0, -1).join(", ")} and ${items.at(-1)}` : String(items[0]));
  const widthOf = ({ id }) => family.points.find((point) => point.id === id).width;
  const times = (n) => (n === 1 ? "once" : n === 2 ? "twice" : `${n} times`);

  function draw() {
    const { networks } = shown;
    grid.parentElement.hidden = !networks.length;
    panels.forEach(({ figure }, i) => (figure.hidden = i >= networks.length));
    if (!networks.length) {
      said.textContent = `Train width ${family.points[chosen].width}, or several widths to compare them, to see their functions.`;
      return;
    }
    const { start, end, classes, distance } = shown, name = (label) => classes[label];
    const key = (kind, text) => html("li", {}, html("span", { className: `key ${kind}` }), text);
    legend.replaceChildren(key("stroke-fit", `class ${name(start.label)}, that of the start`),
      ...(start.label === end.label ? [] : [key("stroke-variance", `class ${name(end.label)}, that of the end`)]), key("key-other", "other classes"));
    facts.textContent = `From training example ${start.index} (class ${name(start.label)}) to ${choices.to === "test" ? "test" : "training"} example ${end.index} ` +
      `(class ${name(end.label)}${start.label === end.label ? ", dashed" : ""}). Their distance is ${number(distance)}.`;
    inputsHost.hidden = !start.input;
    networks.forEach((network, i) => {
      panels[i].heading.textContent = `Width ${widthOf(network)}, seed ${choices.seed}`;
      panels[i].text.textContent = caption(network);
      panels[i].plot.layout();
      paint(i);
    });
    inputs.plot.layout();
    paintInputs();
    tabulateMeans();
    details.renew();
    tell();
  }

  function caption({ first, changes, neither, labels, repeats, errors }) {
    const { classes, start, end } = shown, names = [first, ...changes.map(({ after }) => after)].map((label) => classes[label]);
    const path = changes.length
      ? `The predicted class changes ${times(changes.length)}: ${names.join(" → ")}. On ${(100 * neither).toFixed(0)}% of the path it is that of neither end.`
      : `The predicted class is ${names[0]} on the whole path.`;
    const noisy = [[start, "start", labels[0]], [end, "end", labels[1]]].filter(([{ label }, , trained]) => trained !== null && trained !== label)
      .map(([, where, trained]) => ` Label noise: the ${where} was trained on as ${classes[trained]}.`).join("");
    const bits = repeats === null ? "The store has no network of this seed."
      : repeats ? "Its curves are those in the store, bit for bit." : "Its curves differ from those in the store, which were computed with other versions or on another kind of processor.";
    return `${path}${noisy} Training error ${percent(errors.train_error)}%, test error ${percent(errors.test_error)}%. ${bits}`;
  }

  // The finding over many pairs, for one pair says little.
  function tell() {
    const { networks } = shown, last = networks.at(-1), others = networks.slice(0, -1);
    const of = (network) => `${network.mean_changes.estimate.toFixed(2)} ${ends(network.mean_changes)} times at width ${widthOf(network)}`;
    let finding = "";
    if (others.length)
      finding = others.every(({ more_changes: more }) => more.low > 0) ? `Width ${widthOf(last)}, the widest of these networks, has the smoothest function: its predicted class changes least often. `
        : others.some(({ more_changes: more }) => more.high < 0) ? `Width ${widthOf(last)}, the widest of these networks, does not have the smoothest function: the predicted class of a narrower one changes less often. `
        : `Whether width ${widthOf(last)}, the widest of these networks, has the smoothest function cannot be decided from these pairs. `;
    said.textContent = `${finding}Over 200 such pairs the predicted class changes ${listed(networks.map(of))}. 95% intervals over pairs, for ${networks.length === 1 ? "this one network" : "one network of each width"}.`;
  }

  function tabulateMeans() {
    const head = ["width", "changes of the class", "95% interval", "more than the last row", "95% interval", "places with the class of neither end (%)", "95% interval"];
    const row = (network) => {
      const { mean_changes: changes, mean_neither: neither, more_changes: more } = network;
      return [widthOf(network), changes.estimate.toFixed(2), ends(changes), more ? more.estimate.toFixed(2).replace("-", "−") : "–", more ? ends(more).replaceAll("-", "−") : "–",
        percent(neither.estimate), `[${percent(neither.low)}, ${percent(neither.high)}]`];
    };
    means.replaceChildren(html("caption", {}, `Means over 200 pairs, number 0 to 199, from a training example to ${TO[choices.to]}. 95% intervals over pairs.`),
      html("thead", {}, html("tr", {}, ...head.map((text) => html("th", { scope: "col", className: "number" }, text)))),
      html("tbody", {}, ...shown.networks.map((network) => html("tr", {}, ...row(network).map((text) => html("td", { className: "number" }, String(text)))))));
  }

  function tabulate() {
    if (!shown?.networks.length) return null;
    const places = Array.from({ length: 11 }, (_, i) => 10 * i);
    return {
      caption: "Class probabilities in percent at eleven places of the path",
      head: ["width", "place", ...shown.classes.map((name) => `class ${name}`)],
      rows: shown.networks.flatMap((network) => places.map((place) =>
        [widthOf(network), place / 100, ...network.probabilities.map((values) => (100 * values[place]).toFixed(1))])),
    };
  }

  // ---- figures --------------------------------------------------------------------------------

  const strokeOf = (label) => (label === shown.start.label ? "fit" : label === shown.end.label ? "variance" : "faint");

  function paint(i) {
    const network = shown?.networks[i], { plot } = panels[i];
    if (!network || !plot.width) return;
    const { probabilities, changes } = network, xs = probabilities[0].map((_, k) => k / (probabilities[0].length - 1));
    plot.begin();
    for (const { at } of changes) plot.line([at, at], [-1, 2], { stroke: "ink", width: 1, alpha: 0.45, dash: [3, 4] });
    probabilities.forEach((values, label) => strokeOf(label) === "faint" && plot.line(xs, values, { stroke: "faint", width: 1.25 }));
    probabilities.forEach((values, label) => strokeOf(label) !== "faint" && plot.line(xs, values, { stroke: strokeOf(label), width: 2.75 }));
    plot.end();
    directLabels(plot, network, xs);
  }

  // A label at each class that matters: in the middle of where it is predicted longest, or at its highest.
  function directLabels(plot, { probabilities, first, changes }, xs) {
    const bounds = [0, ...changes.map(({ at }) => at), 1], stretches = new Map();
    [first, ...changes.map(({ after }) => after)].forEach((label, k) => {
      const length = bounds[k + 1] - bounds[k];
      if (!(stretches.get(label)?.length >= length)) stretches.set(label, { length, middle: (bounds[k] + bounds[k + 1]) / 2 });
    });
    const placed = [];
    plot.overlay.replaceChildren();
    probabilities.forEach((values, label) => {
      const highest = Math.max(...values);
      if (highest < LABELLED) return;
      const place = Math.round((stretches.get(label)?.middle ?? xs[values.indexOf(highest)]) * (xs.length - 1));
      const x = Math.min(Math.max(plot.X(xs[place]), plot.left + 8), plot.right - 8);
      let y = plot.Y(values[place]) - 6;
      while (placed.some(([px, py]) => Math.abs(px - x) < 16 && Math.abs(py - y) < 14)) y += 15;
      placed.push([x, y]);
      svg("text", { x, y, class: `direct middle${strokeOf(label) === "faint" ? "" : " strong"}` }, plot.overlay).textContent = shown.classes[label];
    });
  }

  function paintInputs() {
    const plot = inputs.plot;
    if (!shown?.start?.input || !plot.width) return;
    const { start, end } = shown, values = [...start.input, ...end.input], size = Math.ceil(Math.max(...values.map(Math.abs)));
    plot.y.ticks = [-size, 0, size];
    plot.setDomain(plot.x, 0, start.input.length - 1);
    plot.setDomain(plot.y, -1.1 * size, 1.1 * size);
    plot.begin();
    const xs = start.input.map((_, k) => k);
    plot.line(xs, start.input, { stroke: "fit", width: 2 });
    plot.line(xs, end.input, { stroke: start.label === end.label ? "ink" : "variance", width: 2, dash: start.label === end.label ? [5, 4] : [] });
    plot.end();
  }

  return { mount, show, values };
})();
