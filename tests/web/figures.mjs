/* SPDX-License-Identifier: Apache-2.0
 * Figures of the page of a prompt: time and bytes until the first graph, CPU time of a step of the threshold. Not a test: run by hand.
 *
 *   node tests/web/figures.mjs HEADWATER DB... [--prompt 0] [--loads 40]
 *
 * Wall clock needs an idle machine; CPU times of the main thread and of rasterising repeat on a busy one. */
import { launch, openTab, serve, settled } from "./browser.mjs";

const words = process.argv.slice(2), options = { prompt: 0, loads: 40 }, names = [];
while (words.length) {
  const word = words.shift();
  if (word.startsWith("--")) options[word.slice(2)] = Number(words.shift());
  else names.push(word);
}
const [binary, ...databases] = names;
const STEPS = 80, SWING = 20; /* steps of a measurement; how far from the run's threshold, of 400 */

function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b), at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return `least ${at(0).toFixed(0)}, median ${at(0.5).toFixed(0)}, 90% ${at(0.9).toFixed(0)}`;
}

async function metrics(session) {
  return Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((entry) => [entry.name, entry.value]));
}

/* A load of the page in a context of its own, so that nothing is kept from the load before. */
async function firstGraph(browser, server) {
  const context = await browser.createBrowserContext(), page = await context.newPage(), session = await page.createCDPSession();
  let bytes = 0, requests = 0;
  await session.send("Network.enable");
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  session.on("Network.loadingFinished", (event) => {
    bytes += event.encodedDataLength;
    requests++;
  });
  await page.evaluateOnNewDocument(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(".g-base path[d]:not([d=''])")) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => { globalThis.firstGraph = performance.now(); }));
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${server.url}#token=${server.token}/prompt/${options.prompt}`);
  await page.waitForFunction("globalThis.firstGraph", { polling: 20 });
  const wall = await page.evaluate("globalThis.firstGraph"), cpu = (await metrics(session)).TaskDuration * 1000;
  await context.close();
  return { wall, cpu, bytes, requests };
}

function swing(page, steps) {
  return page.evaluate(async (n, far) => {
    const input = document.querySelector("#threshold"), middle = Number(input.dataset.middle ??= input.value), edges = [];
    for (let k = 0; k < n; k++) {
      input.value = Math.max(0, middle + Math.round(far * (2 * Math.abs((k / 20) % 2 - 1) - 1)));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(resolve));
      edges.push(Number(/^[\d,]+/.exec(document.querySelector(".prompt-count").textContent)[0].replace(/,/g, "")));
    }
    return [Math.min(...edges), Math.max(...edges)];
  }, steps, SWING);
}

/* CPU of a step, ms: main thread; rasterising, of all threads. */
async function slider(browser, server) {
  const page = await openTab(browser, server, `#/prompt/${options.prompt}`), session = await page.createCDPSession();
  await settled(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await swing(page, SWING * 2);
  const before = await metrics(session), edges = await swing(page, STEPS), after = await metrics(session);
  await page.tracing.start({ categories: ["cc", "devtools.timeline", "disabled-by-default-devtools.timeline"] });
  await swing(page, STEPS);
  const trace = JSON.parse(new TextDecoder().decode(await page.tracing.stop()));
  const raster = trace.traceEvents.filter((event) => event.name === "RasterTask").reduce((sum, event) => sum + (event.tdur ?? 0), 0) / 1000 / STEPS;
  const part = (name) => ((after[name] - before[name]) * 1000 / STEPS).toFixed(1);
  console.log(`  slider, ${edges[0]} to ${edges[1]} edges: main thread ${part("TaskDuration")} ms a step (script ${part("ScriptDuration")}, ` +
    `style ${part("RecalcStyleDuration")}, layout ${part("LayoutDuration")}), raster ${raster.toFixed(1)} ms`);
  await page.close();
}

const browser = await launch();
for (const database of databases) {
  const server = await serve(binary, database);
  console.log(database);
  const loads = [];
  for (let k = 0; k < options.loads; k++) loads.push(await firstGraph(browser, server));
  if (loads.length)
    console.log(`  first graph, ${loads.length} loads, ms: ${quantiles(loads.map((load) => load.wall))}; CPU of the main thread: ` +
      `${quantiles(loads.map((load) => load.cpu))}; ${loads.at(-1).requests} requests, ${(loads.at(-1).bytes / 1000).toFixed(0)} kB`);
  await slider(browser, server);
  await server.stop();
}
await browser.close();
