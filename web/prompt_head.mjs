/* SPDX-License-Identifier: Apache-2.0
 * Above a graph: the prompt with its tokens shaded by flow, and what the model predicts. */
import { element, number, percent, tokenElement, tokenText } from "./dom.mjs";

/* A token as it stands in running text: its spaces stay, other things that cannot be seen are named. */
function headToken(text) {
  return tokenText(text).replace(/·/g, (dot, at) => (text[at] === "·" ? dot : " "));
}

/* The tokens' texts. Those that share a character are no text by themselves: the first of them has the prompt's own text, the others none. */
function headTexts({ tokens, text }) {
  const texts = tokens.map(headToken), broken = (token) => token?.includes("\ufffd");
  for (let i = 0, at = 0; text && i < tokens.length;) {
    if (!broken(tokens[i])) {
      const token = text.startsWith(tokens[i], at) ? tokens[i] : tokens[i].trimStart(); /* a space that the tokenizer puts in front */
      if (text.startsWith(token, at)) at += token.length;
      i++;
      continue;
    }
    let end = i;
    while (broken(tokens[end])) end++;
    const next = end < tokens.length ? text.indexOf(tokens[end], at) : text.length;
    if (next < at) break;
    texts.fill("", i + 1, end);
    texts[i] = headToken(text.slice(at, next));
    at = next;
    i = end;
  }
  return texts;
}

function headAnswer(graph) {
  const { answer } = graph;
  if (!answer || answer.answer == null) return null;
  const difference = Number.isFinite(answer.logit_diff) ? `, logit difference ${number(answer.logit_diff, 2)}` : "";
  return element("span.prompt-chip", { title: `rank ${answer.rank}${difference}` },
    answer.rank === 1 ? "correct" : ["answer ", tokenElement(answer.answer), ` rank ${answer.rank}`]);
}

/* -> {node, show(replayed)}: shades the tokens by their flow. */
export function promptHead(graph, title, beside) {
  const marks = headTexts(graph).map((text, i) => element("mark", { class: i === graph.target ? "prompt-target" : null }, text));
  const later = marks.slice(graph.target + 1).some(Boolean);
  const text = element("p.prompt-text", { tabindex: graph.tokens.length > 80 ? "0" : null }, marks.slice(0, graph.target + 1),
    element("span.prompt-next", " → ", tokenElement(graph.prediction.token), " ", element("span.soft", percent(graph.prediction.probability))),
    " ", headAnswer(graph), later && element("span.soft", marks.slice(graph.target + 1)));
  return {
    node: element("div.prompt-head", element("h1.unseen", title), text, element("div.prompt-tools", beside)),
    /* Of a long prompt the end is in sight. */
    scroll() {
      text.scrollTop = text.scrollHeight;
    },
    show(replayed) {
      const most = Math.max(...replayed.tokenFlow.map(Math.abs), 1e-9);
      for (const [i, mark] of marks.entries()) {
        const flow = replayed.tokenFlow[i];
        mark.style.setProperty("--share", flow ? (6 + 44 * Math.abs(flow) / most).toFixed(0) : "0");
        mark.classList.toggle("g-against", flow < 0);
        mark.title = flow ? `${percent(flow)} ${replayed.of ?? "of the flow"}` : "";
      }
    },
  };
}
