// The page: what is shown, and what happens when something is pressed.

import { Latest, Model } from "/api.js";
import { PLOTS, drawImage, drawPng, kindOf } from "/draw.js";
import * as latent from "/latent.js";
import { $, element, makeTabs, number, say, showValue, thumb } from "/parts.js";
import { stampPng } from "/png.js";

const PAGE = 10; // sliders at a time
const STRIP = 7; // samples on the way between two
const MANY = 2000; // numbers or points behind the one that is shown
const NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// What the page knows. z, and all other z, are flat lists.
const state = {
  model: null, latents: null, shape: [], kind: "", range: null,
  z: [], seed: 0, drawn: [], label: 0,
  sample: null, many: [], manyLabel: null,
  first: 0, pins: [],
};

const fail = (error) => say(error.message, true);

// Asking the model -------------------------------------------------------------

const withLabels = (inputs, labels) =>
  state.about.num_classes ? { ...inputs, labels } : inputs;

// Samples of several z, as flat lists.
async function samplesOf(zs, labels) {
  const z = zs.map((one) => latent.nest(one, latent.shapeOf(state.latents)));
  const inputs = withLabels({ z }, labels);
  const { samples } = await state.model.predict("serving_default", inputs);
  return samples.map(latent.flatten);
}

// The z of a seed: the one that `sample` maps to the seed's sample.
async function zOf(seed) {
  const prior = state.latents.class_name;
  if (!state.model.has("generate") || prior === "Stratified") {
    return latent.draw(state.latents, seed);
  }
  const count = state.about.num_classes ? { labels: [state.label] } : { num_samples: 1 };
  const { z } = await state.model.predict("generate", { ...count, seed });
  return latent.flatten(z[0]);
}

// What is drawn behind a number, a point or a curve.
async function fetchMany() {
  if (state.kind === "image" || state.manyLabel === state.label) return;
  const { label } = state;
  const count = state.kind === "curve" ? 60 : MANY;
  if (state.model.has("generate")) {
    const inputs = state.about.num_classes
      ? { labels: new Array(count).fill(label) } : { num_samples: count };
    const { samples } = await state.model.predict("generate", { ...inputs, seed: 0 });
    state.many = samples.map(latent.flatten);
  } else {
    const zs = Array.from({ length: count }, (_, i) => latent.draw(state.latents, i));
    state.many = await samplesOf(zs, new Array(count).fill(label));
  }
  state.manyLabel = label;
}

// Drawing ----------------------------------------------------------------------

function drawSample(canvas, sample, small = true) {
  if (state.kind === "image") drawImage(canvas, sample, state.shape, state.range);
  else PLOTS[state.kind](canvas, sample, state.many, small);
}

function describe(sample) {
  if (state.kind === "number") return `G(z) = ${number(sample[0], 3)}`;
  if (state.kind === "point") return `G(z) = (${sample.map((x) => number(x)).join(", ")})`;
  return "";
}

function origin() {
  const changed = state.z.some((x, i) => x !== state.drawn[i]);
  const from = state.seed === null ? "" : `seed ${state.seed}`;
  if (!changed) return from;
  return from ? `${from}, changed` : "z of your own";
}

function drawStage() {
  if (!state.sample) return;
  drawSample($("stage"), state.sample, false);
  const words = [origin(), describe(state.sample)].filter(Boolean);
  if (state.about.num_classes) words.splice(1, 0, labelName(state.label));
  if (!latent.inside(state.latents, state.z)) words.push("outside of the prior");
  $("caption").textContent = words.join(" · ") || "\u00a0";
  $("stage").setAttribute("aria-label", `The sample of ${words.join(", ")}`);
  $("undo").disabled = state.z.every((x, i) => x === state.drawn[i]);
}

const stage = new Latest(async (z, label) => {
  await fetchMany();
  const [sample] = await samplesOf([z], [label]);
  state.sample = sample;
  drawStage();
  // A count of the pictures, for whoever waits for one.
  const { dataset } = document.documentElement;
  dataset.answers = Number(dataset.answers ?? 0) + 1;
  say(sample.every(Number.isFinite) ? "" : "The model makes numbers that are not finite.");
  // The next sample is more urgent than what D says of this one.
  if (state.model.has("discriminate") && !stage.superseded) await judge(sample, label);
}, fail);

const show = () => stage.ask([...state.z], state.label);

async function judge(sample, label) {
  const samples = [latent.nest(sample, state.shape)];
  // Not every discriminator is told the label of what it judges.
  const takes = state.model.signatures.discriminate.inputs;
  const inputs = "labels" in takes ? withLabels({ samples }, [label]) : { samples };
  const answer = await state.model.predict("discriminate", inputs);
  const said = (name) => latent.flatten(answer[name])[0];
  $("opinion").hidden = false;
  $("opinion-bar").hidden = !("probabilities" in answer);
  if ("probabilities" in answer) {
    const part = said("probabilities");
    $("opinion-name").textContent = "D says real";
    $("opinion-bar").setAttribute("aria-valuenow", part.toFixed(3));
    $("opinion-bar").firstChild.style.setProperty("width", `${100 * part}%`);
    $("opinion-value").textContent = `${(100 * part).toFixed(0)} %`;
  } else if ("errors" in answer) {
    $("opinion-name").textContent = "D's error of reconstruction";
    $("opinion-value").textContent = number(said("errors"), 4);
  } else {
    $("opinion-name").textContent = "D's output";
    $("opinion-value").textContent = number(said("logits"));
  }
}

// Another z --------------------------------------------------------------------

// `drawn` is what "Undo changes" goes back to.
function setZ(z, { seed = null, drawn = z } = {}) {
  state.z = [...z];
  state.seed = seed;
  state.drawn = [...drawn];
  showSliders();
  show();
}

const toSeed = new Latest(async (seed) => {
  setZ(await zOf(seed), { seed });
}, fail);

function chooseSeed(seed) {
  $("seed").value = seed;
  toSeed.ask(seed);
}

// Sliders ----------------------------------------------------------------------

function makeSliders() {
  const [low, high] = latent.sliderRange(state.latents);
  const last = Math.min(state.first + PAGE, state.z.length);
  const rows = [];
  for (let i = state.first; i < last; i++) {
    const input = element("input", {
      type: "range", min: low, max: high, step: (high - low) / 200, dataset: { component: i },
    });
    input.setAttribute("aria-label", `z ${i}`);
    rows.push(element("label", { className: "slider" },
      element("span", { textContent: `z[${i}]` }), input, element("output")));
  }
  $("sliders").replaceChildren(...rows);
  $("pager").hidden = state.z.length <= PAGE;
  $("shown").textContent = `${state.first} to ${last - 1} of ${state.z.length}`;
  $("earlier").disabled = state.first === 0;
  $("later").disabled = last === state.z.length;
  showSliders();
}

function showSliders() {
  for (const input of $("sliders").querySelectorAll("input")) {
    const value = state.z[input.dataset.component];
    input.value = value;
    showValue(input, value);
  }
}

function turnPage(by) {
  const next = state.first + by * PAGE;
  if (next < 0 || next >= state.z.length) return;
  state.first = next;
  makeSliders();
}

// Thumbs -----------------------------------------------------------------------

const seeds = new Latest(async (first, count, label) => {
  await fetchMany();
  const wanted = Array.from({ length: count }, (_, i) => first + i);
  const labels = wanted.map(() => label);
  const isImage = state.kind === "image" && state.model.has("sample_png");
  const signature = isImage ? "sample_png" : "sample";
  const answer = state.model.has(signature)
    ? await state.model.predict(signature, withLabels({ seeds: wanted }, labels))
    : { samples: await samplesOf(wanted.map((s) => latent.draw(state.latents, s)), labels) };
  const thumbs = wanted.map((seed) =>
    thumb(String(seed), `Seed ${seed}`, () => chooseSeed(seed)));
  await Promise.all(thumbs.map(({ canvas }, i) => isImage
    ? drawPng(canvas, answer.png_bytes[i].b64)
    : drawSample(canvas, latent.flatten(answer.samples[i]))));
  $("grid").replaceChildren(...thumbs.map(({ item }) => item));
}, fail);

function showSeeds() {
  if ($("panel-seeds").hidden || !$("first").checkValidity()) return;
  seeds.ask(Number($("first").value), Number($("count").value), state.label);
}

function pin() {
  if (!state.sample) return;
  const used = state.pins.map((one) => one.name);
  const name = [...NAMES].find((letter) => !used.includes(letter));
  if (!name) return say("All 26 letters are pinned: remove one first.");
  const { z, seed, drawn, label, sample } = state;
  state.pins.push({ name, z: [...z], seed, drawn: [...drawn], label, sample });
  showPins();
  return say(`Pinned as ${name}.`);
}

function showPins() {
  const focused = document.activeElement?.dataset?.remove;
  $("pins").replaceChildren(...state.pins.map((one) => {
    const made = thumb(one.name, `Show ${one.name}`, () => {
      setLabel(one.label);
      setZ(one.z, one);
    });
    drawSample(made.canvas, one.sample);
    const remove = element("button", {
      type: "button", className: "remove", textContent: "×", dataset: { remove: one.name },
      onclick: () => {
        state.pins = state.pins.filter((other) => other !== one);
        showPins();
      },
    });
    remove.setAttribute("aria-label", `Remove ${one.name}`);
    made.item.append(remove);
    return made.item;
  }));
  if (focused) ($("pins").querySelector(".remove") ?? $("pin")).focus();
  for (const [index, id] of ["from", "to", "a", "b", "c"].entries()) {
    const select = $(id);
    const wanted = state.pins.find((one) => one.name === select.dataset.chosen) ??
      state.pins[[0, 1, 0, 1, 2][index]];
    select.replaceChildren(...state.pins.map((one) =>
      element("option", { textContent: one.name, selected: one === wanted })));
  }
  for (const part of document.querySelectorAll("[data-needs]")) {
    const enough = state.pins.length >= Number(part.dataset.needs);
    part.hidden = !enough;
    part.previousElementSibling.hidden = enough;
  }
  showWay();
  showSum();
}

const pinned = (id) => state.pins.find((one) => one.name === $(id).value);

// Between two ------------------------------------------------------------------

const way = new Latest(async (a, b, label) => {
  const ts = Array.from({ length: STRIP }, (_, i) => i / (STRIP - 1));
  const zs = ts.map((t) => latent.between(state.latents, a.z, b.z, t));
  if (zs.includes(null)) throw new Error(`${a.name} and ${b.name} point in opposite directions.`);
  const samples = await samplesOf(zs, ts.map(() => label));
  $("strip").replaceChildren(...ts.map((t, i) => {
    const made = thumb(t.toFixed(2), `Way ${t.toFixed(2)}`, () => goTo(t));
    drawSample(made.canvas, samples[i]);
    return made.item;
  }));
}, fail);

function showWay() {
  if ($("panel-between").hidden || state.pins.length < 2) return;
  $("way").textContent = latent.support(state.latents)
    ? "along the line, as the prior is bounded" : "along the arc, as the prior is normal";
  way.ask(pinned("from"), pinned("to"), state.label);
}

function goTo(t) {
  $("t").value = t;
  showValue($("t"), t);
  const z = latent.between(state.latents, pinned("from").z, pinned("to").z, t);
  if (z) setZ(z);
  else say("They point in opposite directions: no arc is the shortest.", true);
}

// Arithmetic -------------------------------------------------------------------

const sumOf = () => latent.arithmetic(...["a", "b", "c"].map((id) => pinned(id).z));

const sum = new Latest(async (z, label) => {
  const [sample] = await samplesOf([z], [label]);
  drawSample($("sum-result"), sample);
  $("sum-note").textContent = latent.inside(state.latents, z) ? ""
    : "The result lies outside of the prior, where the generator was not trained.";
}, fail);

function showSum() {
  if ($("panel-sum").hidden || state.pins.length < 3) return;
  for (const id of ["a", "b", "c"]) drawSample($(`sum-${id}`), pinned(id).sample);
  sum.ask(sumOf(), state.label);
}

// Labels -----------------------------------------------------------------------

const labelName = (label) => state.about.classes?.[label] ?? `label ${label}`;

function setLabel(label) {
  if (!state.about.num_classes) return;
  state.label = label;
  $("label").value = label;
  showOpen();
}

// Everything that can be pressed -----------------------------------------------

function showOpen() {
  showSeeds();
  showWay();
  showSum();
}

function redraw() {
  drawStage();
  showPins();
  showSeeds();
}

function listen() {
  makeTabs(showOpen);
  $("random").onclick = () =>
    chooseSeed(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000);
  $("draw").onsubmit = (event) => event.preventDefault();
  $("seed").onchange = () => {
    if ($("seed").reportValidity() && $("seed").value) toSeed.ask(Number($("seed").value));
  };
  $("label").onchange = () => {
    setLabel(Number($("label").value));
    show();
  };
  $("pin").onclick = pin;
  $("download").onclick = () => $("stage").toBlob((blob) => {
    const png = stampPng(blob, state.about.png_chunks);
    const link = element("a", { href: URL.createObjectURL(png) });
    const seed = state.seed === null ? "z" : `seed-${state.seed}`;
    link.download = `${state.about.name}-${seed}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  $("sliders").oninput = ({ target }) => {
    state.z[target.dataset.component] = Number(target.value);
    showValue(target, Number(target.value));
    show();
  };
  $("earlier").onclick = () => turnPage(-1);
  $("later").onclick = () => turnPage(1);
  $("undo").onclick = () => setZ(state.drawn, { seed: state.seed });
  $("first").onchange = $("count").onchange = showSeeds;
  $("more").onclick = () => {
    $("first").value = Number($("first").value) + Number($("count").value);
    showSeeds();
  };
  for (const id of ["from", "to", "a", "b", "c"]) {
    $(id).onchange = () => {
      $(id).dataset.chosen = $(id).value;
      showOpen();
    };
  }
  $("t").oninput = () => goTo(Number($("t").value));
  $("show-sum").onclick = () => setZ(sumOf());
  // Plots have the colors of the theme.
  matchMedia("(prefers-color-scheme: dark)").onchange = redraw;
  // And the width that there is.
  if (state.kind !== "image") window.onresize = drawStage;
}

// The beginning ----------------------------------------------------------------

function priorText({ class_name, config }, size) {
  const numbers = size === 1 ? "1 number" : `${size} numbers`;
  const bounds = latent.support({ class_name, config });
  const name = bounds ? `from ${number(bounds[0], 0)} to ${number(bounds[1], 0)}` : "normal";
  return `z has ${numbers}, ${state.about.assumed ? `taken for ${name}` : name}`;
}

function samplesText(shape) {
  if (state.kind === "image") {
    return `images of ${shape[0]} × ${shape[1]}, ${shape[2] === 3 ? "RGB" : "grey"}`;
  }
  if (state.kind === "curve") return `samples are ${shape.join(" × ")} numbers`;
  return `samples are ${state.kind === "number" ? "numbers" : "points in the plane"}`;
}

async function start() {
  const model = await Model.open();
  const { about } = model;
  Object.assign(state, {
    model, about, latents: about.latents, shape: about.sample_shape,
    range: about.value_range,
    kind: kindOf(about.sample_shape, about.value_range, model.has("sample_png")),
  });
  const size = latent.sizeOf(latent.shapeOf(about.latents));
  state.z = new Array(size).fill(0);
  document.title = `${about.name}: explore z`;
  document.body.dataset.kind = state.kind;
  $("name").textContent = about.name;
  $("facts").textContent = [
    `version ${about.version}`, priorText(about.latents, size),
    samplesText(about.sample_shape),
    about.remote ? `answered by ${about.remote}` : "",
  ].filter(Boolean).join(" · ");
  if (about.num_classes) {
    $("label-field").hidden = false;
    $("label").replaceChildren(...Array.from({ length: about.num_classes }, (_, i) =>
      element("option", { value: i, textContent: about.classes?.[i] ?? i })));
  }
  makeSliders();
  showValue($("t"), 0.5);
  listen();
  await toSeed.ask(0);
}

start().catch(fail);
