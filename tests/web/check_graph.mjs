/* SPDX-License-Identifier: Apache-2.0
 * The graph of a prompt: counts, threshold, address, back and forward, keys alone, the table, the pair. Numbers: WEB.md section 12. */
import { tokenText } from "../../web/dom.mjs";
import { check, go, holds, openTab, query, rows, same, settled, takeFaults } from "./browser.mjs";

const PROMPT = 17;
const edgesAt = (context, threshold, prompt = PROMPT) =>
  rows(context.binary, context.ioi, `SELECT count(*) AS n FROM graph g, hw_edges(g.edges, ${threshold}) WHERE g.prompt_id = ${prompt}`)[0].n;
const shownCount = (page) => page.$eval(".prompt-count", (node) => Number(/[\d,]+/.exec(node.textContent)[0].replace(/,/g, "")));
const LINKS = [".g-attention", ".g-ffn", ".g-residual"].map((name) => `.graph-main .g-base > ${name}`).join();
const spoken = (page) => page.$eval("#live", (node) => node.textContent);
const selected = (page) => page.evaluate(() => new URLSearchParams(location.hash.split("?")[1]).get("sel"));

/* Moves the slider as a hand does: input events while it moves, change at the end. */
async function slide(page, step) {
  await page.$eval("#threshold", (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, step);
}

async function tabUntil(page, wanted, most = 80) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((selector) => document.activeElement.matches(selector), wanted)) return true;
    await page.keyboard.press("Tab");
  }
  return false;
}

export async function checkGraph(context) {
  const { browser, server } = context;
  const page = await openTab(browser, server, `#/prompt/${PROMPT}`);

  await check("2 as many edges as hw_edges at the run's threshold", async () => {
    same(await shownCount(page), edgesAt(context, "NULL"), "edges");
    const [{ n }] = rows(context.binary, context.ioi, `SELECT count(DISTINCT kind || ' ' || layer || ' ' || source || ' ' || target) AS n FROM edge WHERE prompt_id = ${PROMPT}`);
    same(await page.$$eval(LINKS, (paths) => paths.reduce((sum, path) => sum + (path.getAttribute("d")?.match(/M/g)?.length ?? 0), 0)), n, "edges that are drawn, heads of an edge as one");
  });

  await check("section 11: run and graph are asked for at once; less than 60 kB come before the graph, and no list", async () => {
    const loaded = await page.evaluate(() => ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type))
      .map(({ name, startTime, responseEnd, encodedBodySize }) => ({ name: name.replace(/#.*/, "").split("/").at(-1), startTime, responseEnd, encodedBodySize })));
    const rest = loaded.find(({ name }) => name === "rest.mjs"), before = loaded.filter(({ name, startTime }) => startTime < rest.startTime && name !== "icon.svg"); /* as late as rest.mjs */
    same(before.map(({ name }) => name).sort(), ["", `graph?prompt=${PROMPT}`, "main.mjs", "run", "start.mjs", "style.css"], "requests before rest.mjs");
    const bytes = before.reduce((sum, entry) => sum + entry.encodedBodySize + 600, 0); /* headers too */
    holds(bytes < 60000, `${bytes} bytes before the first graph, want less than 60,000`);
  });

  await check("4 the slider counts as hw_edges does, without a request", async () => {
    let requests = 0;
    const listener = () => requests++;
    page.on("request", listener);
    for (const step of [0, 60, 123, 200, 310, 400]) {
      await slide(page, step);
      await page.$eval("#threshold", (input) => input.dispatchEvent(new Event("change", { bubbles: true })));
      const threshold = await page.$eval(".threshold output", (node) => node.textContent);
      same(await shownCount(page), edgesAt(context, threshold), `edges at ${threshold}`);
    }
    page.off("request", listener);
    same(requests, 0, "requests while the slider moves");
  });

  await check("5 never below the floor, which is named", async () => {
    await go(page, `#/prompt/${PROMPT}?t=0.0001`);
    same(await page.$eval(".threshold output", (node) => node.textContent), "0.01", "threshold");
    same(await shownCount(page), edgesAt(context, "0.01"), "edges at the floor");
    holds((await page.$eval(".prompt-note", (node) => (node.hidden ? "" : node.textContent))).includes("0.01"), "the floor is not named");
    const plain = await openTab(browser, context.plain, `#/prompt/${PROMPT}`);
    holds((await plain.$eval(".prompt-note", (node) => (node.hidden ? "" : node.textContent))).includes("--floor"), "floor = threshold: --floor is not named");
    same(takeFaults(plain), [], "faults");
    await plain.close();
  });

  await check("12 the address restores threshold, selection, zoom, fold, pair; z=1 is not automatic", async () => {
    const address = `#/prompt/${PROMPT}?t=0.08&sel=edge.2.4.14&z=2&fold=1&pair=1`;
    const tab = await openTab(browser, server, address);
    same(await tab.$eval(".threshold output", (node) => node.textContent), "0.08", "threshold");
    same(await tab.$eval(".panel h2", (node) => node.textContent.includes("Layer 2")), true, "the panel's title");
    same((await tab.$$(".graph")).length, 2, "graphs of the pair");
    same(await tab.$$eval(".prompt-bar button", (nodes) => nodes.find((node) => node.textContent === "Fold").getAttribute("aria-pressed")), "true", "folded");
    const widths = {};
    for (const z of ["", "&z=0", "&z=1", "&z=2"]) {
      await go(tab, `#/prompt/${PROMPT}?fold=0${z}`);
      widths[z] = await tab.$eval(".graph-main", (node) => Number(node.getAttribute("width")));
    }
    holds(widths["&z=2"] > 1.5 * widths["&z=0"], `zoom 2 is not wider: ${JSON.stringify(widths)}`);
    same(takeFaults(tab), [], "faults");
    await tab.close();
    const deep = await openTab(browser, context.deep, "#/prompt/0?fold=0");
    await deep.setViewport({ width: 600, height: 500 }); /* too small for all in sight: automatic scrolls */
    const sizes = {};
    for (const z of ["", "&z=0", "&z=1"]) {
      await go(deep, `#/prompt/0?fold=0${z}`);
      sizes[z] = await deep.$eval(".graph-main", (node) => [node.getAttribute("width"), node.getAttribute("height")]);
    }
    same(sizes["&z=1"], sizes["&z=0"], "z=1 is the size of all in sight");
    holds(JSON.stringify(sizes["&z=1"]) !== JSON.stringify(sizes[""]), `z=1 is as automatic: ${JSON.stringify(sizes)}`);
    await deep.close();
  });

  await check("12 a state that was reached by hand is the same in a new tab", async () => {
    const tab = await openTab(browser, server, `#/prompt/${PROMPT}`);
    await tab.focus("[role=application]");
    for (const key of ["p", "[", "[", "o", "+"]) { /* the pair first: it makes the page anew, of the address */
      await tab.keyboard.press(key);
      await settled(tab);
    }
    const strongest = `SELECT layer, head, source, target, max(flow) FROM edge WHERE prompt_id = ${PROMPT} AND kind = 'attention' GROUP BY layer, head`;
    const [{ name }] = rows(context.binary, context.ioi, `SELECT 'L' || layer || 'H' || max(head) AS name FROM (${strongest}) GROUP BY layer, source, target HAVING count(*) > 1`);
    await tab.click(`[data-key="${name}"]`); /* selects an edge of several heads */
    await settled(tab);
    await tab.click('li + li > [data-key^="head."]'); /* not the strongest head, which is shown where none is chosen */
    await settled(tab);
    const parameters = Object.fromEntries(new URLSearchParams((await tab.evaluate(() => location.hash)).split("?")[1]));
    same(Object.keys(parameters).sort(), ["fold", "pair", "sel", "t", "z"], "parameters of the address");
    const look = (of) => of.evaluate(() => ["threshold output", "prompt-count", "panel", "graph-main path", "graph-main text", "prompt-bar [aria-pressed]"].map((what) =>
      [what, ...[...document.querySelectorAll(`.${what}`)].map((node) => node.getAttribute("d") ?? `${node.textContent} ${node.getAttribute("aria-pressed")}`).filter((text) => text)]));
    const again = await openTab(browser, server, await tab.evaluate(() => location.hash)), wanted = await look(tab);
    for (const [k, found] of (await look(again)).entries()) {
      holds(found.length > 1, `${found[0]}: nothing to look at`);
      same(found, wanted[k], found[0]);
    }
    same([takeFaults(tab), takeFaults(again)], [[], []], "faults");
    await again.close();
    await tab.close();
  });

  await check("13 back and forward", async () => {
    await go(page, `#/prompt/${PROMPT}`);
    await page.click('[data-key="L2H1"]'); /* selects the head's strongest edge */
    same(await selected(page), "edge.2.4.14.1", "selection of a head's edge");
    await go(page, `#/prompt/${PROMPT + 1}`);
    await page.goBack();
    await settled(page);
    same(await selected(page), "edge.2.4.14.1", "selection after back");
    holds((await page.$eval(".panel h2", (node) => node.textContent)).includes("Layer 2"), "the panel follows back");
    await page.goBack();
    await settled(page);
    same([await page.evaluate(() => location.hash), await selected(page)], [`#/prompt/${PROMPT}`, null], "after two steps back");
    await page.goForward();
    await settled(page);
    same(await selected(page), "edge.2.4.14.1", "selection after forward");
  });

  await check("14 the keyboard alone, from the address bar to a head's list", async () => {
    const tab = await openTab(browser, server, `#/prompt/${PROMPT}`);
    holds(await tabUntil(tab, "[role=application]"), "Tab does not reach the graph");
    for (const [key, words] of [["ArrowDown", "State after layer 3"], ["ArrowDown", "State after the attention of layer 3"], ["f", "FFN of layer 3"],
      ["ArrowDown", "State after the attention of layer 3"]]) { /* a first key stands on the state above */
      await tab.keyboard.press(key);
      same((await spoken(tab)).slice(0, words.length), words, `${key}: what the live region says`);
    }
    await tab.keyboard.down("Shift");
    await tab.keyboard.press("ArrowRight");
    await tab.keyboard.up("Shift");
    for (let i = 0; i < 12 && !/^edge/.test((await selected(tab)) ?? ""); i++) {
      await tab.keyboard.press("Enter");
      if (/^edge/.test((await selected(tab)) ?? "")) break;
      await tab.keyboard.press("Escape");
      await tab.keyboard.down("Shift");
      await tab.keyboard.press("ArrowRight");
      await tab.keyboard.up("Shift");
      if (i % 3 === 2) await tab.keyboard.press("ArrowDown");
    }
    holds(/^edge\./.test(await selected(tab)), `no edge is selected: ${await selected(tab)}`);
    holds(await tabUntil(tab, '[data-key^="head."]'), "Tab does not reach a head");
    await tab.keyboard.press("Enter");
    await tab.waitForSelector(".panel-lists tbody tr");
    holds((await tab.$$(".panel-lists tbody tr")).length >= 5, "a head's list");
    await tab.keyboard.press("?");
    await tab.waitForSelector("dialog[open]");
    await tab.keyboard.press("Escape");
    const parameter = (name) => tab.evaluate((word) => new URLSearchParams(location.hash.split("?")[1]).get(word), name);
    for (const [key, name] of [["]", "t"], ["[", "t"], ["+", "z"], ["-", "z"], ["0", "z"], ["o", "fold"], ["t", "table"], ["p", "pair"]]) {
      const before = await parameter(name);
      await tab.keyboard.press(key);
      await settled(tab);
      holds((await parameter(name)) !== before, `${key} does not change ${name}`);
    }
    await go(tab, `#/prompt/${PROMPT}`);
    await tab.focus("[role=application]");
    for (const wanted of [".graph-table", "[role=application]"]) {
      await tab.keyboard.press("t");
      await settled(tab);
      holds(await tab.evaluate((selector) => document.activeElement.matches(selector), wanted), `t: the focus is not on ${wanted}`);
    }
    for (const [key, wanted] of [["j", PROMPT + 1], ["k", PROMPT]]) {
      await tab.keyboard.press(key);
      await tab.waitForFunction((id) => new RegExp(`^#/prompt/${id}(\\?|/|$)`).test(location.hash), {}, wanted);
      await settled(tab);
    }
    same(takeFaults(tab), [], "faults");
    await tab.close();
  });

  await check("15 the table has the graph's edges", async () => {
    await go(page, "#/");
    await go(page, `#/prompt/${PROMPT}?table=1`);
    const names = () => page.$$eval("[role=application]", (list) => list.map((node) => node.getAttribute("aria-label")?.slice(0, 16)));
    same(await names(), [], "a graph that is not drawn has no role, for it has no name");
    const found = await page.$$eval(".graph-table tbody tr", (list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
    const wanted = query(context.binary, context.ioi, "graph", "--prompt", String(PROMPT));
    same(found.length, wanted.length, "rows");
    for (const [i, row] of wanted.entries()) {
      const cells = found[i] ?? [];
      same([cells[0], cells[1], cells[2], cells[5], cells[6], cells[7]], [row.kind.replace("_", " "), String(row.layer), row.head === null ? "" : String(row.head),
        row.importance.toFixed(6), row.weight.toFixed(6), row.flow.toFixed(6)], `row ${i}`);
      same([cells[3], cells[4]], [`${row.source} ${tokenText(row.source_token)}`, `${row.target} ${tokenText(row.target_token)}`], `row ${i}: positions and tokens`);
    }
    await page.focus(".graph-table");
    await page.keyboard.press("t");
    await settled(page);
    same([await names(), await page.evaluate(() => document.activeElement.getAttribute("role"))], [["Information flow"], "application"], "the graph in its place has the name, and the focus");
  });

  await check("22 the pair: one threshold, one pointer, the same columns", async () => {
    const counterfactual = rows(context.binary, context.ioi, `SELECT prompt_id AS id FROM prompt WHERE counterfactual_of = ${PROMPT}`)[0].id;
    /* Folded at a threshold where one graph has flow at positions where the other has none. */
    const used = (prompt) => rows(context.binary, context.ioi, `SELECT DISTINCT e.source AS position FROM graph g, hw_edges(g.edges, 0.1) e WHERE g.prompt_id = ${prompt} ORDER BY 1`)
      .map((row) => row.position);
    holds(JSON.stringify(used(PROMPT)) !== JSON.stringify(used(counterfactual)), "no columns that differ");
    for (const folded of ["&fold=0", "&fold=1&t=0.1"]) {
      await go(page, `#/prompt/${PROMPT}?pair=1${folded}`);
      const columns = await page.$$eval(".graph-bottom", (list) => list.map((node) => [...node.querySelectorAll(".g-token")]
        .map((text) => Number(text.getAttribute("x"))).sort((a, b) => a - b)));
      holds(columns[0].length > 4, "no columns to look at");
      same(columns[1], columns[0], `columns, ${folded}`);
    }
    await go(page, `#/prompt/${PROMPT}?pair=1`);
    await slide(page, 250);
    await page.$eval("#threshold", (input) => input.dispatchEvent(new Event("change", { bubbles: true })));
    const threshold = await page.$eval(".threshold output", (node) => node.textContent);
    same(await page.$eval(".prompt-count", (node) => node.textContent.match(/\d+/g).map(Number)),
      [edgesAt(context, threshold), edgesAt(context, threshold, counterfactual)], "edges of both");
    const pointed = () => page.$$eval(".graph-main .g-pointed", (paths) => paths.map((path) => path.getAttribute("d") ?? ""));
    for (const [k, graph] of (await page.$$(".graph")).entries()) { /* the state of the target after the last layer: both graphs have it */
      const { x, y } = await graph.$eval(".g-states", (states) => {
        const last = [...states.children].findLast((path) => path.getAttribute("d")).getBoundingClientRect();
        return { x: last.x + last.width / 2, y: last.y + last.height / 2 };
      });
      await page.mouse.move(x, y);
      const found = await pointed();
      holds(found[0] !== "" && found[0] === found[1], `pointed at the target in graph ${k}: ${JSON.stringify(found)}`);
    }
    const label = await page.$(".graph .g-labels .g-label");
    const box = await label.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    holds((await pointed())[0] !== "", "pointed in the first graph");
    holds(await page.$eval(".graph-tip", (tip) => !tip.hidden), "no tooltip");
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    holds(/^edge\./.test(await selected(page)), `a click on a label selects ${await selected(page)}`);
  });

  await check("1 the page of a prompt: no console error, no CSP report, no other origin", () => same(takeFaults(page), [], "faults"));
  await page.close();
}
