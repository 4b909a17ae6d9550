/* SPDX-License-Identifier: Apache-2.0
 * Where the panel of a stored prompt gets its data: the end points of the server. */
import { addressOf } from "./address.mjs";
import { get } from "./api.mjs";
import { askOnce, headOfDataSet, liveAddress, liveHasModel, liveQuestions, liveTrace } from "./source_live.mjs";

/* Why something is not stored, by the run's option. */
export function sourceMissing(project, live = false) {
  const computed = live ? "" : " `headwater serve --model DIR` computes it.";
  return (what) => ({
    lists: project === "none" ? `This run stored no lists: it was made with --project none. --project default or all stores them.${computed}`
      : project === "all" ? `Not stored: lists are stored of what is in the graph at the floor of the run.${computed}`
        : `Not stored: this run stored the ten most important heads, and the blocks and states of the target position. --project all stores every one in the graph.${computed}`,
    position: `a head is stored where it matters most.${computed}`,
    neurons: "Not stored: neurons are stored of the FFN nodes that the graph reaches at the floor (--top-neurons); their lists with --neuron-projections used or all.",
    alone: "The other convention is not stored: --convention both stores the two.",
    frozen: "The other convention is not stored: --convention both stores the two.",
    target: "No graph is stored of the prediction after it: --targets all stores every position's.",
  })[what];
}

/* prompt, target: of the graph; run: the JSON of the end point `run`. What is not stored is computed where the server has the run's model. */
export function storedSource({ prompt, target, run }) {
  const live = liveHasModel(run), computed = live ? liveQuestions(liveTrace({ prompt, target })) : {};
  const hasLists = ({ neurons }) => neurons.some(([, , , promotes, suppresses]) => promotes.length || suppresses.length);
  return {
    ...computed,
    lists: askOnce(() => get("lists", { prompt, target })),
    neurons: askOnce(async (layer, position) => {
      const stored = await get("neurons", { prompt, target, layer, position });
      return live && !hasLists(stored) ? computed.neurons(layer, position) : stored;
    }),
    head: headOfDataSet(),
    link: addressOf,
    ...(live ? { traceTarget: (position) => { location.hash = liveAddress({ prompt }, position); } } : {}),
    missing: sourceMissing(run.project, live),
  };
}
