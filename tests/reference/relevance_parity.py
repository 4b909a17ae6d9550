# SPDX-License-Identifier: Apache-2.0
"""`headwater trace --relevance both --certify` against tests/golden/relevance, which tests/reference/make_relevance.py made.
    python3 tests/reference/relevance_parity.py BINARY [NAME...]
Numbers agree to 1e-4 of max(1, |m| + |m'|). Needs no torch."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden")
SLACK = 1e-4


class Comparison:
    def __init__(self, scale):
        self.slack, self.count, self.problems, self.worst = SLACK * scale, 0, [], 0.0

    def numbers(self, name, wanted, found):
        if isinstance(wanted, list):
            if not isinstance(found, list) or len(found) != len(wanted):
                self.problems.append(f"{name}: {found!r:.60} in the place of {len(wanted)} values")
                return
            for i, (a, b) in enumerate(zip(wanted, found)):
                self.numbers(f"{name}[{i}]", a, b)
            return
        self.count += 1
        if found is None or not abs(wanted - found) <= self.slack:
            self.problems.append(f"{name} is {found}, want {wanted}")
        else:
            self.worst = max(self.worst, abs(wanted - found) / self.slack)

    def objects(self, name, wanted, found, keys):
        for key in keys:
            self.numbers(f"{name}.{key}", wanted[key], found[key])


def model_of(golden, folder):
    """The fixture, with room for the prompt: a copy in the folder where it allows fewer positions."""
    path = os.path.join(GOLDEN, "models", golden["model"])
    with open(os.path.join(path, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if config.get("max_position_embeddings", len(golden["tokens"])) >= len(golden["tokens"]):
        return path
    copy = shutil.copytree(path, os.path.join(folder, golden["model"]))
    with open(os.path.join(copy, "config.json"), "w", encoding="utf-8") as file:
        json.dump({**config, "max_position_embeddings": len(golden["tokens"])}, file)
    return copy


def trace(binary, golden, folder):
    ids = [",".join(map(str, golden[key])) for key in ("tokens", "counterfactual")]
    command = [binary, "trace", "--model", model_of(golden, folder), "--tokens", ids[0], "--counterfactual-tokens", ids[1],
               "--answer-token", str(golden["answer"]), "--foil-token", str(golden["foil"]), "--threshold", str(golden["threshold"]),
               "--floor", str(golden["threshold"] / 100), "--relevance", "both", "--certify", "--project", "none", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout)


def compare(golden, found):
    c = Comparison(max(1, abs(golden["m"]) + abs(golden["m_reference"])))
    relevance = found["relevance"]
    c.objects("relevance", golden, relevance, ("m", "m_reference"))
    c.objects("direct", golden["direct"], relevance["direct"], golden["direct"])
    c.objects("answer", golden["answer_relevance"], relevance["answer"], golden["answer_relevance"])
    c.objects("contrast", golden["contrast"], relevance["contrast"], [key for key in golden["contrast"] if key != "parts"])
    parts = {(part["kind"], part["layer"], part.get("head"), part["source"], part["target"]): part["r"] for part in relevance["contrast"]["parts"]}
    for kind, layer, head, source, target, r in golden["contrast"]["parts"]:
        c.numbers(f"part {kind} {layer} {head} {source}->{target}", r, parts.get((kind, layer, head, source, target), 0.0))
    certificates = {(row["unit"], row["baseline"]): row for row in found["certificates"] if row["graph"] == "contrast"}
    for row in golden.get("certificates", []):
        name, its = f"certificate {row['unit']}/{row['baseline']}", certificates[row["unit"], row["baseline"]]
        if (its["n_attention"], its["n_ffn"]) != (row["n_attention"], row["n_ffn"]):
            c.problems.append(f"{name}: {its['n_attention']} + {its['n_ffn']} parts, want {row['n_attention']} + {row['n_ffn']}")
        c.objects(name, row, its, ("m", "none", "kept", "removed", "kept_kl", "removed_kl"))
    return c


def main():
    binary, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
    paths = sorted(glob.glob(os.path.join(GOLDEN, "relevance", "*.json")))
    failed = done = 0
    for path in paths:
        name = os.path.basename(path)[:-len(".json")]
        if names and name not in names:
            continue
        with open(path, encoding="utf-8") as file:
            golden = json.load(file)
        done += 1
        try:
            with tempfile.TemporaryDirectory() as folder:
                c = compare(golden, trace(binary, golden, folder))
        except (RuntimeError, KeyError, TypeError) as problem:
            print(f"FAIL {name}: {problem!r}")
            failed += 1
            continue
        failed += bool(c.problems)
        print(f"{'FAIL' if c.problems else 'ok  '} {name}: {c.count} values, largest difference {c.worst:.2f} of what is allowed")
        for problem in c.problems[:8]:
            print(f"     {problem}")
    print(f"{done - failed} passed, {failed} failed")
    return 0 if done and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
