// What the page computes of z and of pixels. Python has the same functions, in
// tf_gans.latent_space, latents and pixels, and a test compares the two.

export const NORMAL_REACH = 3; // the sliders' end for a normal prior

export function sizeOf(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

export function flatten(value) {
  return Array.isArray(value) ? value.flat(Infinity).map(Number) : [Number(value)];
}

// A flat list as nested ones of a shape, as requests have them.
export function nest(values, shape) {
  if (shape.length <= 1) return Array.from(values);
  const part = sizeOf(shape.slice(1));
  return Array.from({ length: shape[0] }, (_, i) =>
    nest(values.slice(i * part, (i + 1) * part), shape.slice(1)));
}

export function shapeOf({ class_name, config }) {
  if (class_name === "Codes") return [config.noise + config.categories + config.continuous];
  return config.shape ?? [1];
}

// The bounds between which each component of z lies, or null.
export function support(latents) {
  const { low, high, jitter } = latents.config;
  if (latents.class_name === "Uniform") return [low, high];
  if (latents.class_name === "Stratified") return [low, high + jitter];
  if (latents.class_name === "Codes") return [-1, 1];
  return null;
}

export function sliderRange(latents) {
  return support(latents) ?? [-NORMAL_REACH, NORMAL_REACH];
}

export function lerp(a, b, t) {
  return a.map((value, i) => (1 - t) * value + t * b[i]);
}

const length = (v) => Math.hypot(...v);

// Along the arc from a to b; null where they point in opposite directions.
export function slerp(a, b, t) {
  const [lengthA, lengthB] = [length(a), length(b)];
  if (!lengthA || !lengthB) return lerp(a, b, t);
  const u = a.map((x) => x / lengthA);
  const v = b.map((x) => x / lengthB);
  // Accurate for all angles; the arc cosine is not, near 0 and pi.
  const angle = 2 * Math.atan2(
    length(u.map((x, i) => x - v[i])), length(u.map((x, i) => x + v[i])));
  if (angle < 1e-6) return lerp(a, b, t);
  if (Math.PI - angle < 1e-6) return null;
  const [ofA, ofB] = [(1 - t) * angle, t * angle].map(
    (part) => Math.sin(part) / Math.sin(angle));
  return a.map((x, i) => ofA * x + ofB * b[i]);
}

// The arc suits a normal prior, and the line a bounded one.
export function between(latents, a, b, t) {
  return support(latents) ? lerp(a, b, t) : slerp(a, b, t);
}

export function arithmetic(a, b, c) {
  return a.map((x, i) => x - b[i] + c[i]);
}

export function inside(latents, z) {
  const [low, high] = support(latents) ?? [-Infinity, Infinity];
  return z.every((x) => x >= low && x <= high);
}

function roundHalfEven(x) {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

// Samples as bytes: in float32 and to the even of two neighbours, as in Python.
export function toPixels(values, [low, high]) {
  const scale = Math.fround(255 / (high - low));
  const [bottom, top] = [Math.fround(low), Math.fround(high)];
  return Uint8ClampedArray.from(values, (value) => {
    const x = Number.isNaN(value) ? bottom
      : Math.min(Math.max(Math.fround(value), bottom), top);
    return roundHalfEven(Math.fround(Math.fround(x - bottom) * scale));
  });
}

// A generator of numbers from [0, 1) with a seed, "mulberry32", for priors
// that the model's own signatures give no z of.
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function draw(latents, seed) {
  const next = uniforms(seed);
  const bounds = support(latents);
  const z = Array.from({ length: sizeOf(shapeOf(latents)) }, () => {
    if (bounds) return bounds[0] + (bounds[1] - bounds[0]) * next();
    return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  });
  const { noise, categories } = latents.config;
  if (categories) {
    // One of them is 1, the others are 0.
    z.fill(0, noise, noise + categories);
    z[noise + Math.floor(categories * next())] = 1;
  }
  return z;
}
