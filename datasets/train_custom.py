#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train the two models that no family describes, and write their data sets.

    train_custom.py repeat      two layers of attention, no FFN: a list of symbols begins again
    train_custom.py addition    one layer of attention and ReLU: a + b modulo 31

Neither has norms. Each folder gets headwater.json, which describes the model to headwater,
model.safetensors and a tokenizer.json in which every symbol, with the space before it, is a token.
Lists of the data set repeat are of lengths that training has not seen; the pairs of the data set
addition are those left out of training.
"""
import argparse
import csv
import json
import os
import random
import string

import torch
from torch.nn import functional as F

import networks
from train_tokenizer import write_json

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 20261124
MODULUS = 31
SYMBOLS = {"repeat": list(string.ascii_lowercase + string.digits),
           "addition": [str(n) for n in range(MODULUS)] + ["+", "="]}
SIZES = {"repeat": {"layers": 2, "heads": 4, "d_model": 64, "d_ffn": 0, "context": 48},
         "addition": {"layers": 1, "heads": 4, "d_model": 64, "d_ffn": 256, "context": 4}}
LENGTHS, EVAL_LENGTHS = [4, 5, 6, 8, 9, 10, 12, 13, 14], [7, 11]  # symbols of a list
PAIRS_TRAINED = 0.7  # of all a + b
ROWS = 1000
TENSORS = {"token_embedding": "embed.weight", "position_embedding": "pos.weight",
           "q": "blocks.{layer}.attn.q.weight", "k": "blocks.{layer}.attn.k.weight",
           "v": "blocks.{layer}.attn.v.weight", "o": "blocks.{layer}.attn.o.weight",
           "unembed": "unembed.weight"}
FFN_TENSORS = {"ffn_in": "blocks.{layer}.ffn.in.weight", "ffn_in_bias": "blocks.{layer}.ffn.in.bias",
               "ffn_out": "blocks.{layer}.ffn.out.weight", "ffn_out_bias": "blocks.{layer}.ffn.out.bias"}


class Plain(networks.Network):
    """Blocks of attention, and of ReLU where d_ffn is not 0, on one stream without norms."""

    def __init__(self, config):
        super().__init__(config)
        d, f, v = config["d_model"], config["d_ffn"], config["vocabulary"]
        self.add("embed.weight", (v, d), d ** -0.5)
        self.add("pos.weight", (config["context"], d), d ** -0.5)
        for i in range(config["layers"]):
            b = "blocks.%d." % i
            for name in "qkvo":
                self.add(b + "attn.%s.weight" % name, (d, d), d ** -0.5)
            if f:
                self.add(b + "ffn.in.weight", (f, d), d ** -0.5)
                self.add(b + "ffn.in.bias", (f,))
                self.add(b + "ffn.out.weight", (d, f), f ** -0.5)
                self.add(b + "ffn.out.bias", (d,))
        self.add("unembed.weight", (v, d), d ** -0.5)

    def forward(self, ids):
        """Logits [batch, tokens, vocabulary] of ids [batch, tokens]."""
        n = self.config["heads"]
        x = F.embedding(ids, self.w("embed.weight")) + self.w("pos.weight")[:ids.shape[1]]
        for i in range(self.config["layers"]):
            b = "blocks.%d." % i
            q, k, v = (networks.heads(x @ self.w(b + "attn.%s.weight" % name).T, n) for name in "qkv")
            x = x + networks.joined(networks.attention(q, k, v)) @ self.w(b + "attn.o.weight").T
            if self.config["d_ffn"]:
                a = F.relu(x @ self.w(b + "ffn.in.weight").T + self.w(b + "ffn.in.bias"))
                x = x + a @ self.w(b + "ffn.out.weight").T + self.w(b + "ffn.out.bias")
        return x @ self.w("unembed.weight").T


def write_tokenizer(folder, symbols):
    """Byte-level pieces: a symbol of several characters is merged from the left, the space first."""
    space, vocab, merges = "\u0120", {}, []
    for symbol in [space + s for s in symbols]:
        for end in range(1, len(symbol)):
            for piece in (symbol[:end], symbol[end]):
                vocab.setdefault(piece, 0)
            pair = [symbol[:end], symbol[end]]
            if pair not in merges:
                merges.append(pair)
        vocab.setdefault(symbol, 0)
    tokens = [space + s for s in symbols]  # the symbols have the first ids, in their order
    tokens += [piece for piece in vocab if piece not in set(tokens)]
    level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}
    write_json(folder, "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                  "vocab": {piece: i for i, piece in enumerate(tokens)},
                  "merges": [" ".join(pair) for pair in merges]}})
    return len(tokens)


def repeat_batch(rng, n, length):
    """Lists of distinct symbols said twice; what follows a symbol of the second half is determined."""
    blocks = torch.stack([torch.tensor(rng.sample(range(len(SYMBOLS["repeat"])), length)) for _ in range(n)])
    return torch.cat((blocks, blocks), 1)


def train_repeat(network, rng, steps):
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps, pct_start=0.1)
    for step in range(steps):
        length = rng.choice(LENGTHS)
        ids = repeat_batch(rng, 64, length)
        logits = network(ids[:, :-1])[:, length:]
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, length + 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 250 == 249:
            print("step %d  loss %.4f" % (step + 1, loss.item()), flush=True)


def addition_rows(rng):
    """(ids of "a + b =", ids of the sums), in an order of their own."""
    pairs = [(a, b) for a in range(MODULUS) for b in range(MODULUS)]
    rng.shuffle(pairs)
    a, b = (torch.tensor(column) for column in zip(*pairs))
    plus, equals = torch.full_like(a, MODULUS), torch.full_like(a, MODULUS + 1)
    return torch.stack((a, plus, b, equals), 1), (a + b) % MODULUS


def train_addition(network, ids, sums, steps):
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, betas=(0.9, 0.98), weight_decay=1.0)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 50, max(0.02, 2 - 2 * step / steps))
        loss = F.cross_entropy(network(ids)[:, -1], sums)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % 250 == 249:
            print("step %d  loss %.5f" % (step + 1, loss.item()), flush=True)


def repeat_table(rng):
    """Pairs of rows differ by two symbols that changed places in the first half, so that each is the other's counterfactual."""
    rows = []
    while len(rows) < ROWS:
        length = rng.choice(EVAL_LENGTHS)
        block = rng.sample(SYMBOLS["repeat"], length)
        known = rng.randrange(2, length - 1)
        other = rng.randrange(known + 1, length)
        swapped = list(block)
        swapped[known], swapped[other] = block[other], block[known]
        prompts = [" ".join(first + block[:known]) for first in (block, swapped)]
        for k, list_ in enumerate((block, swapped)):
            rows.append([prompts[k], list_[known], (block, swapped)[1 - k][known], length, prompts[1 - k], len(rows) // 2])
    return ["prompt", "answer", "foil", "group", "counterfactual", "pair_id"], rows


def addition_table(ids, sums):
    rows = []
    for (a, _, b, _), answer in zip(ids.tolist(), sums.tolist()):
        rows.append(["%d + %d =" % (a, b), answer, (answer + 1) % MODULUS, "carried" if a + b >= MODULUS else "plain"])
    return ["prompt", "answer", "foil", "group"], rows


def write_table(task, header, rows):
    with open(os.path.join(HERE, task + ".csv"), "w", newline="", encoding="utf-8") as f:
        csv.writer(f, lineterminator="\n").writerows([header] + rows)


def accuracy(network, task, header, rows):
    index = {s: i for i, s in enumerate(SYMBOLS[task])}
    hits = 0
    with torch.no_grad():
        for row in rows:
            ids = torch.tensor([[index[s] for s in row[0].split()]])
            hits += int(network(ids)[0, -1].argmax()) == index[str(row[header.index("answer")])]
    return hits / len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=sorted(SIZES))
    parser.add_argument("--steps", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng = random.Random("%d/%s" % (SEED, args.task))
    folder = os.path.join(HERE, "models", "headwater-" + args.task)
    os.makedirs(folder, exist_ok=True)
    config = dict(SIZES[args.task], vocabulary=write_tokenizer(folder, SYMBOLS[args.task]))
    network = Plain(dict(config, torch_dtype="float32"))
    if args.task == "repeat":
        train_repeat(network, rng, args.steps or 4000)
        header, rows = repeat_table(rng)
    else:
        ids, sums = addition_rows(rng)
        n = int(PAIRS_TRAINED * len(ids))
        train_addition(network, ids[:n], sums[:n], args.steps or 4000)
        header, rows = addition_table(ids[n:], sums[n:])
    write_table(args.task, header, rows)
    networks.save(network, folder)
    os.remove(os.path.join(folder, "config.json"))
    description = dict(config, norm="none", positions="learned", tensors=TENSORS)
    if config["d_ffn"]:
        description.update(activation="relu", tensors=dict(TENSORS, **FFN_TENSORS))
    write_json(folder, "headwater.json", description)
    print("right on %.4f of %d rows that were not trained on" % (accuracy(network, args.task, header, rows), len(rows)))


if __name__ == "__main__":
    main()
