/* SPDX-License-Identifier: Apache-2.0
 * What can be seen of every page: faults, names of controls, contrast, nothing over another, no sideways scroll; light, dark, forced
 * colours, 200% zoom, 420 px. Numbers: WEB.md section 12. */
import { check, go, holds, openTab, same, serve, settled, takeFaults } from "./browser.mjs";

const PAGES = ["#/", "#/prompts", "#/prompts?head=L1H5&wrong=1", "#/prompt/17", "#/prompt/17?sel=edge.2.4.14", "#/prompt/17?sel=ffn.3.14", "#/prompt/17?sel=state.3.14.post",
  "#/prompt/17?sel=token.4", "#/prompt/17?table=1", "#/prompt/17?pair=1", "#/prompt/17?by=contrast&pair=1", "#/heads", "#/heads?by=frequency", "#/head/1/5", "#/neurons", "#/neuron/2/206", "#/circuits",
  "#/circuit/1", "#/compare", "#/compare/1", "#/lens", "#/roles", "#/failed", "#/trace"];
const TRACE = `#/trace?${new URLSearchParams({ p: "When Mary and John went to the store, John gave a drink to", sel: "edge.2.3.14.1" })}`;

/* Texts and lines whose colour is too near to what is behind them: [text, contrast]. Dimmed and disabled ones are left out, as WCAG 1.4.3 does. */
function lowContrast() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map(); /* a page has few colours and many texts */
  const rgba = (colour) => {
    if (!known.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return [...known.get(colour)];
  };
  const over = (top, under) => [0, 1, 2].map((k) => top[k] * top[3] + under[k] * (1 - top[3]));
  const luminance = (c) => {
    const [r, g, b] = c.map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const c = rgba(getComputedStyle(at).backgroundColor);
      layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || node.closest("[hidden], .unseen, .skip, :disabled, .g-dim, option, noscript")) continue;
    const style = getComputedStyle(node), svg = node instanceof SVGElement;
    const ground = behind(node), colour = rgba(svg ? style.fill : style.color);
    const value = ratio(over(colour, ground), ground);
    if (value < 4.5) found.push([text.slice(0, 40), node.className.baseVal ?? node.className, Number(value.toFixed(2))]);
  }
  for (const field of document.querySelectorAll("[placeholder]")) {
    const ground = behind(field), value = ratio(over(rgba(getComputedStyle(field, "::placeholder").color), ground), ground);
    if (field.checkVisibility() && value < 4.5) found.push([field.placeholder, "placeholder", Number(value.toFixed(2))]);
  }
  /* Lines: 3:1, the faintest ones too. */
  for (const node of document.querySelectorAll(".g-base > .g-attention, .g-base > .g-ffn, .g-base > .g-residual, button, select, input[type=search]")) {
    const svg = node instanceof SVGElement, style = getComputedStyle(node);
    if (!node.checkVisibility() || node.matches(":disabled") || (svg ? !node.getAttribute("d") || node.closest(".g-focused") : style.borderTopWidth === "0px")) continue;
    const ground = behind(svg ? node.closest("div") : node.parentElement), colour = rgba(svg ? style.stroke : style.borderTopColor);
    if (svg) colour[3] *= Number(style.strokeOpacity);
    const value = ratio(over(colour, ground), ground);
    if (value < 3) found.push(["line", node.className.baseVal ?? node.className, node.textContent.slice(0, 40), Number(value.toFixed(2))]);
  }
  return found;
}

/* Pairs of texts of the drawing that stand over another. Slanted names are measured by the distance of their lines. */
function overlaps() {
  const found = [];
  for (const graph of document.querySelectorAll(".graph, .chart")) {
    const boxes = [...graph.querySelectorAll("svg text")].filter((text) => text.textContent.trim() && !text.closest("[hidden]")).map((text) => {
      const box = text.getBoundingClientRect(), slant = /rotate/.test(text.getAttribute("transform") ?? "");
      return { text: text.textContent, slant, left: box.left, right: box.right, top: box.top, bottom: box.bottom, svg: text.ownerSVGElement };
    });
    for (let i = 0; i < boxes.length; i++)
      for (let j = i + 1; j < boxes.length; j++) {
        const a = boxes[i], b = boxes[j];
        if (a.svg !== b.svg) continue;
        if (a.slant && b.slant) {
          if (Math.abs(a.right - b.right) < 8) found.push([a.text, b.text, "slanted"]);
          continue;
        }
        if (a.slant || b.slant) continue;
        /* The boxes of glyphs are taller than what is inked: 3 px of height do not count. */
        const w = Math.min(a.right, b.right) - Math.max(a.left, b.left), h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (w > 1 && h > 3) found.push([a.text, b.text, `${w.toFixed(1)} x ${h.toFixed(1)}`]);
      }
  }
  return found;
}

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/* Controls without a name, by the browser's own accessibility tree. */
async function nameless(page) {
  const roles = ["button", "link", "textbox", "searchbox", "combobox", "slider", "checkbox", "radio", "application", "spinbutton"];
  const found = [];
  const walk = (node) => {
    if (roles.includes(node.role) && !node.name?.trim()) found.push(node.role);
    node.children?.forEach(walk);
  };
  walk(await page.accessibility.snapshot({ interestingOnly: false }));
  return found;
}

/* What the session emulates ends with it. */
const media = (session, features) =>
  session.send("Emulation.setEmulatedMedia", { features: Object.entries(features).map(([name, value]) => ({ name, value })) });

export async function checkLook(context) {
  const { browser, server } = context;
  const live = await serve(context.binary, context.paths("plain"), "--model", context.model);
  const tabs = [];
  for (const of of [server, live]) {
    const page = await openTab(browser, of);
    tabs.push({ page, session: await page.createCDPSession() });
  }
  const openMap = async (page) => {
    await (await page.waitForSelector('[data-key="attention"]')).press("Enter");
    await page.waitForSelector('[data-key="attention-map"]');
    await page.click(".trace-form summary");
  };
  const openHelp = async (page) => {
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
  };
  const ways = [["light", 1440, 900, {}], ["dark", 1440, 900, { "prefers-color-scheme": "dark" }], ["420 px", 420, 800, {}], ["200% zoom", 720, 450, {}],
    ["forced colours", 1440, 900, { "forced-colors": "active" }]];
  for (const [{ page, session }, address, act] of [...PAGES.map((address) => [tabs[0], address]), [tabs[0], "#/", openHelp], [tabs[1], TRACE, openMap]])
    await check(`1 15 17 ${address} ${act?.name ?? ""}`, async () => {
      await page.setViewport({ width: 1440, height: 900 });
      await media(session, {});
      await go(page, address);
      await act?.(page);
      holds(await page.$eval("#page", (root) => !root.querySelector(".state[role=alert]")), "an error is shown");
      same(await nameless(page), [], "controls without a name");
      same(await page.evaluate(overlaps), [], "texts over another");
      for (const [name, width, height, features] of ways) {
        await page.setViewport({ width, height });
        await media(session, features);
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 30)))));
        for (const [feature, value] of Object.entries(features)) holds(await page.evaluate((query) => matchMedia(query).matches, `(${feature}: ${value})`), `${name} is not shown`);
        same(await sideways(page), 0, `${name}: sideways scroll`);
        same(await page.evaluate(lowContrast), [], `${name}: contrast below 4.5, of lines below 3`);
      }
      same(takeFaults(page), [], "faults");
    });
  for (const { page } of tabs) await page.close();
  await live.stop();

  await check("17 on a screen of 420 px what is selected comes into sight below the graph, which stays in sight", async () => {
    const tab = await openTab(browser, context.server, "#/prompt/17"), tops = () => tab.$$eval(".graph-main, .panel h2", (list) => list.map((node) => node.getBoundingClientRect().top));
    await tab.setViewport({ width: 420, height: 800 });
    await settled(tab);
    holds((await tops())[1] > 800, "the panel is in sight before");
    for (const address of ["edge.2.4.14", "edge.3.4.14"]) {
      await tab.evaluate(() => scrollTo(0, 0));
      const [x, y] = await tab.evaluate((head) => {
        const box = [...document.querySelectorAll(".g-label")].find((node) => node.textContent === head).getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
      }, address.startsWith("edge.2") ? "H1" : "H0");
      await tab.mouse.click(x, y);
      await settled(tab);
      holds(tab.url().endsWith(`sel=${address}`), `${address} is not selected: ${tab.url()}`);
      const [graph, title] = await tops();
      holds(title > 0 && title < 500 && graph > -400, `${address}: the graph begins at ${graph}, the panel at ${title}`);
    }
    await tab.setViewport({ width: 320, height: 800 });
    await settled(tab);
    same(await sideways(tab), 0, "320 px: sideways scroll");
    same(takeFaults(tab), [], "faults");
    await tab.close();
  });

  for (const [name, address] of [["middle", "#/prompt/0"], ["deep", "#/prompt/0"]])
    await check(`16 ${name}: no label over another, all in sight or a minimap`, async () => {
      const tab = await openTab(browser, context[name], address);
      for (const t of ["", "?t=0.02", "?t=0.1", "?z=0", "?z=2", "?fold=1", "?fold=0"]) {
        await go(tab, address + t);
        same(await tab.evaluate(overlaps), [], `${t}: texts over another`);
        holds((await tab.$$(".graph-main .g-label")).length > 0, `${t}: no head has a label`);
        const { fits, map } = await tab.evaluate(() => {
          const scroll = document.querySelector(".graph-scroll");
          return { fits: scroll.scrollWidth <= scroll.clientWidth + 1 && scroll.scrollHeight <= scroll.clientHeight + 1,
            map: getComputedStyle(document.querySelector(".g-map")).display !== "none" };
        });
        holds(fits !== map, `${t}: fits ${fits}, minimap ${map}`);
        if (t === "" || t === "?z=0") holds(fits, `${t}: not all in sight`);
        if (t === "?z=2") holds(map, "twice the size of all in sight is all in sight");
        if (!map) continue;
        const drawn = await tab.evaluate(() => {
          const box = (selector) => document.querySelector(selector).getBoundingClientRect(), all = box(".g-map"), frame = box(".g-map-frame");
          return { links: document.querySelector(".g-map-links").getAttribute("d")?.length ?? 0, frame: frame.width * frame.height / (all.width * all.height) };
        });
        holds(drawn.links > 0 && drawn.frame > 0 && drawn.frame < 1, `${t}: what the minimap shows: ${JSON.stringify(drawn)}`);
      }
      same(takeFaults(tab), [], "faults");
      await tab.close();
    });
}
