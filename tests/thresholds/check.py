# SPDX-License-Identifier: Apache-2.0
"""Rows stored below the threshold are in no result.

    check.py HEADWATER EXTENSION [--all]      --all: every threshold with every data set

For each data set and threshold T three databases say the same: a run with T as its floor, a run at T with a lower floor, and a run with that floor at
another threshold that `rethreshold` takes to T. The same: every view and table, named query, comparison, mining, and exported file, but
for what is said of the stored rows and of how the database was made. Scores of projections may differ in their last digit: BLAS rounds a
product differently in a batch of another size.
"""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

HEADWATER, EXTENSION = map(os.path.abspath, sys.argv[1:3])
ALL = sys.argv[3:] == ["--all"]
DATASETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "datasets")
FLOOR, THRESHOLDS = 0.01, [0.02, 0.04, 0.08, 0.15, 0.3]
CASES = [  # data set, prompts, model, options, groups to compare, thresholds
    ("ioi", 12, "gpt2", ["--counterfactual"], "group=ABBA,BABA", [0.02, 0.15]),
    ("greater_than", 6, "gpt2", ["--project", "all", "--targets", "all"], "group=late,early", [0.04, 0.3]),
    ("pronoun", 8, "llama", ["--convention", "both"], "group=he,she", [0.08, 0.15]),
]
TOKEN = " the"
# Tables and queries that say how the database was made, the view of stored rows, and in others columns and rows about them.
LEFT_OUT = {"part", "setting", "run", "process", "settings"}
# What `certify` makes with the model. It is not asked here, so that its tables are not there.
LEFT_OUT |= {"certificates", "certificate_failures", "faithfulness_areas", "faithfulness_curve", "head_effects", "interactions"}
LEFT_OUT_COLUMNS = {("graph_info", "n_parts"), ("graph_size", "parts"), ("graph", "edges"), ("graph", "neurons"), ("graph", "projections")}
SCORE = 2e-4  # scores are stored in 1e-4

checks = failures = 0


def command(*arguments):
    done = subprocess.run([HEADWATER, *arguments], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else "exit %d: %s" % (done.returncode, done.stderr)


def must(*arguments):
    text = command(*arguments)
    if text.startswith("exit "):
        sys.exit("headwater %s: %s" % (" ".join(arguments), text))
    return text


def connect(path):
    db = sqlite3.connect(path)
    db.enable_load_extension(True)
    db.load_extension(EXTENSION)
    return db


def table_rows(db, name):
    columns = [c[1] for c in db.execute("SELECT * FROM pragma_table_xinfo(?)", (name,)) if (name, c[1]) not in LEFT_OUT_COLUMNS]
    chosen = ["score * 1e-4" if (name, c) == ("neuron_token", "score") else '"%s"' % c for c in columns]
    return sorted(db.execute('SELECT %s FROM "%s"' % (", ".join(chosen), name)), key=repr)


def query_rows(db, name, sql, values):
    cursor = db.execute(sql, values)
    chosen = [i for i, c in enumerate(cursor.description) if (name, c[0]) not in LEFT_OUT_COLUMNS]
    return [tuple(row[i] for i in chosen) for row in cursor if not (name == "pruned" and row[0] == "parts")]


def example_values(db):
    """A value for each parameter that has no default."""
    layer, head, source, target = db.execute(
        "SELECT layer, head, item_id >> 6 & 63, item_id & 63 FROM edge_frequency WHERE kind = 'attention' ORDER BY n_active DESC, item_id LIMIT 1"
    ).fetchone()
    neuron = db.execute("SELECT layer, neuron FROM neuron_importance ORDER BY mean DESC, layer, neuron LIMIT 1").fetchone() or (0, 0)
    return {"prompt": 0, "token": TOKEN, "layer": layer, "head": head, "source": source, "target": target, "neuron": neuron[1],
            ("neuron_tokens", "layer"): neuron[0]}


def named_queries(path):
    """name -> SQL, {parameter: default; empty where there is none}"""
    queries = {}
    for name in re.findall(r"^  (\w+)  ", must("query", path), re.M):
        help_text = must("query", path, "--help", name)
        sql = help_text.split("--queries:\n", 1)[1]
        described = re.sub(r"\n {24}", " ", help_text.split("Its SQL")[0])
        parameters = re.findall(r"^  --(\w+) \S+ .*?(?:\[([^]]*)\])?$", described, re.M)
        queries[name] = sql, dict(parameters)
    return queries


def value_of(name, parameter, default, examples):
    if parameter == "limit":
        return 10**6
    if (name, parameter) == ("size_curve", "thresholds"):
        return "0.3,0.5"
    if not default:
        return examples.get((name, parameter), examples.get(parameter))
    return None if default == "NULL" else float(default) if re.fullmatch(r"[0-9.]+", default) else default


def results(path, groups, queries):
    """name of a result -> its rows"""
    found = {"mine": re.sub(r"\S*\.db|[0-9.]+ s\b", "", must("mine", path, "--items", "heads+ffn", "--roles", "all")).splitlines()}
    for components, measure in (("heads", "importance"), ("neurons", "importance"), ("neurons", "flow"), ("items", "importance")):
        found["compare %s %s" % (components, measure)] = must(
            "compare", path, "--by", groups, "--components", components, "--measure", measure, "--permutations", "99", "--min-active", "1",
            "--format", "csv").splitlines()
    db = connect(path)
    names = [n for (n,) in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite_%' UNION "
                                      "SELECT name FROM temp.sqlite_schema WHERE type = 'view'")]
    for name in names:
        if name not in LEFT_OUT:
            found["table " + name] = table_rows(db, name)
    examples = example_values(db)
    for name, (sql, defaults) in queries.items():
        if name not in LEFT_OUT:
            values = {p: value_of(name, p, d, examples) for p, d in defaults.items()}
            found["query " + name] = query_rows(db, name, sql, values)
            if name == "heads_promoting":
                found["query heads_promoting, a token"] = query_rows(db, name, sql, {**values, "token": TOKEN})
    db.close()
    must("export", path, "--out", path + ".export")
    for file in os.listdir(path + ".export"):
        if file != "MANIFEST.json":
            with open(os.path.join(path + ".export", file), encoding="utf-8") as text:
                found["export " + file] = text.read().splitlines()
    return found


def equal(name, a, b):
    if a == b:
        return True
    if not re.search("projection|neuron_token|promoting|top_neurons|prompt_lens", name) or len(a) != len(b):
        return False
    return all(x == y or (isinstance(x, float) and isinstance(y, float) and abs(x - y) <= SCORE)
               for row_a, row_b in zip(a, b) for x, y in zip(row_a, row_b))


def same(what, wanted, found):
    global checks, failures
    for name in sorted(set(wanted) | set(found)):
        checks += 1
        a, b = wanted.get(name, []), found.get(name, [])
        if name in wanted and name in found and equal(name, a, b):
            continue
        failures += 1
        print("%s, %s: %d and %d rows; %s" % (what, name, len(a), len(b), [(x, y) for x, y in zip(a, b) if x != y][:1]))


def check_stored(what, path):
    """What is outside of the graph is there for who asks for it, and marked."""
    global checks, failures
    db = connect(path)
    for function, column, arguments in (("hw_neurons", "neurons", ""), ("hw_projections", "projections", ", NULL")):
        (stored, marked), (in_graph,) = (db.execute("SELECT %s FROM graph g, %s(g.%s%s%s) r" % (chosen, function, column, arguments, more)).fetchone()
                                         for chosen, more in (("count(*), sum(r.in_graph)", ", 1"), ("count(*)", "")))
        checks += 1
        if not stored > in_graph == marked > 0:
            failures += 1
            print("%s: %s has %d rows, %d of them marked as in the graph, and %d without the stored ones" % (what, function, stored, marked, in_graph))
    db.close()


def run(path, case, *more):
    name, limit, model, options, _, _ = case
    must("run", "--model", os.path.join(DATASETS, "models", "headwater-" + model), "--data", os.path.join(DATASETS, name + ".csv"), "--db", path,
         "--limit", str(limit), "--group-by", "group", "--neuron-projections", "used", "--quiet", *options, *map(str, more))


with tempfile.TemporaryDirectory() as folder:
    queries, compared = None, 0
    for case in CASES:
        source = os.path.join(folder, "source.db")
        run(source, case, "--threshold", THRESHOLDS[0], "--floor", FLOOR)
        queries = queries or named_queries(source)
        thresholds = THRESHOLDS if ALL else case[5]
        compared += 2 * len(thresholds)
        for threshold in thresholds:
            paths = [os.path.join(folder, kind + ".db") for kind in ("alone", "floor", "rethreshold")]
            run(paths[0], case, "--threshold", threshold, "--floor", threshold)
            run(paths[1], case, "--threshold", threshold, "--floor", FLOOR)
            must("rethreshold", source, "--threshold", str(threshold), "--out", paths[2])
            alone, floor, rethreshold = (results(path, case[4], queries) for path in paths)
            same("%s at %g, with a floor" % (case[0], threshold), alone, floor)
            same("%s at %g, rethreshold" % (case[0], threshold), alone, rethreshold)
            for path in paths[1:]:
                check_stored("%s at %g, %s" % (case[0], threshold, os.path.basename(path)), path)
            for path in paths:
                os.remove(path)
        os.remove(source)
print("%d results compared, %d differ" % (checks, failures))
sys.exit(1 if failures or checks < compared * len(queries) else 0)
