#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/pronoun.md: makes its database, and looks for each figure in the words of the page.

    python3 tests/readme/pronoun.py BINARY"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODEL = "datasets/models/headwater-gpt2"


def share(row, name, places=3):
    return f"{row[name]:.{places}f} ({row[name + '_lo']:.{places}f} to {row[name + '_hi']:.{places}f})"


def q_value(q):
    digits, power = f"{q:.0e}".split("e")
    return f"{q:.3f}" if q >= 0.001 else f"{digits}e-{-int(power)}"


def said_of_certificates(query):
    [c] = query("certificates", "--certificate", 1, "--cluster", "template")
    [mean] = query("certificates", "--certificate", 2, "--cluster", "template")
    yield f"misses the margin by more than 20% | {100 * c['fails']:.1f}% ({100 * c['fails_lo']:.1f} to {100 * c['fails_hi']:.1f}) |"
    yield f"| {c['n_attention']:.1f} attention, {c['n_ffn']:.1f} FFN |"
    yield f"| F: what the graph alone keeps | {share(c, 'f_kept')} |"
    yield f"| F of all but the graph | {c['f_removed']:.3f} |"
    yield f"| F of random graphs of this size, or as near to it as they come | {c['f_random']:.3f} |"
    yield f"| closer to the margin than a random graph | {round(c['closer'] * c['n']):,} of {c['n']:,} prompts |"
    yield f"| {100 * c['same_kept']:.1f}%, {100 * c['same_removed']:.1f}% |"
    yield f"the graph fails in {100 * mean['fails']:.0f}% of the prompts, and F is {share(mean, 'f_kept', 2)}"


def said_of_heads(query):
    effects = query("head_effects", "--certificate", 1, "--cluster", "template", "--limit", 0)
    for e in effects[:10]:
        yield f"| {e['component']} | {e['effect']:.2f} | {e['share']:.3f} | {e['share_lo']:.3f} to {e['share_hi']:.3f} | {q_value(e['q'])} |"
    yield f"The ten above sum to {sum(e['effect'] for e in effects[:10]) / 20.2:.1f} times"
    yield {16: "Sixteen of the 36 have q < 0.05"}[sum(e["q"] < 0.05 for e in effects)]
    for i in query("interactions", "--certificate", 1):
        if {i["a"], i["b"]} & {"FFN2"} or {i["a"], i["b"]} == {"FFN3", "L0H4"}:
            continue
        yield f"| {i['a']} | {i['b']} | {i['effect']:.1f} | {i['interaction']:+.1f} | {100 * i['not_additive'] + 1e-6:.0f}% |"
    heads = [h["head"] for h in query("top_heads", "--limit", 9)]
    yield f"the first heads are {', '.join(heads[:4])} "
    yield {"L3H0": "is the ninth"}[heads[8]]


def said_of_tokens(query):
    she, he = ({r["name"]: r for r in query("heads_promoting", "--token", token)} for token in ("she", "he"))
    for rows, words in ((she, "in {} graphs with a mean score of {:.1f} and a mean rank of {:.1f}"), (he, "in {} graphs with {:.1f} and {:.1f}")):
        yield words.format(rows["L3H0"]["graphs"], rows["L3H0"]["mean_score"], rows["L3H0"]["mean_rank"])
    yield f"L2H2 pushes \" he\" in {he['L2H2']['graphs']}."
    curve = {r["n_kept"]: r for r in query("faithfulness_curve", "--certificate", 1)}
    yield f"the first 7 of 36 components keep {curve[7]['f']:.2f}, the first 18 keep {curve[18]['f']:.2f}"
    yield f"CPR {curve[7]['cpr']:.2f}, CMD {curve[7]['cmd']:.2f}"


def main():
    binary = os.path.abspath(sys.argv[1])
    with open(os.path.join(ROOT, "docs/pronoun.md"), encoding="utf-8") as file:
        page = re.sub(r"\s+", " ", file.read())
    failed = n = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("datasets", "pipelines"):
            os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))

        def call(*words):
            return subprocess.run([binary, *map(str, words)], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout

        def query(name, *words):
            return json.loads(call("query", "pronoun.db", name, *words, "--format", "json"))

        call("run", "pipelines/pronoun.ini", "--quiet")
        certify = ("certify", "pronoun.db", "--model", MODEL, "--quiet", "--graph", "contrast")
        call(*certify, "--threshold", 0.04, "--knockout", 36, "--pairs", 5, "--curve", "set")
        call(*certify, "--threshold", 0.01, "--unit", "node", "--baseline", "mean")
        for said in (said_of_certificates, said_of_heads, said_of_tokens):
            for words in said(query):
                n += 1
                if words.lower() not in page.lower():
                    failed += 1
                    print(f"FAIL docs/pronoun.md does not say: {words}")
    print(f"{n - failed} passed, {failed} failed")
    return 1 if failed or not n else 0


if __name__ == "__main__":
    sys.exit(main())
