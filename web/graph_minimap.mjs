/* SPDX-License-Identifier: Apache-2.0
 * The whole of a graph that does not fit, small, with a frame around what is in sight. A strip above the graph, over nothing. */
import { setAttributes, svg } from "./dom.mjs";
import { LINK_RESIDUAL } from "./graph_model.mjs";
import { linkCurve } from "./graph_layout.mjs";

/* onMove(x, y): the middle of what shall be in sight, as shares of the sheet. */
export function minimap(onMove) {
  const links = svg("path.g-map-links"), trunk = svg("path.g-map-trunk"), frame = svg("rect.g-map-frame");
  const map = svg("svg.g-map", { preserveAspectRatio: "none", "aria-hidden": "true" }, links, trunk, frame);
  let size = [1, 1];
  function move(event) {
    const box = map.getBoundingClientRect();
    onMove((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    move(event);
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) move(event);
  });
  return {
    element: map,
    draw(layout, model, drawn) {
      const texts = [[], []];
      size = [layout.width, layout.height];
      map.setAttribute("viewBox", `0 0 ${layout.width.toFixed(0)} ${layout.height.toFixed(0)}`);
      for (const i of drawn) {
        const c = linkCurve(layout, model, i).map(Math.round);
        texts[model.type[i] === LINK_RESIDUAL ? 1 : 0].push(`M${c[0]} ${c[1]}C${c.slice(2).join(" ")}`);
      }
      links.setAttribute("d", texts[0].join(""));
      trunk.setAttribute("d", texts[1].join(""));
    },
    /* Shares of the sheet. */
    show(left, top, width, height) {
      setAttributes(frame, { x: left * size[0], y: top * size[1], width: width * size[0], height: height * size[1] });
    },
  };
}
