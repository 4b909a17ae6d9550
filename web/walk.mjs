/* SPDX-License-Identifier: Apache-2.0
 * Lists of prompts as parameters: a list is the query of its address ("head=L1H5&sort=importance"). A prompt's address has it as `from`, so
 * that the way to the next prompt is that through the list. */
import { get } from "./api.mjs";
import { addressOf } from "./address.mjs";

/* What makes a list; the rest of an address is not about it. */
export const LIST_PARAMETERS = ["q", "group", "head", "edge", "circuit", "mining", "answers", "counterfactuals", "sort", "order"];

/* The query of a list, and nothing else, as text: what `from` holds. query: URLSearchParams or object. */
export function listText(query) {
  const from = new URLSearchParams(query), list = new URLSearchParams();
  for (const name of LIST_PARAMETERS) if (from.get(name)) list.set(name, name === "head" ? from.get(name).toUpperCase() : from.get(name));
  return list.toString();
}

/* The list of the prompts of one thing, the most important first where the address does not say otherwise. */
export function listOf(query, parameters) {
  const order = { sort: query.get("sort") ?? "importance", order: query.get("order") ?? (query.get("sort") ? "up" : "down") };
  return new URLSearchParams(Object.entries({ ...parameters, ...order }).filter(([, value]) => value));
}

/* The end point of a list, or of the way through it: prompts | walk; a circuit's prompts have their own. */
export function listPoint(point, from) {
  const parameters = Object.fromEntries(new URLSearchParams(listText(from)));
  return { path: parameters.circuit ? `circuit_${point}` : point, parameters };
}

/* The address of a prompt (of one of its targets) that was found in the list `from`. */
export function promptAddress(prompt, target, from, query) {
  return addressOf(target == null ? ["prompt", prompt] : ["prompt", prompt, target], { from: listText(from ?? ""), ...query });
}

/* The way through a list: {previous, next: {prompt, target (null: the last position)} | null, place: from 1, null when the prompt is not in the
 * list, count}. from: text of a list; "" or null for all prompts of the data set. Throws as get() does. */
export async function walkFrom(from, prompt, target, { signal }) {
  const { path, parameters } = listPoint("walk", from ?? "");
  const way = await get(path, { ...parameters, prompt, target: target ?? null }, { signal });
  const at = (pair) => pair && { prompt: pair[0], target: pair[1] };
  return { ...way, previous: at(way.previous), next: at(way.next) };
}
