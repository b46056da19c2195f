// What the frames of the small problems look like.

function arrow(context, x, y, dx, dy) {
  const length = Math.hypot(dx, dy);
  if (!(length > 0.75)) return;
  const head = Math.min(5, length);
  const [ux, uy] = [dx / length, dy / length];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + dx, y + dy);
  for (const side of [1, -1]) {
    context.moveTo(x + dx, y + dy);
    context.lineTo(
      x + dx - head * ux + side * 0.6 * head * uy,
      y + dy - head * uy - side * 0.6 * head * ux
    );
  }
  context.stroke();
}

function polyline(context, points) {
  context.beginPath();
  let open = false;
  for (const [x, y] of points) {
    if (Number.isNaN(y) || Number.isNaN(x)) {
      open = false;
    } else if (open) {
      context.lineTo(x, y);
    } else {
      context.moveTo(x, y);
      open = true;
    }
  }
}

// Axes around a rectangle of the canvas, and from values to places.
class Frame {
  constructor(context, box, x, y, ink) {
    [this.left, this.top, this.right, this.bottom] = box;
    [this.context, this.xs, this.ys, this.ink] = [context, x, y, ink];
  }

  x(value) {
    const [low, high] = this.xs;
    return this.left + ((value - low) / (high - low)) * (this.right - this.left);
  }

  y(value) {
    const [low, high] = this.ys;
    return this.bottom - ((value - low) / (high - low)) * (this.bottom - this.top);
  }

  axes(nameX, nameY, across = 8, up = 4) {
    const { context: c, ink } = this;
    c.lineWidth = 1;
    c.strokeStyle = ink.line;
    c.fillStyle = ink.soft;
    c.strokeRect(this.left, this.top, this.right - this.left, this.bottom - this.top);
    c.textAlign = "center";
    c.textBaseline = "top";
    for (const tick of ticks(...this.xs, across)) {
      c.fillText(tickLabel(tick), this.x(tick), this.bottom + 6);
    }
    c.fillText(nameX, (this.left + this.right) / 2, this.bottom + 22);
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const tick of ticks(...this.ys, up)) {
      c.fillText(tickLabel(tick), this.left - 6, this.y(tick));
    }
    c.textAlign = "left";
    c.textBaseline = "bottom";
    c.fillText(nameY, this.left, this.top - 5);
  }

  clip() {
    this.context.save();
    this.context.beginPath();
    this.context.rect(this.left, this.top, this.right - this.left, this.bottom - this.top);
    this.context.clip();
  }
}

const ROWS = 5; // of samples below the densities

class Distribution {
  constructor(scene) {
    this.scene = scene;
    this.real = new Packed(scene.real).all();
    for (const name of ["density", "boundary", "samples", "arrows"]) {
      this[name] = new Packed(scene[name]);
    }
    this.label = "Densities of real and generated data, and the decision boundary";
    this.legend = [
      ["real data", "real"],
      ["generated data", "vermilion"],
      ["decision boundary D(x)", "blue"],
      ["samples", "vermilion", "dot"],
      ["where D sends them", "ink"],
    ];
    this.note =
      "The dots are even quantiles of the generated data. An arrow is the " +
      "gradient d log D(x)/dx at its sample, taken from the boundary's slope: " +
      "where the generator's loss, the mean of -log D, moves the sample.";
  }

  ratio(width) {
    return width < 500 ? 0.95 : 0.56;
  }

  draw(context, width, height, index, ink) {
    const { low, high, limit } = this.scene;
    const [left, right, top, floor] = [42, width - 34, 24, height - 44];
    const strip = 50; // below the densities, of the samples
    const box = [left, top, right, floor - strip];
    const main = new Frame(context, box, [low, high], [0, limit], ink);
    const across = ticks(low, high, width < 500 ? 4 : 8);
    this.drawAxes(context, main, across, floor, width, ink);
    this.drawCurves(context, main, index, ink);
    const arrows = this.arrows.frame(index);
    const longest = width < 500 ? 30 : 52;
    this.samples.frame(index).forEach((sample, i) => {
      if (Number.isNaN(sample)) return;
      // In rows, so that the arrows of neighbours are seen apart.
      const x = main.x(sample);
      const y = floor - strip + (strip * ((i % ROWS) + 0.75)) / (ROWS + 0.5);
      context.strokeStyle = ink.ink;
      context.lineWidth = 1.25;
      arrow(context, x, y, longest * arrows[i], 0);
      context.fillStyle = ink.vermilion;
      context.beginPath();
      context.arc(x, y, 2.5, 0, 7);
      context.fill();
    });
  }

  // The frame of both parts, the ticks and the names of the axes.
  drawAxes(context, main, across, floor, width, ink) {
    const { left, right, top, bottom } = main;
    context.lineWidth = 1;
    context.strokeStyle = ink.line;
    context.globalAlpha = 0.5;
    for (const tick of across) {
      polyline(context, [[main.x(tick), top], [main.x(tick), floor]]);
      context.stroke();
    }
    context.globalAlpha = 1;
    context.strokeRect(left, top, right - left, floor - top);
    polyline(context, [[left, bottom], [right, bottom]]);
    context.stroke();
    context.fillStyle = ink.soft;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const tick of across) {
      context.fillText(tickLabel(tick), main.x(tick), floor + 6);
    }
    context.fillText("data values", (left + right) / 2, floor + 22);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const tick of ticks(...main.ys, 5)) {
      context.fillText(tickLabel(tick), left - 6, main.y(tick));
    }
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText("probability density", left, top - 7);
    context.fillStyle = ink.blue;
    context.textBaseline = "middle";
    for (const tick of [0, 0.5, 1]) {
      context.fillText(tick, right + 6, bottom - tick * (bottom - top));
    }
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillText("D(x)", width, top - 7);
  }

  drawCurves(context, main, index, ink) {
    const { low, high } = this.scene;
    const { top, bottom } = main;
    const curve = (values) => Array.from(values, (v, i) => [
      main.x(low + ((high - low) * (i + 0.5)) / values.length), main.y(v),
    ]);
    main.clip();
    const real = curve(this.real);
    polyline(context, [[real[0][0], bottom], ...real, [real.at(-1)[0], bottom]]);
    context.fillStyle = context.strokeStyle = ink.real;
    context.globalAlpha = 0.3;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    polyline(context, real);
    context.stroke();
    context.strokeStyle = ink.vermilion;
    context.lineWidth = 2.25;
    polyline(context, curve(this.density.frame(index)));
    context.stroke();
    context.restore();
    // Probabilities of 0 and 1 lie on the frame, and are not cut in half.
    const boundary = this.boundary.frame(index);
    context.strokeStyle = ink.blue;
    context.lineWidth = 1.75;
    polyline(context, Array.from(boundary, (v, i) => [
      main.x(low + ((high - low) * i) / (boundary.length - 1)),
      bottom - v * (bottom - top),
    ]));
    context.stroke();
  }
}

const SIDE = 560; // of a square, at most

class Points {
  constructor(scene) {
    this.scene = scene;
    this.real = new Packed(scene.real).all();
    for (const name of ["x", "y", "map", "arrows"]) {
      if (scene[name]) this[name] = new Packed(scene[name]);
    }
    this.label = "Real and generated points, on the discriminator's map";
    this.legend = [
      ["real points", "real", "dot"],
      ["generated points", "vermilion", "dot"],
      [`${scene.label}: ${scene.ticks[2]}`, "blue", "dot"],
    ];
    if (scene.arrows) this.legend.push(["where D sends them", "ink"]);
    this.note = "Blue is where the discriminator finds points most real, " +
      "orange where it finds them least so.";
    if (scene.arrows) {
      this.note += " An arrow is the map's gradient at a generated point: of " +
        "log D where the map is a probability.";
    }
  }

  ratio(width) {
    return Math.min(1, SIDE / width);
  }

  draw(context, width, height, index, ink) {
    const [low, high, below, above] = this.scene.limits;
    const side = Math.min(width, SIDE);
    const left = (width - side) / 2;
    const frame = new Frame(
      context, [left + 36, 12, left + side - 8, side - 32], [low, high], [below, above], ink
    );
    const [rows, columns] = this.map.shape.slice(1);
    const image = new ImageData(columns, rows);
    const ends = [rgb(ink.vermilion), rgb(ink.middle), rgb(ink.blue)];
    const map = this.map.frame(index);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = 2 * map[row * columns + column];
        const [one, other] = value < 1 ? [ends[0], ends[1]] : [ends[1], ends[2]];
        const share = value < 1 ? value : value - 1;
        const place = 4 * ((rows - 1 - row) * columns + column);
        for (let i = 0; i < 3; i++) {
          const full = one[i] + (other[i] - one[i]) * share;
          // Pale, so that the points stand out.
          image.data[place + i] = ends[1][i] + (full - ends[1][i]) * 0.5;
        }
        image.data[place + 3] = Number.isNaN(value) ? 0 : 255;
      }
    }
    const small = element("canvas", { width: columns, height: rows });
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(
      small, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top
    );
    frame.clip();
    const dot = (x, y, radius) => {
      context.beginPath();
      context.arc(frame.x(x), frame.y(y), radius, 0, 7);
      context.fill();
    };
    context.fillStyle = ink.soft;
    context.globalAlpha = 0.55;
    for (let i = 0; i < this.real.length; i += 2) {
      dot(this.real[i], this.real[i + 1], 1.75);
    }
    context.globalAlpha = 1;
    context.fillStyle = ink.vermilion;
    const [xs, ys] = [this.x.frame(index), this.y.frame(index)];
    xs.forEach((x, i) => {
      if (!Number.isNaN(x) && !Number.isNaN(ys[i])) dot(x, ys[i], 2);
    });
    this.drawSpeck(context, frame, index, ink);
    if (this.arrows) {
      const arrows = this.arrows.frame(index);
      context.strokeStyle = ink.ink;
      context.lineWidth = 1.25;
      for (let i = 0; 2 * i < arrows.length; i++) {
        if (Number.isNaN(xs[i]) || Number.isNaN(ys[i])) continue;
        arrow(
          context, frame.x(xs[i]), frame.y(ys[i]), 26 * arrows[2 * i], -26 * arrows[2 * i + 1]
        );
      }
    }
    context.restore();
    frame.axes("", "", 5, 5);
  }

  // A ring around points that are nearly one, and how many they are.
  drawSpeck(context, frame, index, ink) {
    const speck = this.scene.specks?.[index];
    if (!speck) return;
    const [x, y] = [frame.x(speck[0]), frame.y(speck[1])];
    const isRight = x > (frame.left + frame.right) / 2;
    context.strokeStyle = context.fillStyle = ink.vermilion;
    context.lineWidth = 1.75;
    context.beginPath();
    context.arc(x, y, 10, 0, 7);
    context.stroke();
    context.textAlign = isRight ? "right" : "left";
    context.textBaseline = "middle";
    context.fillText(speck[2], x + (isRight ? -16 : 16), y);
  }
}

class Curves {
  constructor(scene) {
    this.scene = scene;
    this.curves = new Packed(scene.curves);
    this.label = "Generated curves between the bounds of the real ones";
    this.legend = [
      ["bounds of the real curves", "grey"],
      ["a real curve", "blue"],
      ["generated curves", "vermilion"],
    ];
    this.note = "The same z in every frame: each curve can be followed.";
  }

  ratio(width) {
    return width < 500 ? 0.9 : 0.6;
  }

  draw(context, width, height, index, ink) {
    const { x, lower, upper, real, limits } = this.scene;
    const frame = new Frame(
      context, [42, 24, width - 12, height - 44], [x[0], x.at(-1)], limits, ink
    );
    const places = (values) => Array.from(values, (v, i) => [frame.x(x[i]), frame.y(v)]);
    frame.clip();
    polyline(context, [...places(lower), ...places(upper).reverse()]);
    context.fillStyle = ink.real;
    context.globalAlpha = 0.18;
    context.fill();
    context.globalAlpha = 1;
    const stroke = (values, colour, line, alpha = 1, dashes = []) => {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.globalAlpha = alpha;
      context.setLineDash(dashes);
      polyline(context, places(values));
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
    };
    stroke(lower, ink.soft, 1.25, 1, [5, 3]);
    stroke(upper, ink.soft, 1.25, 1, [5, 3]);
    const all = this.curves.frame(index);
    const count = this.curves.shape[2];
    for (let i = this.curves.shape[1] - 1; i >= 0; i--) {
      const one = all.slice(i * count, (i + 1) * count);
      stroke(one, ink.vermilion, i ? 1 : 2.5, i ? 0.4 : 1);
    }
    stroke(real, ink.blue, 2);
    context.restore();
    frame.axes("x", "y", width < 500 ? 4 : 8, 5);
  }
}

const SCENES = { distribution: Distribution, points: Points, curves: Curves };
