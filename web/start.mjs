/* SPDX-License-Identifier: Apache-2.0
 * Asks at once for what the first page needs: the rest of the script is still on its way. */
import { promptOfPath, readAddress } from "./address.mjs";
import { askEarly, takeToken } from "./api.mjs";

function startAsking({ path }) {
  askEarly("run");
  if (path[0] !== "prompt") return;
  try {
    askEarly("graph", promptOfPath(path));
  } catch { /* the page says what is wrong with the address */ }
}

takeToken();
startAsking(readAddress());
