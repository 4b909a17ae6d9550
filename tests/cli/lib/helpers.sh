# SPDX-License-Identifier: Apache-2.0
# Functions of the cases; sourced by run.sh before the case.

# The case cannot run on this machine. Ends it.
skip() { # reason
  echo "$*" >"$TMPDIR/skipped"
  exit 0
}

# A command that must fail as the house wants it: one line on stderr, nothing on stdout, nothing left behind. Prints the
# message and the exit code; what is wrong stands in lines that begin with BUT.
fails() { # command...
  ls -AlL --time-style=full-iso >"$TMPDIR/before" 2>/dev/null
  code=0
  "$@" >"$TMPDIR/stdout" 2>"$TMPDIR/stderr" </dev/null || code=$?
  ls -AlL --time-style=full-iso >"$TMPDIR/after" 2>/dev/null
  cat "$TMPDIR/stderr"
  echo "    exit $code"
  [ "$code" -ne 0 ] || echo "BUT it exits with 0"
  [ "$code" -lt 128 ] || echo "BUT a signal ended it"
  [ "$(wc -l <"$TMPDIR/stderr")" = 1 ] || echo "BUT not one line on stderr: $(wc -l <"$TMPDIR/stderr")"
  [ ! -s "$TMPDIR/stdout" ] || echo "BUT on stdout: $(head -c 300 "$TMPDIR/stdout")"
  cmp -s "$TMPDIR/before" "$TMPDIR/after" || { echo "BUT files changed:"; diff "$TMPDIR/before" "$TMPDIR/after" | sed 's/ root / /g'; }
}

# A name before the next message.
item() { echo "- $*"; }

# Prints a text and yes, or a text and no with both values.
same() { # text, value, value
  if [ "$2" = "$3" ]; then echo "$1: yes"; else echo "$1: NO: $2 | $3"; fi
}

# Cuts decimal numbers after two digits: what is behind may depend on the BLAS kernel.
short_numbers() { sed -E 's/([0-9]\.[0-9]{2})[0-9]+(e[-+][0-9]+)?/\1/g'; }

# The first n prompts of a set, small runs. Prints nothing when all goes well.
small_run() { # db, options...
  small_db=$1
  shift
  "$HW" run --model gpt2 --data ioi.csv --db "$small_db" --limit 24 --neuron-projections none --quiet "$@"
}

# How many bytes of a database may be read: integrity, and a walk over a packed column.
check_database() { # db
  "$PY" -c '
import sqlite3, sys
print("integrity:", *sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True).execute("PRAGMA integrity_check").fetchone())' "$1"
  "$HW" sql "$1" "SELECT count(*) > 0 AS edges_readable FROM graph g, hw_edges(g.edges)" --format csv | tr -d '\r'
}
