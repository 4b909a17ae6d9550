#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train both tokenizers on generated text and write them beside their models.

Every word the generators use ends as one token; other text falls apart into smaller
pieces, in the end into bytes, so any input can be encoded.
"""
import json
import os
import random
from collections import Counter

from generators import bpe, filler, words
from generators.corpus import DEFAULT_SEED, TASKS, training_example

HERE = os.path.dirname(os.path.abspath(__file__))
SENTENCES = 30000
MOST_MERGES = 1700
CONTEXT = 128
GPT2_END = "<|endoftext|>"


def texts():
    """Training sentences and some of every evaluation task, so that all words occur."""
    rng = random.Random("%d/tokenizer" % DEFAULT_SEED)
    for _ in range(SENTENCES):
        e = training_example(rng)
        yield e.prompt + (" " + e.answer if e.answer else "") + e.tail
    for task in TASKS.values():
        for row in task.rows(rng, 400):
            yield row.prompt + " " + row.answer
    yield from filler.PLAIN
    yield from (" " + n for n in words.NUMBERS * 20)


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


def special(token_id, content):
    return {"id": token_id, "content": content, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": True}


def write_gpt2(folder, lines):
    table = bpe.byte_characters()
    counts = Counter()
    for line in lines:
        for piece in bpe.GPT2_PATTERN.findall(line):
            counts["".join(table[b] for b in piece.encode("utf-8"))] += 1
    merges = bpe.train_merges(counts, MOST_MERGES)
    vocab = {c: i for i, c in enumerate(table.values())}
    for a, b in merges:
        vocab.setdefault(a + b, len(vocab))
    vocab[GPT2_END] = len(vocab)
    lines = ["%s %s" % m for m in merges]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": True}
    write_json(folder, "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(vocab[GPT2_END], GPT2_END)],
        "normalizer": None, "pre_tokenizer": byte_level, "post_processor": None,
        "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None,
                  "continuing_subword_prefix": "", "end_of_word_suffix": "",
                  "fuse_unk": False, "byte_fallback": False,
                  "vocab": vocab, "merges": lines}})
    write_json(folder, "vocab.json", vocab)
    with open(os.path.join(folder, "merges.txt"), "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "".join(line + "\n" for line in lines))
    write_json(folder, "tokenizer_config.json", {
        "add_bos_token": False, "add_prefix_space": False, "bos_token": GPT2_END,
        "eos_token": GPT2_END, "unk_token": GPT2_END, "model_max_length": CONTEXT,
        "tokenizer_class": "GPT2Tokenizer"})
    write_json(folder, "special_tokens_map.json", {
        "bos_token": GPT2_END, "eos_token": GPT2_END, "unk_token": GPT2_END})
    return len(vocab)


def write_llama(folder, lines):
    counts = Counter()
    for line in lines:
        shown = bpe.SPACE + line.lstrip(" ").replace(" ", bpe.SPACE)
        counts.update(bpe.metaspace_pieces(shown))
    merges = bpe.train_merges(counts, MOST_MERGES)
    vocab = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for b in range(256):
        vocab["<0x%02X>" % b] = len(vocab)
    for c in [bpe.SPACE] + [chr(c) for c in range(33, 127)]:
        vocab[c] = len(vocab)
    for a, b in merges:
        vocab.setdefault(a + b, len(vocab))
    begin, seq = {"SpecialToken": {"id": "<s>", "type_id": 0}}, "Sequence"
    write_json(folder, "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": bpe.SPACE},
            {"type": "Replace", "pattern": {"String": " "}, "content": bpe.SPACE}]},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, {seq: {"id": "A", "type_id": 0}}],
            "pair": [begin, {seq: {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": "<s>", "type_id": 1}},
                     {seq: {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": bpe.SPACE}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                  "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": True, "byte_fallback": True, "vocab": vocab,
                  "merges": ["%s %s" % m for m in merges]}})
    write_json(folder, "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>",
        "eos_token": "</s>", "unk_token": "<unk>", "tokenizer_class": "LlamaTokenizer",
        "legacy": True, "model_max_length": CONTEXT})
    write_json(folder, "special_tokens_map.json", {
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
    return len(vocab)


def main():
    lines = list(texts())
    for name, write in (("headwater-gpt2", write_gpt2), ("headwater-llama", write_llama)):
        folder = os.path.join(HERE, "models", name)
        os.makedirs(folder, exist_ok=True)
        print("%s: %d tokens" % (name, write(folder, lines)))


if __name__ == "__main__":
    main()
