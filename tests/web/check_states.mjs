/* SPDX-License-Identifier: Apache-2.0
 * What stands where there is nothing to show: missing and failed prompts, unfinished and empty runs, a stopped server. WEB.md sections 10, 12. */
import { check, go, holds, openTab, same, serve, takeFaults } from "./browser.mjs";

const PAGES = ["#/", "#/prompts", "#/heads", "#/head/0/0", "#/neurons", "#/circuits", "#/compare", "#/lens", "#/roles", "#/failed"];
const mainText = (page) => page.$eval("#page", (node) => node.textContent);

/* Errors that the server answers are in the console: they are what the test asks for. */
function refused(page) {
  return takeFaults(page).filter((fault) => !/Failed to load resource: the server responded with a status of 40[014]/.test(fault));
}

export async function checkStates(context) {
  const { browser, server, binary } = context;

  await check("25 a missing prompt, a page that is none", async () => {
    const page = await openTab(browser, server, "#/prompt/99999");
    holds((await mainText(page)).includes("99999"), `a missing prompt is not named: ${await mainText(page)}`);
    await go(page, "#/nothing");
    holds((await mainText(page)).includes("nothing"), "a page that is none is not named");
    await go(page, "#/prompt/17");
    holds(await page.$(".graph-main .g-base"), "the page goes on after an error");
    same(refused(page), [], "faults");
    await page.close();
  });

  await check("25 without a token the page says what to open", async () => {
    const context_ = await browser.createBrowserContext();
    const page = await openTab(context_, { ...server, token: null }, "#/prompts");
    holds(/token/.test(await mainText(page)), `no word on the token: ${await mainText(page)}`);
    same(refused(page), [], "faults");
    await context_.close();
  });

  await check("25 a link with a wrong token does no harm, a new one takes the place of the old", async () => {
    const apart = await browser.createBrowserContext();
    const page = await openTab(apart, server, "#/prompts");
    for (const token of ["00", "0".repeat(32)]) {
      const other = await openTab(apart, { ...server, token }, "#/heads");
      holds(await other.$("table.heat") || token === "00", `with the token ${token} the page does not work: ${await mainText(other)}`);
      await other.close();
    }
    await go(page, "#/heads");
    holds(await page.$("table.heat"), `the first tab is locked out: ${await mainText(page)}`);
    await page.evaluate(() => localStorage.setItem("headwater.token", "f".repeat(32)));
    const again = await openTab(apart, server, "#/heads");
    holds(await again.$("table.heat"), "the printed address does not help");
    same(await again.evaluate(() => localStorage.getItem("headwater.token")), server.token, "the token that is kept");
    await apart.close();
  });

  await check("25 edges, heads, neurons, circuits that are not there: the title says so, and the range of those that are", async () => {
    const page = await openTab(browser, context.server, "#/");
    const item = (layer, head, roles) => layer * 2 ** 22 + head * 2 ** 12 + roles;
    for (const [address, title, words] of [
      [`#/prompts?edge=${item(4, 0, 0)}`, "layer 4", "there are layers 0 to 3"], [`#/prompts?edge=${item(3, 8, 0)}`, "head 8", "there are heads 0 to 7"], [`#/prompts?edge=${item(3, 7, 63)}`, "role 63", "there are roles 0 to "],
      ["#/prompts?edge=x", "edge x", "numbers from 0 to "], [`#/head/1/5?edge=${item(4, 0, 0)}`, "layer 4", "layers 0 to 3"], ["#/circuit/999", "circuit 999", "mining 1 has 1 to "],
      ["#/circuit/x", "circuit x", "a whole number"], ["#/head/3/99", "head L3H99", "it has 0 to 7"], ["#/head/1", "head 1", "wants the parameter"],
      ["#/neuron/1/99999", "neuron L1N99999", "it has 0 to 511"], ["#/compare/99", "comparison 99", "no such comparison"],
      ["#/prompt/99999999", "prompt 99999999", "the run has 0 to "],
    ]) {
      await go(page, address);
      const [head, said] = await page.$eval("[role=alert]", (node) => [node.querySelector("h1").textContent, node.querySelector("p").textContent]);
      same(head, `There is no ${title}`, `${address}: title`);
      holds(address.startsWith("#/prompts") || (await page.title()) === `${head} – Headwater`, `${address}: the title of the document is "${await page.title()}"`);
      holds(said.includes(words), `${address}: "${said}", want "${words}"`);
    }
    await go(page, `#/prompts?edge=${item(4, 0, 0)}`);
    await page.click(".chip button");
    await page.waitForSelector("table.prompts tbody tr");
    await page.close();
    const plain = await openTab(browser, context.plain, "#/prompts?circuit=1");
    const said = await plain.$eval(".state", (node) => node.textContent);
    holds(said.includes("Nothing is mined yet") && !said.includes(".sql"), `prompts of a circuit where nothing is mined: "${said}"`);
    same(plain.faults.concat(refused(page)), [], "faults");
    await plain.close();
  });

  await check("25 an unfinished run, failed prompts, an empty database", async () => {
    for (const [name, word] of [["part", "unfinished"], ["failed", "failed"], ["empty", "unfinished"]]) {
      const other = await serve(binary, context.paths(name));
      const page = await openTab(browser, other, "#/");
      holds((await page.$eval("#about", (node) => node.textContent)).includes(word), `${name}: the header does not say "${word}"`);
      for (const address of PAGES) {
        await go(page, address);
        holds((await mainText(page)).trim().length > 20, `${name} ${address}: nothing is said`);
        holds(!(await page.$("#page > .state[role=alert]")), `${name} ${address}: an error is shown: ${await mainText(page)}`);
      }
      if (name === "failed") {
        holds(/400|tokens|positions/.test(await mainText(page)), "the reason of the failed prompt is not listed");
        await go(page, "#/prompt/1");
        holds(/token|position/.test(await mainText(page)), `the failed prompt's own page has no reason: ${await mainText(page)}`);
      }
      same(refused(page), [], `${name}: faults`);
      await page.close();
      same((await other.stop()).code, 0, `${name}: exit code`);
    }
  });

  await check("25 a stopped server: one line, the page stays usable", async () => {
    const other = await serve(binary, context.paths("ioi"));
    const page = await openTab(browser, other, "#/prompt/17");
    await other.stop("SIGINT");
    await page.evaluate(() => { location.hash = "#/prompt/17?sel=edge.2.4.14"; });
    await page.waitForSelector("#gone:not([hidden])");
    const before = await page.$eval(".prompt-count", (node) => node.textContent);
    await page.$eval("#threshold", (input) => {
      input.value = 300;
      for (const name of ["input", "change"]) input.dispatchEvent(new Event(name, { bubbles: true }));
    });
    holds((await page.$eval(".prompt-count", (node) => node.textContent)) !== before, "the slider does not work any more");
    await page.evaluate(() => { location.hash = "#/lens"; });
    await new Promise((resolve) => setTimeout(resolve, 500));
    holds(await page.$(".graph-main .g-base"), "another page takes away what is shown");
    await page.focus("[role=application]");
    await page.keyboard.press("t");
    await page.waitForSelector(".graph-table tbody tr");
    await page.close();
  });
}
