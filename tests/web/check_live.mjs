/* SPDX-License-Identifier: Apache-2.0
 * Live traces in the page: prompts that are typed in, what is not stored, attention maps. Numbers: WEB.md section 12. What the page shows is
 * compared with `headwater trace`. */
import { join } from "node:path";
import { tokenText } from "../../web/dom.mjs";
import { check, copiedCommand, go, headwater, holds, openTab, rows, same, serve, settled, takeFaults } from "./browser.mjs";

const TEXT = "When Mary and John went to the store, John gave a drink to";
const scoreText = (x) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(2)}`;

/* [[promoted, score, suppressed, score]] of the first table of lists. */
const listRows = (page) => page.$$eval(".panel-lists tbody tr", (list) => list.map((row) => [...row.cells].map((cell) => (cell.querySelector(".token") ?? cell).textContent)));
const wantedRows = (row) => row.promotes.map((token, i) => [tokenText(token.text), scoreText(token.score), tokenText(row.suppresses[i].text), scoreText(row.suppresses[i].score)]);
const shownGraph = (page) => page.waitForSelector(".prompt-bar");

export async function checkLive({ browser, binary, paths, model, folder, data }) {
  const plain = paths("plain"), server = await serve(binary, plain, "--model", model), page = await openTab(browser, server, "#/trace");
  const trace = (text, ...more) => JSON.parse(headwater(binary, "trace", "--model", model, "--prompt", text, "--json", "--raw", "--project", "all", "--convention", "both", "--top-tokens", "30", ...more));
  const wanted = trace(TEXT), graph = wanted.targets[0];
  const show = async (query) => {
    await go(page, `#/trace?${new URLSearchParams(query)}`);
    await shownGraph(page);
    await settled(page);
  };

  await check("23 a prompt that is typed in: the graph of headwater trace, under an address of its own", async () => {
    await page.type("#trace-text", TEXT);
    await page.keyboard.press("Enter");
    await shownGraph(page);
    holds((await page.evaluate(() => location.hash)).startsWith("#/trace?p=When+Mary"), "the address has the prompt");
    holds((await page.$eval(".prompt-next", (node) => node.textContent)).includes(`${tokenText(graph.prediction[0].text)} ${(graph.prediction[0].probability * 100).toFixed(1)} %`), "the prediction");
    await show({ p: TEXT, table: "1" });
    await page.waitForSelector(".graph-table tbody tr");
    same((await page.$$(".graph-table tbody tr")).length, graph.edges.reduce((n, edge) => n + (edge.heads?.length ?? 1), 0), "edges in the table");
    same(takeFaults(page), [], "faults");
  });

  await check("23 lists of any head at any position, lens of any state, neurons: those of headwater trace", async () => {
    const picked = [graph.projections.find((row) => row.kind === "head" && row.convention === "frozen"),
      graph.projections.findLast((row) => row.kind === "head" && row.convention === "frozen")];
    for (const row of picked) {
      await show({ p: TEXT, sel: `edge.${row.layer}.${row.position}.${row.position}.${row.head}` });
      await page.waitForSelector(".panel-lists tbody tr");
      same(await listRows(page), wantedRows(row), `L${row.layer}H${row.head} at ${row.position}`);
    }
    const state = graph.projections.find((row) => row.kind === "resid_mid" && row.convention === "alone" && row.layer === 2);
    await show({ p: TEXT, sel: `state.2.${state.position}.mid` });
    await page.waitForSelector(".panel-table tbody tr");
    const lens = await page.$$eval(".panel-table tbody tr", (list) => list.map((row) => [row.cells[1].textContent, row.cells[2].textContent]));
    same(lens.slice(0, 30), state.promotes.map((token) => [tokenText(token.text), token.score.toFixed(2)]), "lens");
    const [neuron] = graph.neurons;
    await show({ p: TEXT, sel: `ffn.${neuron.layer}.${neuron.position}.${neuron.neuron}` });
    await page.waitForSelector(`[data-key="neuron.${neuron.neuron}"]`);
    holds((await page.$eval(`[data-key="neuron.${neuron.neuron}"]`, (node) => node.textContent)).includes(`${(neuron.importance * 100).toFixed(1)} %`), "share of a neuron");
  });

  await check("23 the attention map by keyboard: weights and contributions; Enter selects the edge", async () => {
    await show({ p: TEXT, sel: "edge.2.3.14.1" });
    await (await page.waitForSelector('[data-key="attention"]')).press("Enter");
    const field = await page.waitForSelector('[data-key="attention-map"]');
    const told = () => page.$eval('[data-key="attention-map"] + p', (node) => node.textContent);
    await page.waitForFunction(() => document.querySelector('[data-key="attention-map"] + p')?.textContent.includes("looks at"));
    const share = (query, key) => `contribution ${(wanted.raw.attention[2][query][key][1] * 100).toFixed(1)} %`;
    holds((await told()).includes(share(14, 3)), `the pair that is selected: ${await told()}`);
    await field.focus();
    for (const key of ["ArrowUp", "ArrowUp", "ArrowLeft"]) await page.keyboard.press(key);
    holds((await told()).includes("(12) looks at ·and (2)") && (await told()).includes(share(12, 2).slice(0, -4)), `two rows up, one key left: ${await told()}`);
    await page.click('[data-key="attention.contributions"]');
    same(await page.$eval('[data-key="attention.contributions"]', (node) => node.getAttribute("aria-pressed")), "true", "contributions are shown");
    await field.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.hash.includes("edge.2.2.12.1"));
  });

  await check("23 another target, by the mark above and by the token's button", async () => {
    await show({ p: TEXT, sel: "token.9" });
    await (await page.waitForSelector(".panel a[href*='target=9']")).click();
    await page.waitForFunction(() => location.hash.includes("target=9"));
    await shownGraph(page);
    const other = trace(TEXT, "--targets", "9").targets[0].prediction[0];
    await page.waitForFunction((text) => document.querySelector(".prompt-next")?.textContent.includes(text), {}, tokenText(other.text));
    await page.reload();
    await shownGraph(page);
    holds((await page.$eval(".prompt-next", (node) => node.textContent)).includes(tokenText(other.text)), "after a reload");
    same(takeFaults(page), [], "faults");
  });

  await check("11 with the run's model what is not stored of a prompt is computed, as trace --project all has it", async () => {
    const [{ text }] = rows(binary, plain, "SELECT text FROM prompt WHERE prompt_id = 3");
    const all = trace(text).targets[0];
    const stored = new Set(rows(binary, plain, "SELECT DISTINCT kind, layer, position FROM projection WHERE prompt_id = 3").map((row) => `${row.kind} ${row.layer} ${row.position}`));
    const row = all.projections.find((one) => one.kind === "ffn" && one.convention === "frozen" && !stored.has(`ffn ${one.layer} ${one.position}`));
    await go(page, `#/prompt/3?sel=ffn.${row.layer}.${row.position}`);
    await page.waitForSelector(".panel-lists tbody tr");
    await settled(page);
    same(await listRows(page), wantedRows(row), "lists of an FFN that is not stored");
    await page.click('[data-key="convention.alone"]');
    await page.waitForFunction(() => document.querySelector('[data-key="convention.alone"]')?.getAttribute("aria-pressed") === "true");
    await settled(page);
    const alone = all.projections.find((one) => one.kind === "ffn" && one.convention === "alone" && one.layer === row.layer && one.position === row.position);
    same(await listRows(page), wantedRows(alone), "the same by itself");
    const without = await serve(binary, plain), tab = await openTab(browser, without, `#/prompt/3?sel=ffn.${row.layer}.${row.position}`);
    holds((await tab.$$eval(".panel-missing", (list) => list.map((node) => node.textContent).join(" "))).includes("--project all"), "without a model the option is named");
    await go(tab, "#/trace");
    holds((await tab.$eval(".state", (node) => node.textContent)).includes("--model DIR"), "without a model the page of traces says how");
    same(takeFaults(tab), [], "faults");
    await tab.close();
    await without.stop();
  });

  await check("23 what an answer hangs on: asked by the form, drawn by the switch, beside the routes; the command gives the same", async () => {
    const other = TEXT.replace("John gave", "Mary gave"), { relevance } = trace(TEXT, "--relevance", "both", "--answer", "Mary", "--foil", "John", "--counterfactual", other);
    const wantedEdges = (mode) => relevance[mode].parts.filter((part) => part.kind !== "query" && Math.abs(part.share) > 0.04).length;
    const edges = () => page.$eval(".prompt-count", (node) => node.textContent.match(/\d+/g).map(Number)), drawn = (mode) => page.waitForSelector(`.panel-switch [aria-pressed="true"][title*="${mode}"]`);
    await go(page, "#/trace"); /* not the form of the page before */
    await page.waitForFunction(() => !document.querySelector(".prompt-bar"));
    await show({ p: TEXT });
    same(await page.$eval(".trace-form details", (node) => node.open), false, "nothing is asked: folded");
    await page.click(".trace-form summary");
    await page.waitForSelector(".trace-form details[open] [name=answer]", { visible: true }); /* before that it takes no focus */
    for (const [name, text] of [["answer", "Mary"], ["foil", "John"], ["counterfactual", other]]) await page.type(`.trace-form [name=${name}]`, text);
    same(await page.$$eval(".trace-form input", (list) => list.map((input) => input.value)), ["Mary", "John", other], "what was typed");
    await page.keyboard.press("Enter");
    await drawn("contrast");
    await settled(page);
    same([await edges(), new URLSearchParams((await page.evaluate(() => location.hash)).split("?")[1]).get("by")], [[wantedEdges("contrast")], "contrast"], "the graph that was asked for");
    const panelText = await page.$eval(".panel", (node) => node.textContent);
    holds(panelText.includes("·Mary over ·John") && panelText.includes(`${relevance.m.toFixed(3)} logits`), `the panel: ${panelText.slice(0, 200)}`);
    await page.$eval(".prompt-bar", (node) => node.focus());
    await page.keyboard.press("p");
    await page.waitForFunction(() => document.querySelectorAll(".prompt-graph").length === 2);
    same(await edges(), [graph.edges.reduce((n, edge) => n + (edge.heads?.length ?? 1), 0), wantedEdges("contrast")], "edges of both");
    await page.keyboard.press("p");
    await page.waitForFunction(() => document.querySelectorAll(".prompt-graph").length === 1);
    for (const next of ["Routes", "answer"]) {
      await page.keyboard.press("r");
      await drawn(next);
      await settled(page);
    }
    same(await edges(), [wantedEdges("answer")], "answer relevance");
    await show({ p: TEXT, by: "contrast" });
    holds((await page.$eval(".prompt-tools", (node) => node.textContent)).includes("needs a counterfactual"), "contrast without a counterfactual");
    await show({ p: TEXT, target: "9", by: "answer" });
    holds((await page.$eval(".prompt-tools", (node) => node.textContent)).includes("of the last token's"), "of another target");
    const stored = rows(binary, paths("ioi"), "SELECT count(*) AS n FROM relevance a, hw_relevance(a.parts, 0.04) r WHERE a.prompt_id = 3 AND a.mode = 'answer' AND r.kind IN ('attention', 'ffn')")[0].n;
    await go(page, "#/prompt/3?by=answer");
    await drawn("answer");
    await settled(page);
    same(await edges(), [stored], "computed of a stored prompt: what another run stored");
    same(takeFaults(page), [], "faults");
    const rounded = await serve(binary, plain, "--model", model, "--precision", "bf16"), tab = await openTab(browser, rounded, "#/prompt/3?by=answer");
    const tools = (await tab.$$eval(".prompt-tools", (list) => list.map((node) => node.textContent))).join();
    holds(tools.includes("--precision f32") && (await tab.$$(".prompt-graph")).length === 1, `what cannot be computed leaves the routes, and says why: ${tools}`);
    holds(takeFaults(tab).every((fault) => fault.includes("422")), "faults of it");
    await go(tab, `#/trace?${new URLSearchParams({ p: TEXT })}`);
    await tab.waitForFunction(() => document.querySelector(".trace-form") && document.querySelector(".files-menu"));
    const [word, ...words] = (await copiedCommand(tab)).split(" ");
    same([word, ...words.slice(0, 5)], ["headwater", "trace", "--model", model, "--precision", "bf16"], "the command of a prompt that was typed in");
    await tab.close();
    await rounded.stop();
  });

  await check("23 a server that is started again with another model or database: its own trace, also on a page that stays open", async () => {
    const address = `#/trace?${new URLSearchParams({ p: TEXT })}`, llama = model.replace("gpt2", "llama"), ofLlama = JSON.parse(headwater(binary, "trace", "--model", llama, "--prompt", TEXT, "--json")).targets[0];
    const first = await serve(binary, plain, "--model", model), tab = await openTab(browser, first, address), { port } = new URL(first.url);
    const again = async (before, db, folder) => {
      await before.stop();
      const next = await serve(binary, db, "--model", folder, "--port", port);
      await tab.evaluate((token) => localStorage.setItem("headwater.token", token), next.token);
      return next;
    };
    const shown = async (of, what) => {
      await tab.waitForFunction((name) => document.querySelector(".trace-form > .soft")?.textContent.startsWith(`Model ${name}`) && document.querySelector(".prompt-next"), {}, of.model);
      await settled(tab);
      const text = await tab.$eval(".prompt-next", (node) => node.textContent);
      holds(text.includes(`${tokenText(of.text)} ${(of.probability * 100).toFixed(1)} %`), `${what}: ${text}`);
    };
    await shown({ ...graph.prediction[0], model: "headwater-gpt2" }, "the first model");
    const second = await again(first, plain, llama);
    await tab.evaluate(() => { location.hash += "&sel=edge.2.3.14.1"; }); /* asks for lists of a trace that has gone */
    await shown({ ...ofLlama.prediction[0], model: "headwater-llama" }, "another model, the page stays open");
    await go(tab, "#/");
    const third = await again(second, plain, model);
    await go(tab, address);
    await shown({ ...graph.prediction[0], model: "headwater-gpt2" }, "another model, the page is opened again");
    await go(tab, "#/trace?prompt=3");
    const other = join(folder, "live_other.db");
    headwater(binary, "run", "--model", model, "--data", data.replace("ioi", "pronoun"), "--limit", "5", "--db", other, "--quiet");
    await go(tab, "#/");
    const last = await again(third, other, model);
    await go(tab, "#/trace?prompt=3");
    same(await tab.$eval("#trace-text", (field) => field.value), rows(binary, other, "SELECT text FROM prompt WHERE prompt_id = 3")[0].text, "another database, the same number");
    holds(takeFaults(tab).every((fault) => /404|401|ERR_CONNECTION/.test(fault)), "faults");
    await tab.close();
    await last.stop();
  });

  await check("23 a prompt that cannot be traced says why; the page does not scroll sideways at 420 px", async () => {
    await go(page, `#/trace?${new URLSearchParams({ p: "word ".repeat(300) })}`);
    await page.waitForSelector('.trace-place [role="alert"]');
    holds((await page.$eval('.trace-place [role="alert"]', (node) => node.textContent)).includes("the model takes at most 128"), "the reason");
    holds(takeFaults(page).every((fault) => fault.includes("422")), "faults");
    await page.setViewport({ width: 420, height: 900 });
    await show({ p: TEXT, sel: "edge.2.3.14.1" });
    holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scroll");
  });
  await page.close();
  await server.stop();
}
