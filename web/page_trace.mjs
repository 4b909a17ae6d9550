/* SPDX-License-Identifier: Apache-2.0
 * A prompt of one's own, traced by the server: "#/trace?p=TEXT", or a stored one at another target: "#/trace?prompt=17&target=9". */
import { announce, element } from "./dom.mjs";
import { addressOf, keptParameters, pageLink, writeAddress } from "./address.mjs";
import { paneKeys, promptPane } from "./prompt_pane.mjs";
import { liveAddress, liveHasModel, liveSource, liveTrace } from "./source_live.mjs";
import { shellWord } from "./lists.mjs";
import { showError } from "./states.mjs";

const TRACE_KEPT = ["t", "z", "fold", "conv"]; /* of the address, when another prompt is traced */

/* {of: for liveAddress, body: for liveTrace} of an address; null: nothing is asked for. */
function traceWanted(query) {
  const text = query.get("p"), prompt = query.get("prompt"), number = (value) => (/^\d{1,12}$/.test(value ?? "") ? Number(value) : undefined);
  const target = number(query.get("target"));
  if (text) return { of: { p: text }, body: { text, target } };
  return number(prompt) === undefined ? null : { of: { prompt }, body: { prompt: Number(prompt), target } };
}

function traceNoModel(root, run) {
  root.append(element("div.state", element("h1", "Try a prompt"),
    element("p", "This server has no model. Start it with one:"),
    element("pre", element("code", `headwater serve ${shellWord(run.database ?? "DB")} --model DIR`)),
    element("p", "With the model of the run, what is not stored of its prompts is computed too.")));
}

/* A field for the prompt; onTrace(text). */
function traceForm(run, text, onTrace) {
  const field = element("textarea", { id: "trace-text", rows: "2", spellcheck: "false", autocomplete: "off" });
  field.value = text;
  field.required = true; /* an empty one is told by the browser */
  const send = () => field.reportValidity() && onTrace(field.value);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  const form = element("form.trace-form", { onsubmit: (event) => {
    event.preventDefault();
    send();
  } }, element("label", { for: "trace-text" }, "Prompt"), field, element("button", { type: "submit", class: "primary", title: "Trace (Enter; Shift-Enter begins a line)" }, "Trace"),
  element("span.soft", `Model ${run.live_model?.name ?? ""}`, !liveHasModel(run) && `; the database was made with another one, ${run.model}`));
  return { form, field };
}

export async function showTrace({ root, query, run, rest }) {
  if (!run.live) return traceNoModel(root, run);
  const wanted = traceWanted(query), place = element("div.trace-place");
  const go = (of) => { location.hash = addressOf(["trace"], { ...of, ...keptParameters(TRACE_KEPT) }); };
  const { form, field } = traceForm(run, wanted?.body.text ?? "", (p) => go({ p }));
  root.append(form, place);
  const key = (of) => ["p", "prompt", "target"].map((name) => of.get(name) ?? "").join("\n"), shownKey = key(query);
  let pane = null, sized = false, closed = false, latest = query;

  function showGraph(graph, trace) {
    const { text } = graph;
    if (wanted.of.prompt !== undefined) field.value = text ?? "";
    graph.targets = graph.tokens.map((_, position) => position); /* any can be traced */
    const stored = wanted.of.prompt !== undefined && pageLink(`prompt ${wanted.of.prompt}`, ["prompt", wanted.of.prompt], {}, { class: "prompt-chip" });
    const end = graph.tokens.length - 1;
    const whole = graph.target !== end && element("a.prompt-chip", { href: liveAddress(wanted.of) }, "the last token's prediction");
    place.replaceChildren();
    place.className = "page page-prompt";
    pane = promptPane({ root: place, rest, title: "Try a prompt", query: latest, beside: [element("span.prompt-chip", "live"), stored, whole],
      run: { ...run, database: null, model: run.live_model.path }, entries: [{ graph, source: () => liveSource({ trace, of: wanted.of, run }), name: "Graph" }],
      onState: (changes, options) => writeAddress(changes, { ...options, silent: true }),
      onTarget: (entry, target) => go({ ...wanted.of, target }) });
    if (sized) pane.shown();
    announce(`Traced: ${graph.tokens.length} tokens`);
  }

  async function start() {
    place.replaceChildren(element("div.state", { role: "status" }, element("p", "Tracing …"), element("progress", { "aria-label": "Tracing" })));
    const trace = liveTrace(wanted.body);
    try {
      const graph = await trace.graph();
      if (!closed) showGraph(graph, trace);
    } catch (error) {
      if (closed) return;
      place.replaceChildren();
      if (error.status !== 422) showError(place, error, start);
      else place.append(element("div.state", { role: "alert" }, element("h1", "Not traced"), element("p", error.message)));
    }
  }

  if (wanted) start();
  else place.append(element("div.state", element("h1", "Try a prompt"),
    element("p", "Type a prompt and press Enter: the graph shows what its next token was made from.")));

  const endKeys = paneKeys(() => pane);
  return {
    shown() {
      sized = true;
      pane?.shown();
      if (!wanted) field.focus();
    },
    update(context) {
      if (key(context.query) !== shownKey) return false;
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
