/* SPDX-License-Identifier: Apache-2.0
 * The prompts before and after one: in the list that one came from, else in the data set. */
import { get } from "./api.mjs";

const WALK_PAGES = 50; /* of a list that are read to find a prompt */
let walkKept = { list: null, ids: [], next: null, pages: 0 };

/* from: the address of a list ("#/prompts?group=1"), or null. -> {previous, next}: ids or null. */
export async function neighbours(run, id, from, signal) {
  const query = new URLSearchParams(from?.split(/\?(.*)/s)[1] ?? "");
  const all = run.prompts + run.counterfactuals;
  if (!from?.startsWith("#/prompts") || query.size === 0) return { previous: id > 0 ? id - 1 : null, next: id + 1 < all ? id + 1 : null };
  query.delete("after");
  const list = query.toString();
  if (walkKept.list !== list) walkKept = { list, ids: [], next: "", pages: 0 };
  const kept = walkKept;
  for (;;) {
    const at = kept.ids.indexOf(id);
    if ((at >= 0 && at + 1 < kept.ids.length) || kept.next === null || kept.pages >= WALK_PAGES)
      return { previous: at > 0 ? kept.ids[at - 1] : null, next: at >= 0 ? kept.ids[at + 1] ?? null : kept.ids[0] ?? null };
    const page = await get("prompts", { ...Object.fromEntries(query), after: kept.next || null }, { signal });
    kept.ids.push(...page.rows.map((row) => row[0]));
    kept.next = page.next ?? null;
    kept.pages++;
  }
}
