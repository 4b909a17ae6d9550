/* SPDX-License-Identifier: Apache-2.0
 * The panel of an FFN node: its neurons, what one of them or the whole FFN adds. */
import { button, element, number, percent, plural, tokenElement } from "./dom.mjs";
import { FFN } from "./replay.mjs";
import { PANEL_MICRO, panelAbsent, panelLack, panelLink, panelMissing, panelNote, panelPart, panelShares, panelStored, panelTokenAt } from "./panel_parts.mjs";
import { panelListsTable, panelLists, signed } from "./panel_lists.mjs";

/* The token that a neuron promotes most here: with a negative activation the first one that its row suppresses. */
function ffnFirst([, , activation, promotes, suppresses]) {
  return (activation < 0 ? suppresses : promotes)?.[0];
}

function ffnNeurons(view, { neurons, tokens }) {
  const { selection: s } = view;
  if (!neurons.length) return panelMissing(view.source, "neurons");
  const together = neurons.reduce((sum, row) => sum + row[1], 0) / PANEL_MICRO;
  return [element("div.panel-columns.panel-neurons", { "aria-hidden": "true" },
    ["", "share", "activation", "promotes"].map((text) => element("span", text))),
    element("ul.panel-choices.panel-neurons", { "aria-label": "Neurons of the FFN" }, neurons.map((row) => {
      const [neuron, share, activation] = row;
      const first = ffnFirst(row);
      return element("li", button([element("b", `N${neuron}`), element("span", percent(share / PANEL_MICRO)), element("span", signed(activation)), first ? tokenElement(tokens[first[0]]) : element("span.soft", "–")], () => view.select({ ...s, neuron: neuron === s.neuron ? undefined : neuron }), { "data-key": `neuron.${neuron}`, "aria-pressed": String(neuron === s.neuron), "aria-label": [`Neuron ${neuron}: share ${percent(share / PANEL_MICRO)}`, `activation ${number(activation, 2)}`,
          first && `promotes ${tokens[first[0]]}`].filter(Boolean).join(", ") }));
    })),
    panelNote(`${plural(neurons.length, "neuron")} with the largest shares of the node, together ${percent(together)}.`)];
}

function ffnNeuron(view, { neurons, tokens }) {
  const { graph, selection: s, source } = view;
  const row = neurons.find(([neuron]) => neuron === s.neuron);
  const name = `L${s.layer}N${s.neuron}`;
  const link = source.link && element("p", panelLink(source, ["neuron", s.layer, s.neuron], {}, `${name} in the data set →`));
  if (!row)
    return [element("h3", name), panelLack(`${name} is not among the best neurons of this node.`), link];
  const [, , activation, promotes, suppresses] = row;
  return [element("h3", name, " adds at ", panelTokenAt(graph, s.position)),
    promotes?.length || suppresses?.length
      ? [element("p", { class: activation < 0 ? "panel-mark" : "panel-note" }, activation < 0
        ? `Its activation is negative (${signed(activation)}): the lists of its output row are turned round.`
        : `Activation ${signed(activation)}: the lists are those of its output row.`, " Scores: for an activation of 1 in size."),
      panelListsTable(graph, tokens, promotes, suppresses, activation < 0)]
      : panelMissing(source, "neurons"), link];
}

export function panelFfn(view) {
  const { graph, replayed, threshold, selection: s, source } = view;
  const part = panelPart(replayed, FFN, s.layer, s.position);
  const neurons = source.neurons?.(s.layer, s.position);
  return [element("h2", `FFN of layer ${s.layer} at `, panelTokenAt(graph, s.position)),
    part ? panelNote(panelShares([part])) : panelAbsent(graph, threshold, panelStored(graph, FFN, s.layer, s.position)),
    element("h3", "Neurons"),
    neurons ? view.later(neurons, (found) => ffnNeurons(view, found)) : panelMissing(source, "neurons"),
    neurons && s.neuron !== undefined && view.later(neurons, (found) => ffnNeuron(view, found)),
    element("h3", "The whole FFN adds"),
    panelLists(view, "ffn", s.layer, s.position)];
}
