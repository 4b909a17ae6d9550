#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The server of the page, over sockets: who may ask, what is refused, what is served.

    python3 tests/web/server.py HEADWATER [TEST]...     TEST: only the functions test_TEST
"""
import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from served import ROOT, Server, check, check_status, exchange, make_database, read_reply, run_tests, wait_for

BINARY = os.path.abspath(sys.argv[1])
SANITIZED = b"__asan_init" in open(BINARY, "rb").read()
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
                               "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}
RUN, GRAPH = "/api/run", "/api/graph?prompt=3"


# ---- who may ask ----

def test_token(server):
    check(len(server.token), 32, "digits of the token")
    check(set(server.token) <= set("0123456789abcdef"), True, "digits of the token")
    check_status(server.request(RUN, token=False), 401, "no token", "token")
    wrong = [server.token[:-1], server.token + "0", "0" * 32, server.token[:-1] + ("0" if server.token[-1] != "0" else "1"), ""]
    for value in [f"Bearer {token}" for token in wrong] + [server.token, f"Basic {server.token}", "Bearer"]:
        check_status(server.request(RUN, token=False, headers={"Authorization": value}), 401, value, "token")
    check_status(server.request(RUN, token=False, headers={"Authorization": f"bearer {server.token}"}), 200, "the scheme in other letters")
    both = [("Authorization", f"Bearer {server.token}"), ("Authorization", "Bearer 1")]
    check_status(server.request(RUN, token=False, headers=both), 403, "two tokens", "forbidden")
    check_status(server.api("nothing", token=False), 401, "what there is, is not told without the token")
    check_status(server.request("/", token=False), 200, "the page itself")
    with Server(BINARY, DATABASE) as other:
        assert other.token != server.token, "each server has a token of its own"
    with Server(BINARY, DATABASE, "--no-token") as open_server:
        check(open_server.token, "", "no token is printed")
        check_status(open_server.request(RUN), 200, "--no-token")


def test_host(server):
    port = server.port
    for host in ("127.0.0.1", f"127.0.0.1:{port}", "localhost", "localhost:1", "LOCALHOST:8620", "[::1]", "[::1]:99"):
        check_status(server.request(RUN, host=False, headers={"Host": host}), 200, host)
    for host in ("", "evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1:80:80", "127.0.0.1:",
                 "127.0.0.1:x", "[::1", "[::1]x", "::1", "[::2]", "127.0.0.2", "0.0.0.0", "user@localhost", "localhost/", "localhost "
                 "127.0.0.1"):
        for path in (RUN, "/", "/main.mjs"):
            check_status(server.request(path, host=False, headers={"Host": host}), 403, f"Host: {host}", "forbidden")
    two = [("Host", "127.0.0.1"), ("Host", "127.0.0.1")]
    check_status(server.request(RUN, host=False, headers=two), 403, "two Hosts", "forbidden")
    for version in (b"1.0", b"1.1"):
        data = exchange(server, b"GET / HTTP/" + version + b"\r\n\r\n")
        assert data.split(b" ")[1] in (b"400", b"403"), f"no Host: {data[:80]}"
    with Server(BINARY, DATABASE, "--allow-host", "lab.example", "--allow-host", "box") as other:
        for host in ("lab.example", "LAB.example:1", "box:8620", "127.0.0.1"):
            check_status(other.request(RUN, host=False, headers={"Host": host}), 200, host)
        check_status(other.request(RUN, host=False, headers={"Host": "a.lab.example"}), 403, "a part of an allowed name")
    names = [f"box{i}" for i in range(17)]
    with Server(BINARY, DATABASE, *(word for name in names[:16] for word in ("--allow-host", name))) as other:
        for host in (names[0], names[15], "127.0.0.1"):
            check_status(other.request(RUN, host=False, headers={"Host": host}), 200, host)
        check_status(other.request(RUN, host=False, headers={"Host": names[16]}), 403, "a name that is not allowed")
    many = subprocess.run([BINARY, "serve", DATABASE, *(word for name in names for word in ("--allow-host", name))], capture_output=True, text=True)
    check((many.returncode, many.stderr), (2, "headwater serve: command line: allow-host is given more than 16 times (see headwater serve --help)\n"), "17 names")


def test_origin(server):
    origin = f"http://{server.host}"
    check_status(server.request(RUN, headers={"Origin": origin}), 200, "own origin")
    for other in ("null", "http://evil.example", f"https://{server.host}", f"{origin}/", f"http://127.0.0.1:{server.port + 1}", "http://127.0.0.1",
                  f"http://localhost:{server.port}", ""):
        check_status(server.request(RUN, headers={"Origin": other}), 403, f"Origin: {other}", "forbidden")
    check_status(server.request(RUN, headers=[("Origin", origin), ("Origin", origin)]), 403, "two origins", "forbidden")
    for site in ("same-origin", "none"):
        check_status(server.request(RUN, headers={"Sec-Fetch-Site": site}), 200, site)
    for site in ("same-site", "cross-site"):
        for mode in ("cors", "no-cors", "websocket", None):
            headers = {"Sec-Fetch-Site": site, **({"Sec-Fetch-Mode": mode} if mode else {})}
            check_status(server.request(RUN, headers=headers), 403, f"{site} {mode}", "forbidden")
            check_status(server.request("/main.mjs", headers=headers), 403, f"{site} {mode}", "forbidden")
        check_status(server.request("/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}), 200, f"a link from {site}")
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Content-Type": "application/json"}
        check_status(server.request(RUN, method="POST", headers=headers, body=b"{}"), 403, f"a form from {site}", "forbidden")


def test_headers(server):
    paths = ["/", "/main.mjs", RUN, GRAPH, "/api/export/head_importance.csv", "/nothing", "/api/nothing"]
    replies = [(path, server.request(path)) for path in paths]
    replies += [("no token", server.request(RUN, token=False)), ("no host", server.request(RUN, host=False, headers={"Host": "x"})),
                ("method", server.request(RUN, method="DELETE")), ("304", server.request("/", headers={"If-None-Match": "*, " + etag_of(server, "/")}))]
    for what, reply in replies:
        found = dict(reply.headers)
        for name, value in HEADERS.items():
            check(found.get(name), value, f"{what}: {name}")
        for name, _ in reply.headers:
            assert not name.startswith("access-control-"), f"{what}: {name}"
            assert name not in ("server", "set-cookie"), f"{what}: {name}"
    check(replies[-1][1].status, 304, "If-None-Match")


def etag_of(server, path):
    return dict(server.request(path).headers)["etag"]


# ---- what is refused ----

def test_methods(server):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "X" * 100):
        for path in ("/", "/main.mjs"):
            reply = server.request(path, method=method)
            check_status(reply, 405, f"{method} {path}", "method")
            check(dict(reply.headers)["allow"], "GET, HEAD", f"{method} {path}")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        check_status(server.request(RUN, method=method), 405, f"{method} {RUN}", "method")
    reply = server.request(RUN, method="POST", headers={"Content-Type": "application/json"}, body=b"{}")
    check_status(reply, 405, "POST to what is read", "method")
    check(dict(reply.headers)["allow"], "GET, HEAD", "POST to what is read")


def test_content_type(server):
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json-seq", "text/json", ""):
        reply = server.api("trace", method="POST", headers={"Content-Type": kind} if kind is not None else {}, body=b"{}")
        check_status(reply, 415, f"Content-Type: {kind}", "type")
    for kind in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        reply = server.api("trace", method="POST", headers={"Content-Type": kind}, body=b"{}")
        assert reply.status not in (405, 415), f"Content-Type: {kind}: {reply}"
    check_status(server.api("trace"), 405, "GET trace", "method")


def test_head(server):
    for path in ("/", RUN, GRAPH, "/api/export/head_importance.csv", "/api/nothing"):
        get, head = server.request(path), server.request(path, method="HEAD")
        check(head.status, get.status, path)
        check(head.body, b"", path)
        for name in ("content-length", "content-type", "etag"):
            check(dict(head.headers).get(name), dict(get.headers).get(name), f"{path}: {name}")


def test_size(server):
    head = f"POST {RUN} HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: Bearer {server.token}\r\nContent-Type: application/json\r\n".encode()
    for length in (65537, 1 << 30, 1 << 62, -1):
        with server.connect() as connection:  # the body is never sent: the reply does not wait for it
            connection.sendall(head + f"Content-Length: {length}\r\n\r\n".encode())
            check_status(read_reply(connection), 413 if length > 0 else 400, f"Content-Length: {length}", "too_large" if length > 0 else None)
    data = exchange(server, head + b"Content-Length: 1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100)
    assert data.split(b" ")[1] in (b"400", b"403"), f"two lengths: {data[:80]}"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = head.replace(RUN.encode(), b"/api/trace") + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + b"0\r\n\r\n"
    data = exchange(server, chunked)
    assert data == b"" or data.split(b" ")[1] in (b"404", b"413"), f"chunks that are too long: {data[:80]}"
    check_status(server.request("/" + "x" * 40000), 414, "a long address")
    check_status(server.request(RUN, headers={"X-Long": "x" * 40000}), 431, "long headers")
    check_status(server.request(RUN, headers={"X-Long": "x" * 20000}), 200, "headers that fit")
    check_status(server.request(RUN), 200, "and then")


def test_paths(server):
    secret = b"root:"
    for path in ("/../../etc/passwd", "/..%2f..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/./main.mjs", "/web/main.mjs",
                 "/main.mjs/", "/main.mjs%00.html", "/MAIN.MJS", "/.git/config", "/index.html/..", "/\\..\\etc", "/%5c..%5cetc", "/api", "/api/",
                 "/api//run", "/api/run/", "/api/RUN", "/api/../main.mjs", "/api/export/", "/api/export/..%2f..%2fetc%2fpasswd.csv",
                 "/api/export/head_importance", "/api/export/run.csv", "/api/export/head_importance.csv/x", "/api/export/" + "x" * 200 + ".csv"):
        reply = server.request(path)
        assert reply.status in (400, 404), f"{path}: {reply.status}"
        assert secret not in reply.body, path
    check_status(server.api("sql?q=SELECT+1"), 404, "the page sends no SQL: there is no end point for it", "not_found")
    check_status(server.request("/api/run%00x"), 400, "a NUL in the path", "request")
    check_status(server.request("/?x=1#y"), 200, "a query behind the page")


def test_parameters(server):
    for query, status in (("", 400), ("?prompt=", 400), ("?prompt=x", 400), ("?prompt=-1", 400), ("?prompt=1e2", 400), ("?prompt=1.0", 400), ("?prompt=0x1", 400),
                          ("?prompt=99999999999999999999", 400), ("?prompt=4398046511104", 400), ("?prompt=1&prompt=2", 400), ("?prompt=1&x=2", 400),
                          ("?prompt=3%00", 400), ("?prompt=3&%00=1", 400), ("?Prompt=3", 400), ("?prompt=3;DROP TABLE run".replace(" ", "%20"), 400),
                          ("?prompt=3%27%20OR%201=1--", 400), ("?prompt=3&target=-1", 400), ("?prompt=3&target=1048576", 400), ("?prompt", 400),
                          ("?prompt=3&target=999", 404), ("?prompt=4398046511103", 404), ("?prompt=3", 200), ("?prompt=%33", 200),
                          ("?" + "&".join(f"a{i}=1" for i in range(100)), 400)):
        reply = server.api("graph" + query)
        check_status(reply, status, f"graph{query}", None if status == 200 else "not_found" if status == 404 else None)
        if status == 400:
            assert "want" in reply.body.decode() or "has no parameter" in reply.body.decode() or json.loads(reply.body)["error"] == "request", reply.body
    check_status(server.api("run?prompt=1"), 400, "a parameter that run has not", "parameter")
    check(json.loads(server.api("graph?prompt=12345").body)["message"], "no prompt 12345; the run has 0 to 119", "a prompt that is not there")
    assert sqlite3.connect(DATABASE).execute("SELECT count(*) FROM run").fetchone()[0] == 1


def test_raw(server):
    """What no client sends: each is answered with an error, or the connection is closed; the server stays."""
    good = f"Host: {server.host}\r\nAuthorization: Bearer {server.token}\r\n".encode()
    for data in (b"", b"\r\n", b"\0", b"\xff" * 1000, b"GET", b"GET /\r\n", b"GET / HTTP/9.9\r\n" + good + b"\r\n", b"GET  HTTP/1.1\r\n" + good + b"\r\n",
                 b"GET / HTTP/1.1\n" + good + b"\n", b"GET /%zz HTTP/1.1\r\n" + good + b"\r\n", b"GET /% HTTP/1.1\r\n" + good + b"\r\n",
                 b"GET /api/run HTTP/1.1\r\n" + good + b"X\0Y: 1\r\n\r\n", b"GET /api/run HTTP/1.1\r\n" + good + b"X: 1\0 2\r\n\r\n",
                 b"GET /api/run HTTP/1.1\r\n" + good + b": x\r\n\r\n", b"GET /api/run HTTP/1.1\r\n" + good + b"no colon\r\n\r\n",
                 b"POST /api/run HTTP/1.1\r\n" + good + b"Content-Length: x\r\n\r\n", b"POST /api/run HTTP/1.1\r\n" + good + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                 b"GET http://evil.example/api/run HTTP/1.1\r\n" + good + b"\r\n", b"CONNECT evil.example:80 HTTP/1.1\r\n" + good + b"\r\n",
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
        reply = exchange(server, data)
        assert not reply.startswith(b"HTTP/1.1 5") or b"505" in reply[:20], f"{data[:60]}: {reply[:60]}"
    for target, status in ((f"http://{server.host}/api/run", 200), ("HTTP://localhost/api/run?", 200), ("http://localhost", 200), ("http://evil.example/api/run", 403),
                           ("http:///api/run", 403), (f"http://{'x' * 300}/api/run", 400)):  # the form that proxies get
        check(exchange(server, f"GET {target} HTTP/1.1\r\n".encode() + good + b"Connection: close\r\n\r\n").split()[1], str(status).encode(), target)
    check_status(server.request(RUN), 200, "and then")


# ---- connections ----

def is_served(server):
    try:
        return server.request("/") is not None
    except OSError:
        return False


def test_connections(server):
    """64 at once are served; for one more, the connection that has waited longest for a request is closed."""
    del server
    with Server(BINARY, DATABASE) as own:
        held = [own.connect() for _ in range(64)]
        for connection in held:
            check_status(own.request(RUN, connection=connection), 200, "one of 64")
            if connection is held[0]:
                time.sleep(0.5)  # a reply is here before the server's thread waits again
        check_status(own.request(RUN), 200, "a 65th connection")
        check(held[0].recv(1), b"", "the one that has waited longest")
        for connection in held[1:]:
            check_status(own.request(RUN, connection=connection), 200, "one of the others")
        for connection in held:
            connection.close()


def test_slow_heads(server):
    """Connections whose request never ends, and that need no token for it, keep nobody out."""
    slow = [server.connect() for _ in range(80)]
    for turn in range(3):
        for connection in slow:
            try:
                connection.sendall(b"X: y\r\n" if turn else b"GET /api/run HTTP/1.1\r\n")
            except OSError:  # closed for a later one
                pass
        own = server.connect(timeout=10)
        for _ in range(2):
            check_status(server.request(RUN, connection=own), 200, f"the owner, turn {turn}")
        own.close()
    for connection in slow:
        connection.close()


def test_keep_alive(server):
    with server.connect() as connection:
        for path, status in ((RUN, 200), ("/nothing", 404), (GRAPH, 200), ("/", 200)):
            check_status(server.request(path, connection=connection), status, path)


def test_idle(server):
    """A connection that says nothing is closed after 30 s."""
    if SANITIZED:
        return
    start = time.monotonic()
    with server.connect(90) as connection:
        connection.sendall(b"GET / HT")
        check(connection.recv(1), b"", "an idle connection")
    took = time.monotonic() - start
    assert 25 < took < 60, f"closed after {took:.0f} s"


# ---- start and stop ----

def fails(*arguments):
    done = subprocess.run([BINARY, "serve", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2) and not done.stdout, f"{arguments}: {done}"
    return done.stderr


def test_start(server):
    message = fails(DATABASE, "--port", str(server.port))
    check(f"port {server.port} of 127.0.0.1 is in use: another --port, or --port 0 for a free one" in message, True, message)
    assert "--no-token is only for a loopback address" in fails(DATABASE, "--no-token", "--address", "0.0.0.0", "--port", "0")
    assert "--no-token is only for a loopback address" in fails(DATABASE, "--no-token", "--address", "::", "--port", "0")
    assert "want an address like 127.0.0.1" in fails(DATABASE, "--address", "localhost", "--port", "0")
    assert "No such file" in fails(DATABASE + ".none", "--port", "0")
    assert "not a database" in fails(__file__, "--port", "0")
    assert "want a whole number" in fails(DATABASE, "--port", "65536")
    with Server(BINARY, DATABASE, address=None) as own:
        check(own.host, f"127.0.0.1:{own.port}", "the address where none is asked for")
        check_status(own.request(RUN), 200, "that address")
        own.address = "127.0.0.2"  # of this machine too
        check(is_served(own), False, "another address of this machine is served")
    with Server(BINARY, DATABASE, address="0.0.0.0") as wide:
        check_status(wide.request(RUN), 200, "an address that others reach, with the token")
        check_status(wide.request(RUN, token=False), 401, "and without")
    try:
        with Server(BINARY, DATABASE, address="::1") as six:
            check(six.host, f"[::1]:{six.port}", "the address of IPv6")
            check_status(six.request(RUN), 200, "IPv6")
    except RuntimeError as problem:
        assert "cannot listen" in str(problem) or "no socket" in str(problem), problem


def test_stop(server):
    del server
    for end in (signal.SIGINT, signal.SIGTERM):
        with Server(BINARY, DATABASE, end=end) as other:
            idle, half = other.connect(), other.connect()
            half.sendall(b"GET /api/run HTTP/1.1\r\nHo")
            check_status(other.request(RUN), 200, "before the end")
        check(other.code, 0, f"exit code after {end}")
        check(other.errors, "", f"what it says after {end}")
        idle.close()
        half.close()


def test_open(server):
    """--open hands a file to the desktop that only this user can read, not the address with its token."""
    del server
    folder, given = os.path.join(WORK, "desktop"), os.path.join(WORK, "given")
    os.mkdir(folder)
    with open(os.path.join(folder, "xdg-open"), "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{given}.new"; ls -l "$1" | cut -c 1-10 >>"{given}.new"; cat "$1" >>"{given}.new"; mv "{given}.new" "{given}"\n')
    os.chmod(os.path.join(folder, "xdg-open"), 0o755)
    with Server(BINARY, DATABASE, "--open", environment={"PATH": folder + ":" + os.environ["PATH"], "TMPDIR": folder}) as other:
        wait_for(lambda: os.path.exists(given))
        with open(given, encoding="utf-8") as file:
            door, mode, text = file.read().split("\n", 2)
        check((os.path.dirname(door), mode), (folder, "-rw-------"), "the file")
        assert f'content="0; url={other.line}"' in text, text
        assert other.token not in door
    check(os.path.exists(door), False, "the file stays behind")


# ---- what is served ----

def words_of(text):
    """The text without comments, white space and the punctuation that minify.h takes out: what a browser reads of it."""
    text = re.sub(r"(?<![\w$.])0(?=\.\d)", "", re.sub(r"(?:(?<=\n)|(?<= )|^)/\*.*?\*/", "", text, flags=re.S))
    words = "".join(text.split())
    words = re.sub(r",(?=[\])}])", "", words.replace(";}", "}").replace(";const", ",").replace(";let", ","))
    return re.sub(r"(?<![\w$])\(([\w$]+)\)=>", r"\1=>", words)


def properties_of(script):
    """What stands behind a point: short names of variables leave it as it is (tests/web/minified.mjs compares all)."""
    return re.findall(r"(?<!\.)\.([A-Za-z_$][\w$]*)", script)


def needed_by(name, read):
    found = {name}
    for imported in re.findall(r'^import .* from "\./(.*)";$', read(name), re.M):
        found |= needed_by(imported, read)
    return found


IMPORTED = re.compile(r'import\{[\w$,]+\}from"\./(\w+\.mjs)";')
SCRIPTS = ["start.mjs", "main.mjs", "rest.mjs"]


def test_files(server):
    folder = os.path.join(ROOT, "web")
    with open(os.path.join(ROOT, "src", "web", "CMakeLists.txt"), encoding="utf-8") as file:
        listed = re.findall(r"^  (\w+\.\w+)$", file.read(), re.M)
    check(sorted(listed), sorted(os.listdir(folder)), "the list of web/")

    def read(name):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    whole = {name: re.sub("^<!-- .*\n", "", read(name), flags=re.M) for name in ("index.html", "icon.svg")}
    styles = "".join(words_of(read(name)) for name in listed if name.endswith(".css"))
    scripts, owned = {}, set()
    for entry in SCRIPTS:  # a module is in the first script that needs it
        needed = needed_by(entry, read) - owned
        owned |= needed
        scripts[entry] = "".join(words_of(re.sub(r"^export ", "", re.sub(r"^import .*\n", "", read(name), flags=re.M), flags=re.M)) for name in listed if name in needed)
    check(owned, {name for name in listed if name.endswith(".mjs") and name != "saved.mjs"}, "modules that are served")
    types = {"index.html": "text/html; charset=utf-8", "style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
    types.update((name, "text/javascript; charset=utf-8") for name in SCRIPTS)
    for name, content_type in types.items():
        path = "/" if name == "index.html" else f"/{name}"
        plain = server.request(path, token=False)
        check_status(plain, 200, path)
        text, imported = plain.body.decode("utf-8"), []
        if name in scripts:  # imports of other scripts
            imported = IMPORTED.findall(text)
            text = re.sub(r"^export\{.*\}$", "", IMPORTED.sub("", text), flags=re.M).strip() + "\n"
        if name in whole:
            check(text, whole[name], path)
        else:
            found, wanted = (words_of(text), styles) if name == "style.css" else (properties_of(words_of(text)), properties_of(scripts[name]))
            place = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
            check((len(found), found[place:place + 60]), (len(wanted), wanted[place:place + 60]), f"{path} at {place}")
            check(bool(re.search(r"^ |/\* |^import |^export |\n\n|\) {", text, re.M)), False, f"{path}: comments, white space, imports")
            check(imported, {"main.mjs": ["start.mjs"], "rest.mjs": ["start.mjs", "main.mjs"]}.get(name, []), f"{path}: scripts that it imports")
        check(dict(plain.headers)["content-type"], content_type, path)
        packed = server.request(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        check(dict(packed.headers).get("content-encoding"), "gzip", path)
        check(gzip.decompress(packed.body), plain.body, path)
        for encoding in ("br", "identity", "gzip;q=0", "gzip; q=0.0", "xgzip"):
            check("content-encoding" in dict(server.request(path, headers={"Accept-Encoding": encoding}).headers), False, f"{path}: {encoding}")
        etag = dict(plain.headers)["etag"]
        check(dict(packed.headers)["etag"], etag, path)
        for value in (etag, f'"x", {etag}', etag.replace("W/", "")):
            again = server.request(path, headers={"If-None-Match": value})
            check((again.status, again.body, dict(again.headers)["etag"]), (304, b"", etag), f"{path}: If-None-Match: {value}")
        check(server.request(path, headers={"If-None-Match": 'W/"0"'}).status, 200, path)
    check(server.request("/index.html").body, server.request("/").body, "/index.html")
    sizes = [sum(len(server.request(f"/{name}", headers=headers).body) for name in types) for headers in ({}, {"Accept-Encoding": "gzip"})]
    assert sizes[0] < 200000 and sizes[1] < 60000, f"the page's files have {sizes[0]} bytes, {sizes[1]} gzipped, want less than 200,000 and 60,000"
    assert len({etag_of(server, f"/{name}") for name in types}) == len(types), "files have different ETags"
    check(server.request("/graph_view.mjs").status, 404, "a part of main.mjs")


def test_data_etag(server):
    for path in (RUN, GRAPH, "/api/lists?prompt=3"):
        etag = etag_of(server, path)
        check(etag_of(server, path), etag, path)
        again = server.request(path, headers={"If-None-Match": etag})
        check((again.status, again.body), (304, b""), path)
        packed = server.request(path, headers={"Accept-Encoding": "gzip"})
        check(dict(packed.headers).get("content-encoding"), "gzip", path)
        check(gzip.decompress(packed.body), server.request(path).body, path)
    check("etag" in dict(server.api("graph?prompt=99999").headers), False, "an error has no ETag")


def test_etag_moves(server):
    del server
    path = os.path.join(WORK, "moves.db")
    make_database(BINARY, path, "--limit", "40", "--neuron-projections", "none")
    with Server(BINARY, path) as other:
        seen = [etag_of(other, RUN)]
        graph = etag_of(other, GRAPH)
        for command in (["mine", path], ["mine", path, "--min-support", "0.5"], ["compare", path, "--by", "group=ABBA,BABA", "--permutations", "10"]):
            subprocess.run([BINARY, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seen.append(etag_of(other, RUN))
        check(len(set(seen)), 4, f"ETags of {seen}")
        assert etag_of(other, GRAPH) != graph
        run = json.loads(other.request(RUN).body)
        check((len(run["minings"]), len(run["comparisons"])), (2, 1), "what was added")
        neuron, graph = (etag_of(other, end) for end in ("/api/neuron?layer=0&neuron=0", GRAPH))
        with contextlib.closing(sqlite3.connect(path)) as database:  # as a run does after its last chunk
            database.execute("INSERT INTO neuron_token VALUES (0, 0, 1, 1, 0, 1)")
            database.commit()
        check((etag_of(other, "/api/neuron?layer=0&neuron=0") != neuron, etag_of(other, GRAPH) == graph), (True, True), "after lists of neurons were stored")


def test_etag_of_run(server):
    """The answer of `run` has the file's name and the model in it, which are no part of the database."""
    copy, model = os.path.join(WORK, "copy.db"), os.path.join(ROOT, "datasets", "models", "headwater-gpt2")
    shutil.copy(DATABASE, copy)
    runs, graphs = [etag_of(server, RUN)], [etag_of(server, GRAPH)]
    for database, *options in ((copy,), (DATABASE, "--model", model)):
        with Server(BINARY, database, *options) as other:
            runs.append(etag_of(other, RUN))
            graphs.append(etag_of(other, GRAPH))
            again = other.request(RUN, headers={"If-None-Match": runs[0]})
            check((again.status, json.loads(again.body)["database"]), (200, database), f"asked with the ETag of {DATABASE}")
    check((len(set(runs)), len(set(graphs))), (3, 1), f"ETags of run: {runs}, of a graph: {graphs}")
    for threshold in ("0.04", "0.05"):  # as many chunks, nothing else stored
        path = os.path.join(WORK, f"threshold{threshold}.db")
        make_database(BINARY, path, "--limit", "4", "--neuron-projections", "none", "--threshold", threshold)
        with Server(BINARY, path) as other:
            graphs.append(etag_of(other, GRAPH))
    check(len(set(graphs)), 3, f"ETags of the graphs of three runs: {graphs}")
    check(len({etag_of(server, f"/api/{path}") for path in ("run", "graph?prompt=3", "lists?prompt=3", "heads")}), 4, "statements have ETags of their own")


def main():
    sys.exit(run_tests(BINARY, globals(), sys.argv[2:]))


if __name__ == "__main__":
    main()
