#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a model folder of GPT-2 small's shape with random weights, to measure speed with. --family gpt_neox: parallel blocks.

    python3 tests/bench/make_model.py OUT_DIR [--family gpt2] [--layers 12] [--d-model 768] [--heads 12] [--vocab 50257] [--gain 1]

Needs numpy. The tokenizer is that of datasets/models/headwater-gpt2. 548 MB at the default size: not for committing.
"""
import argparse
import json
import os
import shutil
import struct

import numpy


def gpt_neox_tensors(layers, d, vocab):
    """(name, shape, scale) in file order; scale 0 means ones (norm weights)."""
    yield "gpt_neox.embed_in.weight", (vocab, d), 0.02
    for l in range(layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"gpt_neox.layers.{l}.{norm}.weight", (d,), 0
            yield f"gpt_neox.layers.{l}.{norm}.bias", (d,), 0.02
        for name, shape in (("attention.query_key_value", (3 * d, d)), ("attention.dense", (d, d)),
                            ("mlp.dense_h_to_4h", (4 * d, d)), ("mlp.dense_4h_to_h", (d, 4 * d))):
            yield f"gpt_neox.layers.{l}.{name}.weight", shape, 0.05
            yield f"gpt_neox.layers.{l}.{name}.bias", shape[:1], 0.02
    yield "gpt_neox.final_layer_norm.weight", (d,), 0
    yield "gpt_neox.final_layer_norm.bias", (d,), 0.02
    yield "embed_out.weight", (vocab, d), 0.02


def gpt2_tensors(layers, d, vocab, n_ctx):
    yield "wte.weight", (vocab, d), 0.02
    yield "wpe.weight", (n_ctx, d), 0.02
    for l in range(layers):
        for norm in ("ln_1", "ln_2"):
            yield f"h.{l}.{norm}.weight", (d,), 0
            yield f"h.{l}.{norm}.bias", (d,), 0.02
        for name, shape in (("attn.c_attn", (d, 3 * d)), ("attn.c_proj", (d, d)), ("mlp.c_fc", (d, 4 * d)), ("mlp.c_proj", (4 * d, d))):
            yield f"h.{l}.{name}.weight", shape, 0.05
            yield f"h.{l}.{name}.bias", shape[1:], 0.02
    yield "ln_f.weight", (d,), 0
    yield "ln_f.bias", (d,), 0.02


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--family", choices=("gpt2", "gpt_neox"), default="gpt2")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--d-model", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--vocab", type=int, default=50257)
    parser.add_argument("--gain", type=float, default=1, help="factor of all matrices; 5: heads look at few tokens, and blocks outweigh the residual")
    options = parser.parse_args()
    n_ctx = 1024
    os.makedirs(options.out, exist_ok=True)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "datasets", "models", "headwater-gpt2")
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(os.path.join(source, name), options.out)
    if options.family == "gpt2":
        config = {"n_layer": options.layers, "n_head": options.heads, "n_embd": options.d_model, "n_positions": n_ctx,
                  "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
        rows = list(gpt2_tensors(options.layers, options.d_model, options.vocab, n_ctx))
    else:
        config = {"num_hidden_layers": options.layers, "num_attention_heads": options.heads, "hidden_size": options.d_model,
                  "intermediate_size": 4 * options.d_model, "max_position_embeddings": n_ctx, "hidden_act": "gelu", "rotary_pct": 0.25,
                  "rotary_emb_base": 10000, "layer_norm_eps": 1e-5, "use_parallel_residual": True, "tie_word_embeddings": False}
        rows = list(gpt_neox_tensors(options.layers, options.d_model, options.vocab))
    with open(os.path.join(options.out, "config.json"), "w") as file:
        json.dump({"model_type": options.family, "vocab_size": options.vocab, **config}, file)
    header, offset = {}, 0
    for name, shape, _ in rows:
        size = 4 * int(numpy.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = numpy.random.default_rng(1)
    with open(os.path.join(options.out, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape, scale in rows:
            gain = options.gain if len(shape) == 2 else 1
            values = numpy.ones(shape) if scale == 0 else generator.standard_normal(shape, dtype=numpy.float32) * scale * gain
            file.write(values.astype("<f4").tobytes())


if __name__ == "__main__":
    main()
