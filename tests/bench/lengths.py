#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processor time of a token for prompts of 1 to 1,024 tokens, to see steps, and of a data set of mixed lengths.
  python3 tests/bench/lengths.py BINARY PLOT.svg [--passes 2] [--model MODEL_DIR] [--every 16] [--prompts 12]
Lengths 1 to 64, then each multiple of 16 with its two neighbours. Without --model: two layers of GPT-2 small's shape with random weights and
a vocabulary of 8,192 tokens (needs numpy); layers are alike, so that two of them have every step that twelve have. Each length is measured
by `headwater bench` (medians of 5); of several passes the smallest time counts. Prints what differs most, and writes a plot."""
import argparse
import os
import random
import subprocess
import sys
import tempfile

import runs

AT_ONCE = 60  # lengths of one call
MOST = 0.15
MIXED = (5, 16, 37, 64, 100, 130, 260, 400)


def lengths_of(every):
    return sorted(set(range(1, 65)) | {n + d for n in range(64 + every, 1025, every) for d in (-1, 0, 1) if n + d <= 1024})


def measure(binary, model, lengths, passes):
    """{tokens: [forward, all]} in ms a prompt."""
    found = {n: [float("inf")] * 2 for n in lengths}
    for _ in range(passes):
        for first in range(0, len(lengths), AT_ONCE):
            text = subprocess.run([binary, "bench", "--model", model, "--tokens", ",".join(map(str, lengths[first:first + AT_ONCE]))], check=True,
                                  capture_output=True, text=True).stdout
            for words in (line.split() for line in text.splitlines()):
                if len(words) > 3 and words[0].isdigit() and words[1] in ("forward", "all"):
                    which = words[1] == "all"
                    best = found[int(words[0])]
                    best[which] = min(best[which], float(words[2 if which else 3]))
    return found


def differences(found, which):
    """(difference of ms a token to the neighbour one token shorter, tokens), the largest first."""
    each = {n: row[which] / n for n, row in found.items()}
    return sorted(((abs(each[n] / each[n - 1] - 1), n) for n in each if each.get(n - 1)), reverse=True)


def write_plot(path, found):
    width, height, left, bottom = 720, 300, 50, 40
    top = 1.1 * max(row[1] / n for n, row in found.items() if n >= 8)

    def points(which):
        return " ".join(f"{left + (width - left - 10) * n / 1024:.1f},{max(0, height - bottom - (height - bottom) * row[which] / n / top):.1f}" for n, row in found.items())

    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
             '<!-- SPDX-License-Identifier: Apache-2.0 -->', f'<rect width="{width}" height="{height}" fill="white"/>']
    for n in range(0, 1025, 128):
        x = left + (width - left - 10) * n / 1024
        lines.append(f'<path d="M{x:.1f} 0V{height - bottom}" stroke="#ddd"/><text x="{x:.1f}" y="{height - bottom + 16}" text-anchor="middle">{n}</text>')
    for i in range(5):
        y = (height - bottom) * (1 - i / 4.4)
        lines.append(f'<path d="M{left} {y:.1f}H{width - 10}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{top * i / 4.4:.2f}</text>')
    lines.append(f'<text x="{(left + width) / 2}" y="{height - 6}" text-anchor="middle">tokens of a prompt; ms of processor time a token: all stages (upper), forward pass</text>')
    for which, colour in ((1, "#b33"), (0, "#36c")):
        lines.append(f'<polyline fill="none" stroke="{colour}" points="{points(which)}"/>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n</svg>\n")


def mixed(binary, model, work, prompts, passes):
    """Processor time of a data set of mixed lengths in that of its parts; of several passes the smallest counts."""
    words, data, db, parts = runs.words_of(model), os.path.join(work, "mixed.jsonl"), os.path.join(work, "mixed.db"), 0
    options, whole = ["--threads", "1", "--chunk-tokens", "2048"], []

    def slope(lengths):
        runs.write_prompts(data, words, lengths)
        few = min(runs.Run(binary, model, data, db, options).cpu for _ in range(passes))
        runs.write_prompts(data, words, lengths * 3)
        return (min(runs.Run(binary, model, data, db, options).cpu for _ in range(passes)) - few) / 2

    for length in MIXED:
        n = max(2, prompts * 64 // length)
        whole += [length] * n
        parts += slope([length] * n)
    random.Random(3).shuffle(whole)
    return slope(whole) / parts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("plot")
    parser.add_argument("--model")
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--every", type=int, default=16)
    parser.add_argument("--prompts", type=int, default=12, help="of 64 tokens in the mixed data set; other lengths in proportion; 0: no such run")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    with tempfile.TemporaryDirectory() as work:
        model = options.model
        if not model:
            model = os.path.join(work, "model")
            maker = os.path.join(os.path.dirname(os.path.abspath(__file__)), "make_model.py")
            subprocess.run([sys.executable, maker, model, "--layers", "2", "--vocab", "8192"], check=True)
        found = measure(binary, model, lengths_of(options.every), options.passes)
        write_plot(options.plot, found)
        print(f"{len(found)} lengths from {min(found)} to {max(found)} tokens; one token more changes ms a token by at most")
        for which, name in ((0, "forward pass"), (1, "all stages")):
            rows = differences(found, which)
            beyond = [n for difference, n in rows if difference > MOST]
            print(f"  {name:13} {100 * rows[0][0]:.0f}% (at {rows[0][1]} tokens); lengths with more than 15%: {', '.join(map(str, sorted(beyond))) or 'none'}")
        constant = 2 * found[1][1] - found[2][1]
        print(f"  of a prompt of 1 token, {100 * constant / found[1][1]:.0f}% are work that does not grow with its length, such as projections")
        if options.prompts:
            print(f"a data set of {len(MIXED)} lengths ({', '.join(map(str, MIXED))}), mixed, costs {mixed(binary, model, work, options.prompts, options.passes):.3f} times what its parts cost")


if __name__ == "__main__":
    main()
