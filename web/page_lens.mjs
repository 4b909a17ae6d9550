/* SPDX-License-Identifier: Apache-2.0
 * At which layer the answer appears: the logit lens at the last position, over all prompts and by group. */
import { count, element, fill, number, percent } from "./dom.mjs";
import { get } from "./api.mjs";
import { lineChart } from "./chart.mjs";
import { commandLine, dataTable, digits, estimate, estimateShare, groupChoices, groupName, groupShort, groupSql, intervalOf, measureControls, measureOf, pageTitle, queryCommand, rowsOf, shellWord } from "./lists.mjs";
import { noAnswers, showEmpty, showNoPrompt } from "./states.mjs";

/* Address -> column, title of the axis, its upper end. */
const LENS_MEASURES = {
  first: ["top1", "answer is first", 1],
  probability: ["probability", "probability of the answer", 1],
  difference: ["logit_diff", "logit of the answer - logit of the foil", null]
};
const LENS_LINES = 5; /* groups drawn at once */

/* The groups that a page draws: the chosen one, or all when they are few; null stands for all prompts. */
export function drawnGroups(run, chosen) {
  if (chosen) return [null, chosen];
  const own = groupChoices(run).filter((group) => !/(^|,)variant=counterfactual(,|$)/.test(group.name));
  return own.length <= LENS_LINES ? [null, ...own.map((group) => String(group.id))] : [null];
}

/* Lines of a column by layer, one a group. */
export function groupSeries(run, drawn, all, column) {
  return drawn.map((id, i) => ({
    name: groupName(run, id),
    short: groupShort(run, id),
    points: all[i].map((row) => {
      const { value: y, lo, hi } = intervalOf(row, column);
      return { x: row.layer, y, lo, hi };
    })
  }));
}

export async function showLens(context) {
  const { root, run, query, signal } = context;
  const group = query.get("group"),
    by = measureOf(query, Object.keys(LENS_MEASURES));
  const drawn = drawnGroups(run, group);
  const all = await Promise.all(drawn.map(async (id) => rowsOf(await get("lens", { group: id }, { signal }))));
  fill(root, pageTitle("Logit lens"));
  if (all[0].length === 0) {
    if (run.done) root.append(noAnswers());
    else showNoPrompt(root, run);
    return;
  }
  const [value, title, top] = LENS_MEASURES[by];
  const foil = all[0].some((row) => row.n_foil > 0),
    rows = all[group ? 1 : 0];
  fill(
    root,
    measureControls(
      context,
      [["first", "answer first"], ["probability", "probability"], foil && ["difference", "logit difference"]].filter(Boolean),
      by
    )
  );
  if (!rows.length) {
    showEmpty(root, "No prompt of this group has an answer.");
    return;
  }
  const series = groupSeries(run, drawn, all, value).filter((one) => one.points.some((point) => Number.isFinite(point.y)));
  fill(
    root,
    element(
      "p.soft",
      "What the state after each block says about the answer, at the last position."
    )
  );
  if (series.length)
    fill(
      root,
      lineChart({
        name: `${title} by layer`,
        x: "after block",
        y: title,
        yTo: top,
        yFrom: top ? 0 : undefined,
        xTicks: rows.map((row) => row.layer),
        xText: (x) => `L${x}`,
        series
      })
    );
  fill(
    root,
    element("h2", `${groupName(run, group)}, n = ${count(rows[0].n)}`),
    dataTable(
      "Answer by layer",
      [
        { title: "after block", cell: (row) => `L${row.layer}` },
        digits("answer first", (row) => estimateShare(row, "top1")),
        digits("for the first time", (row) => percent(row.first_top1), "first here, not before"),
        digits("settled", (row) => percent(row.settled), "first from here to the end, not before"),
        digits("mean rank", (row) => number(row.mean_rank, 1)),
        digits("probability", (row) => estimate(row, "probability")),
        foil && digits("beats the foil", (row) => percent(row.beats_foil), "ties left out"),
        foil && digits("logit difference", (row) => estimate(row, "logit_diff", 2))
      ].filter(Boolean),
      rows
    ).node,
    commandLine(
      group
        ? `headwater sql DB ${shellWord(`SELECT * FROM answer_by_layer WHERE group_id = ${groupSql(group)} ORDER BY layer`)}`
        : queryCommand("logit_lens")
    )
  );
}
