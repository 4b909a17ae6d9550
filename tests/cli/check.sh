# SPDX-License-Identifier: Apache-2.0
# check: a whole database, one that is not finished, changed rows, a row computed with other weights. tests/check/planted.py changes each column.
edit() { "$PY" -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])' "$@"; }
run="run --model gpt2 --data ioi.csv --limit 12 --chunk-tokens 64 --commit-seconds 0 --neuron-projections used --top-neurons 2 --top-tokens 2 --threads 1 --quiet"
# shellcheck disable=SC2086
"$HW" $run --db whole.db
item "whole"
"$HW" check whole.db
echo "exit $?"
item "while a run writes into it"
"$HW" run --model gpt2 --data ioi.csv --limit 300 --counterfactual --db busy.db --chunk-tokens 64 --commit-seconds 0 --neuron-projections none --threads 1 --quiet &
until "$HW" sql busy.db "SELECT count(*) > 1 AS started FROM chunk" --format csv 2>/dev/null | grep -q 1; do sleep 0.02; done
"$HW" check busy.db | tail -n 1
wait $!
echo "exit $?"
item "with the model"
"$HW" check whole.db --model gpt2 --sample 3 | grep -v 'rows:'
item "another model"
fails "$HW" check whole.db --model llama
fails "$HW" check whole.db --sample 3
item "a sum, a list of graphs, a packed column"
cp whole.db changed.db
edit changed.db "UPDATE agg_head SET sum = sum + 1 WHERE (group_id, layer, head) = (SELECT group_id, layer, head FROM agg_head ORDER BY n_on DESC, layer, head LIMIT 1);
  UPDATE item_graph SET graphs = CAST(x'01' || substr(graphs, 2) AS BLOB) WHERE item_id = (SELECT max(item_id) FROM item_graph) AND chunk_id = 0;
  UPDATE graph SET heads = (SELECT heads FROM graph WHERE prompt_id = 1) WHERE prompt_id = 2"
"$HW" check changed.db | grep differs
echo "exit $?"
item "sums of groups that pass 64 bits together"
cp whole.db large.db
edit large.db "UPDATE agg_head SET ssq = 9000000000000000000 WHERE group_id >= 0 AND layer = 0 AND head = 0;
  UPDATE agg_head SET ssq = -9000000000000000000 WHERE group_id = -1 AND layer = 0 AND head = 1"
"$HW" check large.db | grep differs | sed -n 1,5p
echo "exit $?"
item "rows computed with other weights"
mkdir other; cp gpt2/* other
"$PY" -c '
import json, struct
with open("other/model.safetensors", "r+b") as file:
  n = struct.unpack("<Q", file.read(8))[0]
  tensors = json.loads(file.read(n))
  begin, end = next(t["data_offsets"] for name, t in sorted(tensors.items()) if "c_attn.weight" in name or "q_proj.weight" in name)
  file.seek(8 + n + begin)
  data = file.read(end - begin)
  file.seek(8 + n + begin)
  file.write(bytes(byte ^ (i % 4 == 2) * 16 for i, byte in enumerate(data)))'
# shellcheck disable=SC2086
"$HW" $(echo "$run" | sed s/gpt2/other/) --db other.db
edit other.db "ATTACH 'whole.db' AS whole; UPDATE main.run SET (fingerprint, model_fingerprint) = (SELECT fingerprint, model_fingerprint FROM whole.run)"
"$HW" check other.db | tail -1
"$HW" check other.db --model gpt2 --sample 2 2>/dev/null | grep -c 'differs: graph ' | sed 's/^[1-9][0-9]*$/graphs differ/'
item "relevances computed with other weights"
why=$(echo "$run" | sed 's/--limit 12/--limit 3 --counterfactual --relevance both/')
# shellcheck disable=SC2086
"$HW" $why --db why.db
# shellcheck disable=SC2086
"$HW" $(echo "$why" | sed s/gpt2/other/) --db why_other.db
"$HW" check why.db --model gpt2 --sample 0 | grep -v 'rows:'
edit why.db "ATTACH 'why_other.db' AS other; DELETE FROM relevance; INSERT INTO relevance(graph_id, mode, m, m_reference, reason, n_parts, parts) SELECT graph_id, mode, m, m_reference, reason, n_parts, parts FROM other.relevance;
  DELETE FROM agg_relevance; INSERT INTO agg_relevance SELECT * FROM other.agg_relevance"
"$HW" check why.db | tail -1
"$HW" check why.db --model gpt2 --sample 0 2>/dev/null | sed -n "s/^differs: \(relevance graph_id [0-9]*, mode '[a-z]*'\).*/\1/p" | sort -u
item "damaged"
head -c 200000 whole.db >cut.db
"$HW" check cut.db >/dev/null 2>stderr; echo "exit $?, lines on stderr: $(wc -l <stderr)"
echo "--- a model that predicts ids without a token"
"$PY" "$ROOT/tests/bench/make_model.py" padded --layers 1 --d-model 16 --heads 2 --vocab 9000 >/dev/null
"$HW" run --model padded --data ioi.csv --limit 8 --db padded.db --neuron-projections none --quiet
"$HW" sql padded.db "SELECT count(*) > 0 AS there_are FROM graph_info WHERE predicted_id NOT IN (SELECT token_id FROM token)"
"$HW" check padded.db --model padded --sample 2 | tail -n 1
