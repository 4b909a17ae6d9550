# SPDX-License-Identifier: Apache-2.0
# on_terminal.py COLUMNS COMMAND...: runs it on a terminal of that width and prints what it wrote there; exits as it does.
import fcntl
import os
import pty
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    os.execv(command[0], command)
try:
    while block := os.read(terminal, 65536):
        os.write(1, block.replace(b"\r\n", b"\n"))
except OSError:  # the other end is closed
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
