/* SPDX-License-Identifier: Apache-2.0
 * The browser tests' tools: start `headwater serve`, open pages in Debian's chromium, record what no page may do, count checks. */
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

process.setMaxListeners(0); /* each server adds one that ends it */
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const PATIENCE = 60000; /* ms; a page on a busy machine */

/* A folder that is removed at the end. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "headwater-web-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/* Standard output of `headwater ARGUMENTS`; an error when it fails. */
export function headwater(binary, ...args) {
  return execFileSync(binary, args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}

/* Rows of a statement, as objects. */
export function rows(binary, db, sql) {
  return JSON.parse(headwater(binary, "sql", db, sql, "--format", "json"));
}

/* Rows of a named query. */
export function query(binary, db, name, ...args) {
  return JSON.parse(headwater(binary, "query", db, name, "--format", "json", ...args));
}

/* Starts the server, on a free port where --port is not given. {url: "http://127.0.0.1:PORT/", token, stop()}. */
export async function serve(binary, db, ...args) {
  const child = spawn(binary, ["serve", db, ...(args.includes("--port") ? [] : ["--port", "0"]), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let errors = "";
  child.stderr.on("data", (data) => { errors += data; });
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal, errors })));
  const found = await Promise.race([
    new Promise((resolve) => {
      child.stdout.on("data", (data) => {
        text += data;
        const match = /(http:\/\/[^\s#]+)#token=([0-9a-f]+)/.exec(text);
        if (match) resolve(match);
      });
    }),
    ended.then((end) => { throw new Error(`headwater serve ${db} ended with ${end.code}: ${end.errors}`); }),
  ]);
  process.on("exit", () => child.kill("SIGKILL"));
  return {
    url: found[1],
    token: found[2],
    process: child,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
  };
}

export async function launch(...args) {
  const { default: puppeteer } = await import("puppeteer-core");
  return puppeteer.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions", "--font-render-hinting=none", ...args],
    defaultViewport: { width: 1440, height: 900 },
    protocolTimeout: 120000,
  });
}

/* A tab that records what no page may do: `page.faults` is a list of texts. Faults that a test causes are taken out by takeFaults. */
export async function openTab(browser, server, address = "#/") {
  const page = await browser.newPage();
  page.faults = [];
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) page.faults.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !/^(blob|data|file|about):/.test(url)) page.faults.push(`request to ${url}`);
  });
  await page.exposeFunction("headwaterFault", (text) => page.faults.push(text));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.headwaterFault(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
  });
  const key = address.replace(/^#/, "");
  await page.goto(server.token ? `${server.url}#token=${server.token}${key}` : server.url + address, { waitUntil: "load" });
  await settled(page);
  return page;
}

/* What "Copy SQL" puts on the clipboard: a command of the shell. */
export async function copiedCommand(page) {
  await page.$eval(".files-menu", (menu) => {
    navigator.clipboard.writeText = async (text) => { window.copied = text; };
    [...menu.querySelectorAll("button")].find((one) => one.textContent === "Copy SQL").click();
  });
  await page.waitForFunction(() => window.copied);
  return page.evaluate(() => window.copied);
}

/* Until the page of the address is there, and has asked for nothing more for a while. */
export async function settled(page) {
  await page.bringToFront(); /* a tab behind another draws no frames */
  await page.waitForFunction(() => {
    const root = document.getElementById("page");
    return root && root.childElementCount > 0 && !root.hasAttribute("aria-busy") && !root.querySelector(".prompt-panel[aria-busy]");
  });
  await page.waitForNetworkIdle({ idleTime: 60 });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/* Shows another address in the same tab. Its page is on its way once "hashchange" has come. */
export async function go(page, address) {
  await page.evaluate((hash) => new Promise((resolve) => {
    const before = location.hash;
    addEventListener("hashchange", resolve, { once: true });
    location.hash = hash;
    if (location.hash === before) resolve();
  }), address);
  await settled(page);
}

export function takeFaults(page) {
  return page.faults.splice(0);
}

/* ---- Checks ---- */

const CHECK_SHOWN = 6; /* failures that are printed of one check */
const failures = [];
let nChecks = 0;

export function same(found, wanted, what) {
  nChecks++;
  const a = JSON.stringify(found), b = JSON.stringify(wanted);
  if (a !== b) failures.push(`${what}: found ${a?.slice(0, 400)}, want ${b?.slice(0, 400)}`);
  return a === b;
}

export function holds(condition, what) {
  nChecks++;
  if (!condition) failures.push(what);
  return Boolean(condition);
}

/* Runs one numbered check; an exception is a failure with its name. */
export async function check(name, body) {
  const before = failures.length;
  try {
    await body();
  } catch (error) {
    failures.push(`${name}: ${error.stack ?? error}`);
  }
  console.log(`${failures.length === before ? "ok  " : "FAIL"} ${name}`);
  for (const failure of failures.slice(before, before + CHECK_SHOWN)) console.log(`     ${failure}`);
  if (failures.length > before + CHECK_SHOWN) console.log(`     and ${failures.length - before - CHECK_SHOWN} more`);
}

/* Prints the count; the exit code is that of the test. */
export function finish() {
  console.log(`${nChecks} comparisons, ${failures.length} failed`);
  return failures.length || nChecks === 0 ? 1 : 0;
}

/* Why these tests cannot run here, or null. */
export async function missing() {
  if (!existsSync(CHROMIUM)) return `no ${CHROMIUM}`;
  try {
    await import("puppeteer-core");
  } catch {
    return "no puppeteer-core (npm ci --prefix tests/web)";
  }
  return null;
}
