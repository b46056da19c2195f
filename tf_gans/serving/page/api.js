// Requests: TensorFlow Serving's REST interface, and one at a time.

export async function getJson(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer. Is explore.py still running?");
  }
  const text = await response.text();
  let answer;
  try {
    answer = parse(text);
  } catch {
    throw new Error(`The server's answer is no JSON (status ${response.status}).`);
  }
  if (!response.ok) throw new Error(answer.error ?? `Status ${response.status}`);
  return answer;
}

// The model server writes NaN as a bare word.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, '"$&"'));
  }
}

export class Model {
  constructor(about, signatures) {
    this.about = about;
    this.signatures = signatures;
    this.path = `/v1/models/${encodeURIComponent(about.name)}`;
  }

  static async open() {
    const about = await getJson("/description");
    const model = new Model(about, {});
    const { metadata } = await getJson(`${model.path}/metadata`);
    model.signatures = metadata.signature_def.signature_def;
    return model;
  }

  has(signature) {
    return signature in this.signatures;
  }

  // Calls a signature by columns; returns a dict of its outputs.
  async predict(signature, inputs) {
    const body = JSON.stringify({ signature_name: signature, inputs });
    const headers = { "Content-Type": "application/json" };
    const answer = await getJson(`${this.path}:predict`, { method: "POST", headers, body });
    const names = Object.keys(this.signatures[signature].outputs);
    return names.length === 1 ? { [names[0]]: answer.outputs } : answer.outputs;
  }
}

let busy = 0;

// How much is under way, for whoever waits for the page.
function count(by) {
  busy += by;
  document.documentElement.toggleAttribute("data-busy", busy > 0);
}

// Work of which only the newest request matters: while one is under way, the
// next waits, and one that comes after it takes its place.
export class Latest {
  constructor(work, onError) {
    this.work = work;
    this.onError = onError;
    this.waiting = null;
    this.busy = false;
  }

  get superseded() {
    return this.waiting !== null;
  }

  async ask(...args) {
    this.waiting = args;
    if (this.busy) return;
    this.busy = true;
    count(+1);
    while (this.waiting) {
      const next = this.waiting;
      this.waiting = null;
      try {
        await this.work(...next);
      } catch (error) {
        this.onError(error);
      }
    }
    this.busy = false;
    count(-1);
  }
}
