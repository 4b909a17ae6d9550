/* SPDX-License-Identifier: Apache-2.0
 * What stands where there is nothing to show: loading, empty, error. */
import { button, element } from "./dom.mjs";

const STATES_PATIENCE = 150; /* ms without an answer before a skeleton shows */

/* Shows a skeleton in root when nothing came in time; the function that it returns ends that. */
export function skeletonAfter(root) {
  const timer = setTimeout(() => {
    root.classList.add("loading"); /* no :has() in the style sheets: it makes each change of the document slow */
    root.append(element("div.skeleton", { "aria-label": "loading" }, element("i"), element("i"), element("i")));
  }, STATES_PATIENCE);
  return () => {
    clearTimeout(timer);
    root.classList.remove("loading");
    root.querySelector(":scope > .skeleton")?.remove();
  };
}

/* The server's message, and a button that tries again. wanted: what the page is of, "head L3H99", where the error can mean that there is none. */
export function showError(root, error, retry, wanted) {
  const missing = [400, 404].includes(error.status) && wanted ? `There is no ${wanted}` : error.status === 404 && "Not found";
  const title = error.status === 401 ? "This page needs the token" : /^There is no [^:]+(?=[:.])/.exec(error.message)?.[0] ?? (missing || "That did not work");
  root.append(element("div.state", { role: "alert" }, element("h1", title), error.message !== `${title}.` && element("p", error.message),
    retry && button("Try again", retry)));
}

export function showNoGraph(root) {
  showEmpty(root, "No graph is stored yet.", "headwater run --model DIR --data FILE --db DB");
}

export function showNoPrompt(root, run) {
  if (run.failed) showEmpty(root, "No prompt could be traced.", "headwater query DB failed");
  else showEmpty(root, "No prompt is stored yet.", "headwater run --model DIR --data FILE --db DB");
}

export function noAnswers() {
  return emptyState("The data set has no column of answers.", "headwater run --model DIR --data FILE --answer-column COLUMN --db DB");
}

export function showNotMined(root) {
  showEmpty(root, "Nothing is mined yet. This finds circuits:", "headwater mine DB");
}

/* An error for what is not there. */
export function notFound(message) {
  return Object.assign(new Error(message), { kind: "not_found", status: 404 });
}

/* Why there is nothing, and the command that fills it. */
export function showEmpty(root, reason, command) {
  root.append(emptyState(reason, command));
}

function emptyState(reason, command) {
  return element("div.state", element("p", reason), command && element("pre", element("code", command)));
}
