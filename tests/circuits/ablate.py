#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the heads of the first mined circuit the ones that do it? Mean ablation on the embedded GPT-2 model.

    python3 tests/circuits/ablate.py BINARY [--prompts 300] [--require] [--every]

Runs the indirect-object prompts, mines recurring circuits, takes the three heads that carry the first circuit's edges into END
(filled up, where it has fewer, by the most important heads into END), and replaces their outputs by their mean over all prompts
and positions in a forward pass of its own (numpy, float32). Prints the mean fall of the logit difference beside the mean fall over
all other triples of heads from the same layers; wanted is 5 times as much, which --require makes the exit code say. In any case
this forward pass must give the logit difference that the database stores. Needs numpy; exits 77 (skipped) without it.
"""
import argparse
import csv
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    print("skipped: no numpy")
    sys.exit(77)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODEL = os.path.join(ROOT, "datasets", "models", "headwater-gpt2")
WANTED = 5.0


def read_weights(path):
    """{name without "transformer.": float32 array} of a safetensors file with F32 or F16 tensors."""
    with open(path, "rb") as file:
        data = file.read()
    length, = struct.unpack("<Q", data[:8])
    weights = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            kind = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
            values = numpy.frombuffer(data[8 + length + first:8 + length + last], kind).astype(numpy.float32)
            weights[name.removeprefix("transformer.")] = values.reshape(entry["shape"])
    return weights


class Model:
    """The forward pass of GPT-2 over prompts of one length, with some heads' outputs held at a mean."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.w = read_weights(os.path.join(folder, "model.safetensors"))
        self.n_layers, self.n_heads = self.config["n_layer"], self.config["n_head"]
        self.eps = self.config.get("layer_norm_epsilon", 1e-5)

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + self.eps) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def run(self, ids, means=None, ablated=()):
        """ids [prompts, tokens] -> (logits at the last position, sum of every head's mixed values [L][H] and their count)."""
        prompts, tokens = ids.shape
        x = self.w["wte.weight"][ids] + self.w["wpe.weight"][:tokens]
        mask = numpy.triu(numpy.full((tokens, tokens), -1e9, numpy.float32), 1)
        sums = []
        for layer in range(self.n_layers):
            name = f"h.{layer}."
            fused = self.norm(x, name + "ln_1") @ self.w[name + "attn.c_attn.weight"] + self.w[name + "attn.c_attn.bias"]
            q, k, v = (part.reshape(prompts, tokens, self.n_heads, -1).transpose(0, 2, 1, 3) for part in numpy.split(fused, 3, -1))
            scores = q @ k.transpose(0, 1, 3, 2) / numpy.sqrt(numpy.float32(q.shape[-1])) + mask
            scores = numpy.exp(scores - scores.max(-1, keepdims=True))
            mixed = scores / scores.sum(-1, keepdims=True) @ v
            sums.append(mixed.sum((0, 2)))
            for l, h in ablated:
                if l == layer:
                    mixed[:, h] = means[layer][h]
            x = x + mixed.transpose(0, 2, 1, 3).reshape(x.shape) @ self.w[name + "attn.c_proj.weight"] + self.w[name + "attn.c_proj.bias"]
            a = self.norm(x, name + "ln_2") @ self.w[name + "mlp.c_fc.weight"] + self.w[name + "mlp.c_fc.bias"]
            a = 0.5 * a * (1 + numpy.tanh(0.7978845608 * (a + 0.044715 * a ** 3)))
            x = x + a @ self.w[name + "mlp.c_proj.weight"] + self.w[name + "mlp.c_proj.bias"]
        return self.norm(x[:, -1], "ln_f") @ self.w["wte.weight"].T, sums, prompts * tokens


def query(binary, db, sql):
    run = subprocess.run([binary, "sql", db, sql, "--format", "csv"], check=True, capture_output=True, text=True)
    return list(csv.DictReader(run.stdout.splitlines()))


def end_heads(binary, db):
    """((layer, head), ...) of the three heads, and the first circuit as text."""
    edges = query(binary, db, """SELECT i.layer, i.head, t.name AS target FROM circuit c JOIN circuit_edge e USING(circuit_id)
        JOIN (SELECT item_id, item_id >> 22 & 255 AS layer, item_id >> 12 & 1023 AS head, item_id & 63 AS role, item_id >> 30 AS kind
              FROM agg_item WHERE group_id = -1) i ON i.item_id = e.item_id JOIN role t ON t.role_id = i.role
        WHERE c.rank = 1 AND i.kind = 0 AND c.mining_id = (SELECT max(mining_id) FROM mining)""")
    heads = list(dict.fromkeys((int(e["layer"]), int(e["head"])) for e in edges if e["target"] == "END"))
    own = len(heads)
    ranked = query(binary, db, """SELECT item_id >> 22 & 255 AS layer, item_id >> 12 & 1023 AS head, max(a.flow_sum) AS flow
        FROM agg_item a JOIN role t ON t.role_id = item_id & 63 JOIN role s ON s.role_id = item_id >> 6 & 63
        WHERE group_id = -1 AND item_id >> 30 = 0 AND t.name = 'END' AND s.name NOT IN ('END', '-', 'BOS')
        GROUP BY 1, 2 ORDER BY flow DESC""")
    order = [(int(r["layer"]), int(r["head"])) for r in ranked]
    heads.sort(key=lambda h: order.index(h) if h in order else len(order))
    for head in order:
        if len(heads) >= 3:
            break
        if head not in heads:
            heads.append(head)
    return tuple(sorted(heads[:3])), min(own, 3), edges


def load_prompts(binary, db):
    """{length: [(ids, answer id, foil id)]}"""
    rows = query(binary, db, """SELECT p.prompt_id, a.answer_id, a.foil_id, (SELECT group_concat(token_id, ' ') FROM
        (SELECT t.token_id FROM hw_tokens(p.tokens) t ORDER BY t.position)) AS ids FROM prompt p JOIN answer a USING(prompt_id)""")
    by_length = {}
    for row in rows:
        ids = [int(i) for i in row["ids"].split()]
        by_length.setdefault(len(ids), []).append((ids, int(row["answer_id"]), int(row["foil_id"])))
    return by_length


def mean_difference(model, prompts, means=None, ablated=()):
    """Mean logit difference, and the heads' mean mixed values."""
    total, n, sums, count = 0.0, 0, None, 0
    for rows in prompts.values():
        logits, parts, tokens = model.run(numpy.array([r[0] for r in rows]), means, ablated)
        index = numpy.arange(len(rows))
        total += float((logits[index, [r[1] for r in rows]] - logits[index, [r[2] for r in rows]]).sum())
        n += len(rows)
        count += tokens
        sums = parts if sums is None else [a + b for a, b in zip(sums, parts)]
    return total / n, [s / count for s in sums]


def print_best(model, prompts, means, whole):
    """Of all triples those that stand out most among the triples of the same layers."""
    by_layers = {}
    for triple in itertools.combinations(itertools.product(range(model.n_layers), range(model.n_heads)), 3):
        fall = whole - mean_difference(model, prompts, means, triple)[0]
        by_layers.setdefault(tuple(layer for layer, _ in triple), []).append((fall, triple))
    ratios = []
    for falls in by_layers.values():
        total = sum(fall for fall, _ in falls)
        ratios += [(fall / ((total - fall) / (len(falls) - 1)), fall, triple) for fall, triple in falls if fall > 0 and total > fall]
    for ratio, fall, triple in sorted(ratios, reverse=True)[:5]:
        print(f"  {' '.join(f'L{layer}H{head}' for layer, head in triple)}: {fall:.3f}, {ratio:.2f} times the others of these layers")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--prompts", default="300", help="the first so many")
    parser.add_argument("--require", action="store_true", help="fail below the wanted ratio")
    parser.add_argument("--every", action="store_true", help="ask all triples of the model, not only those of the circuit's layers")
    args = parser.parse_args()
    binary, n_prompts = os.path.abspath(args.binary), args.prompts
    with tempfile.TemporaryDirectory() as scratch:
        db = os.path.join(scratch, "ioi.db")
        subprocess.run([binary, "run", "--model", MODEL, "--data", os.path.join(ROOT, "datasets", "ioi.csv"), "--db", db, "--limit", n_prompts,
                        "--group-by", "group", "--neuron-projections", "none", "--project", "none", "--quiet"], check=True)
        mined = subprocess.run([binary, "mine", db, "--min-support", "0.2", "--top", "3"], check=True, capture_output=True, text=True).stdout
        print(mined)
        heads, own, _ = end_heads(binary, db)
        prompts = load_prompts(binary, db)
        stored = float(query(binary, db, "SELECT avg(logit_diff) AS d FROM answer")[0]["d"])
    model = Model(MODEL)
    whole, means = mean_difference(model, prompts)
    assert abs(whole - stored) <= 1e-3 * max(1, abs(stored)), f"this forward pass gives {whole}, the database {stored}"
    layers = sorted(layer for layer, _ in heads)
    every = [(layer, head) for layer in sorted(set(layers)) for head in range(model.n_heads)]
    others = [t for t in itertools.combinations(every, 3) if sorted(layer for layer, _ in t) == layers and tuple(sorted(t)) != heads]
    fall = whole - mean_difference(model, prompts, means, heads)[0]
    falls = [whole - mean_difference(model, prompts, means, t)[0] for t in others]
    average = sum(falls) / len(falls)
    stronger = sum(f >= fall for f in falls)
    names = " ".join(f"L{layer}H{head}" for layer, head in heads)
    print(f"mean logit difference {whole:.3f}; without {names} ({own} of them in the circuit) it falls by {fall:.3f}; without one of "
          f"{len(others)} other triples of their layers by {average:.3f} on average, {stronger} of them as much or more")
    ratio = fall / average if average > 0 else float("inf")
    every_fall = falls + [fall]
    most = max(f / ((sum(every_fall) - f) / len(falls)) for f in every_fall) if average > 0 else float("inf")
    print(f"ratio {ratio:.2f}, wanted {WANTED}; the most that any triple of these layers has is {most:.2f}")
    if args.every:
        print_best(model, prompts, means, whole)
    return 1 if args.require and not (fall > 0 and ratio >= WANTED) else 0


if __name__ == "__main__":
    sys.exit(main())
