#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GPT-2's real vocabulary: known ids, and ids and offsets of generated strings by a path of their own. The bytes that the tokens' names stand
for are the text, one after the other; a token's offsets are the characters that its bytes are of.

    byte_level.py BINARY TOKENIZER_DIR [STRINGS]
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
KNOWN = {"Hello world": [15496, 995], "The quick brown fox jumps over the lazy dog.": [464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290, 13]}


def alphabet():
    """GPT-2's characters to bytes: printable ones stand for themselves, the others follow from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in plain]
    return {**{chr(b): b for b in plain}, **{chr(256 + i): b for i, b in enumerate(others)}}


def main():
    binary, folder = sys.argv[1:3]
    count = sys.argv[3] if len(sys.argv) > 3 else "2000"
    with open(os.path.join(folder, "vocab.json"), encoding="utf-8") as file:
        names = {i: name for name, i in json.load(file).items()}
    made = subprocess.run([sys.executable, os.path.join(HERE, "../tokenizer/make_strings.py"), count, "11"], check=True, capture_output=True, text=True).stdout
    texts = [*KNOWN, *(json.loads(line) for line in made.split("\n") if line)]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    found = subprocess.run([binary, "tokenize", "--model", folder, "--json-lines", "--json"], input=lines, check=True, capture_output=True, text=True).stdout
    results = [json.loads(line) for line in found.split("\n") if line]
    to_byte, failed = alphabet(), 0
    for text, result in zip(texts, results, strict=True):
        owners = [i for i, c in enumerate(text) for _ in c.encode()]
        at, offsets, read = 0, [], b""
        for i in result["ids"]:
            piece = bytes(to_byte[c] for c in names[i])
            read += piece
            at += len(piece)
            offsets.append([owners[at - len(piece)], owners[at - 1] + 1] if at <= len(owners) else None)
        ok = read == text.encode() and offsets == result["offsets"] and KNOWN.get(text, result["ids"]) == result["ids"]
        failed += not ok
        if not ok and failed < 5:
            print(f"FAIL {text!r}: {result}")
    print(f"{'FAIL' if failed else 'ok  '} GPT-2's vocabulary: {len(texts) - failed} of {len(texts)} texts, {sum(len(r['ids']) for r in results)} tokens")
    sys.exit(failed > 0)


main()
