#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Live traces of `headwater serve --model` say what `headwater trace` says, to the last bit.

    live.py HEADWATER

Two models, one with grouped queries. Graph, neurons, lists under both conventions and attention maps are those of `trace --json --project
all --raw`; a stored prompt's graph and lens are the stored ones. Then what is refused, what goes when newer traces come, and many traces at
once.
"""
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading

HEADWATER = os.path.abspath(sys.argv[1])
DATASETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "datasets")
TEXT = "When Mary and John went to the store, John gave a drink to"
KEPT = 4

checks = failures = 0


def check(condition, what):
    global checks, failures
    checks += 1
    if not condition:
        failures += 1
        print("FAIL " + what)


def same(found, wanted, what):
    check(found == wanted, "%s: found %.300r, want %.300r" % (what, found, wanted))


def run(*arguments):
    return subprocess.run([HEADWATER, *arguments], check=True, capture_output=True, text=True).stdout


def model_folder(name):
    return os.path.join(DATASETS, "models", "headwater-" + name)


class Server:
    def __init__(self, db, *arguments):
        self.process = subprocess.Popen([HEADWATER, "serve", db, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        self.address, self.token = self.process.stdout.readline().strip().split("#token=")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        check(self.process.wait() == 0, "the server ends with 0")

    def ask(self, path, body=None, raw=False):
        connection = http.client.HTTPConnection(self.address.split("/")[2], timeout=120)
        headers = {"Authorization": "Bearer " + self.token}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request("GET" if body is None else "POST", "/api/" + path, body if raw or body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        return reply.status, json.loads(text)

    def trace(self, **body):
        status, graph = self.ask("trace", body)
        same(status, 200, "status of a trace of %r" % body)
        return graph


def parts_of(graph):
    columns = graph["parts"]
    return sorted(zip(*(columns[name] for name in ("kind", "layer", "head", "source", "target", "share"))))


def parts_of_trace(target):
    kinds = ["attention", "attention_residual", "ffn", "ffn_residual"]
    rows = []
    for edge in target["edges"]:
        for head in edge.get("heads", [{"head": -1, "importance": edge["importance"]}]):
            rows.append((kinds.index(edge["kind"]), edge["layer"], head["head"], edge["source"], edge["target"], round(head["importance"] * 1e6)))
    return sorted(rows)


def same_lists(found, wanted, what):
    """Pairs of id and score; without exact products the ids of scores that are all but equal may change places."""
    if exact:
        same(found, wanted, what)
    else:
        check(len(found) == len(wanted) and all(abs(a[1] - b[1]) <= 1e-5 * max(1, abs(b[1])) for a, b in zip(found, wanted)), what)


def same_parts(found, wanted, what):
    """Without exact products a share may differ by its last digit, and be on the other side of the floor."""
    if exact:
        return same(found, wanted, what)
    found, wanted = ({row[:5]: row[5] for row in rows} for rows in (found, wanted))
    return check(all(abs(found.get(key, 10000) - wanted.get(key, 10000)) <= 3 for key in {*found, *wanted}), what)


def pairs(rows):
    return [[row["id"], row["score"]] for row in rows]


def compare_lists(server, trace, target, n_tokens):
    n = 0
    for row in target["projections"][::3]:
        kind, position = row["kind"], row["position"] or 0
        index = row.get("head", row.get("neuron", 0))
        status, found = server.ask("trace/%s/list?kind=%s&layer=%d&position=%d&index=%d" % (trace, kind, row["layer"], position, index))
        name = "%s %d of layer %d at %d" % (kind, index, row["layer"], position)
        same(status, 200, name)
        lists = [r for r in found["lists"] if r[1] == row["convention"]]
        same(len(lists), 1, name + " has the convention once")
        for own, wanted in zip(lists[0][5:], (row["promotes"], row["suppresses"])):
            same_lists(own, pairs(wanted), name)
        check(all(str(token["id"]) in found["tokens"] for token in row["promotes"]), name + ": texts of its tokens")
        n += 1
    check(n > 40, "lists were compared: %d" % n)


def compare_attention(server, trace, raw, layers, heads, n_tokens):
    for layer in range(layers):
        for head in range(0, heads, 3):
            status, found = server.ask("trace/%s/attention?layer=%d&head=%d" % (trace, layer, head))
            same((status, found["tokens"]), (200, n_tokens), "attention")
            wanted = [raw["attention"][layer][i][j][head] * 1e4 for i in range(n_tokens) for j in range(i + 1)]
            check(len(wanted) == len(found["contributions"]) and all(abs(a - b) <= 0.5 for a, b in zip(found["contributions"], wanted)),
                  "contributions of L%dH%d" % (layer, head))
            sums = [sum(found["weights"][i * (i + 1) // 2:(i + 1) * (i + 2) // 2]) for i in range(n_tokens)]
            check(all(abs(total - 10000) <= n_tokens for total in sums), "weights of L%dH%d sum to 1 in each row" % (layer, head))


def compare_text(server, folder, target=None):
    options = ["--model", folder, "--prompt", TEXT, "--threshold", "0.01", "--top-tokens", "30", "--convention", "both", "--project", "all", "--raw",
               "--json"]
    wanted = json.loads(run("trace", *options, *(["--targets", str(target)] if target is not None else [])))
    graph = server.trace(text=TEXT) if target is None else server.trace(text=TEXT, target=target)
    of_target = wanted["targets"][0]
    same((graph["live"], graph["floor"], graph["threshold"], graph["target"]), (True, 0.01, 0.04, of_target["position"]), "what was traced")
    same(graph["ids"], [token["id"] for token in wanted["tokens"]], "ids")
    same(graph["tokens"], [token["text"] for token in wanted["tokens"]], "tokens")
    same(parts_of(graph), parts_of_trace(of_target), "parts")
    same([[row[0], row[2], row[3]] for row in graph["prediction"]["top"]],
         [[row["id"], row["logit"], row["probability"]] for row in of_target["prediction"]], "prediction")
    tops = []
    for layer in range(graph["layers"]):
        _, lens = server.ask("trace/%s/lens?layer=%d&position=%d&after=ffn" % (graph["trace"], layer, graph["target"]))
        tops.append(lens["tokens"][str(lens["lens"][0][0])])
    same(graph["tops"], tops, "the most probable token after each layer")
    neurons = [(layer, position, *row) for layer, position, rows in graph["neurons"] for row in rows]
    same(sorted(neurons), sorted((n["layer"], n["position"], n["neuron"], round(n["importance"] * 1e6), n["activation"]) for n in of_target["neurons"]),
         "neurons")
    compare_lists(server, graph["trace"], of_target, len(graph["ids"]))
    compare_attention(server, graph["trace"], wanted["raw"], graph["layers"], len(wanted["raw"]["attention"][0][0][0]), len(graph["ids"]))
    node = graph["neurons"][0]
    _, found = server.ask("trace/%s/neurons?layer=%d&position=%d" % (graph["trace"], node[0], node[1]))
    same([row[:3] for row in found["neurons"]], node[2], "neurons of one node")
    _, own = server.ask("trace/%s/list?kind=neuron&layer=%d&position=%d&index=%d" % (graph["trace"], node[0], node[1], node[2][0][0]))
    same_lists(found["neurons"][0][3], own["lists"][0][5], "list of a neuron")
    last = graph["layers"] - 1
    _, lens = server.ask("trace/%s/lens?layer=%d&position=%d&after=ffn" % (graph["trace"], last, graph["target"]))
    for at in (1, 3):
        same_lists([[row[0], row[at]] for row in lens["lens"][:10]], [[row[0], row[at + (at == 1)]] for row in graph["prediction"]["top"]], "the last lens")


def compare_stored(server, db):
    n = 0
    for prompt in (0, 3, 11):
        graph = server.trace(prompt=prompt)
        _, stored = server.ask("graph?prompt=%d" % prompt)
        for name in ("prompt", "target", "text", "ids", "tokens", "threshold", "floor", "layers", "parallel"):
            same(graph[name], stored[name], "%s of stored prompt %d" % (name, prompt))
        same_parts(parts_of(graph), parts_of(stored), "parts of stored prompt %d" % prompt)
        rows = json.loads(run("sql", db, "SELECT l.layer, l.rank, l.logit, l.probability, a.answer_id FROM lens l JOIN answer a USING(prompt_id) "
                                         "WHERE prompt_id = %d ORDER BY 1" % prompt, "--format", "json"))
        for row in rows:
            _, lens = server.ask("trace/%s/lens?layer=%d&position=%d&after=ffn" % (graph["trace"], row["layer"], graph["target"]))
            found = [(rank + 1, *token) for rank, token in enumerate(lens["lens"]) if token[0] == row["answer_id"]]
            if row["rank"] > 30:
                same(found, [], "an answer of rank %d" % row["rank"])
                continue
            n += 1
            check(len(found) == 1 and found[0][0] == row["rank"] and abs(found[0][2] - row["logit"]) < 1e-4 and
                  abs(found[0][4] - row["probability"]) < 1e-4, "lens of layer %d of prompt %d: %r, want %r" % (row["layer"], prompt, found, row))
            if row["layer"] and not graph["parallel"]:
                _, mid = server.ask("trace/%s/lens?layer=%d&position=%d&after=attention" % (graph["trace"], row["layer"], graph["target"]))
                if not exact:
                    continue
                at = {token[0]: rank + 1 for rank, token in enumerate(mid["lens"])}
                check(all(at[token[0]] == token[2] for token in lens["lens"] if token[0] in at), "ranks before the FFN of layer %d" % row["layer"])
    check(n > 2, "lenses were compared: %d" % n)


def relevance_rows(reply):
    return {tuple(row[:6]): row[6:] for row in reply["rows"]}


def same_relevance(found, wanted, what):
    """Without exact products a relevance may differ by 1e-4 logits, and be on the other side of the floor."""
    for name in ("reason", "threshold", "floor", "columns"):
        same(found[name], wanted[name], "%s of %s" % (name, what))
    if exact:
        same((found["m"], found["m_reference"], found["rows"]), (wanted["m"], wanted["m_reference"], wanted["rows"]), what)
        return
    a, b = relevance_rows(found), relevance_rows(wanted)
    check(all(key not in a or key not in b or abs(a[key][0] - b[key][0]) < 1e-4 for key in {*a, *b}) and len({*a} ^ {*b}) <= 3, what)


def compare_relevance(server, db, folder):
    """Those of stored prompts, computed again, are the stored ones; those of a text are those of `trace --json`."""
    n = 0
    for prompt in (0, 3, 11):
        graph = server.trace(prompt=prompt)
        same(graph["relevance"], ["answer", "contrast"], "relevances of stored prompt %d" % prompt)
        for mode in graph["relevance"]:
            status, found = server.ask("trace/%s/relevance?mode=%s" % (graph["trace"], mode))
            _, stored = server.ask("relevance?prompt=%d&mode=%s" % (prompt, mode))
            same(status, 200, "status of a relevance")
            same_relevance(found, stored, "%s relevance of stored prompt %d" % (mode, prompt))
            n += len(found["rows"])
    check(n > 100, "rows of relevances: %d" % n)
    about = {"answer": "Mary", "foil": "John", "counterfactual": TEXT.replace("John gave", "Mary gave")}
    graph = server.trace(text=TEXT, **about)
    options = [word for name, text in about.items() for word in ("--" + name, text)]
    wanted = json.loads(run("trace", "--model", folder, "--prompt", TEXT, "--threshold", "0.01", "--relevance", "both", "--json", *options))["relevance"]
    for mode in ("answer", "contrast"):
        _, found = server.ask("trace/%s/relevance?mode=%s" % (graph["trace"], mode))
        same((found["answer"], found["foil"]), (" Mary", " John"), "what was asked")
        again = json.loads(run("trace", "--model", folder, "--tokens", ",".join(map(str, graph["ids"])), "--threshold", "0.01", "--json", *found["options"]))["relevance"]
        same(again[mode], wanted[mode], "the options ask the same again, %s" % mode)
        check(abs(found["m"] - wanted["m"]) < 1e-9 and (mode == "answer" or abs(found["m_reference"] - wanted["m_reference"]) < 1e-9), "margins of a text")
        rows = relevance_rows(found)
        heads = {(layer, head): r for layer, row in enumerate(wanted[mode]["heads"]) for head, r in enumerate(row)}
        same({key: round(r, 6) for key, r in heads.items()}, {key: round(rows["head", *key, None, None, None][0], 6) for key in heads}, "heads, by %s" % mode)
        parts = {(part["kind"], part["layer"], part.get("head"), None, part["source"], part["target"]): part["share"] for part in wanted[mode]["parts"]
                 if abs(part["share"]) > 0.01}
        same({key: row[1] for key, row in rows.items() if key[0] in ("ffn", "attention", "query")}, parts, "parts, by %s" % mode)
    same(server.trace(text=TEXT)["relevance"], ["answer"], "without a counterfactual")
    same(server.trace(text=TEXT, target=3, **about)["relevance"], [], "of another target")
    other = server.trace(text=TEXT, counterfactual="Too short")
    _, found = server.ask("trace/%s/relevance?mode=contrast" % other["trace"])
    check("tokens" in found["reason"] and found["rows"] == [], "a reason: %r" % found)


def refusals(server, trace):
    def refused(status, kind, words, path, body=None, raw=False):
        found, reply = server.ask(path, body, raw)
        check(found == status and reply.get("error") == kind and words in reply.get("message", ""), "%s %r: %d %r" % (path, body, found, reply))

    refused(422, "prompt", "the prompt is empty", "trace", {"text": ""})
    refused(422, "prompt", "tokens", "trace", {"text": TEXT * 400})
    refused(422, "prompt", "target 90 is outside", "trace", {"text": TEXT, "target": 90})
    refused(404, "not_found", "no prompt 999999", "trace", {"prompt": 999999})
    refused(400, "parameter", "one of text and prompt", "trace", {})
    refused(400, "parameter", "one of text and prompt", "trace", {"text": TEXT, "prompt": 1})
    refused(400, "parameter", "text is", "trace", {"text": 7})
    refused(400, "parameter", "foil is", "trace", {"text": TEXT, "foil": 7})
    refused(400, "parameter", "are the stored ones", "trace", {"prompt": 1, "answer": "Mary"})
    refused(422, "prompt", 'the answer "": it has no tokens', "trace", {"text": TEXT, "answer": ""})
    refused(422, "prompt", 'the counterfactual "": the prompt is empty', "trace", {"text": TEXT, "counterfactual": ""})
    refused(400, "parameter", "mode is", "trace/%s/relevance?mode=routes" % trace)
    refused(400, "parameter", "target is -1, want a whole number from 0", "trace", {"text": TEXT, "target": -1})
    refused(400, "parameter", "target is a string, want a whole number from 0", "trace", {"text": TEXT, "target": "1"})
    refused(400, "parameter", 'has "model"', "trace", {"text": TEXT, "model": "x"})
    refused(400, "parameter", "not valid JSON", "trace", "[1", True)
    refused(400, "parameter", "", "trace", '{"text":"a\\u0000b"}', True)
    refused(404, "trace_gone", "the last 4", "trace/12/attention?layer=0&head=0")
    refused(400, "parameter", "layer is 99", "trace/%s/attention?layer=99&head=0" % trace)
    refused(400, "parameter", "position is", "trace/%s/list?kind=ffn&layer=0&position=500" % trace)
    refused(400, "parameter", "head is", "trace/%s/list?kind=head&layer=0&position=0&index=77" % trace)
    refused(400, "parameter", 'a list of kind head wants the parameter "index"', "trace/%s/list?kind=head&layer=0&position=0" % trace)
    refused(400, "parameter", "layer is 254, the trace has layer 0 to", "trace/%s/neurons?layer=254&position=0" % trace)
    refused(400, "parameter", "kind is", "trace/%s/list?kind=state&layer=0&position=0" % trace)
    refused(400, "parameter", "after is", "trace/%s/lens?layer=0&position=0&after=all" % trace)


def last_ones_are_kept(server):
    traces = [server.trace(text=TEXT[:20 + i])["trace"] for i in range(KEPT + 1)]
    found = [server.ask("trace/%s/attention?layer=0&head=0" % trace)[0] for trace in traces]
    same(found, [404] + KEPT * [200], "which traces are kept")


def many_at_once(server, graph):
    faults = []

    def work(n):
        for i in range(6):
            text = " ".join(["word"] * (n + 2)) + " %d" % i
            status, own = server.ask("trace", {"text": text})
            if status != 200 or own["text"] != text:
                faults.append((status, own.get("text"), text))
                continue
            status, found = server.ask("trace/%s/attention?layer=1&head=1" % own["trace"])
            if status not in (200, 404) or (status == 200 and found["tokens"] != len(own["ids"])):
                faults.append((status, text))
            status, stored = server.ask("graph?prompt=3")
            if status != 200 or stored["text"] != graph["text"]:
                faults.append((status, "a stored graph beside traces"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(faults, [], "many traces at once")


with tempfile.TemporaryDirectory() as folder:
    for model in ("gpt2", "llama"):
        db = os.path.join(folder, model + ".db")
        options = ["--model", model_folder(model), "--data", os.path.join(DATASETS, "ioi.csv"), "--db", db, "--limit", "20", "--counterfactual", "--relevance", "both"]
        exact = "(rows independent" in run("run", *options, "--dry-run")
        run("run", *options, "--quiet")
        with Server(db, "--model", model_folder(model)) as server:
            status, facts = server.ask("run")
            same((facts["live"], facts["live_model"]["fingerprint"]), (True, facts["model_fingerprint"]), "the run tells of the model")
            compare_text(server, model_folder(model))
            compare_text(server, model_folder(model), 9)
            compare_stored(server, db)
            compare_relevance(server, db, model_folder(model))
            refusals(server, server.trace(text=TEXT)["trace"])
            last_ones_are_kept(server)
            many_at_once(server, server.ask("graph?prompt=3")[1])
    for column in ("answer_id", "foil_id"):
        damaged = os.path.join(folder, column + ".db")
        shutil.copyfile(os.path.join(folder, "gpt2.db"), damaged)
        with sqlite3.connect(damaged) as connection:
            connection.execute("UPDATE answer SET %s = %d WHERE prompt_id = 3" % (column, (1 << 32) + 5))
        connection.close()
        with Server(damaged, "--model", model_folder("gpt2")) as server:
            status, reply = server.ask("trace", {"prompt": 3})
            check(status == 422 and "token id 4294967301" in reply["message"], "a damaged %s: %d %r" % (column, status, reply))
    lost = os.path.join(folder, "lost.db")
    shutil.copyfile(os.path.join(folder, "gpt2.db"), lost)
    with sqlite3.connect(lost) as connection:
        connection.execute("UPDATE answer SET foil_id = NULL WHERE prompt_id = 3")
        connection.execute("INSERT INTO prompt_value VALUES(3, 'foil.loss', 'dropped: the model has no token 99999')")
    connection.close()
    with Server(lost, "--model", model_folder("gpt2")) as server:
        for mode in ("answer", "contrast"):
            _, found = server.ask("trace/%s/relevance?mode=%s" % (server.trace(prompt=3)["trace"], mode))
            same((found["reason"], found["rows"], found["options"]), ("the foil has no token that the model can be asked about", [], []), "a foil that was lost, %s" % mode)
    with Server(os.path.join(folder, "gpt2.db"), "--model", model_folder("llama")) as server:
        server.trace(text=TEXT)
        status, reply = server.ask("trace", {"prompt": 3})
        check(status == 422 and "another model" in reply["message"], "another model, a stored prompt: %d %r" % (status, reply))
    with Server(os.path.join(folder, "gpt2.db"), "--model", model_folder("gpt2"), "--precision", "bf16") as server:
        server.trace(text=TEXT)
        status, reply = server.ask("trace", {"prompt": 3})
        check(status == 422 and "--precision f32" in reply["message"], "another precision, a stored prompt: %d %r" % (status, reply))
    rounded = os.path.join(folder, "rounded.db")
    run("run", "--model", model_folder("gpt2"), "--data", os.path.join(DATASETS, "ioi.csv"), "--db", rounded, "--limit", "20", "--precision", "bf16", "--quiet")
    with Server(rounded, "--model", model_folder("gpt2"), "--precision", "bf16") as server:
        compare_stored(server, rounded)
    with Server(os.path.join(folder, "gpt2.db")) as server:
        status, facts = server.ask("run")
        same((facts["live"], facts["live_model"]), (False, None), "a server without a model")
        for path, body in (("trace", {"text": TEXT}), ("trace/1/attention?layer=0&head=0", None)):
            status, reply = server.ask(path, body)
            check(status == 422 and reply["error"] == "no_model" and "--model" in reply["message"], "no model: %d %r" % (status, reply))
print("%d checks, %d failed" % (checks, failures))
sys.exit(failures > 0 or checks < 500)
