/* SPDX-License-Identifier: Apache-2.0
 * The panel beside the graph: what is known of the thing that is selected, or of the whole graph.
 *
 * `source` says where its data comes from; a stored prompt, a live trace and a saved page each have one. All but `missing` may be absent:
 *   lists()                       {lists: [[kind, convention, layer, position, index, promotes, suppresses]], tokens} of the graph
 *   neurons(layer, position)      {neurons: [[neuron, share in 1e-6, activation, promotes, suppresses]], tokens} of an FFN node
 *   head(layer, head)             {all, edges}: the head in the data set, rows of the end point head
 *   list(kind, layer, position, index)  what lists() gives, of one component: computed
 *   lens(layer, position, after)  {lens: [[id, score, rank before]], tokens}: computed
 *   attention(layer, head)        {weights, contributions}: lower triangles in 1e-4
 *   traceTarget(position)         traces the prediction after a position and shows it
 *   link(path, query)             an address of another page, for <a href>
 *   missing(what)                 why "lists" | "neurons" | "alone" | "frozen" are not there, and which option gives them */
import { button, element, refill } from "./dom.mjs";
import { keepFocus } from "./lists.mjs";
import { parseSelection, selectionText } from "./selection.mjs";
import { panelOverview } from "./panel_overview.mjs";
import { panelEdge } from "./panel_edge.mjs";
import { panelFfn } from "./panel_ffn.mjs";
import { panelResidual, panelState, panelToken } from "./panel_state.mjs";

const panelViews = { overview: panelOverview, edge: panelEdge, ffn: panelFfn, state: panelState, token: panelToken, residual: panelResidual };

/* onSelect(text of a selection, or null); convention: "frozen" | "alone", told to onConvention when a reader changes it; onListed hears
 * that of the lists that are shown: the other one where only that is stored.
 * show(graph, replayed, threshold, selection): selection is a text as in the address, or null. */
export function panel({ root, source, onSelect, convention, onConvention, onListed }) {
  let shown = null;
  const opened = new Set(); /* what a reader has unfolded: "heads" */
  let turn = 0; /* answers that come for an earlier one are dropped */
  root.classList.add("panel");

  /* Until all of it is there the panel keeps its height, so that what lies around it does not scroll. */
  function render() {
    const now = ++turn;
    let waiting = 1;
    const arrived = () => {
      if (now === turn && --waiting === 0) root.style.removeProperty("min-height");
    };
    if (root.firstChild) root.style.setProperty("min-height", `${root.offsetHeight}px`);
    const refocus = keepFocus(root, { preventScroll: true });
    const selection = parseSelection(shown.selection);
    /* What the views get: the state of the page, and ways to change it. */
    const view = {
      ...shown,
      source,
      selection,
      convention,
      onListed,
      opened,
      open(what) {
        opened.add(what);
        render();
      },
      select: (chosen) => onSelect(chosen && selectionText(chosen)),
      setConvention(chosen) {
        convention = chosen;
        onConvention(chosen);
        render();
      },
      /* A place that is filled when the data is there, or says why it is not. */
      later(promise, fill) {
        const place = element("div.panel-later", { "aria-busy": "true" });
        waiting++;
        const failed = (error) => error.name !== "AbortError" && [element("p.panel-missing", { role: "alert" }, error.message),
          button("Try again", () => render())];
        promise.then(fill, failed).then((nodes) => {
          if (now !== turn) return;
          refill(place, nodes);
          place.removeAttribute("aria-busy");
          refocus();
          arrived();
        });
        return place;
      },
    };
    const views = shown.graph.method?.panels ?? panelViews;
    const close = selection && button("×", () => onSelect(null), { class: "panel-close", "data-key": "close", "aria-label": "Close: nothing selected", title: "Close (Esc)" });
    refill(root, close, (views[selection?.kind] ?? views.overview)(view));
    refocus();
    arrived();
  }

  return {
    show(graph, replayed, threshold, selection) {
      const title = () => root.querySelector("h2"), before = title()?.textContent;
      shown = { graph, replayed, threshold, selection };
      render();
      if (!before || before === title().textContent) return;
      root.parentElement.scrollTop = 0;
      if (selection) title().scrollIntoView({ block: "nearest" }); /* on a narrow screen it lies below the graph */
    },
    close() {
      turn++;
      root.replaceChildren();
    },
  };
}
