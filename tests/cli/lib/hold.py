# SPDX-License-Identifier: Apache-2.0
# hold.py sqlite|reserve|flock SECONDS FILE...: holds databases locked, as SQLite locks them (reserve: others may read) or as a Headwater that writes. Prints a line when
# all are held, then ends its standard output.
import fcntl
import sqlite3
import sys
import time

how, seconds, paths = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
held = []
for path in paths:
    if how != "flock":
        held.append(sqlite3.connect(path, isolation_level=None))
        held[-1].execute("BEGIN EXCLUSIVE" if how == "sqlite" else "BEGIN IMMEDIATE")
    else:
        held.append(open(path, "rb"))
        fcntl.flock(held[-1], fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(seconds)
