#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tokenizers of well-known families, trained here on generated text, a folder each, with the keys that the families' own
tokenizer.json files have.

    make_families.py OUT_DIR [NAME...]        prints the names of the folders
"""
import collections
import json
import os
import re
import sys

import trained

MERGES, TOKENS = 1500, 2500
GPT2 = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
         r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}|"
         r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = GPT4O.replace(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace("{1,3}", "")
SEED = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
DEEPSEEK = [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"[一-龥ࠀ-一가-퟿]+"]
DEEPSEEK3 = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
             r"\s*[\r\n]+|\s+(?!\S)|\s+")


def level(space=False, trim=True, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": trim, "use_regex": regex}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(key, *steps):
    return {"type": "Sequence", key: list(steps)}


def regex_then_level(*patterns):
    return sequence("pretokenizers", *[split({"Regex": p}) for p in patterns], level(regex=False))


def metaspace(scheme, cut):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


def template(before, after=()):
    special = lambda names: [{"SpecialToken": {"id": n, "type_id": 0}} for n in names]
    make = lambda vocab: {
        "type": "TemplateProcessing", "single": special(before) + [{"Sequence": {"id": "A", "type_id": 0}}] + special(after),
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {n: {"id": n, "ids": [vocab[n]], "tokens": [n]} for n in [*before, *after]}}
    return make


# ---- the trained parts, each once ----

class Parts:
    def __init__(self):
        self.made = {}
        self.lines = trained.corpus()

    def get(self, name):
        if name not in self.made:
            self.made[name] = getattr(self, name)()
        return self.made[name]

    def level_merges(self):
        return trained.train_bpe(collections.Counter(trained.byte_level(w[:24]) for line in self.lines for w in GPT2.findall(line)), MERGES)

    def metaspace_words(self):
        return collections.Counter(w[:24] for line in self.lines for w in re.findall("▁?[^▁]+", ("▁" + line).replace(" ", "▁")))

    def metaspace_merges(self):
        return trained.train_bpe(self.get("metaspace_words"), MERGES)

    def unigram(self):
        return trained.train_unigram(self.get("metaspace_words"), TOKENS)

    def word_merges(self):
        return trained.train_bpe(collections.Counter(w[:24] for line in self.lines for w in re.findall(r"\w+|[^\w\s]", line.lower())), MERGES)

    def charsmap(self):
        return trained.base64_charsmap(trained.replacements())

    def chars(self):
        counts = collections.Counter(c for line in self.lines for c in line)
        return sorted(c for c, n in counts.items() if n > 3 and c not in " ▁")


def bpe(symbols, merges, **flags):
    vocab = {s: i for i, s in enumerate(dict.fromkeys([*symbols, *(c for pair in merges for c in pair if len(c) == 1), *(a + b for a, b in merges)]))}
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
            "byte_fallback": False, "ignore_merges": False, **flags, "vocab": vocab, "merges": [f"{a} {b}" for a, b in merges]}


def byte_model(parts, first=(), **flags):
    return bpe([*first, *trained.ALPHABET], parts.get("level_merges"), **flags)


def fallback_model(parts, first=("<unk>", "<s>", "</s>"), **flags):
    return bpe([*first, *(f"<0x{b:02X}>" for b in range(256)), *parts.get("chars"), "▁"], parts.get("metaspace_merges"),
               **{"byte_fallback": True, "unk_token": "<unk>", "fuse_unk": True, **flags})


def unigram(parts, first, unk, **flags):
    return {"type": "Unigram", "unk_id": first.index(unk), **flags, "vocab": [[t, 0.0] for t in first] + [p for p in parts.get("unigram") if p[0] not in first]}


def wordpiece(parts):
    first = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    chars = parts.get("chars")
    tokens = [*first, *chars, *("##" + c for c in chars), *(a + b for a, b in parts.get("word_merges")), *("##" + a + b for a, b in parts.get("word_merges"))]
    return {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {t: i for i, t in enumerate(dict.fromkeys(tokens))}}


def added(model, specials, plain=(), **flags):
    vocab = model["vocab"] if isinstance(model["vocab"], dict) else {t: i for i, (t, _) in enumerate(model["vocab"])}
    ids, free = dict(vocab), max(vocab.values()) + 1
    made = []
    for content in [*specials, *plain]:
        if content not in ids:
            ids[content] = free
            free += 1
        made.append({"id": ids[content], "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                     "normalized": content in plain, "special": content in specials, **flags})
    return sorted(made, key=lambda t: t["id"]), ids


def tokenizer(model, specials, plain=(), processor=None, flags=None, **stages):
    tokens, ids = added(model, specials, plain, **(flags or {}))
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": None, "pre_tokenizer": None,
            "post_processor": processor(ids) if callable(processor) else processor, "decoder": None, **stages, "model": model}


PREPEND = sequence("normalizers", {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"})
DECODER = sequence("decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                   {"type": "Strip", "content": " ", "start": 1, "stop": 0})
LLAMA = ["<unk>", "<s>", "</s>"]


def families(p):
    byte = dict(decoder=level())
    yield "gpt2", lambda: tokenizer(byte_model(p, unk_token=None), ["<|endoftext|>"], pre_tokenizer=level(), processor=level(trim=False), **byte)
    yield "opt", lambda: tokenizer(byte_model(p, ["<s>", "<pad>", "</s>", "<unk>"]), ["<s>", "<pad>", "</s>", "<unk>"], pre_tokenizer=level(),
                                   flags=dict(normalized=True), processor=template(["</s>"]), **byte)
    yield "roberta", lambda: tokenizer(byte_model(p, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
                                       pre_tokenizer=level(), processor=lambda ids: {
                                           "type": "RobertaProcessing", "sep": ["</s>", ids["</s>"]], "cls": ["<s>", ids["<s>"]], "trim_offsets": True,
                                           "add_prefix_space": False}, **byte)
    yield "llama2", lambda: tokenizer(fallback_model(p), LLAMA, normalizer=PREPEND, processor=template(["<s>"]), decoder=DECODER)
    yield "mistral", lambda: tokenizer(fallback_model(p), LLAMA, pre_tokenizer=metaspace("first", False), processor=template(["<s>"]), decoder=DECODER)
    yield "phi3", lambda: tokenizer(fallback_model(p), [*LLAMA, "<|endoftext|>", "<|assistant|>", "<|end|>"], normalizer=PREPEND, decoder=DECODER,
                                    flags=dict(rstrip=True))
    yield "llama3", lambda: tokenizer(byte_model(p, ignore_merges=True), ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"],
                                      pre_tokenizer=regex_then_level(LLAMA3),
                                      processor=lambda ids: sequence("processors", level(), template(["<|begin_of_text|>"])(ids)), **byte)
    yield "qwen2", lambda: tokenizer(byte_model(p), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizer={"type": "NFC"},
                                     pre_tokenizer=regex_then_level(QWEN2), processor=level(trim=False, regex=False), **byte)
    yield "gpt4o", lambda: tokenizer(byte_model(p), ["<|endoftext|>", "<|endofprompt|>"], pre_tokenizer=sequence("pretokenizers", split({"Regex": GPT4O}, "Removed", True), level(regex=False)),
                                     processor=level(trim=False, regex=False), **byte)
    yield "gemma", lambda: tokenizer(fallback_model(p, ["<pad>", "<eos>", "<bos>", "<unk>"]), ["<pad>", "<eos>", "<bos>", "<unk>"],
                                     plain=["\n\n", "▁▁", "<start_of_turn>"], flags=dict(normalized=False),
                                     normalizer={"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
                                     pre_tokenizer=split({"String": " "}, "MergedWithPrevious"), processor=template(["<bos>"]), decoder=DECODER)
    yield "bloom", lambda: tokenizer(byte_model(p, ["<unk>", "<s>", "</s>", "<pad>"], unk_token="<unk>"), ["<unk>", "<s>", "</s>", "<pad>"],
                                     pre_tokenizer=regex_then_level(BLOOM), processor=level(trim=False, regex=False), **byte)
    yield "falcon", lambda: tokenizer(byte_model(p), [">>TITLE<<", ">>ABSTRACT<<", "<|endoftext|>"], pre_tokenizer=sequence(
        "pretokenizers", {"type": "Punctuation", "behavior": "Contiguous"}, level(), {"type": "Digits", "individual_digits": False},
        split({"Regex": "[0-9][0-9][0-9]"})), processor=level(True, False, True), **byte)
    yield "deepseek", lambda: tokenizer(byte_model(p), ["<|begin_of_sentence|>"], ["<|User|>"], normalizer=sequence("normalizers"), pre_tokenizer=sequence(
        "pretokenizers", *[split({"Regex": r}) for r in DEEPSEEK], {"type": "Digits", "individual_digits": True}, level(regex=False)),
                                        processor=template(["<|begin_of_sentence|>"]), **byte)
    yield "deepseek3", lambda: tokenizer(byte_model(p), ["<|begin_of_sentence|>"], pre_tokenizer=regex_then_level(r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK3),
                                         processor=template(["<|begin_of_sentence|>"]), **byte)
    yield "starcoder", lambda: tokenizer(byte_model(p), ["<|endoftext|>", "<fim_prefix>"], pre_tokenizer=sequence(
        "pretokenizers", {"type": "Digits", "individual_digits": True}, level()), processor=level(), **byte)
    yield "tekken", lambda: tokenizer(byte_model(p, ["<unk>", "<s>", "</s>"], ignore_merges=True), ["<unk>", "<s>", "</s>", "[INST]"],
                                      pre_tokenizer=regex_then_level(TEKKEN), processor=template(["<s>"]), **byte)
    yield "seed", lambda: tokenizer(byte_model(p), ["<[begin_of_text]>"], pre_tokenizer=regex_then_level(SEED), processor=level(trim=False, regex=False), **byte)
    yield "command_r", lambda: tokenizer(byte_model(p, ["<PAD>", "<BOS_TOKEN>"]), ["<PAD>", "<BOS_TOKEN>"], normalizer={"type": "NFC"}, pre_tokenizer=sequence(
        "pretokenizers", {"type": "Digits", "individual_digits": True}, level()), processor=template(["<BOS_TOKEN>"]), **byte)
    yield "t5", lambda: tokenizer(unigram(p, ["<pad>", "</s>", "<unk>"], "<unk>"), ["<pad>", "</s>", "<unk>", "<extra_id_0>"],
                                  normalizer={"type": "Precompiled", "precompiled_charsmap": p.get("charsmap")},
                                  pre_tokenizer=sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace("always", True)),
                                  processor=template([], ["</s>"]), decoder=metaspace("always", True))
    yield "t5_new", lambda: tokenizer(unigram(p, ["<pad>", "</s>", "<unk>"], "<unk>", byte_fallback=False), ["<pad>", "</s>", "<unk>"], normalizer=sequence(
        "normalizers", {"type": "Precompiled", "precompiled_charsmap": p.get("charsmap")}, {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}), pre_tokenizer=metaspace("always", True), processor=template([], ["</s>"]))
    yield "albert", lambda: tokenizer(unigram(p, ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "<unk>"), ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"],
                                      normalizer=sequence("normalizers", {"type": "Replace", "pattern": {"String": "``"}, "content": "\""},
                                                          {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
                                                          {"type": "Precompiled", "precompiled_charsmap": p.get("charsmap")}),
                                      pre_tokenizer=sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace("always", True)),
                                      processor=template(["[CLS]"], ["[SEP]"]))
    yield "unigram_bytes", lambda: tokenizer(unigram(p, ["<unk>", "<s>", *(f"<0x{b:02X}>" for b in range(256))], "<unk>", byte_fallback=True),
                                             ["<unk>", "<s>"], normalizer={"type": "Nmt"}, pre_tokenizer=metaspace("first", False))
    for name, lower in [("bert_uncased", True), ("bert_cased", False)]:
        yield name, lambda lower=lower: tokenizer(wordpiece(p), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
                                                  normalizer={"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                                                              "strip_accents": None, "lowercase": lower},
                                                  pre_tokenizer={"type": "BertPreTokenizer"}, processor=template(["[CLS]"], ["[SEP]"]),
                                                  decoder={"type": "WordPiece", "prefix": "##", "cleanup": True})
    yield "bert_processing", lambda: tokenizer(wordpiece(p), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], pre_tokenizer={"type": "Whitespace"},
                                               processor=lambda ids: {"type": "BertProcessing", "sep": ["[SEP]", ids["[SEP]"]], "cls": ["[CLS]", ids["[CLS]"]]})


def main():
    parts = Parts()
    for name, make in families(parts):
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        os.makedirs(os.path.join(sys.argv[1], name), exist_ok=True)
        with open(os.path.join(sys.argv[1], name, "tokenizer.json"), "w", encoding="utf-8") as out:
            json.dump(make(), out, ensure_ascii=False)
        print(name)


if __name__ == "__main__":
    main()
