/* SPDX-License-Identifier: Apache-2.0
 * Where the panel of a stored prompt gets its data: the end points of the server. */
import { addressOf } from "./address.mjs";
import { get } from "./api.mjs";
import { rowsOf } from "./lists.mjs";

/* A function that asks once and keeps the promise, unless it fails. */
export function askOnce(ask) {
  const kept = new Map();
  return (...of) => {
    const key = of.join(" ");
    if (!kept.has(key)) kept.set(key, ask(...of).catch((error) => {
      kept.delete(key);
      throw error;
    }));
    return kept.get(key);
  };
}

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

/* prompt, target: of the graph; run: the JSON of the end point `run`. */
export function storedSource({ prompt, target, run }) {
  return {
    lists: askOnce(() => get("lists", { prompt, target })),
    neurons: askOnce((layer, position) => get("neurons", { prompt, target, layer, position })),
    head: askOnce(async (layer, head) => {
      const found = await get("head", { layer, head });
      return { all: rowsOf(found.groups).find((row) => row.group_id === -1), edges: rowsOf(found.edges) };
    }),
    link: addressOf,
    missing: sourceMissing(run.project, run.live),
  };
}
