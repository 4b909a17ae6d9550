/* SPDX-License-Identifier: Apache-2.0
 * The dialog of keys and gestures. */
import { button, element } from "./dom.mjs";

const HELP_PARTS = [
  ["Everywhere", [
    ["/", "search the prompts"],
    ["?", "this help"],
    ["the address", "all that is shown: send it, keep it"],
  ]],
  ["A prompt", [
    ["j, k", "next and previous prompt of the list"],
    ["[, ]", "lower and raise the threshold"],
    ["+, -, 0", "zoom in, zoom out, fit"],
    ["o", "fold what has no flow"],
    ["t", "the edges as a table"],
    ["c, p", "the counterfactual; both, one above the other"],
    ["r", "routes, or what the answer hangs on"],
  ]],
  ["Its graph", [
    ["point", "what it is, and its routes to the target and to the tokens"],
    ["click an edge", "its heads: what each promotes and suppresses, the data set"],
    ["click a square", "the FFN: its neurons by share, what each promotes and suppresses"],
    ["click a dot", "a state: the logit lens, and what the block added"],
    ["click a token above or below", "the graph of that target; that token's row of states"],
    ["arrows", "from state to state"],
    ["Shift and arrows", "through the edges into a state"],
    ["f", "the FFN of the state"],
    ["Enter, Esc", "select, clear"],
  ]],
  ["Lists and charts", [
    ["click a cell or a row", "the head, the neuron, the prompts behind it"],
    ["arrows", "from cell to cell of a heat map"],
  ]],
];

export function showHelp() {
  document.querySelector("dialog.help")?.remove();
  const close = button("Close", () => dialog.close());
  const dialog = element("dialog.help", { "aria-labelledby": "help-title", onclose: () => dialog.remove(),
    onclick: (event) => { if (event.target === dialog) dialog.close(); } },
  element("div", element("div.bar", element("h1", { id: "help-title" }, "Keys and gestures"), close),
    element("div.help-parts", HELP_PARTS.map(([title, rows]) => element("section", element("h2", title),
      element("dl", rows.map(([key, what]) => [element("dt", key), element("dd", what)])))))));
  document.body.append(dialog);
  dialog.showModal();
}
