#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's forward pass of a GPT-2 folder, to compare speed with: processor time of a prompt, in ms, for each length.

    python3 tests/bench/torch_forward.py MODEL_DIR 16,64,128,512

Best of several batch sizes and of one thread and all cores; no unembedding but of the last position, as in `headwater bench`. Needs
python3-torch. Prints "tokens ms batch threads" a line.
"""
import json
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
    return F.layer_norm(x[:, -1], (d,), w["ln_f.weight"], w["ln_f.bias"])


def milliseconds(w, config, n, batch, threads):
    """Processor time of a prompt: median of five."""
    torch.set_num_threads(threads)
    ids = (torch.arange(batch * n) * 7919 % config["vocab_size"]).view(batch, n)
    times = []
    with torch.inference_mode():
        forward(w, config, ids)
        for _ in range(5):
            start = time.process_time()
            forward(w, config, ids)
            times.append(time.process_time() - start)
    return 1e3 * sorted(times)[2] / batch


def main():
    folder, lengths = sys.argv[1], [int(n) for n in sys.argv[2].split(",")]
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    w = tensors(os.path.join(folder, "model.safetensors"))
    for n in lengths:
        batches = sorted({1, max(1, 256 // n), max(1, 512 // n)})
        best = min((milliseconds(w, config, n, batch, threads), batch, threads) for batch in batches for threads in {1, os.cpu_count()})
        print(n, f"{best[0]:.2f}", best[1], best[2], flush=True)


main()
