# SPDX-License-Identifier: Apache-2.0
# Shards of a run and their merge: the digest of a single run, whatever the order, also by way of partial merges; what does not belong together is refused.
digest() { "$HW" digest "$@" 2>/dev/null; }
run="run --model gpt2 --data ioi.csv --limit 24 --chunk-tokens 64 --threads 1 --quiet --group-by group,place --answer-column template --foil-column place --counterfactual --targets 5,9"
shard() { # K/N db options...
  shard=$1 db=$2
  shift 2
  # shellcheck disable=SC2086
  "$HW" $run --shard "$shard" --db "$db" --plan run.plan "$@"
}
# shellcheck disable=SC2086
"$HW" $run --db whole.db --profile
for k in 1 2 3; do shard $k/3 s$k.db $([ $k = 2 ] && echo --profile) & done
wait
ls
"$HW" merge all.db s2.db s3.db s1.db
same "digest, with counterfactuals, several targets, marginal groups, answers of several tokens" "$(digest all.db)" "$(digest whole.db)"
"$HW" sql all.db "SELECT (SELECT count(*) > 20 FROM agg_cluster) AS clusters, (SELECT count(*) FROM prompt_group WHERE marginal) > 2 AS marginals, (SELECT max(answer_n_tokens) > 1 FROM answer) AS tokens,
  (SELECT count(DISTINCT process_id) FROM process_stage) AS stages, (SELECT group_concat(shard || '/' || n_shards, ' ') FROM (SELECT * FROM process ORDER BY shard)) AS shards,
  (SELECT sum(prompts_done) FROM process) AS prompts"
"$HW" sql all.db "SELECT count(*) AS rows, min(template) > '' AS has_template FROM prompt_wide"
"$HW" merge all.db s1.db s2.db s3.db
"$HW" merge part.db s3.db s1.db --partial
"$HW" query part.db accuracy 2>&1 >/dev/null
"$HW" merge both.db s2.db part.db && rm part.db
same "digest by way of a partial merge" "$(digest both.db)" "$(digest whole.db)"
echo "--- a partial merge is continued"
"$HW" merge one.db s2.db --partial >/dev/null
shard 2/3 one.db && same "of one shard, by that shard" "$(digest one.db)" "$(digest s2.db)"
# shellcheck disable=SC2086
fails "$HW" $run --db one.db
"$HW" merge two.db s2.db s3.db --partial >/dev/null
# shellcheck disable=SC2086
"$HW" $run --db two.db && same "of two, by the whole run" "$(digest two.db)" "$(digest whole.db)"
rm one.db two.db
echo "--- stopped"
for try in 1 2 3 4 5 6 7 8 9 10; do # it may be done before the signal comes
  rm -f new.db
  "$PY" "$LIB/interrupt.py" SIGINT exists new.db.merging "$HW" merge new.db s1.db s2.db s3.db >/dev/null 2>stderr
  [ $? = 130 ] && break
done
grep "^headwater" stderr; ls new.db*; rm stderr
"$HW" merge new.db s1.db s2.db s3.db && same "digest" "$(digest new.db)" "$(digest whole.db)"; rm new.db
echo "--- a shard"
"$HW" query s2.db accuracy 2>&1 >/dev/null
"$HW" export s2.db --out out 2>&1 >/dev/null | head -n 1
grep -c '"shard":{"number":2,"of":3}' out/MANIFEST.json
rm -r out
"$HW" check s2.db | tail -n 1
shard 2/3 s2.db && echo "done before"
# shellcheck disable=SC2086
shard 2/3 planned.db --dry-run | grep -E '^(prompts|shard|tokens)'
cp s3.db m3.db && "$HW" mine m3.db --top 1 >/dev/null 2>&1
"$HW" merge mined.db s1.db s2.db m3.db && rm mined.db m3.db
echo "--- refused"
fails shard 1/3 s2.db
# shellcheck disable=SC2086
fails "$HW" $run --db s2.db
fails shard 1/3 whole.db
fails shard 4/3 out.db
fails sh "$ROOT/pipelines/shards.sh" x job.ini out.db
fails shard 1/3 out.db --threshold 0.05
fails "$HW" merge out.db s1.db
fails "$HW" merge out.db s1.db s2.db
fails "$HW" merge out.db s1.db s2.db s1.db
fails "$HW" merge s1.db s2.db s3.db
fails "$HW" merge out.db s1.db no.db
fails "$HW" merge out.db s1.db ioi.csv
"$HW" run --model gpt2 --data ioi.csv --limit 24 --chunk-tokens 64 --quiet --threshold 0.05 --db other.db
fails "$HW" merge out.db s1.db s2.db other.db
edit() { cp s3.db bad.db; "$PY" -c 'import sqlite3, sys; c = sqlite3.connect("bad.db"); c.executescript(sys.argv[1])' "$1"; fails "$HW" merge out.db s1.db s2.db bad.db; }
edit "CREATE TABLE notes(x)"
edit "UPDATE token SET text = 'x' WHERE token_id = 9"
edit "DELETE FROM prompt WHERE prompt_id = (SELECT max(prompt_id) FROM prompt)"
edit "UPDATE graph_info SET graph_id = graph_id + (1 << 40) WHERE graph_id = (SELECT max(graph_id) FROM graph_info)"
edit "UPDATE chunk SET first_prompt = first_prompt + 1 WHERE chunk_id = 2"
edit "UPDATE neuron_token SET score = score + 1 WHERE rank = 1"
edit "UPDATE agg_head SET sum = 9223372036854775807"
edit "DELETE FROM run"
edit "INSERT INTO item_graph VALUES (5, 0, 1, x'00')"
ls
