# SPDX-License-Identifier: Apache-2.0
# A number that several views show is the same double in each, and a share lies within its interval.
"$HW" run --model gpt2 --data ioi.csv --db ioi.db --limit 60 --relevance answer --quiet --threads "$T"
graph="JOIN graph g ON g.graph_id = v.example_prompt << 20 | v.example_target"
item "pairs, and those of them that are no equal numbers"
"$HW" sql ioi.db "SELECT 'head' AS part, count(*) AS n, sum(h.importance <> v.max) AS n_other
    FROM head_importance v $graph JOIN hw_heads(g.heads) h ON h.layer = v.layer AND h.head = v.head
  UNION ALL SELECT 'edge', count(*) > 100, sum(v.max <> i.importance)
    FROM edge_frequency v JOIN item_prompt i ON i.item_id = v.item_id AND i.prompt_id = v.example_prompt AND i.target_pos = v.example_target
"
"$HW" query ioi.db neurons_promoting --token to --limit 0 --format json >promoting
"$HW" sql ioi.db "SELECT name, mean, frequency FROM neuron_importance" --format json >importance
"$PY" - <<'END'
import json
importance = {row["name"]: row for row in json.load(open("importance"))}
rows = [row for row in json.load(open("promoting")) if row["neuron"] in importance]
print("neurons_promoting and neuron_importance, the same:", len(rows) > 5 and all(row[x] == importance[row["neuron"]][x] for row in rows for x in ("mean", "frequency")))
END
item "shares outside of their intervals"
"$HW" sql ioi.db "SELECT count(*) > 100 AS many, sum(frequency < frequency_lo OR frequency > frequency_hi) AS outside, sum(frequency_hi > 1 OR frequency_lo < 0) AS past
  FROM (SELECT frequency, frequency_lo, frequency_hi FROM head_importance UNION ALL SELECT frequency, frequency_lo, frequency_hi FROM edge_frequency
    UNION ALL SELECT frequency, frequency_lo, frequency_hi FROM neuron_importance UNION ALL SELECT top1, top1_lo, top1_hi FROM answer_by_layer
    UNION ALL SELECT accuracy, accuracy_lo, accuracy_hi FROM whole_answer)"
