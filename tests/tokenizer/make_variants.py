#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes small tokenizer.json files, a folder each, that together use every component Headwater knows.

    make_variants.py OUT_DIR [NAME...]        prints the names of the folders
"""
import itertools
import json
import os
import sys

import trained
from trained import ALPHABET

TEXT = ["▁", "é", "ß", "ﬁ", "½", "İ", "ا", "中", "가", "ᄀ", "ᅡ", "\u0301", "\u0327", "Å", "à", "한", "😀", "\n", "\t", " ", "\u3000", "x"]
MERGES = ["t h", "th e", "h e", "i n", "a n", "an d", "e r", "o n", "r e", "o u", "s t", "l l", "' s", "1 9", "9 9", "0 0", "= =", "== ==", "- -", ". .", "* *"]
PLAIN = ["▁ t", "▁ a", "▁t he", "▁ ▁", "▁▁ ▁▁", "  ", "e \u0301"]
LEVEL = ["Ġ t", "Ġ a", "Ġt he", "Ġ Ġ", "ĠĠ ĠĠ", "Ã ©", "Ċ Ċ"]


def model(byte_level, **extra):
    symbols = ["<unk>", "<s>", "</s>"]
    symbols += ALPHABET if byte_level else sorted({chr(c) for c in range(33, 127)} | set(TEXT))
    if extra.get("byte_fallback"):
        symbols += [f"<0x{b:02X}>" for b in range(256)]
    merges = [m for m in MERGES + (LEVEL if byte_level else PLAIN) if len(m.split(" ")) == 2 and all(m.split(" "))]
    for merge in merges:
        if merge.replace(" ", "") not in symbols:
            symbols.append(merge.replace(" ", ""))
    if extra.pop("pairs", False):
        merges = [m.split(" ") for m in merges]
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
            "byte_fallback": False, "ignore_merges": False, **extra, "vocab": {s: i for i, s in enumerate(symbols)}, "merges": merges}


def level(space=False, regex=True, trim=False):
    return {"type": "ByteLevel", "add_prefix_space": space, "trim_offsets": trim, "use_regex": regex}


def sequence(stage, *steps):
    return {"type": "Sequence", {"n": "normalizers", "p": "pretokenizers", "o": "processors"}[stage]: list(steps)}


def split(pattern, behavior, invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def metaspace(scheme, cut=True):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


TEMPLATE = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
         r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA = sequence("n", {"type": "Prepend", "prepend": "▁"}, replace({"String": " "}, "▁"))
FALLBACK = dict(byte_fallback=True, unk_token="<unk>", fuse_unk=True)
UNK = dict(unk_token="<unk>")


def tokens(vocab, normalized=False, **flags):
    """Added tokens: contents with flags; those that the vocabulary has keep its id, the others follow on it."""
    made = [{"id": vocab[c], "content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for c in ["<unk>", "<s>", "</s>"]]
    free = len(vocab)
    for content in ["<|x|>", "<|x|><|y|>", "Mary", "café", "  ", "went to", "ﬁne", "é"]:
        made.append({"id": vocab.get(content, free), "content": content, "single_word": False, "lstrip": False, "rstrip": False,
                     "normalized": normalized, "special": False, **flags})
        free += content not in vocab
    return made


def variants():
    def row(name, byte_level=False, model_flags=None, added=None, **parts):
        made = model(byte_level, **(model_flags or (UNK if not byte_level else {})))
        yield name, {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens(made["vocab"], **(added or {})),
                     "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None, **parts, "model": made}

    for form in ["NFC", "NFD", "NFKC", "NFKD"]:
        yield from row(f"{form.lower()}", normalizer={"type": form})
        yield from row(f"{form.lower()}_level", True, normalizer={"type": form}, pre_tokenizer=level())
        yield from row(f"{form.lower()}_added", added=dict(normalized=True), normalizer={"type": form})
    for left, right in [(True, True), (True, False), (False, True)]:
        yield from row(f"strip_{left:d}{right:d}", normalizer={"type": "Strip", "strip_left": left, "strip_right": right})
    yield from row("lowercase", normalizer={"type": "Lowercase"}, added=dict(normalized=True))
    yield from row("lowercase_level", True, normalizer={"type": "Lowercase"}, pre_tokenizer=level(True, True, True), post_processor=level(True, True, True))
    yield from row("level_normalizer", True, normalizer=sequence("n", {"type": "NFC"}, {"type": "ByteLevel"}), added=dict(normalized=True))
    yield from row("replace_regex", normalizer=sequence("n", replace({"Regex": r"\s+"}, "▁"), replace({"Regex": r"[0-9]"}, ""), replace({"String": "the"}, "th")))
    yield from row("replace_long", normalizer=sequence("n", replace({"String": "e"}, "élé"), replace({"Regex": r"\w+x"}, "x▁x")))
    yield from row("llama", model_flags=FALLBACK, normalizer=LLAMA, post_processor=TEMPLATE)
    yield from row("llama_pairs", model_flags=dict(FALLBACK, pairs=True), normalizer=LLAMA, post_processor=TEMPLATE)
    yield from row("llama_normalized", model_flags=FALLBACK, added=dict(normalized=True), normalizer=LLAMA, post_processor=TEMPLATE)
    yield from row("unk", model_flags=UNK)
    yield from row("unk_fused", model_flags=dict(UNK, fuse_unk=True))
    yield from row("no_unk", model_flags=dict(unk_token=None))
    yield from row("ignore_merges", True, dict(ignore_merges=True), pre_tokenizer=level())
    for scheme in ["first", "never", "always"]:
        for cut in [True, False]:
            yield from row(f"metaspace_{scheme}_{cut:d}", model_flags=FALLBACK, pre_tokenizer=metaspace(scheme, cut), post_processor=TEMPLATE)
    yield from row("metaspace_nfkc", model_flags=FALLBACK, normalizer={"type": "NFKC"}, pre_tokenizer=metaspace("first"))
    for space in [True, False]:
        for trim in [True, False]:
            for regex in [True, False]:
                yield from row(f"level_{space:d}{trim:d}{regex:d}", True, pre_tokenizer=level(space, regex, True), post_processor=level(space, regex, trim))
    yield from row("level_trim_template", True, pre_tokenizer=level(), post_processor=sequence("o", level(True, True, True), TEMPLATE))
    yield from row("level_template_trim", True, pre_tokenizer=level(), post_processor=sequence("o", TEMPLATE, level(True, True, True)))
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for invert in [False, True]:
            yield from row(f"split_{behavior.lower()}_{invert:d}", pre_tokenizer=split({"Regex": r"\s|\p{P}"}, behavior, invert))
            yield from row(f"split_string_{behavior.lower()}_{invert:d}", pre_tokenizer=split({"String": " "}, behavior, invert))
    yield from row("split_empty_matches", pre_tokenizer=split({"Regex": r"x*"}, "MergedWithPrevious"))
    for name, regex in {"llama3": LLAMA3, "o200k": O200K, "word": r"\w+|[^\w\s]+", "not_word": r"\W", "edge": r"\b", "lines": r"^.|.$", "dotall": r"(?m:a.b)|(?<=\d)(?=(?:\d{3})+\b)",
                        "posix": r"[[:alpha:]]+|[[:space:]]", "hex": r"\h{2}", "counts": r"a{,2}b?+|\p{Han}++", "escape": r"\u3000|\x{e9}|[\u2000-\u200a]|\d"}.items():
        yield from row(f"regex_{name}", True, pre_tokenizer=sequence("p", split({"Regex": regex}, "Isolated"), level(False, False)))
    for individual in [True, False]:
        yield from row(f"digits_{individual:d}", True, pre_tokenizer=sequence("p", {"type": "Digits", "individual_digits": individual}, level()))
    yield from row("level_then_split", True, pre_tokenizer=sequence("p", level(True), split({"String": "Ġ"}, "MergedWithNext"), {"type": "Digits", "individual_digits": True}))
    for flags in [dict(single_word=True), dict(lstrip=True), dict(rstrip=True), dict(lstrip=True, rstrip=True), dict(lstrip=True, rstrip=True, single_word=True)]:
        for normalized in [False, True]:
            name = "added_" + "_".join(flags) + ("_normalized" if normalized else "")
            yield from row(name, True, added=dict(flags, normalized=normalized), pre_tokenizer=level(False, True, True), post_processor=level(False, True, True))
            yield from row(name + "_llama", model_flags=FALLBACK, added=dict(flags, normalized=normalized), normalizer=LLAMA)


def word_variants():
    """Components of models whose tokens are words: each part that a pre-tokenizer makes is one token, so that its offsets show."""
    words = {w: i for i, w in enumerate(["<unk>", "<s>", "</s>", "the", "Mary", "and", " ", ".", "in", "cat", "▁the", "Mary."])}

    def row(name, **parts):
        yield name, {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens(words), "normalizer": None, "pre_tokenizer": None,
                     "post_processor": None, "decoder": None, **parts, "model": {"type": "WordLevel", "vocab": words, "unk_token": "<unk>"}}

    for name in ["Whitespace", "WhitespaceSplit", "BertPreTokenizer", "UnicodeScripts"]:
        yield from row(name.lower(), pre_tokenizer={"type": name})
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        yield from row(f"punctuation_{behavior.lower()}", pre_tokenizer={"type": "Punctuation", "behavior": behavior})
    yield from row("punctuation", pre_tokenizer={"type": "Punctuation"})
    yield from row("delimiter", pre_tokenizer={"type": "CharDelimiterSplit", "delimiter": " "})
    yield from row("delimiter_wide", pre_tokenizer=sequence("p", {"type": "CharDelimiterSplit", "delimiter": "é"}, {"type": "Whitespace"}))
    for length in [1, 5]:
        yield from row(f"fixed_{length}", pre_tokenizer={"type": "FixedLength", "length": length})
    for individual in [True, False]:
        yield from row(f"word_digits_{individual:d}", pre_tokenizer=sequence("p", {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": individual}))
    for scheme in ["first", "never", "always"]:
        yield from row(f"word_metaspace_{scheme}", pre_tokenizer=sequence("p", {"type": "WhitespaceSplit"}, metaspace(scheme)))
    split_words = {"pre_tokenizer": {"type": "BertPreTokenizer"}}
    for flags in range(16):
        clean, chinese, lower, accents = (bool(flags & bit) for bit in (1, 2, 4, 8))
        yield from row(f"bert_{clean:d}{chinese:d}{lower:d}{accents:d}", normalizer={"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese,
                                                                               "strip_accents": accents, "lowercase": lower}, **split_words)
    for name in ["StripAccents", "Nmt"]:
        yield from row(f"word_{name.lower()}", normalizer={"type": name}, **split_words)
    yield from row("nfd_accents", normalizer=sequence("n", {"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}), pre_tokenizer={"type": "Whitespace"})
    yield from row("charsmap", normalizer={"type": "Precompiled", "precompiled_charsmap": trained.base64_charsmap(trained.replacements())}, **split_words)
    yield from row("charsmap_gone", normalizer={"type": "Precompiled", "precompiled_charsmap": trained.base64_charsmap(
        {"a": "", "e\u0301": "é", "\r\n": "", "😀": ":-)", "1": "", "the": "THE", "0": "zero"})}, **split_words)
    for name, regex in {"union": "[a-c[x-z]]+", "negated": r"[^a[^\p{L}]]", "both": r"[\p{L}&&[^a-m]]+", "hyphen": r"[a[-b]-c]", "bracket": "[[]a]b]+",
                        "deep": r"[^\s[.,[!?…]]]+", "shorthand": r"[\w&&\D]+", "not_both": r"[^\p{L}&&\p{Lu}]+", "posix": "[[:alpha:][0-9]]+"}.items():
        yield from row(f"class_{name}", pre_tokenizer=split({"Regex": regex}, "Isolated"))
    for name, regex in {"counts": r"\d{3}?|\p{L}{2}?|(?:ab){1,2}+", "options": r"\s(?i)a|b|th", "cases": r"(?i:[^\s\p{L}\p{N}]+)|(?i)[\p{M}\p{N}]+|'(?:[sdmt]|ll|ve|re)",
                        "names": r"\p{Letter}+|\p{Punct}|[^\p{Space}\p{Digit}]|\p{Extended_Pictographic}"}.items():
        yield from row(f"pattern_{name}", pre_tokenizer=split({"Regex": regex}, "Isolated"))


if __name__ == "__main__":
    for folder, content in itertools.chain(variants(), word_variants()):
        if len(sys.argv) > 2 and folder not in sys.argv[2:]:
            continue
        os.makedirs(os.path.join(sys.argv[1], folder), exist_ok=True)
        with open(os.path.join(sys.argv[1], folder, "tokenizer.json"), "w", encoding="utf-8") as out:
            json.dump(content, out, ensure_ascii=False)
        print(folder)
