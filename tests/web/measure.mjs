/* SPDX-License-Identifier: Apache-2.0
 * Measures the page: node tests/web/measure.mjs HEADWATER DB [PROMPT] [LOADS]
 * Sizes of the assets, bytes and time until the first graph, CPU time of a step of the slider, every end point. Medians of LOADS (40), CPU
 * times beside: on a shared machine they repeat, the clock does not. By hand: no test looks at a clock. */
import { gzipSync } from "node:zlib";
import { launch, missing, openTab, rows, serve } from "./browser.mjs";

const [binary, db, prompt = "17", loads = "40"] = process.argv.slice(2);
const reason = await missing();
if (reason) {
  console.error(`skipped: ${reason}`);
  process.exit(77);
}
const sorted = (list) => [...list].sort((a, b) => a - b);
const quantile = (list, q) => sorted(list)[Math.min(list.length - 1, Math.floor(q * list.length))];
const figures = (list) => `median ${quantile(list, 0.5).toFixed(1)}, tenth ${quantile(list, 0.1).toFixed(1)}, ninetieth ${quantile(list, 0.9).toFixed(1)}`;
const kilo = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const server = await serve(binary, db), browser = await launch();

/* ---- assets ---- */
const assets = [];
for (const name of ["", "style.css", "main.mjs", "icon.svg"]) assets.push(Buffer.from(await (await fetch(server.url + name)).arrayBuffer()));
console.log(`assets: ${kilo(assets.reduce((sum, x) => sum + x.length, 0))}, gzipped ${kilo(assets.reduce((sum, x) => sum + gzipSync(x, { level: 9 }).length, 0))}`);

const [facts] = rows(binary, db, `SELECT (SELECT count(*) FROM prompt) AS prompts, n_edges, n_parts FROM graph_info WHERE prompt_id = ${prompt} ORDER BY graph_id DESC LIMIT 1`);
console.log(`${db}: ${facts.prompts} prompts; prompt ${prompt}: ${facts.n_parts} parts, ${facts.n_edges} edges at the run's threshold`);

/* ---- first graph ---- */
const page = await openTab(browser, server, "#/");
await page.setCacheEnabled(false);
const session = await page.createCDPSession();
await session.send("Performance.enable", { timeDomain: "threadTicks" });
await session.send("Network.enable");
const metric = async (name) => (await session.send("Performance.getMetrics")).metrics.find((m) => m.name === name).value * 1000;
let bytes = 0, requests = 0;
session.on("Network.loadingFinished", (event) => {
  bytes += event.encodedDataLength;
  requests++;
});
await page.evaluateOnNewDocument(() => {
  const drawn = () => document.querySelector('.graph-main .g-base path[d]:not([d=""])');
  new MutationObserver((_, observer) => {
    if (!drawn()) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => { window.firstGraph = performance.now(); }));
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["d"] });
});
const times = [], cpu = [], empty = [];
for (let i = 0; i < Number(loads); i++) {
  /* The browser's own part: a new renderer (the opener policy asks for one) and two frames, of a picture that has nothing to do. */
  await page.goto("about:blank");
  await page.goto(`${server.url}icon.svg`);
  empty.push(await page.evaluate(() => new Promise((resolve) =>
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now()))))));
  await page.goto("about:blank");
  bytes = requests = 0;
  const before = await metric("TaskDuration");
  await page.goto(`${server.url}#/prompt/${prompt}`);
  await page.waitForFunction(() => window.firstGraph);
  times.push(await page.evaluate(() => window.firstGraph));
  cpu.push((await metric("TaskDuration")) - before);
}
console.log(`an empty page with the same headers, ms: ${figures(empty)}`);
console.log(`first graph, ms: ${figures(times)}; main thread CPU: ${figures(cpu)}; ${requests} requests, ${kilo(bytes)}`);

/* ---- slider ---- */
const STEPS = 100;
for (const [name, range] of [["around the run's threshold", [60, 160]], ["from the floor up", [0, 100]]]) {
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  await session.send("Tracing.start", { categories: "cc,disabled-by-default-devtools.timeline,devtools.timeline", transferMode: "ReportEvents" });
  const before = await metric("TaskDuration");
  const frames = await page.evaluate(async ([from, to], steps) => {
    const input = document.getElementById("threshold"), times = [];
    for (let i = 0; i < steps; i++) {
      input.value = Math.round(from + ((to - from) * i) / steps);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      times.push(await new Promise(requestAnimationFrame));
    }
    return times.slice(1).map((t, i) => t - times[i]);
  }, range, STEPS);
  const used = ((await metric("TaskDuration")) - before) / STEPS;
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  session.removeAllListeners("Tracing.dataCollected");
  const raster = events.filter((event) => event.name === "RasterTask").reduce((sum, event) => sum + (event.tdur ?? 0), 0) / 1000 / STEPS;
  console.log(`slider, ${name}: main thread ${used.toFixed(2)} ms CPU a step, raster ${raster.toFixed(2)} ms CPU a step; frames, ms: ${figures(frames)}`);
}
await page.close();
await browser.close();

/* ---- end points ---- */
const ask = async (path) => {
  const start = performance.now();
  const answer = await fetch(`${server.url}api/${path}`, { headers: { Authorization: `Bearer ${server.token}` } });
  const size = (await answer.arrayBuffer()).byteLength;
  return { ms: performance.now() - start, status: answer.status, size };
};
const [item] = rows(binary, db, "SELECT item_id FROM agg_item WHERE group_id = -1 AND item_id < (1 << 30) ORDER BY n_on DESC LIMIT 1");
const paths = ["run", `graph?prompt=${prompt}`, `lists?prompt=${prompt}`, `neurons?prompt=${prompt}&layer=0&position=0`, "prompts", "prompts?q=gave", "prompts?head=L1H5", "prompts?answers=wrong",
  "prompts?sort=probability", `prompts?edge=${item?.item_id ?? 0}`, `prompts?edge=${item?.item_id ?? 0}&answers=wrong&q=the`, "heads", "head?layer=1&head=5", "top_neurons", "neuron?layer=2&neuron=206",
  "circuits", "circuit?rank=1", "comparisons", "lens", "roles", "accuracy", "size_curve", "failed"];
for (const path of paths) {
  const found = [];
  for (let i = 0; i < Number(loads); i++) found.push(await ask(path));
  console.log(`${path}: ms: ${figures(found.map((x) => x.ms))}; ${kilo(found[0].size)}; status ${[...new Set(found.map((x) => x.status))]}`);
}
await server.stop();
