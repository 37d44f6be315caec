// The least-squares fit of `genlab.models.HingeRegression`: straight lines that meet at the knots
// 0, 1/D, …, 1. The unknowns here are the values v at the knots, so an example has two weights only.
// Givens rotations bring the examples into a triangle of two diagonals, as in `models/_hinge_qr.py`.
// Where the examples leave values open, or with ridge, what is small is offset² + Σ slope²: rows of
// three neighbouring values. They are taken in from knot to knot, so a fit takes n + D steps.
"use strict";

const Hinge = (() => {
  // An entry of the triangle this small beside the largest: the examples say nothing here.
  const EMPTY = 1e-12;
  let room = 0;
  let diagonal, above, rhs, first, second, third, value;

  function reserve(size) {
    if (size <= room) return;
    room = 2 * size;
    [diagonal, above, rhs, first, second, third, value] = Array.from(
      { length: 7 }, () => new Float64Array(room));
  }

  // Values at the knots of the fit to the examples x[from..from+n), y[from..from+n), into
  // knots[to..to+D]. x is in increasing order.
  function fit(x, y, from, n, D, ridge, knots, to) {
    reserve(D + 3);
    diagonal.fill(0, 0, D + 3);
    above.fill(0, 0, D + 3);
    rhs.fill(0, 0, D + 3);
    for (let i = from; i < from + n; i++) {
      const scaled = Math.max(x[i] * D, 0);
      let k = Math.min(Math.floor(scaled), D - 1);
      const right = scaled - k;
      let left = 1 - right, rest = right, target = y[i];
      if (Math.abs(left) > EMPTY) {
        const length = Math.sqrt(diagonal[k] * diagonal[k] + left * left);
        const cosine = diagonal[k] / length, sine = left / length;
        rest = cosine * right - sine * above[k];
        target = cosine * y[i] - sine * rhs[k];
        above[k] = cosine * above[k] + sine * right;
        rhs[k] = cosine * rhs[k] + sine * y[i];
        diagonal[k] = length;
      }
      if (Math.abs(rest) > EMPTY) {
        k += 1;
        const length = Math.sqrt(diagonal[k] * diagonal[k] + rest * rest);
        const cosine = diagonal[k] / length, sine = rest / length;
        above[k] = cosine * above[k];
        rhs[k] = cosine * rhs[k] + sine * target;
        diagonal[k] = length;
      }
    }
    let largest = 0, smallest = Infinity;
    for (let k = 0; k <= D; k++) {
      largest = Math.max(largest, diagonal[k]);
      smallest = Math.min(smallest, diagonal[k]);
    }
    const empty = EMPTY * largest;
    if (ridge > 0 || smallest <= empty) regularised(D, ridge, empty);
    else {
      value[D] = rhs[D] / diagonal[D];
      for (let k = D - 1; k >= 0; k--) value[k] = (rhs[k] - above[k] * value[k + 1]) / diagonal[k];
    }
    for (let k = 0; k <= D; k++) knots[to + k] = value[k];
  }

  // The values of least Σ residual² + ridge · (offset² + Σ slope²); without ridge, of all values of
  // least Σ residual² those with the least offset² + Σ slope². Without ridge a row of the triangle
  // holds exactly and removes its value from the others; with it, it is one row more.
  function regularised(D, ridge, empty) {
    const weight = ridge > 0 ? Math.sqrt(ridge) : 1;
    const bend = weight * D;
    // What is left of the rows before knot k: (a0, a1 | ay) and (0, b1 | by) at knots k, k + 1.
    // First the offset v0 and the first slope D · (v1 − v0).
    let a0 = Math.sqrt(weight * weight + bend * bend);
    let a1 = (-bend / a0) * bend, ay = 0, b1 = (weight / a0) * bend, by = 0;
    for (let k = 0; k <= D; k++) {
      const bends = k <= D - 2;
      let n0 = bends ? bend : 0, n1 = bends ? -2 * bend : 0, n2 = n0, ny = 0;
      const c = diagonal[k], d = above[k], r = rhs[k];
      const known = c > empty;
      if (known && ridge === 0) {
        first[k] = c; second[k] = d; third[k] = 0; value[k] = r;
        const ofA = a0 / c, ofN = n0 / c;
        a1 -= ofA * d; ay -= ofA * r;
        n1 -= ofN * d; ny -= ofN * r;
        let length = Math.sqrt(a1 * a1 + b1 * b1);
        if (length > 0) ay = (a1 * ay + b1 * by) / length;
        a1 = length;
        length = Math.sqrt(a1 * a1 + n1 * n1);
        const cosine = length > 0 ? a1 / length : 1, sine = length > 0 ? n1 / length : 0;
        a0 = length;
        a1 = sine * n2;
        b1 = cosine * n2;
        by = cosine * ny - sine * ay;
        ay = cosine * ay + sine * ny;
        continue;
      }
      // The bend's row is turned into (a0, a1, 0), and the triangle's row into both.
      let length = Math.sqrt(a0 * a0 + n0 * n0);
      let cosine = a0 / length, sine = n0 / length;
      let p = length, q = cosine * a1 + sine * n1, s = sine * n2, py = cosine * ay + sine * ny;
      let l1 = cosine * n1 - sine * a1, l2 = cosine * n2, ly = cosine * ny - sine * ay;
      let m1 = 0, m2 = 0, my = 0;
      if (known) {
        length = Math.sqrt(p * p + c * c);
        cosine = p / length; sine = c / length;
        m1 = cosine * d - sine * q; m2 = -sine * s; my = cosine * r - sine * py;
        p = length; q = cosine * q + sine * d; s *= cosine; py = cosine * py + sine * r;
      }
      first[k] = p; second[k] = q; third[k] = s; value[k] = py;
      // (b1, 0), (l1, l2) and (m1, m2) become a triangle at knots k + 1 and k + 2.
      length = Math.sqrt(b1 * b1 + l1 * l1);
      cosine = length > 0 ? b1 / length : 1; sine = length > 0 ? l1 / length : 0;
      a0 = length; a1 = sine * l2; ay = cosine * by + sine * ly;
      b1 = cosine * l2; by = cosine * ly - sine * by;
      if (known) {
        length = Math.sqrt(a0 * a0 + m1 * m1);
        cosine = length > 0 ? a0 / length : 1; sine = length > 0 ? m1 / length : 0;
        const rest = cosine * m2 - sine * a1, restY = cosine * my - sine * ay;
        a0 = length; a1 = cosine * a1 + sine * m2; ay = cosine * ay + sine * my;
        length = Math.sqrt(b1 * b1 + rest * rest);
        if (length > 0) by = (b1 * by + rest * restY) / length;
        b1 = length;
      }
    }
    value[D + 1] = value[D + 2] = 0;
    for (let k = D; k >= 0; k--)
      value[k] = (value[k] - second[k] * value[k + 1] - third[k] * value[k + 2]) / first[k];
  }

  // Where inputs lie among the knots: the knot before each, and the place from 0 to 1 after it.
  function places(inputs, D) {
    const cells = new Int32Array(inputs.length), rights = new Float64Array(inputs.length);
    for (let i = 0; i < inputs.length; i++) {
      const scaled = Math.max(inputs[i] * D, 0);
      cells[i] = Math.min(Math.floor(scaled), D - 1);
      rights[i] = scaled - cells[i];
    }
    return { cells, rights };
  }

  // The predictions at these places of the fit whose values at the knots begin at knots[from].
  function predict(knots, from, { cells, rights }, out, to) {
    for (let i = 0; i < cells.length; i++) {
      const left = knots[from + cells[i]];
      out[to + i] = left + rights[i] * (knots[from + cells[i] + 1] - left);
    }
  }

  return { fit, places, predict };
})();
