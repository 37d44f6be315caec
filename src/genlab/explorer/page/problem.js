// The toy regression of `genlab.datasets.make_toy_regression`: the same data sets from the same seeds.
"use strict";

const Problem = (() => {
  // Tags of the library's random streams (`genlab._base.streams`).
  const OWN = { inputs: 8, noise: 9 }, FRESH = { inputs: 10, noise: 11 };

  const FUNCTIONS = {
    exp_sin: (x) => Math.exp(Math.sin(2 * Math.PI * x)),
    sine: (x) => Math.sin(2 * Math.PI * x),
    step: (x) => (x < 0.5 ? 0 : 1),
  };

  // A function drawn by hand: straight lines between values at equal distances on [0, 1].
  function drawn(values) {
    const last = values.length - 1;
    return (x) => {
      const scaled = Math.min(Math.max(x, 0), 1) * last;
      const k = Math.min(Math.floor(scaled), last - 1);
      return values[k] + (scaled - k) * (values[k + 1] - values[k]);
    };
  }

  const truth = (problem) => problem.drawn ? drawn(problem.drawn) : FUNCTIONS[problem.function];

  // Data sets 0 to many − 1 of a seed, one after another, each with its inputs in increasing order.
  function samples(problem, many, seed, tags) {
    const size = many * problem.n;
    return sample(problem, many, Random.uniforms(seed, tags.inputs, size).slice(0, size),
      Random.normals(seed, tags.noise, size));
  }

  // Data sets 1024 · block to 1024 · block + 1023 of a seed: each block has streams of its own.
  const BLOCK = 1024;
  function block(problem, which, seed) {
    const size = BLOCK * problem.n, x = new Float64Array(size), z = new Float64Array(size);
    const inputs = new Random.Stream(seed, FRESH.inputs, which);
    const noise = new Random.Stream(seed, FRESH.noise, which);
    for (let i = 0; i < size; i++) {
      x[i] = inputs.uniform();
      z[i] = noise.normal();
    }
    return sample(problem, BLOCK, x, z);
  }

  // Data sets of uniform numbers x, which become their inputs, and of normal numbers z.
  function sample({ n, noise, design, ...problem }, many, x, z) {
    const f = truth(problem);
    const y = new Float64Array(many * n), clean = new Float64Array(many * n);
    for (let i = 0; i < many; i++) {
      const from = i * n;
      for (let j = 0; j < n; j++) {
        if (design === "grid") x[from + j] = (j + 0.5) / n;
        else if (design === "stratified") x[from + j] = (x[from + j] + j) / n;
      }
      if (design === "uniform") x.subarray(from, from + n).sort();
      for (let j = from; j < from + n; j++) {
        clean[j] = f(x[j]);
        y[j] = clean[j] + noise * z[j];
      }
    }
    return { x, y, clean };
  }

  // The fresh data sets that were asked for last, which the fits of all capacities are to.
  let key = null, kept = null;
  function fresh(problem, many, seed) {
    const now = JSON.stringify([problem, many, seed]);
    if (now !== key) [key, kept] = [now, samples(problem, many, seed, FRESH)];
    return kept;
  }

  return {
    FUNCTIONS,
    BLOCK,
    truth,
    block,
    own: (problem) => samples(problem, 1, problem.seed, OWN),
    fresh,
  };
})();
