#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the levels of compression cost and save: the columns of databases unpacked and packed again at each level.
  python3 tests/bench/compression.py RUN.db...
Processor time and bytes of a graph's four columns. As the program packs them (13 bits of window, memory level 7, filtered), but each column
in one piece: the program begins a new block where the kind of numbers changes, which saves some bytes more."""
import sqlite3
import sys
import time
import zlib

MOST_GRAPHS = 1000
DOUBLES = {ord("E"): {0: 16, 1: 16, 2: 8, 3: 8}}  # bytes of thresholds by the flags, in edges


def varint(blob, at):
    value = shift = 0
    while True:
        byte = blob[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def payload(blob):
    """The unpacked numbers of a column: behind its kind, version, prompt, target, layers, tokens, flags, thresholds and length."""
    at = 2
    for _ in range(5):
        flags, at = varint(blob, at)
    at += DOUBLES.get(blob[0], {}).get(flags, 0)
    length, at = varint(blob, at)
    raw = zlib.decompress(blob[at:])
    assert len(raw) == length
    return raw


def pack(raw, level):
    packer = zlib.compressobj(level, zlib.DEFLATED, 13, 7, zlib.Z_FILTERED)
    return len(packer.compress(raw)) + len(packer.flush())


for path in sys.argv[1:]:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    graphs = [[payload(blob) for blob in row] for row in
              db.execute("SELECT edges, heads, neurons, projections FROM graph ORDER BY graph_id LIMIT ?", (MOST_GRAPHS,))]
    stored = sum(sum(map(len, row)) for row in db.execute("SELECT edges, heads, neurons, projections FROM graph ORDER BY graph_id LIMIT ?", (MOST_GRAPHS,)))
    n = len(graphs)
    print(f"{path}: {n} graphs, {sum(len(c) for g in graphs for c in g) / n:.0f} bytes each unpacked, {stored / n:.0f} stored")
    best = {level: (float("inf"), 0) for level in range(1, 10)}
    for _ in range(3):
        for level in best:
            start = time.thread_time()
            size = sum(pack(column, level) for graph in graphs for column in graph)
            best[level] = min(best[level], (time.thread_time() - start, size))
    for level, (seconds, size) in best.items():
        print(f"  level {level}: {1e3 * seconds / n:.3f} ms, {size / n:.0f} bytes")
