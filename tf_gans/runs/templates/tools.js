// What the scenes and the charts share.

function element(name, options = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Arrays as `plotting/scene.py` packs them: a frame at a time.
class Packed {
  constructor(packed) {
    const text = atob(packed.data);
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    this.most = 2 ** packed.bits - 2;
    this.low = packed.low;
    this.scale = (packed.high - packed.low) / this.most;
    this.shape = packed.shape;
    if (packed.bits === 8) {
      this.numbers = bytes;
    } else {
      const view = new DataView(bytes.buffer);
      this.numbers = new Uint16Array(bytes.length / 2);
      for (let i = 0; i < this.numbers.length; i++) {
        this.numbers[i] = view.getUint16(2 * i, true);
      }
    }
  }

  // The values of a frame; of an array without frames, all of them.
  frame(index = 0, axes = 1) {
    const size = this.shape.slice(axes).reduce((a, b) => a * b, 1);
    const values = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const whole = this.numbers[index * size + i];
      values[i] = whole > this.most ? NaN : this.low + whole * this.scale;
    }
    return values;
  }

  all() {
    return this.frame(0, 0);
  }
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const found = {};
  for (const name of [
    "paper", "ink", "soft", "line", "blue", "vermilion", "green", "grey",
    "real", "middle",
  ]) {
    found[name] = style.getPropertyValue(`--${name}`).trim();
  }
  return found;
}

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

// Numbers that divide an axis evenly: 1, 2 or 5 of a power of ten apart.
function ticks(low, high, most) {
  const rough = (high - low) / Math.max(most, 1);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= rough);
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) {
    found.push(n * step);
  }
  return found;
}

function number(value, digits = 4) {
  if (value === null || Number.isNaN(value)) return "-";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 2);
  return String(Number(value.toPrecision(digits)));
}

function tickLabel(value) {
  if (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)) {
    return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  }
  return Number(value.toPrecision(6)).toLocaleString("en");
}

function legend(entries) {
  const list = element("ul", { class: "legend" });
  for (const [label, colour, shape] of entries) {
    const mark = element("i", { class: shape || "", "aria-hidden": "true" });
    mark.style.background = `var(--${colour})`;
    list.append(element("li", {}, mark, label));
  }
  return list;
}

// A canvas of the width that there is, sharp on any screen.
class Canvas {
  constructor(label, ratio) {
    this.node = element("canvas", { role: "img", "aria-label": label });
    this.ratio = ratio; // of the height to the width, a function of the width
  }

  // Prepares it for drawing; returns the context, the width and the height.
  begin() {
    const width = Math.max(this.node.clientWidth, 50);
    const height = Math.round(width * this.ratio(width));
    const density = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * density), Math.round(height * density)];
    if (this.node.width !== w || this.node.height !== h) {
      [this.node.width, this.node.height] = [w, h];
      this.node.style.height = `${height}px`;
    }
    const context = this.node.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "12px system-ui, sans-serif";
    context.lineJoin = "round";
    return [context, width, height];
  }
}

// A slider over frames, with a button that plays them.
class Player {
  constructor(steps, noun, show) {
    this.steps = steps;
    this.show = show;
    this.slider = element("input", {
      type: "range", min: 0, max: steps.length - 1, value: steps.length - 1,
      step: 1, "aria-label": `${noun}: which step is shown`, id: "slider",
    });
    this.button = element("button", { type: "button" }, "Play");
    this.output = element("output", { for: "slider" });
    this.node = element(
      "div", { class: "controls" }, this.button, this.slider, this.output
    );
    this.timer = null;
    this.slider.addEventListener("input", () => {
      this.stop();
      this.draw();
    });
    this.button.addEventListener("click", () => this.toggle());
  }

  get index() {
    return Number(this.slider.value);
  }

  draw() {
    const step = this.steps[this.index].toLocaleString("en");
    const last = this.steps[this.steps.length - 1].toLocaleString("en");
    this.output.textContent = `step ${step} of ${last}`;
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    this.show(this.index);
  }

  toggle() {
    if (this.timer !== null) {
      this.stop();
      return;
    }
    const last = this.steps.length - 1;
    if (this.index === last) this.slider.value = 0;
    this.button.textContent = "Pause";
    this.draw();
    // About ten seconds for all, but no grid for more than half a second.
    const pause = Math.min(Math.max(10000 / this.steps.length, 33), 500);
    this.timer = setInterval(() => {
      if (this.index >= last) {
        this.stop();
        return;
      }
      this.slider.value = this.index + 1;
      this.draw();
    }, pause);
  }

  stop() {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.button.textContent = "Play";
  }
}
