/* SPDX-License-Identifier: Apache-2.0
 * The pages of lists: filters, the heat map and its whiskers, circuits. Numbers: WEB.md section 12. Every figure is asked of SQL again;
 * tests/web/lists.py compares the end points themselves. */
import { execFileSync } from "node:child_process";
import { check, go, holds, openTab, query, rows, same, settled, takeFaults } from "./browser.mjs";

const three = (x) => x.toFixed(3).replace(/^-(0\.0*)$/, "$1"); /* no "-0.000" */
const tableCells = (page, selector) => page.$$eval(`${selector} tbody tr`, (list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
const tableNamed = (page, name) => page.$$eval("table", (list, wanted) => {
  const table = list.find((node) => node.caption?.textContent === wanted);
  return table ? [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)) : null;
}, name);

export async function checkLists(context) {
  const { browser, server, binary, ioi } = context;
  const sql = (text) => rows(binary, ioi, text);
  const page = await openTab(browser, server, "#/prompts");
  const ids = () => page.$$eval("table.prompts tbody tr", (list) => list.map((row) => Number(row.cells[0].textContent)));

  await check("19 filters of prompts, alone and combined, are SQL", async () => {
    const [edge] = sql("SELECT item_id AS id FROM edge_frequency WHERE frequency BETWEEN 0.2 AND 0.8 ORDER BY mean DESC LIMIT 1");
    const [group] = sql("SELECT group_id AS id FROM prompt_group WHERE name LIKE '%clean%BABA%'");
    const parts = {
      q: ["q=gallery", "text LIKE '%gallery%'"],
      group: [`group=${group.id}`, `group_id = ${group.id}`],
      head: ["head=L2H1", "prompt_id IN (SELECT prompt_id FROM head WHERE layer = 2 AND head = 1)"],
      edge: [`edge=${edge.id}`, `prompt_id IN (SELECT g.graph_id >> 20 FROM item_graph i, hw_item_graphs(i.graphs) g WHERE i.item_id = ${edge.id})`],
      circuit: ["circuit=2", "prompt_id IN (SELECT g.graph_id >> 20 FROM circuit c, hw_item_graphs(c.graphs) g WHERE c.rank = 2)"],
      answers: ["answers=wrong", "NOT correct"],
    };
    const sets = [[], ...Object.keys(parts).map((name) => [name]), ["q", "group"], ["head", "edge"], ["group", "head", "q"], ["circuit", "q"], ["edge", "group", "answers"]];
    for (const set of sets) {
      const where = ["counterfactual_of IS NULL", ...set.map((name) => parts[name][1])].join(" AND ");
      const wanted = sql(`SELECT prompt_id AS id FROM prompt_wide WHERE ${where} ORDER BY prompt_id`).map((row) => row.id);
      await go(page, `#/prompts?${set.map((name) => parts[name][0]).join("&")}`);
      same(await ids(), wanted.slice(0, 100), `prompts with ${set.join(", ") || "no filter"}`);
      const said = await page.$eval("h1 + *, .page [role=status]", (node) => node.textContent);
      holds(said.startsWith(`${wanted.length} `), `${set}: the count is "${said}", want ${wanted.length}`);
      same((await page.$$(".chip")).length, set.length, `${set}: chips`);
    }
    await go(page, "#/prompts?q=gallery&group=1");
    const before = (await ids()).length;
    await page.click(".chip button");
    await settled(page);
    await page.waitForFunction((n) => document.querySelectorAll("table.prompts tbody tr").length > n, {}, before);
    same((await page.$$(".chip")).length, 1, "chips after one is taken away");
  });

  await check("14 19 a field keeps the focus while the list changes: what is typed after a pause is not lost", async () => {
    await go(page, "#/prompts");
    const focused = () => page.evaluate(() => document.activeElement.tagName);
    const reached = async (name, value) => {
      await page.waitForFunction((key, text) => new URLSearchParams(location.hash.split("?")[1]).get(key) === text, {}, name, value);
      await settled(page);
    };
    await page.focus("input[type=search]");
    for (const [typed, whole] of [["gall", "gall"], ["ery", "gallery"]]) {
      await page.keyboard.type(typed);
      await reached("q", whole);
    }
    same(await focused(), "INPUT", "what has the focus after typing");
    await page.focus(".controls select");
    await page.keyboard.press("ArrowDown");
    await reached("group", await page.$eval(".controls select", (select) => select.value));
    same(await focused(), "SELECT", "what has the focus after a choice");
    await page.focus(".controls input[size]");
    await page.keyboard.type("L1H5");
    await page.keyboard.press("Enter");
    await reached("head", "L1H5");
    same(await focused(), "INPUT", "what has the focus after a head");
    const key = () => page.evaluate(() => document.activeElement.dataset.key);
    const enter = async (selector) => {
      const before = await page.evaluate(() => location.hash);
      await page.$eval(selector, (node) => node.focus());
      await page.keyboard.press("Enter");
      await page.waitForFunction((hash) => location.hash !== hash, {}, before);
      await settled(page);
    };
    await enter('thead [data-key="rank"]');
    same(await key(), "rank", "what has the focus after a sort");
    await enter('.chip [data-key="q"]');
    same(await key(), "group", "what has the focus when a chip has gone: the first button");
    await go(page, "#/prompts");
    await enter(".more button");
    same(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Prompts", "what has the focus after the last More: the table");
    await go(page, "#/prompt/17");
    await enter(".panel-heads [data-key]");
    same(await key(), "close", "what has the focus after a head is chosen in the panel");
    await go(page, "#/prompts");
    await page.$eval("input[type=search]", (field) => {
      field.value = "mary";
      field.dispatchEvent(new Event("input"));
      document.querySelector("table.prompts tbody a").click();
    });
    await settled(page);
    await new Promise((resolve) => setTimeout(resolve, 300)); /* a search waits 250 ms for more letters */
    same(new URL(page.url()).hash, "#/prompt/0", "the next page's address without the search that was being typed");
    await go(page, "#/heads");
    await page.focus(".controls select");
    for (let press = 0; press < 2; press++) {
      await page.keyboard.press("ArrowDown");
      await reached("group", await page.$eval(".controls select", (select) => select.value));
      same(await focused(), "SELECT", "what has the focus on the page of a group");
    }
    await go(page, "#/neurons");
    await page.evaluate(() => [...document.querySelectorAll("button")].find((button) => button.textContent === "More").focus());
    await page.keyboard.press("Enter");
    await reached("rows", "200");
    same([await focused(), await page.evaluate(() => scrollY > 300)], ["BUTTON", true], "after More the page stays where it was");
  });

  await check("19 the command of a list gives its prompts in its order", async () => {
    const [edge] = sql("SELECT item_id AS id FROM edge_frequency WHERE frequency BETWEEN 0.2 AND 0.8 ORDER BY mean DESC LIMIT 1");
    for (const list of ["", `edge=${edge.id}`, "head=l2h1", "circuit=2&q=gallery", `edge=${edge.id}&head=L1H5&circuit=1`])
      for (const sort of ["importance&order=down", "importance", "probability", "rank", "number&order=down"]) {
        await go(page, `#/prompts?${list}&sort=${sort}`);
        const command = await page.$eval(".command code", (node) => node.textContent);
        const wanted = execFileSync("/bin/sh", ["-c", command.replace(/^headwater sql DB/, `${binary} sql --format csv ${ioi}`)], { encoding: "utf8" });
        same(await ids(), [...wanted.matchAll(/^\d+(?=,)/gm)].map(Number).slice(0, 100), `${list}, ${sort}: ${command}`);
      }
  });

  await check("19 the way through a list: j goes to its next prompt", async () => {
    await go(page, "#/prompts?q=gallery&head=L2H1");
    const list = await ids();
    holds(list.length > 2, "a list of several prompts");
    await page.click("table.prompts tbody tr:nth-child(2) a");
    await settled(page);
    await page.waitForSelector(".graph-main");
    await page.focus("[role=application]");
    for (const wanted of [list[2], list[1], list[0]]) {
      await page.waitForFunction(() => [...document.querySelectorAll("button")].some((button) => /^(Next|Previous) prompt/.test(button.title) && !button.disabled));
      await page.keyboard.press(wanted === list[2] ? "j" : "k");
      await page.waitForFunction((id) => location.hash.startsWith(`#/prompt/${id}?`) || location.hash.startsWith(`#/prompt/${id}/`), {}, wanted);
      await settled(page);
      same(await page.evaluate(() => document.activeElement.getAttribute("role")), "application", "what has the focus: the next graph");
    }
    for (const wanted of [list[1], list[2]]) {
      if (wanted === list[1]) await page.focus('[title^="Next prompt"]');
      await page.keyboard.press("Enter");
      await page.waitForFunction((id) => location.hash.startsWith(`#/prompt/${id}?`) || location.hash.startsWith(`#/prompt/${id}/`), {}, wanted);
      await settled(page);
      same(await page.evaluate(() => document.activeElement.title), "Next prompt (j)", "what has the focus: the same button");
    }
  });

  await check("20 the heat map is head_importance at three digits, whiskers are its intervals", async () => {
    await go(page, "#/heads?all=1");
    const wanted = sql("SELECT layer, head, n_active, mean, ci_lo, ci_hi FROM head_importance ORDER BY layer DESC, head");
    const cells = await page.$$eval("table.heat tbody tr", (list) => list.flatMap((row) => [...row.cells].slice(1).map((cell) => {
      const link = cell.firstElementChild;
      return [link.textContent, link.title, link.classList.contains("unsure")];
    })));
    same(cells, wanted.map((row) => [row.n_active ? three(row.mean).replace(/^0(?=\.)/, "") : "0",
      `L${row.layer}H${row.head}: ${three(row.mean)} [${three(row.ci_lo)}, ${three(row.ci_hi)}]`,
      row.n_active > 0 && (row.ci_hi - row.ci_lo) / 2 > row.mean / 4]), "cells");
    const active = wanted.filter((row) => row.n_active).sort((a, b) => b.mean - a.mean || a.layer - b.layer || a.head - b.head);
    const dots = await page.$$eval("table.dots tbody tr", (list) => list.map((row) => {
      const at = (node, name) => Number(/([\d.]+)%/.exec(node?.getAttribute(name) ?? "")?.[1]);
      const whisker = row.querySelector(".whisker");
      return { cells: [...row.cells].map((cell) => cell.textContent), lo: at(whisker, "x1"), hi: at(whisker, "x2"), value: at(row.querySelector("circle"), "cx") };
    }));
    same(dots.map((row) => [row.cells[0], row.cells[2], row.cells[3]]), active.map((row) => [`L${row.layer}H${row.head}`, three(row.mean),
      `[${three(row.ci_lo)}, ${three(row.ci_hi)}]`]), "dots");
    /* The drawing is linear: any row gives the same scale. */
    const scale = (dots[0].value - dots.at(-1).value) / (active[0].mean - active.at(-1).mean), zero = dots[0].value - scale * active[0].mean;
    for (const [i, row] of active.entries())
      holds(Math.abs(zero + scale * row.ci_lo - dots[i].lo) < 0.01 && Math.abs(zero + scale * row.ci_hi - dots[i].hi) < 0.01, `the whisker of L${row.layer}H${row.head}`);
    await page.click("table.heat tbody tr:last-child td:nth-of-type(5) a");
    await settled(page);
    holds((await page.evaluate(() => location.hash)).startsWith("#/prompts?head=L0H4"), "a cell opens its prompts");
  });

  await check("21 the circuit's page is circuit_prompts and circuit_breaks", async () => {
    for (const rank of [1, 2]) {
      await go(page, `#/circuit/${rank}`);
      await page.waitForSelector("table.prompts tbody tr");
      const prompts = query(binary, ioi, "circuit_prompts", "--circuit", String(rank), "--limit", "20");
      same(await ids(), prompts.map((row) => row.prompt_id), `prompts of circuit ${rank}`);
      const breaks = query(binary, ioi, "circuit_breaks", "--circuit", String(rank));
      const found = (await tableNamed(page, "Edges of the circuit")).filter((row) => row[3] !== "0");
      same(found.map((row) => [Number(row[3]), row[4]]).sort(), breaks.map((row) => [row.n_broken, JSON.parse(row.example_prompts).join(", ")]).sort(), `breaks of circuit ${rank}`);
    }
  });

  await check("5 comparison: difference, interval, effect, p and q are those of compare", async () => {
    await go(page, "#/compare/1");
    const wanted = sql("SELECT c.* FROM comparison_component c WHERE comparison_id = 1");
    const found = await tableCells(page, "table.dots");
    same(found.length, wanted.length, "components");
    const byName = new Map(found.map((row) => [row[0], row]));
    for (const row of wanted) {
      const cells = byName.get(`L${row.layer}H${row.head}`);
      if (!holds(cells, `L${row.layer}H${row.head} is missing`)) continue;
      same(cells[2].replace("−", "-"), three(row.difference), `L${row.layer}H${row.head}: difference`);
      holds(Math.abs(Number(cells[7]) - row.p) < 6e-5 && Math.abs(Number(cells[8]) - row.q) < 6e-5, `L${row.layer}H${row.head}: p ${cells[7]}, q ${cells[8]}; want ${row.p}, ${row.q}`);
    }
  });

  await check("1 the pages of lists: no console error, no CSP report, no other origin", () => same(takeFaults(page), [], "faults"));
  await page.close();
}
