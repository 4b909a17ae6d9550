/* SPDX-License-Identifier: Apache-2.0
 * The replay of the page equals hw_edges, to the last bit: kind, layer, head, source, target, weight and flow of every edge, flow of every
 * token, and every head, at 12 thresholds a graph.
 *
 *   node tests/web/replay.mjs HEADWATER [--prompts 3] [--databases FOLDER]
 *
 * Makes the databases (make_databases.py, needs numpy) unless --databases names a folder that has them. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./browser.mjs";
import { KIND_NAMES, replay } from "../../web/replay.mjs";

const [headwater, ...rest] = process.argv.slice(2);
const option = (name, otherwise) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : otherwise);
const LEAST_EDGES = 100000;

function sql(database, statement) {
  const text = execFileSync(headwater, ["sql", database, "--format", "json"], { input: statement, maxBuffer: 1 << 30 });
  return JSON.parse(text);
}

/* The JSON of the end point `graph`, as the page gets it. */
async function graphOf(server, prompt, target) {
  const answer = await fetch(`${server.url}api/graph?prompt=${prompt}&target=${target}`, { headers: { Authorization: `Bearer ${server.token}` } });
  if (!answer.ok) throw new Error(`graph of prompt ${prompt}: status ${answer.status}`);
  return answer.json();
}

let compared = 0, differ = 0;

function compare(what, found, wanted) {
  if (found.length !== wanted.length) {
    differ++;
    console.log(`${what}: ${found.length} rows, want ${wanted.length}`);
    return;
  }
  for (const [i, row] of wanted.entries())
    if (row.some((value, k) => !Object.is(value, found[i][k]))) {
      if (differ++ < 10) console.log(`${what}: row ${i} is ${found[i].join(" ")}, want ${row.join(" ")}`);
    }
}

/* 12 thresholds: from the floor to 0.5, and two that are importances of rows, which they leave out. */
function thresholds(graph) {
  const list = Array.from({ length: 10 }, (_, i) => graph.floor * (0.5 / graph.floor) ** (i / 9));
  const shares = [...graph.parts.share].sort((a, b) => a - b);
  return [...list, shares[shares.length >> 1] / 1e6, shares[Math.floor(shares.length * 0.9)] / 1e6];
}

/* The rows of a table-valued function at each threshold, as lists of values. */
function rowsAt(database, id, list, columns, table) {
  const rows = sql(database, `SELECT t.i, ${columns} FROM graph g, (SELECT key AS i, value AS threshold FROM json_each('${JSON.stringify(list)}')) t,
    ${table}(g.edges, t.threshold) e WHERE g.graph_id = ${id}`);
  const at = list.map(() => []);
  for (const row of rows) at[row.i].push(Object.values(row).slice(1));
  return at;
}

function checkGraph(database, name, id, graph) {
  const list = thresholds(graph);
  const edges = rowsAt(database, id, list, "e.kind, e.layer, e.head, e.source, e.target, e.importance, e.weight, e.flow", "hw_edges");
  const tokens = rowsAt(database, id, list, "e.flow", "hw_token_flow");
  const heads = rowsAt(database, id, list, "e.layer, e.head, e.importance, e.position", "hw_heads");
  for (const [i, threshold] of list.entries()) {
    const what = `${name} graph ${id} at ${threshold}`, found = replay(graph, threshold);
    compare(`${what}: edges`, Array.from({ length: found.n }, (_, e) => [KIND_NAMES[found.kind[e]], found.layer[e],
      found.head[e] < 0 ? null : found.head[e], found.source[e], found.target[e], found.share[e] / 1e6, found.weight[e], found.flow[e]]), edges[i]);
    compare(`${what}: tokens`, Array.from(found.tokenFlow, (flow) => [flow]), tokens[i]);
    compare(`${what}: heads`, found.heads.map((head) => [head.layer, head.head, head.share / 1e6, head.position]), heads[i]);
    compared += edges[i].length;
  }
}

const made = option("--databases", null), folder = made ?? mkdtempSync(join(tmpdir(), "headwater-replay-"));
try {
  if (!made) {
    const script = fileURLToPath(new URL("make_databases.py", import.meta.url));
    execFileSync("/usr/bin/python3", [script, headwater, folder, "--prompts", option("--prompts", "3")], { stdio: "inherit" });
  }
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".db")).sort()) {
    const database = join(folder, file), before = compared;
    const server = await serve(headwater, database);
    for (const { id, prompt_id: prompt, target_pos: target } of sql(database, "SELECT graph_id AS id, prompt_id, target_pos FROM graph ORDER BY graph_id"))
      checkGraph(database, file, id, await graphOf(server, prompt, target));
    await server.stop();
    console.log(`${file}: ${compared - before} edges`);
  }
} finally {
  if (!made && existsSync(folder)) rmSync(folder, { recursive: true });
}
console.log(`${compared} edges compared, ${differ} rows differ`);
if (differ > 0 || compared < LEAST_EDGES) process.exit(1);
