# SPDX-License-Identifier: Apache-2.0
"""Write tests/golden/prompts.json: token ids of real prompts of the embedded data sets, for make_goldens.py.

    /usr/bin/python3 tests/reference/make_prompts.py      then make_goldens.py headwater

Ids come from the encoder that trained the embedded models (datasets/generators/bpe.py), LLaMA's with <s> in front.
Run it again, and then make_goldens.py, whenever the tokenizers or the models are made anew.
"""
import csv
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
DATASETS = os.path.join(ROOT, "datasets")
sys.path.insert(0, DATASETS)

from generators import bpe  # noqa: E402  (the path above)

# data set, row, options of the golden
ROWS = [
    ("ioi", 0, {}),
    ("agreement", 0, {"threshold": 0.01, "project": "none"}),
    ("pronoun", 0, {"threshold": 0.06, "floor": 0.02, "project": "all"}),
    ("induction", 0, {"threshold": 0.1, "project": "none"}),
]


def row_prompt(name, row):
    with open(os.path.join(DATASETS, name + ".csv"), encoding="utf-8", newline="") as file:
        for number, record in enumerate(csv.DictReader(file)):
            if number == row:
                return record["prompt"]
    raise ValueError(f"{name}.csv has no row {row}")


def main():
    prompts = {}
    for model, encoder in (("headwater-gpt2", bpe.ByteLevel), ("headwater-llama", bpe.Metaspace)):
        tokenizer = encoder(os.path.join(DATASETS, "models", model, "tokenizer.json"))
        begin = [] if tokenizer.bos is None else [tokenizer.bos]
        prompts[model] = [{"case": name, "tokens": begin + tokenizer.encode(row_prompt(name, row)), **options}
                          for name, row, options in ROWS]
    lines = []
    for model, items in prompts.items():
        inner = ",\n".join("  " + json.dumps(item) for item in items)
        lines.append(f" {json.dumps(model)}: [\n{inner}\n ]")
    with open(os.path.join(ROOT, "tests", "golden", "prompts.json"), "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
