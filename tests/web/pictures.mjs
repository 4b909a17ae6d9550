/* SPDX-License-Identifier: Apache-2.0
 * Makes the README's pictures anew: node tests/web/pictures.mjs HEADWATER
 * Writes docs/page-*.png, 1440 x 900, each under 200 kB. By hand, when the page has changed. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { go, headwater, launch, missing, openTab, serve, takeFaults, temporaryFolder } from "./browser.mjs";
import { palettePng } from "./palette.mjs";

const MOST_BYTES = 200000, WIDTH = 1440, HEIGHT = 900;
const [binary] = process.argv.slice(2);
const reason = await missing();
if (reason) {
  console.error(reason);
  process.exit(1);
}
const here = dirname(fileURLToPath(import.meta.url)), root = join(here, "../.."), folder = temporaryFolder();
process.chdir(root);
const ioi = join(folder, "ioi.db");
headwater(binary, "run", "pipelines/ioi.ini", "--counterfactual", "--project", "all", "--convention", "both", "--db", ioi, "--quiet");
execFileSync("/usr/bin/python3", [join(here, "make_databases.py"), binary, folder], { stdio: ["ignore", "ignore", "inherit"] });

const browser = await launch();
const blank = await browser.newPage(); /* decodes the screenshots */
const pixelsOf = (base64) => blank.evaluate(async (data) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data: bytes } = canvas.getImageData(0, 0, image.width, image.height);
  return Array.from({ length: bytes.length / 4 }, (_, i) => (bytes[4 * i] << 16) | (bytes[4 * i + 1] << 8) | bytes[4 * i + 2]);
}, base64);
let failed = false;
for (const [db, pictures] of [[ioi, [["edge", "#/prompt/17?sel=edge.2.4.14"], ["pair", "#/prompt/17?pair=1"], ["heads", "#/heads"]]],
  [join(folder, "deep.db"), [["deep", "#/prompt/0?t=0.02&z=0"]]]]) {
  const server = await serve(binary, db), page = await openTab(browser, server);
  for (const [name, address] of pictures) {
    await go(page, address);
    const path = join("docs", `page-${name}.png`);
    const png = palettePng(await pixelsOf(await page.screenshot({ encoding: "base64" })), WIDTH, HEIGHT), size = png.length, faults = takeFaults(page);
    writeFileSync(path, png);
    console.log(`${path}: ${size} bytes`);
    if (size >= MOST_BYTES || faults.length) {
      console.error(`${path}: ${size} bytes, want less than ${MOST_BYTES}; faults: ${faults.join("; ") || "none"}`);
      failed = true;
    }
  }
  await page.close();
  await server.stop();
}
await browser.close();
process.exit(failed ? 1 : 0);
