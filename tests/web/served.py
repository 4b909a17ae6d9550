# SPDX-License-Identifier: Apache-2.0
"""A server of the program, and requests as bytes: what the tests of the server share. Standard library alone."""
import collections
import json
import os
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

Reply = collections.namedtuple("Reply", "status headers body")  # headers: [(lower-case name, value)]


def make_database(binary, path, *options, data="ioi.csv"):
    """Runs the embedded model over a data set of the repository."""
    subprocess.run([binary, "run", "--model", os.path.join(ROOT, "datasets", "models", "headwater-gpt2"),
                    "--data", os.path.join(ROOT, "datasets", data), "--db", path, "--quiet", *options], check=True)


class Server:
    """`headwater serve` at a free port; a context manager. Ends it by SIGTERM, which must give exit code 0. address None: the program's own."""

    def __init__(self, binary, database, *options, address="127.0.0.1", end=signal.SIGTERM, environment=None):
        self.process = subprocess.Popen([binary, "serve", database, "--port", "0", *(["--address", address] if address else []), *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        self.line = self.process.stdout.readline().strip()
        if not self.line:
            raise RuntimeError(f"no address: {self.process.stderr.read()}")
        authority, _, token = self.line[len("http://"):].partition("/")
        self.address, self.end = address or authority.rpartition(":")[0], end
        self.port = int(authority.rpartition(":")[2])
        self.host = authority
        self.token = token[len("#token="):]
        self.errors = ""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.code = self.stop()
        if kind is None and self.code != 0:
            raise AssertionError(f"serve ended with {self.code}: {self.errors}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(self.end)
        try:
            _, self.errors = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, self.errors = self.process.communicate()
            raise AssertionError(f"serve does not end: {self.errors}")
        return self.process.returncode

    def connect(self, timeout=60):
        return socket.create_connection((self.address, self.port), timeout=timeout)

    def request(self, path, method="GET", headers=None, body=b"", token=True, host=True, connection=None):
        """One request of usual form, with the token; headers: {name: value} or [(name, value)]. path may be bytes."""
        lines = [b"%s %s HTTP/1.1" % (method.encode(), path if isinstance(path, bytes) else path.encode())]
        given = list(headers.items() if isinstance(headers, dict) else headers or [])
        if host:
            given.insert(0, ("Host", self.host))
        if token and self.token:
            given.append(("Authorization", f"Bearer {self.token}"))
        if body or method == "POST":
            given.append(("Content-Length", str(len(body))))
        if not connection:
            given.append(("Connection", "close"))
        lines += [f"{name}: {value}".encode() for name, value in given]
        own = connection or self.connect()
        try:
            own.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
            return read_reply(own, method == "HEAD")
        finally:
            if not connection:
                own.close()

    def api(self, path, **how):
        return self.request("/api/" + path, **how)


def read_reply(connection, head=False):
    """The next reply of a connection; None where it is closed without one."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    status = int(first.split(" ")[1])
    length = 0 if head or status == 304 else int(dict(headers).get("content-length", 0))
    while len(body) < length:
        more = connection.recv(1 << 20)
        if not more:
            raise AssertionError("the reply is cut short")
        body += more
    return Reply(status, headers, body)


def exchange(server, data, timeout=60):
    """Sends bytes as they are and returns all that comes back until the server closes; the sending side is closed first."""
    with server.connect(timeout) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        parts = []
        try:
            while more := connection.recv(65536):
                parts.append(more)
        except OSError:
            pass
        return b"".join(parts)


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("waited in vain")
        time.sleep(0.02)


def check(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, want {wanted!r}")


def check_status(reply, status, what, kind=None):
    check(reply and reply.status, status, what)
    if kind:
        body = json.loads(reply.body)
        check(body["error"], kind, what)
        assert body["message"], what


def run_tests(binary, namespace, wanted):
    """Runs the functions test_NAME of a module with a server of 60 prompts and their counterfactuals, mined and compared; the module's WORK is
    a folder, DATABASE that database, SCRATCH the server's TMPDIR. Returns the exit code."""
    tests = {name[len("test_"):]: value for name, value in namespace.items() if name.startswith("test_")}
    for name in wanted:
        assert name in tests, f"no test {name}; there are {' '.join(tests)}"
    with tempfile.TemporaryDirectory(prefix="headwater-web.") as work:
        database, scratch = os.path.join(work, "ioi.db"), os.path.join(work, "scratch")
        namespace.update(WORK=work, DATABASE=database, SCRATCH=scratch)
        os.mkdir(scratch)
        make_database(binary, database, "--limit", "60", "--counterfactual", "--relevance", "both", "--floor", "0.01", "--project", "all", "--group-by", "group")
        subprocess.run([binary, "mine", database], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([binary, "compare", database, "--by", "group=ABBA,BABA", "--permutations", "100"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        failed = 0
        with Server(binary, database, environment={"TMPDIR": scratch}) as server:
            for name in wanted or tests:
                start = time.monotonic()
                try:
                    tests[name](server)
                    print(f"ok      {name} ({time.monotonic() - start:.1f} s)", flush=True)
                except (AssertionError, OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as problem:
                    failed += 1
                    print(f"FAIL    {name}: {type(problem).__name__}: {problem}", flush=True)
        check(server.errors, "", "what the server says")
    return 1 if failed else 0
