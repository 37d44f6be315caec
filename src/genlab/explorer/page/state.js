// What the pages show: the values of all controls, in the link's hash, as Python and as a command.
"use strict";

const State = (() => {
  const range = (from, to, step = 1) =>
    Array.from({ length: Math.floor((to - from) / step + 1.5) }, (_, i) => from + i * step);

  //: Name -> the values that a slider may take.
  const SLIDERS = {
    hidden: [...range(1, 60), ...range(65, 200, 5)],
    n: range(2, 50),
    noise: range(0, 100).map((percent) => percent / 100),
    ridge: [0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    sets: [20, 50, 100, 200, 500, 1000],
    tries: range(1, 80),
  };
  const CHOICES = {
    design: ["stratified", "uniform", "grid"],
    function: ["exp_sin", "sine", "step", "drawn"],
  };
  const START = {
    hidden: 5, n: 15, noise: 0.3, ridge: 0, sets: 200, design: "stratified", function: "exp_sin",
    seed: 42, fresh: 0, tries: 1, drawn: null, points: null,
    predict: 0, // whether a figure waits for the reader's prediction
  };
  const MOST_POINTS = 200, DRAWN = 41, MAX_SEED = 2 ** 32 - 1;

  const nearest = (values, given) => {
    const value = Math.min(given, values.at(-1));
    return values.reduce((best, one) => (Math.abs(one - value) < Math.abs(best - value) ? one : best));
  };

  // A number from a text, or null where it is none.
  function numeric(text) {
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : null;
  }

  // The page and the state of a hash: what is not a value is left out, what is out of range moved.
  function read(hash) {
    const [page, query = ""] = hash.replace(/^#/, "").split("?");
    const state = { ...START };
    for (const [name, text] of new URLSearchParams(query.slice(0, 20000))) {
      if (name in SLIDERS && numeric(text) !== null) state[name] = nearest(SLIDERS[name], numeric(text));
      else if (name in CHOICES && CHOICES[name].includes(text)) state[name] = text;
      else if ((name === "seed" || name === "fresh") && /^\d{1,10}$/.test(text))
        state[name] = Math.min(Number(text), MAX_SEED);
      else if (name === "predict") state.predict = Number(text === "1");
      else if (name === "drawn") {
        const values = text.split(",").map(numeric);
        if (values.length === DRAWN && !values.includes(null))
          state.drawn = values.map((value) => Math.min(Math.max(value, -100), 100));
      } else if (name === "points") {
        const pairs = text.split(";").slice(0, MOST_POINTS).map((pair) => pair.split(",").map(numeric));
        if (pairs.every((pair) => pair.length === 2 && !pair.includes(null)))
          state.points = pairs.map(([x, y]) => [Math.min(Math.max(x, 0), 1), Math.min(Math.max(y, -100), 100)]);
      }
    }
    if (state.function === "drawn" && !state.drawn) state.function = START.function;
    return { page, state };
  }

  // The hash of a state; `read` of it gives the state again.
  function write(page, state) {
    const shown = Object.entries(state).filter(([name, value]) =>
      value !== null && !(name === "drawn" && state.function !== "drawn") && !(name === "predict" && !value));
    const text = ([name, value]) =>
      `${name}=${name === "points" ? value.map((pair) => pair.join(",")).join(";") : value}`;
    return `#${page}?${shown.map(text).join("&")}`;
  }

  // ---- values of one page alone: name -> {start, read(text) -> value or null, write(value)} ----

  const whole = (start, low, high, step = 1) => ({
    start, write: String,
    read: (text) => (numeric(text) === null ? null
      : Number((low + step * Math.round((Math.min(Math.max(numeric(text), low), high) - low) / step)).toPrecision(12))),
  });
  const text = (most = 200) => ({ start: "", read: (given) => given.slice(0, most), write: String });
  const oneOf = (options) => ({ start: options[0], write: String, read: (given) => (options.includes(given) ? given : null) });
  // Names of one form, at most so many.
  const several = (form, most) => ({
    start: [], write: (names) => names.join(","),
    read: (given) => [...new Set(given.split(",").filter((name) => form.test(name)))].slice(0, most),
  });
  // Numbers from low to high, exactly so many; null stands for none.
  const numbers = (count, low, high) => ({
    start: null, write: (values) => values.join(","),
    read: (given) => {
      const found = given.split(",").map(numeric);
      return found.length === count && !found.includes(null) ? found.map((one) => Math.min(Math.max(one, low), high)) : null;
    },
  });

  // The values in a hash; one that is missing or damaged is as at the start.
  function readOwn(hash, values) {
    const given = new URLSearchParams(hash.split("?")[1]?.slice(0, 20000) ?? "");
    return Object.fromEntries(Object.entries(values).map(([name, { start, read: from }]) =>
      [name, given.has(name) ? from(given.get(name)) ?? start : start]));
  }

  // The hash of a page and those of its values that are not as at the start.
  function writeOwn(page, values, own) {
    const shown = Object.entries(values).filter(([name, { start }]) => JSON.stringify(own[name]) !== JSON.stringify(start));
    const query = shown.map(([name, { write: to }]) => `${name}=${encodeURIComponent(to(own[name])).replaceAll("%2C", ",")}`);
    return `#${page}${query.length ? "?" : ""}${query.join("&")}`;
  }

  // What the engine's functions take.
  const problem = (state) => ({
    n: state.n, noise: state.noise, design: state.design, function: state.function,
    drawn: state.function === "drawn" ? state.drawn : null, seed: state.seed,
  });

  // Python that makes the same numbers.
  function python(state) {
    const lines = ["import genlab"];
    let f = `"${state.function}"`;
    if (state.function === "drawn" || state.points) lines.unshift("import numpy as np", "");
    if (state.function === "drawn") {
      lines.push("", `values = [${state.drawn.join(", ")}]  # at 0, 1/${DRAWN - 1}, …, 1`);
      f = `lambda x: np.interp(x, np.linspace(0, 1, ${DRAWN}), values)`;
    } else lines.push("");
    lines.push(
      `problem = genlab.datasets.make_toy_regression(\n    n=${state.n}, noise=${state.noise}, design="${state.design}", function=${f}, seed=${state.seed}\n)`,
      `model = genlab.models.HingeRegression(n_hidden=${state.hidden}, ridge=${state.ridge})`,
      `parts = genlab.decompose(model, problem, n_datasets=${state.sets}, seed=${state.fresh})`,
      "parts.to_frame()  # noise, bias², variance and error, each with its 95% interval");
    if (state.points)
      lines.push(`x, y = np.array([${state.points.map((pair) => `[${pair.join(", ")}]`).join(", ")}]).T`, "fit = model.fit(x, y)  # of the points in the figure");
    else lines.push("fit = model.fit(problem.x, problem.y)  # of the points in the figure");
    return `${lines.join("\n")}\n`;
  }

  // A command that prints the same numbers.
  const command = (page, state) => `genlab explore --numbers '${write(page, state)}'`;

  return { SLIDERS, CHOICES, START, MOST_POINTS, DRAWN, MAX_SEED, read, write,
    whole, text, oneOf, several, numbers, readOwn, writeOwn, problem, python, command };
})();
