# SPDX-License-Identifier: Apache-2.0
# edit_during.py FILE WHAT DB COMMAND...: starts the command, changes the file once DB holds two chunks, and exits with the command's code.
#   WHAT  "edit"  the last half of the file is written anew, one bit of each byte changed   "hidden"  the same, with the old time
#         "replace"  by rename
import os
import sqlite3
import subprocess
import sys
import time

path, what, db, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]


def chunks():
    try:
        connection = sqlite3.connect(f"file:{db}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM chunk").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


child = subprocess.Popen(command)
while child.poll() is None and chunks() < 2:
    time.sleep(0.01)
if child.poll() is not None:
    print("the command ended before the file was changed")
before = os.stat(path)
with open(path, "rb") as file:
    content = bytearray(file.read())
half = len(content) // 2
content[half:] = bytes(byte ^ 1 for byte in content[half:])
if what == "replace":
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)
else:
    with open(path, "r+b") as file:
        file.seek(half)
        file.write(content[half:])
if what == "hidden":
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
sys.exit(child.wait())
