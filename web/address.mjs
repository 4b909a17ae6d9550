/* SPDX-License-Identifier: Apache-2.0
 * The address tells everything that is shown: "#/prompt/17/14?t=0.08&sel=edge.2.14.4". */

/* {path: ["prompt", "17", "14"], query: URLSearchParams} of the present address. */
export function readAddress() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part; /* a stray % */
    }
  });
  return { path: parts, query: new URLSearchParams(query ?? "") };
}

/* "#/prompt/17?t=0.08" from ["prompt", 17] and {t: 0.08}; values null, undefined and "" are left out. */
export function addressOf(path, query = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of query instanceof URLSearchParams ? query : Object.entries(query))
    if (value != null && value !== "") parameters.set(name, value);
  /* These are plain in a query (RFC 3986), and easier to read so. */
  const text = parameters.toString().replace(/%(2C|2F|3A)/g, decodeURIComponent);
  return `#/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

function addressNumber(text, what) {
  if (/^\d{1,9}$/.test(text ?? "")) return Number(text);
  throw Object.assign(new Error(`"${text ?? ""}" is no ${what}: want a number, as in #/prompt/17.`), { kind: "input", status: 400 });
}

/* {prompt, target (null: the last position)} of the path of a prompt's page, as the end point `graph` takes them. */
export function promptOfPath(path) {
  return { prompt: addressNumber(path[1], "prompt"), target: path[2] === undefined ? null : addressNumber(path[2], "target position") };
}

/* These parameters of the present address, for another one. */
export function keptParameters(names) {
  const { query } = readAddress();
  return Object.fromEntries(names.map((name) => [name, query.get(name)]));
}

/* Changes parameters of the present address (null removes one) and shows it. With replace no step for "back" is made: for what moves
 * without end, as a slider does. With silent the pages are not told: for what is shown already. */
export function writeAddress(changes, { replace = false, silent = false } = {}) {
  const now = readAddress();
  for (const [name, value] of Object.entries(changes))
    if (value == null || value === "") now.query.delete(name);
    else now.query.set(name, value);
  const address = addressOf(now.path, now.query);
  if (address === location.hash) return;
  const { href: oldURL } = location;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  if (!silent) dispatchEvent(new HashChangeEvent("hashchange", { oldURL })); /* the browser sends none of its own */
}
