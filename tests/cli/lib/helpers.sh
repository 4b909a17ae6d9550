# SPDX-License-Identifier: Apache-2.0
# Functions of the cases; sourced by run.sh before the case.

# The case cannot run on this machine. Ends it.
skip() { # reason
  echo "$*" >"$TMPDIR/skipped"
  exit 0
}

# For cases that look at what a terminal shows.
needs_terminal() { "$PY" -c 'import pty; pty.openpty()' 2>/dev/null || skip "no pseudo terminals here"; }

# The files here with their contents.
list_files() { find . -type f -exec cksum {} + | sort -k 3; }

# What a case hides of messages: sizes of the embedded models, which may be trained anew. Redefined where it is needed.
mask() { cat; }

# A command that must fail as the house wants it: one line on stderr, nothing on stdout, nothing changed or left behind. Prints
# the message and the exit code; what is wrong stands in lines that begin with BUT.
fails() { # command...
  list_files >"$TMPDIR/before"
  code=0
  "$@" >"$TMPDIR/stdout" 2>"$TMPDIR/stderr" </dev/null || code=$?
  list_files >"$TMPDIR/after"
  sed -E 's/[0-9a-f]{32}/(32 digits)/g' "$TMPDIR/stderr" | mask
  echo "    exit $code"
  [ "$code" -ne 0 ] || echo "BUT it exits with 0"
  [ "$code" -lt 128 ] || echo "BUT a signal ended it"
  [ "$(wc -l <"$TMPDIR/stderr")" = 1 ] || echo "BUT not one line on stderr: $(wc -l <"$TMPDIR/stderr")"
  [ ! -s "$TMPDIR/stdout" ] || echo "BUT on stdout: $(head -c 300 "$TMPDIR/stdout")"
  cmp -s "$TMPDIR/before" "$TMPDIR/after" || echo "BUT changed or left behind:" $(diff "$TMPDIR/before" "$TMPDIR/after" | sed -n 's/^[<>].* //p' | sort -u)
  rm -f out.db out.db-*
}

# A name before the next message.
item() { echo "- $*"; }

# Prints a text and yes, or a text and no with both values; two empty ones are no.
same() { # text, value, value
  if [ -n "$2" ] && [ "$2" = "$3" ]; then echo "$1: yes"; else echo "$1: NO: $2 | $3"; fi
}

# Cuts decimal numbers after two digits, to read.
short_numbers() { sed -E 's/([0-9]\.[0-9]{2})[0-9]+(e[-+][0-9]+)?/\1/g'; }

# The first n prompts of a set, small runs. Prints nothing when all goes well.
small_run() { # db, options...
  small_db=$1
  shift
  "$HW" run --model gpt2 --data ioi.csv --db "$small_db" --limit 24 --neuron-projections none --quiet "$@"
}

# SQLite's own check, and a walk over a packed column.
check_database() { # db
  "$PY" -c '
import sqlite3, sys
print("integrity:", *sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True).execute("PRAGMA integrity_check").fetchone())' "$1"
  "$HW" sql "$1" "SELECT count(*) > 0 AS edges_readable FROM graph g, hw_edges(g.edges)" --format csv 2>&1 | grep -v 'the run is not finished' | tr -d '\r'
}
