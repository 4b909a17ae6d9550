/* SPDX-License-Identifier: Apache-2.0
 * Requests to the server that the page came from, with the token. */

const API_TOKEN = "headwater.token";
let apiOffered = null; /* a token of the address: it takes the place of the kept one when the server takes it */
const apiKept = new Map(); /* address -> {etag, value}: asked again with If-None-Match */
const API_KEPT = 64;
const apiEarly = new Map(); /* address -> promise of its value: asked for before there was a page to show it */
let apiAnswers = true, apiListener = () => {};

/* A token behind "#token=" in the address is taken out of it. It is kept, for this host and port, once it has been right: a link with a wrong
 * one does no harm. */
export function takeToken() {
  const found = /^#token=([0-9a-f]{32})(\/.*)?$/.exec(location.hash);
  if (!found) return;
  apiOffered = found[1];
  history.replaceState(null, "", `#${found[2] ?? "/"}`);
}

/* listener(true | false): the server answers, or cannot be reached. */
export function onServer(listener) {
  apiListener = listener;
  listener(apiAnswers);
}

function apiTell(answers) {
  apiAnswers = answers;
  apiListener(answers);
}

/* Tells the listener; the error to throw. */
export function serverGone() {
  apiTell(false);
  return Object.assign(new Error("The server does not answer. Is `headwater serve` still running?"), { kind: "gone", status: 0 });
}

/* "prompts?group=1" from "prompts" and {group: 1}; null and undefined are left out. */
export function apiAddress(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value != null);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

async function apiFetch(address, options) {
  const token = apiOffered ?? localStorage.getItem(API_TOKEN);
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(`api/${address}`, { ...options, headers, cache: "no-store" });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw serverGone();
  }
  apiTell(true);
  if (apiOffered && apiOffered === token) {
    if (answer.status === 401 && localStorage.getItem(API_TOKEN)) {
      apiOffered = null;
      return apiFetch(address, options);
    }
    if (answer.status !== 401) {
      localStorage.setItem(API_TOKEN, token);
      apiOffered = null;
    }
  }
  if (!answer.ok && answer.status !== 304) {
    let found = {};
    try {
      found = await answer.json();
    } catch { /* no JSON: the status alone is told */ }
    throw Object.assign(new Error(found.message ?? `The server answered ${answer.status}.`),
      { kind: found.error ?? "error", status: answer.status });
  }
  return answer;
}

/* The JSON of an end point. Throws an Error with kind, message and status (0: the server does not answer). */
export async function get(path, parameters, { signal } = {}) {
  const address = apiAddress(path, parameters), early = apiEarly.get(address);
  if (apiEarly.delete(address)) return early;
  const kept = apiKept.get(address);
  const answer = await apiFetch(address, { signal, headers: kept ? { "If-None-Match": kept.etag } : {} });
  if (answer.status === 304) return kept.value;
  const value = await answer.json();
  const etag = answer.headers.get("ETag");
  apiKept.delete(address);
  if (etag) apiKept.set(address, { etag, value });
  if (apiKept.size > API_KEPT) apiKept.delete(apiKept.keys().next().value);
  return value;
}

/* Asks for what the first get() of this address will want. */
export function askEarly(path, parameters) {
  const asked = get(path, parameters);
  asked.catch(() => {}); /* told where it is awaited */
  apiEarly.set(apiAddress(path, parameters), asked);
}

export async function post(path, body) {
  const options = { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return (await apiFetch(path, options)).json();
}

/* run: the JSON of the end point `run`. Does the server have its model? Then stored prompts can be traced too. */
export function liveHasModel(run) {
  return Boolean(run.live && run.live_model && run.live_model.fingerprint === run.model_fingerprint);
}

/* Saves bytes as a file of the user's. */
export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
