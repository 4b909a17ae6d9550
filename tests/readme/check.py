#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the README's console blocks and compares what they print.

    python3 tests/readme/check.py BINARY [--update | --sample]

Commands start with "$ " and go to a shell in a scratch folder where datasets/ and pipelines/ stand as in the repository and
build/headwater is BINARY. Numbers may differ by 0.2 % or in their third decimal (an older README is still right then) and times by
anything; all else must be equal. A line of only "..." stands for any lines. --update rewrites the blocks with what was printed.
--sample, for the sanitizers' build: the data sets are their first rows, and what is asked is that the sanitizers find nothing, that the
last program of a pipe ends with 0, and that those without grep print something that do in the README. No prompt is wrong in a sample:
the comparison of wrong and right prompts ends with its error there.
The C block is examples/trace_prompt.c (tests/install builds and runs it), and files that the README links to exist.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
PROGRESS = re.compile(r"[a-z]+( of [ab])? \d+/\d+  [\d.]+/s|(preparing|searching|ranking)  [\dhms]+$")  # of a slow machine
SAMPLE = 24  # rows of a data set
TIME = re.compile(r"\b(?:\d+m)?\d+s\b|\b\d+ threads\b")


def blocks(text):
    """(start, end) offsets of the inside of every ```console block."""
    return [match.span(1) for match in re.finditer(r"^```console\n(.*?)^```$", text, re.S | re.M)]


def commands(block):
    """[(command, expected output)] of one block; a command goes on while its lines end in a backslash."""
    found = []
    lines = block.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            raise ValueError(f"a block must start with a command: {line!r}")
        command = line[2:]
        while command.endswith("\\") and lines:
            command += "\n" + lines.pop(0)
        expected = []
        while lines and not lines[0].startswith("$ "):
            expected.append(lines.pop(0))
        found.append((command, expected))
    return found


def same_line(wanted, found):
    wanted, found = TIME.sub("TIME", wanted), TIME.sub("TIME", found)
    if [p.split() for p in NUMBER.split(wanted)] != [p.split() for p in NUMBER.split(found)]:
        return False
    pairs = zip(NUMBER.findall(wanted), NUMBER.findall(found))
    return all(abs(float(a) - float(b)) <= max(2e-3 * abs(float(a)), 1e-3) for a, b in pairs)


def same(wanted, found):
    """Lines equal but for small differences of numbers; "..." takes any number of lines."""
    if not wanted:
        return not found
    if wanted[0].strip() == "...":
        return any(same(wanted[1:], found[i:]) for i in range(len(found) + 1))
    return bool(found) and same_line(wanted[0], found[0]) and same(wanted[1:], found[1:])


def shorten(wanted, found):
    """For --update: keeps a "..." that the block had, with as many lines around it as before."""
    if "..." not in [line.strip() for line in wanted]:
        return found
    at = [line.strip() for line in wanted].index("...")
    tail = len(wanted) - at - 1
    return found[:at] + [wanted[at]] + (found[len(found) - tail:] if tail else [])


def sample_datasets(folder):
    """Beside the models, the beginnings of the data sets."""
    datasets = os.path.join(ROOT, "datasets")
    os.mkdir(folder)
    for name in os.listdir(datasets):
        if not name.endswith(".csv"):
            os.symlink(os.path.join(datasets, name), os.path.join(folder, name))
            continue
        with open(os.path.join(datasets, name), encoding="utf-8") as whole, open(os.path.join(folder, name), "w", encoding="utf-8") as part:
            part.writelines(whole.readlines()[:SAMPLE + 1])


def findings(folder):
    """What the sanitizers have written to files there, which are taken away; also where a command throws its stderr away."""
    found = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            found += file.read().splitlines()
        os.remove(os.path.join(folder, name))
    return found


def example_is_shown(text):
    """The C program of the README is the one of examples/."""
    with open(os.path.join(ROOT, "examples", "trace_prompt.c"), encoding="utf-8") as file:
        return re.findall(r"^```c\n(.*?)^```$", text, re.S | re.M) == [file.read()]


def dead_links(text):
    """Links to files that are not there, and to headings that are not there."""
    titles = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)}
    links = [re.sub(r"\s", "", link) for link in re.findall(r"\]\(([^)]*)\)", text)]
    return [link for link in links if not link.startswith("http") and
            (link[1:] not in titles if link.startswith("#") else not os.path.exists(os.path.join(ROOT, link.split("#")[0])))]


def main():
    binary = os.path.abspath(sys.argv[1])
    update, sample = "--update" in sys.argv[2:], "--sample" in sys.argv[2:]
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    passed, failed, pieces, last = 0, 0, [], 0
    with tempfile.TemporaryDirectory() as scratch:
        environment = dict(os.environ)
        reports = os.path.join(scratch, "reports")
        if sample:
            os.mkdir(reports)
            sample_datasets(os.path.join(scratch, "datasets"))
            for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
                environment[name] = f"{environment.get(name, '')}:log_path={reports}/found"
        else:
            os.symlink(os.path.join(ROOT, "datasets"), os.path.join(scratch, "datasets"))
        os.symlink(os.path.join(ROOT, "pipelines"), os.path.join(scratch, "pipelines"))
        os.mkdir(os.path.join(scratch, "build"))
        os.symlink(binary, os.path.join(scratch, "build", "headwater"))
        extension = os.path.join(os.path.dirname(binary), "headwater_sqlite.so")
        os.symlink(extension, os.path.join(scratch, "build", "headwater_sqlite.so"))
        for start, end in blocks(text):
            shown = []
            for command, wanted in commands(text[start:end]):
                run = subprocess.run(["sh", "-c", command], cwd=scratch, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if sample:
                    found = findings(reports)
                    if run.returncode or (wanted and not run.stdout and "grep" not in command):
                        found += [f"exit {run.returncode}, it prints:", *run.stdout.splitlines()]
                    wanted = []
                else:
                    found = [line.rstrip() for line in run.stdout.splitlines() if not PROGRESS.match(line)]
                if same(wanted, found):
                    passed += 1
                else:
                    failed += 1
                    if not update:
                        print(f"FAIL $ {command}\nwanted:\n" + "\n".join(wanted) + "\nfound:\n" + "\n".join(found))
                shown += ["$ " + command] + shorten(wanted, found)
            pieces += [text[last:start], "\n".join(shown) + "\n"]
            last = end
    pieces.append(text[last:])
    if update:
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(pieces))
        print(f"{failed} blocks changed")
        return 0
    if not example_is_shown(text):
        failed += 1
        print("FAIL the C program of the README is not examples/trace_prompt.c")
    for link in dead_links(text):
        failed += 1
        print(f"FAIL the README links to {link}, which is not there")
    print(f"{passed} passed, {failed} failed" + (f"; the first {SAMPLE} rows of each data set, what is printed is not compared" if sample else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
