/* SPDX-License-Identifier: Apache-2.0
 * A stored prompt: its graph and panel, its counterfactual, the prompts before and after it. */
import { count, element, tokenText } from "./dom.mjs";
import { addressOf, readAddress, writeAddress } from "./address.mjs";
import { get } from "./api.mjs";
import { promptPane } from "./prompt_pane.mjs";
import { storedSource } from "./source_stored.mjs";
import { walkFrom } from "./walk.mjs";

const PAGE_PROMPT_KEPT = ["t", "z", "fold", "from", "conv", "all"]; /* of the address, when another prompt is shown */

function pagePromptNumber(text, what) {
  if (/^\d{1,9}$/.test(text ?? "")) return Number(text);
  throw Object.assign(new Error(`"${text ?? ""}" is no ${what}: want a number, as in #/prompt/17.`), { kind: "input", status: 400 });
}

function pagePromptFailed(root, id, error) {
  root.append(element("div", { class: "state", role: "alert" }, element("h1", {}, `Prompt ${id} has no graph`), element("p", {}, error.message),
    error.kind === "failed" && element("p", {}, element("a", { href: addressOf(["failed"]) }, "All prompts that failed"))));
  return {};
}

/* Chips that say what the prompt is. */
function pagePromptChips(graph) {
  const chips = [], { counterfactual_of: clean } = graph;
  if (graph.group_name)
    chips.push(element("a", { class: "prompt-chip", href: addressOf(["prompts"], { group: graph.group }), title: "Prompts of this group" },
      graph.group_name));
  if (clean !== null && clean !== undefined) chips.push(element("span", { class: "prompt-chip" }, `counterfactual of ${clean}`));
  return chips;
}

function pagePromptTargets(graph, show) {
  if (graph.targets.length < 2) return null;
  return element("label", {}, element("span", { class: "unseen" }, "Target"), element("select", { title: "Target: the position whose prediction is traced",
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

function pagePromptPlace(path) {
  return { prompt: pagePromptNumber(path[1], "prompt"), target: path[2] === undefined ? null : pagePromptNumber(path[2], "target position") };
}

export async function askPrompt(path, signal) {
  return get("graph", pagePromptPlace(path), { signal });
}

export async function showPrompt({ root, path, query, run, asked, signal }) {
  const { prompt: id, target } = pagePromptPlace(path);
  const pair = query.get("pair") === "1", from = query.get("from");
  let graph;
  try {
    graph = await asked;
  } catch (error) {
    if (error.kind !== "failed" && error.kind !== "not_stored") throw error;
    return pagePromptFailed(root, id, error);
  }
  const isCounterfactual = graph.counterfactual_of !== null && graph.counterfactual_of !== undefined;
  const otherId = (isCounterfactual ? graph.counterfactual_of : graph.counterfactual) ?? null;
  const { other, reason } = pair && otherId !== null ? await pagePromptOther(otherId, target, signal) : {};
  const sourceOf = (of) => storedSource({ prompt: of.prompt, target: of.target, run });
  const entries = [graph, other].filter(Boolean).map((of) => ({ graph: of, source: sourceOf(of),
    name: `${of.counterfactual_of === null || of.counterfactual_of === undefined ? "clean" : "counterfactual"}, prompt ${of.prompt}` }));
  if (isCounterfactual) entries.reverse();

  /* The address of another prompt, with what holds for it too. */
  function addressTo(prompt, position, changes = {}) {
    const kept = Object.fromEntries(PAGE_PROMPT_KEPT.map((name) => [name, readAddress().query.get(name)]));
    return addressOf(["prompt", prompt, ...(position === null ? [] : [position])], { ...kept, pair: readAddress().query.get("pair"), ...changes });
  }
  function go(prompt, position = null, changes = {}) {
    location.hash = addressTo(prompt, position, changes);
  }

  const button = (text, label, click, more = {}) => element("button", { type: "button", title: label, "aria-label": label, onclick: click, ...more }, text);
  const toggleOther = () => otherId !== null && go(otherId, null, { pair: null });
  const togglePair = () => otherId !== null && writeAddress({ pair: pair ? null : "1", side: null });
  const beside = { previous: null, next: null };
  const back = button("‹", "Previous prompt (k)", () => walk("previous"), { disabled: true });
  const forth = button("›", "Next prompt (j)", () => walk("next"), { disabled: true });
  /* A key may come before the way is known: it waits for it. */
  async function walk(direction) {
    await way;
    if (beside[direction] && !signal.aborted) go(beside[direction].prompt, beside[direction].target);
  }
  const place = element("span");
  const tools = [pagePromptChips(graph), element("span", { class: "soft" }, `prompt ${id}`, place), pagePromptTargets(graph, (position) => go(id, position)),
    otherId !== null && button(isCounterfactual ? "clean" : "counterfactual", `${isCounterfactual ? "The clean prompt" : "Its counterfactual"} (c)`, toggleOther),
    otherId !== null && button("both", "Clean above counterfactual (p)", togglePair, { "aria-pressed": String(pair) }),
    reason && element("span", { class: "soft", role: "status" }, reason), back, forth];
  const pane = promptPane({ root, entries, run, title: `Prompt ${id}`, query, beside: tools,
    onState: (changes, options) => writeAddress(changes, { ...options, silent: true }),
    onTarget: (entry, position) => go(entry.graph.prompt, position) });

  const way = walkFrom(from, id, target, { signal }).then((found) => {
    Object.assign(beside, found);
    back.disabled = !found.previous;
    forth.disabled = !found.next;
    if (found.place) place.textContent = from ? ` · ${count(found.place)} of ${count(found.count)} in the list` : "";
  }, () => { /* without the list there is no way on */ });

  const keys = { c: toggleOther, p: togglePair, j: () => walk("next"), k: () => walk("previous") };
  function onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target instanceof Element && event.target.closest("input:not([type=range]), textarea, select")) return;
    if (keys[event.key]) keys[event.key]();
    else if (!pane.handles(event)) return;
    event.preventDefault();
  }
  document.addEventListener("keydown", onKey);
  const shown = [path.join("/"), pair, from].join(" ");
  return {
    shown: () => pane.shown(),
    update(context) {
      if ([context.path.join("/"), context.query.get("pair") === "1", context.query.get("from")].join(" ") !== shown) return false;
      pane.update(context.query);
      return true;
    },
    close() {
      document.removeEventListener("keydown", onKey);
      pane.close();
    },
  };
}
