/* SPDX-License-Identifier: Apache-2.0
 * The graph of one prediction: draws it, says what is pointed at and selected. It draws from data only. */
import { announce, element, setAttributes, svg } from "./dom.mjs";
import { replay } from "./replay.mjs";
import { parseSelection, selectionText } from "./selection.mjs";
import { LINK_ATTENTION, graphModel, linkOf, routesOf, selectionOfLink, selectionOfState, stateOf, strongestLinks } from "./graph_model.mjs";
import { LAYOUT_LEFT, LAYOUT_TOP, layoutGraph, thingAt } from "./graph_layout.mjs";
import { drawHalo, drawLinks, drawStates, linkGroup } from "./graph_draw.mjs";
import { Taken, axisContent, axisHeight, headLabels, layerLabels, lensLabels, topContent } from "./graph_labels.mjs";
import { describeGap, describeGraph, describeThing } from "./graph_words.mjs";
import { keyMove } from "./graph_keys.mjs";
import { minimap } from "./graph_minimap.mjs";
import { svgFile } from "./graph_svg.mjs";

const VIEW_MOST = 700, VIEW_DRAGGED = 400; /* attention edges that are drawn; links while the threshold is dragged */
const VIEW_SCROLLBAR = 14, VIEW_MARGIN = 16, VIEW_MAP = 58; /* px */
const VIEW_ZOOM_STEP = 1.25, VIEW_FILE = [1040, 680];

function viewParts() {
  const base = linkGroup("g-base"), focus = linkGroup("g-focus");
  const parts = {
    base, focus,
    bands: svg("path.g-band"), lines: svg("path.g-line"),
    selected: svg("path.g-selected"), pointed: svg("path.g-pointed"),
    labels: svg("g.g-labels"), names: svg("g"), axis: svg("g", { transform: `translate(${LAYOUT_LEFT} 0)` }),
    above: svg("g", { transform: `translate(${LAYOUT_LEFT} 0)` }), tip: element("div.graph-tip", { hidden: true }),
  };
  const halo = svg("g", { transform: "scale(.1)" }, parts.selected, parts.pointed);
  parts.main = svg("svg.graph-main", parts.bands, parts.lines, halo, base.group, focus.group, parts.labels);
  parts.left = svg("svg.graph-left", { width: LAYOUT_LEFT }, parts.names);
  parts.top = svg("svg.graph-top", { height: LAYOUT_TOP }, parts.above);
  parts.bottom = svg("svg.graph-bottom", parts.axis);
  parts.sheet = element("div.graph-sheet", { "aria-hidden": "true" }, parts.top, parts.left, parts.main, parts.bottom);
  parts.scroll = element("div.graph-scroll", { tabindex: "-1" }, parts.sheet);
  return parts;
}

/* root: an element that has a size. graph: the JSON of the end point. selection: text as in the address, null: nothing. zoom: null automatic,
 * 0 all in sight, else times that size. fold: true, false, null automatic. lens: [layers] texts of the top token after each layer at the
 * target, null: not known. companion: a graph of as many tokens that shares columns and layers with this one.
 * onSelect(text or null), onPoint(text or null), onTarget(position), onZoom(factor), onDrawn(weak): so many attention edges are not drawn. */
export function graphView({ root, graph, threshold, selection, zoom, fold, lens, companion, drawAll,
  onSelect, onPoint, onTarget, onZoom, onDrawn }) {
  const parts = viewParts(), map = minimap((x, y) => scrollToShare(x, y, 0.5, 0.5));
  let model = null, layout = null, drawn = [], pointed = null, cursor = null, frame = 0, size = [0, 0], bottom = 0, anchor = null;
  const selected = () => parseSelection(selection);

  root.classList.add("graph");
  root.tabIndex = 0;
  root.append(map.element, parts.scroll, parts.tip);

  let passing = null; /* the model while the threshold is dragged */
  function compute(dragging = false) {
    if (!dragging) model = graphModel(graph, replay(graph, threshold));
    else model = passing = graphModel(graph, replay(graph, threshold, { passing: true }), passing);
  }

  /* The part of the sheet that is in sight as shares of it. */
  function sight() {
    const { scroll } = parts, w = layout.width + LAYOUT_LEFT, h = layout.height + LAYOUT_TOP + bottom;
    if (layout.fits) return { x: 0, y: 0, width: 1, height: 1, w, h };
    const width = Math.min(1, scroll.clientWidth / w), height = Math.min(1, scroll.clientHeight / h);
    return { x: scroll.scrollLeft / w, y: scroll.scrollTop / h, width, height, w, h };
  }

  /* Brings the point (x, y), shares of the sheet, to the share (atX, atY) of the view. */
  function scrollToShare(x, y, atX, atY) {
    const { scroll } = parts, s = sight();
    scroll.scrollLeft = x * s.w - atX * scroll.clientWidth;
    scroll.scrollTop = y * s.h - atY * scroll.clientHeight;
  }

  function makeLayout() {
    const [width, height] = size, models = companion ? [model, graphModel(companion, replay(companion, threshold))] : [model];
    let wide = width, tall = height - LAYOUT_TOP - VIEW_MARGIN;
    const make = (axis) => layoutGraph({ models, width: wide, height: tall - axis, zoom, fold });
    layout = make(66);
    bottom = axisHeight(layout);
    if (bottom !== 66) layout = make(bottom);
    if (layout.fits) return;
    /* What does not fit has a minimap, and a scroll bar that takes room. */
    tall -= VIEW_MAP;
    if (layout.width + LAYOUT_LEFT > width + 1) tall -= VIEW_SCROLLBAR;
    if (layout.height + LAYOUT_TOP + bottom > height + 1) wide -= VIEW_SCROLLBAR;
    layout = { ...make(bottom), fits: false };
  }

  function resizeSheet() {
    const { main, left, top, bottom: below, sheet, scroll } = parts, w = Math.ceil(layout.width), h = Math.ceil(layout.height);
    const first = !sheet.style.width, before = first ? null : anchor ?? { x: viewMiddle.x, y: viewMiddle.y, atX: 0.5, atY: 0.5 };
    for (const [part, pw, ph] of [[main, w, h], [left, LAYOUT_LEFT, h], [top, w + LAYOUT_LEFT, LAYOUT_TOP], [below, w + LAYOUT_LEFT, bottom]]) {
      setAttributes(part, { width: pw, height: ph });
    }
    sheet.style.width = `${w + LAYOUT_LEFT}px`;
    sheet.style.height = `${h + LAYOUT_TOP + bottom}px`;
    map.element.classList.toggle("g-map-shown", !layout.fits);
    if (first && !layout.fits) scroll.scrollLeft = LAYOUT_LEFT + layout.x[graph.target] + 100 - scroll.clientWidth;
    else if (!layout.fits) scrollToShare(before.x, before.y, before.atX, before.atY);
    anchor = null;
  }
  let viewMiddle = { x: 1, y: 0 };

  function drawGround() {
    const bands = [], lines = [], w = Math.ceil(layout.width);
    for (const [k, band] of layout.bands.entries()) if (k % 2 === 0) bands.push(`M0 ${band.top.toFixed(1)}H${w}V${band.bottom.toFixed(1)}H0z`);
    const high = layout.y.at(-1).toFixed(1), low = layout.y[0].toFixed(1);
    for (const column of layout.columns) if (!column.gap) lines.push(`M${column.x.toFixed(1)} ${high}V${low}`);
    parts.bands.setAttribute("d", bands.join(""));
    parts.lines.setAttribute("d", lines.join(""));
    parts.names.replaceChildren(...layerLabels(layout));
  }

  function drawTexts() {
    const taken = new Taken();
    parts.above.replaceChildren(...topContent(layout, model));
    parts.axis.replaceChildren(...axisContent(layout, model));
    const beside = lensLabels(layout, model, lens, taken);
    parts.labels.replaceChildren(...headLabels(layout, model, drawn, taken), ...beside);
  }

  function drawFocus() {
    const chosen = selected(), point = parseSelection(pointed), routes = routesOf(model, point) ?? routesOf(model, chosen), thing = routes ? 1 : 0;
    root.classList.toggle("g-focused", thing === 1);
    const list = [];
    if (routes) for (let i = 0; i < model.n; i++) if (routes.links[i]) list.push(i);
    drawLinks(parts.focus, layout, model, list);
    drawStates(parts.focus, layout, model, routes ? viewReached(routes.states) : new Uint8Array(model.replayed.reached.length));
    drawHalo(parts.selected, layout, model, linkOf(model, chosen), stateOf(model, chosen));
    drawHalo(parts.pointed, layout, model, linkOf(model, point), stateOf(model, point));
    for (const label of parts.labels.children)
      if (label.link !== undefined) label.classList.toggle("g-dim", routes !== null && !routes.links[label.link]);
  }

  function viewReached(states) {
    return states.map((of, at) => of & model.replayed.reached[at]);
  }

  function drawBase(dragging) {
    const strongest = dragging ? strongestLinks(model, null, VIEW_DRAGGED) : strongestLinks(model, LINK_ATTENTION, drawAll ? Infinity : VIEW_MOST);
    drawn = strongest;
    if (!dragging) for (let i = 0; i < model.n; i++) if (model.type[i] !== LINK_ATTENTION) drawn.push(i);
    drawLinks(parts.base, layout, model, drawn);
    if (!dragging) drawStates(parts.base, layout, model, model.replayed.reached);
    const attention = dragging ? model.nAttention : strongest.reduce((sum, i) => sum + (model.type[i] === LINK_ATTENTION), 0);
    onDrawn(model.nAttention - attention);
  }

  /* All anew: other sizes, threshold, zoom or fold. */
  function render() {
    if (!size[0] || !size[1]) return;
    makeLayout();
    resizeSheet();
    drawGround();
    drawBase(false);
    drawTexts();
    drawFocus();
    if (!layout.fits) map.draw(layout, model, drawn);
    showSight();
    setAttributes(root, { role: "application", "aria-roledescription": "graph", "aria-label": describeGraph(model, threshold) });
  }

  function showSight() {
    const s = sight();
    viewMiddle = { x: s.x + s.width / 2, y: s.y + s.height / 2 };
    if (!layout.fits) map.show(s.x, s.y, s.width, s.height);
  }

  function later() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      render();
    });
  }

  /* ---- Pointing ---- */

  /* What is under a pointer: the text of a selection, {target} for a mark above, {gap} for folded columns, null. */
  function under(event) {
    const box = parts.main.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    if (event.target.closest?.("svg") === parts.top) {
      const near = (graph.targets ?? []).find((target) => Math.abs(layout.x[target] - x) < Math.max(4, layout.column / 2));
      return near === undefined || near === graph.target ? null : { target: near };
    }
    if (event.target.closest?.("svg") === parts.bottom) {
      let best = -1;
      for (let i = 0; i < model.width; i++)
        if (layout.own[i] && (best < 0 || Math.abs(layout.x[i] - x) < Math.abs(layout.x[best] - x))) best = i;
      if (best >= 0 && Math.abs(layout.x[best] - x) <= layout.column / 2) return selectionText({ kind: "token", position: best });
      const gap = layout.columns.find((column) => column.gap && Math.abs(column.x - x) <= layout.column * 0.3);
      return gap ? { gap } : null;
    }
    const thing = thingAt(layout, model, drawn, x, y);
    if (!thing) return null;
    return selectionText(thing.link === undefined ? selectionOfState(thing.level, thing.position) : selectionOfLink(model, thing.link));
  }

  function showTip(lines, x, y) {
    const { tip } = parts;
    tip.hidden = !lines;
    if (!lines) return;
    tip.replaceChildren(...lines.map((line, k) => element(k ? "div" : "b", {}, line)));
    const box = root.getBoundingClientRect(), left = x + 16 + tip.offsetWidth > box.width ? x - tip.offsetWidth - 12 : x + 16;
    tip.style.left = `${Math.max(2, left)}px`;
    tip.style.top = `${Math.max(2, Math.min(y + 14, box.height - tip.offsetHeight - 4))}px`;
  }

  function point(text, tell) {
    if (pointed === text) return;
    pointed = text;
    drawFocus();
    if (tell) onPoint(text);
  }

  function leave() {
    showTip(null);
    if (layout) point(null, true);
  }

  let pan = null;
  const listeners = {
    pointermove(event) {
      if (!layout || event.target.closest?.(".g-map")) return;
      if (pan) {
        const dx = event.clientX - pan.x, dy = event.clientY - pan.y;
        if (pan.moved || Math.abs(dx) + Math.abs(dy) > 5) {
          pan.moved = true;
          parts.scroll.scrollLeft = pan.left - dx;
          parts.scroll.scrollTop = pan.top - dy;
          return;
        }
      }
      const found = under(event), box = root.getBoundingClientRect();
      const text = typeof found === "string" ? found : null;
      root.classList.toggle("g-over", found !== null && !found.gap);
      point(text, true);
      showTip(found?.target !== undefined ? [`Show the prediction after position ${found.target}`] : found?.gap ? describeGap(model, found.gap) :
        text && describeThing(model, parseSelection(text)), event.clientX - box.left, event.clientY - box.top);
    },
    pointerleave() {
      pan = null;
      leave();
    },
    pointerdown(event) {
      if (layout && !layout.fits && event.button === 0 && event.pointerType === "mouse" && parts.sheet.contains(event.target))
        pan = { x: event.clientX, y: event.clientY, left: parts.scroll.scrollLeft, top: parts.scroll.scrollTop, moved: false };
    },
    click(event) {
      const moved = pan?.moved;
      pan = null;
      if (moved || !layout || !parts.sheet.contains(event.target)) return;
      const found = under(event);
      if (found?.target !== undefined) onTarget(found.target);
      else if (!found?.gap) onSelect(found);
    },
    wheel(event) {
      if (!event.ctrlKey || !layout) return;
      event.preventDefault();
      const box = parts.scroll.getBoundingClientRect(), s = sight();
      const atX = (event.clientX - box.left) / box.width, atY = (event.clientY - box.top) / box.height;
      anchor = { x: s.x + atX * s.width, y: s.y + atY * s.height, atX, atY };
      onZoom(layout.zoom * (event.deltaY < 0 ? VIEW_ZOOM_STEP : 1 / VIEW_ZOOM_STEP));
    },
    keydown(event) {
      if (!layout || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Enter" || event.key === " ") {
        if (!cursor) return;
        onSelect(cursor);
      } else if (event.key === "Escape") {
        if (selection !== null) onSelect(null);
        else listeners.blur();
      } else {
        const next = keyMove(model, parseSelection(cursor ?? selection), event);
        if (next === undefined) return;
        moveCursor(selectionText(next));
      }
      event.preventDefault();
      event.stopPropagation();
    },
    blur() {
      cursor = null;
      leave();
    },
  };
  for (const [name, listener] of Object.entries(listeners)) root.addEventListener(name, listener, name === "wheel" ? { passive: false } : {});
  parts.scroll.addEventListener("scroll", showSight, { passive: true });

  function moveCursor(text) {
    cursor = text;
    const thing = parseSelection(text), link = linkOf(model, thing), state = stateOf(model, thing), lines = describeThing(model, thing);
    const at = state ?? { level: model.high[link], position: model.target[link] };
    const { scroll } = parts, x = layout.x[at.position], y = layout.y[at.level];
    scroll.scrollLeft = Math.max(x - scroll.clientWidth + LAYOUT_LEFT + 60, Math.min(scroll.scrollLeft, x - 60));
    scroll.scrollTop = Math.max(y - scroll.clientHeight + LAYOUT_TOP + bottom + 60, Math.min(scroll.scrollTop, y - 60));
    point(text, true);
    const box = root.getBoundingClientRect(), sheet = parts.main.getBoundingClientRect();
    showTip(lines, sheet.left - box.left + x, sheet.top - box.top + y);
    if (lines) announce(lines.join(". "));
  }

  /* Takes the size that the root has now. */
  function measure(wait) {
    const before = size;
    size = [root.clientWidth, root.clientHeight];
    if (size[0] === before[0] && size[1] === before[1]) return;
    if (before[0] && wait) later();
    else render();
  }
  const observer = new ResizeObserver(() => measure(true));

  compute();
  observer.observe(root);
  return {
    get replayed() {
      return model.replayed;
    },
    get zoom() {
      return layout?.zoom ?? 1;
    },
    get folded() {
      return layout?.folded ?? false;
    },
    get fits() {
      return layout?.fits ?? true;
    },
    /* The root has a size now. */
    shown: () => measure(false),
    /* With dragging the layout stays, and texts are hidden. */
    setThreshold(value, { dragging = false } = {}) {
      threshold = value;
      compute(dragging);
      root.classList.toggle("g-dragging", dragging);
      if (!layout) return;
      if (!dragging) return render();
      root.classList.remove("g-focused");
      drawBase(true);
    },
    setSelection(text) {
      selection = text;
      if (layout) drawFocus();
    },
    /* The same thing is pointed at in another graph. */
    setPointed(text) {
      if (layout) point(text, false);
    },
    /* null: automatic */
    setSize(now) {
      ({ zoom = zoom, fold = fold, drawAll = drawAll } = now);
      render();
    },
    setLens(texts) {
      lens = texts;
      if (layout) {
        drawTexts();
        drawFocus();
      }
    },
    /* about: {title, description} of the file; dimmed as on the screen when something is selected. */
    svgText(about) {
      if (!layout) { /* it was never in sight */
        size = VIEW_FILE;
        render();
      }
      const low = LAYOUT_TOP + Math.ceil(layout.height);
      const pieces = [[parts.main, LAYOUT_LEFT, LAYOUT_TOP], [parts.left, 0, LAYOUT_TOP], [parts.top, 0, 0], [parts.bottom, 0, low]];
      return svgFile(pieces, LAYOUT_LEFT + layout.width, low + bottom, about, root.classList.contains("g-focused"));
    },
    close() {
      observer.disconnect();
      cancelAnimationFrame(frame);
      for (const [name, listener] of Object.entries(listeners)) root.removeEventListener(name, listener);
      root.replaceChildren();
    },
  };
}
