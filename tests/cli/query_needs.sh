# SPDX-License-Identifier: Apache-2.0
# Queries of a database that has nothing for them say what makes it.
"$HW" run --model gpt2 --data ioi.csv --db none.db --limit 8 --project none --neuron-projections none --quiet
printf 'prompt,foil\nThe cat sat on,mat\nMary gave John, a\n' >unanswered.csv
"$HW" run --model gpt2 --data unanswered.csv --db unanswered.db --quiet
small_run groups.db --group-by group
item "projections"
fails "$HW" query none.db heads_promoting
fails "$HW" query none.db neurons_promoting --token Mary
fails "$HW" query none.db neuron_tokens --neuron L0N1
"$HW" run --model gpt2 --data ioi.csv --db early.db --limit 8 --targets 3,5 --quiet
fails "$HW" query early.db heads_promoting
"$HW" query early.db heads_promoting --token Mary --format csv | head -n 1
item "answers"
fails "$HW" query unanswered.db heads_promoting
fails "$HW" query unanswered.db logit_lens
fails "$HW" query unanswered.db prompt_lens --prompt 0
fails "$HW" query unanswered.db accuracy
item "groups"
fails "$HW" query unanswered.db group_difference
fails "$HW" query unanswered.db heads_by_group --group 3
"$HW" query groups.db group_difference --limit 2 --format csv | tr -d '\r' | cut -d, -f 11-12
"$HW" query groups.db group_difference --a group=BABA --b group=ABBA --limit 1 --format csv | tr -d '\r' | cut -d, -f 11-12
