#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual names every command, option, query, view, table and column, explains every column of the views, and is good roff; the
# completions complete. sh tests/manual/check.sh BUILD_DIR
set -u
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
man=$build/man
program=$build/headwater
work=$(mktemp -d "${TMPDIR:-/tmp}/headwater-manual.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
failed=0
complain() {
  echo "FAIL $*"
  failed=1
}
plain() { sed 's/\\-/-/g; s/\\f[BIR]//g' "$man/$1"; }

# ---- commands, options, queries ----
commands=$("$program" | sed -n 's/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -gt 8 ] || complain "the program lists next to no commands"
for command in $commands; do
  plain headwater.1 | grep -q "^headwater-$command(1)$" || complain "headwater.1 does not name $command"
  [ -f "$man/headwater-$command.1" ] || { complain "no page for $command"; continue; }
  for option in $("$program" "$command" --help | sed -n 's/^  \(--[a-z-]*\) .*/\1/p; s/^  \(--[a-z-]*\)$/\1/p'); do
    plain "headwater-$command.1" | grep -q "^$option\( \|\$\)" || complain "headwater-$command.1 does not name $option"
    grep -q -e " $option[ \"]" -e ":$option)" "$man/headwater.bash" || complain "headwater.bash does not know $command $option"
    grep -q -e "'$option\[" "$man/_headwater" || complain "_headwater does not know $command $option"
  done
done
for file in "$root"/sql/queries/*.sql; do
  name=$(basename "$file" .sql)
  grep -q "^\.SS $name$" "$man/headwater-query.1" || complain "headwater-query.1 does not name the query $name"
  for parameter in $(sed -n '/^--/!q; s/^-- :\([a-z_]*\).*/\1/p' "$file"); do
    sed -n "/^\.SS $name$/,/^\.S[SH] /p" "$man/headwater-query.1" | sed 's/\\-/-/g' | grep -q -- "--$parameter" ||
      complain "headwater-query.1 does not name the parameter $parameter of $name"
  done
done
for type in $(grep -h '^-- :' "$root"/sql/queries/*.sql | sed -n 's/^[^<]*<\([a-z]*\)>.*/\1/p' | sort -u); do
  plain headwater-query.1 | grep 'Types are ' | grep -q -w "$type" || complain "headwater-query.1 does not name the type $type"
done

# ---- views, tables, columns: those of a real database ----
"$program" run --model "$root/datasets/models/headwater-gpt2" --data "$root/datasets/ioi.csv" --db "$work/some.db" --limit 40 --quiet
"$program" mine "$work/some.db" >/dev/null && "$program" compare "$work/some.db" --by group=ABBA,BABA >/dev/null 2>&1 || complain "mine or compare"
"$program" certify "$work/some.db" --model "$root/datasets/models/headwater-gpt2" --graph routes --baseline zero --limit 2 --quiet 2>/dev/null || complain "certify"
sed -nE 's/^CREATE (TEMP )?(TABLE|VIEW) (IF NOT EXISTS )?([a-z_0-9]+).*/\2 \4/p' "$root"/sql/schema.sql "$root"/sql/views.sql \
  "$root"/sql/temp_views.sql "$root"/sql/mining/schema.sql "$root"/sql/compare/schema.sql "$root"/sql/certify/schema.sql >"$work/names"
while read -r type name; do
  for column in $("$program" sql "$work/some.db" --format csv "SELECT * FROM $name LIMIT 0" | tr -d '\r' | tr ',' ' '); do
    echo "$type,$name,$column"
  done
done <"$work/names" >"$work/columns"
[ "$(wc -l <"$work/columns")" -gt 200 ] || complain "the database has next to no columns"
plain headwater-database.5 >"$work/page"
sed -n '/^\.SH COLUMNS/,/^\.SH VIEWS$/p' "$work/page" | sed -n '/^\.TP/{n;s/, /\n/g;p}' >"$work/explained"
while IFS=, read -r type name column; do
  grep -q "^\.SS $name$" "$work/page" || complain "headwater-database.5 does not name the $type $name"
  sed -n "/^\.SS $name$/,/^\.S[SH] /p" "$work/page" | grep -q -w -- "$column" || complain "headwater-database.5: $name has no $column"
  [ "$type" = TABLE ] || grep -q -x -- "$column" "$work/explained" || complain "headwater-database.5 does not explain $column of $name"
done <"$work/columns"

# ---- keys of headwater.json ----
plain headwater-model.5 | sed -n '/^\.SH KEYS/,/^\.SH WEIGHTS/p' >"$work/keys"
for key in $(sed -n 's/^ *{"\([a-z_]*\)",.*/\1/p; s/.*get_[a-z]*([a-z]*, "\([a-z_]*\)".*/\1/p' "$root/src/model/custom.c" | sort -u); do
  grep -q -w "$key" "$work/keys" || complain "headwater-model.5 does not name the key $key"
done

# ---- roff ----
if command -v groff >/dev/null; then
  for page in "$man"/*.[15]; do
    groff -man -Tutf8 -ww -rLL=80n "$page" 2>"$work/warnings" | sed 's/\x1b\[[0-9;]*m//g; s/.\x08//g' >"$work/shown"
    [ ! -s "$work/warnings" ] || { cat "$work/warnings"; complain "$page: groff warns"; }
    LC_ALL=C.UTF-8 grep -nE '^.{81}' "$work/shown" && complain "$page: lines wider than 80 columns"
  done
else
  echo "skipped the look of the pages: groff is not there"
fi

# ---- completion ----
complete_bash() { # words; the last is completed
  bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _headwater; printf "%s " "${COMPREPLY[@]}"' "$man/headwater.bash" "$@"
}
expect() { # wanted, found
  [ "$1" = "$2" ] || complain "completion gives \"$2\", want \"$1\""
}
if command -v bash >/dev/null; then
  expect "trace " "$(complete_bash headwater tra)"
  expect "mine " "$(complete_bash headwater mi)"
  expect "--threshold --threads " "$(complete_bash headwater run --thre)"
  expect "auto alone " "$(complete_bash headwater run --convention a)"
  expect "top_heads top_neurons " "$(complete_bash headwater query ioi.db top)"
  expect "csv " "$(complete_bash headwater query ioi.db top_heads --format c)"
  expect "" "$(complete_bash headwater run --model d | tr -d ' ')" # a file: left to bash
else
  echo "skipped completion in bash: bash is not there"
fi
if command -v zsh >/dev/null; then
  zsh -n "$man/_headwater" || complain "_headwater is no zsh"
else
  echo "skipped completion in zsh: zsh is not there"
fi

[ $failed = 0 ] && echo "the manual is whole"
exit $failed
