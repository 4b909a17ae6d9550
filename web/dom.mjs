/* SPDX-License-Identifier: Apache-2.0
 * Elements, and numbers and tokens as text. What comes from the database reaches the document through here, as text nodes only. */

/* Appends children: nodes, texts, lists of these; what is null, undefined or false is left out. */
export function fill(node, ...children) {
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function domFill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, x] of Object.entries(value)) node.style.setProperty(property, x); /* CSP forbids the attribute */
    else node.setAttribute(name, value === true ? "" : value);
  }
  return fill(node, children);
}

/* An HTML element. attributes: name -> value (true: without a value; null, undefined, false: left out); "onclick" etc. take functions,
 * "style" an object of CSS properties. Children: nodes, texts, lists of these. */
export function element(tag, attributes, ...children) {
  return domFill(document.createElement(tag), attributes, children);
}

/* The same for SVG. */
export function svg(tag, attributes, ...children) {
  return domFill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/* "0.390": `digits` after the point; "–" where there is no number. */
export function number(x, digits = 3) {
  return x === null || x === undefined || !Number.isFinite(x) ? "–" : x.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
}

/* "95.1 %" of 0.951; a share that is not 0 never reads as 0. */
export function percent(x, digits = 1) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  const least = 10 ** -digits;
  return x > 0 && x * 100 < least / 2 ? `< ${least} %` : `${(x * 100).toFixed(digits)} %`;
}

/* A count with thousands parted: "100,000". (toLocaleString takes 20 ms of the first page.) */
export function count(n) {
  return String(Number(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/* "1 edge", "2 edges". */
export function plural(n, word) {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`;
}

/* A token's text with what cannot be seen made visible: a space is "·", a line end "⏎", a tab "⇥"; other controls are named. */
export function tokenText(text) {
  if (text === null || text === undefined) return "?";
  if (text === "") return "∅";
  return text.replace(/ /g, "·").replace(/\r?\n/g, "⏎").replace(/\t/g, "⇥")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (c) => `U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
}

/* A token as it stands in lists and titles. */
export function tokenElement(text, attributes) {
  return element("code", { class: "token", ...attributes }, tokenText(text));
}

/* Says something to screen readers. */
export function announce(text) {
  const region = document.getElementById("live");
  if (region) region.textContent = text;
}
