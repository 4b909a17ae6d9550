#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Model folders with the keys of well-known repositories: each is computed as the float64 reference says (the goldens of the fixture
whose weights it has), tokenizes as @huggingface/tokenizers does (ids.json), or is refused by name.

    python3 tests/folders/check.py build/headwater [WORD]     WORD: only folders whose name has it
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "reference")]
import compare  # noqa: E402
import configs  # noqa: E402
import make  # noqa: E402

BINARY, WORD = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""


def call(*arguments, text=None):
    done = subprocess.run([BINARY, *arguments], input=text, capture_output=True, check=False, text=True)
    return done.returncode, done.stdout, done.stderr.strip()


def check_numbers(folder, fixture):
    """What differs from the reference on each of the fixture's goldens."""
    problems, n = [], 0
    for name in sorted(os.listdir(os.path.join(ROOT, "tests", "golden"))):
        if not name.startswith(fixture + "-") or not name.endswith("-seven.json"):
            continue
        n += 1
        golden = compare.load(os.path.join(ROOT, "tests", "golden", name))
        arguments = [folder if word.endswith(fixture) else word for word in compare.arguments(golden)]
        code, out, err = call(*arguments)
        problems += [f"{name}: {err}"] if code else compare.compare(golden, json.loads(out)).failures
    return problems if n else [f"no golden of {fixture}"]


def check_ids(folder, rows):
    lines = "".join(json.dumps(text) + "\n" for text, _ in rows)
    code, out, err = call("tokenize", "--model", folder, "--json-lines", "--json", text=lines)
    if code:
        return [err]
    found = [json.loads(line)["ids"] for line in out.splitlines()]
    return [f"{text!r}: ids {ids}, want {wanted}" for (text, wanted), ids in zip(rows, found, strict=True) if ids != wanted]


def main():
    with open(os.path.join(HERE, "ids.json"), encoding="utf-8") as file:
        ids = json.load(file)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(ROOT)
        make.make(scratch)
        results = []
        for name, fixture, kind, _, _ in configs.folders():
            if WORD in name:
                folder = os.path.join(scratch, name)
                results.append((name, check_numbers(folder, fixture) + check_ids(folder, ids[kind])))
        for name, _, words in configs.refused():
            if WORD in name:
                code, _, err = call("info", os.path.join(scratch, name))
                missing = [word for word in [*words, "config.json"] if word not in err]
                results.append((name, [f"exit {code}: {err}; want {missing}"] if code != 1 or missing else []))
        for name, problems in results:
            passed += not problems
            failed += bool(problems)
            for problem in problems[:5]:
                print(f"FAIL {name}: {problem}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
