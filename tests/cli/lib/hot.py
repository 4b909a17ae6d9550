# SPDX-License-Identifier: Apache-2.0
# hot.py journal|log DB: leaves what a kill leaves. journal: between the first write into the database and the end of the commit, what has
# to be undone. log: after a commit into a write-ahead log, what has to be read as well; its index is gone, as after a restart.
import os
import signal
import sqlite3
import sys

kind, path = sys.argv[1:]
if os.fork() == 0:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA cache_size = 1")
    if kind == "log":
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE prompt SET text = text || ' and more'")
    if kind == "log":
        db.execute("COMMIT")
    else:
        db.execute("UPDATE graph SET edges = zeroblob(length(edges))")
    os.kill(os.getpid(), signal.SIGKILL)
os.wait()
if kind == "log":
    os.remove(path + "-shm")
