/* SPDX-License-Identifier: Apache-2.0
 * The script that is served, and that of a saved page, mean what the modules in web/ mean: node tests/web/minified.mjs HEADWATER
 * The modules, one behind the other, and the script are read by acorn. Both trees have the same shape, constants and properties, and each
 * name stands for the same variable, or for one of the browser with the same name (eslint-scope finds what it stands for). */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { finish, headwater, holds, same, serve, temporaryFolder } from "./browser.mjs";

let acorn, scopes;
try {
  acorn = await import("acorn");
  scopes = await import("eslint-scope");
} catch {
  console.log("skipped: no acorn, eslint-scope (npm ci --prefix tests/web)");
  process.exit(77);
}
const binary = process.argv[2], root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/* The modules that `entry` needs and those before it do not, in the order of src/web/CMakeLists.txt, without imports and exports. */
function modulesOf(entry, before = []) {
  const listed = readFileSync(join(root, "src/web/CMakeLists.txt"), "utf8").match(/\w+\.mjs/g);
  const texts = new Map(listed.map((name) => [name, readFileSync(join(root, "web", name), "utf8")])), needed = new Set(), earlier = new Set();
  const need = (name, set) => {
    if (set.has(name)) return;
    set.add(name);
    for (const [, imported] of texts.get(name).matchAll(/^import .* from "\.\/(.*)";$/gm)) need(imported, set);
  };
  for (const name of before) need(name, earlier);
  need(entry, needed);
  return listed.filter((name) => needed.has(name) && !earlier.has(name)).map((name) => texts.get(name).replace(/^import .*$/gm, "").replace(/^export /gm, "")).join("\n");
}

/* The scripts as one, as their imports say: a name that one exports and another imports is the same in both. */
function joinedScripts(texts) {
  const exported = new Map();
  return Object.entries(texts).map(([name, text]) => {
    const body = text.replace(/import\{([^}]*)\}from"\.\/(.*?)";/g, (whole, names, from) => {
      same(names.split(",").filter((x) => !exported.get(from)?.has(x)), [], `${name}: what ${from} does not export`);
      return "";
    }).replace(/export\{([^}]*)\}$/gm, (whole, names) => {
      exported.set(name, new Set([...exported.get(name) ?? [], ...names.split(",")]));
      return "";
    });
    holds(!/\bexport\{|\bimport\{/.test(body), `${name}: an import or export in another place`);
    return body;
  }).join("\n");
}

/* {tree, meaning: Map of an identifier's node -> its variable, null for one that the script does not declare} */
function read(text) {
  const options = { ecmaVersion: 2022, sourceType: "module" };
  const tree = acorn.parse(text, { ...options, ranges: true }), meaning = new Map();
  for (const scope of scopes.analyze(tree, options).scopes) {
    for (const variable of scope.variables) for (const node of variable.identifiers) meaning.set(node, variable);
    for (const reference of scope.references) meaning.set(reference.identifier, reference.resolved);
  }
  return { tree, meaning };
}

/* Statements with those declarations as one that follow each other; const is served as let. */
function joined(list) {
  const out = [];
  for (const node of list) {
    const last = out.at(-1);
    if (node?.type === "VariableDeclaration" && last?.type === node.type) last.declarations = [...last.declarations, ...node.declarations];
    else out.push(node?.type === "VariableDeclaration" ? { ...node } : node);
  }
  return out;
}

/* Compares two scripts; the first difference, or null. */
function difference(wanted, found) {
  const pairs = new Map(), back = new Map(); /* variable -> variable */
  const place = (a, path) => `${path.join(".")} at byte ${a?.start}`;
  function compare(a, b, path) {
    if (Array.isArray(a) && Array.isArray(b)) {
      const x = joined(a), y = joined(b);
      if (x.length !== y.length) return `${x.length} parts, found ${y.length}: ${place(x[0], path)}`;
      for (let i = 0; i < x.length; i++) {
        const told = compare(x[i], y[i], [...path, i]);
        if (told) return told;
      }
      return null;
    }
    if (a instanceof RegExp || b instanceof RegExp || typeof a !== "object" || !a || !b) return String(a) === String(b) && typeof a === typeof b ? null : `${String(a)}, found ${String(b)}: ${path.join(".")}`;
    if (a.type !== b.type) return `${a.type}, found ${b.type}: ${place(a, path)}`;
    if (a.type === "Identifier" && wanted.meaning.has(a) !== found.meaning.has(b)) return `${a.name} is a variable in one only: ${place(a, path)}`;
    if (a.type === "Identifier" && wanted.meaning.get(a) && found.meaning.get(b)) {
      const x = wanted.meaning.get(a), y = found.meaning.get(b);
      if (!pairs.has(x) && !back.has(y)) pairs.set(x, y), back.set(y, x);
      return pairs.get(x) === y && back.get(y) === x ? null : `${a.name} is another variable, ${b.name}: ${place(a, path)}`;
    }
    if (wanted.meaning.get(a) || found.meaning.get(b)) return `${a.name} is a name of the browser in one only: ${place(a, path)}`;
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (["start", "end", "range", "raw", "shorthand"].includes(key) || (a.type === "VariableDeclaration" && key === "kind")) continue;
      const told = compare(a[key], b[key], [...path, key]);
      if (told) return told;
    }
    return null;
  }
  const told = compare(wanted.tree, found.tree, []);
  return { told, variables: pairs.size };
}

function check(name, whole, text) {
  const { told, variables } = difference(read(whole), read(text));
  same(told, null, `${name}: what differs`);
  holds(variables > 1000, `${name}: ${variables} variables were compared, want more than 1000`);
  holds(text.length < whole.length * 0.62, `${name}: ${text.length} bytes of ${whole.length}`);
  console.log(`${name}: ${whole.length} bytes in the modules, ${text.length} served, ${variables} variables`);
}

const folder = temporaryFolder(), db = join(folder, "one.db"), saved = join(folder, "one.html");
execFileSync(binary, ["run", "--model", join(root, "datasets/models/headwater-gpt2"), "--data", join(root, "datasets/ioi.csv"), "--limit", "1", "--db", db], { stdio: "ignore" });
const server = await serve(binary, db);
const entries = ["start.mjs", "main.mjs", "rest.mjs"], served = {};
for (const name of entries) {
  served[name] = await (await fetch(server.url + name)).text();
  try {
    acorn.parse(served[name], { ecmaVersion: 2022, sourceType: "module" });
  } catch (error) {
    holds(false, `${name}: ${error.message}`);
  }
}
check(entries.join(", "), entries.map((name, i) => modulesOf(name, entries.slice(0, i))).join("\n"), joinedScripts(served));
await server.stop();
headwater(binary, "page", db, "--prompt", "0", "--out", saved);
check("saved.mjs", modulesOf("saved.mjs"), /<script type="module">([^]*?)<\/script>/.exec(readFileSync(saved, "utf8"))[1]);
process.exit(finish());
