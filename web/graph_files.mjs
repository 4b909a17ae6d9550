/* SPDX-License-Identifier: Apache-2.0
 * What can be taken away of a graph: SVG, PNG, CSV, JSON, its address, the command that gives the same. */
import { announce, button, element } from "./dom.mjs";
import { saveFile } from "./api.mjs";
import { KIND_NAMES } from "./replay.mjs";
import { parseSelection } from "./selection.mjs";
import { shellCommand } from "./graph_commands.mjs";
import { edgeAmounts } from "./graph_table.mjs";

/* A double as the program writes it: 15 to 17 digits, as few as give the number back, in C's %g. */
export function plainDouble(x) {
  let text = "";
  let digits = 15;
  for (; digits <= 17; digits++) if (Number((text = x.toExponential(digits - 1))) === x) break;
  const [mantissa, exponent] = text.split("e"), power = Number(exponent);
  const short = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);
  if (power < -4 || power >= digits) return `${short(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return short(x.toFixed(Math.min(100, Math.max(0, digits - 1 - power))));
}

function filesCsvText(text) {
  return text === "" || /[,"\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/* The edges: routes as `headwater query DB graph --format csv` gives them. */
export function edgesCsv(graph, replayed) {
  const amounts = edgeAmounts(graph);
  const lines = [["target_pos,kind,layer,head,source,source_token,target,target_token", ...amounts.map(([name]) => name)].join(",")];
  for (let i = 0; i < replayed.n; i++)
    lines.push([graph.target, KIND_NAMES[replayed.kind[i]], replayed.layer[i], replayed.head[i] < 0 ? "" : replayed.head[i],
      replayed.source[i], filesCsvText(graph.tokens[replayed.source[i]]), replayed.target[i], filesCsvText(graph.tokens[replayed.target[i]]),
      ...amounts.map(([, amount]) => (Number.isNaN(amount(replayed, i)) ? "" : plainDouble(amount(replayed, i))))].join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/* What a picture says of itself. */
export function fileTitle({ graph, replayed, threshold, run }) {
  const what = Number.isInteger(graph.prompt) ? `prompt ${graph.prompt} of ${run.dataset}` : "a prompt of one's own";
  return {
    title: `${run.model}: ${graph.text ?? what}`,
    description: `${graph.method?.name(replayed.n, threshold) ?? "Information flow"} into position ${graph.target} of ${what}, model ${run.model}, threshold ${threshold}` +
      `${run.database ? `, database ${run.database.split("/").pop()}` : ""}. Prompt: ${graph.text ?? graph.tokens.join("")}. ` +
      `Prediction: ${graph.prediction.token} with probability ${graph.prediction.probability}.`,
  };
}

/* A PNG of twice the size of an SVG text. */
async function svgToPng(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = element("canvas", { width: 2 * image.width, height: 2 * image.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("The browser makes no PNG of this size.");
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/* state() -> {graph, replayed, threshold, selection, convention, run, svgText(title and description)}: what is shown at the time of the
 * click; run.database is the file, absent for a trace. menu: a <details> that has a summary. */
export function fileMenu(menu, state) {
  const told = element("p.files-told", { role: "status" });
  const name = (kind) => {
    const { graph } = state();
    return `headwater_${Number.isInteger(graph.prompt) ? `prompt_${graph.prompt}` : "trace"}_${graph.target}${graph.method ? `_${graph.method.mode}` : ""}.${kind}`;
  };
  const say = (text) => {
    told.textContent = text;
    announce(text);
  };
  const save = (kind, type, make) => [kind.toUpperCase(), async () => {
    const now = state();
    saveFile(new Blob([await make(now)], { type }), name(kind));
    say(`${name(kind)} saved.`);
  }];
  const copy = (label, make) => [label, async () => {
    const text = make(state());
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied: ${text}`);
    } catch {
      say(text);
      getSelection().selectAllChildren(told); /* no clipboard: ready to be copied by hand */
    }
  }];
  const entries = [
    save("svg", "image/svg+xml", (now) => now.svgText(fileTitle(now))),
    save("png", "image/png", (now) => svgToPng(now.svgText(fileTitle(now)))),
    save("csv", "text/csv", (now) => edgesCsv(now.graph, now.replayed)),
    save("json", "application/json", (now) => JSON.stringify(now.graph.method?.data ?? now.graph)),
    copy("Copy link", () => location.href.replace(/#token=[0-9a-f]+/, "#")),
    copy("Copy SQL", (now) => shellCommand({ ...now, selection: parseSelection(now.selection) })),
  ];
  menu.append(element("div.files-menu", entries.map(([label, act]) => button(label, () => act().catch((error) => say(error.message)))), told));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
