#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ids and offsets of every tokenizer kind against Hugging Face's own library.

    witness.py BINARY [--strings N] [--seed N] [--files families|variants|sentencepiece|gguf] [--javascript] [NAME...]

The witness is the npm package `tokenizers` (the Rust library built for Node). With --javascript it is `@huggingface/tokenizers`, a rewrite, and
for each string that differs the component of that package that is the cause is looked for (components.mjs). They are looked for in the
folder node_modules that HEADWATER_NODE_MODULES names, and in tests/tokenizer/node_modules; skipped (77) where one is absent.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def find_packages(names):
    for folder in (os.environ.get("HEADWATER_NODE_MODULES", ""), os.path.join(HERE, "node_modules")):
        packages = [os.path.join(folder, name) for name in names]
        if folder and all(os.path.exists(os.path.join(package, "package.json")) for package in packages):
            return packages
    print(f"skipped: {' or '.join(names)} of npm is not installed (npm ci --prefix tests/tokenizer)")
    sys.exit(77)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--strings", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", choices=["families", "variants", "sentencepiece", "gguf"], default="families")
    parser.add_argument("--javascript", action="store_true")
    parser.add_argument("--keep", help="folder for the tokenizers and what is compared")
    parser.add_argument("names", nargs="*")
    given = parser.parse_intermixed_args()
    packages = find_packages(["@huggingface/tokenizers", "tokenizers"] if given.javascript else ["tokenizers"])
    script = "components.mjs" if given.javascript else "compare.mjs"
    scratch = given.keep or tempfile.mkdtemp()
    os.makedirs(scratch, exist_ok=True)
    maker = f"make_{given.files}.py"
    names = subprocess.run([sys.executable, os.path.join(HERE, maker), scratch, *given.names], check=True, capture_output=True, text=True).stdout.split()
    failed = []
    for name in names:
        folder = os.path.join(scratch, name)
        witness = folder + "-json" if given.files in ("sentencepiece", "gguf") else folder
        with open(os.path.join(witness, "tokenizer.json"), encoding="utf-8") as file:
            special = [t["content"] for t in json.load(file)["added_tokens"]]
        strings, ours = os.path.join(folder, "strings.jsonl"), os.path.join(folder, "ours.jsonl")
        with open(strings, "w") as out:
            subprocess.run([sys.executable, os.path.join(HERE, "make_strings.py"), str(given.strings), str(given.seed), *special], check=True, stdout=out)
        with open(strings) as inp, open(ours, "w") as out:
            subprocess.run([given.binary, "tokenize", "--model", folder, "--json-lines", "--json"], check=True, stdin=inp, stdout=out)
        found = subprocess.run(["node", os.path.join(HERE, script), *packages, witness, strings, ours], capture_output=True, text=True)
        lines = found.stdout.rstrip("\n").split("\n")  # splitlines() would also end a line at U+2028 within a string
        failing = found.returncode != 0
        print(f"{'FAIL' if failing else 'ok  '} {name}: {lines.pop()}", flush=True)
        for line in [*lines, *(found.stderr.rstrip().split("\n") if failing else [])]:
            print(line, flush=True)
        if failing:
            failed.append(name)
    print(f"{len(names) - len(failed)} of {len(names)} agree")
    sys.exit(1 if failed else 0)


main()
