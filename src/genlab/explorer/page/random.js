// The random numbers of NumPy's Philox generator, so that the page draws the library's data sets.
// Philox: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); normal numbers by
// NumPy's ziggurat with 256 layers (Marsaglia & Tsang 2000). A number of 64 bits is held as two of 32.
"use strict";

const Random = (() => {
  const ROUNDS = 10;
  const M0 = [0xd2e7470e, 0xe14c6c93], M1 = [0xca5a8263, 0x95121157];
  const W0 = [0x9e3779b9, 0x7f4a7c15], W1 = [0xbb67ae85, 0x84caa73b];

  // The 64 bits of a product of two numbers of 32 bits, into `upper` and `lower`.
  let upper = 0, lower = 0;
  function product(a, b) {
    const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
    const low = al * bl, middle = al * bh + ah * bl + (low >>> 16);
    lower = ((middle << 16) | (low & 0xffff)) >>> 0;
    upper = ah * bh + Math.floor(middle / 65536);
  }

  // The 128 bits of a product of two numbers of 64 bits, into out[0..3], highest first.
  const WORD = 4294967296;
  function multiply(ah, al, bh, bl, out) {
    product(al, bl);
    out[3] = lower;
    let sum = upper;
    product(al, bh);
    sum += lower;
    let high = upper;
    product(ah, bl);
    sum += lower;
    high += upper + Math.floor(sum / WORD);
    out[2] = sum % WORD;
    product(ah, bh);
    high += lower;
    out[1] = high % WORD;
    out[0] = upper + Math.floor(high / WORD);
  }

  function add(a, b) {
    const low = a[1] + b[1];
    return [(a[0] + b[0] + (low > 0xffffffff ? 1 : 0)) >>> 0, low >>> 0];
  }

  // A stream of numbers of 64 bits: that of `genlab._base.streams.numpy_stream(seed, tag, block)`.
  class Stream {
    constructor(seed, tag, block = 0) {
      this.keys = new Uint32Array(4 * ROUNDS);
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
      this.p = new Uint32Array(4);
      this.q = new Uint32Array(4);
    }

    // The next number's two halves are in `high` and `low`.
    next() {
      if (this.at === 4) this.refill();
      this.high = this.block[2 * this.at];
      this.low = this.block[2 * this.at + 1];
      this.at += 1;
    }

    refill() {
      const { block: c, keys, p, q } = this;
      this.counter += 1;
      c.fill(0);
      c[1] = this.counter;
      c[5] = this.which;
      for (let k = 0; k < 4 * ROUNDS; k += 4) {
        multiply(M0[0], M0[1], c[0], c[1], p);
        multiply(M1[0], M1[1], c[4], c[5], q);
        const h1 = c[2], l1 = c[3], h3 = c[6], l3 = c[7];
        c[0] = q[0] ^ h1 ^ keys[k]; c[1] = q[1] ^ l1 ^ keys[k + 1]; c[2] = q[2]; c[3] = q[3];
        c[4] = p[0] ^ h3 ^ keys[k + 2]; c[5] = p[1] ^ l3 ^ keys[k + 3]; c[6] = p[2]; c[7] = p[3];
      }
      this.at = 0;
    }

    uniform() {
      this.next();
      return ((this.high >>> 0) * 2097152 + (this.low >>> 11)) / 9007199254740992;
    }

    normal() {
      for (;;) {
        this.next();
        const layer = this.low & 0xff;
        const negative = (this.low >>> 8) & 1;
        // Bits 9 to 60: 23 of the lower half, 29 of the upper one.
        const size = (this.high & 0x1fffffff) * 8388608 + (this.low >>> 9);
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
