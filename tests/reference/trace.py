# SPDX-License-Identifier: Apache-2.0
"""The reference's own `headwater trace --json`, float64, written from METHOD.md alone.

    /usr/bin/python3 tests/reference/trace.py --model DIR --tokens 1,2,3 [--targets last|all|0,5] [--threshold 0.04]
        [--floor F] [--convention alone|frozen|both] [--project default|all|none] [--raw]

Prints the JSON contract of `headwater trace --json`; "text" is null everywhere, for the reference knows no tokenizer.
Reference-only keys: "logits" (whole vector) and "token_flow" of each target, "scale" (max |score|) of a projection,
and "*_ties": what would take the last place of a list after a change of 1e-5.
With several targets "flow" in "tokens" is the mean over the targets (it sums to 1 in any case).
For a model of parallel blocks raw.ffn_residual is null; the edges of a block are attention, attention_residual and ffn.
The floor widens what a database stores, never what is printed here: edges, heads and neurons are those at the
threshold.
"""
import argparse
import json
import math
import sys

import torch

import families
import flow
import project

TOP_NEURONS = 10


def edges_of(graph):
    """The contract's "edges": surviving heads of one source summed to one edge, residual edges on their own."""
    edges = []
    for (kind, layer, i), node in graph.nodes.items():
        attention = {}
        for part, survivor in node.items():
            numbers = {"importance": survivor.importance, "weight": survivor.weight, "flow": survivor.flow}
            if part[0] == "attention":
                attention.setdefault(part[1], []).append({"head": part[2], **numbers})
            else:
                name = "ffn" if part == flow.FFN else kind + "_residual"
                edges.append({"kind": name, "layer": layer, "source": i, "target": i, **numbers})
        for source, heads in attention.items():
            totals = {key: math.fsum(head[key] for head in heads) for key in ("importance", "weight", "flow")}
            edges.append({"kind": "attention", "layer": layer, "source": source, "target": i, **totals, "heads": heads})
    return edges


def prediction(logits):
    """(ten best tokens with logit and probability, those within 1e-5 of the scale of the tenth)."""
    probabilities = torch.softmax(logits, -1).tolist()
    values = logits.tolist()
    ids, ties = project.best(values, +1)
    return tuple([{"id": token, "text": None, "logit": values[token], "probability": probabilities[token]}
                  for token in chosen] for chosen in (ids, ties))


def trace_target(run, importances, position, threshold, conventions, which):
    """One object of "targets" and the flow that reaches each token."""
    graph = flow.graph(importances, position, threshold)
    heads = flow.active_heads(graph)
    neurons, neuron_ties = [], []
    for layer, i in flow.ffn_nodes(graph):
        best, ties = flow.neurons_of_node(run, layer, i, TOP_NEURONS)
        neurons += best
        neuron_ties += ties
    best, ties = prediction(run.logits[position])
    result = {
        "position": position,
        "prediction": best,
        "edges": edges_of(graph),
        "heads": [{"layer": h.layer, "head": h.head, "importance": h.importance, "flow": h.flow} for h in heads],
        "neurons": [vars(neuron) for neuron in neurons],
        "projections": project.projections(run, graph, heads, neurons, conventions, which),
        "logits": run.logits[position].tolist(),
        "token_flow": graph.token_flow,
    }
    if ties:
        result["prediction_ties"] = ties
    if neuron_ties:
        result["neurons_ties"] = [vars(neuron) for neuron in neuron_ties]
    return result


def parse_targets(text, length):
    if text == "last":
        return [length - 1]
    if text == "all":
        return list(range(length))
    positions = [int(piece) for piece in text.split(",")]
    if any(not 0 <= position < length for position in positions):
        raise ValueError(f"targets {text}: the prompt has {length} tokens")
    return positions


def trace(model, path, tokens, targets="last", threshold=0.04, floor=None, convention="both", which="all", raw=False):
    """The whole JSON object for one prompt."""
    floor = threshold if floor is None else floor
    if not 0 < threshold < 1 or not 0 < floor <= threshold:
        raise ValueError(f"want 0 < floor <= threshold < 1, found floor {floor}, threshold {threshold}")
    if not tokens or len(tokens) > model.n_positions:
        raise ValueError(f"{len(tokens)} tokens; the model takes 1 to {model.n_positions}")
    if any(not 0 <= token < model.vocab_size for token in tokens):
        raise ValueError(f"a token id is outside 0..{model.vocab_size - 1}")
    run = model.run(tokens)
    if not all(torch.isfinite(block.y).all() for block in run.blocks):
        raise ValueError("an activation is not finite")
    importances = flow.Importances.of(run)
    conventions = ["alone", "frozen"] if convention == "both" else [convention]
    results = [trace_target(run, importances, position, threshold, conventions, which)
               for position in parse_targets(targets, len(tokens))]
    flows = [math.fsum(result["token_flow"][j] for result in results) / len(results) for j in range(len(tokens))]
    output = {
        "headwater": "reference",
        "model": {"path": path, "family": model.family, "n_layers": model.n_layers, "n_heads": model.n_heads,
                  "n_kv_heads": model.n_kv_heads, "d_model": model.d_model, "d_ffn": model.d_ffn,
                  "vocab_size": model.vocab_size, "fingerprint": None},
        "settings": {"threshold": threshold, "floor": floor, "norm": "l1", "bos": "no", "targets": targets,
                     "convention": convention, "project": which},
        "tokens": [{"position": j, "id": token, "text": None, "flow": flows[j]} for j, token in enumerate(tokens)],
        "targets": results,
    }
    if raw:
        output["raw"] = vars(importances)
    return output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--tokens", required=True, help="ids, comma-separated")
    parser.add_argument("--targets", default="last")
    parser.add_argument("--threshold", type=float, default=0.04)
    parser.add_argument("--floor", type=float)
    parser.add_argument("--convention", choices=["alone", "frozen", "both"], default="both")
    parser.add_argument("--project", choices=["default", "all", "none"], default="all")
    parser.add_argument("--raw", action="store_true")
    options = parser.parse_args()
    try:
        tokens = [int(piece) for piece in options.tokens.split(",")]
        output = trace(families.load(options.model), options.model, tokens, options.targets, options.threshold,
                       options.floor, options.convention, options.project, options.raw)
    except (OSError, ValueError) as error:
        sys.exit(f"trace.py: {error}")
    print(json.dumps(output))


if __name__ == "__main__":
    main()
