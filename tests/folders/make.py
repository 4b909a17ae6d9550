#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the model folders of configs.py and tokenizers.py.

    python3 tests/folders/make.py OUT [meanings]

OUT/NAME: config.json, model.safetensors (a fixture's, its tensors perhaps renamed) and the tokenizer. meanings: also, for record.mjs,
OUT/meanings.json, {"kind of tokenizer": {"tokenizer": tokenizer.json as transformers has it in the end, "texts": [...]}}.
"""
import json
import os
import shutil
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import configs  # noqa: E402
import tokenizers  # noqa: E402


def put(path, value):
    with open(path, "w", encoding="utf-8") as file:
        file.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1))


def rename(path, out, change):
    """Copies a safetensors file: "tables" adds rotary tables as old files have them; any other word stands before every name."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header, data = json.loads(data[8:8 + length]), data[8 + length:]
    header.pop("__metadata__", None)
    extra = {}
    if change == "tables":
        extra = {f"model.layers.{layer}.self_attn.rotary_emb.{name}": 8 for layer in range(2) for name in ("inv_freq", "cos_cached")}
    else:
        header = {change + name: entry for name, entry in header.items()}
        if change == "pretrained_model.":
            extra = {"v_head.summary.weight": 8, "v_head.summary.bias": 4}
    for name, n in extra.items():
        header[name] = {"dtype": "F32", "shape": [n // 4], "data_offsets": [len(data), len(data) + n]}
        data += bytes(n)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(out, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make(out):
    made = {kind: function() for kind, function in tokenizers.KINDS.items()}
    for name, fixture, kind, config, change in configs.folders():
        folder = os.path.join(out, name)
        os.makedirs(folder)
        put(os.path.join(folder, "config.json"), config)
        weights = os.path.join(configs.MODELS, fixture, "model.safetensors")
        if change:
            rename(weights, os.path.join(folder, "model.safetensors"), change)
        else:
            shutil.copyfile(weights, os.path.join(folder, "model.safetensors"))
        for file, value in made[kind][0].items():
            put(os.path.join(folder, file), value)
    for name, config, _ in configs.refused():
        os.makedirs(os.path.join(out, name))
        put(os.path.join(out, name, "config.json"), config)
    return {kind: {"tokenizer": meaning, "texts": tokenizers.TEXTS + texts} for kind, (_, meaning, texts) in made.items()}


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    meanings = make(sys.argv[1])
    if len(sys.argv) > 2:
        put(os.path.join(sys.argv[1], "meanings.json"), meanings)
