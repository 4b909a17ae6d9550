#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Parity of the program with the float64 reference: run BINARY as each golden asks and compare.
#   sh tests/reference/parity.sh build/headwater [WORD]      WORD: only goldens whose name contains it
# Needs python3 and its standard library, no torch. Exit 0 only if there are goldens and all of them pass.
set -u
if [ $# -lt 1 ] || [ ! -x "$1" ]; then
    echo "usage: parity.sh BINARY [WORD]    (BINARY must be executable)" >&2
    exit 2
fi
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
word=${2:-}
python=${PYTHON:-/usr/bin/python3}
cd "$(dirname "$0")/../.." || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0
for golden in tests/golden/*"$word"*.json; do
    name=$(basename "$golden" .json)
    if [ "$name" = prompts ] || [ ! -f "$golden" ]; then
        continue
    fi
    if ! "$python" tests/reference/compare.py --arguments "$golden" > "$scratch/arguments"; then
        echo "FAIL $name: $(head -n 1 "$scratch/arguments")"
        failed=$((failed + 1))
        continue
    fi
    # one argument a line, none with blanks or quotes
    if ! xargs "$binary" < "$scratch/arguments" > "$scratch/out.json" 2> "$scratch/err"; then
        echo "FAIL $name: $(basename "$binary") $(tr '\n' ' ' < "$scratch/arguments"): $(head -n 1 "$scratch/err")"
        failed=$((failed + 1))
    elif "$python" tests/reference/compare.py "$golden" "$scratch/out.json" > "$scratch/report" 2>&1; then
        echo "ok   $name: $(head -n 1 "$scratch/report")"
        passed=$((passed + 1))
    else
        echo "FAIL $name: $(wc -l < "$scratch/report") differences"
        head -n 20 "$scratch/report" | sed 's/^/     /'
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
