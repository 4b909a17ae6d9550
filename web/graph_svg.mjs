/* SPDX-License-Identifier: Apache-2.0
 * A graph as an SVG file of its own: in light colours, with the fonts named, without references to anything outside. */
import { svg } from "./dom.mjs";

/* The rules of the page's style sheets for graphs, with the light colours put in. */
function svgStyle() {
  const colours = new Map(), rules = [];
  for (const sheet of document.styleSheets)
    for (const rule of sheet.cssRules) {
      if (rule.selectorText === ":root")
        for (const name of rule.style) if (name.startsWith("--") && !colours.has(name)) colours.set(name, rule.style.getPropertyValue(name).trim());
      if (rule.selectorText?.startsWith(".g-")) rules.push(rule.cssText);
    }
  const text = rules.join("\n").replace(/var\((--[a-z-]+)\)/g, (whole, name) => colours.get(name) ?? whole);
  return { text: `svg { font-family: "DejaVu Sans", Arial, Helvetica, sans-serif; }\n${text}`, ground: colours.get("--ground") ?? "#ffffff" };
}

/* pieces: [[svg element, x, y]] in px; about: {title, description}. */
export function svgFile(pieces, width, height, about, focused) {
  const { text, ground } = svgStyle(), w = Math.ceil(width), h = Math.ceil(height);
  const file = svg("svg", { width: w, height: h, viewBox: `0 0 ${w} ${h}`, class: focused ? "g-focused" : null }, svg("title", about.title),
    about.description && svg("desc", about.description), svg("style", text),
    svg("rect", { width: w, height: h, fill: ground }));
  for (const [element, x, y] of pieces) {
    const group = svg("g", { transform: `translate(${x} ${y})` });
    for (const child of element.children) group.append(child.cloneNode(true));
    for (const empty of group.querySelectorAll("path:not([d]), path[d=\"\"]")) empty.remove();
    file.append(group);
  }
  const xml = new XMLSerializer().serializeToString(file).replace(/[^\t\n -\ufffd]/g, ""); /* what XML cannot hold */
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}\n`;
}
