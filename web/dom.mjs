/* SPDX-License-Identifier: Apache-2.0
 * Elements, and numbers and tokens as text. What comes from the database reaches the document through here, as text nodes only. */
import { addressOf } from "./address.mjs";

/* Appends children: nodes, texts, lists of these; what is null, undefined or false is left out. */
export function fill(node, ...children) {
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/* The same in the place of what is there. */
export function refill(node, ...children) {
  node.replaceChildren();
  return fill(node, children);
}

/* attributes: name -> value, as element takes them. */
export function setAttributes(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [property, x] of Object.entries(value)) node.style.setProperty(property, x); /* CSP forbids the attribute */
    else node.setAttribute(key, value === true ? "" : value);
  }
}

function domMake(space, name, content) {
  const [tag, ...classes] = name.split("."), node = document.createElementNS(space, tag);
  if (classes.length) node.setAttribute("class", classes.join(" "));
  if (content[0]?.constructor === Object) setAttributes(node, content.shift());
  return fill(node, content);
}

/* An HTML element: element("p.soft", { id: "about" }, "text"). name: the tag and classes. Attributes, which may be left out: name -> value
 * (true: without a value; null, undefined, false: left out); "onclick" etc. take functions, "style" an object of CSS properties; class takes
 * the place of those in the name. Children: nodes, texts, lists of these. */
export function element(name, ...content) {
  return domMake("http://www.w3.org/1999/xhtml", name, content);
}

/* The same for SVG. */
export function svg(name, ...content) {
  return domMake("http://www.w3.org/2000/svg", name, content);
}

/* A link to an address of the page. */
export function pageLink(text, path, query, attributes) {
  return element("a", { href: addressOf(path, query), ...attributes }, text);
}

export function button(text, onclick, attributes) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

/* A button whose text is a sign; the label says what it does. */
export function signButton(sign, label, onclick, attributes) {
  return button(sign, onclick, { title: label, "aria-label": label, ...attributes });
}

export function setPressed(node, pressed) {
  node.setAttribute("aria-pressed", String(pressed));
}

/* "0.390": `digits` after the point; "–" where there is no number. */
export function number(x, digits = 3) {
  return !Number.isFinite(x) ? "–" : x.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
}

/* "95.1 %" of 0.951; a share that is not 0 never reads as 0. */
export function percent(x, digits = 1) {
  if (!Number.isFinite(x)) return "–";
  const least = 10 ** -digits;
  return x && Math.abs(x) * 100 < least / 2 ? (x > 0 ? `< ${least} %` : `> -${least} %`) : `${(x * 100).toFixed(digits)} %`;
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
  if (text == null) return "?";
  if (text === "") return "∅";
  return text.replace(/ /g, "·").replace(/\r?\n/g, "⏎").replace(/\t/g, "⇥")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (c) => `U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
}

/* A token as it stands in lists and titles. */
export function tokenElement(text, attributes) {
  return element("code", { class: "token", ...attributes }, tokenText(text));
}

/* Resolves when what the document holds now has been drawn. */
export function drawn() {
  return new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))); });
}

/* Says something to screen readers. */
export function announce(text) {
  const region = document.getElementById("live");
  if (region) region.textContent = text;
}
