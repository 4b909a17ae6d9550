/* SPDX-License-Identifier: Apache-2.0
 * The run: what was traced, how much of it is stored, how often the model is right, how large the graphs are. */
import { count, element, fill, number, pageLink, percent, plural } from "./dom.mjs";
import { get } from "./api.mjs";
import { lineChart } from "./chart.mjs";
import { dataTable, digits, estimate, estimateShare, laterPart, pageTitle, queryLine, rowsOf } from "./lists.mjs";
import { noAnswers, showNoPrompt } from "./states.mjs";

const RUN_LINKS = [
  ["Prompts", "predictions and graphs"],
  ["Heads", "which attention heads matter"],
  ["Neurons", "which neurons matter"],
  ["Circuits", "edges that recur together"],
  ["Compare", "what differs between two groups"],
  ["Lens", "at which layer the answer appears"],
  ["Roles", "through which tokens the flow goes"]
];

function runFact(name, ...value) {
  return [element("dt", name), element("dd", value)];
}

function runFacts(run) {
  const stored = [plural(run.done, "prompt")];
  const planned = run.planned;
  if (run.done + run.failed < planned)
    stored.push(`, ${percent((run.done + run.failed) / planned, 0)} of ${count(planned)}: the run is not finished`);
  if (run.counterfactuals) stored.push(`, ${count(run.counterfactuals)} of them counterfactuals`);
  if (run.failed) stored.push(", ", element("a", { href: "#/failed" }, `${count(run.failed)} failed`));
  return element(
    "dl.facts",
    runFact(
      "Model",
      `${run.model} (${run.family}, ${plural(run.layers, "layer")}, ${plural(run.heads, "head")} each, d_model ${run.d_model}, ${count(run.d_ffn)} neurons each${run.parallel ? ", parallel blocks" : ""})`
    ),
    runFact("Data", `${run.dataset}, ${plural(run.prompts, "prompt")}`),
    runFact("Stored", stored),
    run.shard && runFact("Shard", `${run.shard.number} of ${run.shard.of}: the other prompts are in other files`),
    runFact("Threshold", `${run.threshold}; rows are stored from ${run.floor} on`),
    run.roles.length > 1 && runFact("Roles", run.roles.filter((role) => role !== "-").join(", "))
  );
}

async function runAccuracy({ signal }) {
  const data = rowsOf(await get("accuracy", {}, { signal }));
  if (data.length === 0) return noAnswers();
  const link = (row) =>
    row.group_id === -1
      ? row.group_name
      : pageLink(row.group_name || "(no group)", ["prompts"], { group: row.group_id, counterfactuals: row.counterfactual ? "only" : null });
  const foil = data.some((row) => row.beats_foil !== null);
  const whole = data.some((row) => row.several > 0);
  return [
    dataTable(
      "Accuracy by group",
      [
        { title: "group", cell: link },
        digits("n", (row) => count(row.n)),
        digits("answer first", (row) => estimateShare(row, "accuracy"), "share of prompts whose answer is most probable"),
        whole && digits("whole answer", (row) => estimateShare(row, "whole_accuracy"), "greedy decoding writes it all"),
        foil && digits("beats the foil", (row) => percent(row.beats_foil), "ties left out"),
        foil && digits("logit difference", (row) => estimate(row, "logit_diff", 2), "logit of the answer - logit of the foil"),
        digits("probability", (row) => estimate(row, "probability")),
        digits("mean rank", (row) => number(row.mean_rank, 2))
      ].filter(Boolean),
      data
    ).node,
    queryLine("accuracy")
  ];
}

async function runSizes({ run, signal }) {
  const data = await get("size_curve", {}, { signal });
  const rows = rowsOf(data);
  if (rows.length === 0) return null;
  return [
    element("h2", "Size of the graphs by threshold"),
    element(
      "p.soft",
      `Mean of ${plural(rows[0].graphs, "graph")}${rows[0].graphs < data.of ? ` of ${count(data.of)}, evenly chosen` : ""}; ` +
        `the band goes from the smallest to the largest.`
    ),
    lineChart({
      name: "Edges of a graph by threshold",
      x: "threshold",
      y: "edges",
      log: true,
      markX: run.threshold,
      series: [{ name: "edges", points: rows.map((row) => ({ x: row.threshold, y: row.edges, lo: row.edges_min, hi: row.edges_max })) }]
    }),
    element(
      "details",
      element("summary", "As a table"),
      dataTable(
        "Size by threshold",
        [
          digits("threshold", (row) => String(row.threshold)),
          digits("edges", (row) => number(row.edges, 1)),
          digits("least", (row) => count(row.edges_min)),
          digits("most", (row) => count(row.edges_max)),
          digits("nodes", (row) => number(row.nodes, 1)),
          digits("heads", (row) => number(row.heads, 1)),
          digits("FFN nodes", (row) => number(row.ffn_nodes, 1))
        ],
        rows
      ).node
    ),
    queryLine("size_curve", { sample: data.sample })
  ];
}

export async function showRun(context) {
  const { root, run } = context;
  fill(root, pageTitle(run.dataset ? `${run.dataset}, ${run.model}` : run.model), runFacts(run));
  if (run.done === 0) {
    showNoPrompt(root, run);
    return;
  }
  const accuracy = laterPart("Is the model right?", () => runAccuracy(context), context), sizes = laterPart(null, () => runSizes(context), context);
  fill(
    root,
    element(
      "ul.onward",
      RUN_LINKS.map(([title, what]) => element("li", pageLink(title, [title.toLowerCase()]), element("span", what)))
    ),
    accuracy.section,
    sizes.section,
    element(
      "details",
      element("summary", "Settings of the run"),
      dataTable(
        "Settings",
        [
          { title: "setting", cell: ([name]) => name },
          { title: "value", cell: ([, value]) => value }
        ],
        Object.entries(run.settings)
      ).node,
      queryLine("settings")
    )
  );
  await accuracy.start();
  return { shown: sizes.start };
}
