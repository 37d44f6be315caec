// A figure with two axes: lines and areas on a canvas, its axes in SVG below, what can be grasped above.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

// An SVG element with attributes.
function svg(name, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

// An HTML element with properties; strings become text, never markup.
function html(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// The palette of style.css, as the browser shows it now.
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

class Plot {
  // `x` and `y` are {label, domain: [low, high], ticks: numbers or null, log: whether}.
  constructor(host, { x, y, label, describedby }) {
    this.x = x;
    this.y = y;
    this.host = host;
    host.classList.add("plot");
    this.canvas = html("canvas", { "aria-hidden": "true" });
    this.svg = svg("svg", { role: "group", "aria-label": label });
    if (describedby) this.svg.setAttribute("aria-describedby", describedby);
    this.axes = svg("svg", { "aria-hidden": "true" });
    this.overlay = svg("g", {}, this.svg);
    host.append(this.axes, this.canvas, this.svg);
    this.context = this.canvas.getContext("2d");
    this.redraw = () => {};
    this.colours = new Map();
    new ResizeObserver(() => this.layout() && this.redraw()).observe(host);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours.clear();
      this.redraw();
    });
    this.layout();
  }

  // Takes the size of its place; whether it has changed.
  layout() {
    const width = this.host.clientWidth, height = this.host.clientHeight;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    if (!width || (width === this.width && height === this.height && ratio === this.ratio)) return false;
    Object.assign(this, { width, height, ratio });
    const narrow = width < 480;
    this.left = narrow ? 46 : 58;
    this.right = width - 18;
    this.top = 10;
    this.bottom = height - (narrow ? 42 : 46);
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    for (const layer of [this.axes, this.svg]) layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawAxes();
    return true;
  }

  setDomain(axis, low, high) {
    if (axis.domain[0] === low && axis.domain[1] === high) return;
    axis.domain = [low, high];
    this.drawAxes();
  }

  X(value) {
    return this.left + this.share(this.x, value) * (this.right - this.left);
  }

  Y(value) {
    return this.bottom - this.share(this.y, value) * (this.bottom - this.top);
  }

  share({ domain: [low, high], log }, value) {
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }

  // The values at a place of the screen.
  at(event) {
    const box = this.svg.getBoundingClientRect();
    const right = (event.clientX - box.left - this.left) / (this.right - this.left);
    const up = (this.bottom - (event.clientY - box.top)) / (this.bottom - this.top);
    const value = ({ domain: [low, high], log }, share) =>
      log ? low * (high / low) ** share : low + share * (high - low);
    return [value(this.x, right), value(this.y, up)];
  }

  drawAxes() {
    if (!this.width) return;
    this.axes.replaceChildren();
    for (const value of ticks(this.x, this.right - this.left)) {
      const x = this.X(value);
      svg("line", { x1: x, x2: x, y1: this.top, y2: this.bottom, class: "grid" }, this.axes);
      svg("text", { x, y: this.bottom + 17, class: "tick middle" }, this.axes).textContent = tickText(value);
    }
    for (const value of ticks(this.y, this.bottom - this.top)) {
      const y = this.Y(value);
      svg("line", { x1: this.left, x2: this.right, y1: y, y2: y, class: "grid" }, this.axes);
      svg("text", { x: this.left - 7, y: y + 4, class: "tick end" }, this.axes).textContent = tickText(value);
    }
    svg("line", { x1: this.left, x2: this.right, y1: this.bottom, y2: this.bottom, class: "axis" }, this.axes);
    const middle = (this.left + this.right) / 2, half = (this.top + this.bottom) / 2;
    svg("text", { x: middle, y: this.height - 7, class: "title middle" }, this.axes).textContent = this.x.label;
    svg("text", { x: 0, y: 0, transform: `translate(13 ${half}) rotate(-90)`, class: "title middle" },
      this.axes).textContent = this.y.label;
  }

  colour(name) {
    if (!this.colours.has(name)) this.colours.set(name, colour(name));
    return this.colours.get(name);
  }

  // Begins a drawing: empty, and cut off at the axes.
  begin() {
    const c = this.context;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath();
    c.rect(this.left, this.top, this.right - this.left, this.bottom - this.top);
    c.clip();
    c.lineJoin = "round";
  }

  end() {
    this.context.restore();
  }

  line(xs, ys, { stroke, width = 2, alpha = 1, dash = [], from = 0, count = xs.length }) {
    const c = this.context;
    c.strokeStyle = this.colour(stroke);
    c.globalAlpha = alpha;
    c.lineWidth = width;
    c.setLineDash(dash);
    c.beginPath();
    for (let i = 0; i < count; i++) {
      const y = this.clamped(this.Y(ys[from + i]));
      if (i) c.lineTo(this.X(xs[i]), y);
      else c.moveTo(this.X(xs[i]), y);
    }
    c.stroke();
    c.globalAlpha = 1;
  }

  area(xs, low, high, { fill, alpha }) {
    const c = this.context;
    c.fillStyle = this.colour(fill);
    c.globalAlpha = alpha;
    c.beginPath();
    for (let i = 0; i < xs.length; i++) c.lineTo(this.X(xs[i]), this.clamped(this.Y(high[i])));
    for (let i = xs.length - 1; i >= 0; i--) c.lineTo(this.X(xs[i]), this.clamped(this.Y(low[i])));
    c.fill();
    c.globalAlpha = 1;
  }

  dot(x, y, { fill, radius = 4 }) {
    const c = this.context;
    c.fillStyle = this.colour(fill);
    c.beginPath();
    c.arc(this.X(x), this.clamped(this.Y(y)), radius, 0, 2 * Math.PI);
    c.fill();
  }

  // A diamond, filled or only its outline: a published value.
  diamond(x, y, { stroke, filled = true, radius = 7 }) {
    const c = this.context, left = this.X(x), up = this.clamped(this.Y(y));
    c.beginPath();
    for (const [right, down] of [[0, -radius], [radius, 0], [0, radius], [-radius, 0]]) c.lineTo(left + right, up + down);
    c.closePath();
    c.fillStyle = this.colour(filled ? stroke : "ground");
    c.fill();
    c.strokeStyle = this.colour(filled ? "ground" : stroke);
    c.lineWidth = 1.5;
    c.setLineDash([]);
    c.stroke();
  }

  // Far outside is as good as infinitely far, and canvases draw no infinite lines.
  clamped(y) {
    return Number.isFinite(y) ? Math.min(Math.max(y, -1e4), 1e4) : y > 0 ? 1e4 : -1e4;
  }
}

// Round values inside a domain, about one to 70 pixels.
function ticks({ domain: [low, high], log, ticks: given }, pixels) {
  if (given) return given.filter((value) => value >= low && value <= high);
  if (log) {
    const found = [], decades = Math.log10(high / low);
    const steps = pixels / decades > 150 ? [1, 2, 5] : [1];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
      for (const step of steps) {
        const value = Number(`${step}e${power}`);
        if (value >= low * 0.999 && value <= high * 1.001) found.push(value);
      }
    return found;
  }
  const raw = (high - low) / Math.max(2, pixels / 60), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((one) => one * power >= raw) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

const tickText = (value) => (Math.abs(value) >= 1e5 ? value.toExponential(0).replace("e+", "e") : String(value).replace("-", "−"));

// A number with three digits, as the figures' captions show it; what rounding leaves of 0 is 0.
function number(value) {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) < 1e-15) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || (size < 1e-4) ? value.toExponential(2).replace("e+", "e")
    : size >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return text.replaceAll("-", "−");
}

const interval = ({ low, high }) =>
  Number.isFinite(low) && Number.isFinite(high) ? `[${number(low)}, ${number(high)}]` : "–";
