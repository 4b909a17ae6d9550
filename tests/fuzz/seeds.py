#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds of the fuzz targets of weights: the hostile files, and small valid ones.

    /usr/bin/python3 tests/fuzz/seeds.py FOLDER     FOLDER/TARGET/NAME for the targets safetensors, index, torch and gguf
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "hostile"), os.path.join(HERE, "..", "weights")]
import gguf_format  # noqa: E402
import other_formats  # noqa: E402
import zip_pickle  # noqa: E402

MOST = 4096  # bytes: small seeds are changed to more effect


def valid():
    yield "safetensors", "one", other_formats.ONE
    yield "safetensors", "three", other_formats.safetensors({"a": other_formats.entry(0, 8, [2, 2], "F16"), "b": other_formats.entry(8, 12, [2], "BF16"),
                                                              "__metadata__": {"format": "pt"}, "c": other_formats.entry(12, 20, [1], "I64")}, bytes(20))
    scaled = {"a.weight": other_formats.entry(0, 15, [3, 5], "F8_E4M3"), "a.weight_scale_inv": other_formats.entry(15, 31, [2, 2], "F32")}
    yield "safetensors", "fp8", other_formats.safetensors(scaled, bytes(15) + b"\0\0\x80?" * 4)
    yield "index", "two", json.dumps({"metadata": {"total_size": 8}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}).encode()
    yield "torch", "zip", zip_pickle.archive(zip_pickle.GOOD)
    yield "torch", "old", zip_pickle.old()
    view = zip_pickle.tensor(shape=(2, 2), strides=(1, 2))
    yield "torch", "transposed", zip_pickle.with_data(zip_pickle.state(view))
    yield "torch", "gap", zip_pickle.with_data(zip_pickle.state(zip_pickle.tensor(shape=(2,), strides=(2,), offset=1)))
    for kind in gguf_format.TYPES:
        block = {"F32": 1024, "F16": 512, "BF16": 512, "Q8_0": 272, "Q4_0": 144, "Q4_K": 144, "Q6_K": 210}[kind]
        tensors = {"token_embd.weight": (kind, bytes(block), (1, 256))}
        path = os.path.join(sys.argv[1], "one.gguf")
        gguf_format.write(path, {"general.architecture": "llama", "llama.block_count": 1, "llama.embedding_length": 256, "llama.attention.head_count": 4,
                                 "llama.feed_forward_length": 256, "tokenizer.ggml.tokens": ["a", "b"], "tokenizer.ggml.scores": [0.5, 1.0]}, tensors)
        with open(path, "rb") as file:
            yield "gguf", kind, file.read()
        os.remove(path)


def hostile():
    for name, _, data in zip_pickle.ROWS:
        yield "torch", name, data
    for name, _, files in other_formats.SAFETENSORS:
        yield "safetensors", name, files["model.safetensors"]
    for name, _, files in other_formats.INDEX:
        if "model.safetensors.index.json" in files:
            yield "index", name, files["model.safetensors.index.json"]
    for name, _, files in other_formats.GGUF:
        yield "gguf", name, files["x.gguf"]


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for target, name, data in [*valid(), *hostile()]:
        if len(data) <= MOST:
            os.makedirs(os.path.join(sys.argv[1], target), exist_ok=True)
            with open(os.path.join(sys.argv[1], target, name), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
