// Noise, bias² and variance with 95% intervals: `genlab.measure.squared_error_parts`, for averages
// over the inputs. The library's docstrings say why each interval is what it is.
"use strict";

const Parts = (() => {
  const P = 0.975, Z2 = 3.8414588206941236; // the square of the normal quantile of P
  const ZERO = 1e-12, FARTHEST = 8, BISECTIONS = 45, NORMAL = 1e10, LOST = 2 ** -52;
  let rule = null;

  // Parts of the error of R fits, whose predictions at m inputs follow one another in `fits`.
  // `basis`, where given, spans all predictions: orthonormal rows of length m.
  function measure(fits, R, truth, noise, basis = null) {
    const m = truth.length;
    const mean = new Float64Array(m), variance = new Float64Array(m), bias = new Float64Array(m);
    const excess = new Float64Array(R);
    for (let r = 0, i = 0; r < R; r++) {
      let sum = 0;
      for (let j = 0; j < m; j++, i++) {
        mean[j] += fits[i];
        sum += (fits[i] - truth[j]) ** 2;
      }
      excess[r] = sum / m;
    }
    let bias_squared = 0;
    for (let j = 0; j < m; j++) {
      mean[j] /= R;
      bias[j] = mean[j] - truth[j];
      bias_squared += bias[j] ** 2 / m;
    }
    const squares = new Float64Array(R), both = new Float64Array(R);
    for (let r = 0, i = 0; r < R; r++) {
      let square = 0, along = 0;
      for (let j = 0; j < m; j++, i++) {
        const deviation = fits[i] - mean[j], power = deviation * deviation;
        variance[j] += power;
        square += power;
        along += deviation * bias[j];
      }
      squares[r] = square / m;
      both[r] = (square + 2 * along) / m;
    }
    for (let j = 0; j < m; j++) variance[j] /= R - 1;
    const square = average(squares), total = (R / (R - 1)) * square;
    const error = noise * noise + bias_squared + square;
    const ofSquare = spread(squares), ofBoth = spread(both);
    return {
      mean, variance, bias, excess,
      average: {
        noise: { estimate: noise * noise, low: noise * noise, high: noise * noise },
        bias_squared: {
          estimate: bias_squared - total / R,
          interval: () => {
            const { low, high } = squaredLength(fits, R, mean, bias, basis);
            // They begin at the estimate at the latest, which rounding must not undo.
            return { low: Math.min(low, bias_squared - total / R), high };
          },
        },
        variance: squaresInterval(total, 0, relative(ofSquare.sum, square, R), ofSquare.skewness, R),
        error: squaresInterval(
          error, noise * noise, relative(ofBoth.sum, bias_squared + average(both), R), ofBoth.skewness, R),
      },
    };
  }

  function average(values) {
    let sum = 0;
    for (const value of values) sum += value;
    return sum / values.length;
  }

  // Sum of squared deviations, and the skewness of the mean.
  function spread(values) {
    const mean = average(values);
    let sum = 0, cube = 0;
    for (const value of values) sum += (value - mean) ** 2;
    if (!(sum > 0)) return { sum: 0, skewness: 0 };
    const unit = Math.sqrt(sum);
    for (const value of values) cube += ((value - mean) / unit) ** 3;
    return { sum, skewness: cube };
  }

  const relative = (sum, mean, n) => (mean > 0 ? Math.sqrt(sum / (n * (n - 1))) / mean : 0);

  function squaresInterval(estimate, floor, error, skewness, n) {
    const half = Special.studentQuantile(P, n - 1) * error;
    const skew = Math.max(skewness, 3 * error);
    const further = (((1 + 2 * Z2) / 6) * skew - (Z2 / 2) * error) * error;
    const squares = Math.max(estimate - floor, 0);
    return {
      estimate,
      low: Math.min(floor + squares * Math.exp(-half), estimate),
      high: Math.max(floor + squares * Math.exp(half + further), estimate),
    };
  }

  // The mean of values that are mean squares, and its interval: as that of the error.
  function square(values) {
    const n = values.length, mean = average(values), { sum, skewness } = spread(values);
    return squaresInterval(mean, 0, relative(sum, mean, n), skewness, n);
  }

  // By how much the mean of values is above that of others, plus `known`, and its interval: Student's t, of the
  // differences where the values are pairs.
  function difference(values, others, paired, known = 0) {
    const variance = (of) => spread(of).sum / (of.length - 1) / of.length;
    const estimate = known + average(values) - average(others);
    const error = Math.sqrt(paired ? variance(values.map((value, i) => value - others[i])) : variance(values) + variance(others));
    const half = Special.studentQuantile(P, Math.min(values.length, others.length) - 1) * error;
    return { estimate, low: estimate - half, high: estimate + half };
  }

  // The interval of the squared bias: of the squared length of a mean that is known with noise.
  function squaredLength(fits, R, mean, bias, basis) {
    const m = mean.length, d = basis ? basis.length : m;
    const covariance = new Float64Array(d * d), own = new Float64Array(d);
    const estimate = new Float64Array(d);
    let outside = 0;
    for (let j = 0; j < m; j++) outside += bias[j] ** 2 / m;
    for (let a = 0; a < d; a++) {
      let sum = 0;
      if (basis) for (let j = 0; j < m; j++) sum += basis[a][j] * bias[j];
      else sum = bias[a];
      estimate[a] = sum / Math.sqrt(m);
      outside -= estimate[a] ** 2;
    }
    const deviation = new Float64Array(m);
    for (let r = 0; r < R; r++) {
      for (let j = 0; j < m; j++) deviation[j] = fits[r * m + j] - mean[j];
      for (let a = 0; a < d; a++) {
        if (basis) {
          let sum = 0;
          for (let j = 0; j < m; j++) sum += basis[a][j] * deviation[j];
          own[a] = sum;
        } else own[a] = deviation[a];
      }
      for (let a = 0; a < d; a++)
        for (let b = a; b < d; b++) covariance[a * d + b] += own[a] * own[b];
    }
    for (let a = 0; a < d; a++)
      for (let b = a; b < d; b++)
        covariance[a * d + b] = covariance[b * d + a] = covariance[a * d + b] / ((R - 1) * m * R);
    const { values, along } = Special.eigen(covariance, d, estimate);
    // What no prediction reaches is known without noise: one coordinate more, of variance 0.
    return ends([...along, Math.sqrt(Math.max(outside, 0))], [...values.map((v) => Math.max(v, 0)), 0]);
  }

  function ends(u, variance) {
    const largest = Math.max(...variance);
    const biggest = Math.max(...u.map(Math.abs));
    const seen = u.reduce((sum, x) => sum + x * x, 0);
    let share = variance.map((v) => (largest > 0 ? v / largest : 0)).map((s) => (s > ZERO ? s : 0));
    const length = seen - share.reduce((sum, s) => sum + s * largest, 0);
    const deviation = Math.sqrt(largest);
    if (!(deviation > LOST * biggest)) share = share.map(() => 0);
    if (!share.some((s) => s > 0)) return { low: Math.min(seen, length), high: seen };
    const estimate = u.map((x) => x / deviation);
    const square = estimate.reduce((sum, x) => sum + x * x, 0);
    const search = (rare) => {
      let low = -1, high = 1;
      for (let i = 0; i < BISECTIONS; i++) {
        const middle = (low + high) / 2;
        if (probabilityBelow(square, onPath(middle, estimate, share), share) > rare) low = middle;
        else high = middle;
      }
      return onPath(low, estimate, share).reduce((sum, x) => sum + x * x, 0) * largest;
    };
    return { low: Math.min(search(P), length), high: search(1 - P) };
  }

  function onPath(place, estimate, share) {
    const kept = 1 - Math.max(-place, 0), stretch = Math.max(place, 0);
    return estimate.map(
      (x, i) => (x * (share[i] > 0 ? kept / (kept + (1 - kept) * share[i]) : 1)) / (1 - stretch * share[i]));
  }

  // P(|u + noise|² < length): the largest noise is integrated, the rest is Pearson's type III.
  function probabilityBelow(length, u, variance) {
    rule ??= Special.legendre(64);
    let axis = 0;
    for (let i = 1; i < u.length; i++) if (variance[i] > variance[axis]) axis = i;
    let floor = 0, mean = 0, second = 0, third = 0;
    for (let i = 0; i < u.length; i++) {
      if (i === axis) continue;
      const square = u[i] * u[i], v = variance[i];
      if (v > 0) {
        mean += square + v;
        second += 2 * v * (v + 2 * square);
        third += 8 * v * v * (v + 3 * square);
      } else floor += square;
    }
    const along = Math.abs(u[axis]), deviation = Math.sqrt(variance[axis]);
    const radius = Math.sqrt(Math.max(length - floor, 0));
    let start = (-radius - along) / deviation, stop = (radius - along) / deviation;
    if (second === 0) return Special.normal(stop) - Special.normal(start);
    start = Math.min(Math.max(start, -FARTHEST), FARTHEST);
    stop = Math.min(Math.max(stop, -FARTHEST), FARTHEST);
    const shape = 4 * second * (second / third) ** 2, scale = Math.sqrt(second);
    const logGamma = shape > NORMAL ? 0 : Special.lgamma(shape);
    let sum = 0;
    for (let i = 0; i < 64; i++) {
      const z = (start + stop) / 2 + ((stop - start) / 2) * rule.nodes[i];
      const left = (radius * radius - (along + deviation * z) ** 2 - mean) / scale;
      const below = shape > NORMAL
        ? Special.normal(left)
        : Special.gammainc(shape, Math.max(shape + left * Math.sqrt(shape), 0), logGamma);
      sum += (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * rule.weights[i] * below;
    }
    return ((stop - start) / 2) * sum;
  }

  // Orthonormal rows that span the predictions of all fits with these places among D + 1 knots; null
  // where there are as many knots as inputs.
  function spanning({ cells, rights }, D) {
    const m = cells.length;
    if (D + 1 >= m) return null;
    const rows = [];
    for (let k = 0; k <= D; k++) {
      const row = new Float64Array(m);
      for (let j = 0; j < m; j++)
        row[j] = cells[j] === k ? 1 - rights[j] : cells[j] + 1 === k ? rights[j] : 0;
      for (let again = 0; again < 2; again++)
        for (const other of rows) {
          let dot = 0;
          for (let j = 0; j < m; j++) dot += row[j] * other[j];
          for (let j = 0; j < m; j++) row[j] -= dot * other[j];
        }
      const size = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
      if (size > 1e-9) rows.push(row.map((x) => x / size));
    }
    return rows;
  }

  // The median of values, and its 95% interval between two of the sorted values (quantile_interval).
  function median(values) {
    const sorted = Float64Array.from(values).sort(), n = sorted.length;
    const first = binomialQuantile(n, 1 - P), last = binomialQuantile(n, P) + 1;
    return {
      estimate: n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2,
      low: first >= 1 ? sorted[first - 1] : -Infinity,
      high: last <= n ? sorted[last - 1] : Infinity,
    };
  }

  // The smallest k for which at most k of n fair coins show heads with probability p.
  function binomialQuantile(n, p) {
    let below = 0;
    for (let k = 0; k <= n; k++) {
      below += Math.exp(Special.lgamma(n + 1) - Special.lgamma(k + 1) - Special.lgamma(n - k + 1) - n * Math.LN2);
      if (below >= p) return k;
    }
    return n;
  }

  // Whether a few extreme values determine a mean: unless Hill's tail index is above 2 with 97.5%
  // confidence, as `genlab.studies.Decomposition.heavy_tailed` has it.
  const TAIL = 0.003, GAMMA = 0.8290993802161559; // the 2.5% quantile of a gamma of shape 120, over 120
  function heavyTailed(values) {
    const sorted = Float64Array.from(values).sort(), n = sorted.length, k = Math.round(TAIL * n);
    const threshold = sorted[n - k - 1];
    if (!(threshold > 0) || sorted[n - 1] === threshold) return false;
    let sum = 0;
    for (let i = n - k; i < n; i++) sum += Math.log(sorted[i] / threshold) / k;
    return GAMMA / sum <= 2;
  }

  return { measure, square, difference, spanning, median, heavyTailed };
})();
