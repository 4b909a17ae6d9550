#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the two custom models (headwater.json, no norms) trace to the heads that do their task? Witness: a forward pass in numpy.

    python3 tests/circuits/custom.py BINARY

headwater-repeat: the heads that `query head_sources` calls previous-token and induction heads by the stored edges must be those
that attend so in the witness, and the task must fall without them and stand without the other heads of their layer.
headwater-addition: the graphs must reach both summands and never the plus sign, by heads without which the sum is lost.
Ablation puts a head's mean output over all prompts, by position, in its place. Needs numpy; exits 77 (skipped) without it.
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    print("skipped: no numpy")
    sys.exit(77)

from ablate import ROOT, by_length, load_prompts, query, read_weights


class Model:
    """Blocks of attention, and of ReLU where there is one, on one stream without norms, as headwater.json describes them."""

    def __init__(self, folder):
        with open(os.path.join(folder, "headwater.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.file = read_weights(os.path.join(folder, "model.safetensors"))
        self.n_layers, self.n_heads = self.config["layers"], self.config["heads"]

    def w(self, weight, layer=0):
        return self.file[self.config["tensors"][weight].replace("{layer}", str(layer))]

    def run(self, ids, means=None, ablated=()):
        """ids [prompts, tokens] -> (logits at the end, attention [L] of [prompts, H, T, T], heads' mixed values [L] of [prompts, H, T, d_head])."""
        n, t = ids.shape
        x = self.w("token_embedding")[ids] + self.w("position_embedding")[:t]
        mask = numpy.triu(numpy.full((t, t), -1e9, numpy.float32), 1)
        patterns, outputs = [], []
        for layer in range(self.n_layers):
            q, k, v = ((x @ self.w(name, layer).T).reshape(n, t, self.n_heads, -1).transpose(0, 2, 1, 3) for name in "qkv")
            scores = numpy.exp(q @ k.transpose(0, 1, 3, 2) / numpy.sqrt(numpy.float32(q.shape[-1])) + mask)
            pattern = scores / scores.sum(-1, keepdims=True)
            mixed = pattern @ v
            patterns.append(pattern)
            outputs.append(mixed.copy())
            for l, h in ablated:
                if l == layer:
                    mixed[:, h] = means[layer][h]
            x = x + mixed.transpose(0, 2, 1, 3).reshape(x.shape) @ self.w("o", layer).T
            if self.config["d_ffn"]:
                a = numpy.maximum(x @ self.w("ffn_in", layer).T + self.w("ffn_in_bias", layer), 0)
                x = x + a @ self.w("ffn_out", layer).T + self.w("ffn_out_bias", layer)
        return x[:, -1] @ self.w("unembed").T, patterns, outputs


class Task:
    """A traced data set and its witness."""

    def __init__(self, binary, scratch, name):
        self.binary, self.db = binary, os.path.join(scratch, name + ".db")
        folder = os.path.join(ROOT, "datasets", "models", "headwater-" + name)
        subprocess.run([binary, "run", "--model", folder, "--data", os.path.join(ROOT, "datasets", name + ".csv"), "--db", self.db, "--quiet"], check=True)
        self.model = Model(folder)
        self.rows = [(numpy.array([r[0] for r in rows]), numpy.array([r[1] for r in rows]), numpy.array([r[2] for r in rows]))
                     for rows in by_length(load_prompts(binary, self.db).values())]
        self.whole = [self.model.run(ids) for ids, _, _ in self.rows]
        n = sum(len(answers) for _, answers, _ in self.rows)
        difference = sum(float((logits[numpy.arange(len(a)), a] - logits[numpy.arange(len(a)), f]).sum())
                         for (_, a, f), (logits, _, _) in zip(self.rows, self.whole)) / n
        stored = self.ask("SELECT count(*) AS n, avg(answer_rank = 1) AS accuracy, avg(logit_diff) AS d FROM answer")[0]
        print(f"{name}: {n} prompts, {float(stored['accuracy']):.4f} right, logit difference {float(stored['d']):.4f}; witness {difference:.4f}")
        assert int(stored["n"]) == n and float(stored["accuracy"]) >= 0.99, stored
        assert abs(float(stored["d"]) - difference) <= 1e-4 * abs(difference), (stored, difference)
        assert self.accuracy(()) == float(stored["accuracy"])

    def ask(self, sql):
        return query(self.binary, self.db, sql)

    def sources(self):
        run = subprocess.run([self.binary, "query", self.db, "head_sources", "--format", "json"], check=True, capture_output=True, text=True)
        return {row["head"]: row for row in json.loads(run.stdout)}

    def accuracy(self, ablated):
        hits = 0
        for (ids, answers, _), (_, _, outputs) in zip(self.rows, self.whole):
            means = [layer.mean(0) for layer in outputs]
            hits += int((self.model.run(ids, means, ablated)[0].argmax(-1) == answers).sum())
        return hits / sum(len(answers) for _, answers, _ in self.rows)


def name_of(head):
    return "L%dH%d" % head


def repeat(task):
    """In a list that begins again: the token before (from any place), and the token after the earlier copy (from the end)."""
    heads = [(l, h) for l in range(task.model.n_layers) for h in range(task.model.n_heads)]
    previous, induction, n = dict.fromkeys(heads, 0.0), dict.fromkeys(heads, 0.0), 0
    for (ids, _, _), (_, patterns, _) in zip(task.rows, task.whole):
        t = ids.shape[1]
        copy = (ids[:, :-1] == ids[:, -1:]).argmax(1)
        for l, h in heads:
            previous[l, h] += float(patterns[l][numpy.arange(len(ids)), h, copy + 1, copy].sum())
            induction[l, h] += float(patterns[l][numpy.arange(len(ids)), h, t - 1, copy + 1].sum())
        n += len(ids)
    named = task.sources()
    groups = {}
    for kind, witness in (("previous", previous), ("induction", induction)):
        traced = {head: named[name_of(head)][kind] for head in heads if name_of(head) in named}
        groups[kind] = [head for head in heads if traced.get(head, 0) > 0.5]
        for head in heads:
            print(f"  {name_of(head)} {kind}: {traced.get(head, 0):.3f} of the traced flow, {witness[head] / n:.3f} of the attention")
            assert (traced.get(head, 0) > 0.5) == (witness[head] / n > 0.5), (kind, head)
    assert groups["previous"] and {l for l, _ in groups["previous"]} == {0}, groups
    assert groups["induction"] and {l for l, _ in groups["induction"]} == {1}, groups
    for kind, layer in (("previous", 0), ("induction", 1)):
        others = [(layer, h) for h in range(task.model.n_heads) if (layer, h) not in groups[kind]]
        without, with_only = task.accuracy(groups[kind]), task.accuracy(others)
        print(f"  without {' '.join(map(name_of, groups[kind]))} ({kind}): {without:.3f} right; without the other {len(others)} heads of the layer: {with_only:.3f}")
        assert without < 0.5 and with_only > 0.9, (kind, without, with_only)


def addition(task):
    """a + b =: positions 0 to 3."""
    edges = task.ask("""SELECT e.layer, e.head, e.source, count(*) AS n, avg(e.flow) AS flow FROM graph g, hw_edges(g.edges) e
        WHERE e.kind = 'attention' AND e.target = 3 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""")
    graphs = int(task.ask("SELECT count(*) AS n FROM graph")[0]["n"])
    reached = {source: int(task.ask(f"""SELECT count(DISTINCT g.graph_id) AS n FROM graph g, hw_edges(g.edges) e
        WHERE e.kind = 'attention' AND e.source = {source}""")[0]["n"]) for source in range(4)}
    print(f"  {graphs} graphs; with an edge from a: {reached[0]}, +: {reached[1]}, b: {reached[2]}, =: {reached[3]}")
    assert min(reached[0], reached[2]) >= 0.99 * graphs and reached[1] == 0, reached
    carrying = sorted({(int(e["layer"]), int(e["head"])) for e in edges if e["source"] in ("0", "2") and int(e["n"]) > graphs / 4})
    for head in carrying:
        shares = {e["source"]: int(e["n"]) / graphs for e in edges if (int(e["layer"]), int(e["head"])) == head}
        alone = task.accuracy([head])
        print(f"  {name_of(head)} carries a in {shares.get('0', 0):.2f} and b in {shares.get('2', 0):.2f} of the graphs; without it {alone:.3f} right")
        assert alone < 0.8, head
    without = task.accuracy(carrying)
    print(f"  without {' '.join(map(name_of, carrying))}: {without:.3f} right")
    assert carrying and without < 0.1, without


def main():
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        repeat(Task(binary, scratch, "repeat"))
        addition(Task(binary, scratch, "addition"))


if __name__ == "__main__":
    main()
