/* SPDX-License-Identifier: Apache-2.0
 * The browser tests of the page: node tests/web/pages.mjs HEADWATER [WORD] [DATABASES]
 * WORD: only the files of checks that contain it, "" for all; DATABASES: a folder that make_pages.py and make_databases.py have filled */
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { finish, launch, missing, serve, temporaryFolder } from "./browser.mjs";
import { checkGraph } from "./check_graph.mjs";
import { checkRelevance } from "./check_relevance.mjs";
import { checkPanel } from "./check_panel.mjs";
import { checkLook } from "./check_look.mjs";
import { checkFiles } from "./check_files.mjs";
import { checkLive } from "./check_live.mjs";
import { checkStates } from "./check_states.mjs";
import { checkLists } from "./check_lists.mjs";
import { checkSettings } from "./check_settings.mjs";

const [binary, word = "", made] = process.argv.slice(2);
const reason = await missing();
if (reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}
const here = dirname(fileURLToPath(import.meta.url)), folder = temporaryFolder();
const model = join(here, "../../datasets/models/headwater-gpt2");
for (const [script, ...options] of made ? [] : [["make_pages.py"], ["make_databases.py", "--prompts", "1", "--only", "middle", "deep"]])
  execFileSync("/usr/bin/python3", [join(here, script), binary, folder, ...options], { stdio: ["ignore", "ignore", "inherit"] });

const path = (name) => join(made ?? folder, `${name}.db`);
const browser = await launch();
const context = { binary, browser, folder, model, data: join(here, "../../datasets/ioi.csv"), ioi: path("ioi"), paths: path,
  server: await serve(binary, path("ioi")), plain: await serve(binary, path("plain")), deep: await serve(binary, path("deep")),
  middle: await serve(binary, path("middle")) };
for (const [name, run] of Object.entries({ checkGraph, checkRelevance, checkPanel, checkLook, checkFiles, checkLive, checkStates, checkLists, checkSettings })) if (name.toLowerCase().includes(word)) await run(context);
await browser.close();
for (const server of [context.server, context.plain, context.deep, context.middle]) await server.stop();
process.exit(finish());
