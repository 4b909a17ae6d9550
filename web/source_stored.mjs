/* SPDX-License-Identifier: Apache-2.0
 * Where the panel of a stored prompt gets its data: the end points of the server. */
import { addressOf } from "./address.mjs";
import { get, liveHasModel } from "./api.mjs";
import { askOnce, headOfDataSet, liveAddress, liveQuestions, liveTrace } from "./source_live.mjs";

/* Why something is not stored, by the run's option. */
export function sourceMissing(project, live = false) {
  const computed = live ? "" : " `headwater serve --model DIR` computes it.";
  return (what) => ({
    lists: project === "none" ? `This run stored no lists (--project none).${computed}`
      : project === "all" ? `Not stored: it is not in the graph at the floor.${computed}`
        : `Not stored: the run stored ten heads, and the blocks and states of the target position. --project all stores all.${computed}`,
    position: `a head is stored where it matters most.${computed}`,
    neurons: "Not stored: neurons are stored of FFN nodes in the graph at the floor (--top-neurons), their lists with --neuron-projections.",
    alone: "The other convention is not stored: --convention both stores the two.",
    frozen: "The other convention is not stored: --convention both stores the two.",
    target: "No graph is stored of the prediction after it: --targets all stores all.",
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
