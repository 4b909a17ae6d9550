#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Mutated requests: whatever bytes come, the server stays, and answers a good request after them.

    python3 tests/web/mutate.py HEADWATER [COUNT] [SEED] [THREADS]

By hand against the build with AddressSanitizer: python3 tests/web/mutate.py build-asan/headwater 100000
"""
import http.client
import json
import os
import random
import socket
import sys
import tempfile
import threading
import time

from served import ROOT, Server, make_database

PATHS = ["/", "/main.mjs", "/rest.mjs", "/style.css", "/api/run", "/api/graph?prompt=3", "/api/graph?prompt=3&target=14", "/api/lists?prompt=3",
         "/api/neurons?prompt=3&layer=1&position=14", "/api/export/head_importance.csv", "/api/prompts?q=Mary&after=3&group=1&sort=id", "/api/heads?group=0",
         "/api/relevance?prompt=3&mode=contrast", "/api/walk?prompt=3&sort=probability&answers=right", "/api/trace",
         "/api/trace/{trace}/list?kind=head&layer=1&position=3&index=2", "/api/trace/{trace}/relevance?mode=contrast", "/api/trace/{trace}/relevance?mode=answer", "/api/nothing", "/%2e%2e/etc/passwd", "*", "http://127.0.0.1/api/run"]
METHODS = ["GET"] * 8 + ["HEAD", "POST", "POST", "PUT", "OPTIONS", "TRACE", "CONNECT", "X"]
HEADERS = ["Accept-Encoding: gzip", "Accept-Encoding: gzip;q=0, *", "If-None-Match: W/\"0-0\"", "If-None-Match: *", "Origin: http://{host}", "Origin: null",
           "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Content-Type: application/json",
           "Content-Type: text/plain", "Content-Length: 2", "Content-Length: 70000", "Content-Length: 99999999999999999999", "Transfer-Encoding: chunked",
           "Expect: 100-continue", "Connection: close", "Connection: keep-alive", "Range: bytes=0-10", "Cookie: a=b; c", "Upgrade: websocket",
           "Host: {host}", "X: " + "y" * 5000, " folded", "\tfolded", "NoColon", ": empty", "Host: evil"]
BODIES = [b"", b"{}", b'{"text": "When Mary and"}', b"5\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\n", b"-1\r\n", b"x" * 3000]
TRACED = [b'{"text": "When Mary and John", "answer": "Mary", "foil": "John", "counterfactual": "When John and Mary"}', b'{"prompt": 3, "target": 2}', b'{"prompt": 3}',
          b'{"text": "a", "counterfactual": "a b c", "target": 0}']
PIECES = [b"\0", b"\r\n", b"\r", b"\n", b"%00", b"%", b"%zz", b"%ff", b"\xff", b"\xc0\x80", b"&", b"=", b"?", b"#", b"//", b"../", b":", b" ", b"\t", b'"', b"'",
          b"%s%n", b"-", b"9" * 40, b"A" * 300, b"HTTP/1.1", b"HTTP/0.9", b"Host: x\r\n", b"Content-Length: 5\r\n", b"&prompt=1", b"&a=" * 40, "\u2028".encode()]


def traced(choice, server):
    """A request that begins a trace."""
    body = choice.choice(TRACED)
    return (f"POST /api/trace HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: Bearer {server.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def usual(choice, server):
    if choice.random() < 0.05:
        return traced(choice, server)
    lines = [f"{choice.choice(METHODS)} {choice.choice(PATHS).replace('{trace}', server.trace)} HTTP/1.1"]
    if choice.random() < 0.95:
        lines.append(f"Host: {server.host}")
    if choice.random() < 0.9:
        lines.append(f"Authorization: Bearer {server.token}")
    lines += [choice.choice(HEADERS).replace("{host}", server.host) for _ in range(choice.randrange(4))]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (choice.choice(BODIES) if choice.random() < 0.3 else b"")


def mutate(choice, data):
    data = bytearray(data)
    for _ in range(choice.choice((0, 1, 1, 2, 3, 8))):
        at = choice.randrange(len(data) + 1)
        how = choice.randrange(6)
        if how == 0 and data:
            data[at % len(data)] ^= 1 << choice.randrange(8)
        elif how == 1:
            data[at:at] = choice.choice(PIECES)
        elif how == 2:
            del data[at:at + choice.randrange(1, 30)]
        elif how == 3:
            data[at:at] = data[choice.randrange(len(data) + 1):][:choice.randrange(1, 60)]
        elif how == 4:
            del data[at:]
        else:
            data[at:at] = bytes(choice.randrange(256) for _ in range(choice.randrange(1, 20)))
    return bytes(data)


def send(server, data):
    """The status of the first reply; 0: closed without one; None: not read."""
    connection = socket.create_connection((server.address, server.port), timeout=120)
    try:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        first = connection.recv(4096)
        while connection.recv(65536):
            pass
        return int(first[9:12]) if first.startswith(b"HTTP/1.") else 0
    except (ConnectionError, ValueError):
        return None
    finally:
        connection.close()


def worker(server, seed, count, statuses, problems):
    choice = random.Random(seed)
    for i in range(count):
        data = mutate(choice, usual(choice, server))
        try:
            status = send(server, data)
        except OSError as problem:
            problems.append(f"request {i} of seed {seed}: {problem}: {data[:300]!r}")
            return
        statuses[status] = statuses.get(status, 0) + 1
        if status and status >= 500 and status not in (501, 503, 505):
            problems.append(f"request {i} of seed {seed}: status {status}: {data[:300]!r}")
        if i % 1000 == 999 and server.request("/api/run").status != 200:
            problems.append(f"after request {i} of seed {seed}: a good request is refused")


def main():
    binary = os.path.abspath(sys.argv[1])
    count, seed, n_threads = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((2, 100000), (3, 1), (4, 4)))
    with tempfile.TemporaryDirectory(prefix="headwater-web.") as work:
        database = os.path.join(work, "ioi.db")
        make_database(binary, database, "--limit", "20", "--floor", "0.01", "--neuron-projections", "none", "--counterfactual", "--relevance", "both")
        statuses, problems, start = {}, [], time.monotonic()
        with Server(binary, database, "--model", os.path.join(ROOT, "datasets", "models", "headwater-gpt2")) as server:
            connection = http.client.HTTPConnection(server.host)
            connection.request("POST", "/api/trace", TRACED[0], {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"})
            server.trace = json.loads(connection.getresponse().read())["trace"]
            connection.close()
            threads = [threading.Thread(target=worker, args=(server, seed * 1000 + i, count // n_threads, statuses, problems)) for i in range(n_threads)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if server.process.poll() is None:
                assert server.request("/api/run").status == 200
        assert not server.errors, server.errors
    named = ", ".join(f"{n} {'unread' if status is None else 'closed' if status == 0 else status}" for status, n in
                      sorted(statuses.items(), key=lambda pair: -pair[1]))
    print(f"{count} mutated requests in {time.monotonic() - start:.0f} s: {named}")
    for problem in problems[:10]:
        print("FAIL", problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
