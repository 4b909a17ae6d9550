# SPDX-License-Identifier: Apache-2.0
# hang_up.py FILE COMMAND...: runs it on a terminal, closes the terminal once there is a FILE, and exits as a shell would when the command has ended.
import os
import pty
import sys
import time

path, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
deadline = time.monotonic() + 300
while not os.path.exists(path) and time.monotonic() < deadline:
    time.sleep(0.002)
os.close(terminal)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(code if code >= 0 else 128 - code)
