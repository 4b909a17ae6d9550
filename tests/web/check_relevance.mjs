/* SPDX-License-Identifier: Apache-2.0
 * The graphs of what an answer hangs on: the switch, their edges against hw_relevance, the panel, the address, the keys, the reason. */
import { tokenText } from "../../web/dom.mjs";
import { check, go, holds, openTab, rows, same, serve, settled, takeFaults } from "./browser.mjs";

const PROMPT = 17;
const MODES = ["answer", "contrast"];
const parts = (context, mode, threshold, kinds = "'attention', 'ffn'") =>
  rows(context.binary, context.ioi, `SELECT r.* FROM relevance a, hw_relevance(a.parts, ${threshold}) r WHERE a.prompt_id = ${PROMPT} AND a.mode = '${mode}' AND r.kind IN (${kinds})`);
const linkOf = (row) => [row.kind, row.layer, row.source, row.target].join(" ");
const shownCount = (page) => page.$eval(".prompt-count", (node) => Number(/\d+/.exec(node.textContent)[0]));
const parameter = (page, name) => page.evaluate((word) => new URLSearchParams(location.hash.split("?")[1]).get(word), name);
const pressed = (page) => page.$$eval("[role=group][aria-label='What is drawn'] button", (list) => list.map((node) => [node.textContent, node.getAttribute("aria-pressed")]));
const drawnLinks = (page, selector) => page.$$eval(`.graph-main .g-base > ${selector}`, (paths) => paths.reduce((sum, path) => sum + (path.getAttribute("d")?.match(/M/g)?.length ?? 0), 0));

async function slide(page, step) {
  await page.$eval("#threshold", (input, value) => {
    input.value = value;
    for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
  }, step);
}

export async function checkRelevance(context) {
  const page = await openTab(context.browser, context.server, `#/prompt/${PROMPT}`);

  await check("relevance: the switch by pointer and by key; the address keeps the choice", async () => {
    same(await pressed(page), [["routes", "true"], ["answer", "false"], ["contrast", "false"]], "routes first");
    for (const [act, wanted] of [[() => page.keyboard.press("r"), "answer"], [() => page.keyboard.press("r"), "contrast"], [() => page.keyboard.press("r"), null],
      [() => page.$$eval("[role=group][aria-label='What is drawn'] button", (list) => list[2].click()), "contrast"]]) {
      await act();
      await settled(page);
      same([await parameter(page, "by"), (await pressed(page)).find(([, is]) => is === "true")[0]], [wanted, wanted ?? "routes"], "the choice");
    }
    await page.goBack();
    await settled(page);
    same(await parameter(page, "by"), null, "after back");
  });

  for (const mode of MODES)
    await check(`relevance: the edges of the ${mode} graph are those of hw_relevance, drawn and in the table`, async () => {
      await go(page, `#/prompt/${PROMPT}?by=${mode}`);
      for (const step of [0, 100, 240]) {
        await slide(page, step);
        const threshold = await page.$eval(".threshold output", (node) => node.textContent), wanted = parts(context, mode, threshold);
        const sums = new Map();
        for (const row of wanted) sums.set(linkOf(row), (sums.get(linkOf(row)) ?? 0) + row.share);
        const negative = [...sums.values()].filter((sum) => sum < 0).length;
        same([await shownCount(page), await drawnLinks(page, "path:not(.g-negative):not(.g-square)"), await drawnLinks(page, ".g-negative")],
          [wanted.length, sums.size - negative, negative], `edges, solid and dashed links at ${threshold}`);
      }
      holds(await page.evaluate(() => document.querySelector(".g-negative") === null || getComputedStyle(document.querySelector(".g-negative")).strokeDasharray !== "none"),
        "negative links are not dashed");
      const against = parts(context, mode, "NULL", "'token'").filter((row) => row.share < 0).length;
      same([await page.$$eval("mark.g-against", (list) => list.length), await page.$eval(".g-bar.g-against", (bars) => (bars.getAttribute("d").match(/M/g) ?? []).length)],
        [against, against], "tokens that work against the answer: marks, pale bars");
      await go(page, `#/prompt/${PROMPT}?by=${mode}&table=1`);
      const wanted = parts(context, mode, "NULL"), tokens = rows(context.binary, context.ioi, `SELECT token FROM prompt_token WHERE prompt_id = ${PROMPT} ORDER BY position`);
      const digits = (x) => (x === null ? "" : x.toFixed(6)), place = (position) => `${position} ${tokenText(tokens[position].token)}`;
      const cells = await page.$$eval(".graph-table tbody tr", (list) => list.map((row) => [...row.cells].map((cell) => cell.textContent).join("|")));
      same(cells.sort(), wanted.map((row) => [row.kind, row.layer, row.head ?? "", place(row.source), place(row.target), ...[row.r, row.share, row.value, row.key].map(digits)].join("|")).sort(), "rows");
    });

  await check("relevance: the panel has r, share, value, key and query; heads with a negative share have a minus", async () => {
    const [row] = parts(context, "contrast", "NULL", "'attention'").sort((a, b) => a.share - b.share);
    await go(page, `#/prompt/${PROMPT}?by=contrast&sel=edge.${row.layer}.${row.source}.${row.target}.${row.head}`);
    const cells = await page.$$eval(".panel tbody tr", (list) => list.map((line) => [...line.cells].map((cell) => cell.textContent)));
    same(cells.find(([name]) => name === `H${row.head}`), [`H${row.head}`, row.r.toFixed(3), `${(row.share * 100).toFixed(1)} %`, row.value.toFixed(3), row.key.toFixed(3)], "the edge");
    const [query] = parts(context, "contrast", "NULL", "'query'").filter((part) => part.layer === row.layer && part.head === row.head && part.target === row.target);
    holds((await page.$eval(".panel", (node) => node.textContent)).includes(`r ${query.r.toFixed(3)} logits`), `the query: r ${query.r}`);
    holds((await page.$$eval(".g-label", (list) => list.map((node) => node.textContent))).some((text) => text.includes(`−H${row.head}`)), "the label's minus");
    await page.click(".panel-close");
    await settled(page);
    const [head] = parts(context, "contrast", "NULL", "'head'").sort((a, b) => Math.abs(b.r) - Math.abs(a.r));
    same(await page.$eval(".panel tbody tr", (line) => [...line.cells].map((cell) => cell.textContent)),
      [`L${head.layer}H${head.head}`, head.r.toFixed(3), `${(head.share * 100).toFixed(1)} %`, ...[head.value, head.key, head.query].map((x) => x.toFixed(3))], "the first head");
    const [token] = parts(context, "contrast", "NULL", "'token'").sort((a, b) => Math.abs(b.r) - Math.abs(a.r));
    await go(page, `#/prompt/${PROMPT}?by=contrast&sel=token.${token.source}`);
    holds((await page.$eval(".panel", (node) => node.textContent)).includes(`r ${token.r.toFixed(3)} logits`), `the token: r ${token.r}`);
  });

  await check("relevance: the contrast graph beside the routes of its prompt; same columns, another prompt keeps the choice", async () => {
    await go(page, `#/prompt/${PROMPT}?by=contrast&pair=1`);
    same(await page.$$eval(".prompt-graph", (list) => list.map((node) => node.getAttribute("aria-label"))), [`routes, prompt ${PROMPT}`, `contrast, prompt ${PROMPT}`], "the two");
    const [{ n }] = rows(context.binary, context.ioi, `SELECT count(*) AS n FROM graph g, hw_edges(g.edges, NULL) WHERE g.prompt_id = ${PROMPT}`);
    same(await page.$eval(".prompt-count", (node) => node.textContent.match(/\d+/g).map(Number)), [n, parts(context, "contrast", "NULL").length], "edges of both");
    await page.keyboard.press("j");
    await page.waitForFunction((id) => location.hash.startsWith(`#/prompt/${id}`), {}, PROMPT + 1);
    await settled(page);
    same([await parameter(page, "by"), await parameter(page, "pair")], ["contrast", "1"], "the next prompt");
  });

  await check("relevance: the reason where there are no numbers; routes where none is stored", async () => {
    const unequal = await serve(context.binary, context.paths("unequal")), tab = await openTab(context.browser, unequal, "#/prompt/0?by=contrast");
    const [{ reason }] = rows(context.binary, context.paths("unequal"), "SELECT reason FROM relevance WHERE prompt_id = 0 AND mode = 'contrast'");
    holds(reason, "no reason");
    for (const place of [".prompt-note", ".panel"]) holds((await tab.$eval(place, (node) => node.textContent)).includes(reason), `${place}: not the reason "${reason}"`);
    same(await shownCount(tab), 0, "edges");
    await go(tab, "#/prompt/0?by=answer");
    holds(/The answer has [1-9]\d* tokens: these are figures of its first/.test(await tab.$eval(".panel", (node) => node.textContent)), "not said that the margin is of the answer's first token");
    same(takeFaults(tab), [], "faults");
    await tab.close();
    await unequal.stop();
    const [{ id }] = rows(context.binary, context.ioi, `SELECT prompt_id AS id FROM prompt WHERE counterfactual_of = ${PROMPT}`);
    await go(page, `#/prompt/${id}?by=contrast`);
    holds((await page.$eval(".prompt-tools", (node) => node.textContent)).includes('No relevance "contrast" of this graph'), "not said why routes are drawn");
    holds((await page.$$(".g-base > .g-residual")).length > 0, "no routes");
  });

  same(takeFaults(page), [], "faults");
  await page.close();
}
