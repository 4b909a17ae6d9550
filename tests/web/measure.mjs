/* SPDX-License-Identifier: Apache-2.0
 * Measures the page: node tests/web/measure.mjs HEADWATER DB [PROMPT] [LOADS] [ONLY] [KEPT]
 * Sizes of the assets, bytes and time until the first graph, CPU time of a step of the slider, every end point. Medians of LOADS (40), CPU
 * times beside: on a shared machine they repeat, the clock does not. By hand: no test looks at a clock.
 * ONLY: load, slider or points, "" for all. KEPT: a file of JSON to which the loads of this run are added; the figures are of all that it holds. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { launch, missing, openTab, rows, serve } from "./browser.mjs";

const [binary, db, prompt = "17", loads = "40", only = "", kept = null] = process.argv.slice(2);
const reason = await missing();
if (reason) {
  console.error(`skipped: ${reason}`);
  process.exit(77);
}
const sorted = (list) => [...list].sort((a, b) => a - b);
const quantile = (list, q) => sorted(list)[Math.min(list.length - 1, Math.floor(q * list.length))];
const figures = (list) => `median ${quantile(list, 0.5).toFixed(1)}, tenth ${quantile(list, 0.1).toFixed(1)}, ninetieth ${quantile(list, 0.9).toFixed(1)}`;
const measured = (part) => only === "" || only === part;
const kilo = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const server = await serve(binary, db), browser = await launch();

/* ---- assets ---- */
const files = ["", "style.css", "icon.svg"];
for (const name of files) {
  const text = await (await fetch(server.url + name)).text();
  for (const [, found] of text.matchAll(/(?:src="|from"\.\/|import\("\.\/)(\w+\.mjs)"/g)) if (!files.includes(found)) files.push(found);
}
const assets = await Promise.all(files.map(async (name) => {
  const answer = await fetch(server.url + name, { headers: { "Accept-Encoding": "gzip" } });
  return { sent: Number(answer.headers.get("content-length")), size: (await answer.arrayBuffer()).byteLength };
}));
console.log(`${files.length} assets: ${kilo(assets.reduce((sum, x) => sum + x.size, 0))}, gzipped, as they are sent, ${kilo(assets.reduce((sum, x) => sum + x.sent, 0))}`);

const [facts] = rows(binary, db, `SELECT (SELECT count(*) FROM prompt) AS prompts, n_edges, n_parts FROM graph_info WHERE prompt_id = ${prompt} ORDER BY graph_id DESC LIMIT 1`);
console.log(`${db}: ${facts.prompts} prompts; prompt ${prompt}: ${facts.n_parts} parts, ${facts.n_edges} edges at the run's threshold`);

/* ---- first graph ---- */
const page = await openTab(browser, server, "#/");
await page.setCacheEnabled(false);
const session = await page.createCDPSession();
await session.send("Performance.enable", { timeDomain: "threadTicks" });
await session.send("Network.enable");
const metric = async (name) => (await session.send("Performance.getMetrics")).metrics.find((m) => m.name === name).value * 1000;
let network = [], drawn = () => {};
for (const name of ["requestWillBeSent", "loadingFinished"]) session.on(`Network.${name}`, (event) => network.push({ ...event, finished: name === "loadingFinished" }));
await page.exposeFunction("headwaterDrawn", () => drawn());
await page.evaluateOnNewDocument(() => {
  const shown = () => document.querySelector('.graph-main .g-base path[d]:not([d=""])');
  const twoFrames = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
  window.twoFrames = () => new Promise((resolve) => twoFrames(() => resolve(performance.now())));
  new MutationObserver((_, observer) => {
    if (!shown()) return;
    observer.disconnect();
    twoFrames(() => {
      window.firstGraph = performance.now();
      window.headwaterDrawn();
    });
  }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["d"] });
});

/* Before each load the tab shows something: nothing, so that the opener policy makes the browser start a new process for the page, or the
 * page with another prompt, so that the process is there already. In both the cache is empty. */
const KINDS = {
  "a fresh tab, with the start of its process": async () => { await page.goto("about:blank"); },
  "the page is shown already, in this process": () => showGraph(`index.html#/prompt/${Number(prompt) ? 0 : 1}`),
};

/* puppeteer's own wait also waits for an icon that the browser asks for, for the tab, and gives up. */
async function noMoreRequests() {
  for (let seen = -1; seen !== network.length;) {
    seen = network.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function showGraph(address) {
  await page.goto(server.url + address);
  await page.waitForFunction(() => window.firstGraph);
  await noMoreRequests();
}

/* {ms, cpu}. The browser's own part: two frames of a picture that has nothing to do, with the headers of the page. */
async function emptyLoad(prepare) {
  await prepare();
  await page.goto(`${server.url}icon.svg`);
  return { ms: await page.evaluate(() => window.twoFrames()), cpu: await metric("TaskDuration") };
}

/* {ms, cpu: of the main thread, bytes and requests: replies that ended before the graph was drawn, headers too} */
async function graphLoad(prepare) {
  await prepare();
  network = [];
  const used = new Promise((resolve) => { drawn = () => resolve(metric("TaskDuration")); }); /* counted from 0 in each document */
  await page.goto(`${server.url}#/prompt/${prompt}`);
  const cpu = await used;
  await noMoreRequests();
  const [ms, at] = await page.evaluate(() => [window.firstGraph, (performance.timeOrigin + window.firstGraph) / 1000]);
  const { wallTime, timestamp } = network.find((event) => event.wallTime), limit = at - wallTime + timestamp;
  const ended = network.filter((event) => event.finished && event.timestamp <= limit);
  return { ms, cpu, bytes: ended.reduce((sum, event) => sum + event.encodedDataLength, 0), requests: ended.length };
}

const values = kept && existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : {};
for (let i = 0; i < (measured("load") ? Number(loads) : 0); i++)
  for (const [name, prepare] of Object.entries(KINDS)) {
    const of = (values[name] ??= { empty: [], graph: [] });
    of.empty.push(await emptyLoad(prepare));
    of.graph.push(await graphLoad(prepare));
  }
if (kept) writeFileSync(kept, JSON.stringify(values));
for (const [name, { empty, graph }] of Object.entries(values)) {
  const of = (what) => graph.map((load) => load[what]), among = (list) => [...new Set(list)].join(" or ");
  console.log(`first graph; ${name}, ${graph.length} loads:
  an empty page with the same headers, ms: ${figures(empty.map(({ ms }) => ms))}; main thread CPU until then: ${figures(empty.map(({ cpu }) => cpu))}
  first graph, ms: ${figures(of("ms"))}; main thread CPU until then: ${figures(of("cpu"))}
  ended before it: ${among(of("requests"))} requests, ${kilo(quantile(of("bytes"), 0.5))}, at most ${kilo(Math.max(...of("bytes")))}`);
}

/* ---- slider ---- */
const STEPS = 100;
if (measured("slider")) await showGraph(`index.html#/prompt/${prompt}`);
for (const [name, range] of measured("slider") ? [["around the run's threshold", [60, 160]], ["from the floor up", [0, 100]]] : []) {
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
const edge = `edge=${item?.item_id ?? 0}`;
const paths = ["run", `graph?prompt=${prompt}`, `lists?prompt=${prompt}`, `neurons?prompt=${prompt}&layer=0&position=0`, "prompts", "prompts?q=gave", "prompts?head=L1H5", "prompts?answers=wrong",
  "prompts?answers=right&q=the", "prompts?sort=probability", "prompts?sort=rank", "prompts?sort=logit_diff", `prompts?${edge}`, `prompts?${edge}&answers=wrong&q=the`,
  `prompts?${edge}&head=L1H5&answers=right&q=the&sort=probability`, `walk?prompt=${prompt}`, `walk?prompt=${prompt}&sort=probability`, `walk?prompt=${prompt}&${edge}`,
  "heads", "head?layer=1&head=5", "head_tokens?layer=1&head=5", "top_neurons", "neuron?layer=2&neuron=206", "neuron_prompts?layer=2&neuron=206",
  "circuits", "circuit?rank=1", "circuit_prompts?circuit=1", `circuit_walk?circuit=1&prompt=${prompt}&sort=probability`, "comparisons", "comparison?id=1",
  "lens", "roles", "accuracy", "size_curve", "failed"];
for (const path of measured("points") ? paths : []) {
  const found = [];
  for (let i = 0; i < Number(loads); i++) found.push(await ask(path));
  console.log(`${path}: ms: ${figures(found.map((x) => x.ms))}; ${kilo(found[0].size)}; status ${[...new Set(found.map((x) => x.status))]}`);
}
await server.stop();
