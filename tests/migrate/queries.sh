# SPDX-License-Identifier: Apache-2.0
# What the named queries that were there with schema version 2 say of a database.
#   sh tests/migrate/queries.sh HEADWATER DB
# queries.txt is what the program that wrote v2.db said (the last one with version 2), but for what is newer: the columns
# group_a and group_b, and the last digits of numbers that views divide by their unit, where they multiplied:
#   run --model gpt2 --data ioi.csv --db v2.db --limit 4 --chunk-tokens 40 --commit-seconds 0 --threads 1 --group-by group --counterfactual \
#     --targets 3,4 --top-tokens 1 --top-neurons 1 --neuron-projections used    (stopped by Ctrl-C after 3 of 4 chunks; host, pid and time replaced)
#   mine v2.db --min-support 0.6 --top 2 --items heads+ffn --roles all --connected no
#   compare v2.db --by group=ABBA,BABA --permutations 20 --components answers
for query in accuracy circuit_breaks circuits circuits_by_group comparisons failed frequent_edges graph_size group_difference groups head_sources \
  heads_by_group input_roles logit_lens minings predictions prompts pruned role_flow settings top_heads; do
  echo "== $query"
  "$1" query "$2" $query --format csv 2>&1 | grep -v -e 'is not finished' -e 'there may be more rows' | tr -d '\r'
done
