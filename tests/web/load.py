#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many requests at once: every one is answered with 200, and the server's memory stays flat.

    python3 tests/web/load.py HEADWATER [--requests 10000] [--parallel 24] [--connections 64] [--db FILE]

64 connections stay open; 24 of them have a request at a time. Without --db: 1,000 prompts of the repository. Prints times and memory.
"""
import argparse
import os
import queue
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from served import Server, make_database


HEAP = 8  # MB in which the heaps' free pieces settle, whatever the number of requests


def resident(pid):
    """Memory of a process in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def ends(prompts, choice):
    prompt = choice.choice(prompts)
    return choice.choice(["run", f"graph?prompt={prompt}", f"graph?prompt={prompt}", f"lists?prompt={prompt}",
                          f"neurons?prompt={prompt}&layer=2&position=14", "export/head_importance.csv", "/", "/start.mjs", "/main.mjs", "/rest.mjs"])


def work(server, free, left, seconds, wrong, prompts, seed):
    choice = random.Random(seed)
    while True:
        try:
            left.get_nowait()
        except queue.Empty:
            return
        end = ends(prompts, choice)
        connection = free.get()
        start = time.monotonic()
        reply = server.request(end if end.startswith("/") else "/api/" + end, headers={"Accept-Encoding": "gzip"}, connection=connection)
        seconds.append(time.monotonic() - start)
        if not reply or reply.status != 200:
            wrong.append((end, reply and reply.status, reply and reply.body[:200]))
        free.put(connection)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("headwater")
    parser.add_argument("--requests", type=int, default=10000)
    parser.add_argument("--parallel", type=int, default=24)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--db")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-web.") as folder:
        database = options.db or os.path.join(folder, "ioi.db")
        if not options.db:
            make_database(options.headwater, database, "--floor", "0.01")
        done = subprocess.run([options.headwater, "sql", database, "SELECT DISTINCT prompt_id FROM graph_info", "--format", "csv"], check=True, capture_output=True, text=True)
        prompts = [int(line) for line in done.stdout.split()[1:]]
        with Server(options.headwater, database, "--time-limit", "30") as server:
            connections, free, left, seconds, wrong, memory = [server.connect() for _ in range(options.connections)], queue.Queue(), queue.Queue(), [], [], []
            for connection in connections:
                free.put(connection)
            start = time.monotonic()
            for round_ in range(10):
                for _ in range(options.requests // 10):
                    left.put(None)
                threads = [threading.Thread(target=work, args=(server, free, left, seconds, wrong, prompts, 100 * round_ + i)) for i in range(options.parallel)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                memory.append(resident(server.process.pid))
            took = time.monotonic() - start
            for connection in connections:
                connection.close()
    seconds.sort()
    print(f"{len(seconds)} requests, {options.parallel} at a time over {options.connections} connections: {len(seconds) - len(wrong)} x 200, {took:.1f} s; "
          f"median {1000 * statistics.median(seconds):.0f} ms, 99th percentile {1000 * seconds[int(0.99 * len(seconds))]:.0f} ms")
    print("memory after each tenth, MB: " + " ".join(f"{value:.0f}" for value in memory))
    for problem in wrong[:10]:
        print("FAIL", *problem)
    flat = memory[-1] < 1.1 * memory[1] + HEAP  # the first tenth fills what is kept
    if os.environ.get("HEADWATER_SANITIZED"):
        print("skipped: whether the memory stays, as a sanitizer keeps what was freed")
        flat = True
    if not flat:
        print("FAIL the memory grows")
    sys.exit(0 if flat and not wrong else 1)


if __name__ == "__main__":
    main()
