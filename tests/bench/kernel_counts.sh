#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Instructions of the kernels in their AVX2 and plain forms, counted by callgrind over the same run: numbers that do not depend on the load.
#   sh tests/bench/kernel_counts.sh BINARY [PROMPTS]
# Wants valgrind, and the programs of a build with tests beside BINARY (tests/headwater_isa3, tests/headwater_isa0).
set -eu
programs=$(realpath "$(dirname "$1")/tests")
prompts=${2:-4}
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || { echo "valgrind is not installed here"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Prints "kernel calls instructions" of the form whose functions end in _$1; one has the same name in all forms.
count() { # suffix, program
  rm -f "$work/x.db"
  valgrind --tool=callgrind --callgrind-out-file="$work/$1.out" "$2" run --model datasets/models/headwater-gpt2 --data datasets/ioi.csv \
    --limit "$prompts" --threads 1 --screen always --db "$work/x.db" --quiet >"$work/log" 2>&1 || { tail -n 3 "$work/log" >&2; exit 1; }
  # A function is named once: (number) name; later by its number. A line of cost is "line instructions"; the line behind "calls=" is the callee's.
  awk -v suffix="_$1" '
    function name_of(text) { sub(/^c?fn=/, "", text); number = text; sub(/\).*/, ")", number); rest = substr(text, length(number) + 2); if (rest != "") name[number] = rest; return number }
    /^fn=/ { at = name_of($0); next }
    /^cfn=/ { callee = name_of($0); next }
    /^calls=/ { split($1, part, "="); calls[callee] += part[2]; skip = 1; next }
    /^[0-9+*-]/ { if (!skip) cost[at] += $2; skip = 0 }
    END { for (n in cost) { text = name[n]; if (sub(suffix "$", "", text) || text == "quantized_tile") { total[text] += cost[n]; times[text] += calls[n] } }
          for (text in total) if (times[text]) printf "%s %d %d\n", text, times[text], total[text] }' "$work/$1.out" | sort >"$work/$1.counts"
}

count v3 "$programs/headwater_isa3"
count plain "$programs/headwater_isa0"
echo "$prompts prompts of ioi.csv, headwater-gpt2, --screen always"
printf '%-26s %23s   %23s   %s\n' "" "AVX2" "plain" "plain / AVX2"
printf '%-26s %9s %13s   %9s %13s   %s\n' kernel calls "instr. a call" calls "instr. a call" "of all instructions"
join "$work/v3.counts" "$work/plain.counts" |
  awk '{ printf "%-26s %9d %13.0f   %9d %13.0f   %.2f\n", $1, $2, $3 / $2, $4, $5 / $4, $5 / $3 }'
