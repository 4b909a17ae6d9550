# SPDX-License-Identifier: Apache-2.0
"""Every parameter of every named query, as --help tells its type: a good value, one of a wrong type (exit code 2), one that the database
lacks (exit code 1). --limit 0 gives all rows.

parameters.py HEADWATER DB. Prints a line a query; what is wrong begins with BUT. Where HEADWATER_CLI_ONCE is set (the sanitizers' build) a wrong
value of a type is tried with the first query that has a parameter of that type, and counted with all: the others refuse it by the same code."""
import os
import re
import subprocess
import sys

program, db = sys.argv[1:]


def ask(*arguments):
    done = subprocess.run([program, "query", db, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, re.sub(r"headwater: \w+: there may be more rows: --limit is [0-9]+ by default \([^\n]+, 0 for all\)\n", "", done.stderr)


def first(sql):
    done = subprocess.run([program, "sql", db, sql, "--format", "csv"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[1]


edge = first("SELECT name FROM edge_frequency WHERE kind = 'attention' ORDER BY n_active DESC, item_id LIMIT 1")
source, target = (first(f"SELECT {c}_role FROM edge_frequency WHERE kind = 'attention' ORDER BY n_active DESC, item_id LIMIT 1") for c in ("source", "target"))
neuron = first("SELECT 'L' || layer || 'N' || neuron FROM neuron_token LIMIT 1")
# type: good values, values of a wrong type, values that are missing
values = {
    "count": (["3"], ["7x", "L0H6", "-1", "1.5", "NULL"], []),
    "number": (["0.5"], ["7x", "many"], []),
    "numbers": (["0.2,0.5"], ["0.2;0.5", "x", ""], []),
    "layer": (["0", "L0"], ["x", "0x", "L0H6"], ["99"]),
    "head": ([edge], ["x", "7x", "H6", "L0N6", "LxH6", "The nurse"], ["99999", "L0H99999", "L999H0"]),
    "neuron": ([neuron], ["x", "N1", "L0H6"], ["999999", "L0N999999", "L999N0"]),
    "group": (["group=ABBA", "0"], [], ["group=ABB", "ABBA", "roup=ABB", "99", "0x"]),
    "role": (["END"], [], ["EN", "nobody", "0x"]),
    "token": ([first("SELECT trim(text) FROM neuron_token JOIN token USING(token_id) WHERE length(trim(text)) > 3 LIMIT 1")], [], ["no such token at all"]),
    "prompt": (["0"], ["The nurse", "0x", "7x", "L0H6", "-1"], ["99999"]),
    "target": ([first("SELECT target_pos FROM graph WHERE prompt_id = 0")], ["x", "7x"], ["99999"]),
    "mining": (["1"], ["x", "7x"], ["99"]),
    "circuit": (["1"], ["x", "7x"], ["99999"]),
    "comparison": (["1"], ["x", "7x"], ["99"]),
    "column": (["template"], [], ["templat", "emplate", "0x"]),
    "certificate": (["1"], ["x", "7x"], ["99"]),
    "mode": (["answer"], [], ["contrast", "neither"]),
}
tried = set()  # types and wrong values
names = re.findall(r"^  ([a-z_]+)  ", ask()[1], re.M)
for name in names:
    code, text, _ = ask(name, "--help")
    text = re.sub(r"\n {24}", " ", text)
    found = re.findall(r"^  --([a-z]+) (\S+) .*?(\[[^\n]*\])?$", text, re.M)
    needed, total, untyped = {}, 0, []
    for parameter, kind, default in found:
        if "|" not in kind and kind not in values:
            untyped.append(parameter)
        elif not default:
            needed[parameter] = values[kind][0][0]
    if "source" in needed:
        needed.update(source=source, target=target)
    if any(kind in ("head", "neuron") for _, kind, _ in found):
        needed.pop("layer", None)
    if untyped:
        print(f"BUT {name}: no type that is tested: {untyped}")
        continue

    def run(**other):
        return ask(name, "--format", "csv", *[word for p, v in {**needed, **other}.items() for word in ("--" + p, v)])

    code, rows, problem = run()
    rows_of_default = rows.splitlines()
    if code or len(rows.splitlines()) < 2 and name not in ("failed", "circuit_breaks"):
        print(f"BUT {name} {needed}: exit {code}, {problem or 'no rows'}")
    for parameter, kind, default in found:
        good, bad, missing = values.get(kind, (kind.split("|"), ["size", kind.split("|")[0][:-1], "0"], []))
        for value in good:
            other = {"prompt": "0"} if kind == "target" else {}
            code, rows, problem = run(**{**other, parameter: value})
            if kind in ("head", "layer") and value != edge:
                continue  # alone it is another edge
            if code or problem:
                print(f"BUT {name} --{parameter} {value}: exit {code}, {problem}")
        if parameter == "limit":
            every, many = run(limit="0"), run(limit="1000000000")
            if every != many or every[0] or len(every[1].splitlines()) < len(rows_of_default):
                print(f"BUT {name} --limit 0: exit {every[0]}, {len(every[1].splitlines())} lines, of {len(many[1].splitlines())}")
        number = {"head": "0"} if "head" in needed else {"neuron": "0"}
        for value in bad + missing:
            if (kind, value) in tried and os.environ.get("HEADWATER_CLI_ONCE"):
                continue
            tried.add((kind, value))
            code, rows, problem = run(**{**(number if kind == "layer" else {}), parameter: value})
            clear = problem.count("\n") == 1 and f'"{value}"' in problem or value == "NULL" and "cannot be NULL" in problem
            asks = "no such" in problem if value in missing else "wants " in problem
            if code != (1 if value in missing else 2) or rows or not clear or not asks or f"--{parameter}" not in problem and kind != "head" and kind != "neuron":
                print(f"BUT {name} --{parameter} {value!r}: exit {code}, {len(rows)} bytes of rows, {problem.strip()!r}")
        total += len(good) + len(bad) + len(missing)
    print(f"{name}: {', '.join(p + ' ' + k for p, k, _ in found) or 'no parameters'}; {total} values")
