// Curves over the steps, as SVG, with what they say under the pointer.

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, options, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(options)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

class Chart {
  constructor(chart, last, isLowest) {
    [this.chart, this.last, this.isLowest] = [chart, last, isLowest];
    this.height = 190 + (isLowest ? 24 : 0);
    this.svg = drawn("svg", {
      role: "img", tabindex: 0,
      "aria-label": `${chart.name} over the steps: ` +
        chart.series.map((s) => `${s.label}, at the end ${number(s.means.at(-1))}`).join("; ") +
        ". Left and right read single steps.",
    });
    this.tip = element("div", { class: "tip", role: "status", hidden: "" });
    const entries = chart.series.map((s) => [s.label, s.colour]);
    this.node = element("div", { class: "chart" }, legend(entries), this.svg, this.tip);
    this.place = null; // the number of the point that is read
    this.now = null; // the step that the scene shows
    this.svg.addEventListener("pointermove", (event) => {
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      const step = ((x - this.left) / (this.right - this.left)) * this.last;
      this.read(this.nearest(step));
    });
    this.svg.addEventListener("pointerleave", () => this.read(null));
    this.svg.addEventListener("blur", () => this.read(null));
    this.svg.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 }[event.key];
      const ends = { Home: 0, End: chart.steps.length - 1 };
      if (event.key in ends) this.read(ends[event.key]);
      else if (by) this.read((this.place ?? chart.steps.length - 1) + by);
      else if (event.key === "Escape") this.read(null);
      else return;
      event.preventDefault();
    });
  }

  nearest(step) {
    const { steps } = this.chart;
    let best = 0;
    for (let i = 1; i < steps.length; i++) {
      if (Math.abs(steps[i] - step) < Math.abs(steps[best] - step)) best = i;
    }
    return best;
  }

  x(step) {
    return this.left + (step / this.last) * (this.right - this.left);
  }

  y(value) {
    const { low, high } = this.chart;
    const place = (value - low) / (high - low);
    return this.bottom - Math.min(Math.max(place, -0.5), 1.5) * (this.bottom - this.top);
  }

  draw() {
    const { chart } = this;
    const width = Math.max(this.svg.clientWidth, 200);
    [this.left, this.top] = [56, 22];
    [this.right, this.bottom] = [width - 44, 178];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.style.height = `${this.height}px`;
    const clip = `clip-${chart.name.replace(/\W/g, "")}`;
    const inner = {
      x: this.left, y: this.top, width: this.right - this.left, height: this.bottom - this.top,
    };
    const parts = [
      drawn("clipPath", { id: clip }, drawn("rect", inner)),
      drawn("rect", { ...inner, class: "axis" }),
      drawn("text", { x: this.left, y: this.top - 7, class: "name" }, chart.name),
    ];
    for (const tick of ticks(chart.low, chart.high, 5)) {
      parts.push(drawn("text", {
        x: this.left - 6, y: this.y(tick) + 4, "text-anchor": "end",
      }, tickLabel(tick)));
    }
    for (const tick of ticks(0, this.last, width < 500 ? 4 : 8)) {
      parts.push(drawn("path", {
        d: `M${this.x(tick)} ${this.top}V${this.bottom}`, class: "axis", opacity: 0.5,
      }));
      if (this.isLowest) {
        parts.push(drawn("text", {
          x: this.x(tick), y: this.bottom + 16, "text-anchor": "middle",
        }, tickLabel(tick)));
      }
    }
    let before = Infinity;
    for (const { value, label } of chart.levels) {
      const y = this.y(value);
      parts.push(drawn("path", { d: `M${this.left} ${y}H${this.right}`, class: "level" }));
      before = Math.min(y, before - 13);
      parts.push(drawn("text", { x: this.right + 5, y: before + 4 }, label));
    }
    const lines = drawn("g", { "clip-path": `url(#${clip})` });
    for (const kind of ["raw", "mean"]) {
      for (const series of chart.series) {
        lines.append(drawn("path", {
          d: this.path(kind === "raw" ? series.values : series.means),
          class: `${kind} ${series.colour}`, stroke: "currentColor",
        }));
      }
    }
    if (chart.steps.length === 1) {
      for (const series of chart.series) {
        if (series.values[0] !== null) {
          lines.append(drawn("circle", {
            cx: this.x(chart.steps[0]), cy: this.y(series.values[0]), r: 3,
            class: series.colour, fill: "currentColor",
          }));
        }
      }
    }
    this.cursor = drawn("path", { class: "cursor" });
    this.marker = drawn("path", { class: "now" });
    this.svg.replaceChildren(...parts, lines, this.marker, this.cursor);
    this.mark(this.now);
    this.read(this.place);
  }

  path(values) {
    let [text, open] = ["", false];
    values.forEach((value, i) => {
      if (value === null) {
        open = false;
        return;
      }
      text += `${open ? "L" : "M"}${this.x(this.chart.steps[i]).toFixed(1)} ${this.y(value).toFixed(1)}`;
      open = true;
    });
    return text;
  }

  // Shows which step the scene is at.
  mark(step) {
    this.now = step;
    if (!this.marker || step === null) return;
    this.marker.setAttribute("d", `M${this.x(step)} ${this.top}V${this.bottom}`);
  }

  read(place) {
    const { chart } = this;
    this.place = place === null ? null : Math.min(Math.max(place, 0), chart.steps.length - 1);
    this.tip.hidden = this.place === null;
    if (this.place === null) {
      this.cursor.setAttribute("d", "");
      return;
    }
    const step = chart.steps[this.place];
    const x = this.x(step);
    this.cursor.setAttribute("d", `M${x} ${this.top}V${this.bottom}`);
    const about = chart.bundle > 1 ? `about step ` : "step ";
    this.tip.replaceChildren(`${about}${step.toLocaleString("en")}`);
    for (const series of chart.series) {
      const row = element("div", { class: series.colour });
      row.textContent = `${series.label} ${number(series.values[this.place])}`;
      this.tip.append(row);
    }
    const width = this.tip.offsetWidth;
    const most = this.svg.clientWidth - width;
    const wanted = x + 10 > most ? x - width - 10 : x + 10;
    this.tip.style.left = `${Math.max(0, Math.min(wanted, most))}px`;
    const above = this.svg.getBoundingClientRect().top - this.node.getBoundingClientRect().top;
    this.tip.style.top = `${above + this.top + 4}px`;
  }
}
