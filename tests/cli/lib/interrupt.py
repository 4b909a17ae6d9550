# SPDX-License-Identifier: Apache-2.0
# interrupt.py SIGNAL,... WHEN DB COMMAND...: starts the command, sends it the signals, and exits as a shell would.
#   WHEN  "chunks:N"  once DB holds N chunks      "seconds:S"  after S seconds      "exists"  once there is a file DB
# Says on stderr when the command ended before.
import os
import signal
import sqlite3
import subprocess
import sys
import time

names, when, db, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
numbers = [getattr(signal, name) for name in names.split(",")]


def chunks():
    try:
        connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM chunk").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def undisturbed():  # a shell without job control starts commands in the background with SIGINT ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)


child = subprocess.Popen(command, preexec_fn=undisturbed)
kind, _, value = when.partition(":")
deadline = time.monotonic() + (float(value) if kind == "seconds" else 300)
while child.poll() is None and time.monotonic() < deadline and not (kind == "chunks" and chunks() >= int(value)) and not (kind == "exists" and os.path.exists(db)):
    time.sleep(0.01 if kind == "chunks" else 0.002)
if child.poll() is None:
    for number in numbers:
        os.kill(child.pid, number)
        time.sleep(0.001)
elif kind == "chunks":
    print("the command ended before the signal", file=sys.stderr)
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)
