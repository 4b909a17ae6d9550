/* SPDX-License-Identifier: Apache-2.0
 * Above a graph: the prompt with its tokens shaded by flow, and what the model predicts. */
import { element, number, percent, tokenElement, tokenText } from "./dom.mjs";

/* A token as it stands in running text: its spaces stay, other things that cannot be seen are named. */
function headToken(text) {
  return tokenText(text).replace(/·/g, (dot, at) => (text[at] === "·" ? dot : " "));
}

function headAnswer(graph) {
  const { answer } = graph;
  if (!answer || answer.answer === null || answer.answer === undefined) return null;
  const difference = Number.isFinite(answer.logit_diff) ? `, logit difference ${number(answer.logit_diff, 2)}` : "";
  return element("span", { class: "prompt-chip", title: `rank ${answer.rank}${difference}` },
    answer.rank === 1 ? "correct" : ["answer ", tokenElement(answer.answer), ` rank ${answer.rank}`]);
}

/* -> {node, show(replayed)}: shades the tokens by their flow. */
export function promptHead(graph, title, beside) {
  const marks = graph.tokens.map((text, i) => element("mark", { class: i === graph.target ? "prompt-target" : null }, headToken(text)));
  const later = marks.slice(graph.target + 1).some(Boolean);
  const text = element("p", { class: "prompt-text", tabindex: graph.tokens.length > 80 ? "0" : null }, marks.slice(0, graph.target + 1),
    element("span", { class: "prompt-next" }, " → ", tokenElement(graph.prediction.token), " ", element("span", { class: "soft" }, percent(graph.prediction.probability))),
    " ", headAnswer(graph), later && element("span", { class: "soft" }, marks.slice(graph.target + 1)));
  return {
    node: element("div", { class: "prompt-head" }, element("h1", { class: "unseen" }, title), text, element("div", { class: "prompt-tools" }, beside)),
    /* Of a long prompt the end is in sight. */
    scroll() {
      text.scrollTop = text.scrollHeight;
    },
    show(replayed) {
      const most = Math.max(...replayed.tokenFlow, 1e-9);
      for (const [i, mark] of marks.entries()) {
        const flow = replayed.tokenFlow[i];
        mark.style.setProperty("--share", flow > 0 ? (6 + 44 * flow / most).toFixed(0) : "0");
        mark.title = flow > 0 ? `${percent(flow)} of the flow` : "";
      }
    },
  };
}
