#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The end points of the list pages: each equals the named query or the view that it is about, to the last bit; the filters of prompts, alone
and combined, equal what SQL gives; the way through a list is the list; databases that lack something are answered.

    python3 tests/web/lists.py HEADWATER [TEST]...     TEST: only the functions test_TEST
"""
import contextlib
import csv
import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse

from served import ROOT, Server, make_database

BINARY = os.path.abspath(sys.argv[1])
MODEL = os.path.join(ROOT, "datasets", "models", "headwater-gpt2")
N = 90  # prompts: less than the samples that some end points take, so that these look at all
DATABASE = None  # a run with groups, roles, counterfactuals, a mining and two comparisons


def program(*arguments):
    return subprocess.run([BINARY, *arguments], check=True, capture_output=True, text=True).stdout


def query(name, *options, database=None):
    return json.loads(program("query", database or DATABASE, name, "--format", "json", *options))


def sql(text, database=None):
    return json.loads(program("sql", database or DATABASE, text, "--format", "json"))


def check(found, wanted, what):
    if found == wanted:
        return
    if isinstance(found, list) and isinstance(wanted, list):
        for i, (a, b) in enumerate(itertools.zip_longest(found, wanted)):
            if a != b:
                raise AssertionError(f"{what}: row {i} of {len(found)} and {len(wanted)}: found {a!r}, want {b!r}")
    raise AssertionError(f"{what}: found {found!r}, want {wanted!r}")


def address(path, **parameters):
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{path}?{urllib.parse.urlencode(given)}" if given else path


def ask(server, path, status=200, **parameters):
    reply = server.api(address(path, **parameters))
    if reply is None or reply.status != status:
        raise AssertionError(f"{path} {parameters}: {reply and reply.status}: {reply and reply.body[:300]}, want {status}")
    return json.loads(reply.body)


def rows(table):
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


def pick(found, names):
    return [{name: row[name] for name in names} for row in found]


def same(found, wanted, what, rename=None):
    """The columns that both have, at least three of them, are equal; rename: name of theirs -> name of the query's."""
    found = [{(rename or {}).get(name, name): value for name, value in row.items()} for row in found]
    if not wanted:
        raise AssertionError(f"{what}: the query has no rows: the test would compare nothing")
    names = [name for name in wanted[0] if found and name in found[0]]
    if len(names) < 3:
        raise AssertionError(f"{what}: only {names} in common")
    check(pick(found, names), pick(wanted, names), what)


# ---- end points and queries ----

def test_run_pages(server):
    same(rows(ask(server, "accuracy")), query("accuracy"), "accuracy")
    found = ask(server, "size_curve")
    same(rows(found), query("size_curve", "--sample", str(found["sample"])), "size_curve")
    check(found["of"], N, "graphs that there are")
    check(ask(server, "failed"), {"count": 0, "columns": ["prompt_id", "reason", "text"], "rows": []}, "failed")


def test_heads(server):
    same(rows(ask(server, "heads")), sql("SELECT * FROM head_importance ORDER BY layer, head"), "heads")
    for group, name in enumerate(("variant=clean,group=ABBA", "variant=clean,group=BABA")):
        wanted = sql(f"SELECT * FROM head_importance_by_group WHERE group_id = {group} ORDER BY layer, head")
        same(rows(ask(server, "heads", group=group)), wanted, f"heads of group {group}")
        same(rows(ask(server, "heads", group=name)), wanted, f"heads of {name}")
    ask(server, "heads", 400, group="no such group")
    for layer, head in ((1, 5), (2, 1), (3, 7)):
        where = f"layer = {layer} AND head = {head}"
        found = ask(server, "head", layer=layer, head=head)
        groups = rows(found["groups"])
        same([row for row in groups if row["group_id"] == -1], sql(f"SELECT *, -1 AS group_id FROM head_importance WHERE {where}"), "head, all prompts")
        same([row for row in groups if row["group_id"] >= 0], sql(f"SELECT * FROM head_importance_by_group WHERE {where} ORDER BY group_id"), "head by group")
        same([row for row in groups if row["group_id"] == -2], sql(f"SELECT * FROM head_statistic WHERE group_id = -2 AND {where}"), "counterfactuals")
        if any(row["n_active"] for row in groups):
            same(rows(found["sources"]), sql(f"SELECT * FROM head_source_by_group WHERE {where} ORDER BY group_id >= 0, group_id"), "where it looks")
            same(rows(found["edges"]), sql(f"SELECT * FROM edge_frequency WHERE {where} ORDER BY mean DESC, item_id"), "its edges")
        else:
            check((rows(found["sources"]), rows(found["edges"])), ([], []), "a head that is never active")
    for item in (row["item_id"] for row in sql("SELECT item_id FROM edge_frequency ORDER BY frequency DESC LIMIT 5")):
        found = rows(ask(server, "edge", item=item))
        same([row for row in found if row["group_id"] == -1], sql(f"SELECT * FROM edge_frequency WHERE item_id = {item}"), f"edge {item}")
        same([row for row in found if row["group_id"] >= 0], sql(f"SELECT * FROM edge_frequency_by_group WHERE item_id = {item} ORDER BY group_id"), f"edge {item} by group")
    ask(server, "edge", 404, item=1)
    ask(server, "head", 400, layer=9, head=0)


def test_head_tokens(server):
    for layer, head, convention in ((1, 5, "frozen"), (2, 1, "alone")):
        found = ask(server, "head_tokens", layer=layer, head=head, convention=convention)
        source = f"projection WHERE kind = 'head' AND layer = {layer} AND head = {head} AND convention = '{convention}' AND prompt_id < {N}"
        check(found["graphs"], sql(f"SELECT count(DISTINCT prompt_id) AS n FROM head WHERE layer = {layer} AND head = {head} AND prompt_id < {N}")[0]["n"], "graphs")
        check(found["with_list"], sql(f"SELECT count(DISTINCT prompt_id) AS n FROM {source}")[0]["n"], "lists")
        for name in ("promotes", "suppresses"):
            wanted = sql(f"SELECT list, token, count(*) AS graphs, avg(score) AS score, avg(rank) AS rank FROM {source} AND list = '{name}' "
                         "GROUP BY token_id ORDER BY graphs DESC, sum(rank), token_id LIMIT 10")
            shown = [row for row in rows(found) if row["list"] == name]
            for row in shown + wanted:  # means over the same graphs in another order
                row["score"], row["rank"] = (float(f"{row[column]:.12g}") for column in ("score", "rank"))
            same(shown, wanted, f"L{layer}H{head} {name}")


def test_neurons(server):
    for by in ("importance", "flow", "frequency"):
        found = ask(server, "top_neurons", by=by, limit=40)
        wanted = query("top_neurons", "--by", by, "--limit", "40")
        same([{**row, "neuron": f"L{row['layer']}N{row['neuron']}", "promotes": " ".join(json.dumps(text, ensure_ascii=False) for text in row["promotes"])} for row in rows(found)],
             wanted, f"neurons by {by}")
    same(rows(ask(server, "top_neurons", group=1)), sql("SELECT * FROM neuron_importance_by_group WHERE group_id = 1 ORDER BY mean DESC, layer, neuron LIMIT 50"), "neurons of a group")
    layer, neuron = (sql("SELECT layer, neuron FROM neuron_importance ORDER BY mean DESC LIMIT 1")[0][name] for name in ("layer", "neuron"))
    found = ask(server, "neuron", layer=layer, neuron=neuron)
    same(rows(found), query("neuron_tokens", "--layer", str(layer), "--neuron", str(neuron)), "what it promotes")
    same([row for row in rows(found["groups"]) if row["group_id"] >= 0],
         sql(f"SELECT * FROM neuron_importance_by_group WHERE layer = {layer} AND neuron = {neuron} ORDER BY group_id"), "neuron by group")
    places = ask(server, "neuron_prompts", layer=layer, neuron=neuron)
    where = f"layer = {layer} AND neuron = {neuron} AND prompt_id < {N}"
    same(rows(places), sql(f"SELECT prompt_id, position, importance, activation FROM neuron WHERE {where} ORDER BY importance DESC, prompt_id, position LIMIT 20"), "where it is")
    check((places["looked"], places["found"], places["of"]), (N, sql(f"SELECT count(DISTINCT prompt_id) AS n FROM neuron WHERE {where}")[0]["n"], N), "what was looked at")


def test_circuits(server):
    found = ask(server, "circuits")
    same(rows(found), query("circuits", "--limit", "100"), "circuits")
    same([found], query("minings"), "mining", {"mining": "mining_id", "graphs": "n_graphs", "edges": "n_items", "sets": "n_sets"})
    for rank in (row["rank"] for row in rows(found)):
        found = ask(server, "circuit", rank=rank)
        same(sorted(rows(found["groups"]), key=lambda row: row["group_id"]), query("circuits_by_group", "--circuit", str(rank)), "circuit by group")
        edges = sql(f"SELECT v.* FROM circuit c JOIN circuit_edge e USING(circuit_id) JOIN edge_frequency v USING(item_id) WHERE c.rank = {rank} ORDER BY item_id")
        same(sorted(rows(found["edges"]), key=lambda row: row["item_id"]), edges, "its edges")
        names = {row["item_id"]: (row["name"], row["source_role"], row["target_role"]) for row in edges}
        wanted = sql(f"SELECT b.item_id, b.n, b.prompts FROM circuit c JOIN circuit_break b USING(circuit_id) WHERE c.rank = {rank} ORDER BY b.n DESC, b.item_id")
        check(rows(found["breaks"]), [{**row, "prompts": json.loads(row["prompts"])} for row in wanted], "its breaks")
        check([(*names[row["item_id"]], row["n"]) for row in rows(found["breaks"])],
              [(row["missing"], row["source_role"], row["target_role"], row["n_broken"]) for row in query("circuit_breaks", "--circuit", str(rank))], "query circuit_breaks")
        found = rows(ask(server, "circuit_prompts", circuit=rank, sort="importance", order="down", counterfactuals="yes"))
        same(pick(found, ("prompt_id", "importance", "text")), query("circuit_prompts", "--circuit", str(rank), "--limit", "100"), "prompts of a circuit", {"importance": "weakest_edge"})
    count = sql("SELECT count(*) AS n FROM circuit")[0]["n"]
    check(ask(server, "circuit", 404, rank=1000000)["message"], f"no circuit 1000000; mining 1 has 1 to {count}", "the circuits that there are")
    ask(server, "circuits", 400, mining=7)


def test_comparisons(server):
    same(rows(ask(server, "comparisons")), query("comparisons"), "comparisons")
    for number in (1, 2):
        found = ask(server, "comparison", id=number)
        same(rows(found), query("comparisons", "--comparison", str(number), "--limit", "1000"), f"comparison {number}")
        same(rows(found), sql(f"SELECT * FROM comparison_component WHERE comparison_id = {number} ORDER BY rank"), f"components of {number}")
        check((found["group_a"], found["group_b"]), (0, 1), "its groups")
    for row in rows(found):
        if row["item_id"] is not None:
            edge = sql(f"SELECT name, source_role, target_role FROM edge_frequency WHERE item_id = {row['item_id']}")
            check(pick([row], ("name", "source_role", "target_role")), edge, "item_id of a component")
    ask(server, "comparison", 400, id=7)


def test_lens_and_roles(server):
    same(rows(ask(server, "lens")), query("logit_lens"), "lens")
    same(rows(ask(server, "roles")), query("role_flow"), "roles")
    for group in range(4):
        same(rows(ask(server, "lens", group=group)), sql(f"SELECT * FROM answer_by_layer WHERE group_id = {group} ORDER BY layer"), "lens by group")
        same(rows(ask(server, "roles", group=group)), query("role_flow", "--group", str(group)), "roles by group")


# ---- lists of prompts ----

class Lists:
    """What the lists are made of, read from the plain views."""

    def __init__(self):
        self.prompts = {row["prompt_id"]: row for row in sql("SELECT * FROM prompt_wide")}
        self.heads = {}
        for row in sql("SELECT e.prompt_id, e.layer, e.head, max(e.importance) AS importance FROM edge e WHERE e.kind = 'attention' GROUP BY 1, 2, 3"):
            self.heads.setdefault(f"L{row['layer']}H{row['head']}", {})[row["prompt_id"]] = row["importance"]
        self.edges = {}
        for row in sql("SELECT item_id, prompt_id, importance FROM item_prompt"):
            self.edges.setdefault(row["item_id"], {})[row["prompt_id"]] = row["importance"]
        self.circuits = {}
        for row in sql("SELECT c.rank, g.graph_id >> 20 AS prompt_id, g.importance FROM circuit c, hw_item_graphs(c.graphs) g"):
            self.circuits.setdefault(row["rank"], {})[row["prompt_id"]] = row["importance"]

    def wanted(self, q=None, group=None, head=None, edge=None, circuit=None, answers=None, counterfactuals="no", sort="number", order="up"):
        found, importance = dict(self.prompts), None
        for table, key in ((self.heads, head), (self.circuits, circuit), (self.edges, edge)):
            if key is not None:
                importance = table.get(key, {})
                found = {prompt: row for prompt, row in found.items() if prompt in importance}
        if group is not None:
            found = {prompt: row for prompt, row in found.items() if row["group_id"] == group}
        elif counterfactuals != "yes":
            found = {prompt: row for prompt, row in found.items() if (row["counterfactual_of"] is not None) == (counterfactuals == "only")}
        if q is not None:
            found = {prompt: row for prompt, row in found.items() if q.lower() in row["text"].lower()}
        if answers in ("right", "wrong"):
            found = {prompt: row for prompt, row in found.items() if row["correct"] == (answers == "right")}
        value = {"number": lambda prompt: prompt, "importance": lambda prompt: importance[prompt] if importance else None,
                 "probability": lambda prompt: self.prompts[prompt]["predicted_probability"], "rank": lambda prompt: self.prompts[prompt]["answer_rank"],
                 "logit_diff": lambda prompt: self.prompts[prompt]["logit_diff"]}[sort]
        sign = -1 if order == "down" else 1
        return sorted(found, key=lambda prompt: (float("inf") if value(prompt) is None else sign * value(prompt), prompt)), importance


def choices(lists, seed):
    """Filters alone first, then combined at random."""
    rare = [head for head, graphs in lists.heads.items() if len(graphs) < N]
    alone = {"q": ["mary", "MARY", "a%", "_", "!", "'", "no such text", "to"], "group": [0, 1, 2, 3], "head": ["L1H5", "L3H7", *rare[:4]],
             "edge": sorted(lists.edges, key=lambda item: -len(lists.edges[item]))[:40:6], "circuit": [1, 2, 5], "answers": ["all", "right", "wrong"],
             "counterfactuals": ["no", "yes", "only"], "sort": ["number", "probability", "rank", "logit_diff"], "order": ["up", "down"]}
    for name, values in alone.items():
        for value in values:
            yield {name: value}
    for sort in alone["sort"]:
        yield {"sort": sort, "order": "down", "counterfactuals": "yes"}
    pick_from = random.Random(seed)
    for _ in range(120):
        chosen = {name: pick_from.choice(values) for name, values in alone.items() if pick_from.random() < 0.45}
        if {"head", "edge", "circuit"} & set(chosen) and pick_from.random() < 0.6:
            chosen["sort"] = "importance"
        yield chosen


def point(name, chosen):
    return f"circuit_{name}" if "circuit" in chosen else name


def test_prompts(server):
    lists = Lists()
    sizes = []
    for chosen in choices(lists, 1):
        wanted, importance = lists.wanted(**chosen)
        found = ask(server, point("prompts", chosen), limit=1000, **chosen)
        shown = rows(found)
        check((found["count"], [row["prompt_id"] for row in shown], found["next"]), (len(wanted), wanted, None), f"prompts {chosen}")
        for row in shown:
            prompt = lists.prompts[row["prompt_id"]]
            check([row[name] for name in ("group_id", "text", "predicted", "probability", "rank", "logit_diff", "counterfactual_of", "target_pos", "importance")],
                  [prompt["group_id"], prompt["text"], prompt["predicted"], prompt["predicted_probability"], prompt["answer_rank"], prompt["logit_diff"],
                   prompt["counterfactual_of"], None, importance and importance[row["prompt_id"]]], f"row {row['prompt_id']} of {chosen}")
        sizes.append(len(wanted))
    assert len({size for size in sizes if size}) > 25, f"the filters are too much the same: {sizes}"


def test_pages_and_walk(server):
    """Pages of seven, one after the other, are the list; and so is the walk from its first prompt to its last."""
    lists = Lists()
    for chosen in ({}, {"sort": "rank", "order": "down"}, {"head": "L1H5", "sort": "importance", "order": "down", "q": "mary", "counterfactuals": "yes"},
                   {"circuit": 2, "sort": "logit_diff"}, {"circuit": 1, "sort": "importance", "order": "down", "group": 1}):
        wanted, _ = lists.wanted(**chosen)
        found, after = [], None
        while True:
            page = ask(server, point("prompts", chosen), limit=7, after=after, **chosen)
            check(page["count"], len(wanted), "count of a page")
            found += [row["prompt_id"] for row in rows(page)]
            after = page["next"]
            if after is None:
                break
            check(len(page["rows"]), 7, "rows of a page")
        check(found, wanted, f"pages of {chosen}")
        for i, prompt in enumerate(wanted):
            before, behind = wanted[i - 1] if i else None, wanted[i + 1] if i + 1 < len(wanted) else None
            check(ask(server, point("walk", chosen), prompt=prompt, **chosen),
                  {"count": len(wanted), "place": i + 1, "previous": before if before is None else [before, None], "next": behind if behind is None else [behind, None]},
                  f"walk at {prompt} of {chosen}")
    way = ask(server, "walk", prompt=N + 3)
    check((way["place"], way["previous"], way["next"]), (None, [N - 1, None], None), "a prompt that is not in the list: its place in the order of numbers")
    way = ask(server, "walk", prompt=N + 3, sort="rank")
    check((way["place"], way["previous"], way["next"]), (None, None, None), "a prompt that is not in the list and has no place in its order")


def test_targets(server):
    """With several targets a prompt, a filter that is about graphs lists graphs; else a prompt is listed once."""
    path = os.path.join(WORK, "targets.db")
    make_database(BINARY, path, "--limit", "6", "--targets", "all", "--neuron-projections", "none")
    with Server(BINARY, path) as other:
        check([(row["prompt_id"], row["target_pos"]) for row in rows(ask(other, "prompts"))], [(prompt, None) for prompt in range(6)], "prompts")
        wanted = sql("SELECT DISTINCT h.prompt_id, nullif(h.target_pos, p.n_tokens - 1) AS target_pos FROM head h JOIN prompt p USING(prompt_id) "
                     "WHERE h.layer = 1 AND h.head = 2 ORDER BY h.prompt_id, h.target_pos", path)
        found = rows(ask(other, "prompts", head="L1H2"))
        check(pick(found, ("prompt_id", "target_pos")), wanted, "graphs with a head")
        assert len({row["prompt_id"] for row in wanted}) < len(wanted), "some prompt has several"
        for i in range(len(found) - 1):
            way = ask(other, "walk", head="L1H2", prompt=found[i]["prompt_id"], target=found[i]["target_pos"])
            if found[i]["target_pos"] is not None:
                check((way["place"], way["next"]), (i + 1, [found[i + 1]["prompt_id"], found[i + 1]["target_pos"]]), "walk through graphs")


# ---- what is refused, what is not there ----

def test_refused(server):
    for path in ("prompts?head=L9H9", "prompts?head=x", "prompts?edge=-1", "prompts?sort=size", "prompts?order=x", "prompts?limit=0", "prompts?limit=1001",
                 "prompts?group=99", "prompts?group=none", "prompts?answers=x", "prompts?after=x", "prompts?q=" + "x" * 500, "prompts?q=a&q=b", "prompts?circuit=1",
                 "walk", "walk?prompt=99999", "circuit_prompts", "head?layer=1", "head?layer=1&head=8", "head_tokens?layer=1&head=1&convention=x", "heads?by=x",
                 "neuron?layer=0&neuron=512", "top_neurons?by=x", "circuit", "lens?group=x", "accuracy?x=1"):
        reply = server.api(path)
        check((reply.status, json.loads(reply.body)["error"]), (400, "parameter"), path)
    check("no such layer" in json.loads(server.api("prompts?head=L9H9").body)["message"], True, "the layer is told where it is what does not exist")
    check(ask(server, "prompts", head="L3H7")["count"], 0, "a head that is never active")
    check(ask(server, "prompts", q="'; DROP TABLE prompt; --")["count"], 0, "a text that is SQL")


ENDS = ("run", "accuracy", "size_curve", "failed", "prompts", "prompts?head=L0H0&q=a&sort=rank", "heads", "head?layer=0&head=0", "head_tokens?layer=0&head=0", "top_neurons",
        "neuron?layer=0&neuron=0", "neuron_prompts?layer=0&neuron=0", "lens", "roles")
MINED = ("circuits", "circuit?rank=1", "circuit_prompts?circuit=1", "circuit_walk?circuit=1&prompt=0")
COMPARED = ("comparisons", "comparison?id=1")


def plain(name, text, code=0, *options):
    """A database of a data set that is written here, without groups, roles, answers, minings or comparisons."""
    data, path = os.path.join(WORK, name + ".jsonl"), os.path.join(WORK, name + ".db")
    with open(data, "w", encoding="utf-8") as file:
        file.write(text)
    done = subprocess.run([BINARY, "run", "--model", MODEL, "--data", data, "--db", path, "--quiet", *options], capture_output=True, text=True)
    check(done.returncode, code, done.stderr)
    return path


def test_plain_run(server):
    path = plain("plain", "".join(json.dumps({"prompt": f"When {name} and John went to the store"}) + "\n" for name in ("Mary", "Tom", "Nina", "<img src=x>")))
    with Server(BINARY, path) as other:
        for end in ENDS:
            check(other.api(end).status, 200, end)
        for end in MINED + COMPARED:
            check(ask(other, end, 404)["error"], "not_ready", end)
        check(rows(ask(other, "accuracy")), [], "no answers: no accuracy")
        check(rows(ask(other, "lens")), [], "no answers: no lens")
        run = ask(other, "run")
        check((run["minings"], run["comparisons"], run["counterfactuals"], len(run["groups"])), ([], [], 0, 1), "run")
        found = rows(ask(other, "prompts"))
        check([(row["answer"], row["rank"], row["logit_diff"]) for row in found], [(None, None, None)] * 4, "prompts without answers")
        check(found[3]["text"], "When <img src=x> and John went to the store", "a text stays text")
        check(ask(other, "prompts", answers="wrong")["count"], 0, "without answers none is wrong")
        same(rows(ask(other, "roles")), query("role_flow", database=path), "roles")


def test_failed_prompts(server):
    path = plain("failed", json.dumps({"prompt": "When Mary and John went to the"}) + "\n" + json.dumps({"prompt": ""}) + "\n" + json.dumps({"prompt": "word " * 3000}) + "\n", 3)
    with Server(BINARY, path) as other:
        found = ask(other, "failed")
        check((found["count"], rows(found)), (2, query("failed", database=path)), "failed prompts")
        check([row["prompt_id"] for row in rows(ask(other, "prompts"))], [0], "prompts")
        for end in ENDS:
            check(other.api(end).status, 200, end)
    path = plain("all_failed", json.dumps({"prompt": ""}) + "\n", 3)
    with Server(BINARY, path) as other:
        for end in ENDS:
            check(other.api(end).status, 200, end)
        check((ask(other, "prompts")["count"], rows(ask(other, "heads")), rows(ask(other, "lens"))), (0, [], []), "nothing was traced")


def test_damaged_answers(server):
    """An answer of a prompt that cannot be there is no answer of another one, and ends no list."""
    filters = {"answers": "right", "head": "L0H0", "counterfactuals": "yes"}
    prompt = next(row["prompt_id"] for row in rows(ask(server, "prompts", **filters)))
    wanted = ask(server, "prompts", **filters)["count"] - 1
    for k, wrong in enumerate((prompt + (1 << 44), -7)):
        path = os.path.join(WORK, f"damaged{k}.db")
        shutil.copy(DATABASE, path)
        with sqlite3.connect(path) as db:
            db.execute("UPDATE answer SET prompt_id = ? WHERE prompt_id = ?", (wrong, prompt))
        db.close()
        with Server(BINARY, path) as other:
            check(ask(other, "prompts", **filters)["count"], wanted, f"answers with one of prompt {wrong}")


KEPT = ("prompts", "prompts?q=to&limit=7", "prompts?answers=right", "prompts?answers=wrong&group=1", "prompts?head=L1H5&sort=probability", "prompts?sort=rank&order=down",
        "prompts?sort=logit_diff&counterfactuals=yes", "head_tokens?layer=1&head=5", "walk?prompt=3&sort=probability")


def test_changed_while_served(server):
    """What the server keeps of a database goes when another program changes it, whatever the journal: each answer is that of a new server."""
    path = os.path.join(WORK, "changed.db")
    shutil.copy(DATABASE, path)
    ends = (*KEPT, f"prompts?edge={sql('SELECT item_id FROM edge_frequency ORDER BY frequency DESC LIMIT 1')[0]['item_id']}")
    changes = ("UPDATE answer SET answer_rank = 3 - answer_rank WHERE prompt_id % 3 = 0 AND answer_rank < 3", "UPDATE answer SET logit_diff = -logit_diff",
               "UPDATE graph_info SET predicted_probability = 1 - predicted_probability", "UPDATE prompt SET text = replace(text, 'to', 'into') WHERE prompt_id % 2",
               "UPDATE prompt SET n_tokens = n_tokens - 1, group_id = 1 - group_id WHERE prompt_id < 7", "DELETE FROM item_graph WHERE item_id % 2 = (SELECT min(item_id % 2) FROM item_graph)")
    with Server(BINARY, path) as other, contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        seen = [[other.api(end).body for end in ends] for _ in range(2)]
        check(seen[0], seen[1], "what is kept is the same")
        for journal in ("delete", "wal"):
            check(db.execute(f"PRAGMA journal_mode = {journal}").fetchone()[0], journal, "journal")
            for change in changes:
                db.execute(change)
                found = [other.api(end).body for end in ends]
                with Server(BINARY, path) as new:
                    check(found, [new.api(end).body for end in ends], f"{journal}: {change}")
                seen.append(found)
    assert all(len({found[i] for found in seen}) > 1 for i in range(len(ends))), "a change that nothing shows"
    assert all(seen[i] != seen[i + 1] for i in range(1, len(seen) - 1)), "a change that nothing shows"


def make():
    global DATABASE
    DATABASE = os.path.join(WORK, "lists.db")
    data = os.path.join(WORK, "ioi.csv")
    with open(os.path.join(ROOT, "datasets", "ioi.csv"), newline="", encoding="utf-8") as source, open(data, "w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(itertools.islice(csv.reader(source), N + 1))
    program("run", "--model", MODEL, "--data", data, "--db", DATABASE, "--quiet", "--group-by", "group", "--counterfactual", "--floor", "0.01", "--project", "all", "--convention", "both")
    program("mine", DATABASE)
    program("compare", DATABASE, "--by", "group=ABBA,BABA", "--permutations", "500")
    program("compare", DATABASE, "--by", "group=ABBA,BABA", "--components", "items", "--permutations", "500")


def main():
    global WORK
    with tempfile.TemporaryDirectory() as WORK:
        make()
        wanted = [f"test_{name}" for name in sys.argv[2:]] or [name for name in globals() if name.startswith("test_")]
        with Server(BINARY, DATABASE) as server:
            for name in wanted:
                globals()[name](server)
                print(f"{name[5:]}: ok", flush=True)


if __name__ == "__main__":
    main()
