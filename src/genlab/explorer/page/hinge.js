// The least-squares fit of `genlab.models.HingeRegression`: straight lines that meet at the knots
// 0, 1/D, …, 1. The unknowns here are the values v at the knots, so an example has two weights only.
// Givens rotations bring the examples into a triangle of two diagonals, as in `models/_hinge_qr.py`.
// Where the examples leave values open, or with ridge, offset² + Σ slope² is kept small, whose rows hold
// three neighbouring values. All is done from knot to knot, so a fit takes n + D steps.
"use strict";

const Hinge = (() => {
  // An entry of the triangle this small beside the largest: the examples say nothing here.
  const EMPTY = 1e-12;
  let room = 0;
  let diagonal, above, rhs, first, second, third, value, fixed, free, member;
  const row = new Float64Array(3);

  function reserve(size) {
    if (size <= room) return;
    room = 2 * size;
    [diagonal, above, rhs, first, second, third, value, fixed, free] = Array.from(
      { length: 9 }, () => new Float64Array(room));
    member = new Int32Array(room);
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
    let largest = 0, least = Infinity;
    for (let k = 0; k <= D; k++) {
      largest = Math.max(largest, diagonal[k]);
      least = Math.min(least, diagonal[k]);
    }
    const empty = EMPTY * largest;
    if (ridge > 0) ridged(D, ridge, empty);
    else if (least <= empty) smallest(D, empty);
    else {
      value[D] = rhs[D] / diagonal[D];
      for (let k = D - 1; k >= 0; k--) value[k] = (rhs[k] - above[k] * value[k + 1]) / diagonal[k];
    }
    for (let k = 0; k <= D; k++) knots[to + k] = value[k];
  }

  // Without ridge, and where rows of the triangle are empty: of the values that fit best, those with
  // the least offset² + Σ slope². Each empty row leaves one direction free. It reaches from the knot
  // after the empty row before it to its own knot: along it v = fixed + α · free. A row of offset and
  // slopes meets three neighbouring directions at most, so their α too solve a banded problem.
  function smallest(D, empty) {
    let directions = 0;
    for (let start = 0; start <= D; ) {
      let end = start;
      while (end < D && diagonal[end] > empty) end += 1;
      const isFree = !(diagonal[end] > empty);
      direction(start, end, isFree);
      member.fill(isFree ? directions : -1, start, end + 1);
      directions += isFree ? 1 : 0;
      start = end + 1;
    }
    first.fill(0, 0, directions + 3);
    second.fill(0, 0, directions + 3);
    third.fill(0, 0, directions + 3);
    rhs.fill(0, 0, directions + 3);
    for (let i = 0; i <= D; i++) {
      // Row i: the offset v0, the first slope D · (v1 − v0), then D · (v(i) − 2 v(i−1) + v(i−2)).
      const from = Math.max(0, i - 2);
      let lead = -1, t = 0;
      row[0] = row[1] = row[2] = 0;
      for (let j = from; j <= i; j++) {
        const weight = i === 0 ? 1 : i === 1 ? (j ? D : -D) : j === i - 1 ? -2 * D : D;
        t -= weight * fixed[j];
        if (member[j] < 0) continue;
        if (lead < 0) lead = member[j];
        row[member[j] - lead] += weight * free[j];
      }
      for (; lead >= 0 && lead < directions; lead++) {
        const length = Math.sqrt(first[lead] * first[lead] + row[0] * row[0]);
        if (length > 0) {
          const cosine = first[lead] / length, sine = row[0] / length;
          const r1 = cosine * row[1] - sine * second[lead], r2 = cosine * row[2] - sine * third[lead];
          second[lead] = cosine * second[lead] + sine * row[1];
          third[lead] = cosine * third[lead] + sine * row[2];
          const rest = cosine * t - sine * rhs[lead];
          rhs[lead] = cosine * rhs[lead] + sine * t;
          first[lead] = length;
          row[0] = r1; row[1] = r2; row[2] = 0; t = rest;
        } else {
          row[0] = row[1]; row[1] = row[2]; row[2] = 0;
        }
        if (row[0] === 0 && row[1] === 0) break;
      }
    }
    for (let a = directions - 1; a >= 0; a--)
      rhs[a] = (rhs[a] - second[a] * rhs[a + 1] - third[a] * rhs[a + 2]) / first[a];
    for (let k = 0; k <= D; k++) value[k] = fixed[k] + (member[k] < 0 ? 0 : rhs[member[k]] * free[k]);
  }

  // The rows start to end − 1 of the triangle, and row end unless it is empty: some values that solve
  // them, and the direction in which they still do. Solved from where that direction is longest,
  // errors shrink on the way.
  function direction(start, end, isFree) {
    if (!isFree) {
      fixed[end] = rhs[end] / diagonal[end];
      for (let k = end - 1; k >= start; k--) fixed[k] = (rhs[k] - above[k] * fixed[k + 1]) / diagonal[k];
      return;
    }
    free[end] = 1;
    let longest = end;
    for (let k = end - 1; k >= start; k--) {
      free[k] = (-above[k] / diagonal[k]) * free[k + 1];
      if (Math.abs(free[k]) > Math.abs(free[longest])) longest = k;
      if (Math.abs(free[longest]) > 1e100) for (let j = k; j <= end; j++) free[j] *= 1e-100;
    }
    const size = free[longest];
    for (let k = start; k <= end; k++) free[k] /= size;
    fixed[longest] = 0;
    for (let k = longest - 1; k >= start; k--) fixed[k] = (rhs[k] - above[k] * fixed[k + 1]) / diagonal[k];
    for (let k = longest; k < end; k++)
      fixed[k + 1] = above[k] === 0 ? 0 : (rhs[k] - diagonal[k] * fixed[k]) / above[k];
  }

  // The values of least Σ residual² + ridge · (offset² + Σ slope²): the rows of offset and slopes and
  // those of the triangle are turned into one triangle of three diagonals, from knot to knot.
  function ridged(D, ridge, empty) {
    const weight = Math.sqrt(ridge), bend = weight * D;
    // What is left of the rows before knot k: (a0, a1 | ay) and (0, b1 | by) at knots k, k + 1.
    // First the offset v0 and the first slope D · (v1 − v0).
    let a0 = Math.sqrt(weight * weight + bend * bend);
    let a1 = (-bend / a0) * bend, ay = 0, b1 = (weight / a0) * bend, by = 0;
    for (let k = 0; k <= D; k++) {
      const bends = k <= D - 2;
      const n0 = bends ? bend : 0, n1 = -2 * n0, n2 = n0;
      const c = diagonal[k], d = above[k], r = rhs[k];
      // The bend's row is turned into (a0, a1, 0), and the triangle's row into both.
      let length = Math.sqrt(a0 * a0 + n0 * n0);
      let cosine = a0 / length, sine = n0 / length;
      let p = length, q = cosine * a1 + sine * n1, s = sine * n2, py = cosine * ay;
      const l1 = cosine * n1 - sine * a1, l2 = cosine * n2, ly = -sine * ay;
      let m1 = 0, m2 = 0, my = 0;
      if (c > empty) {
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
      length = Math.sqrt(a0 * a0 + m1 * m1);
      cosine = length > 0 ? a0 / length : 1; sine = length > 0 ? m1 / length : 0;
      const rest = cosine * m2 - sine * a1, restY = cosine * my - sine * ay;
      a0 = length; a1 = cosine * a1 + sine * m2; ay = cosine * ay + sine * my;
      length = Math.sqrt(b1 * b1 + rest * rest);
      if (length > 0) by = (b1 * by + rest * restY) / length;
      b1 = length;
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
