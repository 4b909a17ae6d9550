# SPDX-License-Identifier: Apache-2.0
"""`headwater trace` against method/values.json of HEADWATER_REAL_DATA: ten prompts of the embedded models with all values of METHOD sections 7
to 13, in float64, by a prototype that was written apart from this project.
    python3 tests/real/method_values.py BINARY VALUES.json
Numbers agree to 1e-4 of max(1, |m| + |m'|)."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLACK = 1e-4


class Comparison:
    def __init__(self, case):
        self.scale, self.worst, self.problems, self.count = max(1, abs(case["m"]) + abs(case["m_counterfactual"])), 0.0, [], 0

    def numbers(self, name, wanted, found):
        if isinstance(wanted, list):
            if len(wanted) != len(found):
                self.problems.append(f"{name}: {len(found)} values, want {len(wanted)}")
            for i, (a, b) in enumerate(zip(wanted, found)):
                self.numbers(f"{name}[{i}]", a, b)
            return
        error = abs(wanted - found) / self.scale
        self.count += 1
        self.worst = max(self.worst, error)
        if not error <= SLACK:
            self.problems.append(f"{name} is {found}, want {wanted}")


def trace(binary, case, threshold):
    ids = [",".join(map(str, case[key])) for key in ("tokens", "counterfactual")]
    command = [binary, "trace", "--model", os.path.join(ROOT, "datasets", "models", "headwater-" + case["model"]), "--tokens", ids[0],
               "--counterfactual-tokens", ids[1], "--answer-token", str(case["answer"]), "--foil-token", str(case["foil"]), "--relevance", "both",
               "--certify", "--knockout", "counterfactual,zero", "--project", "none", "--json", "--threshold", str(threshold), "--floor", "0.0005"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def check_relevance(c, case, found):
    r = found["relevance"]
    c.numbers("m", [case["m"], case["m_counterfactual"]], [r["m"], r["m_reference"]])
    for key, wanted in case["direct"].items():
        c.numbers("direct " + key, wanted, r["direct"][key])
    for key, wanted in case["answer_relevance"].items():
        c.numbers("answer " + key, wanted, r["answer"]["states" if key == "state" else key])
    names = {"state": "states", "head_value": "value", "head_key": "key", "head_query": "query"}
    for key, wanted in case["contrast"].items():
        if not key.startswith("top_"):
            c.numbers("contrast " + key, wanted, r["contrast"][names.get(key, key)])
    parts = {(p["layer"], p["head"], p["source"], p["target"]): p for p in r["contrast"]["parts"] if p["kind"] == "attention"}
    for t in case["contrast"]["top_parts"]:
        part = parts[t["layer"], t["head"], t["source"], t["target"]]
        c.numbers(f"part {t}", [t["part"], t["value"], t["key"]], [part["r"], part["value"], part["key"]])
    neurons = {(n["layer"], n["position"], n["neuron"]): n["r"] for n in r["contrast"]["neurons"]}
    for t in case["contrast"]["top_neurons"]:
        c.numbers(f"neuron {t}", t["relevance"], neurons[t["layer"], t["position"], t["neuron"]])
    for knockout in found["knockouts"]:
        for key in ("heads", "ffn"):
            c.numbers(f"knock-out {knockout['baseline']} {key}", case["knockout"][knockout["baseline"]][key], knockout[key])


def check_graph(c, graph, found):
    for row in (row for row in found["certificates"] if row["graph"] == graph["method"]):
        wanted, name = graph[f"{row['unit']}/{row['baseline']}"], f"{graph['method']} {row['unit']}/{row['baseline']}"
        for key in ("none", "kept", "removed", "kept_kl", "removed_kl"):
            c.numbers(f"{name} {key}", wanted[key], row[key])
        its = (row["n_attention"], row["n_ffn"], row["kept_id"], row["removed_id"])
        if its != (graph["attention_edges"], graph["ffn_edges"], wanted["kept_predicted"], wanted["removed_predicted"]):
            c.problems.append(f"{name}: parts and predictions are {its}, want {graph['attention_edges'], graph['ffn_edges'], wanted}")


def main():
    binary, path = os.path.abspath(sys.argv[1]), sys.argv[2]
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    failed = 0
    for case in cases:
        c = Comparison(case)
        for i, graph in enumerate(case["graphs"]):
            found = trace(binary, case, graph["threshold"])
            if i == 0:
                check_relevance(c, case, found)
            check_graph(c, graph, found)
        failed += bool(c.problems)
        print(f"{'FAIL' if c.problems else 'ok  '} {case['model']} {case['dataset']} {case['row']}: {c.count} values, largest difference {c.worst:.1e}")
        for problem in c.problems[:5]:
            print("     " + problem)
    return 0 if cases and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
