#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokenizer files that lie: each is refused with one line that has the wanted words, or reads a text all the same, within the limits of
time and memory.

    tokenizer.py BINARY [NAME...]
"""
import base64
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tokenizer"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../weights"))
from gguf_format import text, value  # noqa: E402
from make_sentencepiece import BYTE, CONTROL, NORMAL, UNKNOWN, data, model, number, varint  # noqa: E402

SECONDS, MEMORY = 10, 1 << 30
TEXT = "the cat sat 12 \u00e9 aaaa"
VOCAB = {c: i for i, c in enumerate("abcdefghijklmnopqrstuvwxyz 0123456789\u0120")}
PIECES = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("a", -1.0, NORMAL), ("t", -1.5, NORMAL), ("at", -2.0, NORMAL), ("\u2581", -2.5, NORMAL)]


def bpe(vocab=None, merges=(), **flags):
    return {"type": "BPE", "vocab": VOCAB if vocab is None else vocab, "merges": list(merges), **flags}


def whole(made=None, **parts):
    return json.dumps({"version": "1.0", "added_tokens": [], **parts, "model": made or bpe()}).encode()


def regex(pattern, behavior="Isolated"):
    return whole(pre_tokenizer={"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False})


def charsmap(units, strings=b" \0", size=None):
    table = struct.pack("<I", 4 * len(units) if size is None else size) + struct.pack(f"<{len(units)}I", *units) + strings
    return whole(normalizer={"type": "Precompiled", "precompiled_charsmap": base64.b64encode(table).decode()})


def unigram(vocab, **flags):
    return whole({"type": "Unigram", "unk_id": 0, "vocab": vocab, **flags})


def token(content, id, **flags):
    return {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False, **flags}


def json_file(content, words):
    return {"tokenizer.json": content}, words


def model_file(content, words):
    return {"tokenizer.model": content}, words


def gguf_file(words, **metadata):
    whole_file = {"tokenizer.ggml." + key: found for key, found in {"tokens": list("abc "), **metadata}.items()}
    content = b"".join(text(key) + value(found) for key, found in whole_file.items())
    return {"model.gguf": b"GGUF" + struct.pack("<IQQ", 3, 0, len(whole_file)) + content}, words


READS = None  # the file is odd, but a text can be read
END = 1 << 8
LEAF = 1 << 31
GOOD = model(PIECES, 2)

LIES = {
    # ---- JSON ----
    "json_deep": json_file(b"[" * 500000, "not valid JSON"),
    "json_deep_objects": json_file(b'{"a":' * 200000, "not valid JSON"),
    "json_deep_normalizer": json_file(b'{"model":{},"normalizer":' + b'{"type":"Sequence","normalizers":[' * 100000, "not valid JSON"),
    "json_cut": json_file(whole()[:-40], "not valid JSON"),
    "json_nul": json_file(whole().replace(b'"a"', b'"\\u0000"'), "not valid JSON"),
    "json_not_utf8": json_file(whole().replace(b'"a"', b'"\xff"'), "not valid JSON"),
    "json_lone_surrogate": json_file(whole().replace(b'"a"', b'"\\ud800"'), "not valid JSON"),
    "json_key_twice": json_file(whole().replace(b'"b"', b'"a"'), "not valid JSON"),
    "sequence_deep": json_file(whole(normalizer=[n := {"type": "NFC"}, *[n := {"type": "Sequence", "normalizers": [n]} for _ in range(20)]][-1]), "too deeply"),
    "sequence_long": json_file(whole(normalizer={"type": "Sequence", "normalizers": [{"type": "NFC"}] * 1000}), "more than 32 steps"),
    # ---- ids, merges, added tokens ----
    "id_negative": json_file(whole(bpe({"a": -1})), "has id -1"),
    "id_huge": json_file(whole(bpe({"a": 2 ** 40})), "has id 1099511627776"),
    "id_beyond_64_bits": json_file(whole(bpe({"a": 2 ** 70})), "a real number for an id"),
    "id_twice": json_file(whole(bpe({"a": 0, "b": 0})), "the same id 0"),
    "id_sparse": json_file(whole(bpe({**VOCAB, "zz": 2 ** 24 - 1})), READS),
    "merge_names_no_token": json_file(whole(bpe(merges=["q q"])), "is not in the vocabulary"),
    "merge_of_one": json_file(whole(bpe(merges=["a"])), "want two tokens"),
    "merge_of_nothing": json_file(whole(bpe(merges=[["", "a"]])), "has an empty token"),
    "merge_a_million": json_file(whole(bpe({"a": 0, "aa": 1}, ["a a"] * 160000)), READS),
    "added_id_taken": json_file(whole(added_tokens=[token("<x>", 0)]), "which \"a\" of the vocabulary has"),
    "added_id_huge": json_file(whole(added_tokens=[token("<x>", 2 ** 31)]), "want 0 to"),
    "added_twice": json_file(whole(added_tokens=[token("<x>", 90), token("<x>", 91)]), "the same content"),
    "added_many": json_file(whole(added_tokens=[token(f"<{i}>", 90 + i) for i in range(22000)]), READS),
    "added_long": json_file(whole(added_tokens=[token("a" * 400000 + "b", 90)]), "the added token with id 90 has 400001 bytes, want at most 1024"),
    "added_long_normalized": json_file(whole(added_tokens=[token("a" * 600, 90)], normalizer={
        "type": "Replace", "pattern": {"String": "a"}, "content": "aa"}), "has 1200 bytes, want at most 1024"),
    "wordpiece_long": json_file(whole({"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "", "max_input_chars_per_word": 2 ** 40,
                                       "vocab": {"a": 0, "a" * 400000 + "b": 1}}), "token 1 has 400001 bytes, want at most 1024"),
    "added_named_special": ({"tokenizer.json": whole(), "special_tokens_map.json": json.dumps({"additional_special_tokens": [f"<s{i}>" for i in range(60000)]}).encode(),
                             "added_tokens.json": json.dumps({f"<{i}>": 90 + i for i in range(60000)}).encode()}, "more than 65536 added tokens"),
    "added_prefixes": json_file(whole(added_tokens=[token("a" * (i + 2), 90 + i) for i in range(900)]), READS),
    "template_no_token": json_file(whole(post_processor={"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {}}],
                                                         "special_tokens": {"<s>": {"ids": [7000]}}}), "has id 7000, which no token has"),
    "template_many": json_file(whole(post_processor={"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}] * 5000 + [{"Sequence": {}}],
                                                     "special_tokens": {"<s>": {"ids": [1]}}}), "more than 8 tokens before a text"),
    "bert_id": json_file(whole(post_processor={"type": "BertProcessing", "cls": ["[CLS]", 2 ** 33], "sep": ["[SEP]", 1]}), "which no token has"),
    # ---- GGUF ----
    "gguf_no_model": gguf_file("no tokenizer.ggml.model: the file has no tokenizer"),
    "gguf_model_number": gguf_file("tokenizer.ggml.model is not a text", model=7),
    "gguf_model_unknown": gguf_file('tokenizer.ggml.model is "bert", which is not supported', model="bert"),
    "gguf_no_pre": gguf_file("no tokenizer.ggml.pre, which says how texts are cut", model="gpt2", merges=["a b"]),
    "gguf_pre_unknown": gguf_file('tokenizer.ggml.pre is "viking", which is not supported', model="gpt2", pre="viking", merges=["a b"]),
    # ---- regular expressions ----
    "regex_catastrophic": json_file(regex("(a+)+$"), READS),
    "regex_catastrophic_words": json_file(regex(r"(\w+\s?)*\.$"), READS),
    "regex_backreference": json_file(regex(r"(a*)*\1\1\1\1\1\1$"), READS),
    "regex_deep": json_file(regex("(" * 5000 + "a" + ")" * 5000), "groups nested too deeply"),
    "regex_deep_options": json_file(regex("(?i)" * 5000 + "a"), "regular expression not understood"),
    "regex_deep_intervals": json_file(regex("a" + "{2}" * 50000), "intervals nested too deeply"),
    "regex_deep_classes": json_file(regex("[^" * 50000 + "a" + "]" * 50000), "classes nested too deeply"),
    "regex_counted": json_file(regex("((a{1,65000}){1,65000}){1,65000}"), "regular expression not understood"),
    "regex_counted_groups": json_file(regex("(?:(?:(?:a{1,99}){1,99}){1,99}){1,99}"), None),
    "regex_recursive": json_file(regex("(?R)"), "a group (? of a kind"),
    "regex_code_unit": json_file(regex(r"\C"), "not supported"),
    "regex_callout": json_file(regex("(*ACCEPT)"), "not supported"),
    "regex_open_class": json_file(regex("[a"), "a class without its end"),
    "regex_empty_matches": json_file(regex("x*", "MergedWithPrevious"), READS),
    "pattern_empty": json_file(whole(normalizer={"type": "Replace", "pattern": {"String": ""}, "content": "x"}), "an empty string"),
    # ---- growth ----
    "replace_grows": json_file(whole(normalizer={"type": "Sequence", "normalizers": [
        {"type": "Replace", "pattern": {"Regex": "."}, "content": "a" * 1000}] * 8}), "make more than"),
    "prepend_grows": json_file(whole(normalizer={"type": "Prepend", "prepend": "a" * 900000}), READS),
    "added_grow": json_file(whole(added_tokens=[token("aaaa" + str(i), 90 + i) for i in range(2000)], normalizer={
        "type": "Replace", "pattern": {"String": "a"}, "content": "b" * 300000}), "bytes, want at most 1024"),
    # ---- unigram, wordpiece ----
    "unigram_empty": json_file(unigram([]), "no token of model.vocab has"),
    "unigram_unk_outside": json_file(whole({"type": "Unigram", "unk_id": 5, "vocab": [["a", 0.0]]}), "unk_id is 5"),
    "unigram_score_text": json_file(unigram([["a", "x"]]), "is not [token, score]"),
    "unigram_score_infinite": json_file(unigram([["a", 0.0]]).replace(b"0.0", b"1e999"), "not valid JSON"),
    "unigram_score_nan": json_file(unigram([["a", 0.0]]).replace(b"0.0", b"NaN"), "is not [token, score]"),
    "unigram_long_token": json_file(unigram([["<unk>", 0.0], ["a" * 500000, -1.0]]), "has 500000 bytes"),
    "unigram_no_unk": json_file(whole({"type": "Unigram", "unk_id": None, "vocab": [["a", 0.0]]}), "is not in the vocabulary, which has no unknown token"),
    "wordpiece_endless_words": json_file(whole({"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "", "max_input_chars_per_word": 2 ** 62,
                                                "vocab": {"a" * n: n - 1 for n in range(1, 1000)}}), READS),
    "wordpiece_negative": json_file(whole({"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "##", "max_input_chars_per_word": -1,
                                           "vocab": VOCAB}), "max_input_chars_per_word"),
    "fixed_length_0": json_file(whole(pre_tokenizer={"type": "FixedLength", "length": 0}), "length is an integer, want"),
    # ---- charsmap ----
    "charsmap_not_base64": json_file(whole(normalizer={"type": "Precompiled", "precompiled_charsmap": "%%%%"}), "is not base64"),
    "charsmap_short": json_file(whole(normalizer={"type": "Precompiled", "precompiled_charsmap": "AA=="}), "a trie of"),
    "charsmap_trie_past_end": json_file(charsmap([0] * 4, size=1 << 30), "a trie of 1073741824 bytes"),
    "charsmap_trie_odd": json_file(charsmap([0] * 4, size=7), "a trie of 7 bytes"),
    "charsmap_value_past_end": json_file(charsmap([0, LEAF | 99]), "want the beginning of a character below"),
    "charsmap_value_in_character": json_file(charsmap([0, LEAF | 1], "\u00e9\0".encode()), "want the beginning of a character"),
    "charsmap_not_utf8": json_file(charsmap([0, 0], b"\xff\0"), "not UTF-8"),
    "charsmap_offset_past_end": json_file(charsmap([0xFFFFFFFF & ~LEAF] * 300), READS),
    "charsmap_loop": json_file(charsmap([ord("a") | END] * 256), READS),
    "charsmap_unterminated": json_file(charsmap([ord("a") << 10] + [LEAF] + [ord("a") | END | 1 << 10] * 300, b"x" * 100000), READS),
    # ---- sentencepiece ----
    "spm_empty": model_file(b"", "the file is empty"),
    "spm_text": model_file(b"<html>not found</html>", "not a protocol buffer"),
    "spm_cut": model_file(GOOD[:len(GOOD) // 2], "protocol buffer"),
    "spm_piece_past_end": model_file(b"\x0a\x7fabc", "not a protocol buffer"),
    "spm_length_huge": model_file(b"\x0a" + varint(2 ** 63) + b"abc", "not a protocol buffer"),
    "spm_varint_endless": model_file(b"\xff" * 100, "not a protocol buffer"),
    "spm_field_0": model_file(b"\x00\x00", "not a protocol buffer"),
    "spm_group": model_file(b"\x0b" * 100000, "not a protocol buffer"),
    "spm_inner_past_end": model_file(data(1, b"\x0a\x7fab"), "a piece is cut"),
    "spm_no_unknown": model_file(model(PIECES, 2).replace(number(3, UNKNOWN), number(3, NORMAL), 1), "no piece is the unknown one"),
    "spm_two_unknown": model_file(data(1, data(1, b"<u>") + number(3, UNKNOWN)) + GOOD, "a second unknown piece"),
    "spm_twice": model_file(GOOD + data(1, data(1, b"at")), "is there twice"),
    "spm_empty_piece": model_file(GOOD + data(1, number(3, NORMAL)), "is empty"),
    "spm_not_utf8": model_file(GOOD + data(1, data(1, b"\xff\xfe")), "is not UTF-8"),
    "spm_long_piece": model_file(GOOD + data(1, data(1, b"a" * 900000)), "is longer than 1024 bytes"),
    "spm_score_nan": model_file(GOOD + data(1, data(1, b"q") + varint(2 << 3 | 5) + struct.pack("<f", float("nan"))), "no finite number"),
    "spm_type": model_file(GOOD + data(1, data(1, b"q") + number(3, 99)), "has type 99"),
    "spm_model_type": model_file(GOOD + data(2, number(3, 4)), "model_type is 4"),
    "spm_suffix": model_file(GOOD + data(2, number(24, 1)), "treat_whitespace_as_suffix"),
    "spm_unescaped": model_file(GOOD + data(3, number(5, 0)), "escape_whitespaces"),
    "spm_charsmap": model_file(GOOD + data(3, data(2, b"\xff\xff\xff\xff" * 10)), "a trie of 4294967295 bytes"),
    "spm_many_pieces": model_file(GOOD + b"".join(data(1, data(1, str(i).encode())) for i in range(60000)), READS),
    "spm_many_empty": model_file(b"\x0a\x00" * 400000, "is empty"),
    "spm_bytes_missing": model_file(model([*PIECES, ("<0x41>", 0.0, BYTE)], 2, byte_fallback=True), READS),
    # ---- files beside ----
    "config_id": ({"tokenizer.json": whole(), "tokenizer_config.json": b'{"added_tokens_decoder": {"99999999999": {"content": "x"}}}'}, "want a number of 0"),
    "config_deep": ({"tokenizer.json": whole(), "tokenizer_config.json": b'{"a":' * 100000}, "not valid JSON"),
    "merges_txt_one_line": ({"vocab.json": json.dumps({**VOCAB, "<|endoftext|>": 99}).encode(), "merges.txt": b"a" * 900000}, "want two tokens"),
}


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY, 4 * MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS + 1, SECONDS + 2))


def run(binary, folder, text, sanitized):
    start = time.monotonic()
    process = subprocess.Popen([binary, "tokenize", "--model", folder, "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=None if sanitized else limits)
    out, err = process.communicate(text.encode())
    return process.returncode, out.decode(), err.decode(), time.monotonic() - start


def check(binary, name, scratch, sanitized):
    files, words = LIES[name]
    folder = os.path.join(scratch, name)
    os.makedirs(folder)
    for file, content in files.items():
        with open(os.path.join(folder, file), "wb") as out:
            out.write(content)
    faults = []
    for text in (TEXT, "a" * 3000 + "!"):
        code, out, err, seconds = run(binary, folder, text, sanitized)
        refused = code == 1 and len(err.splitlines()) == 1 and err.startswith("headwater: ")
        if code not in (0, 1) or (code == 1 and not refused):
            faults.append(f"exit {code}, {len(err.splitlines())} lines: {err[:500]}")
        elif code == 0 and not json.loads(out)["ids"]:
            faults.append("no ids")
        elif words and (code == 0 or words not in err.replace(folder, "")):
            faults.append(f"want \"{words}\", exit {code}: {err[:300]}")
        if seconds > SECONDS * (10 if sanitized else 1):
            faults.append(f"{seconds:.1f} s")
    shutil.rmtree(folder)
    return faults


def main():
    binary, names = sys.argv[1], sys.argv[2:] or list(LIES)
    with open(binary, "rb") as file:
        sanitized = b"__asan_init" in file.read()
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            faults = check(binary, name, scratch, sanitized)
            failed += bool(faults)
            if faults:
                print(f"FAIL {name}: {'; '.join(faults)}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    if peak > MEMORY and not sanitized:
        print(f"FAIL the largest run took {peak >> 20} MB, want at most {MEMORY >> 20}")
        failed += 1
    print(f"{len(names) - failed} of {len(names)} lies are found out; at most {peak >> 20} MB")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
