// The page "Double descent of networks": error against width from the store, and one width's training.
"use strict";

const NetworksPage = (() => {
  //: The run of the chosen width, which is in one family; and what the functions are of.
  const values = { run: State.several(/^[0-9a-f]{12}$/, 1), ...Functions.values };
  let published, select, slider, output, said, figure, wide, long, matrix, functions, details, families = [], family = null, chosen = 0, key = null, run = null, busy = false, again = false, most = 0;

  function mount(section) {
    select = html("select", { id: "networks-family" });
    select.addEventListener("change", () => go(families[Number(select.value)]));
    slider = html("input", { type: "range", id: "networks-width", min: "0", max: "0", step: "1" });
    slider.dataset.name = "width";
    output = html("output", { htmlFor: slider.id });
    slider.addEventListener("input", () => go(family, Number(slider.value)));
    said = html("p", { className: "answer", id: "networks-answer", ariaLive: "polite" });
    const left = html("div", { className: "large" }), right = html("div", { className: "large" });
    const legend = html("ul", { className: "legend", ariaLabel: "Legend" },
      html("li", {}, html("span", { className: "key stroke-variance" }), "test error, 95% interval over seeds"),
      html("li", {}, html("span", { className: "key stroke-fit" }), "training error"));
    published = html("li", { hidden: true });
    legend.append(published);
    matrix = html("table", { className: "confusion" });
    functions = Functions.mount();
    functions.hidden = true;
    details = asTable(tabulate);
    figure = html("figure", { hidden: true }, legend, html("div", { className: "pair" }, left, right),
      html("figcaption", { className: "faint small" }, "Left, or above: errors at the end of training against the width. Right, or below: during training, at the chosen width."), details);
    section.append(html("h2", {}, "Double descent of networks"),
      html("p", { className: "lead" }, "Training and test error of networks of growing width, as the store holds them. Click on a width, or move the slider, to see how its networks learned, what they confuse, and how a network's function runs between two examples."),
      html("div", { className: "buttons" }, html("span", { className: "field" }, html("label", { htmlFor: select.id }, "Networks"), select),
        html("span", { className: "field" }, html("label", { htmlFor: slider.id }, "Width"), slider, output), Controls.copyLink()),
      said, figure, html("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Confusion matrix" }, matrix), functions);
    const error = { label: "error (%)", domain: [0, 100], ticks: null };
    wide = new Plot(left, { x: { label: "width (hidden units)", domain: [1, 2], log: true, ticks: null }, y: { ...error }, label: "Error against width", describedby: said.id });
    long = new Plot(right, { x: { label: "training step", domain: [0, 1], ticks: null }, y: { ...error }, label: "Error against the training step", describedby: said.id });
    for (const plot of [wide, long]) plot.redraw = paint;
    wide.svg.addEventListener("click", (event) => {
      if (!family) return;
      const [width] = wide.at(event), far = ({ width: one }) => Math.abs(Math.log(one / width));
      go(family, family.points.reduce((best, one, i) => (far(one) < far(family.points[best]) ? i : best), 0));
    });
  }

  const name = ({ dataset, model, label_noise: noise, points }) =>
    `${model} on ${dataset}${noise ? `, ${100 * noise}% label noise` : ""}, ${points.length} widths`;

  async function shown() {
    try {
      ({ families, most_seconds: most } = await Library.ask("api/widths", {}));
    } catch (error) {
      said.textContent = error.message;
      return;
    }
    select.replaceChildren(...families.map((one, i) => html("option", { value: String(i), textContent: name(one) })));
    key = family = null;
    if (families.length && App.page === "networks") {
      // Without a run in the link, or with one that is not in the store: where the first family's error is highest.
      const { state } = App, [first] = families;
      if (!families.some(({ points }) => points.some(({ id }) => id === state.run[0]))) state.run = [first.points[highest(first)].id];
      App.request();
    }
    if (!families.length) said.textContent = "The store holds no networks of several widths yet. This makes some: genlab reproduce double-descent-mnist1d --scale quick";
  }

  const highest = ({ points }) => points.reduce((best, one, j) => (one.test_error.estimate > points[best].test_error.estimate ? j : best), 0);
  const go = (newFamily, i = highest(newFamily)) => App.change({ run: [newFamily.points[i].id] });

  function update(state) {
    if (!families.length || key === JSON.stringify(state)) return;
    key = JSON.stringify(state);
    const index = ({ points }) => points.findIndex(({ id }) => id === state.run[0]);
    const newFamily = families.find((one) => index(one) >= 0) ?? families[0];
    if (newFamily !== family) {
      family = newFamily;
      select.value = String(families.indexOf(family));
      slider.max = String(family.points.length - 1);
      figure.hidden = functions.hidden = false;
      const sources = [...new Set(family.points.flatMap((point) => point.published.map(({ source }) => source)))];
      published.hidden = !sources.length;
      published.replaceChildren(html("span", { className: "key key-diamond stroke-variance" }), `published, without an interval: ${sources.join("; ")}`);
      details.renew();
    }
    choose(Math.max(index(family), 0), state);
  }

  // One question under way at a time; the newest width is asked next.
  async function choose(i, state) {
    chosen = i;
    slider.value = String(i);
    const { width } = family.points[i];
    output.textContent = String(width);
    slider.setAttribute("aria-valuetext", `width ${width}`);
    paint();
    Functions.show(family, i, most, state);
    if (busy) return void (again = true);
    busy = true;
    do {
      again = false;
      try {
        [run] = (await Library.ask("api/curves", { ids: [family.points[chosen].id] })).curves;
        paint();
        tell();
      } catch (error) {
        said.textContent = error.message;
      }
    } while (again);
    busy = false;
  }

  function tabulate() {
    const cell = ({ estimate, low, high }) => [(100 * estimate).toFixed(1), low === null ? "one seed" : `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`];
    return {
      caption: "Errors in percent: means over seeds",
      head: ["width", "seeds", "test error", "95% interval", "training error", "95% interval", "published test error"],
      rows: family.points.map((one) => [one.width, one.n, ...cell(one.test_error), ...cell(one.train_error),
        one.published.filter(({ curve }) => curve === "test_error").map(({ value }) => (100 * value).toFixed(1)).join(", ") || "–"]),
    };
  }

  const percent = (value) => (value === null ? NaN : 100 * value);

  function paint() {
    if (!family || !wide.width) return;
    const { points } = family, xs = points.map(({ width }) => width);
    const of = (which, end) => points.map((one) => percent(one[which][end]));
    wide.setDomain(wide.x, xs[0], Math.max(xs.at(-1), xs[0] + 1));
    wide.begin();
    wide.line([xs[chosen], xs[chosen]], [-1, 101], { stroke: "ink", width: 1.5 });
    if (points.every((one) => one.test_error.low !== null)) wide.area(xs, of("test_error", "low"), of("test_error", "high"), { fill: "variance", alpha: 0.2 });
    wide.line(xs, of("train_error", "estimate"), { stroke: "fit", width: 2 });
    wide.line(xs, of("test_error", "estimate"), { stroke: "variance", width: 2.5 });
    xs.forEach((x, i) => wide.dot(x, of("test_error", "estimate")[i], { fill: "variance", radius: i === chosen ? 6 : 3 }));
    wide.end();
    for (const { width, published } of points)
      for (const { curve, value } of published) wide.diamond(width, percent(value), { stroke: curve === "test_error" ? "variance" : "fit", filled: curve === "test_error" });
    if (!run?.steps.length) return;
    long.setDomain(long.x, 0, run.steps.at(-1));
    long.begin();
    if (run.test_error.low.some((value) => value !== null))
      long.area(run.steps, run.test_error.low.map(percent), run.test_error.high.map(percent), { fill: "variance", alpha: 0.2 });
    long.line(run.steps, run.train_error.mean.map(percent), { stroke: "fit", width: 2 });
    long.line(run.steps, run.test_error.mean.map(percent), { stroke: "variance", width: 2.5 });
    long.end();
  }

  function tell() {
    const point = family.points[chosen], { test_error: test, train_error: train } = point;
    const ends = ({ low, high }) => (low === null ? "(one seed, so no interval)" : `[${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`);
    said.textContent = `Width ${point.width}: test error ${(100 * test.estimate).toFixed(1)}% ${ends(test)}, training error ` +
      `${(100 * train.estimate).toFixed(1)}% ${ends(train)}. Means over ${point.n} seed${point.n === 1 ? "" : "s"}; 95% intervals.`;
    const { confusion } = run;
    if (!confusion) return matrix.replaceChildren();
    const total = confusion.map((row) => row.reduce((sum, one) => sum + one, 0));
    const most = Math.max(...confusion.flatMap((row, i) => row.filter((_, j) => j !== i).map((one) => one / Math.max(total[i], 1))));
    const cell = (value, i, j) => {
      const element = html("td", { className: "number", textContent: (100 * value / Math.max(total[i], 1)).toFixed(0) });
      if (i !== j && most > 0) element.classList.add(`shade-${Math.round((5 * value) / Math.max(total[i], 1) / most)}`);
      return element;
    };
    matrix.replaceChildren(
      html("caption", {}, "Confusion matrix: of the test examples of each class (rows), the percentage that is predicted as each class (columns)"),
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "class"), ...confusion.map((_, j) => html("th", { scope: "col", className: "number" }, String(j))))),
      html("tbody", {}, ...confusion.map((row, i) => html("tr", {}, html("th", { scope: "row" }, String(i)), ...row.map((value, j) => cell(value, i, j))))));
  }

  return { name: "networks", title: "Networks", values, mount, shown, update };
})();
