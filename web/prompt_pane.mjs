/* SPDX-License-Identifier: Apache-2.0
 * A graph, or two that are compared, with the prompt and the threshold above and the panel beside. It works from data alone: a stored
 * prompt, a live trace and a saved page each give theirs. */
import { announce, button, count, drawn, element, plural, setPressed, signButton } from "./dom.mjs";
import { graphView } from "./graph_view.mjs";
import { promptHead } from "./prompt_head.mjs";
import { thresholdSlider } from "./threshold.mjs";

const PANE_ZOOM_STEP = 1.25, PANE_LEAST_ZOOM = 0.2, PANE_MOST_ZOOM = 40;

/* Is a key meant for the page? A letter is text where one writes. */
export function isCommand(event) {
  return !(event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") ||
    event.target.closest?.("input:not([type=range]), textarea, select"));
}

/* The keys of a page with a pane: keys of its own, {key: act}, and those of pane(). -> a function that ends it */
export function paneKeys(pane, keys = {}) {
  const onKey = (event) => {
    if (!isCommand(event)) return;
    const act = keys[event.key];
    if (act) act();
    else if (!pane()?.handles(event)) return;
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/* What the address says. graphs: those that are shown; below the floor of one of them nothing is shown. */
function paneState(query, graphs) {
  const asked = Number.parseFloat(query.get("t") ?? ""), floor = Math.max(...graphs.map((graph) => graph.floor));
  const zoom = Number.parseFloat(query.get("z") ?? ""), fold = query.get("fold");
  return {
    floor, asked, threshold: asked >= floor ? Math.min(asked, 1) : Number.isFinite(asked) ? floor : Math.max(graphs[0].threshold, floor),
    selection: query.get("sel"), zoom: zoom >= 0 ? Math.min(zoom, PANE_MOST_ZOOM) : null, fold: fold === "1" ? true : fold === "0" ? false : null,
    drawAll: query.get("all") === "1", table: query.get("table") === "1", order: query.get("order") ?? "",
    side: query.get("side") === "1" && graphs.length > 1 ? 1 : 0, convention: query.get("conv") === "alone" ? "alone" : "frozen",
  };
}

/* The top token after each layer at the target, from the lists that are stored. */
export function lensTexts(graph, lists) {
  const texts = Array(graph.layers).fill(null);
  for (const wanted of ["frozen", "alone"])
    for (const [kind, convention, layer, position, , promotes] of lists.lists)
      if (kind === "resid_post" && convention === wanted && position === graph.target && promotes?.length)
        texts[layer] = lists.tokens[promotes[0][0]] ?? texts[layer];
  return texts;
}

/* entries: one or two of {graph, source, name}. rest(): a promise of what the first graph does not need, {panel, graphTable, fileMenu}; source, a
 * function, makes of it the panel's source (panel.mjs). run: of fileMenu; title: of the page; query: of the address;
 * onState(changes of the query, {replace}): the address follows; onTarget(entry, position); beside: nodes right of the prompt. ->
 *   shown(): it has a size now; update(query): shows another state; handles(event): a key; close() */
export function promptPane({ root, entries, run, rest, title, query, onState, onTarget = () => {}, beside = [] }) {
  const graphs = entries.map((entry) => entry.graph), pair = entries.length > 1;
  let state = paneState(query, graphs);
  const head = promptHead(graphs[0], title, beside), note = element("p.prompt-note", { hidden: true });
  const counts = element("span.prompt-count", { role: "status" }), weakOf = [];
  const slider = thresholdSlider({ floor: state.floor, threshold: Math.max(graphs[0].threshold, state.floor), value: state.threshold,
    onChange: setThreshold });
  const fold = signButton("Fold", "Fold what has no flow (o)", () => setFold(!views[0].folded));
  const fit = signButton("Fit", "All in sight, or automatic (0)", toggleFit);
  const places = entries.map(() => element("div.graph"));
  const aside = element("aside.prompt-panel", { "aria-label": "Details", "aria-busy": "true" });
  const tableButton = signButton("Table", "The edges as a table (t)", () => setTable(!state.table));
  const files = element("details.files", element("summary", "Save"));
  const bar = element("div.prompt-bar", slider.node, counts, element("div.prompt-buttons", fold,
    signButton("−", "Zoom out (-)", () => zoomBy(1 / PANE_ZOOM_STEP)), fit, signButton("+", "Zoom in (+)", () => zoomBy(PANE_ZOOM_STEP)), tableButton, files));
  const graphPlace = element("div.prompt-graphs", entries.map((entry, k) =>
    element("section.prompt-graph", { "aria-label": entry.name ?? "Graph" }, pair && element("h2", entry.name), places[k])));
  const tablePlace = element("div.prompt-table");
  root.append(element("div.prompt-main", head.node, bar, note, graphPlace, tablePlace), aside);

  const side = element("div");
  aside.append(side);
  let shownPanel = null, shownSide = -1, closed = false, listed = null; /* the convention of the lists in the panel */
  const views = [];
  for (const [k, { graph }] of entries.entries()) {
    const other = pair && graphs[1 - k].tokens.length === graph.tokens.length && graphs[1 - k].layers === graph.layers ? graphs[1 - k] : null;
    views.push(graphView({ root: places[k], graph, threshold: state.threshold, selection: state.selection, zoom: state.zoom, fold: state.fold,
      companion: other, lens: graph.tops?.length ? graph.tops : null, drawAll: state.drawAll, onSelect: (text) => select(text, k),
      onPoint: (text) => views[1 - k]?.setPointed(text), onTarget: (target) => onTarget(entries[k], target), onZoom: setZoom, onDrawn: (weak) => {
        weakOf[k] = weak;
        showCounts();
      } }));
  }

  let late = null, sources = []; /* the rest, when it is there */
  function showMore(found) {
    late = found;
    sources = entries.map(({ source }) => source(late));
    late.fileMenu(files, () => ({ graph: graphs[state.side], replayed: views[state.side].replayed, threshold: slider.value, selection: state.selection,
      convention: listed ?? state.convention, run, svgText: views[state.side].svgText }));
    aside.removeAttribute("aria-busy");
    showPanel();
    showTable();
    showLens();
  }

  function showLens() {
    for (const [k, { graph }] of entries.entries()) {
      if (graph.tops?.length) continue; /* the graph has them already */
      sources[k].lists?.().then((lists) => views[k].setLens(lensTexts(graph, lists)), () => { /* the panel tells why there are none */ });
    }
  }

  function more(text, all) {
    return button(text, () => setDrawAll(all));
  }

  function showCounts() {
    const weak = state.table ? 0 : weakOf.reduce((sum, n) => sum + (n ?? 0), 0);
    counts.replaceChildren(pair ? `${views.map((view) => count(view.replayed.n)).join(" and ")} edges` : plural(views[0]?.replayed.n ?? 0, "edge"),
      ...(counts.dragging ? [] : weak ? [`, ${count(weak)} weak not drawn `, more("draw all", true)] : state.drawAll ? [" ", more("draw the strongest", false)] : []));
  }

  function showNote() {
    const { floor, asked } = state, graph = graphs[0], option = graph.method ? "--relevance-floor" : "--floor", texts = [];
    if (asked < floor)
      texts.push(`The address asks for the threshold ${asked}; nothing is stored below the floor ${floor}, which is shown. Rerun with ${option}.`);
    else if (asked > slider.highest) texts.push(`The address asks for the threshold ${asked}; ${slider.value} is shown, the slider ends at ${slider.highest}.`);
    else if (graph.stored_floor < graph.floor)
      texts.push(`Of ${plural(graph.stored_parts, "stored row")} those above the threshold ${graph.threshold} are here: headwater sql has all.`);
    else if (graph.floor >= graph.threshold)
      texts.push(`Nothing is stored below the threshold of the run, ${graph.threshold}: rerun with ${option} to go lower.`);
    texts.push(...graphs.map(({ method }) => method?.reason).filter(Boolean));
    note.textContent = texts.join(" ");
    note.hidden = texts.length === 0;
  }

  function showPanel() {
    if (!late) return;
    if (shownSide !== state.side) {
      shownPanel?.close();
      shownSide = state.side;
      shownPanel = late.panel({ root: side, source: sources[shownSide], onSelect: (text) => select(text, shownSide), convention: state.convention, onListed: (convention) => { listed = convention; },
        onConvention: (convention) => {
          state.convention = convention;
          onState({ conv: convention === "frozen" ? null : convention }, { replace: true });
        } });
    }
    shownPanel.show(graphs[shownSide], views[shownSide].replayed, slider.value, state.selection);
  }

  let shownTable = null;
  function showTable() {
    graphPlace.hidden = state.table;
    tablePlace.hidden = !state.table;
    setPressed(tableButton, state.table);
    if (!state.table) {
      shownTable?.close();
      shownTable = null;
      return;
    }
    if (!late) return;
    shownTable ??= late.graphTable({ root: tablePlace, order: state.order, onSelect: (text) => select(text, state.side),
      onOrder: (order) => onState({ order }, { replace: true }) });
    shownTable.show(graphs[state.side], views[state.side].replayed, slider.value, state.selection);
  }

  function showControls() {
    setPressed(fold, views[0].folded);
    setPressed(fit, state.zoom === 0);
  }

  function showState() {
    showTable();
    showCounts();
    showNote();
    head.show(views[0].replayed);
  }

  function showAll() {
    showState();
    showControls();
    showPanel();
  }

  function setThreshold(value, dragging) {
    state.threshold = value;
    counts.dragging = dragging;
    for (const view of views) view.setThreshold(value, { dragging });
    if (dragging) return;
    state.asked = value;
    showAll();
    onState({ t: value }, { replace: true });
    announce(`Threshold ${value}: ${counts.firstChild.textContent}`);
  }

  function select(text, k) {
    const sideBefore = state.side;
    if (text !== null) state.side = k;
    if (text === state.selection && state.side === sideBefore) return;
    state.selection = text;
    for (const view of views) view.setSelection(text);
    showPanel();
    if (state.table) showTable();
    onState({ sel: text, side: state.side || null });
    if (text === null) announce("Nothing selected");
  }

  /* Draws the graphs with another zoom or fold, or all of their edges; the address follows. */
  function setSize(changes, address) {
    Object.assign(state, changes);
    for (const view of views) view.setSize(changes);
    showControls();
    onState(address, { replace: true });
  }

  function setZoom(asked) {
    const zoom = asked && Number(Math.max(PANE_LEAST_ZOOM, Math.min(PANE_MOST_ZOOM, asked)).toPrecision(3));
    setSize({ zoom }, { z: zoom === null ? null : String(zoom) });
  }

  function zoomBy(factor) {
    setZoom((views[0].zoom || 1) * factor);
  }

  function toggleFit() {
    setZoom(state.zoom === 0 ? null : 0);
  }

  function setFold(fold) {
    setSize({ fold }, { fold: fold ? "1" : "0" });
  }

  function setDrawAll(drawAll) {
    setSize({ drawAll }, { all: drawAll ? "1" : null });
  }

  function setTable(table) {
    const focused = tablePlace.contains(document.activeElement) || graphPlace.contains(document.activeElement);
    state.table = table;
    showTable();
    showCounts();
    if (focused) (table ? tablePlace.firstElementChild : places[state.side])?.focus(); /* what had it is hidden now */
    onState({ table: table ? "1" : null, order: table ? state.order : null });
  }

  const keys = { t: () => setTable(!state.table), "[": () => slider.step(-1), "]": () => slider.step(1),
    "+": () => zoomBy(PANE_ZOOM_STEP), "=": () => zoomBy(PANE_ZOOM_STEP), "-": () => zoomBy(1 / PANE_ZOOM_STEP), 0: toggleFit, o: () => setFold(!views[0].folded), Escape: () => select(null, state.side) };

  slider.set(state.threshold);
  return {
    /* What needs a size is there now. */
    shown() {
      document.body.classList.add("prompt-shown"); /* as high as the window */
      showState(); /* the graph is measured once all that takes room is there */
      for (const view of views) view.shown();
      showControls();
      /* The first graph waits for nothing else. */
      drawn().then(() => {
        if (closed) return undefined;
        head.scroll();
        return rest().then((found) => !closed && showMore(found), (error) => {
          aside.removeAttribute("aria-busy");
          side.append(element("p", { role: "alert" }, error.message));
        });
      });
    },
    update(next) {
      const now = paneState(next, graphs), before = state;
      state = now;
      if (now.threshold !== before.threshold) {
        slider.set(now.threshold);
        for (const view of views) view.setThreshold(now.threshold);
      }
      const sized = ["zoom", "fold", "drawAll"].some((name) => now[name] !== before[name]);
      for (const view of views) {
        if (sized) view.setSize(now);
        if (now.selection !== before.selection) view.setSelection(now.selection);
      }
      if (now.convention !== before.convention) shownSide = -1;
      showAll();
    },
    /* True when the key was for the pane. */
    handles(event) {
      const act = keys[event.key];
      act?.();
      return act !== undefined;
    },
    close() {
      closed = true;
      document.body.classList.remove("prompt-shown");
      for (const view of views) view.close();
      shownPanel?.close();
      shownTable?.close();
    },
  };
}
