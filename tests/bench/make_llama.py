#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a LLaMA-architecture folder of any size with random BF16 weights, by default of LLaMA-7B's shape (13.5 GB).

    python3 tests/bench/make_llama.py OUT_DIR [--layers 32] [--d-model 4096] [--d-ffn 11008] [--heads 32] [--kv-heads 32] [--vocab 32000]

For measuring memory and time: every tensor is cut from one block of random numbers. No tokenizer: trace with --tokens. Needs numpy.
"""
import argparse
import json
import os
import struct

import numpy


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    for name, value in (("layers", 32), ("d-model", 4096), ("d-ffn", 11008), ("heads", 32), ("kv-heads", 32), ("vocab", 32000)):
        parser.add_argument("--" + name, type=int, default=value)
    o = parser.parse_args()
    os.makedirs(o.out, exist_ok=True)
    with open(os.path.join(o.out, "config.json"), "w") as file:
        json.dump({"model_type": "llama", "hidden_size": o.d_model, "intermediate_size": o.d_ffn, "num_hidden_layers": o.layers,
                   "num_attention_heads": o.heads, "num_key_value_heads": o.kv_heads, "vocab_size": o.vocab, "hidden_act": "silu",
                   "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "torch_dtype": "bfloat16"}, file)
    rows, header, offset = list(tensors(o)), {}, 0
    for name, shape, _ in rows:
        size = 2 * int(numpy.prod(shape))
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = numpy.random.default_rng(1)
    block = bfloat16(generator.standard_normal(1 << 24, dtype=numpy.float32) * (0.5 / o.d_model ** 0.5))
    with open(os.path.join(o.out, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape, scale in rows:
            left = int(numpy.prod(shape))
            if scale == 0:
                file.write(bfloat16(numpy.ones(left)).tobytes())
                continue
            while left:
                start = int(generator.integers(0, len(block) // 2))
                piece = block[start:start + left]
                file.write(piece.tobytes())
                left -= len(piece)


if __name__ == "__main__":
    main()
