# SPDX-License-Identifier: Apache-2.0
# hold.py HOW SECONDS FILE...: holds databases. Prints a line when all are held, then ends its standard output.
#   HOW  sqlite: locked as SQLite locks them   flock: as a Headwater that writes   reader: in a transaction that reads   idle: open, after one
import fcntl
import sqlite3
import sys
import time

how, seconds, paths = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
held = []
for path in paths:
    if how == "sqlite":
        held.append(sqlite3.connect(path, isolation_level=None))
        held[-1].execute("BEGIN EXCLUSIVE")
    elif how in ("reader", "idle"):
        held.append(sqlite3.connect(path, isolation_level=None))
        held[-1].execute("BEGIN")
        held[-1].execute("SELECT count(*) FROM prompt").fetchall()
        if how == "idle":
            held[-1].execute("COMMIT")
    else:
        held.append(open(path, "rb"))
        fcntl.flock(held[-1], fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(seconds)
