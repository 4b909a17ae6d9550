# SPDX-License-Identifier: Apache-2.0
"""METHOD section 5: components and states read in the vocabulary, in both conventions.

Choices where METHOD leaves one:
* A bias of the head (Phi) goes with W_U beta: in `alone`, so that the lens of the last state is the logits; a term of
  its own in `frozen`.
* Soft-capping of the logits (Gemma 2) applies to the prediction only; both conventions are of the logits before it.
* A parallel block has attention and ffn outputs and resid_post; there is no resid_mid.
* An output norm (Gemma 2) belongs to the component: a head's and a block's output are what arrives in the residual.
  A neuron's row is W_out[n] * g, the prompt's 1 / rms left out.
* Scaled embeddings (Gemma): x[0] is the scaled one.
"""
import flow as flow_module

DEFAULT_HEADS = 10
NEURONS = 10
TOP = 10


def scores(run, u, target, convention):
    """[V] scores of a vector u [D]; with g = W_U (gamma * centre(u)):

    alone  = g / sigma(u) + W_U beta + b_U  the final norm applied to u by itself
    frozen = g / sigma(residual at target)  direct logit attribution; W_U beta + b_U is a term of its own
    """
    norm = run.norm
    g = run.unembed @ (norm.gamma * norm.centre(u))
    if convention == "alone":
        return g / norm.sigma(u) + run.unembed @ norm.beta + run.head_bias
    return g / norm.sigma(run.blocks[-1].y[target])


def best(values, sign, top=TOP, spare=1e-5):
    """(the top ids of sign * values, those within spare * max|values| of the last of them); ties: lowest id."""
    order = sorted(range(len(values)), key=lambda token: (-sign * values[token], token))
    scale = max(abs(value) for value in values)
    last = values[order[min(top, len(order)) - 1]]
    ties = [token for token in order[top:] if abs(values[token] - last) <= spare * scale]
    return order[:top], ties


def token_list(values, ids):
    return [{"id": token, "text": None, "score": values[token]} for token in ids]


def entry(run, target, convention, kind, layer, position, u, extra=None, swap=False):
    """One object of "projections"; tie lists are reference-only keys and appear only where there are ties."""
    values = scores(run, u, target, convention).tolist()
    promotes, promote_ties = best(values, +1)
    suppresses, suppress_ties = best(values, -1)
    if swap:
        promotes, promote_ties, suppresses, suppress_ties = suppresses, suppress_ties, promotes, promote_ties
    result = {"kind": kind, "layer": layer, "position": position, **(extra or {}), "convention": convention,
              "promotes": token_list(values, promotes), "suppresses": token_list(values, suppresses),
              "scale": max(abs(value) for value in values)}
    if promote_ties:
        result["promotes_ties"] = token_list(values, promote_ties)
    if suppress_ties:
        result["suppresses_ties"] = token_list(values, suppress_ties)
    return result


def head_output(block, i, head):
    """sum_j z[i, j, head], [D]: all keys, surviving or not, no bias."""
    return block.parts()[i, :, head].sum(0)


def projections(run, graph, heads, neurons, conventions, which):
    """The list of a target. which: "default" (METHOD section 5), "all" (every active head and every block of the
    graph, and the strongest neurons) or "none". States and blocks of the target position come in either case, layer by
    layer. A neuron's is of its W_out row, `alone` only (it does not depend on the prompt), at its position, where the
    two lists are exchanged if its activation is negative.
    """
    if which == "none":
        return []
    target = graph.target
    result = []

    def add(*arguments, **options):
        for convention in conventions:
            result.append(entry(run, target, convention, *arguments, **options))

    for head in heads if which == "all" else heads[:DEFAULT_HEADS]:
        u = head_output(run.blocks[head.layer], head.position, head.head)
        add("head", head.layer, head.position, u, extra={"head": head.head})
    attention_nodes = {(layer, i) for (kind, layer, i), node in graph.nodes.items()
                       if kind == "attention" and any(part[0] == "attention" for part in node)}
    ffn_nodes = set(flow_module.ffn_nodes(graph))
    for layer, block in enumerate(run.blocks):
        for i in range(len(run.tokens)):
            if i == target or (which == "all" and (layer, i) in attention_nodes):
                add("attention", layer, i, block.attention_output()[i])
            if i == target or (which == "all" and (layer, i) in ffn_nodes):
                add("ffn", layer, i, block.ffn_output()[i])
        if block.m is not None:
            add("resid_mid", layer, target, block.m[target])
        add("resid_post", layer, target, block.y[target])
    strongest = sorted(neurons, key=lambda n: (-n.importance, n.layer, n.position, n.neuron))[:NEURONS]
    for neuron in strongest if which == "all" else []:
        u = run.blocks[neuron.layer].neuron_row(neuron.neuron)
        result.append(entry(run, target, "alone", "neuron", neuron.layer, neuron.position, u,
                            extra={"neuron": neuron.neuron}, swap=neuron.activation < 0))
    return result
