# SPDX-License-Identifier: Apache-2.0
"""METHOD sections 2 to 4: importances of every node, the graph of a target, its heads and its neurons.

Dense on purpose: every node of the prompt is evaluated first, the walk then only reads.
A part is named ("residual",), ("ffn",) or ("attention", j, h). A node is ("ffn" or "attention", layer, position).
The one node of a parallel block is the "attention" node, its parts those of attention and FFN and the residual x; the
FFN's part comes last in the order of ties. `ffn_residual` is None for a model of parallel blocks.
A key outside of a window is a part of size zero: its share is 0 (a part of weight zero has proximity zero).
"""
from dataclasses import dataclass, field

import torch

RESIDUAL, FFN = ("residual",), ("ffn",)


def proximities(whole, parts):
    """max(|w|_1 - |w - z|_1, 0) for parts [..., D] of one whole [D]."""
    return torch.clamp(whole.abs().sum() - (whole - parts).abs().sum(-1), min=0)


def shares(whole, residual, others):
    """(share of the residual, shares of the others [n]); all-zero proximities give the residual everything."""
    of_residual, of_others = proximities(whole, residual), proximities(whole, others)
    total = of_residual + of_others.sum()
    if total == 0:
        return 1.0, torch.zeros_like(of_others)
    return float(of_residual / total), of_others / total


def rounded(value):
    """The one rounding of METHOD section 2, to 1e-6, ties to even."""
    return round(value * 1e6) / 1e6


@dataclass
class Importances:
    """Unrounded shares of every node of the prompt."""
    attention: list            # [L][T][T][H], [layer][target][source][head]
    attention_residual: list   # [L][T]
    ffn: list                  # [L][T]
    ffn_residual: list         # [L][T], None: parallel blocks

    @classmethod
    def of(cls, run):
        result = cls([], [], [], [])
        for block in run.blocks:
            length = len(run.tokens)
            parts = block.parts()
            f = block.ffn_output()
            rows, residuals, ffns, ffn_residuals = [], [], [], []
            for i in range(length):
                visible = parts[i, : i + 1]                       # [i + 1, H, D]: no part of a later key exists
                others = visible.reshape(-1, visible.shape[-1])
                if block.m is None:
                    residual, found = shares(block.y[i], block.x[i], torch.cat([others, f[i][None]]))
                    heads, ffn = found[:-1], found[-1]
                else:
                    residual, heads = shares(block.m[i], block.x[i], others)
                    ffn_residual, found = shares(block.y[i], block.m[i], f[i][None])
                    ffn = found[0]
                    ffn_residuals.append(ffn_residual)
                row = torch.zeros(length, visible.shape[1], dtype=torch.float64)
                row[: i + 1] = heads.reshape(i + 1, -1)
                rows.append(row.tolist())
                residuals.append(residual)
                ffns.append(float(ffn))
            result.attention.append(rows)
            result.attention_residual.append(residuals)
            result.ffn.append(ffns)
            result.ffn_residual.append(ffn_residuals)
        if run.blocks[0].m is None:
            result.ffn_residual = None
        return result

    @property
    def parallel(self):
        return self.ffn_residual is None

    def attention_parts(self, layer, i):
        """{part: rounded importance} of A{layer}_i, the residual first, then by key position and head, then the FFN's
        in a parallel block.
        """
        parts = {RESIDUAL: rounded(self.attention_residual[layer][i])}
        for j in range(i + 1):
            for h, value in enumerate(self.attention[layer][i][j]):
                parts["attention", j, h] = rounded(value)
        if self.parallel:
            parts[FFN] = rounded(self.ffn[layer][i])
        return parts

    def ffn_parts(self, layer, i):
        """{part: rounded importance} of the node where I{layer}_i splits, the residual first."""
        return {RESIDUAL: rounded(self.ffn_residual[layer][i]), FFN: rounded(self.ffn[layer][i])}


def survivors(parts, threshold):
    """Parts strictly above the threshold; if there is none the single largest, the first one of those equal.

    The order of the dictionary (residual, key, head) is the order in which ties are decided.
    """
    kept = {part: value for part, value in parts.items() if value > threshold}
    if kept:
        return kept
    largest = max(parts, key=parts.get)
    return {largest: parts[largest]}


@dataclass
class Survivor:
    """One part that stayed: importance as rounded, weight after renormalisation, flow through it."""
    importance: float
    weight: float
    flow: float


@dataclass
class Graph:
    """What hangs below I{L-1}_target."""
    target: int
    threshold: float
    nodes: dict = field(default_factory=dict)        # (kind, layer, position) -> {part: Survivor}, in walk order
    token_flow: list = field(default_factory=list)   # [T]


def split(parts, flow, threshold):
    kept = survivors(parts, threshold)
    total = sum(kept.values())
    return {part: Survivor(value, value / total, flow * (value / total)) for part, value in kept.items()}


def graph(importances, target, threshold):
    """Walk from I{L-1}_target down to the tokens, layer by layer.

    reached[i] is the flow of I{layer}_i. Both parts of an FFN node lead to A{layer}_i: m directly, f through
    M{layer}_i, which passes on all it gets. In a parallel block M{layer}_i passes it on to I{layer-1}_i.
    """
    n_layers, length = len(importances.ffn), len(importances.ffn[0])
    result = Graph(target, threshold)
    reached = {target: 1.0}
    for layer in reversed(range(n_layers)):
        below = {}
        after_attention = {}
        for i in sorted(reached):
            if importances.parallel:
                after_attention[i] = reached[i]
                continue
            node = split(importances.ffn_parts(layer, i), reached[i], threshold)
            result.nodes["ffn", layer, i] = node
            after_attention[i] = sum(part.flow for part in node.values())
        for i in sorted(after_attention):
            node = split(importances.attention_parts(layer, i), after_attention[i], threshold)
            result.nodes["attention", layer, i] = node
            for part, survivor in node.items():
                source = part[1] if part[0] == "attention" else i
                below[source] = below.get(source, 0.0) + survivor.flow
        reached = below
    result.token_flow = [reached.get(j, 0.0) for j in range(length)]
    return result


@dataclass
class Head:
    layer: int
    head: int
    importance: float   # largest, over the reached nodes, of the sum of its surviving shares there
    position: int       # that node's position, the lowest among equals
    flow: float


def active_heads(graph_):
    """Heads with a surviving part, by importance (ties: layer, head)."""
    at_node, flow = {}, {}
    for (kind, layer, i), node in graph_.nodes.items():
        for part, survivor in node.items():
            if part[0] == "attention":
                key = layer, part[2]
                sums = at_node.setdefault(key, {})
                sums[i] = sums.get(i, 0.0) + survivor.importance
                flow[key] = flow.get(key, 0.0) + survivor.flow
    heads = []
    for (layer, head), sums in at_node.items():
        position = min(sums, key=lambda i: (-round(sums[i], 9), i))    # 9 digits: sums of 1e-6 integers, exactly
        heads.append(Head(layer, head, sums[position], position, flow[layer, head]))
    return sorted(heads, key=lambda head: (-round(head.importance, 9), head.layer, head.head))


def neuron_shares(block, i):
    """Shares [N] of the neurons of one FFN node: whole y, parts a[n] W_out[n] and m; in a parallel block, where there
    is no m, all z and x in its place.
    """
    neurons = block.neuron_parts(i)
    if block.m is not None:
        return shares(block.y[i], block.m[i], neurons)[1]
    others = block.parts()[i, : i + 1].reshape(-1, neurons.shape[1])
    return shares(block.y[i], block.x[i], torch.cat([neurons, others]))[1][: len(neurons)]


@dataclass
class Neuron:
    layer: int
    position: int
    neuron: int
    importance: float
    activation: float


def neurons_of_node(run, layer, i, top, spare=1e-5):
    """(the `top` best neurons, the others within `spare` of the last of them), by importance, ties: lowest index."""
    block = run.blocks[layer]
    values = [rounded(value) for value in neuron_shares(block, i).tolist()]
    order = sorted(range(len(values)), key=lambda n: (-values[n], n))
    listed = [Neuron(layer, i, n, values[n], float(block.act[i, n])) for n in order]
    last = values[order[min(top, len(order)) - 1]]
    ties = [neuron for neuron in listed[top:] if last > spare and last - neuron.importance <= spare]
    return listed[:top], ties


def ffn_nodes(graph_):
    """(layer, position) of every M{layer}_i that the walk reaches: those whose FFN part survived."""
    return [(layer, i) for (_, layer, i), node in graph_.nodes.items() if FFN in node]
