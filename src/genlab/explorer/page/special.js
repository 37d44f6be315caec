// Special functions, as far as the intervals of parts.js need them, to about 12 digits.
"use strict";

const Special = (() => {
  const LANCZOS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];

  // Logarithm of the gamma function for a > 0 (Lanczos 1964).
  function lgamma(a) {
    if (a < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * a)) - lgamma(1 - a);
    let sum = LANCZOS[0];
    for (let i = 1; i < 9; i++) sum += LANCZOS[i] / (a - 1 + i);
    const t = a + 6.5;
    return 0.5 * Math.log(2 * Math.PI) + (a - 0.5) * Math.log(t) - t + Math.log(sum);
  }

  // From this shape on Temme's expansion has more than 11 digits.
  const LARGE = 2000;

  // The lower regularised incomplete gamma function P(a, x), as scipy.special.gammainc.
  function gammainc(a, x, logGamma = lgamma(a)) {
    if (!(x > 0)) return 0;
    if (a > LARGE) return temme(a, x);
    const factor = Math.exp(a * Math.log(x) - x - logGamma);
    if (factor === 0) return x > a ? 1 : 0;
    if (x < a + 1) {
      let term = 1 / a, sum = term;
      for (let k = a + 1; term > sum * 1e-17; k++) sum += term *= x / k;
      return factor * sum;
    }
    // Continued fraction of the upper function, by Lentz's method (Numerical Recipes, 6.2).
    let b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
    for (let i = 1; i < 10000; i++) {
      const an = -i * (i - a);
      b += 2;
      d = 1 / (an * d + b);
      c = b + an / c;
      h *= d * c;
      if (Math.abs(d * c - 1) < 1e-16) break;
    }
    return 1 - factor * h;
  }

  // P(a, x) for large a (Temme 1979; Gil, Segura & Temme, "Numerical Methods for Special Functions").
  function temme(a, x) {
    const m = x / a - 1;
    let half;
    if (Math.abs(m) < 0.01) {
      half = 0;
      for (let k = 12; k >= 2; k--) half = half * -m + 1 / k;
      half *= m * m;
    } else half = m - Math.log1p(m);
    if (half * a > 700) return m > 0 ? 1 : 0;
    const eta = Math.sign(m) * Math.sqrt(2 * half);
    let c0, c1;
    if (Math.abs(m) < 0.02) {
      c0 = -1 / 3 + eta * (1 / 12 + eta * (-2 / 135 + eta * (1 / 864 + eta * (1 / 2835 + eta * -0.00017875514403292181))));
      c1 = -1 / 540 + eta * (-1 / 288 + eta * (1 / 378 + eta * (-0.00099022633744855967 + eta * 0.00020576131687242798)));
    } else {
      c0 = 1 / m - 1 / eta;
      c1 = 1 / eta ** 3 - 1 / m ** 3 - 1 / m ** 2 - 1 / (12 * m);
    }
    const rest = (Math.exp(-half * a) / Math.sqrt(2 * Math.PI * a)) * (c0 + c1 / a);
    return normal(eta * Math.sqrt(a)) - rest;
  }

  const LOG_GAMMA_HALF = Math.log(Math.PI) / 2;

  // The normal distribution function.
  function normal(z) {
    const p = gammainc(0.5, (z * z) / 2, LOG_GAMMA_HALF);
    return z > 0 ? 0.5 + p / 2 : (1 - p) / 2;
  }

  // The distribution function of Student's t with a whole number of degrees of freedom
  // (Abramowitz & Stegun 26.7.3 and 26.7.4), and its quantile for p > 1/2 by bisection.
  function student(t, n) {
    const angle = Math.atan(t / Math.sqrt(n)), sine = Math.sin(angle);
    const cosine2 = Math.cos(angle) ** 2;
    let sum = 0;
    if (n % 2) {
      let term = Math.cos(angle);
      for (let k = 3; k <= n; k += 2) {
        sum += term;
        term *= (cosine2 * (k - 1)) / k;
      }
      return 0.5 + (angle + sine * sum) / Math.PI;
    }
    for (let k = 2, term = 1; k <= n; k += 2) {
      sum += term;
      term *= (cosine2 * (k - 1)) / k;
    }
    return 0.5 + (sine * sum) / 2;
  }

  const quantiles = new Map();
  function studentQuantile(p, n) {
    const key = `${p} ${n}`;
    if (!quantiles.has(key)) {
      let low = 0, high = 1e3;
      for (let i = 0; i < 80; i++) {
        const middle = (low + high) / 2;
        if (student(middle, n) < p) low = middle;
        else high = middle;
      }
      quantiles.set(key, (low + high) / 2);
    }
    return quantiles.get(key);
  }

  // Nodes and weights of the Gauss–Legendre rule with n points, by Newton's method.
  function legendre(n) {
    const nodes = new Float64Array(n), weights = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5)), slope = 1;
      for (let round = 0; round < 8; round++) {
        let before = 1, here = x;
        for (let k = 2; k <= n; k++) [before, here] = [here, ((2 * k - 1) * x * here - (k - 1) * before) / k];
        slope = (n * (x * here - before)) / (x * x - 1);
        x -= here / slope;
      }
      nodes[i] = x;
      weights[i] = 2 / ((1 - x * x) * slope * slope);
    }
    return { nodes, weights };
  }

  // Eigenvalues of a symmetric matrix (d × d, by rows, overwritten) and the coordinates of `vector` along its
  // eigenvectors, which are not computed themselves: Householder's reflections leave three diagonals, and
  // the implicit QL method one (Golub & Van Loan, "Matrix Computations", 8.3).
  function eigen(matrix, d, vector) {
    const values = new Float64Array(d), beside = new Float64Array(d), along = Float64Array.from(vector);
    const v = new Float64Array(d), w = new Float64Array(d);
    for (let k = 0; k < d; k++) {
      values[k] = matrix[k * d + k];
      if (k > d - 2) break;
      // The reflection of rows k + 1 to d − 1 that leaves one entry of column k below the diagonal.
      let size = 0;
      for (let i = k + 1; i < d; i++) size += matrix[k * d + i] ** 2;
      const first = matrix[k * d + k + 1], length = Math.sqrt(size);
      if (size === first * first) {
        beside[k] = first;
        continue;
      }
      beside[k] = first > 0 ? -length : length;
      for (let i = k + 1; i < d; i++) v[i] = matrix[k * d + i];
      v[k + 1] -= beside[k];
      const scale = 1 / (size + Math.abs(first) * length);
      let overlap = 0, dot = 0;
      for (let i = k + 1; i < d; i++) {
        let sum = 0;
        for (let j = k + 1; j < d; j++) sum += matrix[i * d + j] * v[j];
        w[i] = scale * sum;
        overlap += w[i] * v[i];
        dot += along[i] * v[i];
      }
      for (let i = k + 1; i < d; i++) {
        w[i] -= (scale / 2) * overlap * v[i];
        along[i] -= scale * dot * v[i];
      }
      for (let i = k + 1; i < d; i++)
        for (let j = k + 1; j < d; j++) matrix[i * d + j] -= v[i] * w[j] + w[i] * v[j];
    }
    for (let low = 0; low < d; low++)
      for (let round = 0; round < 50; round++) {
        let high = low;
        for (; high < d - 1; high++)
          if (Math.abs(beside[high]) <= Number.EPSILON / 2 * (Math.abs(values[high]) + Math.abs(values[high + 1]))) break;
        if (high === low) break;
        const half = (values[low + 1] - values[low]) / (2 * beside[low]), root = Math.hypot(half, 1);
        let g = values[high] - values[low] + beside[low] / (half + (half < 0 ? -root : root));
        let sine = 1, cosine = 1, shift = 0, i = high - 1;
        for (; i >= low; i--) {
          const f = sine * beside[i], b = cosine * beside[i], length = Math.hypot(f, g);
          beside[i + 1] = length;
          if (length === 0) {
            values[i + 1] -= shift;
            break;
          }
          sine = f / length;
          cosine = g / length;
          g = values[i + 1] - shift;
          const r = (values[i] - g) * sine + 2 * cosine * b;
          shift = sine * r;
          values[i + 1] = g + shift;
          g = cosine * r - b;
          const upper = along[i + 1];
          along[i + 1] = sine * along[i] + cosine * upper;
          along[i] = cosine * along[i] - sine * upper;
        }
        beside[high] = 0;
        if (i >= low) continue;
        values[low] -= shift;
        beside[low] = g;
      }
    return { values, along };
  }

  return { gammainc, lgamma, normal, studentQuantile, legendre, eigen };
})();
