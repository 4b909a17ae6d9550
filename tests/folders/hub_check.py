#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Repositories of the hub as huggingface_hub downloads them (hub.py): in its cache, every file a link into blobs. Each is found by its name
on the hub; info describes it and says which weights it took, tokenize gives the ids of @huggingface/tokenizers (ids.json), trace the numbers
of the float64 reference. Files that must not be read hold no weights and no vocabulary: who reads one fails.

A text is traced with the fixture's embeddings repeated until there is one for each token of the tokenizer: token t then does what t modulo
the fixture's vocabulary does in the fixture, and the importances of all parts are the same.

    python3 tests/folders/hub_check.py build/headwater [WORD]     WORD: only repositories whose name has it
    python3 tests/folders/hub_check.py --make OUT                 only writes the cache

pytorch_model.bin is written by python3-torch; without it those repositories are skipped by name.
"""
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "reference")]
import compare  # noqa: E402
import configs  # noqa: E402
import hub  # noqa: E402
import tokenizers  # noqa: E402

try:
    import torch
    import tensorfile
except ImportError:
    torch = None


def safetensors(entries):
    """{name: (dtype, shape, bytes)} as one file."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, shape, piece) in entries.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def entries_of(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header, data = json.loads(data[8:8 + length]), data[8 + length:]
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])]) for name, entry in header.items() if name != "__metadata__"}


OF_VOCABULARY = re.compile(r"(embed_tokens|wte|embed_in|embed_out|word_embeddings|lm_head)\.(weight|bias)$")


def repeated(entry, n):
    """The rows of a table again and again, up to n."""
    dtype, shape, data = entry
    return dtype, [n, *shape[1:]], (data * (n // shape[0] + 1))[: len(data) // shape[0] * n]


def weight_files(fixture, layout, scratch, n_tokens):
    """Name -> bytes. n_tokens: rows of the embeddings, None: as many as the fixture has."""
    entries = entries_of(os.path.join(configs.MODELS, fixture, "model.safetensors"))
    if n_tokens:
        entries = {name: repeated(entry, n_tokens) if OF_VOCABULARY.search(name) else entry for name, entry in entries.items()}
    if layout == hub.ONE:
        return {layout: safetensors(entries)}
    if layout == hub.BIN:
        path = os.path.join(scratch, "whole.safetensors")
        with open(path, "wb") as file:
            file.write(safetensors(entries))
        tensors = {name: value.to(torch.float32) for name, value in tensorfile.read(path).items()}
        if "lm_head.weight" in tensors and "model.decoder.embed_tokens.weight" in tensors:     # OPT's file has no head
            del tensors["lm_head.weight"]
        saved = os.path.join(scratch, "saved.bin")
        torch.save(tensors, saved)
        with open(saved, "rb") as file:
            return {layout: file.read()}
    n = int(layout[-len("00000.safetensors"):][:5])
    names = list(entries)
    of_file = {layout.format(i + 1): names[i * len(names) // n: (i + 1) * len(names) // n] for i in range(n)}
    index = {"metadata": {"total_size": sum(len(entry[2]) for entry in entries.values())},
             "weight_map": {name: file for file, those in of_file.items() for name in those}}
    files = {file: safetensors({name: entries[name] for name in those}) for file, those in of_file.items()}
    return {**files, "model.safetensors.index.json": json.dumps(index, indent=2).encode()}


def put_repository(cache, name, files):
    """As huggingface_hub leaves it: blobs by their hash, a snapshot of links, refs/main. Snapshots of other commits must not be read."""
    base = os.path.join(cache, "models--" + name.replace("/", "--"))
    commit = hashlib.sha1(name.encode()).hexdigest()
    snapshot = os.path.join(base, "snapshots", commit)
    for folder in ("blobs", "refs"):
        os.makedirs(os.path.join(base, folder))
    with open(os.path.join(base, "refs", "main"), "w", encoding="ascii") as file:
        file.write(commit)
    for other in ("0" * 40, "f" * 40):
        os.makedirs(os.path.join(base, "snapshots", other))
        with open(os.path.join(base, "snapshots", other, "config.json"), "wb") as file:
            file.write(NOT_READ)
    for path, content in files.items():
        blob = hashlib.sha256(content).hexdigest()
        with open(os.path.join(base, "blobs", blob), "wb") as file:
            file.write(content)
        link = os.path.join(snapshot, path)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(os.path.relpath(os.path.join(base, "blobs", blob), os.path.dirname(link)), link)
    return snapshot


def as_bytes(value):
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)).encode()


NOT_READ = b"This file must not be read.\n"


def n_tokens_of(kind):
    """One more than the largest id."""
    meaning = tokenizers.KINDS[kind]()[1]
    return 1 + max([*meaning["model"]["vocab"].values(), *(item["id"] for item in meaning["added_tokens"])])


def make(cache, word="", wide=False):
    """Name on the hub -> snapshot. pytorch_model.bin without torch: None. wide: an embedding for each token of the tokenizer."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, (fixture, kind, config, layout, others) in hub.REPOSITORIES.items():
            if word not in name:
                continue
            if layout == hub.BIN and torch is None:
                found[name] = None
                continue
            n_tokens = n_tokens_of(kind) if wide else None
            files = {"config.json": as_bytes({**config, "vocab_size": n_tokens or config["vocab_size"]})}
            files.update({path: as_bytes(value) for path, value in tokenizers.KINDS[kind]()[0].items()})
            files.update(weight_files(fixture, layout, scratch, n_tokens))
            if set(files) & set(others):
                raise ValueError(f"{name}: {sorted(set(files) & set(others))} are read and must not be read")
            files.update(dict.fromkeys(others, NOT_READ))
            found[name] = put_repository(cache, name, files)
    return found


def call(binary, cache, *arguments, text=None):
    done = subprocess.run([binary, *arguments], input=text, capture_output=True, check=False, text=True, cwd=ROOT,
                          env={**os.environ, "HF_HUB_CACHE": cache})
    return done.returncode, done.stdout, done.stderr.strip()


def check(binary, cache, name, snapshot, ids):
    fixture, kind, config, layout, _ = hub.REPOSITORIES[name]
    problems = []
    code_of_its_own = config.get("auto_map", {}).get("AutoModelForCausalLM")
    notice = code_of_its_own and f"auto_map names code of the repository, {code_of_its_own}, which is not run: " \
        "man headwater-model says what is computed"
    for model in (name, snapshot):
        code, out, err = call(binary, cache, "info", model, "--json")
        found = json.loads(out) if code == 0 else {}
        if code or found["family"] != config["model_type"] or found["format"] != hub.FORMATS.get(layout, "safetensors shards") or \
                found["notice"] != notice or found["tokenizer"]["problem"] or found["tokenizer"]["n_tokens"] != n_tokens_of(kind):
            problems.append(f"info {model}: {err or out[-300:]}")
    lines = "".join(json.dumps(text) + "\n" for text, _ in ids[kind])
    code, out, err = call(binary, cache, "tokenize", "--model", name, "--json-lines", "--json", text=lines)
    found = [json.loads(line)["ids"] for line in out.splitlines()] if code == 0 else [err]
    if found != [wanted for _, wanted in ids[kind]]:
        problems.append(f"tokenize: {found[:2]}...")
    golden = compare.load(os.path.join(ROOT, "tests", "golden", f"{fixture}-seven.json"))
    golden["model"]["family"] = config["model_type"]
    arguments = [name if word.endswith(fixture) else word for word in compare.arguments(golden)]
    code, out, err = call(binary, cache, *arguments)
    return problems + ([f"trace: {err}"] if code else compare.compare(golden, json.loads(out)).failures)


def check_text(binary, cache, name, ids):
    """A text traced in the wide repository as its ids are in the fixture."""
    fixture, kind, config, _, _ = hub.REPOSITORIES[name]
    folder = os.path.join(configs.MODELS, fixture)
    text, wanted = max(((text, row) for text, row in ids[kind] if len(row) <= 20), key=lambda pair: len(pair[1]))
    found = []
    for arguments in ([name, "--prompt", text], [folder, "--tokens", ",".join(str(id_ % config["vocab_size"]) for id_ in wanted)]):
        code, out, err = call(binary, cache, "trace", "--json", "--raw", "--model", *arguments)
        if code:
            return [f"trace {arguments}: {err}"]
        found.append(json.loads(out))
    of_text, of_ids = found
    problems = []
    if [item["id"] for item in of_text["tokens"]] != wanted:
        problems.append(f"trace {text!r}: ids {[item['id'] for item in of_text['tokens']]}, want {wanted}")
    if of_text["raw"] != of_ids["raw"]:
        problems.append(f"trace {text!r}: importances differ from those of the fixture")
    return problems


def main():
    if sys.argv[1] == "--make":
        make(sys.argv[2])
        return 0
    binary, word = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    with open(os.path.join(HERE, "ids.json"), encoding="utf-8") as file:
        ids = json.load(file)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as wide:
        make(wide, word, True)
        for name, snapshot in make(cache, word).items():
            if snapshot is None:
                print(f"skip {name}: pytorch_model.bin is written by python3-torch, which is not here")
                continue
            problems = check(binary, cache, name, snapshot, ids) + check_text(binary, wide, name, ids)
            passed += not problems
            failed += bool(problems)
            for problem in problems[:3]:
                print(f"FAIL {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
