#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes sentencepiece models (tokenizer.model), a folder each, from the trained parts; beside each, in NAME-json, the tokenizer.json that
transformers' conversion makes of it, written down here by another path.

    make_sentencepiece.py OUT_DIR [NAME...]        prints the names of the folders
"""
import json
import os
import struct
import sys

import make_families as families
import trained

NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = range(1, 7)


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def single(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def model(pieces, kind, charsmap=b"", prefix=True, extra=True, byte_fallback=False):
    out = b"".join(data(1, data(1, p.encode()) + single(2, score) + (number(3, t) if t != NORMAL else b"")) for p, score, t in pieces)
    unk = next(i for i, p in enumerate(pieces) if p[2] == UNKNOWN)
    ids = {t: next((i for i, p in enumerate(pieces) if p[0] == t), -1) & (2 ** 64 - 1) for t in ["<s>", "</s>", "<pad>"]}
    trainer = number(3, kind) + number(4, len(pieces)) + number(35, byte_fallback) + number(40, unk) + number(41, ids["<s>"]) + number(42, ids["</s>"]) + \
        number(43, ids["<pad>"])
    normalizer = data(1, b"custom") + (data(2, charsmap) if charsmap else b"") + number(3, prefix) + number(4, extra) + number(5, 1)
    return out + data(2, trainer) + data(3, normalizer)


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def merges(pieces):
    """transformers' generate_merges: each cut of a piece into two pieces, by score, then by the lengths."""
    ids = {p: i for i, (p, _, _) in enumerate(pieces)}
    found = []
    for piece, score, _ in pieces:
        cuts = [(piece[:i], piece[i:], score) for i in range(1, len(piece)) if piece[:i] in ids and piece[i:] in ids]
        found += sorted(cuts, key=lambda c: (ids[c[0]], ids[c[1]]))
    return [f"{a} {b}" for a, b, _ in sorted(found, key=lambda c: (c[2], len(c[0]), len(c[1])), reverse=True)]


def added(pieces):
    return [{"id": i, "content": p, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": t != USER}
            for i, (p, _, t) in enumerate(pieces) if t in (UNKNOWN, CONTROL, USER)]


def bpe_json(pieces, byte_fallback, normalizers, pre_tokenizer):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added(pieces),
            "normalizer": families.sequence("normalizers", *normalizers), "pre_tokenizer": pre_tokenizer, "post_processor": None, "decoder": None,
            "model": {"type": "BPE", "dropout": None, "unk_token": pieces[0][0], "continuing_subword_prefix": None, "end_of_word_suffix": None,
                      "fuse_unk": True, "byte_fallback": byte_fallback, "ignore_merges": False, "vocab": {p: i for i, (p, _, _) in enumerate(pieces)},
                      "merges": merges(pieces)}}


STRIP = [{"type": "Strip", "strip_left": False, "strip_right": True}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]


FIRST = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL), ("<|user|>", 0.0, USER)]
BYTES = [(f"<0x{b:02X}>", 0.0, BYTE) for b in range(256)]


def bpe_pieces(parts):
    """The merged pieces by rank, then the characters, all with falling scores, as sentencepiece writes them."""
    made = list(dict.fromkeys(a + b for a, b in parts.get("metaspace_merges")))
    chars = [c for c in dict.fromkeys([*parts.get("chars"), "▁"]) if c not in made]
    return [*FIRST, *BYTES, *((m, float(-i), NORMAL) for i, m in enumerate(made)), *((c, float(-len(made) - i), NORMAL) for i, c in enumerate(chars))]


def models(parts):
    first, byte, bpe = FIRST, BYTES, bpe_pieces(parts)[len(FIRST) + len(BYTES):]
    scores = [(p, f32(s), NORMAL) for p, s in parts.get("unigram")]
    table = trained.charsmap(trained.replacements())

    def unigram_json(pieces, bytes_too):
        made = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added(pieces),
                "normalizer": families.sequence("normalizers", {"type": "Precompiled", "precompiled_charsmap": trained.base64_charsmap(trained.replacements())},
                                                *STRIP),
                "pre_tokenizer": families.metaspace("always", True), "post_processor": None, "decoder": None,
                "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": bytes_too, "vocab": [[p, s] for p, s, _ in pieces]}}
        return made

    prepend = [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]
    yield "spm_llama", model([*first, *byte, *bpe], 2, extra=False, byte_fallback=True), bpe_json([*first, *byte, *bpe], True, prepend, None)
    yield "spm_gemma", model([*first, *byte, *bpe], 2, prefix=False, extra=False, byte_fallback=True), bpe_json([*first, *byte, *bpe], True, prepend[1:], None)
    yield "spm_bpe", model([*first, *bpe], 2, extra=True), bpe_json([*first, *bpe], False, STRIP + prepend, None)
    yield "spm_unigram", model([*first, *scores], 1, table), unigram_json([*first, *scores], False)
    yield "spm_unigram_bytes", model([*first, *byte, *scores], 1, table, byte_fallback=True), unigram_json([*first, *byte, *scores], True)


def main():
    for name, bytes_of_model, converted in models(families.Parts()):
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        for folder in (name, name + "-json"):
            os.makedirs(os.path.join(sys.argv[1], folder), exist_ok=True)
        with open(os.path.join(sys.argv[1], name, "tokenizer.model"), "wb") as out:
            out.write(bytes_of_model)
        with open(os.path.join(sys.argv[1], name + "-json", "tokenizer.json"), "w", encoding="utf-8") as out:
            json.dump(converted, out, ensure_ascii=False)
        print(name)


if __name__ == "__main__":
    main()
