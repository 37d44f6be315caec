// The controls of the shared state: sliders, choices, seeds, and buttons that copy.
"use strict";

const Controls = (() => {
  let count = 0;
  const FUNCTIONS = { exp_sin: "exp(sin 2πx)", sine: "sin 2πx", step: "step at ½", drawn: "drawn by hand" };
  const DESIGNS = { stratified: "one in each of n cells", uniform: "uniform draws", grid: "equal distances" };

  const TEXTS = {
    hidden: (D) => `${D}`, n: (n) => `${n}`, noise: (s) => s.toFixed(2), sets: (R) => `${R}`,
    tries: (k) => `${k}`,
    ridge: (ridge) => (ridge === 0 ? "0 (none)" : String(ridge).replace("e-", "e−")),
  };
  const LABELS = {
    hidden: ["Hidden units", "D + 1 parameters"], n: ["Training examples", "n in each data set"],
    noise: ["Noise", "standard deviation of y"], ridge: ["Ridge", "penalty on the squares of all parameters"],
    sets: ["Fresh data sets", "that the model is fitted to"], tries: ["Settings tried", "of which the best is kept"],
  };

  function slider(name) {
    const values = State.SLIDERS[name], id = `control-${count++}`;
    const [text, hint] = LABELS[name];
    const input = html("input", { type: "range", id, min: "0", max: String(values.length - 1), step: "1" });
    input.dataset.name = name;
    const output = html("output", { htmlFor: id });
    const take = (settled) => {
      const value = values[Number(input.value)];
      output.textContent = TEXTS[name](value);
      input.setAttribute("aria-valuetext", `${TEXTS[name](value)}, ${hint}`);
      App.change({ [name]: value }, settled);
    };
    input.addEventListener("input", () => take(false));
    input.addEventListener("change", () => take(true));
    let shown; // controls of all pages follow, so most have nothing to do
    App.follow((state) => {
      if (state[name] === shown) return;
      shown = state[name];
      input.value = String(values.indexOf(shown));
      output.textContent = TEXTS[name](state[name]);
      input.setAttribute("aria-valuetext", `${TEXTS[name](state[name])}, ${hint}`);
    });
    return html("div", { className: "control" },
      html("label", { htmlFor: id, title: hint }, text), output, input);
  }

  function choice(name, text, options, taken) {
    const id = `control-${count++}`;
    const select = html("select", { id });
    for (const [value, shown] of Object.entries(options)) select.append(html("option", { value, textContent: shown }));
    select.addEventListener("change", () => (taken ? taken(select.value) : App.change({ [name]: select.value })));
    App.follow((state) => (select.value = state[name]));
    return html("div", { className: "control" }, html("label", { htmlFor: id }, text), select);
  }

  function seed(name, text, hint) {
    const id = `control-${count++}`;
    const input = html("input", { id, type: "number", min: "0", max: String(State.MAX_SEED), step: "1", title: hint });
    input.addEventListener("change", () => {
      const value = Math.min(Math.max(Math.round(Number(input.value)) || 0, 0), State.MAX_SEED);
      App.change(name === "seed" ? { seed: value, points: null } : { [name]: value });
    });
    App.follow((state) => (input.value = String(state[name])));
    const next = html("button", { type: "button", textContent: "next", ariaLabel: `next ${text.toLowerCase()}` });
    next.addEventListener("click", () =>
      App.change(name === "seed" ? { seed: App.state.seed + 1, points: null } : { [name]: App.state[name] + 1 }));
    return html("div", { className: "control seed" }, html("label", { htmlFor: id }, text), input, next);
  }

  const design = () => choice("design", "Inputs", DESIGNS);

  // "drawn" starts from the function that is shown.
  const truth = () => choice("function", "True function", FUNCTIONS, (value) => {
    if (value !== "drawn") return App.change({ function: value });
    App.change({ function: "drawn", drawn: App.state.drawn ?? sampled(App.state) });
  });

  function sampled(state) {
    const f = Problem.truth(State.problem(state));
    return Array.from({ length: State.DRAWN }, (_, i) => Number(f(i / (State.DRAWN - 1)).toFixed(2)));
  }

  // The name of a control and one of its values, in a sentence.
  const named = (name) => ({ design: "inputs", function: "true function" })[name] ?? LABELS[name][0].toLowerCase();
  const shown = (name, value) => TEXTS[name]?.(value) ?? { design: DESIGNS, function: FUNCTIONS }[name][value];

  function button(text, action, title = "") {
    const element = html("button", { type: "button", textContent: text, title });
    element.addEventListener("click", () => action(element));
    return element;
  }

  // A button that copies a text, and says so; a browser that forbids it shows the text.
  function copy(text, made) {
    const said = html("span", { className: "said", role: "status" });
    const element = button(text, async () => {
      const value = made();
      try {
        await navigator.clipboard.writeText(value);
        said.textContent = "copied";
      } catch {
        const area = html("textarea", { value, readOnly: true, ariaLabel: text, className: "copied" });
        said.replaceChildren(area);
        area.select();
        return;
      }
      setTimeout(() => (said.textContent = ""), 2000);
    });
    return html("span", {}, element, said);
  }

  // What is shown, as a link that restores it.
  const copyLink = () => copy("Copy link", () => location.href.split("#")[0] + App.hash);

  const copies = (page) => html("div", { className: "buttons" },
    copyLink(),
    copy("Copy as Python", () => State.python(App.state)),
    copy("Copy as command", () => State.command(page, App.state)));

  return { named, shown, slider, choice, seed, design, truth, button, copy, copyLink, copies, sampled };
})();
