#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weights that lie: one clear error line, exit 1, in at most 10 seconds and, without the sanitizers, 1 GB.

    python3 tests/hostile/weights.py build/headwater [WORD] [--write FOLDER]     WORD: only rows whose name has it
--write only leaves the folders behind: seeds of the fuzz targets.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import other_formats
import zip_pickle

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MOST_SECONDS, MOST_BYTES = 10, 1 << 30


def rows():
    yield from ((name, words, {"pytorch_model.bin": data}) for name, words, data in zip_pickle.ROWS)
    yield from other_formats.ROWS


def write(folder, files):
    os.makedirs(folder)
    shutil.copy(os.path.join(ROOT, "tests", "golden", "models", "gpt2-plain", "config.json"), folder)
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def problems(binary, folder, words, always_small=False):
    """What is wrong with the answer. always_small: at most 1 GB with the sanitizers too."""
    begin = time.monotonic()
    process = subprocess.Popen([binary, "trace", "--model", folder, "--tokens", "1,2,3"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
    output = process.stdout.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    lines = [line for line in output.splitlines() if ": no tokenizer: " not in line]
    sanitized = "HEADWATER_SANITIZED" in os.environ
    if process.returncode != 1:
        yield f"exit {process.returncode}"
    if len(lines) != 1 or not lines[0].startswith("headwater: ") or words not in lines[0]:
        yield f"{lines[:3]}, want {words!r}"
    if time.monotonic() - begin > MOST_SECONDS:
        yield f"{time.monotonic() - begin:.1f} s"
    if usage.ru_maxrss * 1024 > MOST_BYTES and (always_small or not sanitized):
        yield f"{usage.ru_maxrss / 1024:.0f} MB"
    if os.path.exists(os.path.join(folder, "hacked")):
        yield "the pickle was run"


def main():
    binary, arguments = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if "--write" in arguments:
        for name, _, files in rows():
            write(os.path.join(arguments[arguments.index("--write") + 1], name), files)
        return 0
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, words, files in rows():
            if arguments and arguments[0] not in name:
                continue
            folder = os.path.join(scratch, "model")  # not its name, which has some of the words
            write(folder, files)
            found = list(problems(binary, folder, words))
            passed += not found
            failed += bool(found)
            for problem in found:
                print(f"FAIL {name}: {problem[:400]}")
            shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
