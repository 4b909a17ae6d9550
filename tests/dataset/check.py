#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the data sets of corpus.py with our reader and compares the rows with those that should come out, then with those of pandas
where it is installed and reads the file.

    python3 tests/dataset/check.py build/tests/rows [WORD]
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from corpus import CASES  # noqa: E402

try:
    import pandas
except ImportError:
    pandas = None

BLANKS = " \t\r\n\v\f\u00a0\ufeff"


def read_ours(path, quoting):
    command = [sys.argv[1], path, *([os.path.basename(path).removesuffix(".gz").rsplit(".", 1)[1], quoting] if quoting else [])]
    lines = subprocess.run(command, check=True, capture_output=True).stdout.decode().splitlines()
    return [json.loads(line) for line in lines]


def differs(found, wanted):
    """What is wrong with the lines of our reader, or None."""
    if isinstance(wanted, str):
        error = found[-1].get("error", "")
        return None if wanted in error else f"want an error with {wanted!r}, found {found}"
    if "error" in found[-1]:
        return f"error: {found[-1]['error']}"
    rows = found[1:]
    if len(rows) != len(wanted):
        return f"want {len(wanted)} rows, found {rows}"
    for i, (row, right) in enumerate(zip(rows, wanted)):
        if isinstance(right, str):
            if right[1:] not in row.get("problem", ""):
                return f"row {i}: want a problem with {right[1:]!r}, found {row}"
        elif row.get("row") != right:
            return f"row {i}: want {str(right)[:200]}, found {str(row)[:200]}"
    return None


def read_pandas(path, arguments):
    name = os.path.basename(path).removesuffix(".gz")
    if name.rsplit(".", 1)[1] in ("csv", "tsv"):
        frame = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8", skipinitialspace=False, **arguments)
        unnamed = [c for c in frame.columns if c.startswith("Unnamed: ")]
        frame = frame.drop(columns=[c for c in unnamed if not frame[c].any()])
        frame.columns = ["" if c in unnamed else c.strip(BLANKS) for c in frame.columns]
    else:
        frame = pandas.read_json(path, dtype=False, convert_dates=False, **arguments)
        frame.columns = [c.strip(BLANKS) for c in frame.columns]
    return frame.to_dict("records")


def same_value(ours, theirs):
    if isinstance(theirs, str):
        return (ours or "") == theirs  # an answer that is empty is none
    if isinstance(theirs, (list, dict)):
        return ours is not None and json.loads(ours) == theirs
    if theirs is None or theirs != theirs:
        return ours is None
    if isinstance(theirs, bool):
        return ours == str(theirs).lower()
    return ours is not None and float(ours) == float(theirs)


def same_rows(ours, theirs):
    return len(ours) == len(theirs) and all(set(a) <= set(b) and all(same_value(a.get(k), v) for k, v in b.items()) for a, b in zip(ours, theirs))


def main():
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    failed = compared = 0
    skipped = []
    with tempfile.TemporaryDirectory() as folder:
        for name, content, wanted, how, quoting in CASES:
            if word not in name:
                continue
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(content)
            problem = differs(read_ours(path, quoting), wanted)
            if problem is None and pandas is not None and isinstance(how, dict):
                arguments = dict(how)
                rows = arguments.pop("rows", None) or [row for row in wanted if isinstance(row, dict)]
                try:
                    theirs = read_pandas(path, arguments)
                except Exception as error:  # of pandas' own many kinds
                    theirs = f"{type(error).__name__}: {error}"
                compared += 1
                if isinstance(theirs, str) or not same_rows(rows, theirs):
                    problem = f"pandas reads {str(theirs)[:300]}"
            elif isinstance(how, str):
                skipped.append(f"{name} ({how})")
            if problem:
                failed += 1
                print(f"FAIL {name}: {problem}")
    print(f"{len(CASES)} data sets, {failed} failed; " + ("pandas is not installed" if pandas is None else f"{compared} compared with pandas"))
    if pandas is not None:
        print("not compared:", ", ".join(skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
