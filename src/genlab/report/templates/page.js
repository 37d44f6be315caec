// What a page does beyond being read: interactive figures on demand, and open tables on paper.
"use strict";
const loading = {};
function load(source) {
  return loading[source] ??= new Promise((done, failed) => {
    const script = document.createElement("script"), kept = document.getElementById(source);
    script.dataset.source = source;
    if (kept) {
      script.textContent = kept.textContent;
    } else {
      script.src = source;
      script.onload = done;
      script.onerror = () => failed(new Error(`${source} is not there`));
    }
    document.head.append(script);
    if (kept) done();
  });
}

const layouts = {};  // Of each figure that was asked for, by the name of its script.
const dark = window.matchMedia("(prefers-color-scheme: dark)");

// The rows of a table whose columns are given, some of them as a few values and their places.
function rows(table) {
  if (Array.isArray(table)) return table;
  const columns = Object.entries(table).map(([name, one]) =>
    [name, Array.isArray(one) ? one : one.places.map((place) => one.values[place])]);
  return columns[0][1].map((_, i) => Object.fromEntries(columns.map(([name, column]) => [name, column[i]])));
}

async function draw(figure) {
  const {spec, library} = figure.dataset, picture = figure.querySelector(".picture");
  await Promise.all([load(library), load(spec)]);
  const {datasets: given, [figure.dataset.layout]: layout} = layouts[spec];
  const datasets = Object.fromEntries(Object.entries(given).map(([name, one]) => [name, rows(one)]));
  let place = picture.querySelector(".chart");
  if (!place) {
    place = Object.assign(document.createElement("div"), {className: "chart", role: "img"});
    place.setAttribute("aria-label", picture.querySelector("img").alt);
    picture.append(place);
  }
  const theme = dark.matches ? "dark" : "light";
  await vegaEmbed(place, {...layout, datasets}, {
    renderer: "svg", actions: false, config: themes[theme], tooltip: {theme},
  });
  picture.querySelector("picture")?.remove();
  // Its numbers are in the tables: a thousand marks are no text to listen to.
  place.querySelector("svg").setAttribute("aria-hidden", "true");
  if (picture.scrollWidth > picture.clientWidth) picture.tabIndex = 0;
}

for (const button of document.querySelectorAll("figure button")) {
  const figure = button.closest("figure");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const phone = window.matchMedia(figure.querySelector("source").media).matches;
    figure.dataset.layout = phone ? "narrow" : "full";
    button.disabled = true;
    try {
      await draw(figure);
      button.remove();
      figure.querySelector("[aria-live]").textContent = "Point at the figure to see its numbers.";
    } catch (error) {
      button.disabled = false;
      figure.querySelector("[aria-live]").textContent = `Not possible: ${error.message}.`;
    }
  });
}
dark.addEventListener("change", () => {
  document.querySelectorAll("figure[data-layout]").forEach(draw);
});

window.addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details:not([open])")) {
    one.open = true;
    one.dataset.closed = "";
  }
});
window.addEventListener("afterprint", () => {
  for (const one of document.querySelectorAll("details[data-closed]")) one.open = false;
});
