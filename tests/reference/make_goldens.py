# SPDX-License-Identifier: Apache-2.0
"""Run the reference over the fixture models and the embedded models; write tests/golden/<model>-<case>.json.

    /usr/bin/python3 tests/reference/make_goldens.py [NAME ...]      only models whose name contains one of the words

A golden is the output of trace.py with --raw, shortened (no "text", fewer digits: see shorten), its "settings"
completed by "model" (relative to the repository), "tokens" and "weights_sha256", so that parity.sh can run it.
Token lists are drawn with a seed below the vocabulary's size; tests/golden/prompts.json may add real ones:

    {"headwater-gpt2": [{"case": "ioi", "tokens": [464, 1175], "threshold": 0.04, "targets": "last"}]}
"""
import hashlib
import json
import os
import random
import sys

import families
import family_models
import more_models
import trace as reference

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
GOLDEN = os.path.join("tests", "golden")
EMBEDDED = [os.path.join("datasets", "models", name) for name in ("headwater-gpt2", "headwater-llama")]

SEED = 5

# case, prompt length, options; a prompt of one length is the same in every case of its model
FIXTURE_CASES = [
    ("one", 1, {"project": "all"}),
    ("two", 2, {"targets": "all"}),
    ("seven", 7, {"project": "all"}),
    ("seven-floor", 7, {"threshold": 0.08, "floor": 0.02, "project": "none"}),
    ("long", 23, {}),
    ("long-low", 23, {"threshold": 0.01, "project": "none"}),
    ("long-many", 23, {"threshold": 0.1, "targets": "0,10,14,22", "project": "none"}),
    ("long-high", 23, {"threshold": 0.6, "targets": "5,22", "project": "none"}),       # fallbacks at both kinds of node
]
# of the models of family_models.py and more_models.py; written compactly (compare.load expands the pairs)
FAMILY_CASES = [
    ("one", 1, {"project": "all"}),
    ("seven", 7, {"project": "all"}),
    ("long", 21, {"threshold": 0.02, "targets": "6,20", "project": "none"}),      # past every window
]
SMALL = {"opt-bare"}      # another naming of tensors only: one golden
EMBEDDED_CASES = [
    ("twelve", 12, {}),
    ("fourteen", 14, {"threshold": 0.08, "floor": 0.02}),
    ("sixteen", 16, {"threshold": 0.1, "targets": "3,15", "project": "none"}),
]


def shorten(value, key=None):
    """Drop null texts; shares to 1e-7, other floats to seven significant digits, zeros as 0."""
    if isinstance(value, dict):
        return {name: shorten(item, name) for name, item in value.items() if name != "text"}
    if isinstance(value, list):
        return [shorten(item, key) for item in value]
    if isinstance(value, float):
        value = round(value, 7) if key in SHARES else float(f"{value:.7g}")
        return 0 if value == 0 else value
    return value


SHARES = {"attention", "attention_residual", "ffn", "ffn_residual", "importance", "weight", "flow", "token_flow"}


def pairs(golden):
    """The lists of projections as [id, score] pairs, two thirds of the bytes of a golden."""
    for target in golden["targets"]:
        for projection in target["projections"]:
            for key, value in projection.items():
                if isinstance(value, list):
                    projection[key] = [[item["id"], item["score"]] for item in value]


def draw(name, length, vocab_size):
    """Seeded ids. With the fixtures of make_models.py this seed gives one node where every proximity is zero
    (gpt2-plain, 23 tokens, layer 0, FFN node of position 10), and none so near to it that float32 could not tell.
    """
    generator = random.Random(f"{name} {length} {SEED}")
    return [generator.randrange(vocab_size) for _ in range(length)]


def write(model, folder, name, case, tokens, options, compact=False):
    options = {"which" if key == "project" else key: value for key, value in options.items()}
    options.setdefault("which", "default")
    golden = shorten(reference.trace(model, folder, tokens, raw=True, **options))
    with open(os.path.join(ROOT, folder, "model.safetensors"), "rb") as file:
        weights = hashlib.sha256(file.read()).hexdigest()
    golden["settings"].update(model=folder, tokens=",".join(map(str, tokens)), weights_sha256=weights)
    if compact:
        pairs(golden)
    path = os.path.join(ROOT, GOLDEN, f"{name}-{case}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
    edges = [len(target["edges"]) for target in golden["targets"]]
    print(f"{name}-{case}: {os.path.getsize(path)} bytes, edges {edges}")
    return os.path.getsize(path)


def main():
    words = sys.argv[1:]
    prompts = {}
    prompts_path = os.path.join(ROOT, GOLDEN, "prompts.json")
    if os.path.exists(prompts_path):
        with open(prompts_path, encoding="utf-8") as file:
            prompts = json.load(file)
    fixtures = os.path.join(GOLDEN, "models")
    names = sorted(os.listdir(os.path.join(ROOT, fixtures)))
    cases_of = dict.fromkeys([*family_models.models(), *more_models.models()], FAMILY_CASES)
    folders = [(os.path.join(fixtures, name), cases_of.get(name, FIXTURE_CASES)) for name in names]
    folders += [(folder, EMBEDDED_CASES) for folder in EMBEDDED]
    total = 0
    for folder, cases in folders:
        name = os.path.basename(folder)
        if words and not any(word in name for word in words):
            continue
        if not os.path.exists(os.path.join(ROOT, folder, "model.safetensors")):
            print(f"{name}: no model in {folder}, skipped")
            continue
        model = families.load(os.path.join(ROOT, folder))
        for case, length, options in cases[1:2] if name in SMALL else cases:
            total += write(model, folder, name, case, draw(name, length, model.vocab_size), options,
                           name in cases_of)
        for prompt in prompts.get(name, []):
            options = {key: value for key, value in prompt.items() if key not in ("case", "tokens")}
            total += write(model, folder, name, prompt["case"], prompt["tokens"], options)
    print(f"total {total} bytes")


if __name__ == "__main__":
    main()
