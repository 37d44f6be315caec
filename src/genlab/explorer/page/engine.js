// What a state's numbers are: the fits to all data sets, and the parts of their error.
"use strict";

const Engine = (() => {
  const M = 100;
  //: Inputs at which predictions are compared with the true function: those of `genlab.decompose`.
  const INPUTS = Float64Array.from({ length: M }, (_, i) => (i + 0.5) / M);

  const places = new Map(), bases = new Map();
  const placesOf = (D) => places.get(D) ?? places.set(D, Hinge.places(INPUTS, D)).get(D);
  const basisOf = (D) => bases.get(D) ?? bases.set(D, Parts.spanning(placesOf(D), D)).get(D);

  const knotsOf = (D) => Float64Array.from({ length: D + 1 }, (_, k) => k / D);

  // The fit to the data set of the figure: its points, and its values at the knots and inputs.
  function own(state) {
    const problem = State.problem(state);
    let { x, y } = Problem.own(problem);
    if (state.points) {
      const pairs = [...state.points].sort((a, b) => a[0] - b[0]);
      x = Float64Array.from(pairs, (pair) => pair[0]);
      y = Float64Array.from(pairs, (pair) => pair[1]);
    }
    const D = state.hidden, knots = new Float64Array(D + 1), predictions = new Float64Array(M);
    Hinge.fit(x, y, 0, x.length, D, state.ridge, knots, 0);
    Hinge.predict(knots, 0, placesOf(D), predictions, 0);
    const truth = INPUTS.map(Problem.truth(problem));
    let error = state.noise ** 2;
    for (let j = 0; j < M; j++) error += (predictions[j] - truth[j]) ** 2 / M;
    return { x, y, knots, predictions, error };
  }

  // The fits to `many` fresh data sets: values at the knots, predictions, and the parts of the error.
  function fresh(state, many = state.sets, D = state.hidden) {
    const problem = State.problem(state), n = state.n;
    const { x, y } = Problem.fresh(problem, many, state.fresh);
    const knots = new Float64Array(many * (D + 1)), predictions = new Float64Array(many * M);
    const where = placesOf(D);
    for (let i = 0; i < many; i++) {
      Hinge.fit(x, y, i * n, n, D, state.ridge, knots, i * (D + 1));
      Hinge.predict(knots, i * (D + 1), where, predictions, i * M);
    }
    return { x, y, knots, predictions, D, n, truth: INPUTS.map(Problem.truth(problem)) };
  }

  // Mean squared residual of the fits at their own examples, and its interval over data sets.
  function trainingError({ x, y, knots, D, n }, many) {
    const residuals = new Float64Array(many);
    for (let i = 0; i < many; i++)
      for (let j = i * n; j < (i + 1) * n; j++) {
        const scaled = Math.max(x[j] * D, 0), k = Math.min(Math.floor(scaled), D - 1);
        const left = knots[i * (D + 1) + k], right = knots[i * (D + 1) + k + 1];
        residuals[i] += (y[j] - left - (scaled - k) * (right - left)) ** 2 / n;
      }
    return Parts.square(residuals);
  }

  const parts = (state, fits, many) =>
    Parts.measure(fits.predictions, many, fits.truth, state.noise, basisOf(fits.D));

  // ---- whether the means can be trusted, from 40,000 data sets -------------------------------

  const FOR_TAIL = 40000, known = new Map();

  // Tells `done` whether the error is heavy-tailed, once the page has had the time to find out.
  function tail(state, done) {
    const problem = State.problem(state), D = state.hidden, n = state.n;
    const key = JSON.stringify([problem, D, state.ridge, state.fresh]);
    if (known.has(key)) return done(known.get(key));
    const excess = new Float64Array(FOR_TAIL), truth = INPUTS.map(Problem.truth(problem));
    const knots = new Float64Array(D + 1), predictions = new Float64Array(M), where = placesOf(D);
    let i = 0, samples = null;
    Idle.run(() => {
      if (i % Problem.BLOCK === 0) samples = Problem.block(problem, i / Problem.BLOCK, state.fresh);
      for (let stop = Math.min(i + 64, FOR_TAIL); i < stop; i++) {
        Hinge.fit(samples.x, samples.y, (i % Problem.BLOCK) * n, n, D, state.ridge, knots, 0);
        Hinge.predict(knots, 0, where, predictions, 0);
        for (let j = 0; j < M; j++) excess[i] += (predictions[j] - truth[j]) ** 2 / M;
      }
      if (i < FOR_TAIL) return true;
      known.set(key, Parts.heavyTailed(excess));
      done(known.get(key));
      return false;
    });
  }

  return { INPUTS, M, knotsOf, own, fresh, trainingError, parts, tail };
})();
