// The parts of the error as a table with bars, which is also how a screen reader meets them.
"use strict";

class PartsTable {
  static ROWS = [
    ["noise", "Noise"], ["bias_squared", "Bias²"], ["variance", "Variance"], ["error", "Error"],
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
      html("caption", {}, "Means over the inputs (unit of y²). The error is the sum."),
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "Part"),
        html("th", { scope: "col", className: "number" }, "Estimate"),
        html("th", { scope: "col", className: "number" }, "95% interval"))),
      body);
    host.append(this.table,
      html("div", { className: "scale", ariaHidden: "true" }, html("span", {}, "0"), this.limit));
  }

  // Shows {noise, bias_squared, variance, error}; while a slider moves the scale changes seldom.
  show(parts, settled) {
    const { error } = parts;
    const most = Math.max(Number.isFinite(error.high) ? Math.min(error.high, 3 * error.estimate) : 0, error.estimate);
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
    const fits = steps.find((step) => step >= 1.02 * most) ?? 10 ** Math.ceil(Math.log10(most));
    if (settled || fits > this.scale || 8 * fits <= this.scale) this.scale = fits;
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

// The answer under a figure: the finding, then the numbers.
function sentence(state, { noise, bias_squared: bias, variance, error }) {
  const finding = bias.low > variance.high
    ? "Beyond the noise, most of the error is bias²: the model cannot follow the true function."
    : variance.low > bias.high
      ? "Beyond the noise, most of the error is variance: the fit depends strongly on the data set."
      : "Beyond the noise, bias² and variance are about equal.";
  const threshold = state.hidden + 1 === state.n ? " There are as many parameters as examples." : "";
  return `${finding}${threshold} Expected squared error ${number(error.estimate)} ${interval(error)} = noise ` +
    `${number(noise.estimate)} + bias² ${number(bias.estimate)} ${interval(bias)} + variance ` +
    `${number(variance.estimate)} ${interval(variance)}. ${state.sets} fresh data sets of ${state.n} examples, ` +
    `${state.hidden} hidden units; 95% intervals.`;
}

// Says where a few extreme data sets determine the means, and gives the median then.
const Tail = {
  say(state, excess, element) {
    element.hidden = true;
    const median = Parts.median(excess), noise = state.noise ** 2;
    const half = { estimate: median.estimate + noise, low: median.low + noise, high: median.high + noise };
    Engine.tail(state, (heavy) => {
      element.hidden = !heavy;
      element.textContent =
        "A few extreme data sets determine these means, so their intervals are too narrow. Half of the data sets " +
        `have an error below ${number(half.estimate)} ${interval(half)}.`;
    });
  },
};

// "As a table" under a figure. `make` gives {caption, head, rows} of texts when it is open, or null.
function asTable(make) {
  const place = html("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Table" });
  const details = html("details", {}, html("summary", {}, "As a table"), place);
  details.renew = () => {
    const made = details.open ? make() : null;
    if (!made) return;
    const row = (name, properties) => (texts) => html("tr", {}, ...texts.map((text) => html(name, properties, String(text))));
    place.replaceChildren(html("table", { className: "lined" }, html("caption", {}, made.caption),
      html("thead", {}, row("th", { scope: "col", className: "number" })(made.head)),
      html("tbody", {}, ...made.rows.map((texts) => html("tr", {}, ...texts.map(String).map((text) =>
        html("td", { className: text.length > 24 ? "settings" : "number" }, text)))))));
  };
  details.addEventListener("toggle", details.renew);
  return details;
}
