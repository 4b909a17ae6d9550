#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train one of the two models on text generated as it goes.

    train_model.py gpt2  [--steps N] [--threads N]
    train_model.py llama [--steps N] [--threads N]
    train_model.py gpt2 --heads 16 --width 192 --head-price 0.02 --out DIR

The last one: GPT-2 in another shape, with another price in nats on every head that stays open.

Run train_tokenizer.py first. Nothing of the evaluation rows enters: the text comes from
the tasks' example() functions only, which draw from the training words and frames.
"""
import argparse
import math
import os
import random
import shutil
import time

import torch

import networks
from head_gates import HeadGates
from generators.bpe import ByteLevel, Metaspace
from generators.corpus import DEFAULT_SEED, training_example
from generators.words import NUMBERS

HERE = os.path.dirname(os.path.abspath(__file__))
SHORT, LONG = (48, 36), (14, 128)  # batches: sequences x tokens
PEAK, MATRIX_PEAK, WARMUP, DECAY = 2e-3, 0.02, 100, 0.05
PLAIN_WEIGHT = 0.2  # of a token that is no answer

# GPT-2 has more heads than it needs, at a price, and sentences that one subtraction of names cannot solve: few
# heads then have a part of their own in a task, as in larger models. LLaMA is the plain twin.
HEAD_PRICE = {"gpt2": 0.03, "llama": 0.0}
TWO_PAIRS = {"gpt2": True, "llama": False}


class Text:
    """Packs generated documents into sequences with a weight for each token."""

    def __init__(self, tokenizer, seed, two_pairs):
        self.tokenizer, self.two_pairs = tokenizer, two_pairs
        self.rng = random.Random("%d/training" % seed)

    def document(self):
        """ids, weights, and {index: starting year's ending} of one document."""
        e = training_example(self.rng, self.two_pairs)
        prompt = self.tokenizer.encode(e.prompt)
        ids = self.tokenizer.encode(e.prompt + (" " + e.answer if e.answer else "") + e.tail)
        weights = [PLAIN_WEIGHT] * len(ids)
        spread = {}
        if e.answer:
            last = len(ids) - 1 if e.tail_counts else len(prompt) + 1
            for i in range(len(prompt), last):
                weights[i] = 1.0
            if e.spread >= 0:
                spread[len(prompt)] = e.spread
        return ids, weights, spread

    def sequence(self, length):
        """Documents one after another. LLaMA's each begin with <s>; GPT-2's are parted
        by <|endoftext|>, and three sequences in five begin with a bare document, because
        GPT-2's tokenizer puts nothing before a prompt."""
        tok = self.tokenizer
        begin = [tok.bos] if tok.bos is not None else []
        ids = list(begin)
        if tok.bos is None and self.rng.random() < 0.4:
            ids = [tok.end]
        weights, spread = [0.0] * len(ids), {}
        while len(ids) <= length:
            more, w, s = self.document()
            spread.update({i + len(ids): y for i, y in s.items()})
            ids += more + [tok.end] + begin
            weights += w + [PLAIN_WEIGHT] + [0.0] * len(begin)
        return ids[:length + 1], weights[:length + 1], spread

    def batch(self, n, length):
        rows = [self.sequence(length) for _ in range(n)]
        ids = torch.tensor([r[0] for r in rows])
        weights = torch.tensor([r[1] for r in rows])
        # Index i is predicted at i - 1, in a batch flattened after the shift.
        spread = [(k * length + i - 1, y) for k, r in enumerate(rows)
                  for i, y in r[2].items() if i <= length]
        return ids, weights, spread


def loss_of(network, batch, later):
    """Weighted cross-entropy. A year's ending is scored against all that may follow."""
    ids, weights, spread = batch
    logp = network(ids[:, :-1]).log_softmax(-1).flatten(0, 1)
    target, weight = ids[:, 1:].flatten(), weights[:, 1:].flatten()
    loss = -logp.gather(1, target[:, None])[:, 0]
    if spread:
        at = torch.tensor([i for i, _ in spread])
        wanted = later[torch.tensor([y for _, y in spread])]
        loss = loss.index_copy(0, at, -(logp[at] * wanted).sum(-1))
    return (loss * weight).sum() / weight.sum()


class Muon(torch.optim.Optimizer):
    """Momentum made orthogonal (K. Jordan, 2024), for the matrices inside the blocks. It
    forms copying heads in a fraction of the steps AdamW needs here."""

    def __init__(self, params, lr, momentum=0.95):
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @staticmethod
    def orthogonal(g):
        """Newton-Schulz steps that drive all singular values of g to about one."""
        x = g.T if g.shape[0] > g.shape[1] else g
        x = x / (x.norm() + 1e-7)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        return x.T if g.shape[0] > g.shape[1] else x

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if "m" not in self.state[p]:
                    self.state[p]["m"] = torch.zeros_like(p)
                m = self.state[p]["m"].mul_(group["momentum"]).add_(p.grad)
                g = p.grad.add(m, alpha=group["momentum"])
                # GPT-2's c_attn holds three square matrices side by side.
                parts = g.split(p.shape[0], 1) if p.shape[1] == 3 * p.shape[0] else [g]
                p.mul_(1 - group["lr"] * DECAY)
                p.sub_(torch.cat([self.orthogonal(x) for x in parts], 1), alpha=group["lr"])


def optimizers_of(network):
    """Muon for the blocks' matrices, AdamW for embeddings, gains and biases."""
    inner = [n for n in network.names if network.w(n).dim() == 2
             and (".h." in n or ".layers." in n)]
    outer = [network.w(n) for n in network.names if n not in inner]
    adam = torch.optim.AdamW(
        [{"params": [p for p in outer if p.dim() > 1], "weight_decay": DECAY},
         {"params": [p for p in outer if p.dim() == 1], "weight_decay": 0.0}],
        lr=PEAK, betas=(0.9, 0.98))
    return [(Muon([network.w(n) for n in inner], MATRIX_PEAK), MATRIX_PEAK), (adam, PEAK)]


def train(family, steps, threads, seed, other, head_price, out):
    """other: what differs from the family's config; head_price: nats for every open head, 0 for
    all heads open; out: None, or where config and weights go, with the family's tokenizer beside them."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    folder = os.path.join(HERE, "models", "headwater-" + family)
    make, config = networks.FAMILIES[family]
    tokenizer = (ByteLevel if family == "gpt2" else Metaspace)(
        os.path.join(folder, "tokenizer.json"))
    config = dict(config, vocab_size=len(tokenizer.ids), **other)
    if family == "gpt2":
        config["bos_token_id"] = config["eos_token_id"] = tokenizer.end
    if out:
        shutil.copytree(folder, out, ignore=shutil.ignore_patterns("config.json", "*.safetensors"))
    network = make(config)
    text = Text(tokenizer, seed, TWO_PAIRS[family])
    ending = [tokenizer.continuation(n)[0] for n in NUMBERS]
    later = torch.zeros(100, len(tokenizer.ids))
    for y in range(99):
        later[y, ending[y + 1:]] = 1.0 / (99 - y)
    optimizers = optimizers_of(network)
    gates = None
    if head_price:
        gates = HeadGates(config["n_layer"], config["n_head"], head_price)
    began, shown = time.time(), 0.0
    for step in range(steps):
        part = max(0, step - WARMUP) / max(1, steps - WARMUP)
        scale = min(1.0, (step + 1) / WARMUP) * (0.02 + 0.49 * (1 + math.cos(math.pi * part)))
        for optimizer, peak in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = peak * scale
        learning = gates is not None and gates.move(network, step)
        shape = LONG if step % 20 == 19 else SHORT
        loss = loss_of(network, text.batch(*shape), later)
        shown += loss.item()
        if learning:
            loss = loss + gates.cost(step)
            gates.optimizer.zero_grad(set_to_none=True)
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer, _ in optimizers + ([(gates.optimizer, 0)] if learning else []):
            optimizer.step()
        if step % 50 == 49:
            print("step %d  loss %.4f  open heads %s  %.0f s" % (
                step + 1, shown / 50, gates.n_open() if gates else "all", time.time() - began),
                flush=True)
            shown = 0.0
    if gates is not None:
        gates.settle(network)
        network.close_heads()
    networks.save(network, out or folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=sorted(networks.FAMILIES))
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--heads", type=int, help="of another GPT-2, with --out")
    parser.add_argument("--width", type=int, help="d_model of another GPT-2, with --out")
    parser.add_argument("--head-price", type=float, help="nats for each head that stays open, with --out")
    parser.add_argument("--out", help="a new folder, instead of models/")
    args = parser.parse_args()
    other = {key: value for key, value in (("n_head", args.heads), ("n_embd", args.width)) if value is not None}
    if args.out and args.family != "gpt2":
        parser.error("--out: only gpt2 has another shape")
    if not args.out and (other or args.head_price is not None):
        parser.error("--heads, --width and --head-price need --out")
    price = HEAD_PRICE[args.family] if args.head_price is None else args.head_price
    train(args.family, args.steps, args.threads, args.seed, other, price, args.out)


if __name__ == "__main__":
    main()
