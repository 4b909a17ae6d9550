#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's forward pass of a GPT-2 folder, the last position unembedded, to compare speed with, for each length.

    python3 tests/bench/torch_forward.py MODEL_DIR 16,64,128,512

A line has the processor time of a prompt in ms and the setting that takes least, of several batch sizes and one thread or all cores; tokens a
second by the clock in the setting that gives most; and those of as many processes as there are cores, at the same time, with one thread each.
Needs python3-torch."""
import json
import multiprocessing
import os
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F


def tensors(path):
    """name -> float32 tensor of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = numpy.fromfile(file, numpy.uint8)
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, end = entry["data_offsets"]
        out[name.removeprefix("transformer.")] = torch.from_numpy(data[first:end].view(numpy.float32).reshape(entry["shape"]))
    return out


def forward(w, config, ids):
    d, heads = config["n_embd"], config["n_head"]
    batch, n = ids.shape
    x = w["wte.weight"][ids] + w["wpe.weight"][:n]
    mask = torch.full((n, n), float("-inf")).triu(1)
    for layer in range(config["n_layer"]):
        def part(name, layer=layer):
            return w[f"h.{layer}.{name}.weight"], w[f"h.{layer}.{name}.bias"]
        normed = F.layer_norm(x, (d,), *part("ln_1"))
        weight, bias = part("attn.c_attn")
        q, k, v = (torch.addmm(bias, normed.view(-1, d), weight).view(batch, n, 3, heads, d // heads).permute(2, 0, 3, 1, 4))
        a = torch.softmax(q @ k.transpose(-1, -2) / (d // heads) ** 0.5 + mask, -1)
        weight, bias = part("attn.c_proj")
        x = x + torch.addmm(bias, (a @ v).transpose(1, 2).reshape(-1, d), weight).view(batch, n, d)
        weight, bias = part("mlp.c_fc")
        hidden = torch.addmm(bias, F.layer_norm(x, (d,), *part("ln_2")).view(-1, d), weight)
        weight, bias = part("mlp.c_proj")
        x = x + torch.addmm(bias, F.gelu(hidden, approximate="tanh"), weight).view(batch, n, d)
    return F.linear(F.layer_norm(x[:, -1], (d,), w["ln_f.weight"], w["ln_f.bias"]), w["wte.weight"])


def seconds(w, config, n, batch, threads):
    """Of a batch, processor time and clock: medians of five."""
    torch.set_num_threads(threads)
    ids = (torch.arange(batch * n) * 7919 % config["vocab_size"]).view(batch, n)
    times, clocks = [], []
    with torch.inference_mode():
        forward(w, config, ids)
        for _ in range(5):
            start, clock = time.process_time(), time.monotonic()
            forward(w, config, ids)
            times.append(time.process_time() - start)
            clocks.append(time.monotonic() - clock)
    return sorted(times)[2], sorted(clocks)[2]


def load(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        return tensors(os.path.join(folder, "model.safetensors")), json.load(file)


def beside_others(folder, n, batch, start, out):
    """A process with one thread, when all are ready."""
    w, config = load(folder)
    start.wait(timeout=600)
    out.put(seconds(w, config, n, batch, 1)[1])


def processes(folder, n, batch):
    """Tokens a second of one process a core."""
    cores, out = os.cpu_count(), multiprocessing.Queue()
    start = multiprocessing.Barrier(cores)
    all_of_them = [multiprocessing.Process(target=beside_others, args=(folder, n, batch, start, out)) for _ in range(cores)]
    for process in all_of_them:
        process.start()
    rate = sum(n * batch / out.get(timeout=600) for _ in all_of_them)
    for process in all_of_them:
        process.join()
    return rate


def main():
    folder, lengths = sys.argv[1], [int(n) for n in sys.argv[2].split(",")]
    w, config = load(folder)
    cores = os.cpu_count()
    print("tokens  ms a prompt, batch, threads   tokens/s, batch, threads   tokens/s of a process a core, batch")
    for n in lengths:
        batches = sorted({1, max(1, 256 // n), max(1, 512 // n)})
        found = {(batch, threads): seconds(w, config, n, batch, threads) for batch in batches for threads in {1, cores}}
        least = min((1e3 * found[setting][0] / setting[0], *setting) for setting in found)
        most = max((n * setting[0] / found[setting][1], *setting) for setting in found)
        beside = max((processes(folder, n, batch), batch) for batch in batches)
        print(f"{n:6} {least[0]:12.2f} {least[1]:6} {least[2]:8} {most[0]:10.0f} {most[1]:6} {most[2]:8} {beside[0]:22.0f} {beside[1]:6}", flush=True)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
