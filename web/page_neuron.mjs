/* SPDX-License-Identifier: Apache-2.0
 * One neuron: how much it matters and to whom, what it promotes and suppresses, where it is. */
import { count, element, fill, number, plural, tokenElement } from "./dom.mjs";
import { get } from "./api.mjs";
import { dataTable, digits, laterPart, pageTitle, queryLine, rowsOf } from "./lists.mjs";
import { groupDots, groupSummary } from "./page_head.mjs";
import { showEmpty } from "./states.mjs";
import { promptAddress } from "./walk.mjs";

function neuronList(rows, list) {
  return element(
    "div",
    dataTable(
      list,
      [
        digits("", (row) => String(row.rank)),
        { title: list, cell: (row) => (row.token === null ? "?" : tokenElement(row.token)) },
        digits("score", (row) => number(row.score, 3))
      ],
      rows.filter((row) => row.list === list)
    ).node
  );
}

function neuronPlaces(data, layer, neuron) {
  const rows = rowsOf(data),
    sel = (row) => ({ sel: `ffn.${layer}.${row.position}.${neuron}` });
  const said = element(
    "p.soft",
    `Looked for in ${count(data.looked)} of ${plural(data.of, "graph")}${data.looked < data.of ? ", evenly chosen" : ""}: ${count(data.found)} have it among the best of a node.` +
      (rows.length < data.found ? ` The ${rows.length} most important places:` : "")
  );
  return rows.length === 0
    ? said
    : [
        said,
        dataTable(
          "Where it is",
          [
            digits("prompt", (row) => element("a", { href: promptAddress(row.prompt_id, row.target_pos, "", sel(row)) }, String(row.prompt_id))),
            { title: "text", class: "text", cell: (row) => row.text ?? "–" },
            {
              title: "at",
              class: "name",
              cell: (row) => [tokenElement(row.token), element("span.soft", ` ${row.position}`)]
            },
            digits("importance", (row) => number(row.importance, 4)),
            digits("activation", (row) => number(row.activation, 3))
          ],
          rows,
          { class: "prompts" }
        ).node
      ];
}

export async function showNeuron(context) {
  const { root, run, path, signal } = context;
  const [, layer, neuron] = path,
    name = `L${layer}N${neuron}`;
  const data = await get("neuron", { layer, neuron }, { signal }),
    groups = rowsOf(data.groups),
    lists = rowsOf(data);
  fill(root, pageTitle(`Neuron ${name}`, element("a", { href: "#/neurons" }, "all neurons")));
  const all = groups.find((row) => row.group_id === -1);
  fill(
    root,
    all
      ? groupSummary(all, 4)
      : element("p", `It never was among the best of an FFN node (lists hold ${run.settings["top-neurons"] ?? "ten"}).`)
  );
  if (groups.length) fill(root, element("h2", "By group"), groupDots(run, groups, `Importance of ${name} by group`));
  fill(root, element("h2", "What it promotes and suppresses"));
  if (lists.length)
    fill(
      root,
      element("p.soft", "For a positive activation; turned round where it is negative."),
      element("div.two", neuronList(lists, "promotes"), neuronList(lists, "suppresses"))
    );
  else
    showEmpty(
      root,
      "Its lists are not stored: only those of neurons among the best of a node are, none with --project none."
    );
  const places = laterPart(
    "Where it is",
    async () => neuronPlaces(await get("neuron_prompts", { layer, neuron }, { signal }), layer, neuron),
    context
  );
  fill(root, places.section, queryLine("neuron_tokens", { layer, neuron }));
  return { shown: places.start };
}
