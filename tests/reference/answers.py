# SPDX-License-Identifier: Apache-2.0
"""Answers of several tokens: the program against the float64 reference.

    /usr/bin/python3 tests/reference/answers.py build/headwater            compares with answers.json; needs no torch
    /usr/bin/python3 tests/reference/answers.py build/headwater --make     writes answers.json; needs torch

Three tokenizers: GPT-2's kind, LLaMA's kind, and one that takes every digit by itself as LLaMA does, so that " 42" and " 43" begin with the
same tokens. Token ids are those of whole texts (headwater tokenize), which the tests of the tokenizer compare with others' programs.
"""
import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDEN = os.path.join(HERE, "answers.json")
MODELS = os.path.join(ROOT, "datasets", "models")
TOLERANCE = 2e-4    # of float32 arithmetic, relative to 1 + the number
CASES = [("Since last week the key", "has", "have"), ("4 + 38 is", "42", "43"), ("in the year", "1732", "1748"), ("The sum is", "17", "1732"),
         ("Mary and John went to the", "store near the river", "store near the mill"), ("The key", "zqx", "was"), ("The key", "was", "was")]


def digits_apart(folder):
    """headwater-llama without the merges that have a digit."""
    source = os.path.join(MODELS, "headwater-llama")
    os.makedirs(folder)
    for name in os.listdir(source):
        if name != "tokenizer.json":
            os.symlink(os.path.join(source, name), os.path.join(folder, name))
    with open(os.path.join(source, "tokenizer.json"), encoding="utf-8") as file:
        tokenizer = json.load(file)
    merges = tokenizer["model"]["merges"]
    tokenizer["model"]["merges"] = [m for m in merges if not any(c.isdigit() for c in (m if isinstance(m, str) else "".join(m)))]
    with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
        json.dump(tokenizer, file)
    return folder


def tokenize(binary, folder, text):
    done = subprocess.run([binary, "tokenize", "--model", folder, "--text", text, "--json"], capture_output=True, check=True)
    return json.loads(done.stdout)["ids"]


def measure(binary, folder):
    """What the program stores, a dictionary for each case."""
    with tempfile.TemporaryDirectory() as scratch:
        data, database = os.path.join(scratch, "cases.csv"), os.path.join(scratch, "cases.db")
        with open(data, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("prompt", "answer", "foil"), *CASES])
        subprocess.run([binary, "run", "--model", folder, "--data", data, "--db", database, "--neuron-projections", "none", "--quiet"], check=True)

        def ask(sql):
            done = subprocess.run([binary, "sql", database, sql, "--format", "json"], capture_output=True, check=True)
            return json.loads(done.stdout)
        rows = ask("SELECT * FROM answer ORDER BY prompt_id")
        for row in rows:
            row["lens_diff"] = []
        for layer in ask("SELECT prompt_id, logit_diff FROM lens ORDER BY prompt_id, layer"):
            rows[layer["prompt_id"]]["lens_diff"].append(layer["logit_diff"])
    return rows


def lens_differences(run, position, answer, foil):
    """After each block."""
    scores = [run.unembed @ run.norm(block.y[position]) + run.head_bias for block in run.blocks]
    return [(s[answer] - s[foil]).item() for s in scores]


def expect(binary, folder):
    """The same from the reference."""
    import torch
    import families
    model, rows = families.load(folder), []

    def score(prompt, answer):
        run = model.run(prompt + answer[:-1])
        at = range(len(prompt) - 1, len(prompt) + len(answer) - 1)
        log_p = torch.log_softmax(run.logits, -1)
        ranks = [1 + int((run.logits[i] > run.logits[i, token]).sum()) for i, token in zip(at, answer)]
        return run, {"id": answer[0], "n_tokens": len(answer), "logit": run.logits[at[0], answer[0]].item(),
                     "probability": log_p[at[0], answer[0]].exp().item(), "rank": ranks[0],
                     "log_probability": sum(log_p[i, token].item() for i, token in zip(at, answer)), "greedy": int(max(ranks) == 1)}
    for number, (prompt, answer, foil) in enumerate(CASES):
        ids = tokenize(binary, folder, prompt)
        answer, foil = (tokenize(binary, folder, f"{prompt} {text}")[len(ids):] for text in (answer, foil))
        run, right = score(ids, answer)
        _, wrong = score(ids, foil)
        shared = 0
        while shared < min(len(answer), len(foil)) and answer[shared] == foil[shared]:
            shared += 1
        if shared == min(len(answer), len(foil)):   # one begins with the other
            differences, whole = [None] * len(run.blocks), None
        else:
            differences, whole = lens_differences(run, len(ids) - 1 + shared, answer[shared], foil[shared]), right["log_probability"] - wrong["log_probability"]
        rows.append({"prompt_id": number, **{f"answer_{key}": value for key, value in right.items()},
                     **{f"foil_{key}": value for key, value in wrong.items()}, "n_shared": shared, "logit_diff": differences[-1],
                     "log_probability_diff": whole, "lens_diff": differences})
    return rows


def differences(name, found, wanted):
    faults = []
    for row, want in zip(found, wanted, strict=True):
        for key, value in want.items():
            got = row[key]
            pairs = zip(got, value, strict=True) if key == "lens_diff" else [(got, value)]
            for a, b in pairs:
                close = a == b if b is None or isinstance(b, int) else isinstance(a, (int, float)) and math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
                if not close:
                    faults.append(f"{name}, {CASES[want['prompt_id']]}: {key} is {a}, want {b}")
    return faults


def main():
    binary, make = os.path.abspath(sys.argv[1]), sys.argv[2:] == ["--make"]
    scratch = tempfile.mkdtemp()
    try:
        folders = {"gpt2": os.path.join(MODELS, "headwater-gpt2"), "llama": os.path.join(MODELS, "headwater-llama"),
                   "digits": digits_apart(os.path.join(scratch, "digits"))}
        if make:
            with open(GOLDEN, "w", encoding="utf-8") as file:
                json.dump({name: expect(binary, folder) for name, folder in folders.items()}, file, indent=1)
                file.write("\n")
            return 0
        with open(GOLDEN, encoding="utf-8") as file:
            golden = json.load(file)
        faults = [fault for name, folder in folders.items() for fault in differences(name, measure(binary, folder), golden[name])]
    finally:
        shutil.rmtree(scratch)
    kinds = [row["n_shared"] for rows in golden.values() for row in rows]
    if not (golden["digits"][1]["n_shared"] == 2 and golden["gpt2"][1]["n_shared"] == 0 and sum(n > 0 for n in kinds) > 8):
        faults.append("the cases do not have what they are for")
    print("\n".join(faults) or f"{len(kinds)} answers of 3 tokenizers agree with the reference")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
