// A PNG that says how it was made.

const HEAD = 8 + 25; // bytes: the signature, and the header's chunk

// The chunks, which come in base64, stand behind the header's.
export function stampPng(png, chunks) {
  const bytes = Uint8Array.from(atob(chunks), (letter) => letter.charCodeAt(0));
  return new Blob([png.slice(0, HEAD), bytes, png.slice(HEAD)], { type: "image/png" });
}
