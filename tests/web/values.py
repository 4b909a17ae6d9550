#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the server of the page serves is what `headwater sql`, `query` and `export` give, to the last bit.

    python3 tests/web/values.py HEADWATER [TEST]...     TEST: only the functions test_TEST
"""
import json
import os
import re
import subprocess
import sys

from served import ROOT, check, check_status, run_tests

BINARY = os.path.abspath(sys.argv[1])
RUN = "/api/run"


def read_rows(database, sql):
    """Rows of a statement, by the program: [{column: value}], reals to the last bit."""
    done = subprocess.run([BINARY, "sql", database, sql, "--format", "json"], check=True, capture_output=True)
    return json.loads(done.stdout)


def expanded(file):
    """The text of sql/FILE with its macros, as the program carries it."""
    done = subprocess.run(["cmake", f"-DFOLDER={ROOT}/sql", f"-DPRINT={file}", "-P", f"{ROOT}/src/sqlite/embed.cmake"], check=True, capture_output=True, text=True)
    return done.stderr


# For the parameters that a statement wants. "item" and "neuron" are looked up.
WANTED = {"prompt": "3", "layer": "1", "head": "5", "position": "14", "circuit": "1", "mining": "1", "comparison": "1", "rank": "1", "id": "1"}


def test_commands(server):
    """Every command that a file of the page has in it is one that the program takes: its name and its options."""
    del server
    found = set()
    for name in os.listdir(os.path.join(ROOT, "web")):
        with open(os.path.join(ROOT, "web", name), encoding="utf-8") as file:
            found.update((name, *command) for command in re.findall(r"headwater ([a-z]+)((?: [^ `\"']+)*)", re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)))
    commands = [(name, command, option) for name, command, words in found for option in re.findall(r"--[a-z-]+", words)]
    assert len(commands) > 8, commands
    for name, command, option in commands:
        text = subprocess.run([BINARY, command, "--help"], capture_output=True, text=True).stdout
        assert re.search(rf"{option}\b(?!-)", text), f"{name}: headwater {command} {option}: there is no such option"


def test_statements(server):
    """Every statement of sql/web runs by `headwater query`, and gives what its end point serves."""
    folder = os.path.join(WORK, "queries")
    os.makedirs(folder)
    with open(os.path.join(ROOT, "src", "web", "routes.c"), encoding="utf-8") as file:
        routes = dict(re.findall(r'\.path = "([a-z_]+)", \.method = "GET", \.file = "web/([a-z_]+)\.sql"', file.read()))
    assert len(routes) > 3, routes
    values = {**WANTED, "item": str(read_rows(DATABASE, "SELECT item_id FROM edge_frequency ORDER BY mean DESC LIMIT 1")[0]["item_id"]),
              "neuron": str(read_rows(DATABASE, "SELECT neuron FROM neuron_importance WHERE layer = 1 ORDER BY mean DESC LIMIT 1")[0]["neuron"])}
    texts = {}
    for name in sorted(os.listdir(os.path.join(ROOT, "sql", "web"))):
        texts[name[:-len(".sql")]] = expanded(f"web/{name}")
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(texts[name[:-len(".sql")]])
    for name, text in texts.items():
        wanted = {found: values[found] for found in re.findall(r"^-- :([a-z_]+) *<[^>]*>(?! =)", text, re.M)}
        wanted.update({"neurons": {"prompt": "3", "layer": "1", "position": "14"}, "graph": {"prompt": "3"}, "lists": {"prompt": "3"}, "circuit": {"rank": "1"},
                       "relevance": {"prompt": "3", "mode": "contrast"}}.get(name, {}))
        options = [word for pair in wanted.items() for word in ("--" + pair[0], pair[1])]
        done = subprocess.run([BINARY, "query", DATABASE, name, "--queries", folder, "--format", "json", *options], capture_output=True)
        check(done.returncode, 0, f"query {name}: {done.stderr}")
        rows = json.loads(done.stdout)
        assert len(rows) <= 1, f"{name}: {len(rows)} rows"
        path = "/api/" + next((path for path, file in routes.items() if file == name), "")
        if path == "/api/":
            continue
        address = path + ("?" + "&".join(f"{key}={value}" for key, value in wanted.items()) if wanted else "")
        found = server.request(address)
        check_status(found, 200, f"{address}: {found.body[:200]}")
        text, = rows[0].values()
        json.loads(found.body)
        check(found.body.decode()[:len(text) - 1], text[:-1], f"{address} and sql/web/{name}.sql")


def test_run_values(server):
    run = json.loads(server.request(RUN).body)
    row, = read_rows(DATABASE, "SELECT * FROM run")
    for name, column in (("model", "model_name"), ("layers", "n_layers"), ("heads", "n_heads"), ("d_ffn", "d_ffn"), ("dataset", "dataset_name"),
                         ("threshold", "threshold"), ("floor", "floor"), ("fingerprint", "fingerprint")):
        check(run[name], row[column], name)
    check((run["prompts"], run["done"], run["failed"], run["counterfactuals"], run["parallel"], run["live"], run["project"]),
          (60, 120, 0, 60, False, False, "all"), "counts")
    check([group["prompts"] for group in run["groups"]], [row["n_prompts"] for row in read_rows(
        DATABASE, "SELECT n_prompts FROM agg_group JOIN prompt_group USING(group_id) ORDER BY marginal DESC, group_id")], "groups")


def check_graph(server, database, prompt):
    graph = json.loads(server.api(f"graph?prompt={prompt}").body)
    parts = read_rows(database, f"SELECT p.* FROM graph g, hw_parts(g.edges) p WHERE g.prompt_id = {prompt}")
    kinds = ["attention", "attention_residual", "ffn", "ffn_residual"]
    found = list(zip(*(graph["parts"][name] for name in ("kind", "layer", "head", "source", "target", "share"))))
    wanted = [(kinds.index(row["kind"]), row["layer"], -1 if row["head"] is None else row["head"], row["source"], row["target"],
               round(row["importance"] * 1e6)) for row in parts]
    check(found, wanted, f"parts of prompt {prompt}")
    check([share / 1e6 for share in graph["parts"]["share"]], [row["importance"] for row in parts], f"shares of prompt {prompt}")
    check(graph["stored_parts"], len(parts), "stored_parts")
    row, = read_rows(database, f"SELECT * FROM prompt_prediction WHERE prompt_id = {prompt}")
    for name, column in (("text", "text"), ("group", "group_id"), ("group_name", "group_name"), ("target", "target_pos")):
        check(graph[name], row[column], f"{name} of prompt {prompt}")
    for name, column in (("id", "predicted_id"), ("token", "predicted"), ("logit", "predicted_logit"), ("probability", "predicted_probability")):
        check(graph["prediction"][name], row[column], f"prediction {name}")
    for name in ("answer_rank", "answer_probability", "answer_logit", "foil_rank", "foil_probability", "foil_logit", "logit_diff", "answer", "foil"):
        check(graph["answer"][name.replace("answer_", "") if name.startswith("answer_") else name], row[name], name)
    check(graph["tokens"], [row["token"] for row in read_rows(database, f"SELECT token FROM prompt_token WHERE prompt_id = {prompt} ORDER BY position")], "tokens")
    check(graph["lens"], [list(row.values()) for row in read_rows(
        database, f"SELECT layer, rank, probability, foil_rank, foil_probability FROM lens WHERE prompt_id = {prompt} ORDER BY layer")], "lens")
    check(graph["values"], {row["key"]: row["value"] for row in read_rows(database, f"SELECT key, value FROM prompt_value WHERE prompt_id = {prompt}")}, "values")
    roles = read_rows(database, f"""SELECT r.name FROM prompt p, hw_tokens(p.tokens) t JOIN role r ON r.role_id = hw_role_at(p.roles, t.position)
        WHERE p.prompt_id = {prompt} ORDER BY t.position""")
    check(graph["roles"], [row["name"] for row in roles], "roles")
    return graph


def test_graph_values(server):
    clean, other = check_graph(server, DATABASE, 3), check_graph(server, DATABASE, 63)
    check((clean["counterfactual"], clean["counterfactual_of"], other["counterfactual"], other["counterfactual_of"]), (63, None, None, 3), "the pair")
    check((clean["targets"], clean["floor"], clean["stored_floor"]), ([clean["target"]], 0.01, 0.01), "targets and floor")
    assert len(clean["prediction"]["top"]) == 10, "the list of the last state"
    check(json.loads(server.api("graph?prompt=3&target=%d" % clean["target"]).body), clean, "by its target")


def test_relevance_values(server):
    check(json.loads(server.api("graph?prompt=3").body)["relevance"], ["answer", "contrast"], "modes of a prompt")
    check(json.loads(server.api("graph?prompt=63").body)["relevance"], [], "modes of a counterfactual")
    for mode in ("answer", "contrast"):
        found = json.loads(server.api(f"relevance?prompt=3&mode={mode}").body)
        row, = read_rows(DATABASE, f"SELECT m, m_reference, reason FROM relevance WHERE prompt_id = 3 AND mode = '{mode}'")
        check({name: found[name] for name in row}, row, f"margins, {mode}")
        check((found["threshold"], found["floor"]), (0.04, 0.01), "threshold and floor")
        wanted = read_rows(DATABASE, f"SELECT r.* FROM relevance a, hw_relevance(a.parts, 0.01) r WHERE a.prompt_id = 3 AND a.mode = '{mode}'")
        check(found["columns"], list(wanted[0]), "columns")
        check(found["rows"], [list(row.values()) for row in wanted], f"rows, {mode}")
    check_status(server.api("relevance?prompt=63&mode=contrast"), 404, "a counterfactual")
    check_status(server.api("relevance?prompt=3&mode=routes"), 400, "no such mode")


def test_lists_values(server):
    lists = json.loads(server.api("lists?prompt=3").body)
    rows = read_rows(DATABASE, """SELECT kind, convention, layer, position, coalesce(head, neuron, -1) AS at, list, token_id, score, t.text
        FROM graph g, hw_projections(g.projections, NULL, 1) p LEFT JOIN token t USING(token_id) WHERE g.prompt_id = 3""")
    found = [(kind, convention, layer, position, at, name, token, score) for kind, convention, layer, position, at, *both in lists["lists"]
             for name, tokens in zip(("promotes", "suppresses"), both) for token, score in tokens]
    check(found, [(*list(row.values())[:6], row["token_id"], row["score"]) for row in rows], "lists")
    check(lists["tokens"], {str(row["token_id"]): row["text"] for row in rows}, "tokens of lists")


def test_neurons_values(server):
    layer, position = (read_rows(DATABASE, "SELECT layer, position FROM neuron WHERE prompt_id = 3 ORDER BY flow DESC LIMIT 1")[0]).values()
    answer = json.loads(server.api(f"neurons?prompt=3&layer={layer}&position={position}").body)
    rows = read_rows(DATABASE, f"""SELECT n.neuron, n.importance, n.activation FROM graph g, hw_neurons(g.neurons, 1) n
        WHERE g.prompt_id = 3 AND n.layer = {layer} AND n.position = {position} ORDER BY n.importance DESC, n.neuron""")
    check([(neuron, share / 1e6, activation) for neuron, share, activation, _, _ in answer["neurons"]], [tuple(row.values()) for row in rows], "neurons")
    for neuron, _, _, promotes, suppresses in answer["neurons"]:
        done = subprocess.run([BINARY, "query", DATABASE, "neuron_tokens", "--neuron", f"L{layer}N{neuron}", "--format", "json"], check=True, capture_output=True)
        wanted = json.loads(done.stdout)
        for name, tokens in (("promotes", promotes), ("suppresses", suppresses)):
            check([(token, score, answer["tokens"][str(token)]) for token, score in tokens],
                  [(row["token_id"], row["score"], row["token"]) for row in wanted if row["list"] == name], f"{name} of {neuron}")
    check(json.loads(server.api("neurons?prompt=3&layer=99&position=0").body), {"neurons": [], "tokens": {}}, "a node that is not there")


def test_export(server):
    folder = os.path.join(WORK, "export")
    subprocess.run([BINARY, "export", DATABASE, "--out", folder], check=True)
    names = [name for name in os.listdir(folder) if name.endswith(".csv")]
    assert len(names) > 10
    for name in names:
        reply = server.api(f"export/{name}")
        check_status(reply, 200, name)
        with open(os.path.join(folder, name), "rb") as file:
            check(reply.body == file.read(), True, f"{name} and the file of export")
        headers = dict(reply.headers)
        check((headers["content-type"], headers["content-disposition"]), ("text/csv; charset=utf-8", f'attachment; filename="{name}"'), name)
    check(os.listdir(SCRATCH), [], "files that are left behind")


def main():
    sys.exit(run_tests(BINARY, globals(), sys.argv[2:]))


if __name__ == "__main__":
    main()
