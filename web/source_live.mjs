/* SPDX-License-Identifier: Apache-2.0
 * Traces that the server computes while the page is shown, and what is asked of them. */
import { addressOf } from "./address.mjs";
import { get, liveHasModel, post } from "./api.mjs";
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

/* A head over all graphs, and its edges by role: {all, edges}. */
export function headOfDataSet() {
  return askOnce(async (layer, head) => {
    const found = await get("head", { layer, head });
    return { all: rowsOf(found.groups).find((row) => row.group_id === -1), edges: rowsOf(found.edges) };
  });
}

/* body: {text | prompt, target, answer, foil, counterfactual}. -> {graph(): its JSON, ask(what, parameters): of the trace}. The server keeps few
 * traces: one that has gone is computed again. Where that gives another graph, the server has another model or database: onOther() is called,
 * and the page is shown anew. */
export function liveTrace(body, onOther) {
  let started = null, known;
  function graph() {
    const mine = (started ??= post("trace", body).then((graph) => {
      const found = JSON.stringify({ ...graph, trace: 0 });
      if (found === (known ??= found)) return graph;
      onOther?.();
      document.getElementById("reload").click();
      throw new Error("The server has changed.");
    }));
    mine.catch(() => { if (started === mine) started = null; });
    return mine;
  }
  async function ask(what, parameters) {
    const mine = graph();
    const { trace } = await mine;
    try {
      return await get(`trace/${trace}/${what}`, parameters);
    } catch (error) {
      if (error.kind !== "trace_gone") throw error;
      if (started === mine) started = null;
      return get(`trace/${(await graph()).trace}/${what}`, parameters);
    }
  }
  return { graph, ask };
}

/* What the panel can have computed (panel.mjs). */
export function liveQuestions({ ask }) {
  return {
    neurons: askOnce((layer, position) => ask("neurons", { layer, position })),
    list: askOnce((kind, layer, position, index) => ask("list", { kind, layer, position, index })),
    lens: askOnce((layer, position, after) => ask("lens", { layer, position, after })),
    relevance: askOnce((mode) => ask("relevance", { mode })),
    attention: askOnce((layer, head) => ask("attention", { layer, head })),
  };
}

/* What the answer of a stored prompt hangs on, computed. */
export function liveRelevance(prompt, mode) {
  return liveTrace({ prompt }).ask("relevance", { mode });
}

/* The address of a trace: of a text {p, answer, foil, counterfactual} or of a stored prompt {prompt}, with the target. */
export function liveAddress(of, target) {
  return addressOf(["trace"], { ...of, target });
}

/* The panel's source for a trace; questions: see liveQuestions; of: as liveAddress takes it. The data set is linked where it was made with this model. */
export function liveSource({ questions, of, run }) {
  const same = liveHasModel(run);
  return {
    ...questions,
    ...(same ? { head: headOfDataSet() } : {}),
    link: (path, query) => (path[0] === "prompt" ? liveAddress(of, path[2]) : same ? addressOf(path, query) : null),
    missing: (what) => (what === "neurons" ? "Neurons are computed of FFN nodes in the graph at the floor." : "Not computed."),
  };
}
