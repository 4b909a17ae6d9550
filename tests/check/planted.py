# SPDX-License-Identifier: Apache-2.0
"""Plants a change of one bit into every column of every table of a database, one at a time, and sees whether `headwater check` finds it.

    python3 tests/check/planted.py build/headwater [--every N] [--tables A,B] [--list]

--every N: only each N-th column, and those of the model's kind. --list prints what finds each. A column that nothing tells is named in
UNTOLD, with all that check prints as not checked; a column that only the model tells in MODEL."""

import argparse
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GPT2 = os.path.join(ROOT, "datasets/models/headwater-gpt2")
# Nothing in the database or the model determines these.
UNTOLD = {
    "run": "model_name dataset_name n_prompts",  # one more looks like a run that is not finished, which is said on stderr
    "prompt": "roles",  # of positions where no edge ends; others are in items
    "process": "host pid started threads model_path dataset_path program_version blas_kernel batch_invariant",
    "process_stage": "process_id stage seconds",
    "role": "name",
    "failed": "reason text",
    "prompt_value": "prompt_id key value",
    "mining": "parameters complete_support n_items n_items_cut n_sets complete note mining_id",
    "circuit": "path new_cells",
    "circuit_break": "prompts",
    "comparison": "comparison_id components measure column_name a b other_database other_fingerprint n_a n_b left_out_a left_out_b paired pair_column "
                  "cluster_column n_clusters unit exchange n_units n_permutations seed least_p min_active n_rare n_prompts",
    "comparison_component": "name layer head neuron kind source_role target_role mean_a mean_b effect standard_error df p active_a active_b",
}
# Only --model finds these, or some of their bits.
MODEL = {
    "run": "model_family n_kv_heads d_model d_ffn vocab_size parallel_block",
    "token": "token_id text bytes",
    "prompt": "has_bos text tokens",
    "answer": "answer_id foil_id answer_logit answer_probability answer_log_probability foil_logit foil_probability foil_log_probability logit_diff log_probability_diff",
    "answer_lens": "lens",
    "graph": "edges neurons projections",
    "graph_info": "predicted_id predicted_logit predicted_probability",
    "neuron_token": "layer neuron token_id score",
    "relevance": "reason parts",
}


def listed(table_columns, table, column):
    return column in table_columns.get(table, "").split()


def flip(value):
    """The value with one bit changed: the lowest of an integer, the lowest of a number's mantissa as float32, one in the middle of others."""
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, float):
        bits = struct.unpack("<q", struct.pack("<d", value))[0] ^ (1 << 29)
        return struct.unpack("<d", struct.pack("<q", bits))[0]
    if isinstance(value, str):
        data = bytearray(value.encode())
        at = next((i for i, byte in enumerate(data) if i >= len(data) // 2 and 0x30 <= byte < 0x7f), 0)
        data[at] ^= 1
        return data.decode()
    data = bytearray(value)
    data[len(data) // 2] ^= 1
    return bytes(data)


def repacked(blob, change=bytes):
    """A packed column as another zlib packs it, its payload changed by `change`; None for bytes that are no such column."""
    for at in range(8, len(blob)):
        try:
            payload = zlib.decompress(blob[at:])
        except zlib.error:
            continue
        packer = zlib.compressobj(1)
        return blob[:at] + packer.compress(change(payload)) + packer.flush()
    return None


def wrong_after_repacking(program, whole, path):
    """Packed columns by another zlib are no difference; one changed payload of each kind is."""
    wrong = []
    columns = [("graph", "edges"), ("graph", "heads"), ("graph", "neurons"), ("graph", "projections"), ("relevance", "parts")]
    for table, column in columns:
        for what, change in (("packed again", bytes), ("a bit of the payload", flip)):
            shutil.copy(whole, path)
            with sqlite3.connect(path) as database:
                rows = database.execute(f"SELECT rowid, {column} FROM {table} WHERE length({column}) > 0").fetchall()
                for rowid, blob in rows if change is bytes else rows[len(rows) // 2:][:1]:
                    new = repacked(blob, change)
                    if new is None or new == blob:
                        wrong.append(f"{table}.{column}: {what}: the bytes are the same, or are not packed")
                    database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
            database.close()
            differs = any(check(program, path, *flags).returncode for flags in ((), ("--model", GPT2, "--sample", "0")))
            if not rows or differs != (change is flip):
                wrong.append(f"{table}.{column}: {what}: {len(rows)} rows, {'they differ' if differs else 'no difference'}")
    return wrong


def columns_of(path):
    """(table, column, how to find the row, value) of every stored column that has a value somewhere."""
    found = []
    with sqlite3.connect(path) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name").fetchall():
            columns = [row for row in database.execute(f"SELECT name, pk, hidden FROM pragma_table_xinfo('{table}')") if not row[2]]
            keys = [name for name, pk, _ in sorted(columns, key=lambda row: row[1]) if pk] or ["rowid"]
            for name, _, _ in columns:
                # a row in the middle, so that neither end gives it away; a text or blob that has bytes
                rows = database.execute(f'SELECT {", ".join(keys)}, "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL AND "{name}" <> \'\'').fetchall()
                if rows:
                    row = rows[len(rows) // 2]
                    found.append((table, name, dict(zip(keys, row[:-1])), row[-1]))
                else:
                    found.append((table, name, None, None))
    return found


def tables_without_rule(program, whole):
    """Tables that some schema makes, without a row in src/check/rules.c or a name in sql/open/no_table.sql; and those of a database that check does not name."""
    with open(os.path.join(ROOT, "src/check/rules.c"), encoding="utf-8") as file:
        rules = set(re.findall(r'{"(\w+)", HW_CHECK_', file.read()))
    made = set()
    for folder, _, names in os.walk(os.path.join(ROOT, "sql")):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                made |= set(re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", file.read(), re.MULTILINE))
    with open(os.path.join(ROOT, "sql/open/no_table.sql"), encoding="utf-8") as file:
        rules &= set(re.findall(r"'(\w+)'", file.read()))
    said = set(re.findall(r"^(\w+) +\d+ rows: ", check(program, whole).stdout, re.MULTILINE))
    with sqlite3.connect(whole) as database:
        there = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")}
    return sorted((made - rules) | (there - said))


def make(program, folder):
    path = os.path.join(folder, "whole.db")
    data = os.path.join(folder, "data.csv")
    with open(os.path.join(ROOT, "datasets/ioi.csv"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    with open(data, "w", encoding="utf-8") as file:  # a row that fails, an answer of several tokens
        file.write("\n".join(lines[:5] + [",Mary,John" + "," * (lines[0].count(",") - 2), lines[6].replace(",Martha,Mary,", ",Martha Hughes,Mary,")]) + "\n")
    run = [program, "run", "--model", GPT2, "--data", data, "--db", path, "--counterfactual", "--group-by", "group,template", "--targets", "3,13", "--top-tokens", "2",
           "--top-neurons", "2", "--chunk-tokens", "40", "--threads", "1", "--quiet", "--profile", "--relevance", "both"]
    if subprocess.run(run, capture_output=True, check=False).returncode not in (0, 3):
        sys.exit("the run failed")
    for command in (["mine", path, "--min-support", "0.4", "--roles", "all", "--items", "heads+ffn"],
                    ["compare", path, "--by", "group=ABBA,BABA", "--permutations", "20", "--min-active", "1"]):
        subprocess.run([program, *command], capture_output=True, check=True)
    return path


def check(program, path, *options):
    done = subprocess.run([program, "check", path, *options], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"check ended with {done.returncode}: {done.stderr}")
    return done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--tables", help="only these")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    with_model = ("--model", GPT2, "--sample", "0")
    wrong, counts = [], {"alone": 0, "model": 0, "untold": 0, "empty": 0}
    with tempfile.TemporaryDirectory() as folder:
        whole = make(options.program, folder)
        for flags in ((), with_model):
            clean = check(options.program, whole, *flags)
            if clean.returncode:
                sys.exit(f"a whole database differs:\n{clean.stdout}{clean.stderr}")
        wrong += [f"{table}: no rule in src/check/rules.c, or no name in sql/open/no_table.sql" for table in tables_without_rule(options.program, whole)]
        wrong += wrong_after_repacking(options.program, whole, os.path.join(folder, "repacked.db"))
        for number, (table, column, row, value) in enumerate(columns_of(whole)):
            if row is None:
                counts["empty"] += 1
                if options.list:
                    print(f"{table}.{column}: no value to change")
                continue
            if number % options.every or (options.tables and table not in options.tables.split(",")):
                continue
            path = os.path.join(folder, "planted.db")
            shutil.copy(whole, path)
            keys = list(row)
            database = sqlite3.connect(path)
            database.execute("PRAGMA ignore_check_constraints = ON")
            where = " AND ".join(f'"{key}" = ?' if key != "rowid" else "rowid = ?" for key in keys)
            try:
                database.execute(f'UPDATE OR REPLACE "{table}" SET "{column}" = ? WHERE {where}', [flip(value)] + [row[key] for key in keys])
                database.commit()
            except sqlite3.Error as error:
                wrong.append(f"{table}.{column}: cannot be planted: {error}")
            database.close()
            by = "alone" if check(options.program, path).returncode else "model" if check(options.program, path, *with_model).returncode else "untold"
            wanted = "untold" if listed(UNTOLD, table, column) else "model" if listed(MODEL, table, column) else "alone"
            counts[by] += 1
            if options.list:
                print(f"{table}.{column}: {by}{'' if by == wanted else ', expected: ' + wanted}")
            if (by, wanted) in (("untold", "alone"), ("untold", "model"), ("model", "alone")):
                wrong.append(f"{table}.{column}: {value!r:.60} -> {flip(value)!r:.60}: {by}, expected: {wanted}")
    print(", ".join(f"{name} {n}" for name, n in counts.items()))
    for line in wrong:
        print("WRONG", line)
    found = counts["alone"] + counts["model"]
    if options.every == 1 and not options.tables and found < 40:
        wrong.append("fewer than 40 were found")
    return 1 if wrong else 0


sys.exit(main())
