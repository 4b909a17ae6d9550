#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the heads of the first mined circuit the ones that do it? Mean ablation on the embedded GPT-2 model.

    python3 tests/circuits/ablate.py BINARY [--model DIR] [--prompts 100] [--every]

Runs the indirect-object prompts, mines recurring circuits between IO, S1, S2 and END, and takes the three heads that carry the first
circuit's edges from other tokens into END: those with the most flow there if it has more, filled up by the heads with the most flow
into END if it has fewer. In a forward pass of its own (numpy, float32) their outputs are replaced by their mean over the
counterfactuals (a third person gives, in both orders of names) of the prompt's template and length, position by position, as Wang et
al. (2022) do: what a head knows of the sentence's frame stays, whose names they are goes. Prints the mean fall of the logit difference
beside the mean fall over all other triples of heads from the same layers, over the prompts that show the circuit and over all. This
forward pass must give the logit differences that the database stores, and the fall must be 5 times the average over all prompts:
else the exit code is 1. Needs numpy; exits 77 (skipped) without it.
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
DATA = os.path.join(ROOT, "datasets", "ioi.csv")
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
    """GPT-2, layer by layer, over prompts of one length."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            self.config = json.load(file)
        self.w = read_weights(os.path.join(folder, "model.safetensors"))
        self.n_layers, self.n_heads = self.config["n_layer"], self.config["n_head"]
        self.eps = self.config.get("layer_norm_epsilon", 1e-5)

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        return centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + self.eps) * self.w[name + ".weight"] + self.w[name + ".bias"]

    def embed(self, ids):
        """[prompts, tokens] -> residual stream [prompts, tokens, d_model]."""
        return self.w["wte.weight"][ids] + self.w["wpe.weight"][:ids.shape[1]]

    def mixed(self, x, layer):
        """What the heads of a layer have mixed, [prompts, H, tokens, d_head]."""
        prompts, tokens, _ = x.shape
        name = f"h.{layer}."
        fused = self.norm(x, name + "ln_1") @ self.w[name + "attn.c_attn.weight"] + self.w[name + "attn.c_attn.bias"]
        q, k, v = (part.reshape(prompts, tokens, self.n_heads, -1).transpose(0, 2, 1, 3) for part in numpy.split(fused, 3, -1))
        mask = numpy.triu(numpy.full((tokens, tokens), -1e9, numpy.float32), 1)
        scores = q @ k.transpose(0, 1, 3, 2) / numpy.sqrt(numpy.float32(q.shape[-1])) + mask
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        return scores / scores.sum(-1, keepdims=True) @ v

    def written(self, mixed, layer, head):
        """What one head writes of [prompts, tokens, d_head]: [prompts, tokens, d_model]."""
        size = mixed.shape[-1]
        return mixed @ self.w[f"h.{layer}.attn.c_proj.weight"][head * size:(head + 1) * size]

    def attended(self, x, mixed, layer):
        """The stream after the attention block."""
        joined = mixed.transpose(0, 2, 1, 3).reshape(x.shape)
        return x + joined @ self.w[f"h.{layer}.attn.c_proj.weight"] + self.w[f"h.{layer}.attn.c_proj.bias"]

    def fed(self, x, layer):
        """The stream after the FFN."""
        name = f"h.{layer}."
        a = self.norm(x, name + "ln_2") @ self.w[name + "mlp.c_fc.weight"] + self.w[name + "mlp.c_fc.bias"]
        t = a * a  # 0.5 a (1 + tanh(0.7978845608 (a + 0.044715 a^3))); in place, as memory anew for each step takes more time than the step
        t *= 0.044715
        t += 1
        t *= a
        t *= 0.7978845608
        numpy.tanh(t, out=t)
        t += 1
        t *= a
        t *= 0.5
        return x + t @ self.w[name + "mlp.c_proj.weight"] + self.w[name + "mlp.c_proj.bias"]

    def logits(self, x):
        """Of the last position, [prompts, vocabulary]."""
        return self.norm(x[:, -1], "ln_f") @ self.w["wte.weight"].T


class Batch:
    """Prompts of one length, with the means that stand for ablated heads."""

    def __init__(self, model, prompts, means):
        """prompts: [(ids, answer, foil, key, number)]; means: {key: [L] of [H, tokens, d_head]}."""
        self.model, self.numbers = model, [p[4] for p in prompts]
        self.ids = numpy.array([p[0] for p in prompts])
        self.answers, self.foils = [p[1] for p in prompts], [p[2] for p in prompts]
        self.means = [numpy.stack([means[p[3]][layer] for p in prompts]) for layer in range(model.n_layers)]

    def difference(self, x):
        """Logit difference of each prompt."""
        logits, index = self.model.logits(x), numpy.arange(len(self.answers))
        return logits[index, self.answers] - logits[index, self.foils]

    def ablated(self, counts):
        """{heads ablated: logit differences} for every choice of counts[layer] heads from these layers."""
        found = {}

        def descend(x, layer, chosen):
            while layer < self.model.n_layers and not counts.get(layer):
                x = self.model.fed(self.model.attended(x, self.model.mixed(x, layer), layer), layer)
                layer += 1
            if layer == self.model.n_layers:
                found[chosen] = self.difference(x)
                return
            mixed = self.model.mixed(x, layer)
            whole = self.model.attended(x, mixed, layer)
            change = [self.model.written(self.means[layer][:, h] - mixed[:, h], layer, h) for h in range(self.model.n_heads)]
            for heads in itertools.combinations(range(self.model.n_heads), counts[layer]):
                after = whole + sum(change[h] for h in heads)
                descend(self.model.fed(after, layer), layer + 1, chosen + tuple((layer, h) for h in heads))

        descend(self.model.embed(self.ids), 0, ())
        return found


class Witness:
    """The forward pass over all prompts."""

    def __init__(self, model, prompts, counterfactuals):
        """prompts: [(ids, answer, foil, key)]; counterfactuals: [(ids, key)], at least one of every key."""
        self.model, self.n = model, len(prompts)
        by_key, means = {}, {}
        for ids, key in counterfactuals:
            by_key.setdefault(key, []).append(ids)
        for key in {p[3] for p in prompts}:
            x, means[key] = model.embed(numpy.array(by_key[key])), []
            for layer in range(model.n_layers):
                mixed = model.mixed(x, layer)
                means[key].append(mixed.mean(0))
                x = model.fed(model.attended(x, mixed, layer), layer)
        self.batches = [Batch(model, rows, means) for rows in by_length([p + (i,) for i, p in enumerate(prompts)])]
        self.whole = self.differences({})[()]

    def differences(self, counts):
        """{heads ablated: logit difference of each prompt}; counts: {layer: number of heads}, {} for the model as it is."""
        found = {}
        for batch in self.batches:
            for heads, differences in batch.ablated(counts).items():
                found.setdefault(heads, numpy.zeros(self.n))[batch.numbers] = differences
        return found

    def falls_like(self, heads):
        """{heads: fall of each prompt's logit difference} of all choices of as many heads in each layer."""
        counts = {layer: sum(l == layer for l, _ in heads) for layer, _ in heads}
        return {chosen: self.whole - differences for chosen, differences in self.differences(counts).items()}


def by_length(prompts):
    """Tuples that begin with ids, in lists of one length."""
    lists = {}
    for prompt in prompts:
        lists.setdefault(len(prompt[0]), []).append(prompt)
    return list(lists.values())


def query(binary, db, sql):
    run = subprocess.run([binary, "sql", db, sql, "--format", "csv"], check=True, capture_output=True, text=True)
    return list(csv.DictReader(run.stdout.splitlines()))


def end_heads(binary, db):
    """((layer, head), ...) of the three heads, and how many the first circuit has itself."""
    carry = """item_id >> 22 & 255 AS layer, item_id >> 12 & 1023 AS head, sum(a.flow_sum) AS flow
        FROM agg_item a JOIN role t ON t.role_id = item_id & 63 JOIN role s ON s.role_id = item_id >> 6 & 63
        WHERE group_id = -1 AND item_id >> 30 = 0 AND t.name = 'END' AND s.name NOT IN ('END', '-', 'BOS')"""
    order = "GROUP BY 1, 2 ORDER BY flow DESC, 1, 2"
    first = f"""AND item_id IN (SELECT e.item_id FROM circuit c JOIN circuit_edge e USING(circuit_id)
        WHERE c.rank = 1 AND c.mining_id = (SELECT max(mining_id) FROM mining))"""
    own = [(int(r["layer"]), int(r["head"])) for r in query(binary, db, f"SELECT {carry} {first} {order}")]
    heads = own[:3]
    for row in query(binary, db, f"SELECT {carry} {order}"):
        head = int(row["layer"]), int(row["head"])
        if len(heads) < 3 and head not in heads:
            heads.append(head)
    return tuple(sorted(heads)), len(own)


def load_prompts(binary, db):
    """{prompt_id: (ids, answer id, foil id)}"""
    rows = query(binary, db, """SELECT p.prompt_id, a.answer_id, a.foil_id, (SELECT group_concat(token_id, ' ') FROM
        (SELECT t.token_id FROM hw_tokens(p.tokens) t ORDER BY t.position)) AS ids FROM prompt p JOIN answer a USING(prompt_id) ORDER BY 1""")
    return {int(row["prompt_id"]): ([int(i) for i in row["ids"].split()], int(row["answer_id"]), int(row["foil_id"])) for row in rows}


def load_counterfactuals(binary, model):
    """[(ids, template)] of the whole data set, by row."""
    with open(DATA, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = "".join(json.dumps(row["counterfactual"]) + "\n" for row in rows)
    run = subprocess.run([binary, "tokenize", "--model", model, "--json", "--json-lines"], input=texts, check=True, capture_output=True, text=True)
    return [(json.loads(line)["ids"], row["template"]) for line, row in zip(run.stdout.splitlines(), rows)]


def name(heads):
    return " ".join(f"L{layer}H{head}" for layer, head in heads)


def show(witness, falls, singles, heads, chosen, what):
    """One line for the triple and one for single heads, over the chosen prompts. Returns fall and ratio."""
    means = {triple: float(fall[chosen].mean()) for triple, fall in falls.items()}
    whole, fall = float(witness.whole[chosen].mean()), means.pop(heads)
    average = sum(means.values()) / len(means)
    print(f"{what} ({chosen.sum()}): logit difference {whole:.3f}; without {name(heads)} it falls by {fall:.3f}, without one of {len(means)} other triples of "
          f"their layers by {average:.3f} on average; ratio {fall / average:.2f}; {sum(f >= fall for f in means.values())} of them cost as much or more")
    alone = sorted(((float(f[chosen].mean()), head) for head, f in singles.items()), reverse=True)
    print("  one head alone: " + ", ".join(f"{name(head)} {f:.2f}" for f, head in alone if abs(f) >= abs(whole) / 20))
    return fall, fall / average


def print_best(witness):
    """Of all triples those that stand out most among the triples of the same layers, over all prompts."""
    ratios = []
    for layers in itertools.combinations_with_replacement(range(witness.model.n_layers), 3):
        falls = {triple: float(fall.mean()) for triple, fall in witness.falls_like([(layer, 0) for layer in layers]).items()}
        total = sum(falls.values())
        ratios += [(f / ((total - f) / (len(falls) - 1)), f, triple) for triple, f in falls.items() if f > 0 and total > f]
    for ratio, fall, triple in sorted(ratios, reverse=True)[:5]:
        print(f"  {name(triple)}: {fall:.3f}, {ratio:.2f} times the others of these layers")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--model", default=MODEL, help="GPT-2 with this project's vocabulary")
    parser.add_argument("--prompts", default="100", help="the first so many")
    parser.add_argument("--every", action="store_true", help="ask all triples of the model, not only those of the circuit's layers")
    args = parser.parse_args()
    binary = os.path.abspath(args.binary)
    with tempfile.TemporaryDirectory() as scratch:
        db = os.path.join(scratch, "ioi.db")
        subprocess.run([binary, "run", "--model", args.model, "--data", DATA, "--db", db, "--limit", args.prompts, "--group-by", "group",
                        "--neuron-projections", "none", "--project", "none", "--quiet"], check=True)
        mined = subprocess.run([binary, "mine", db, "--min-support", "0.2", "--roles", "IO,S1,S2,END", "--top", "3"], check=True,
                               capture_output=True, text=True).stdout
        print(mined)
        heads, own = end_heads(binary, db)
        prompts = load_prompts(binary, db)
        stored = {int(r["prompt_id"]): float(r["logit_diff"]) for r in query(binary, db, "SELECT prompt_id, logit_diff FROM answer")}
        having = {int(r["prompt_id"]) for r in query(binary, db, """SELECT DISTINCT g.graph_id >> 20 AS prompt_id FROM circuit c
            JOIN hw_item_graphs(c.graphs) g WHERE c.rank = 1 AND c.mining_id = (SELECT max(mining_id) FROM mining)""")}
    counterfactuals = load_counterfactuals(binary, args.model)
    witness = Witness(Model(args.model), [(*prompt, (counterfactuals[i][1], len(prompt[0]))) for i, prompt in prompts.items()],
                      [(ids, (template, len(ids))) for ids, template in counterfactuals])
    wanted = numpy.array([stored[i] for i in prompts])
    error = numpy.abs(witness.whole - wanted).max()
    assert error <= 1e-3 * numpy.abs(wanted).max(), f"a logit difference of this forward pass is off by {error}"
    assert heads, "nothing was mined that ends in END"
    print(f"END heads of the first circuit: {name(heads)} ({min(own, 3)} of them its own)")
    falls, singles = witness.falls_like(heads), {}
    for layer in range(witness.model.n_layers):
        singles.update(witness.falls_like([(layer, 0)]))
    shows = numpy.array([i in having for i in prompts])
    show(witness, falls, singles, heads, shows, "prompts with the circuit")
    fall, ratio = show(witness, falls, singles, heads, numpy.ones_like(shows), "all prompts")
    if args.every:
        print_best(witness)
    if not (fall > 0 and ratio >= WANTED):
        print(f"wanted: a ratio of {WANTED} over all prompts")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
