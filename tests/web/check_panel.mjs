/* SPDX-License-Identifier: Apache-2.0
 * The panel: heads of an edge, lists, neurons, lens, what is not stored. Numbers: WEB.md section 12. Every figure is asked of SQL again. */
import { check, go, holds, openTab, rows, same, takeFaults } from "./browser.mjs";

const PROMPT = 17;
const wordsOf = (text) => (text === "" ? "∅" : text.replace(/ /g, "·"));
const scoreText = (x) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(2)}`;
const shareText = (x) => `${(x * 100).toFixed(1)} %`;

/* [promoted tokens, scores, suppressed tokens, scores] of the table of lists that follows a heading, as shown. */
const listsShown = (page, heading) => page.evaluate((start) => {
  const headings = [...document.querySelectorAll(".panel h3")].filter((node) => node.textContent.startsWith(start));
  let at = headings[0];
  while (at && !at.querySelector?.(".panel-lists") && !at.matches?.(".panel-lists")) at = at.nextElementSibling;
  const table = at?.matches(".panel-lists") ? at : at?.querySelector(".panel-lists");
  const cells = [...(table?.tBodies[0].rows ?? [])].map((row) => [...row.cells].map((cell) => (cell.querySelector(".token") ?? cell).textContent));
  return [0, 1, 2, 3].map((k) => cells.map((row) => row[k]).filter((text) => text !== ""));
}, heading);

export async function checkPanel(context) {
  const { browser, server, binary, ioi } = context;
  const sql = (text) => rows(binary, ioi, text);
  const page = await openTab(browser, server, `#/prompt/${PROMPT}`);
  const show = (address) => go(page, `#/prompt/${address}`);
  /* As shown, of a component: promotes, then suppresses. */
  const listsStored = (where) => ["promotes", "suppresses"].flatMap((list) => {
    const found = sql(`SELECT token, score FROM projection WHERE ${where} AND list = '${list}' ORDER BY rank`);
    return [found.map((row) => wordsOf(row.token)), found.map((row) => scoreText(row.score))];
  });

  await check("6 heads of an edge, order and shares", async () => {
    const edges = sql(`SELECT layer, source, target, count(*) AS n FROM edge WHERE prompt_id = ${PROMPT} AND kind = 'attention' GROUP BY 1, 2, 3 ORDER BY n DESC LIMIT 3`);
    holds(edges[0].n > 2, "no edge with several heads to look at");
    for (const { layer, source, target } of edges) {
      await show(`${PROMPT}?sel=edge.${layer}.${source}.${target}`);
      const wanted = sql(`SELECT head, importance, flow FROM edge WHERE prompt_id = ${PROMPT} AND kind = 'attention' AND layer = ${layer} AND source = ${source}
        AND target = ${target} ORDER BY flow DESC, head`).map((row) => [`H${row.head}`, row.importance.toFixed(3), shareText(row.flow)]);
      const found = await page.$$eval('[data-key^="head."]', (list) => list.map((node) => [node.querySelector("b").textContent, ...[...node.querySelectorAll(":scope > span")]
        .map((span) => span.textContent).filter((text) => text !== "")]));
      same(found.slice(0, wanted.length), wanted, `edge ${layer}.${source}.${target}`);
      holds(found.slice(wanted.length).every((row) => row.at(-1) === "–"), "a head outside of the graph has a flow");
    }
  });

  await check("7 a head's lists are those of projection, under both conventions; a list from another position is marked", async () => {
    await show(`${PROMPT}?sel=edge.2.4.14.1`);
    const where = `prompt_id = ${PROMPT} AND kind = 'head' AND layer = 2 AND head = 1 AND position = 14`;
    same(await listsShown(page, "L2H1 writes"), listsStored(`${where} AND convention = 'frozen'`), "share of the logits");
    await page.click('[data-key="convention.alone"]');
    await page.waitForFunction(() => location.hash.includes("conv=alone"));
    same(await listsShown(page, "L2H1 writes"), listsStored(`${where} AND convention = 'alone'`), "by itself");
    same((await page.$$(".panel-mark")).length, 0, "marks of lists that are of this position");
    const [other] = sql(`SELECT e.prompt_id, e.layer, e.source, e.target, e.head, h.position FROM edge e JOIN head h USING(prompt_id, layer, head)
      WHERE e.prompt_id < 50 AND e.kind = 'attention' AND e.target <> h.position LIMIT 1`);
    await show(`${other.prompt_id}?sel=edge.${other.layer}.${other.source}.${other.target}.${other.head}`);
    holds((await page.$eval(".panel-mark", (node) => node.textContent)).includes(`(${other.position})`), "the other position is not named");
    same(await listsShown(page, `L${other.layer}H${other.head} writes`), listsStored(`prompt_id = ${other.prompt_id} AND kind = 'head' AND layer = ${other.layer}
      AND head = ${other.head} AND position = ${other.position} AND convention = 'frozen'`), "lists of the other position");
  });

  await check("8 neurons of an FFN are those of neuron", async () => {
    const [{ layer, position }] = sql(`SELECT layer, position FROM neuron WHERE prompt_id = ${PROMPT} GROUP BY 1, 2 HAVING count(*) >= 5 AND min(activation) < 0 AND max(activation) > 0
      ORDER BY 1 DESC, 2 DESC LIMIT 1`), where = `prompt_id = ${PROMPT} AND layer = ${layer} AND position = ${position}`;
    await show(`${PROMPT}?sel=ffn.${layer}.${position}`);
    const wanted = sql(`SELECT neuron, importance, activation FROM neuron WHERE ${where} ORDER BY importance DESC, neuron`);
    same(await page.$$eval('[data-key^="neuron."]', (list) => list.map((node) => [node.querySelector("b").textContent, ...[...node.querySelectorAll(":scope > span")]
      .slice(0, 2).map((span) => span.textContent)])), wanted.map((row) => [`N${row.neuron}`, shareText(row.importance), scoreText(row.activation)]), "neurons");
    same(await listsShown(page, "The whole FFN adds"), listsStored(`${where} AND kind = 'ffn' AND convention = 'frozen'`), "lists of the FFN");
  });

  await check("9 a neuron's lists, turned round where its activation is negative", async () => {
    for (const sign of ["<", ">"]) {
      const [row] = sql(`SELECT n.prompt_id, n.layer, n.position, n.neuron FROM neuron n WHERE n.activation ${sign} 0 AND n.prompt_id < 100
        AND EXISTS (SELECT 1 FROM neuron_token t WHERE t.layer = n.layer AND t.neuron = n.neuron) ORDER BY abs(n.activation) DESC LIMIT 1`);
      if (!holds(row, `no neuron with an activation ${sign} 0`)) continue;
      await show(`${row.prompt_id}?sel=ffn.${row.layer}.${row.position}.${row.neuron}`);
      const list = (of) => sql(`SELECT k.text AS token, t.score / 1e4 AS score FROM neuron_token t JOIN token k USING(token_id)
        WHERE t.layer = ${row.layer} AND t.neuron = ${row.neuron} AND t.sign = ${of} ORDER BY t.rank`);
      const turn = sign === "<" ? -1 : 1;
      const wanted = [turn, -turn].flatMap((of) => [list(of).map((t) => wordsOf(t.token)), list(of).map((t) => scoreText(turn * t.score))]);
      same(await listsShown(page, `L${row.layer}N${row.neuron} adds`), wanted, `L${row.layer}N${row.neuron}`);
      same((await page.$$(".panel-mark")).length, sign === "<" ? 1 : 0, "the sentence that lists are turned round");
    }
  });

  await check("10 logit lens and ranks before", async () => {
    await show(`${PROMPT}?sel=state.3.14.post`);
    const list = (kind, layer) => sql(`SELECT token, score, rank FROM projection WHERE prompt_id = ${PROMPT} AND kind = '${kind}' AND layer = ${layer} AND position = 14
      AND convention = 'alone' AND list = 'promotes' ORDER BY rank`);
    const after = list("resid_post", 3), before = new Map(list("resid_mid", 3).map((row) => [row.token, row.rank]));
    holds(after.length >= 5 && before.size >= 5, "no lens to look at");
    same(await page.evaluate(() => [...document.querySelector(".panel-later .panel-table").tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))),
      after.map((row) => [String(row.rank), wordsOf(row.token), row.score.toFixed(2), String(before.get(row.token) ?? `> ${before.size}`)]), "lens");
  });

  await check("11 what is not stored names the option that stores it", async () => {
    const plain = await openTab(browser, context.plain, `#/prompt/${PROMPT}?sel=state.1.4.post`);
    holds((await plain.$$eval(".panel-missing", (list) => list.map((node) => node.textContent).join(" "))).includes("--project all"), "a state: --project all is not named");
    await go(plain, `#/prompt/${PROMPT}?sel=token.4`);
    holds((await plain.$eval(".panel", (node) => node.textContent)).includes("--targets"), "a target: --targets is not named");
    same(takeFaults(plain), [], "faults");
    await plain.close();
  });

  await check("1 the panel: no console error, no CSP report, no other origin", () => same(takeFaults(page), [], "faults"));
  await page.close();
}
