/* SPDX-License-Identifier: Apache-2.0
 * What is selected in a graph, as it stands in the address:
 *   edge.LAYER.SOURCE.TARGET[.HEAD]   attention edge, all of its heads or one
 *   ffn.LAYER.POSITION[.NEURON]       FFN node, one of its neurons
 *   state.LAYER.POSITION.mid|post     state after the layer's attention, after the layer
 *   token.POSITION                    the input
 *   residual.LAYER.POSITION.attention|ffn   residual part of the layer's attention or FFN node */

const selectionForms = {
  edge: ["layer", "source", "target", "head?"],
  ffn: ["layer", "position", "neuron?"],
  state: ["layer", "position", "after"],
  token: ["position"],
  residual: ["layer", "position", "node"],
};
const selectionWords = { after: ["mid", "post"], node: ["attention", "ffn"] };

/* {kind, layer, ...} with numbers, or null for a text that is none. What it names need not be in the graph. */
export function parseSelection(text) {
  const [kind, ...values] = (text ?? "").split(".");
  const names = Object.hasOwn(selectionForms, kind) ? selectionForms[kind] : null;
  if (!names || values.length > names.length) return null;
  const found = { kind };
  for (const [i, form] of names.entries()) {
    const name = form.replace("?", "");
    if (i >= values.length) {
      if (!form.endsWith("?")) return null;
    } else if (name in selectionWords) {
      if (!selectionWords[name].includes(values[i])) return null;
      found[name] = values[i];
    } else {
      if (!/^\d{1,9}$/.test(values[i])) return null;
      found[name] = Number(values[i]);
    }
  }
  return found;
}

/* The text of such an object. */
export function selectionText(selection) {
  const values = selectionForms[selection.kind].map((form) => selection[form.replace("?", "")]);
  return [selection.kind, ...values.filter((value) => value != null)].join(".");
}
