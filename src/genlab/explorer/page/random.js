// The random numbers of NumPy's Philox generator, so that the page draws the library's data sets.
// Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); normal numbers by
// NumPy's ziggurat with 256 layers (Marsaglia & Tsang 2000). A number of 64 bits is held as two of 32.
"use strict";

const Random = (() => {
  const ROUNDS = 10;
  // The two multipliers and what is added to the keys: their upper and lower halves.
  const M0H = 0xd2e7470e, M0L = 0xe14c6c93, M1H = 0xca5a8263, M1L = 0x95121157;
  const W0 = [0x9e3779b9, 0x7f4a7c15], W1 = [0xbb67ae85, 0x84caa73b];
  const WORD = 2 ** -32;

  // The two halves of the product of two numbers of 32 bits.
  const lower = (a, b) => Math.imul(a, b) >>> 0;
  function upper(a, b) {
    const a0 = a & 0xffff, a1 = a >>> 16, b0 = b & 0xffff, b1 = b >>> 16;
    const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) >>> 0;
    const other = (Math.imul(a0, b1) + (middle & 0xffff)) >>> 0;
    return (Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16)) >>> 0;
  }

  function add(a, b) {
    const low = a[1] + b[1];
    return [(a[0] + b[0] + (low > 0xffffffff ? 1 : 0)) >>> 0, low >>> 0];
  }

  // A stream of numbers of 64 bits: that of `genlab._base.streams.numpy_stream(seed, tag, block)`.
  class Stream {
    constructor(seed, tag, block = 0) {
      this.keys = new Int32Array(4 * ROUNDS);
      let k0 = [0, seed >>> 0], k1 = [0, tag >>> 0];
      for (let round = 0; round < ROUNDS; round++) {
        this.keys.set([...k0, ...k1], 4 * round);
        k0 = add(k0, W0);
        k1 = add(k1, W1);
      }
      this.counter = 0;
      this.which = block;
      this.block = new Uint32Array(8);
      this.at = 4;
    }

    // The next four numbers. The counter's four numbers are in local variables, which browsers hold in
    // registers: this takes most of the time of drawing.
    refill() {
      const { block, keys } = this;
      this.counter += 1;
      let h0 = 0, l0 = this.counter, h1 = 0, l1 = 0, h2 = 0, l2 = this.which, h3 = 0, l3 = 0;
      for (let k = 0; k < 4 * ROUNDS; k += 4) {
        // The 128 bits of M0 · number 0 and of M1 · number 2: from the second 32 bits on with what they carry.
        const p2 = upper(l0, M0L) + lower(l0, M0H) + lower(h0, M0L), p3 = Math.imul(l0, M0L);
        const p1 = upper(l0, M0H) + upper(h0, M0L) + lower(h0, M0H) + Math.floor(p2 * WORD);
        const p0 = upper(h0, M0H) + Math.floor(p1 * WORD);
        const q2 = upper(l2, M1L) + lower(l2, M1H) + lower(h2, M1L), q3 = Math.imul(l2, M1L);
        const q1 = upper(l2, M1H) + upper(h2, M1L) + lower(h2, M1H) + Math.floor(q2 * WORD);
        const q0 = upper(h2, M1H) + Math.floor(q1 * WORD);
        h0 = q0 ^ h1 ^ keys[k]; l0 = q1 ^ l1 ^ keys[k + 1]; h1 = q2 | 0; l1 = q3;
        h2 = p0 ^ h3 ^ keys[k + 2]; l2 = p1 ^ l3 ^ keys[k + 3]; h3 = p2 | 0; l3 = p3;
      }
      block[0] = h0; block[1] = l0; block[2] = h1; block[3] = l1;
      block[4] = h2; block[5] = l2; block[6] = h3; block[7] = l3;
      this.at = 0;
    }

    uniform() {
      if (this.at === 4) this.refill();
      const i = 2 * this.at++;
      return (this.block[i] * 2097152 + (this.block[i + 1] >>> 11)) / 9007199254740992;
    }

    normal() {
      for (;;) {
        if (this.at === 4) this.refill();
        const i = 2 * this.at++, high = this.block[i], low = this.block[i + 1];
        const layer = low & 0xff;
        const negative = (low >>> 8) & 1;
        // Bits 9 to 60: 23 of the lower half, 29 of the upper one.
        const size = (high & 0x1fffffff) * 8388608 + (low >>> 9);
        const x = size * WIDTH[layer];
        if (size < INSIDE[layer]) return negative ? -x : x;
        if (layer > 0) {
          const edge = HEIGHT[layer];
          if ((HEIGHT[layer - 1] - edge) * this.uniform() + edge < Math.exp(-0.5 * x * x))
            return negative ? -x : x;
          continue;
        }
        for (;;) {
          const far = -Math.log1p(-this.uniform()) / TAIL;
          const y = -Math.log1p(-this.uniform());
          if (y + y > far * far) return (Math.floor(size / 256) & 1) ? -(TAIL + far) : TAIL + far;
        }
      }
    }
  }

  // The ziggurat: 256 layers of one area under exp(−x²/2), the last with the tail beyond TAIL.
  const TAIL = 3.6541528853610087963519472518;
  const AREA = 0.0049286732339746519;
  const UNIT = 2 ** 52;
  const WIDTH = new Float64Array(256), HEIGHT = new Float64Array(256), INSIDE = new Float64Array(256);
  {
    let x = TAIL, height = Math.exp(-0.5 * x * x);
    WIDTH[0] = AREA / height / UNIT;
    INSIDE[0] = ((x * height) / AREA) * UNIT;
    HEIGHT[0] = 1;
    for (let layer = 255; layer >= 1; layer--) {
      WIDTH[layer] = x / UNIT;
      HEIGHT[layer] = height;
      if (layer === 1) break;
      height += AREA / x;
      const inner = Math.sqrt(-2 * Math.log(height));
      INSIDE[layer] = (inner / x) * UNIT;
      x = inner;
    }
    INSIDE[1] = 0;
  }

  // Numbers of a stream from its beginning, kept: more are drawn when more are needed.
  const kept = new Map();
  function draws(seed, tag, kind, n) {
    const key = `${seed} ${tag}`;
    let entry = kept.get(key);
    if (!entry) {
      if (kept.size > 64) kept.clear();
      entry = { stream: new Stream(seed, tag), values: new Float64Array(0), n: 0 };
      kept.set(key, entry);
    }
    if (entry.values.length < n) {
      const longer = new Float64Array(Math.max(n, 2 * entry.values.length));
      longer.set(entry.values);
      entry.values = longer;
    }
    for (; entry.n < n; entry.n++)
      entry.values[entry.n] = kind === "normal" ? entry.stream.normal() : entry.stream.uniform();
    return entry.values;
  }

  return {
    Stream,
    uniforms: (seed, tag, n) => draws(seed, tag, "uniform", n),
    normals: (seed, tag, n) => draws(seed, tag, "normal", n),
  };
})();
