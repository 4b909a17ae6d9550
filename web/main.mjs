/* SPDX-License-Identifier: Apache-2.0
 * Start and router: shows the page that the address names. */
import { announce, count, element, percent } from "./dom.mjs";
import { readAddress } from "./address.mjs";
import { get, onServer, takeToken } from "./api.mjs";
import { showError, skeletonAfter } from "./states.mjs";

/* First word of the address -> module, function, title. A module is fetched when its page is first shown. */
const pages = {
  "": ["./page_run.mjs", "showRun", "Run"],
  prompts: ["./page_prompts.mjs", "showPrompts", "Prompts"],
  prompt: ["./page_prompt.mjs", "showPrompt", "Prompt"],
  heads: ["./page_heads.mjs", "showHeads", "Heads"],
  head: ["./page_head.mjs", "showHead", "Head"],
  neurons: ["./page_neurons.mjs", "showNeurons", "Neurons"],
  neuron: ["./page_neuron.mjs", "showNeuron", "Neuron"],
  circuits: ["./page_circuits.mjs", "showCircuits", "Circuits"],
  circuit: ["./page_circuit.mjs", "showCircuit", "Circuit"],
  compare: ["./page_compare.mjs", "showCompare", "Comparison"],
  lens: ["./page_lens.mjs", "showLens", "Lens"],
  roles: ["./page_roles.mjs", "showRoles", "Roles"],
  trace: ["./page_trace.mjs", "showTrace", "Try a prompt"],
};
const mainRoot = document.getElementById("page");
let mainShown = { name: null, page: null, stop: null };

function mainHeader(run) {
  const parts = [`${run.model} · ${run.dataset} · ${count(run.prompts)} prompts`];
  const expected = run.prompts + (run.counterfactuals_planned ?? 0);
  if (run.done + run.failed < expected) parts.push(` · unfinished: ${percent((run.done + run.failed) / expected, 0)}`);
  if (run.failed) parts.push(` · ${count(run.failed)} failed`);
  document.getElementById("about").replaceChildren(...parts);
}

function mainMarkNavigation(name) {
  for (const link of document.querySelectorAll("nav a")) {
    const words = link.dataset.pages.split(" ");
    if (words.includes(name)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function mainShow() {
  const { path, query } = readAddress();
  const name = path[0] in pages ? path[0] : null;
  if (mainShown.name === name && mainShown.page?.update && mainShown.page.update({ ...mainShown.context, path, query }) !== false) return;
  mainShown.page?.close?.();
  mainShown.stop?.abort();
  const stop = new AbortController();
  const shown = (mainShown = { name, page: null, stop });
  mainMarkNavigation(name);
  mainRoot.replaceChildren();
  const ready = skeletonAfter(mainRoot);
  try {
    if (name === null) throw Object.assign(new Error(`There is no page "${path[0]}".`), { kind: "not_found", status: 404 });
    const [file, show, title] = pages[name];
    const [module, run] = await Promise.all([import(file), get("run", {}, { signal: stop.signal })]);
    mainHeader(run);
    const root = element("div", { class: `page page-${name || "run"}` });
    shown.context = { root, path, query, run, signal: stop.signal };
    const page = await module[show](shown.context);
    if (mainShown !== shown) {
      page?.close?.();
      return;
    }
    shown.page = page;
    ready();
    mainRoot.replaceChildren(root);
    page?.shown?.(); /* what needs a size is drawn now */
    document.title = `${document.querySelector("#page h1")?.textContent ?? title} – Headwater`;
    announce(document.title);
  } catch (error) {
    ready();
    if (mainShown !== shown || error.name === "AbortError") return;
    mainRoot.replaceChildren();
    showError(mainRoot, error, mainShow);
  }
}

takeToken();
onServer((answers) => { document.getElementById("gone").hidden = answers; });
addEventListener("hashchange", () => { takeToken(); mainShow(); });
addEventListener("addresschange", mainShow);
mainShow();
