# SPDX-License-Identifier: Apache-2.0
# check_marginals.py HEADWATER CROSSED.db SINGLE.db...: what CROSSED, grouped by several columns, says of the values of one column must
# be what a run says that is grouped by that column alone. By every view and every named query with groups.
import csv
import io
import subprocess
import sys

headwater, crossed, singles = sys.argv[1], sys.argv[2], sys.argv[3:]


def rows(*command):
    text = subprocess.run([headwater, *command, "--format", "csv"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return list(csv.DictReader(io.StringIO(text)))


def without_numbers(row):
    return {k: v for k, v in row.items() if k != "group_id"}


commands = [("sql", f"SELECT g.name AS group_name, v.* FROM {view} v JOIN prompt_group g USING(group_id) ORDER BY {order}") for view, order in (
    ("head_importance_by_group", "layer, head"), ("neuron_importance_by_group", "layer, neuron"), ("edge_frequency_by_group", "item_id"),
    ("role_flow_by_group", "layer, role_id"), ("head_source_by_group", "layer, head"), ("answer_by_layer", "layer"), ("group_size", "n"))]
commands += [("query", name) for name in ("accuracy", "groups", "heads_by_group", "circuits_by_group")]
for kind, what in commands:
    found = wanted = differ = 0
    every = rows(kind, crossed, what, *(["--limit", "1000"] if what == "heads_by_group" else []))
    for single in singles:
        names = {r["group_name"] for r in rows("query", single, "groups")}
        mine = sorted(str(without_numbers(r)) for r in every if r["group_name"] in names)
        other = sorted(str(without_numbers(r)) for r in rows(kind, single, what, *(["--limit", "1000"] if what == "heads_by_group" else []))
                       if r["group_name"] in names)
        found, wanted, differ = found + len(mine), wanted + len(other), differ + (mine != other)
    label = what.split(" FROM ")[1].split()[0] if kind == "sql" else what
    print(f"{label}: {'equal' if not differ and wanted else f'{found} rows, want {wanted}, {differ} differ'}")
