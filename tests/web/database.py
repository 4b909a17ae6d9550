#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The server of the page on databases that are not as usual: growing, empty, read-only, replaced, removed, damaged, with failed prompts.

    python3 tests/web/database.py HEADWATER [TEST]...     TEST: only the functions test_TEST; all: every damage, which takes minutes
"""
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing

from served import ROOT, Server, check, make_database, wait_for

sys.path.insert(0, os.path.join(ROOT, "tests", "cli", "lib"))
from void_promises import spoil, void_promises  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
SANITIZED = b"__asan_init" in open(BINARY, "rb").read()
MODEL = os.path.join(ROOT, "datasets", "models", "headwater-gpt2")
ENDS = ("run", "graph?prompt=3", "graph?prompt=70", "lists?prompt=3", "neurons?prompt=3&layer=1&position=14", "export/prompt_prediction.csv",
        "export/head_importance.csv", "graph?prompt=5000", "export/head_matrix.csv")
HOSTILE = [None, -1, 1 << 40, (1 << 62) + 7, -(1 << 63), 9e999, -9e999, 1e300, -0.5, "", "a\0b", "\r\nSet-Cookie: x=1", "\"</script>\\\u2028", "x" * 100000,
           b"", b"\xff\x00\xff", b"\x02\x00", "cut", "flip", "badly encoded"]


def ask(server, path, status=200):
    reply = server.api(path)
    check(reply and reply.status, status, f"{path}: {reply and reply.body[:300]}")
    return json.loads(reply.body)


def etag(server):
    return dict(server.api("run").headers)["etag"]


def copy(name):
    path = os.path.join(WORK, name)
    shutil.copy(DATABASE, path)
    return path


def change(path, *statements):
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


# ---- not finished, empty, failed ----

def test_growing():
    """Served by a symbolic link while a run writes it: what is stored so far, under an ETag that moves. The run is paused whenever the server is asked,
    so that it cannot end before the questions do. At its end the server does not keep its log."""
    path, n = os.path.join(WORK, "growing.db"), 300 if SANITIZED else 1000
    link = os.path.join(WORK, "link.db")
    os.symlink(path, link)
    run = subprocess.Popen([BINARY, "run", "--model", MODEL, "--data", os.path.join(ROOT, "datasets", "ioi.csv"), "--db", path,
                            "--limit", str(n), "--commit-seconds", "1", "--chunk-tokens", "64", "--threads", "1", "--counterfactual", "--quiet"])
    try:
        pause_after(run, path, 0)
        with Server(BINARY, link) as server:
            seen = {}
            while len(seen) < 3:
                answer = ask(server, "run")
                check((answer["prompts"], answer["counterfactuals_planned"], answer["planned"], answer["shard"]), (n, n, 2 * n, None), "planned")
                check((answer["done"], answer["failed"]), (stored(path), 0), "what is stored so far")
                check(etag(server) in seen, False, "an ETag of before")
                seen[etag(server)] = answer["done"]
                ask(server, "graph?prompt=0")
                ask(server, "lists?prompt=0")
                check(ask(server, f"graph?prompt={2 * n - 1}", 404)["error"], "not_stored", "a prompt that comes later")
                if len(seen) < 3:
                    pause_after(run, path, answer["done"])
            run.send_signal(signal.SIGINT)
            run.send_signal(signal.SIGCONT)
            run.communicate()
            assert ask(server, "run")["done"] < 2 * n, "it was stopped before its end"
            check(ask(server, f"graph?prompt={2 * n - 1}", 404)["error"], "not_stored", "a prompt that is not stored")
            check(ask(server, f"graph?prompt={2 * n}", 404)["message"], f"no prompt {2 * n}; the run has 0 to {2 * n - 1}", "a prompt that never comes")
            subprocess.run(run.args, check=True)
            check(os.path.exists(path + "-wal"), False, "its log stays")
            check(ask(server, "run")["done"], 2 * n, "finished")
            ask(server, f"graph?prompt={2 * n - 1}")
    finally:
        if run.poll() is None:
            run.kill()
            run.communicate()


def pause_after(run, path, n):
    """Lets the run go on until more than n prompts are stored, then stops it (SIGSTOP)."""
    run.send_signal(signal.SIGCONT)
    wait_for(lambda: stored(path) > n, 300)
    run.send_signal(signal.SIGSTOP)
    wait_for(lambda: open(f"/proc/{run.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0] == "T", 60)


def stored(path):
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM graph_info").fetchone()[0]
    except sqlite3.Error:
        return 0


def test_empty():
    path = copy("empty.db")
    change(path, "PRAGMA foreign_keys = OFF", *[f"DELETE FROM {table}" for table in (
        "chunk", "prompt", "failed", "prompt_value", "answer", "graph", "graph_info", "agg_group", "agg_head", "agg_neuron", "agg_item", "agg_cluster",
        "agg_role", "agg_head_source", "agg_answer", "agg_whole_answer", "answer_lens", "item_graph", "neuron_token")])
    with Server(BINARY, path) as server:
        run = ask(server, "run")
        check((run["done"], run["prompts"], run["counterfactuals"]), (0, 60, 0), "an empty run")
        check(ask(server, "graph?prompt=3", 404)["error"], "not_stored", "a graph of an empty run")
        for name in ("head_importance", "prompt_prediction", "head_matrix"):
            check(server.api(f"export/{name}.csv").status, 200, name)
    change(path, "UPDATE run SET n_prompts = 0")
    with Server(BINARY, path) as server:
        check(ask(server, "graph?prompt=3", 404)["message"], "no prompt 3; the run has none", "a run of nothing")


def test_failed():
    data, path = os.path.join(WORK, "failed.jsonl"), os.path.join(WORK, "failed.db")
    with open(data, "w", encoding="utf-8") as file:
        file.write('{"prompt": "When Mary and John went to the"}\n{"prompt": ""}\n' + json.dumps({"prompt": "word " * 3000}) + "\n")
    done = subprocess.run([BINARY, "run", "--model", MODEL, "--data", data, "--db", path, "--quiet"])
    check(done.returncode, 3, "a run with failed prompts")
    with Server(BINARY, path) as server:
        run = ask(server, "run")
        check((run["done"], run["failed"]), (1, 2), "counts")
        for prompt in (1, 2):
            for end in (f"graph?prompt={prompt}", f"lists?prompt={prompt}", f"neurons?prompt={prompt}&layer=0&position=0", f"graph?prompt={prompt}&target=3"):
                answer = ask(server, end, 404)
                check(answer["error"], "failed", end)
                reason, = sqlite3.connect(path).execute("SELECT reason FROM failed WHERE prompt_id = ?", (prompt,)).fetchone()
                check(answer["reason"], reason, "its reason")
                assert reason in answer["message"], answer
        check(ask(server, "graph?prompt=0")["answer"], None, "a prompt without an answer")


def test_several_targets():
    path = os.path.join(WORK, "targets.db")
    make_database(BINARY, path, "--limit", "3", "--targets", "all", "--neuron-projections", "none")
    with Server(BINARY, path) as server:
        last = ask(server, "graph?prompt=1")
        check(last["targets"], list(range(len(last["tokens"]))), "targets")
        check((last["target"], last["answer"] is None, last["lens"] == []), (last["targets"][-1], False, False), "the last one")
        early = ask(server, "graph?prompt=1&target=5")
        check((early["target"], early["answer"], early["lens"]), (5, None, []), "answers are measured at the last position")
        check(max(early["parts"]["target"]), 5, "parts of target 5")
        check("has no graph at target 99; it has 0, 1, 2" in ask(server, "graph?prompt=1&target=99", 404)["message"], True, "no such target")


# ---- limits ----

def test_time_limit():
    with Server(BINARY, DATABASE, "--time-limit", "1e-9") as server:
        answer = ask(server, "lists?prompt=3", 503)
        check((answer["error"], "the time limit" in answer["message"]), ("time_limit", True), answer)
    with Server(BINARY, DATABASE, "--time-limit", "0.001") as server:
        for _ in range(20):
            assert server.api("lists?prompt=3").status in (200, 503)
            check(server.api("export/prompt_prediction.csv").status, 200, "a table has a longer limit")


def test_large_graph():
    """Past 50,000 parts those of the graph at the threshold are sent, in the same order."""
    path = copy("large.db")
    with Server(BINARY, path) as server:
        whole = ask(server, "graph?prompt=3")
        change(path, "UPDATE graph_info SET n_parts = 50001 WHERE prompt_id = 3", "UPDATE chunk SET n_tokens = n_tokens")
        cut = ask(server, "graph?prompt=3")
    check((cut["stored_parts"], cut["floor"], cut["stored_floor"], cut["threshold"]), (50001, 0.04, 0.01, 0.04), "what it says")
    done = subprocess.run([BINARY, "sql", path, "SELECT kind, layer, head, source, target, importance FROM edge WHERE prompt_id = 3", "--format", "json"],
                          check=True, capture_output=True)
    kinds = ["attention", "attention_residual", "ffn", "ffn_residual"]
    wanted = {(kinds.index(row["kind"]), row["layer"], -1 if row["head"] is None else row["head"], row["source"], row["target"],
               round(row["importance"] * 1e6)) for row in json.loads(done.stdout)}
    columns = ("kind", "layer", "head", "source", "target", "share")
    found, all_parts = (list(zip(*(graph["parts"][name] for name in columns))) for graph in (cut, whole))
    check(found, [part for part in all_parts if part in wanted], "the parts that are sent")
    assert 0 < len(found) < len(all_parts)


# ---- the file ----

def test_read_only():
    folder = os.path.join(WORK, "locked")
    os.mkdir(folder)
    path = shutil.copy(DATABASE, folder)
    os.chmod(path, 0o444)
    os.chmod(folder, 0o555)
    before = open(path, "rb").read()
    with Server(BINARY, path) as server:
        for end in ENDS[:3]:
            ask(server, end)
    os.chmod(folder, 0o755)
    check(open(path, "rb").read() == before, True, "the file is as it was")
    check(os.listdir(folder), [os.path.basename(path)], "files beside it")


def test_replaced():
    path, other = copy("replaced.db"), os.path.join(WORK, "other.db")
    make_database(BINARY, other, "--limit", "7", "--neuron-projections", "none")
    with Server(BINARY, path) as server:
        check(ask(server, "run")["prompts"], 60, "before")
        first = etag(server)
        shutil.copy(other, path + ".new")
        os.replace(path + ".new", path)
        check(ask(server, "run")["prompts"], 7, "another file under the name")
        assert etag(server) != first
        os.rename(path, path + ".away")
        answer = ask(server, "run", 503)
        check(("No such file" in answer["message"], answer["error"]), (True, "unavailable"), answer)
        check(server.request("/").status, 200, "the page itself stays")
        with open(path, "w", encoding="utf-8") as file:
            file.write("this is no database\n" * 1000)
        check("not a database" in ask(server, "run", 422)["message"], True, "no database under the name")
        os.remove(path)
        os.rename(path + ".away", path)
        check(ask(server, "run")["prompts"], 7, "it is back")
        with open(DATABASE, "rb") as source, open(path, "r+b") as target:  # the same file with other bytes
            target.truncate(0)
            shutil.copyfileobj(source, target)
        check(ask(server, "run")["prompts"], 60, "overwritten in place")
        check(len(ask(server, "graph?prompt=3")["parts"]["kind"]) > 10, True, "a graph, overwritten in place")


def test_copied_over():
    """A database of the same size is copied over the one that is served: by SQLite's counter of changes nothing has changed."""
    path = copy("over.db")
    with open(path, "rb") as file:
        old = file.read()
    text = re.search(rb"the (store|school|garden|restaurant|office|market|station|library)", old).group(1)
    with Server(BINARY, path) as server:
        for held in (old, old.replace(text, text.upper()), old):
            with open(path, "r+b") as target:
                target.write(held)
            for _ in range(8):  # whichever of its connections answers
                prompts = json.loads(server.api("prompts?limit=100").body)["rows"]
                found = {word in json.dumps(prompts) for word in (text.decode(), text.decode().upper())}
                check(found, {True, False}, "texts of the old file and of the new one")
                check(text.decode().upper() in json.dumps(prompts), held != old, "the text is that of the file")


def test_replaced_studies():
    """A mining or a comparison that is deleted, and one that takes its number: no other answer has the version of one before, which a browser keeps."""
    path, seen = copy("studies.db"), {}

    def step(what, *arguments):
        subprocess.run([BINARY, arguments[0], path, *arguments[1:]], check=True, capture_output=True)
        for end in ("run", "comparison?id=1", "comparisons", "circuits"):
            reply = server.api(end)
            version = dict(reply.headers).get("etag")
            if version:
                before, body = seen.setdefault((end, version), (what, reply.body))
                check(reply.body == body, True, f"{end} after {what} has the version of {before}, and the same answer")

    compare = ("compare", "--permutations", "50", "--cluster", "none", "--pairs", "none")
    with Server(BINARY, path) as server:
        step("the end of a comparison", "compare", "--delete", "1")
        step("a comparison", *compare, "--by", "group=ABBA,BABA")
        step("its end", "compare", "--delete", "1")
        step("one the other way round", *compare, "--by", "group=BABA,ABBA")
        step("the end of that", "compare", "--delete", "1")
        step("another seed", *compare, "--by", "group=ABBA,BABA", "--seed", "2")
        step("another mining", "mine", "--min-support", "0.5")
        step("the end of the first", "mine", "--delete", "1")
        step("the end of the second", "mine", "--delete", "2")
        step("one that takes its number", "mine", "--min-support", "0.4")


def damage(path, table, column, value):
    """False where the value cannot stand there: a key that would not be unique."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.create_function("spoil", 1, lambda old: spoil(value, old))
    new = "CAST(x'6162ff63' AS TEXT)" if value == "badly encoded" else f"spoil({column})"
    try:
        db.execute(f"UPDATE {table} SET {column} = {new}")
        return True
    except sqlite3.Error:
        return False
    finally:
        db.close()


def check_answers(server, path, what, counts):
    for end in ENDS:
        reply = server.api(end)
        assert reply, f"{what}: {end}: no reply"
        assert reply.status in (200, 404, 422, 503), f"{what}: {end}: {reply.status} {reply.body[:200]}"
        headers = dict(reply.headers)
        assert "set-cookie" not in headers, f"{what}: {end}: {headers}"
        if headers["content-type"] == "application/json":
            answer = json.loads(reply.body.decode("utf-8"), parse_constant=lambda word: fail(f"{what}: {end}: {word}"))
            if reply.status == 422:
                assert path in answer["message"] or "SQL" in answer["message"], f"{what}: {end}: {answer}"
        counts[reply.status] = counts.get(reply.status, 0) + 1


def test_damaged():
    """Hostile values in every column of every table: an answer that is JSON, or an error that says so; never a crash."""
    pristine, path, new = copy("pristine.db"), copy("damaged.db"), os.path.join(WORK, "new.db")
    tables = void_promises(pristine)
    cases = []
    for table in tables:
        for _, column, _, _, _, _, hidden in sqlite3.connect(pristine).execute(f"PRAGMA table_xinfo({table})"):
            cases += [(table, column, value) for value in HOSTILE if not hidden and table not in ("process", "t_quantile")]
    counts, n = {}, 0
    with Server(BINARY, path) as server:
        for table, column, value in cases if EVERYTHING else cases[::41]:
            shutil.copy(pristine, new)
            if not damage(new, table, column, value):
                continue
            os.replace(new, path)
            check_answers(server, path, f"{table}.{column} = {value!r:.40}", counts)
            n += 1
    print(f"        {n} of {len(cases)} damages, replies {counts}")
    assert n > 80 and counts.get(422, 0) > 5, counts


def fail(message):
    raise AssertionError(message)


def main():
    global WORK, DATABASE, EVERYTHING
    tests = {name[len("test_"):]: value for name, value in globals().items() if name.startswith("test_")}
    EVERYTHING = "all" in sys.argv[2:]  # all damages: minutes
    wanted = [name for name in sys.argv[2:] if name != "all"] or list(tests)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="headwater-web.") as WORK:
        DATABASE = os.path.join(WORK, "ioi.db")
        make_database(BINARY, DATABASE, "--limit", "60", "--counterfactual", "--floor", "0.01", "--project", "all", "--group-by", "group")
        subprocess.run([BINARY, "mine", DATABASE], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([BINARY, "compare", DATABASE, "--by", "group=ABBA,BABA", "--permutations", "100"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        for name in wanted:
            start = time.monotonic()
            try:
                tests[name]()
                print(f"ok      {name} ({time.monotonic() - start:.1f} s)", flush=True)
            except (AssertionError, OSError, ValueError, KeyError, TypeError, RuntimeError, sqlite3.Error, subprocess.SubprocessError) as problem:
                failed += 1
                print(f"FAIL    {name}: {type(problem).__name__}: {problem}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
