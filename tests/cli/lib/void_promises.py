# SPDX-License-Identifier: Apache-2.0
"""What a damaged database is made with: tables without the promises of the schema, values that are cut or flipped."""
import re
import sqlite3

PROMISES = re.compile(r"\) (STRICT, )?WITHOUT ROWID|\) STRICT|NOT NULL|CHECK\s?\([^()]*(\([^()]*\)[^()]*)*\)|REFERENCES \w+")


def void_promises(path, without=()):
    """Takes the promises out of the tables, as a reader of a damaged file has to expect; without: beginnings of names of tables that stay
    as they are. The names of the others."""
    db = sqlite3.connect(path)
    tables = [name for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
              if not name.startswith((*without, "sqlite_"))]
    db.execute("PRAGMA writable_schema = ON")
    for name in tables:
        sql, = db.execute("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)).fetchone()
        keep = ") WITHOUT ROWID"
        sql = PROMISES.sub(lambda m: keep if "ROWID" in m.group() else ")" if m.group().startswith(")") else "", sql)
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", (sql, name))
    db.commit()
    db.close()
    return tables


def spoil(value, old):
    """The value that takes the place of an old one: "cut" and "flip" change that, others stand for themselves."""
    if value == "cut":
        return old[:len(old) // 2] if isinstance(old, (bytes, str)) else old
    if value == "flip":
        return bytes(b ^ (0x41 if i % 37 == 20 else 0) for i, b in enumerate(old)) if isinstance(old, bytes) else old
    return value
