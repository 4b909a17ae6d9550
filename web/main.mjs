/* SPDX-License-Identifier: Apache-2.0
 * Start and router: shows the page that the address names; the header, and the keys that hold everywhere. */
import { announce, count, drawn, element, percent, plural } from "./dom.mjs";
import { readAddress } from "./address.mjs";
import { get, onServer, serverGone, takeToken } from "./api.mjs";
import { notFound, showError, skeletonAfter } from "./states.mjs";
import { askPrompt, showPrompt } from "./page_prompt.mjs";
import { isCommand } from "./prompt_pane.mjs";

/* First words of addresses. */
const mainPages = " failed prompts prompt heads head neurons neuron circuits circuit compare lens roles trace".split(" ");
const MAIN_POLL = 10000; /* ms between two looks at an unfinished run */
const mainRoot = document.getElementById("page");
let mainShown = { name: null, page: null, stop: null };
let mainTimer = 0, mainScroll = 0, mainLeft; /* mainLeft: the address of what stays in sight while another page is on its way */
let mainAsked = null; /* promise of what rest.mjs holds */

/* What the first graph does not need (rest.mjs). */
function mainRest() {
  mainAsked ??= import("./rest.mjs").then(({ rest }) => rest, () => {
    mainAsked = null;
    throw serverGone();
  });
  return mainAsked;
}

function mainHeader(run) {
  const done = run.done + run.failed, planned = run.planned;
  document.getElementById("about").replaceChildren(
    element("a", { href: "#/" }, `${run.model} · ${run.dataset} · ${plural(run.prompts, "prompt")}`),
    ...(done < planned ? [element("span.notice", ` · unfinished: ${percent(done / planned, 0)}`)] : []),
    ...(run.failed ? [" · ", element("a", { href: "#/failed" }, `${count(run.failed)} failed`)] : []));
}

/* While the run goes on its state is asked for; what is shown changes only when the reader wants it. */
function mainWatch(run) {
  mainTimer = clearTimeout(mainTimer);
  document.getElementById("newer").hidden = true;
  const again = () => {
    mainTimer = setTimeout(async () => {
      const timer = mainTimer, now = await get("run").catch(() => run); /* the line above the page says that the server is gone */
      if (timer !== mainTimer) return; /* what is shown has changed since */
      if (now.done + now.failed !== run.done + run.failed) {
        mainHeader(now);
        document.getElementById("newer").hidden = false;
      }
      if (now.done + now.failed < now.planned) again();
    }, MAIN_POLL);
  };
  if (run.done + run.failed < run.planned) again();
}

function mainMarkNavigation(name) {
  for (const link of document.querySelectorAll("nav a")) {
    if ([name, `${name}s`].includes(link.hash.slice(2))) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function mainClose(shown) {
  shown?.page?.close?.();
  shown?.stop?.abort();
}

/* What the page of an address is of: "head L3H99"; undefined for lists. */
function mainWanted([page, a, b]) {
  if (!a) return undefined;
  if (page === "head" || page === "neuron") return `${page} ${b ? `L${a}${page === "head" ? "H" : "N"}${b}` : a}`;
  return b ? undefined : `${page === "compare" ? "comparison" : page} ${a}`;
}

/* Shows the page of the present address. The page before it stays in sight until that is ready, or until the skeleton comes; it stays and
 * goes on working when the server does not answer. */
async function mainShow({ anew, first, oldURL }) {
  clearTimeout(mainScroll);
  const { path, query } = readAddress();
  const name = mainPages.includes(path[0]) ? path[0] : null;
  const same = !anew && name !== null && mainShown.name === name ? mainShown.page : null;
  if (same?.update && same.update({ ...mainShown.context, path, query }) !== false) return;
  if (!mainShown.page) mainShown.stop?.abort(); /* one that is not ready yet */
  if (mainShown.page) mainLeft = oldURL;
  const before = mainShown.page ? mainShown : mainShown.before, stop = new AbortController();
  const shown = (mainShown = { name, page: null, stop, before });
  mainMarkNavigation(name);
  const named = (node) => node.role || node.title || node.textContent, had = before?.name === name && named(document.activeElement);
  const ready = skeletonAfter(mainRoot);
  mainRoot.setAttribute("aria-busy", "true");
  try {
    if (name === null) throw notFound(`There is no page "${path[0]}".`);
    const isPrompt = name === "prompt", asked = isPrompt ? askPrompt(path, stop.signal) : null; /* while the run is not yet known */
    asked?.catch(() => {}); /* told where it is awaited */
    const [run, show] = await Promise.all([get("run", {}, { signal: stop.signal }), isPrompt ? showPrompt : mainRest().then((rest) => rest.pages[name])]);
    if (mainShown !== shown) return;
    mainHeader(run);
    mainWatch(run);
    const root = element("div", { class: `page page-${name || "run"}` });
    shown.context = { root, path, query, run, asked, signal: stop.signal, rest: mainRest };
    const page = await show(shown.context);
    if (mainShown !== shown) {
      page?.close?.();
      return;
    }
    mainClose(before);
    shown.page = page ?? {};
    shown.before = null;
    ready();
    mainRoot.replaceChildren(root);
    page?.shown?.(); /* what needs a size is drawn now */
    document.title = `${root.querySelector("h1")?.textContent ?? "Try a prompt"} – Headwater`; /* only a trace has its title later */
    const kept = [...root.querySelectorAll("button, select, [role=application]")].find((node) => named(node) === had);
    kept?.focus(); /* what was pressed or chosen */
    if (!first && !anew && !root.contains(document.activeElement)) mainRoot.focus({ preventScroll: true });
    scrollTo(0, history.state?.y ?? (kept ? scrollY : 0));
    announce(document.title);
  } catch (error) {
    if (mainShown !== shown || error.name === "AbortError") return;
    if (error.kind === "gone" && before) {
      mainShown = before;
      history.replaceState(null, "", mainLeft);
      mainMarkNavigation(before.name);
      return;
    }
    mainClose(before);
    shown.page = {}; /* what is said is a page too */
    mainRoot.replaceChildren();
    showError(mainRoot, error, () => mainShow({ anew: true }), mainWanted(path));
    document.title = `${mainRoot.querySelector("h1").textContent} – Headwater`;
  } finally {
    ready();
    if (mainShown === shown || mainShown === before) mainRoot.removeAttribute("aria-busy"); /* else a later one is on its way */
  }
}

function mainHelp() {
  mainRest().then((rest) => rest.showHelp(), () => {}); /* the line above the page says that the server is gone */
}

addEventListener("keydown", (event) => {
  if (!isCommand(event)) return;
  if (event.key === "?") {
    event.preventDefault();
    mainHelp();
  } else if (event.key === "/") {
    event.preventDefault();
    const field = document.querySelector("#page input[type=search]");
    if (field) field.focus();
    else location.hash = "#/prompts?focus=q";
  }
});
/* Where one was on a page is kept with its step of the history, for "back". */
history.scrollRestoration = "manual";
addEventListener("scroll", () => {
  clearTimeout(mainScroll);
  mainScroll = setTimeout(() => history.replaceState({ ...history.state, y: scrollY }, ""), 150);
}, { passive: true });

onServer((answers) => { document.getElementById("gone").hidden = answers; });
addEventListener("hashchange", (event) => {
  takeToken();
  mainShow(event);
});
document.getElementById("help").addEventListener("click", mainHelp);
document.getElementById("reload").addEventListener("click", () => mainShow({ anew: true }));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); /* the address is that of the page */
  mainRoot.focus();
});
/* A picture is a document of its own: it would take time of the first page. */
mainShow({ first: true }).then(drawn).then(() => document.querySelector(".brand-icon").append(element("img", { src: "icon.svg", alt: "", width: 20, height: 20 })));
