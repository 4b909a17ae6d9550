/* SPDX-License-Identifier: Apache-2.0
 * What can be taken away: SVG, PNG, CSV, JSON, the saved page; and texts that look like HTML. Numbers: WEB.md section 12. */
import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { check, copiedCommand, go, headwater, holds, openTab, PATIENCE, query, rows, same, serve, takeFaults } from "./browser.mjs";

const PROMPT = 17;

async function file(path) {
  for (let waited = 0; waited < PATIENCE; waited += 50) {
    if (existsSync(path)) return readFileSync(path);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} was not saved`);
}

async function save(context, page, kind, name = `${PROMPT}_14`) {
  await page.$eval("details.files", (menu) => { menu.open = true; });
  await page.evaluate((text) => [...document.querySelectorAll(".files-menu button")].find((button) => button.textContent === text).click(), kind.toUpperCase());
  return file(join(context.folder, `headwater_prompt_${name}.${kind}`));
}

/* The saved page as a file: no request, everything in it works. */
async function openSaved(context, path) {
  const page = await context.browser.newPage();
  page.faults = [];
  page.on("console", (message) => page.faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    page.faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) page.faults.push(`request to ${request.url()}`);
  });
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  await page.waitForSelector(".graph-main .g-base path").catch(() => { throw new Error(`the saved page ${path} draws no graph: ${page.faults.join("; ")}`); });
  return page;
}

export async function checkFiles(context) {
  const { browser, server, binary, ioi, folder } = context;
  const page = await openTab(browser, server, `#/prompt/${PROMPT}?sel=edge.2.4.14`);
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });

  await check("18 SVG well-formed, without outside references; PNG of twice its size", async () => {
    const svg = (await save(context, page, "svg")).toString();
    const blank = await browser.newPage(); /* without the page's policy, which would report the file's style */
    const facts = await blank.evaluate((text) => {
      const root = new DOMParser().parseFromString(text, "image/svg+xml");
      const outside = [...root.querySelectorAll("*")].flatMap((node) => [...node.attributes].filter((a) => /href$|^on/.test(a.name) || /url\((?!#)/.test(a.value)).map((a) => a.name));
      const { documentElement: e } = root;
      return { error: root.querySelector("parsererror")?.textContent ?? null, name: e.nodeName, width: Number(e.getAttribute("width")), height: Number(e.getAttribute("height")),
        outside, scripts: root.querySelectorAll("script, image, foreignObject").length, texts: root.querySelectorAll("text").length, title: root.querySelector("title")?.textContent,
        fonts: /font-family/.test(text), names: [...root.querySelectorAll("text")].map((node) => node.textContent) };
    }, svg);
    await blank.close();
    same([facts.error, facts.name, facts.outside, facts.scripts], [null, "svg", [], 0], "SVG");
    holds(facts.fonts && facts.texts > 20 && facts.title.includes("headwater-gpt2"), `SVG: fonts, texts and title: ${JSON.stringify(facts)}`);
    holds(["L3", "H1", "·Sarah"].every((name) => facts.names.some((text) => text.includes(name))), "SVG: a layer, a head and a token are named");
    holds(!/https?:\/\/(?!www\.w3\.org\/)/.test(svg), "SVG: an address in it");
    const png = await save(context, page, "png");
    same([png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)], ["PNG", 2 * facts.width, 2 * facts.height], "PNG");
  });

  await check("18 CSV as query graph gives it, JSON as the end point", async () => {
    same((await save(context, page, "csv")).toString(), headwater(binary, "query", ioi, "graph", "--prompt", String(PROMPT), "--format", "csv"), "CSV");
    const served = await page.evaluate(async (address) => (await fetch(address, { headers: { Authorization: `Bearer ${localStorage.getItem("headwater.token")}` } })).json(),
      `api/graph?prompt=${PROMPT}`);
    same(JSON.parse((await save(context, page, "json")).toString()), served, "JSON");
    await go(page, `#/prompt/${PROMPT}?by=contrast`);
    const edges = (text) => text.trim().split(/\r?\n/).slice(1).map((line) => line.split(",")).sort().map(String);
    const saved = edges((await save(context, page, "csv", `${PROMPT}_14_contrast`)).toString().replace(/"[^"]*"/g, ""));
    const command = (await copiedCommand(page)).replace(/^headwater sql/, `${binary} sql --format csv`);
    const given = edges(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8" }));
    same(saved.map((line) => line.split(",")).map(([, kind, layer, head, source, , target, , ...rest]) => [kind, layer, head, source, target, ...rest].join()).sort(),
      given.map((line) => line.split(",").filter((_, i) => i !== 3 && i !== 10).join()).sort(), "CSV of relevances, to the last digit, as the copied command gives it");
    const [told, chosen] = await page.evaluate(async () => {
      Object.defineProperty(navigator, "clipboard", { value: undefined }); /* as where the page is not from this machine */
      [...document.querySelectorAll(".files-menu button")].find((one) => one.textContent === "Copy link").click();
      await new Promise((resolve) => setTimeout(resolve));
      return [document.querySelector(".files-told").textContent, getSelection().toString()];
    });
    same([told, chosen], [page.url(), page.url()], "the link where there is no clipboard: in sight, selected");
    same(takeFaults(page), [], "faults");
  });
  await page.close();

  await check("26 a prompt that looks like HTML stays text", async () => {
    const strange = await serve(binary, context.paths("strange"));
    const tab = await openTab(browser, strange, "#/prompts");
    tab.on("dialog", (dialog) => {
      tab.faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    const prompts = rows(binary, context.paths("strange"), "SELECT prompt_id, text FROM prompt ORDER BY prompt_id");
    holds(prompts.length === 4, "four strange prompts");
    for (const address of ["#/prompts", "#/", ...prompts.flatMap(({ prompt_id: id }) => [`#/prompt/${id}`, `#/prompt/${id}?table=1`, `#/prompt/${id}?sel=token.0`]),
      "#/prompts?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "#/%3Cimg%20src=x%20onerror=alert(1)%3E"]) {
      await go(tab, address);
      same(await tab.evaluate(() => document.querySelectorAll("main img, main script, main b.strange, header img:not([src='icon.svg'])").length), 0, `${address}: elements from data`);
    }
    const spread = prompts[2].text;
    await go(tab, "#/prompt/2");
    holds((await tab.$eval(".prompt-text", (node) => node.textContent)).includes("süße Löwe 日本 🦁"), `characters of several tokens: ${spread}`);
    await go(tab, "#/prompt/0");
    holds((await tab.$eval("#page", (root) => root.textContent)).includes("onerror"), "the text is shown");
    await go(tab, "#/prompt/3");
    await (await tab.createCDPSession()).send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
    const svg = (await save(context, tab, "svg", `3_${await tab.$$eval("mark", (list) => list.length - 1)}`)).toString();
    holds(svg.includes("ab</title>") && !/[^\t\n -\ufffd]/.test(svg), `a control character is no XML: ${svg.slice(0, 300)}`);
    same(takeFaults(tab), [], "faults");
    await tab.close();
    await strange.stop();
    for (const { prompt_id: id } of prompts) {
      const out = join(folder, `strange-${id}.html`);
      headwater(binary, "page", context.paths("strange"), "--prompt", String(id), "--out", out);
      const saved = await openSaved(context, out);
      same(await saved.evaluate(() => document.querySelectorAll("img, script[src]").length), 0, `saved page of prompt ${id}: elements from data`);
      same(takeFaults(saved), [], `saved page of prompt ${id}: faults`);
      await saved.close();
    }
  });

  await check("27 the saved page works from file://", async () => {
    const out = join(folder, "saved.html");
    headwater(binary, "page", ioi, "--prompt", String(PROMPT), "--out", out);
    const saved = await openSaved(context, out);
    const wanted = (threshold) => query(binary, ioi, "graph", "--prompt", String(PROMPT), "--threshold", threshold).length;
    const count = () => saved.$eval(".prompt-count", (node) => Number(/[\d,]+/.exec(node.textContent)[0].replace(/,/g, "")));
    same(await count(), wanted("0.04"), "edges");
    same(await saved.$$eval(".panel-lens text", (list) => [...new Set(list.map((text) => getComputedStyle(text).textAnchor))]), ["end", "middle"],
      "where the texts of the answer by layer stand");
    await saved.$eval("#threshold", (input) => {
      input.value = 250;
      for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
    });
    same(await count(), wanted(await saved.$eval(".threshold output", (node) => node.textContent)), "edges after the slider has moved");
    await saved.evaluate(() => { location.hash = location.hash.replace(/\?.*|$/, "?sel=edge.2.4.14.1"); });
    await saved.waitForSelector(".panel-lists tbody tr");
    const first = rows(binary, ioi, `SELECT token FROM projection WHERE prompt_id = ${PROMPT} AND kind = 'head' AND layer = 2 AND head = 1 AND convention = 'frozen'
      AND list = 'promotes' AND rank = 1`)[0].token;
    same(await saved.$eval(".panel-lists .token", (node) => node.textContent), first.replace(/ /g, "·"), "the head's first token");
    await saved.evaluate(() => { location.hash = location.hash.replace(/\?.*/, "?sel=ffn.3.14"); });
    await saved.waitForSelector('[data-key^="neuron."]');
    await saved.focus("[role=application]");
    await saved.keyboard.press("t");
    await saved.waitForSelector(".graph-table tbody tr");
    const related = (mode) => rows(binary, ioi, `SELECT count(*) AS n FROM relevance a, hw_relevance(a.parts, 0.04) r WHERE a.prompt_id = ${PROMPT} AND a.mode = '${mode}'
      AND r.kind IN ('attention', 'ffn')`)[0].n;
    await saved.evaluate(() => { location.hash = location.hash.replace(/\?.*/, "?t=0.04"); });
    for (const mode of ["answer", "contrast"]) {
      await saved.keyboard.press("r");
      await saved.waitForSelector(`.panel-switch [aria-pressed="true"][title*="${mode}"]`);
      same(await count(), related(mode), `edges, ${mode}`);
    }
    await saved.keyboard.press("p");
    await saved.waitForFunction(() => document.querySelectorAll(".prompt-graph").length === 2);
    same(await saved.$$eval(".prompt-graph", (list) => list.map((node) => node.getAttribute("aria-label"))), ["routes", "contrast"], "the two graphs");
    same(takeFaults(saved), [], "faults");
    await saved.close();
    const traced = join(folder, "traced.html");
    const asked = ["--relevance", "both", "--counterfactual", "When Mary and John went to the store, Mary gave a drink to", "--foil", "John"];
    const options = ["--model", context.model, "--prompt", "When Mary and John went to the store, John gave a drink to", "--bos", "yes", ...asked];
    headwater(binary, "trace", ...options, "--html", traced);
    const live = await openSaved(context, traced);
    holds((await live.$eval("body", (node) => node.textContent)).includes("Mary"), "the traced page shows its prompt");
    const { relevance } = JSON.parse(headwater(binary, "trace", ...options, "--json"));
    await live.evaluate(() => { location.hash = "#/?by=contrast"; });
    await live.waitForSelector('.panel-switch [aria-pressed="true"][title*="contrast"]');
    same(await live.$eval(".prompt-count", (node) => Number(/\d+/.exec(node.textContent)[0])),
      relevance.contrast.parts.filter((part) => part.kind !== "query" && Math.abs(part.share) > 0.04).length, "edges of the traced page, contrast");
    const again = JSON.parse(execFileSync("/bin/sh", ["-c", (await copiedCommand(live)).replace(/^headwater/, binary) + " --json"], { encoding: "utf8" }));
    same(again.relevance.contrast, relevance.contrast, "what the copied command gives");
    same(takeFaults(live), [], "faults of the traced page");
    await live.close();
  });
}
