#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes GGUF files that hold only a tokenizer, a folder each, from the trained families; beside each, in NAME-json, the tokenizer.json that
the same parts make.

    make_gguf.py OUT_DIR [NAME...]        prints the names of the folders
"""
import json
import os
import struct
import sys

import make_families as families
import make_sentencepiece as pieces

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../weights"))
from gguf_format import text, value  # noqa: E402


def gguf(metadata):
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(metadata)) + b"".join(text(k) + value(v) for k, v in metadata.items())


def from_byte_level(made, pre, bos=None):
    """As llama.cpp's converter does it: tokens by id, added tokens as control (3) or user-defined (4) ones."""
    tokens = {i: t for t, i in made["model"]["vocab"].items()}
    types = dict.fromkeys(tokens, 1)
    for t in made["added_tokens"]:
        tokens[t["id"]], types[t["id"]] = t["content"], 3 if t["special"] else 4
    order = range(len(tokens))
    meta = {"general.architecture": "gpt2", "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre, "tokenizer.ggml.tokens": [tokens[i] for i in order],
            "tokenizer.ggml.token_type": [types[i] for i in order], "tokenizer.ggml.merges": made["model"]["merges"]}
    if bos is not None:
        meta |= {"tokenizer.ggml.bos_token_id": next(i for i in order if tokens[i] == bos), "tokenizer.ggml.add_bos_token": True}
    return meta


def from_pieces(parts):
    meta = {"general.architecture": "llama", "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": [p for p, _, _ in parts],
            "tokenizer.ggml.scores": [float(s) for _, s, _ in parts], "tokenizer.ggml.token_type": [t for _, _, t in parts],
            "tokenizer.ggml.bos_token_id": 1}
    return meta


def models():
    parts = families.Parts()
    made = {name: make for name, make in families.families(parts)}
    for name, pre, bos in [("gpt2", "gpt-2", None), ("llama3", "llama-bpe", "<|begin_of_text|>"), ("qwen2", "qwen2", None), ("starcoder", "starcoder", None),
                           ("gpt4o", "gpt-4o", None), ("deepseek", "deepseek-coder", None), ("deepseek3", "deepseek-v3", None), ("tekken", "tekken", "<s>"),
                           ("seed", "seed-coder", None), ("command_r", "command-r", None)]:
        converted = made[name]()
        yield "gguf_" + name, from_byte_level(converted, pre, bos), {**converted, "post_processor": families.template([bos])(
            {t["content"]: t["id"] for t in converted["added_tokens"]}) if bos else None}
    scored = pieces.bpe_pieces(parts)
    prepend = [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    for name, steps, more in [("gguf_llama", prepend, {}), ("gguf_gemma", prepend[1:], {"tokenizer.ggml.add_space_prefix": False})]:
        yield name, from_pieces(scored) | more, {**pieces.bpe_json(scored, True, steps, None), "post_processor": families.template(["<s>"])({"<s>": 1})}


def main():
    for name, metadata, converted in models():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        for folder in (name, name + "-json"):
            os.makedirs(os.path.join(sys.argv[1], folder), exist_ok=True)
        with open(os.path.join(sys.argv[1], name, "model.gguf"), "wb") as out:
            out.write(gguf(metadata))
        with open(os.path.join(sys.argv[1], name + "-json", "tokenizer.json"), "w", encoding="utf-8") as out:
            json.dump(converted, out, ensure_ascii=False)
        print(name)


if __name__ == "__main__":
    main()
