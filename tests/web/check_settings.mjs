/* SPDX-License-Identifier: Apache-2.0
 * Runs with other settings: what the page shows of them, and the commands that it gives. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, copiedCommand, go, headwater, holds, openTab, rows, same, serve, settled, takeFaults } from "./browser.mjs";

export async function checkSettings({ browser, binary, folder, model, data, paths }) {
  /* Calls use(page, path of the database) with a page of a run with these settings. */
  const withRun = async (name, settings, options, use, of = data) => {
    const db = join(folder, `settings_${name}.db`);
    headwater(binary, "run", "--model", model, "--data", of, "--limit", "4", "--db", db, "--quiet", ...settings);
    const server = await serve(binary, db, ...options), page = await openTab(browser, server, "#/");
    await use(page, db);
    same(takeFaults(page), [], `${name}: faults`);
    await page.close();
    await server.stop();
  };
  const output = (command, ...more) => JSON.parse(execFileSync("/bin/sh", ["-c", [command.replace(/^headwater/, binary), ...more].join(" ")], { encoding: "utf8" }));

  await check("18 a run with --bos yes: the command of a stored prompt has its tokens, typed prompts are read in this way too", () => withRun("bos", ["--bos", "yes"], ["--model", model], async (page, db) => {
    const ids = rows(binary, db, "SELECT t.token_id AS id FROM prompt p, hw_tokens(p.tokens) t WHERE p.prompt_id = 1").map(({ id }) => id);
    await go(page, "#/trace?prompt=1");
    await page.waitForSelector(".files-menu");
    same(output(await copiedCommand(page), "--json").tokens.map(({ id }) => id), ids, "tokens of the command");
    const [{ text }] = rows(binary, db, "SELECT text FROM prompt WHERE prompt_id = 1");
    await go(page, `#/trace?${new URLSearchParams({ p: text })}`);
    await page.waitForSelector(".files-menu");
    await page.evaluate(() => { window.copied = null; });
    const command = await copiedCommand(page);
    holds(command.includes("--bos yes"), command);
    same(output(command, "--json").tokens.map(({ id }) => id), ids, "a prompt that is typed in is read as the run's");
  }));

  await check("18 the command of a head's lists asks for the convention that the panel shows", async () => {
    const edge = "SELECT e.layer, e.source, e.target, e.head FROM graph g, hw_projections(g.projections, NULL, 1) p, hw_edges(g.edges) e " +
      "WHERE g.prompt_id = 1 AND p.kind = 'head' AND e.kind = 'attention' AND e.layer = p.layer AND e.head = p.head LIMIT 1";
    for (const stored of ["alone", "frozen"])
      await withRun(stored, ["--convention", stored], [], async (page, db) => {
        const [{ layer, source, target, head }] = rows(binary, db, edge);
        for (const asked of ["", "&conv=alone"]) {
          await go(page, `#/prompt/1?sel=edge.${layer}.${source}.${target}.${head}${asked}`);
          await page.waitForSelector(".panel-lists tbody tr");
          await page.evaluate(() => { window.copied = null; });
          const command = await copiedCommand(page);
          holds(command.includes(stored) && output(command, "--format", "json").length > 0, `${stored}${asked}: ${command}`);
        }
      });
  });

  await check("15 a threshold above 0.5: the slider goes up to it", () => withRun("high", ["--threshold", "0.9", "--floor", "0.001"], [], async (page) => {
    const shown = () => page.$eval(".threshold output", (node) => Number(node.textContent));
    await go(page, "#/prompt/1");
    same(await shown(), 0.9, "the run's threshold");
    await page.focus("[role=application]");
    await page.keyboard.press("[");
    const lower = await shown();
    holds(lower < 0.9 && lower > 0.6, `[ makes it lower: ${lower}`);
    await page.keyboard.press("]");
    await page.keyboard.press("]");
    same(await shown(), 0.9, "] makes it higher again, no further");
    await go(page, "#/");
    await go(page, "#/prompt/1?t=0.95");
    same([await shown(), await page.$eval(".prompt-note", (node) => node.hidden)], [0.95, true], "a threshold of the address");
    await go(page, "#/");
    await go(page, "#/prompt/1?t=5");
    same([await shown(), await page.$eval(".prompt-note", (node) => node.textContent)], [1, "The address asks for the threshold 5; 1 is shown, the slider ends at 1."], "one that is too high");
  }));

  await check("25 a long name of a group widens no page", () => {
    const long = join(folder, "settings_long.csv"), name = "a".repeat(300);
    writeFileSync(long, `prompt,group\n${[name, name, "b", "b"].map((group, i) => `When Mary and John went to the ${"store school market office".split(" ")[i]},${group}\n`).join("")}`);
    return withRun("long", ["--group-by", "group"], [], async (page, db) => {
      const [{ id }] = rows(binary, db, "SELECT group_id AS id FROM prompt_group WHERE length(name) > 300 LIMIT 1");
      for (const width of [320, 1440]) {
        await page.setViewport({ width, height: 640 });
        for (const address of ["prompts", "heads", "neurons", "lens", "roles", "head/0/0"].map((path) => `#/${path}?group=${id}`).concat("#/prompt/0", "#/")) {
          await go(page, address);
          same(await page.evaluate(() => document.documentElement.scrollWidth), width, `${address} at ${width} px`);
        }
      }
    }, long);
  });

  await check("19 prompts without an answer stand last in the list and in its command", async () => {
    const server = await serve(binary, paths("failed")), page = await openTab(browser, server, "#/prompts?sort=rank&counterfactuals=yes");
    const ids = () => page.$$eval("table.prompts tbody tr", (list) => list.map((row) => Number(row.cells[0].textContent)));
    for (const order of ["", "&order=down"]) {
      await go(page, `#/prompts?sort=rank${order}`);
      const command = (await page.$eval(".command code", (node) => node.textContent)).replace("sql DB", `sql ${paths("failed")}`);
      same(output(command, "--format", "json").map((row) => row.prompt_id), await ids(), command);
    }
    await settled(page);
    await page.close();
    await server.stop();
  });
}
