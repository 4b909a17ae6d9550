/* SPDX-License-Identifier: Apache-2.0
 * Prompts that could not be traced, and why. */
import { count, element, fill, plural } from "./dom.mjs";
import { get } from "./api.mjs";
import { dataTable, digits, pageTitle, promptLink, queryLine, rowsOf } from "./lists.mjs";
import { showEmpty } from "./states.mjs";

export async function showFailed(context) {
  const { root, signal } = context;
  const data = await get("failed", {}, { signal });
  const rows = rowsOf(data);
  fill(root, pageTitle("Failed prompts"));
  if (rows.length === 0) {
    showEmpty(root, "No prompt failed.");
    return;
  }
  fill(
    root,
    element(
      "p",
      `${plural(data.count, "prompt")} could not be traced.`,
      rows.length < data.count && ` The first ${count(rows.length)}:`
    ),
    dataTable(
      "Failed prompts",
      [
        digits("prompt", (row) => promptLink(row.prompt_id, "")),
        { title: "reason", cell: (row) => row.reason },
        { title: "text", class: "text", cell: (row) => row.text ?? element("span.soft", "none, or no UTF-8") }
      ],
      rows
    ).node,
    queryLine("failed", { limit: Math.max(100, rows.length) })
  );
}
