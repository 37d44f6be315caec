// The parts of the error as a table with bars, which is also how a screen reader meets them.
"use strict";

class PartsTable {
  static ROWS = [
    ["noise", "Noise"], ["bias_squared", "Bias²"], ["variance", "Variance"], ["error", "Expected squared error"],
  ];

  constructor(host) {
    this.rows = new Map();
    this.scale = 0;
    const body = html("tbody");
    for (const [name, text] of PartsTable.ROWS) {
      const fill = html("div", { className: `fill ${name}` }), whisker = html("div", { className: "whisker" });
      const value = html("td", { className: "number" }), ends = html("td", { className: "number ends" });
      body.append(html("tr", { className: name },
        html("th", { scope: "row" }, text), value, ends),
        html("tr", { className: "bars", ariaHidden: "true" },
          html("td", { colSpan: 3 }, html("div", { className: "bar" }, fill, whisker))));
      this.rows.set(name, { fill, whisker, value, ends });
    }
    this.limit = html("span");
    this.table = html("table", { className: "parts" },
      html("caption", {}, "Mean over the inputs, unit of y²"),
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "Part"),
        html("th", { scope: "col", className: "number" }, "Estimate"),
        html("th", { scope: "col", className: "number" }, "95% interval"))),
      body);
    host.append(this.table,
      html("div", { className: "scale", ariaHidden: "true" }, html("span", {}, "0"), this.limit));
  }

  // Shows {noise, bias_squared, variance, error}; the scale shrinks only when a value is settled.
  show(parts, settled) {
    const { error } = parts;
    const most = Math.max(Number.isFinite(error.high) ? Math.min(error.high, 3 * error.estimate) : 0, error.estimate);
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
    const fits = steps.find((step) => step >= 1.02 * most) ?? 10 ** Math.ceil(Math.log10(most));
    if (settled || fits > this.scale) this.scale = fits;
    this.limit.textContent = number(this.scale);
    const place = (value) => `${100 * Math.min(Math.max(value / this.scale, 0), 1)}%`;
    for (const [name, row] of this.rows) {
      const { estimate, low, high } = parts[name];
      row.value.textContent = number(estimate);
      row.ends.textContent = name === "noise" ? "known" : interval(parts[name]);
      row.fill.style.width = place(estimate);
      const known = name === "noise" || !Number.isFinite(low);
      row.whisker.hidden = known;
      if (!known) {
        row.whisker.style.left = place(low);
        row.whisker.style.width = `calc(${place(high)} - ${place(low)})`;
      }
    }
  }
}
