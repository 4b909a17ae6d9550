#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far contrast relevance is the effect of a knock-out: Pearson's correlation over the heads and FFNs of a prompt, mean over prompts.
  python3 tests/real/relevance_knockouts.py BINARY [--limit 200] [--model headwater-gpt2] [--task ioi] [--both-ends]
Relevances are those that `run --relevance contrast` stores; effects are exact: what the answer's margin loses when the model runs with one head's or
FFN's output of the counterfactual at all positions (`trace --knockout counterfactual`). Prints the mean of each task and of all prompts of a model; exits
with 1 when that of a task is below 0.95.

A relevance is the same from both ends, an effect is not: what is lost by one part of the counterfactual in the prompt, and what is gained by one part of
the prompt in the counterfactual. --both-ends prints the correlations with the gains, with the mean of both, and of losses with gains: where the last is low,
parts act together, and no number for each part follows either."""
import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEAST = 0.95


def sql(binary, db, text):
    return json.loads(subprocess.run([binary, "sql", db, text, "--format", "json"], check=True, capture_output=True).stdout)


def effects(binary, model, prompt):
    command = [binary, "trace", "--model", model, "--tokens", prompt["ids"], "--counterfactual-tokens", prompt["other"], "--answer-token", str(prompt["answer_id"]), "--foil-token",
               str(prompt["foil_id"]), "--relevance", "contrast", "--knockout", "counterfactual", "--project", "none", "--threads", "1", "--json"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["knockouts"][0]
    return [x for row in found["heads"] for x in row] + found["ffn"]


def gains(binary, model, prompt):
    """The effects from the other end: prompt and counterfactual exchanged."""
    return [-x for x in effects(binary, model, {**prompt, "ids": prompt["other"], "other": prompt["ids"]})]


def correlations(binary, model, data, limit, work, both_ends):
    """With the losses of each prompt; and with both_ends those with gains, with means, and of losses with gains."""
    db = os.path.join(work, "run.db")
    subprocess.run([binary, "run", "--model", model, "--data", data, "--db", db, "--limit", str(limit), "--counterfactual", "--relevance", "contrast", "--project", "none",
                    "--neuron-projections", "none", "--quiet"], check=True)
    ids = "(SELECT group_concat(token_id) FROM (SELECT token_id FROM hw_tokens({}.tokens) ORDER BY position))"
    prompts = sql(binary, db, f"SELECT p.prompt_id, {ids.format('p')} AS ids, {ids.format('c')} AS other, a.answer_id, a.foil_id FROM relevance r JOIN prompt p USING(prompt_id) "
                              "JOIN prompt c ON c.counterfactual_of = p.prompt_id JOIN answer a ON a.prompt_id = p.prompt_id WHERE r.reason IS NULL ORDER BY 1")
    stored = {}
    for x in sql(binary, db, "SELECT a.prompt_id, r.r FROM relevance a, hw_relevance(a.parts) r WHERE r.kind IN ('head', 'ffn_total') ORDER BY a.graph_id, r.rowid"):
        stored.setdefault(x["prompt_id"], []).append(x["r"])
    os.unlink(db)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        exact = list(pool.map(lambda prompt: effects(binary, model, prompt), prompts))
        other = list(pool.map(lambda prompt: gains(binary, model, prompt), prompts)) if both_ends else []
    of_prompts = [stored[p["prompt_id"]] for p in prompts]
    means = [[(x + y) / 2 for x, y in zip(*ends)] for ends in zip(exact, other)]
    pairs = [(of_prompts, exact)] + ([(of_prompts, other), (of_prompts, means), (exact, other)] if both_ends else [])
    return [[statistics.correlation(x, y) for x, y in zip(*pair)] for pair in pairs]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--model", action="append")
    parser.add_argument("--task", action="append")
    parser.add_argument("--both-ends", action="store_true")
    wanted = parser.parse_args()
    fine = True
    for model in wanted.model or ["headwater-gpt2", "headwater-llama"]:
        of_model = []
        for task in wanted.task or ["ioi", "agreement", "greater_than", "induction", "pronoun"]:
            with tempfile.TemporaryDirectory() as work:
                r, *ends = correlations(wanted.binary, os.path.join(ROOT, "datasets/models", model), os.path.join(ROOT, "datasets", task + ".csv"), wanted.limit, work, wanted.both_ends)
            fine = fine and statistics.mean(r) >= LEAST
            of_model += r
            print(f"{model:16} {task:13} {len(r):4} prompts: mean {statistics.mean(r):.4f}, lowest {min(r):.3f}, {sum(x < LEAST for x in r):3} below {LEAST}", flush=True)
            for name, values in zip(("gains", "means of both", "losses with gains"), ends):
                print(f"{'':16} {name:17}: mean {statistics.mean(values):.4f}, lowest {min(values):.3f}", flush=True)
        print(f"{model:16} {'all':13} {len(of_model):4} prompts: mean {statistics.mean(of_model):.4f}", flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
