/* SPDX-License-Identifier: Apache-2.0
 * A prompt of one's own, traced by the server: "#/trace?p=TEXT&answer=TEXT&foil=TEXT&counterfactual=TEXT", or a stored one at another target:
 * "#/trace?prompt=17&target=9". */
import { announce, element, pageLink } from "./dom.mjs";
import { addressOf, keptParameters, writeAddress } from "./address.mjs";
import { methodBoth, methodGraphs, methodSwitch, nextMethod } from "./methods.mjs";
import { paneKeys, promptPane } from "./prompt_pane.mjs";
import { liveHasModel } from "./api.mjs";
import { liveAddress, liveQuestions, liveSource, liveTrace } from "./source_live.mjs";
import { shellWord } from "./lists.mjs";
import { showError } from "./states.mjs";

const TRACE_KEPT = ["t", "z", "fold", "conv", "by", "pair"]; /* of the address, when another prompt is traced */
const TRACE_ASKED = { answer: ["Answer", "else the prediction"], foil: ["Wrong answer", "else the mean of all tokens"], counterfactual: ["Counterfactual", "a prompt of as many tokens"] };
let traceLast = {}; /* {key, graph, questions}: another method draws it again, as long as model and data set are the same */

/* {of: for liveAddress, body: for liveTrace} of an address; null: nothing is asked for. */
function traceWanted(query) {
  const text = query.get("p"), prompt = query.get("prompt"), number = (value) => (/^\d{1,12}$/.test(value ?? "") ? Number(value) : undefined);
  const target = number(query.get("target"));
  const asked = Object.fromEntries(Object.keys(TRACE_ASKED).map((name) => [name, query.get(name) || undefined]));
  if (text) return { of: { p: text, ...asked }, body: { text, target, ...asked } };
  return number(prompt) === undefined ? null : { of: { prompt }, body: { prompt: Number(prompt), target } };
}

function traceNoModel(root, run) {
  root.append(element("div.state", element("h1", "Try a prompt"),
    element("p", "This server has no model. Start it with one:"),
    element("pre", element("code", `headwater serve ${shellWord(run.database ?? "DB")} --model DIR`)),
    element("p", "With the model of the run, what its prompts lack is computed too.")));
}

/* Fields for the prompt and what its answer hangs on; of: their values by name; onTrace({p, answer, foil, counterfactual}). */
function traceForm(run, of, onTrace) {
  const field = element("textarea", { id: "trace-text", rows: "2", spellcheck: "false", autocomplete: "off" });
  field.value = of.p ?? "";
  field.required = true; /* an empty one is told by the browser */
  const asked = Object.entries(TRACE_ASKED).map(([name, [label, placeholder]]) => element("label.field", `${label} `,
    element("input", { type: "text", name, value: of[name], placeholder, spellcheck: "false", autocomplete: "off" })));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  const form = element("form.trace-form", { onsubmit: (event) => {
    event.preventDefault();
    onTrace({ p: field.value, ...Object.fromEntries(asked.map(({ lastChild }) => [lastChild.name, lastChild.value])) });
  } }, element("label", { for: "trace-text" }, "Prompt"), field, element("button", { type: "submit", class: "primary", title: "Trace (Enter; Shift-Enter begins a line)" }, "Trace"),
  element("details", { open: asked.some(({ lastChild }) => lastChild.value) }, element("summary", "What the answer hangs on"), element("div.controls", asked)),
  element("span.soft", `Model ${run.live_model?.name ?? ""}`, !liveHasModel(run) && `; the database was made with another one, ${run.model}`));
  return { form, field };
}

export async function showTrace({ root, query, run, rest }) {
  if (!run.live) return traceNoModel(root, run);
  const wanted = traceWanted(query), place = element("div.trace-place");
  const go = (of, changes) => { location.hash = addressOf(["trace"], { ...of, ...keptParameters(TRACE_KEPT), ...changes }); };
  const { form, field } = traceForm(run, wanted?.of ?? {}, (of) => go(of, { by: of.counterfactual ? "contrast" : of.answer || of.foil ? "answer" : null }));
  root.append(form, place);
  const keyOf = (of, more = []) => ["p", "prompt", "target", ...Object.keys(TRACE_ASKED), ...more].map((name) => of.get(name) ?? "").join("\n"), key = keyOf(query) + JSON.stringify([run.fingerprint, run.live_model]);
  const wantedBy = query.get("by"), pair = query.get("pair") === "1", choose = (by) => writeAddress({ by, side: null });
  let pane = null, sized = false, closed = false, latest = query, keys = {};

  async function showGraph({ graph, questions }) {
    const { text, relevance: names } = graph, { by, graphs, lack } = await methodGraphs({ graph, names, wanted: wantedBy, pair, ask: questions.relevance, rest });
    if (closed) return;
    const togglePair = () => by && writeAddress({ pair: pair ? null : "1", side: null });
    keys = { r: () => choose(nextMethod(names, by)), p: togglePair };
    if (wanted.of.prompt !== undefined) field.value = text ?? "";
    const stored = wanted.of.prompt !== undefined && pageLink(`prompt ${wanted.of.prompt}`, ["prompt", wanted.of.prompt], {}, { class: "prompt-chip" });
    const whole = graph.target !== graph.tokens.length - 1 && element("a.prompt-chip", { href: liveAddress(wanted.of) }, "the last token's prediction");
    place.replaceChildren();
    place.className = "page page-prompt";
    pane = promptPane({ root: place, rest, title: "Try a prompt", query: latest,
      beside: [element("span.prompt-chip", "live"), stored, methodSwitch(names, by, choose), by && methodBoth(by, pair, togglePair), whole, lack],
      run: { ...run, database: null, model: run.live_model.name },
      entries: graphs.map((of) => ({ graph: of, source: () => liveSource({ questions, of: wanted.of, run }), name: of.method?.mode ?? (by ? "routes" : "Graph") })),
      onState: (changes, options) => writeAddress(changes, { ...options, silent: true }),
      onTarget: (entry, target) => go({ ...wanted.of, target }) });
    if (sized) pane.shown();
    announce(`Traced: ${graph.tokens.length} tokens`);
  }

  async function start() {
    place.replaceChildren(element("div.state", { role: "status" }, element("p", "Tracing …"), element("progress", { "aria-label": "Tracing" })));
    try {
      if (traceLast.key !== key) {
        const trace = liveTrace(wanted.body, () => { traceLast = {}; }), graph = await trace.graph();
        graph.targets = graph.tokens.map((_, position) => position); /* any can be traced */
        traceLast = { key, graph, questions: liveQuestions(trace) };
      }
      await showGraph(traceLast);
    } catch (error) {
      if (closed) return;
      place.replaceChildren();
      if (error.status !== 422) showError(place, error, start);
      else place.append(element("div.state", { role: "alert" }, element("h1", "Not traced"), element("p", error.message)));
    }
  }

  if (wanted) start();
  else place.append(element("div.state", element("h1", "Try a prompt"),
    element("p", "Type a prompt and press Enter: the graph shows what made its next token.")));

  const endKeys = paneKeys(() => pane, { r: () => keys.r?.(), p: () => keys.p?.() });
  return {
    shown() {
      sized = true;
      pane?.shown();
      if (!wanted) field.focus();
    },
    update(context) {
      if (keyOf(context.query, ["by", "pair"]) !== keyOf(query, ["by", "pair"])) return false;
      latest = context.query;
      pane?.update(latest);
      return true;
    },
    close() {
      closed = true;
      endKeys();
      pane?.close();
    },
  };
}
