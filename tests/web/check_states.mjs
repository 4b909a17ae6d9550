/* SPDX-License-Identifier: Apache-2.0
 * What stands where there is nothing to show: missing and failed prompts, unfinished and empty runs, a slow, a refusing, a stopped server.
 * WEB.md sections 10, 12. */
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { check, go, holds, openTab, query, rows, same, serve, takeFaults } from "./browser.mjs";

/* Pages, and what they say of an empty database: why there is nothing, and the command that fills it. */
const RUN_COMMAND = "headwater run --model DIR --data FILE --db DB", NO_PROMPT = ["No prompt is stored yet.", RUN_COMMAND], NO_GRAPH = ["No graph is stored yet.", RUN_COMMAND];
const PAGES = { "#/": NO_PROMPT, "#/prompts": NO_PROMPT, "#/heads": NO_GRAPH, "#/head/0/0": NO_GRAPH, "#/neurons": ["No graph is stored yet.", `${RUN_COMMAND} --top-neurons 10`],
  "#/circuits": ["Nothing is mined yet. This finds circuits:", "headwater mine DB"],
  "#/compare": ["Nothing is compared yet. This compares two groups:", "headwater compare DB --by COLUMN=A,B"], "#/lens": NO_PROMPT, "#/roles": NO_GRAPH,
  "#/failed": ["No prompt failed."] };
const mainText = (page) => page.$eval("#page", (node) => node.textContent);

/* Errors that the server answers are in the console: they are what the test asks for. */
function refused(page) {
  return takeFaults(page).filter((fault) => !/Failed to load resource: the server responded with a status of 40[014]/.test(fault));
}

export async function checkStates(context) {
  const { browser, server, binary } = context;

  await check("25 a missing prompt, a page that is none", async () => {
    const page = await openTab(browser, server, "#/prompt/99999");
    holds((await mainText(page)).includes("99999"), `a missing prompt is not named: ${await mainText(page)}`);
    await go(page, "#/nothing");
    holds((await mainText(page)).includes("nothing"), "a page that is none is not named");
    await go(page, "#/prompt/17");
    holds(await page.$(".graph-main .g-base"), "the page goes on after an error");
    same(refused(page), [], "faults");
    await page.close();
  });

  await check("25 without a token the page says what to open", async () => {
    const context_ = await browser.createBrowserContext();
    const page = await openTab(context_, { ...server, token: null }, "#/prompts");
    holds(/token is missing: open the address that `headwater serve` printed/.test(await mainText(page)), `not said what to open: ${await mainText(page)}`);
    same(refused(page), [], "faults");
    await context_.close();
  });

  await check("25 a link with a wrong token does no harm, a new one takes the place of the old", async () => {
    const apart = await browser.createBrowserContext();
    const page = await openTab(apart, server, "#/prompts");
    for (const token of ["00", "0".repeat(32)]) {
      const other = await openTab(apart, { ...server, token }, "#/heads");
      holds(await other.$("table.heat") || token === "00", `with the token ${token} the page does not work: ${await mainText(other)}`);
      await other.close();
    }
    await go(page, "#/heads");
    holds(await page.$("table.heat"), `the first tab is locked out: ${await mainText(page)}`);
    await page.evaluate(() => localStorage.setItem("headwater.token", "f".repeat(32)));
    const again = await openTab(apart, server, "#/heads");
    holds(await again.$("table.heat"), "the printed address does not help");
    same(await again.evaluate(() => localStorage.getItem("headwater.token")), server.token, "the token that is kept");
    same(await again.evaluate(() => location.hash), "#/heads", "the address without the token");
    await apart.close();
  });

  await check("25 edges, heads, neurons, circuits that are not there: the title says so, and the range of those that are", async () => {
    const page = await openTab(browser, context.server, "#/");
    const item = (layer, head, roles) => layer * 2 ** 22 + head * 2 ** 12 + roles;
    for (const [address, title, words] of [
      [`#/prompts?edge=${item(4, 0, 0)}`, "layer 4", "there are layers 0 to 3"], [`#/prompts?edge=${item(3, 8, 0)}`, "head 8", "there are heads 0 to 7"], [`#/prompts?edge=${item(3, 7, 63)}`, "role 63", "there are roles 0 to "],
      ["#/prompts?edge=x", "edge x", "numbers from 0 to "], [`#/head/1/5?edge=${item(4, 0, 0)}`, "layer 4", "layers 0 to 3"], ["#/circuit/999", "circuit 999", "mining 1 has 1 to "],
      ["#/circuit/x", "circuit x", "a whole number"], ["#/head/3/99", "head L3H99", "it has 0 to 7"], ["#/head/1", "head 1", "wants the parameter"],
      ["#/neuron/1/99999", "neuron L1N99999", "it has 0 to 511"], ["#/compare/99", "comparison 99", "no such comparison"],
      ["#/prompt/99999999", "prompt 99999999", "the run has 0 to "],
    ]) {
      await go(page, address);
      const [head, said] = await page.$eval("[role=alert]", (node) => [node.querySelector("h1").textContent, node.querySelector("p").textContent]);
      same(head, `There is no ${title}`, `${address}: title`);
      holds(address.startsWith("#/prompts") || (await page.title()) === `${head} – Headwater`, `${address}: the title of the document is "${await page.title()}"`);
      holds(said.includes(words), `${address}: "${said}", want "${words}"`);
    }
    await go(page, `#/prompts?edge=${item(4, 0, 0)}`);
    await page.click(".chip button");
    await page.waitForSelector("table.prompts tbody tr");
    await page.close();
    const plain = await openTab(browser, context.plain, "#/prompts?circuit=1");
    const said = await plain.$eval(".state", (node) => node.textContent);
    holds(said.includes("Nothing is mined yet") && !said.includes(".sql"), `prompts of a circuit where nothing is mined: "${said}"`);
    same(plain.faults.concat(refused(page)), [], "faults");
    await plain.close();
  });

  await check("25 an unfinished run, failed prompts, an empty database", async () => {
    for (const name of ["part", "failed", "empty"]) {
      const other = await serve(binary, context.paths(name));
      const page = await openTab(browser, other, "#/");
      const [{ n }] = rows(binary, context.paths(name), "SELECT count(*) AS n FROM prompt");
      const said = name === "failed" ? "1 failed" : `unfinished: ${(n / 10).toFixed(0)} %`; /* of 1,000 prompts */
      holds((await page.$eval("#about", (node) => node.textContent)).endsWith(` · ${said}`), `${name}: the header does not say "${said}"`);
      for (const [address, empty] of Object.entries(PAGES)) {
        await go(page, address);
        holds((await mainText(page)).trim().length > 20, `${name} ${address}: nothing is said`);
        holds(!(await page.$("#page > .state[role=alert]")), `${name} ${address}: an error is shown: ${await mainText(page)}`);
        if (name === "empty") same(await page.$eval(".state", (node) => [...node.children].map((child) => child.textContent)), empty, `${address} of an empty database`);
      }
      if (name === "failed") {
        const group = (word) => rows(binary, context.paths(name), `SELECT group_id AS id FROM prompt_group WHERE name LIKE '%${word}'`)[0].id;
        await go(page, `#/lens?group=${group("without")}&by=constructor`);
        holds((await mainText(page)).includes("No prompt of this group has an answer."), `a group without answers: ${await mainText(page)}`);
        const groups = await page.$$eval(".controls option", (list) => list.map((node) => node.value));
        same(groups, ["", group("with"), group("without")].map(String), "the groups that can be chosen: not that whose prompts all failed");
        const [{ word }] = rows(binary, context.paths(name), "SELECT 'L' || layer || 'H' || head AS word FROM head GROUP BY 1 ORDER BY count(*) DESC LIMIT 1");
        await go(page, `#/prompts?head=${word}`);
        const listed = await page.$$eval("table.prompts tbody tr", (list) => list.map((row) => row.cells[0].textContent));
        const command = (await page.$eval(".command code", (node) => node.textContent)).replace("headwater sql DB", `${binary} sql --format csv ${context.paths(name)}`);
        same(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" }).match(/^\d+(?=,\d+,)/gm), listed, `graphs with ${word}, as the command gives them`);
        holds(new Set(listed).size < listed.length, `no prompt with two graphs: ${listed}`);
        await go(page, "#/failed");
        const [{ prompt_id: id, reason }] = query(binary, context.paths(name), "failed");
        holds((await mainText(page)).includes(reason), "the reason of the failed prompt is not listed");
        await go(page, `#/prompt/${id}`);
        holds((await mainText(page)).includes(reason), `the failed prompt's own page has no reason: ${await mainText(page)}`);
      }
      same(refused(page), [], `${name}: faults`);
      await page.close();
      same((await other.stop()).code, 0, `${name}: exit code`);
    }
  });

  await check("25 a run that goes on: the header follows; what is shown changes when the reader wants it", async () => {
    const db = join(context.folder, "grows.db");
    for (const end of ["", "-wal"]) if (existsSync(context.paths("part") + end)) copyFileSync(context.paths("part") + end, db + end);
    const other = await serve(binary, db), page = await openTab(browser, other, "#/prompts");
    const about = () => page.$eval("#about", (node) => node.textContent), list = () => page.$eval("table.prompts", (table) => table.textContent);
    await page.evaluateOnNewDocument(() => { /* it looks each 10 s: a hundred times as often for the test */
      const own = window.setTimeout;
      window.setTimeout = (act, wait, ...more) => own(act, wait === 10000 ? 100 : wait, ...more);
    });
    await page.reload();
    await page.waitForSelector("table.prompts tbody tr");
    const before = [await about(), await list()];
    same(await page.$eval("#newer", (node) => node.hidden), true, "no word of more while there is none");
    const run = spawn(binary, ["run", "--model", context.model, "--data", context.data, "--db", db, "--quiet", "--threads", "1", "--commit-seconds", "0", "--chunk-tokens", "64"],
      { stdio: "ignore" }), ended = new Promise((resolve) => run.on("exit", resolve));
    await page.waitForSelector("#newer:not([hidden])");
    await page.waitForFunction((text) => document.getElementById("about").textContent !== text, {}, before[0]);
    run.kill("SIGINT");
    await ended;
    same(await list(), before[1], "the list before the reader asks");
    await page.click("#reload");
    await page.waitForFunction((text) => document.querySelector("table.prompts")?.textContent !== text, {}, before[1]);
    same(await page.$eval("#newer", (node) => node.hidden), true, "the line once all is shown");
    same(refused(page), [], "faults");
    await page.close();
    await other.stop();
  });

  await check("25 a slow answer: a skeleton; an error: the server's message, and \"Try again\"", async () => {
    const page = await openTab(browser, server, "#/");
    const message = "the statement took longer than 2 s (--time-limit)";
    let held = null;
    await page.setRequestInterception(true);
    page.on("request", (request) => (held === null && request.url().includes("/api/lens") ? (held = request) : request.continue()));
    await page.evaluate(() => { location.hash = "#/lens"; });
    await page.waitForSelector("#page > .skeleton");
    await held.respond({ status: 503, contentType: "application/json", body: JSON.stringify({ error: "time_limit", message }) });
    await page.waitForSelector("#page > .state[role=alert]");
    same(await page.$$eval("#page > *, #page > .state > *", (list) => list.map((node) => [node.tagName, node.textContent]).slice(1)),
      [["H1", "That did not work"], ["P", message], ["BUTTON", "Try again"]], "what is said");
    await page.click("#page > .state button");
    await page.waitForSelector("#page table");
    same(await page.$("#page > .state, #page > .skeleton"), null, "what was said stays");
    holds(takeFaults(page).every((fault) => fault.includes("503")), "faults");
    await page.close();
  });

  await check("25 a stopped server: one line, the page stays usable", async () => {
    const other = await serve(binary, context.paths("ioi"));
    const page = await openTab(browser, other, "#/prompt/17");
    await other.stop("SIGINT");
    await page.evaluate(() => { location.hash = "#/prompt/17?sel=edge.2.4.14"; });
    await page.waitForSelector("#gone:not([hidden])");
    const before = await page.$eval(".prompt-count", (node) => node.textContent);
    await page.$eval("#threshold", (input) => {
      input.value = 300;
      for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
    });
    holds((await page.$eval(".prompt-count", (node) => node.textContent)) !== before, "the slider does not work any more");
    await page.focus("[role=application]");
    const address = await page.evaluate(() => location.hash);
    for (const leave of [() => page.evaluate(() => { location.hash = "#/heads"; location.hash = "#/lens"; }), () => page.keyboard.press("r")]) {
      await leave();
      await page.waitForFunction((hash) => location.hash === hash, {}, address); /* so that the link works when the server is there again */
      holds(await page.$(".graph-main .g-base"), "another page takes away what is shown");
    }
    await page.keyboard.press("t");
    await page.waitForSelector(".graph-table tbody tr");
    await page.close();
  });
}
