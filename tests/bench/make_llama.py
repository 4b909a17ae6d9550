#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a LLaMA-architecture folder of any size with random BF16 weights, by default of LLaMA-7B's shape (13.5 GB).

    python3 tests/bench/make_llama.py OUT_DIR [--layers 32] [--d-model 4096] [--d-ffn 11008] [--heads 32] [--kv-heads 32] [--vocab 32000]
        [--shards N] [--gguf]

For measuring memory and time: every tensor is cut from one block of random numbers. No tokenizer: trace with --tokens. Needs numpy.
--shards: N files of about the same size and an index. --gguf: one GGUF file with matrices in Q8_0 (7.2 GB).
"""
import argparse
import json
import os
import struct
import sys

import numpy

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../weights"))
import gguf_format  # noqa: E402


def tensors(o):
    """(name, shape, scale) in file order; scale 0: ones."""
    kv = o.d_model // o.heads * o.kv_heads
    yield "model.embed_tokens.weight", (o.vocab, o.d_model), 1.0
    for l in range(o.layers):
        name = f"model.layers.{l}."
        yield name + "input_layernorm.weight", (o.d_model,), 0
        yield name + "self_attn.q_proj.weight", (o.d_model, o.d_model), 1.0
        yield name + "self_attn.k_proj.weight", (kv, o.d_model), 1.0
        yield name + "self_attn.v_proj.weight", (kv, o.d_model), 1.0
        yield name + "self_attn.o_proj.weight", (o.d_model, o.d_model), 1.0
        yield name + "post_attention_layernorm.weight", (o.d_model,), 0
        yield name + "mlp.gate_proj.weight", (o.d_ffn, o.d_model), 1.0
        yield name + "mlp.up_proj.weight", (o.d_ffn, o.d_model), 1.0
        yield name + "mlp.down_proj.weight", (o.d_model, o.d_ffn), 1.0
    yield "model.norm.weight", (o.d_model,), 0
    yield "lm_head.weight", (o.vocab, o.d_model), 1.0


def bfloat16(values):
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2")


class Source:
    """Bytes of random tensors: pieces of one block, which `encode` turned into the file's type."""

    def __init__(self, scale, encode, unit):
        self.generator = numpy.random.default_rng(1)
        self.block = encode(self.generator.standard_normal(1 << 24, dtype=numpy.float32) * scale)
        self.unit = unit

    def write(self, file, size):
        while size:
            start = int(self.generator.integers(0, len(self.block) // self.unit // 2)) * self.unit
            piece = self.block[start:start + size]
            file.write(piece)
            size -= len(piece)


def config(o):
    return {"model_type": "llama", "hidden_size": o.d_model, "intermediate_size": o.d_ffn, "num_hidden_layers": o.layers,
            "num_attention_heads": o.heads, "num_key_value_heads": o.kv_heads, "vocab_size": o.vocab, "hidden_act": "silu",
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "torch_dtype": "bfloat16"}


def count(shape):
    return int(numpy.prod(shape))


def write_safetensors(path, rows, source):
    header, offset = {}, 0
    for name, shape, _ in rows:
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, offset + 2 * count(shape)]}
        offset += 2 * count(shape)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape, scale in rows:
            if scale == 0:
                file.write(bfloat16(numpy.ones(count(shape))).tobytes())
            else:
                source.write(file, 2 * count(shape))


def write_shards(o, rows, source):
    """The tensors in order, a new file where the next share of the whole is reached."""
    total, at, parts = sum(count(shape) for _, shape, _ in rows), 0, [[] for _ in range(o.shards)]
    for row in rows:
        parts[min(o.shards - 1, at * o.shards // total)].append(row)
        at += count(row[1])
    names = [f"model-{i + 1:05}-of-{o.shards:05}.safetensors" for i in range(o.shards)]
    for name, part in zip(names, parts):
        write_safetensors(os.path.join(o.out, name), part, source)
    with open(os.path.join(o.out, "model.safetensors.index.json"), "w") as file:
        json.dump({"metadata": {"total_size": 2 * total}, "weight_map": {row[0]: name for name, part in zip(names, parts) for row in part}}, file)


def write_gguf(o, rows, source):
    metadata = gguf_format.metadata(config(o)) | {"tokenizer.ggml.tokens": [f"t{i}" for i in range(o.vocab)], "tokenizer.ggml.scores": [0.0] * o.vocab}
    infos, offset, alignment = [], 0, 32
    sizes = [4 * count(shape) if scale == 0 else count(shape) // 32 * 34 for _, shape, scale in rows]
    for (name, shape, scale), size in zip(rows, sizes):
        infos.append(gguf_format.text(gguf_format.rename(name, "llama")) + struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape)) +
                     struct.pack("<IQ", gguf_format.TYPES["F32" if scale == 0 else "Q8_0"], offset))
        offset += size + -size % alignment
    head = b"GGUF" + struct.pack("<IQQ", 3, len(rows), len(metadata))
    head += b"".join(gguf_format.text(key) + gguf_format.value(item) for key, item in metadata.items()) + b"".join(infos)
    with open(os.path.join(o.out, "model.gguf"), "wb") as file:
        file.write(head + bytes(-len(head) % alignment))
        for (_, shape, scale), size in zip(rows, sizes):
            if scale == 0:
                file.write(numpy.ones(count(shape), "<f4").tobytes())
            else:
                source.write(file, size)
            file.write(bytes(-size % alignment))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    for name, value in (("layers", 32), ("d-model", 4096), ("d-ffn", 11008), ("heads", 32), ("kv-heads", 32), ("vocab", 32000), ("shards", 1)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--gguf", action="store_true")
    o = parser.parse_args()
    os.makedirs(o.out, exist_ok=True)
    rows, scale = list(tensors(o)), 0.5 / o.d_model ** 0.5
    if o.gguf:
        write_gguf(o, rows, Source(scale, lambda block: gguf_format.encode("Q8_0", block), 34))
        return
    with open(os.path.join(o.out, "config.json"), "w") as file:
        json.dump(config(o), file)
    source = Source(scale, lambda block: bfloat16(block).tobytes(), 2)
    if o.shards > 1:
        write_shards(o, rows, source)
    else:
        write_safetensors(os.path.join(o.out, "model.safetensors"), rows, source)


if __name__ == "__main__":
    main()
