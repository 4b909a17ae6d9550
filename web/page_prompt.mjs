/* SPDX-License-Identifier: Apache-2.0
 * A stored prompt: its graph and panel, its counterfactual, the prompts before and after it. */
import { count, drawn, element, pageLink, signButton, tokenText } from "./dom.mjs";
import { addressOf, keptParameters, promptOfPath, writeAddress } from "./address.mjs";
import { get, liveHasModel } from "./api.mjs";
import { methodBoth, methodGraphs, methodLack, methodSwitch, nextMethod } from "./methods.mjs";
import { paneKeys, promptPane } from "./prompt_pane.mjs";
import { walkFrom } from "./walk.mjs";

const PAGE_PROMPT_KEPT = ["t", "z", "fold", "from", "conv", "all", "pair", "by"]; /* of the address, when another prompt is shown */

function pagePromptFailed(root, id, error) {
  root.append(element("div.state", { role: "alert" }, element("h1", `Prompt ${id} has no graph`), element("p", error.message),
    error.kind === "failed" && element("p", pageLink("All prompts that failed", ["failed"]))));
}

/* Chips that say what the prompt is. */
function pagePromptChips(graph) {
  const chips = [], { counterfactual_of: clean } = graph;
  if (graph.group_name)
    chips.push(pageLink(graph.group_name, ["prompts"], { group: graph.group }, { class: "prompt-chip", title: "Prompts of this group" }));
  if (clean != null) chips.push(element("span.prompt-chip", `counterfactual of ${clean}`));
  return chips;
}

/* The relevances that are stored, and those that the server can compute: of the last position, contrast with a counterfactual. */
function pagePromptMethods(graph, run, hasCounterfactual) {
  const computed = liveHasModel(run) && graph.target === graph.tokens.length - 1 ? ["answer", hasCounterfactual && "contrast"] : [];
  return ["answer", "contrast"].filter((name) => graph.relevance.includes(name) || computed.includes(name));
}

function pagePromptTargets(graph, show) {
  if (graph.targets.length < 2) return null;
  return element("label", element("span.unseen", "Target"), element("select", { title: "Target: the position whose prediction is traced",
    onchange: (event) => show(Number(event.target.value)) },
  graph.targets.map((target) => element("option", { value: target, selected: target === graph.target }, `after ${target} ${tokenText(graph.tokens[target])}`))));
}

/* The other graph of a pair, at the same target where it has that; {reason}: it has none. */
async function pagePromptOther(prompt, target, signal) {
  try {
    return { other: await get("graph", { prompt, target }, { signal }) };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return target === null ? { reason: error.message } : pagePromptOther(prompt, null, signal);
  }
}

export async function askPrompt(path, signal) {
  return get("graph", promptOfPath(path), { signal });
}

export async function showPrompt({ root, path, query, run, asked, signal, rest }) {
  const { prompt: id, target } = promptOfPath(path);
  const pair = query.get("pair") === "1", from = query.get("from");
  let graph;
  try {
    graph = await asked;
  } catch (error) {
    if (error.kind !== "failed" && error.kind !== "not_stored") throw error;
    return pagePromptFailed(root, id, error);
  }
  const isCounterfactual = graph.counterfactual_of != null;
  const otherId = (isCounterfactual ? graph.counterfactual_of : graph.counterfactual) ?? null;
  const wanted = query.get("by"), names = pagePromptMethods(graph, run, !isCounterfactual && otherId !== null);
  const ask = (mode) => (graph.relevance.includes(mode) ? get("relevance", { prompt: id, mode }, { signal }) : rest().then(({ liveRelevance }) => liveRelevance(id, mode)));
  const { by, graphs, lack } = await methodGraphs({ graph, names, wanted, pair, ask, rest });
  const { other, reason } = !by && pair && otherId !== null ? await pagePromptOther(otherId, target, signal) : {};
  const entries = [...graphs, other].filter(Boolean).map((of) => ({ graph: of, source: ({ storedSource }) => storedSource({ prompt: of.prompt, target: of.target, run }),
    name: `${by ? of.method?.mode ?? "routes" : of.counterfactual_of == null ? "clean" : "counterfactual"}, prompt ${of.prompt}` }));
  if (isCounterfactual && !by) entries.reverse();

  /* Another prompt, with what holds for it too. */
  function go(prompt, position, changes) {
    location.hash = addressOf(["prompt", prompt, ...(position == null ? [] : [position])], { ...keptParameters(PAGE_PROMPT_KEPT), ...changes });
  }

  const toggleOther = () => otherId !== null && go(otherId, null, { pair: null });
  const choose = (name) => writeAddress({ by: name, side: null });
  const toggleMethod = () => choose(nextMethod(names, by));
  const canPair = by !== null || otherId !== null;
  const togglePair = () => canPair && writeAddress({ pair: pair ? null : "1", side: null });
  const beside = { previous: null, next: null };
  const back = signButton("‹", "Previous prompt (k)", () => walk("previous"));
  const forth = signButton("›", "Next prompt (j)", () => walk("next"));
  /* A key may come before the way is known: it waits for it. */
  async function walk(direction) {
    await findWay();
    if (beside[direction] && !signal.aborted) go(beside[direction].prompt, beside[direction].target);
  }
  const place = element("span");
  const tools = [pagePromptChips(graph), methodSwitch(names, by, choose), element("span.soft", `prompt ${id}`, place), pagePromptTargets(graph, (position) => go(id, position)),
    otherId !== null && signButton(isCounterfactual ? "clean" : "counterfactual", `${isCounterfactual ? "The clean prompt" : "Its counterfactual"} (c)`, toggleOther),
    canPair && methodBoth(by, pair, togglePair), reason && methodLack(reason), lack, back, forth];
  const pane = promptPane({ root, entries, run, rest, title: `Prompt ${id}`, query, beside: tools,
    onState: (changes, options) => writeAddress(changes, { ...options, silent: true }),
    onTarget: (entry, position) => go(entry.graph.prompt, position) });

  let way = null;
  function findWay() {
    way ??= walkFrom(from, id, target, { signal }).then((found) => {
      Object.assign(beside, found);
      back.disabled = !found.previous;
      forth.disabled = !found.next;
      if (found.place) place.textContent = from ? ` · ${count(found.place)} of ${count(found.count)} in the list` : "";
    }, () => { /* without the list there is no way on */ });
    return way;
  }

  const endKeys = paneKeys(() => pane, { c: toggleOther, p: togglePair, r: toggleMethod, j: () => walk("next"), k: () => walk("previous") });
  const shown = [path.join("/"), pair, from, wanted].join(" ");
  return {
    shown() {
      pane.shown();
      drawn().then(findWay);
    },
    update(context) {
      if ([context.path.join("/"), context.query.get("pair") === "1", context.query.get("from"), context.query.get("by")].join(" ") !== shown) return false;
      pane.update(context.query);
      return true;
    },
    close() {
      endKeys();
      pane.close();
    },
  };
}
