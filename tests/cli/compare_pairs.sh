# SPDX-License-Identifier: Apache-2.0
# What compare says of pairs: why it made none, and which prompts are in none.
run() { # name, rows of pair_id and group
  { echo prompt,group,pair_id; i=0; for row in $2; do i=$((i + 1)); echo "The key $i,$row"; done; } >"$1.csv"
  "$HW" run --model gpt2 --data "$1.csv" --db "$1.db" --neuron-projections none --threads "$T" --quiet
}
say() { "$HW" compare "$@" --by group=a,b --cluster none --save no --top 1 2>&1 | grep -E "of heads|pair|^[ab]:"; }
item "one pair"
run one "a,0 b,0"
say one.db
item "no pair"
run no "a,0 b,1 a,2 b,3"
say no.db
item "two pairs of eight prompts"
run few "a,0 b,0 a,1 b,1 a,2 b,3 a,4 b,5 a,6 b,7 a,8 b,9"
say few.db
say few.db --pairs pair_id
item "two prompts of a group have the same value"
run same "a,0 b,0 a,0 b,0 a,1 b,1 a,2 b,2 a,3 b,4"
say same.db
run only "a,0 b,0 a,0 b,1 a,1 b,1"
say only.db
fails "$HW" compare only.db --by group=a,b --pairs pair_id
run paired "a,0 b,0 a,0 a,1 b,1 a,2 b,2"
say paired.db
item "no pairs are asked for"
say same.db --pairs none
