// What the page is made of: elements, thumbs, tabs, sliders' values.

import { minus } from "/draw.js";

export const $ = (id) => document.getElementById(id);

export const number = (x, digits = 2) => minus(x.toFixed(digits));

export function say(message, isError = false) {
  $("status").textContent = message;
  $("status").classList.toggle("error", isError);
}

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  const { dataset, ...others } = properties;
  Object.assign(made, others);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

// A button with a small canvas.
export function thumb(text, label, onClick) {
  const canvas = element("canvas", { width: 1, height: 1 });
  canvas.setAttribute("aria-hidden", "true");
  const button = element("button", { type: "button", className: "thumb", onclick: onClick },
    canvas, element("span", { textContent: text }));
  button.setAttribute("aria-label", label);
  return { canvas, button, item: element("li", {}, button) };
}

// A slider's value beside it, and as the length of its bar.
export function showValue(input, value) {
  input.nextElementSibling.textContent = number(value);
  input.setAttribute("aria-valuetext", value.toFixed(2));
  const part = (value - input.min) / (input.max - input.min);
  input.style.setProperty("--part", `${100 * Math.min(Math.max(part, 0), 1)}%`);
}

// Tabs: one button of them is in the order of the Tab key, arrows go on.
export function makeTabs(onOpen) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const open = (tab) => {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      $(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    onOpen();
  };
  for (const [i, tab] of tabs.entries()) {
    tab.onclick = () => open(tab);
    tab.onkeydown = (event) => {
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = tabs.at(to % tabs.length);
      next.focus();
      open(next);
    };
  }
}
