# SPDX-License-Identifier: Apache-2.0
# Named queries in the three formats.
"$HW" run --model gpt2 --data ioi.csv --db ioi.db --limit 60 --relevance answer --quiet --threads "$T"
"$HW" mine ioi.db >/dev/null
echo "--- the list"
"$HW" query ioi.db
echo "--- each of them answers, in each format"
for name in $("$HW" query ioi.db | sed -n 's/^  \([a-z_]*\)  *.*/\1/p'); do
  set -- "$name"
  case $name in
    neuron_tokens) set -- "$name" $("$HW" sql ioi.db "SELECT '--layer', layer, '--neuron', neuron FROM neuron_importance LIMIT 1" --format csv | tail -n 1 | tr ',\r' '  ') ;;
    edge_prompts) set -- "$name" --source END --target END $("$HW" query ioi.db frequent_edges --source END --target END --limit 50 --format csv | sed -n 's/^L\([0-9]*\)H\([0-9]*\),.*/--layer \1 --head \2/p' | head -n 1) ;;
    graph | prompt_input | prompt_lens | prompt_relevance) set -- "$name" --prompt 0 ;;
    heads_promoting | neurons_promoting) set -- "$name" --token "$("$HW" sql ioi.db "SELECT p.token FROM projection p WHERE p.kind = 'head' AND p.list = 'promotes' AND length(p.token) > 3 GROUP BY p.token ORDER BY count(*) DESC, p.token LIMIT 1" --format csv | tail -n 1 | tr -d '\r"')" ;;
  esac
  if "$HW" query ioi.db "$@" 2>&1 >/dev/null | grep -q 'it is made by: headwater '; then
    echo "$name says which command makes what it reads"
    continue
  fi
  "$HW" query ioi.db "$@" >table || echo "exit $?"
  "$HW" query ioi.db "$@" --format csv >csv 2>/dev/null || echo "exit $?"
  "$HW" query ioi.db "$@" --format json >json 2>/dev/null || echo "exit $?"
  "$PY" - "$name" <<'END'
import csv, json, sys
rows = list(csv.DictReader(open("csv", newline="", encoding="utf-8")))
objects = json.load(open("json", encoding="utf-8"))
table = open("table", encoding="utf-8").read().split("\n")
same = len(rows) == len(objects) and all(list(r) == list(o) for r, o in zip(rows, objects))
print(sys.argv[1], "rows in it" if rows else "empty", "| csv and json agree:", same, "| table has as many lines:", len(table) - 3 == max(1, len(rows)))
END
done
echo "--- heads that write for the answer and against the foil, counted from the view"
for list in promotes suppresses; do
  "$HW" query ioi.db heads_promoting --list $list --limit 1000 --format csv | tr -d '\r' | cut -d, -f 1-3 | tail -n +2 | sort >counted
  "$HW" sql ioi.db "SELECT 'L' || p.layer || 'H' || p.head, iif(p.token_id = a.answer_id, '(answer)', '(foil)'), count(DISTINCT p.prompt_id)
    FROM projection p JOIN answer a USING(prompt_id) WHERE p.kind = 'head' AND p.list = '$list' AND p.position = p.target_pos AND p.token_id IN (a.answer_id, a.foil_id)
    GROUP BY 1, 2" --format csv | tr -d '\r' | tail -n +2 | sort >recounted
  cmp counted recounted && echo "$list: the same, $([ -s counted ] && echo rows in it)"
done
"$HW" run --model gpt2 --data ioi.csv --db last.db --limit 20 --group-by group --quiet --threads "$T"
"$HW" run --model gpt2 --data ioi.csv --db every.db --limit 20 --targets all --quiet --threads "$T"
"$HW" query last.db heads_promoting >last
"$HW" query every.db heads_promoting >every
cmp last every && echo "answers are those of the last target"
for group in ABBA BABA; do "$HW" query last.db heads_promoting --group group=$group --format csv | tail -n +2; done | tr -d '\r' |
  awk -F, '{ sum[$1 $2] += $3 } END { for (i in sum) print i, sum[i] }' | sort >by_group
"$HW" query last.db heads_promoting --format csv | tr -d '\r' | tail -n +2 | awk -F, '{ print $1 $2, $3 }' | sort | cmp - by_group && echo "groups add up"
echo "--- neurons of the lists without a projection"
for neurons in all used none; do
  "$HW" run --model gpt2 --data ioi.csv --db neurons.$neurons.db --limit 3 --neuron-projections $neurons --quiet --threads "$T"
  "$HW" query neurons.$neurons.db pruned --format csv | tr -d '\r' | awk -F, -v which=$neurons 'END { print which, $2 == 0 ? "none" : $2 == $3 ? "all" : $2 }'
done
echo "--- top_heads in three formats, its own parameter"
"$HW" query ioi.db top_heads --limit 2 --format table | head -n 2 | tr -s ' -'
"$HW" query ioi.db top_heads --limit 2 --format csv | tr -d '\r' | cut -d, -f1 | sed 's/^L[0-9]*H[0-9]*$/(a head)/'
"$HW" query ioi.db top_heads --limit=2 --format=json | "$PY" -c 'import json, sys; print([list(r)[0] for r in json.load(sys.stdin)])'
"$HW" query ioi.db settings | grep -E 'threshold|limit|data|model' | grep -v fingerprint
