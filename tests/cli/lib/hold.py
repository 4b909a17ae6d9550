# SPDX-License-Identifier: Apache-2.0
# hold.py HOW SECONDS FILE...: holds databases. Prints a line when all are held, then ends its standard output.
#   HOW  sqlite: locked as SQLite locks them   reserve: likewise, but others may read   flock: as a Headwater that writes
#        reader: in a transaction that reads   idle: open, after one
import fcntl
import sqlite3
import sys
import time

how, seconds, paths = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
held = []
for path in paths:
    if how != "flock":
        held.append(sqlite3.connect(path, isolation_level=None))
        held[-1].execute({"sqlite": "BEGIN EXCLUSIVE", "reserve": "BEGIN IMMEDIATE"}.get(how, "BEGIN"))
        if how in ("reader", "idle"):
            held[-1].execute("SELECT count(*) FROM prompt").fetchall()
        if how == "idle":
            held[-1].execute("COMMIT")
    else:
        held.append(open(path, "rb"))
        fcntl.flock(held[-1], fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(seconds)
