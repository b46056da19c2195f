// Samples on canvases: images as they are, anything else as a plot.

import { toPixels } from "/latent.js";

// What samples are: "image", "number", "point", or "curve" for all the rest.
export function kindOf(shape, valueRange, hasPng) {
  const isImage = shape.length === 3 && (shape[2] === 1 || shape[2] === 3);
  if (isImage && (valueRange || hasPng)) return "image";
  if (shape.length === 1 && shape[0] === 1) return "number";
  if (shape.length === 1 && shape[0] === 2) return "point";
  return "curve";
}

export function drawImage(canvas, values, [height, width, channels], valueRange) {
  const range = valueRange ?? (values.some((x) => x < 0) ? [-1, 1] : [0, 1]);
  const bytes = toPixels(values, range);
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * i + c] = bytes[channels * i + (channels === 3 ? c : 0)];
    }
    image.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

export async function drawPng(canvas, base64) {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
}

// The plots' common ground -----------------------------------------------------

function colors() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(name).trim();
  return {
    paper: get("--plot"), ink: get("--ink"), faint: get("--faint"),
    line: get("--line"), many: get("--many"), one: get("--one"),
  };
}

function extent(values) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const x of finite) {
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  const room = (high - low) * 0.08 || 0.5;
  return [low - room, high + room];
}

// Round numbers that divide an axis.
export function ticks([low, high], count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)));
}

export const minus = (text) => text.replace("-", "−");

class Plot {
  constructor(canvas, small, [width, height]) {
    const ratio = small ? 2 : Math.max(2, window.devicePixelRatio || 1);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    this.c = canvas.getContext("2d");
    this.c.scale(ratio, ratio);
    this.color = colors();
    this.small = small;
    this.width = width;
    this.height = height;
    this.box = small
      ? { left: 3, top: 3, right: width - 3, bottom: height - 3 }
      : { left: 42, top: 14, right: width - 16, bottom: height - 30 };
    this.c.fillStyle = this.color.paper;
    this.c.fillRect(0, 0, width, height);
    this.c.font = "12px system-ui, sans-serif";
    this.c.lineJoin = "round";
  }

  scale(x, y) {
    const { left, right, top, bottom } = this.box;
    this.xs = x;
    this.ys = y;
    this.x = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (right - left);
    this.y = (value) => bottom - ((value - y[0]) / (y[1] - y[0])) * (bottom - top);
  }

  axes({ vertical = true, horizontal = true } = {}) {
    if (this.small) return;
    const { c, box, color } = this;
    c.strokeStyle = color.line;
    c.fillStyle = color.faint;
    c.lineWidth = 1;
    c.textAlign = "center";
    c.textBaseline = "top";
    for (const x of horizontal ? ticks(this.xs) : []) {
      this.path([[this.x(x), box.top], [this.x(x), box.bottom]]);
      c.fillText(minus(String(x)), this.x(x), box.bottom + 8);
    }
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const y of vertical ? ticks(this.ys) : []) {
      this.path([[box.left, this.y(y)], [box.right, this.y(y)]]);
      c.fillText(minus(String(y)), box.left - 8, this.y(y));
    }
  }

  path(points) {
    this.c.beginPath();
    points.forEach(([x, y], i) => (i ? this.c.lineTo(x, y) : this.c.moveTo(x, y)));
    this.c.stroke();
  }

  dot(x, y, radius, color) {
    this.c.fillStyle = color;
    this.c.beginPath();
    this.c.arc(x, y, radius, 0, 2 * Math.PI);
    this.c.fill();
  }
}

const THUMB = [96, 96];

// As large as there is room for, so that words have their own size.
function room(canvas, small, ratio) {
  if (small) return THUMB;
  const width = Math.min(Math.max(canvas.parentElement.clientWidth, 240), 640);
  return [width, Math.round(width * ratio)];
}

// Plots ------------------------------------------------------------------------

// One number among many: a histogram, and a line where it is.
function drawNumber(canvas, [value], many, small) {
  const plot = new Plot(canvas, small, room(canvas, small, 0.64));
  const { c, box, color } = plot;
  const [low, high] = extent([...many.flat(), value]);
  const bins = small ? 16 : 48;
  const counts = new Array(bins).fill(0);
  for (const [x] of many) {
    const bin = Math.floor(((x - low) / (high - low)) * bins);
    if (bin >= 0 && bin < bins) counts[bin] += 1;
  }
  const top = Math.max(1, ...counts);
  plot.scale([low, high], [0, top * 1.05]);
  plot.axes({ vertical: false });
  c.fillStyle = color.many;
  const width = (high - low) / bins;
  counts.forEach((count, i) => {
    const [x, right] = [plot.x(low + i * width), plot.x(low + (i + 1) * width)];
    c.fillRect(x, plot.y(count), right - x - (small ? 0 : 1), box.bottom - plot.y(count));
  });
  if (!Number.isFinite(value)) return;
  c.strokeStyle = color.one;
  c.lineWidth = small ? 2 : 2.5;
  plot.path([[plot.x(value), box.top], [plot.x(value), box.bottom]]);
  if (!small) plot.dot(plot.x(value), box.top, 5, color.one);
}

function drawPoint(canvas, [x, y], many, small) {
  const plot = new Plot(canvas, small, room(canvas, small, 1));
  const across = extent([...many.map((p) => p[0]), x]);
  const up = extent([...many.map((p) => p[1]), y]);
  // One unit is as long in both directions.
  const half = Math.max(across[1] - across[0], up[1] - up[0]) / 2;
  const square = ([low, high]) => [(low + high) / 2 - half, (low + high) / 2 + half];
  plot.scale(square(across), square(up));
  plot.axes();
  const part = small ? many.slice(0, 300) : many;
  for (const p of part) plot.dot(plot.x(p[0]), plot.y(p[1]), small ? 1 : 2, plot.color.many);
  plot.dot(plot.x(x), plot.y(y), small ? 5 : 8, plot.color.paper);
  plot.dot(plot.x(x), plot.y(y), small ? 4 : 6.5, plot.color.one);
}

function drawCurve(canvas, values, many, small) {
  const plot = new Plot(canvas, small, room(canvas, small, 0.64));
  const { c, color } = plot;
  plot.scale([1, Math.max(2, values.length)], extent([...many.flat(), ...values]));
  plot.axes();
  const line = (heights) => plot.path(heights.map((y, i) => [plot.x(i + 1), plot.y(y)]));
  c.strokeStyle = color.many;
  c.lineWidth = 1;
  c.globalAlpha = 0.4;
  many.slice(0, small ? 10 : 60).forEach(line);
  c.globalAlpha = 1;
  c.strokeStyle = color.one;
  c.lineWidth = small ? 2 : 2.5;
  line(values);
  if (!small && values.length <= 40) {
    values.forEach((y, i) => plot.dot(plot.x(i + 1), plot.y(y), 4, color.one));
  }
}

export const PLOTS = { number: drawNumber, point: drawPoint, curve: drawCurve };
