# SPDX-License-Identifier: Apache-2.0
# Every stored number may be anything: no crash, a clean error or an answer.
"$HW" run --model gpt2 --data ioi.csv --db small.db --limit 3 --floor 0.02 --neuron-projections used --relevance answer --quiet
"$PY" "$LIB/hostile.py" "$HW" small.db
echo "--- errors say where, what and what is wanted"
spoiled() { # what
  "$PY" -c 'import sqlite3, shutil, sys
shutil.copyfile("small.db", "x.db")
c = sqlite3.connect("x.db"); c.execute("PRAGMA ignore_check_constraints = ON"); c.execute("UPDATE " + sys.argv[1]); c.commit()' "$1"
  "$HW" rethreshold x.db --threshold 0.2 --out out.db
  echo "    exit $?"
  rm -f out.db*
}
spoiled "token SET token_id = -3000000 WHERE token_id = 5"
spoiled "run SET n_heads = 4611686018427387904"
spoiled "chunk SET n_prompts = 4611686018427387904, n_tokens = 0"
spoiled "run SET n_heads = 1, n_kv_heads = 1"
spoiled "run SET d_ffn = 2147483648"
spoiled "prompt SET group_id = 4294967296 WHERE prompt_id = 0"
spoiled "answer SET answer_id = 1099511627777 WHERE prompt_id = 0"
spoiled "neuron_token SET token_id = 1099511627776 WHERE rank = 1"
spoiled "relevance SET parts = (SELECT parts FROM relevance WHERE prompt_id = 1) WHERE prompt_id = 0"
spoiled "relevance SET mode = 'contrast' WHERE prompt_id = 0"
spoiled "graph SET edges = (SELECT edges FROM graph WHERE prompt_id = 1) WHERE prompt_id = 0"
echo "--- numbers and a view that mine and compare read"
hostile() { # SQL, command...
  "$PY" -c 'import sqlite3, shutil, sys
shutil.copyfile("small.db", "x.db")
c = sqlite3.connect("x.db"); c.execute("PRAGMA ignore_check_constraints = ON"); c.executescript(sys.argv[1]); c.commit()' "$1"
  shift
  timeout -s KILL 60 "$HW" "$@"
  echo "    exit $?"
}
cp small.db kept.db
"$HW" mine small.db --top 1 >/dev/null
hostile "UPDATE mining SET mining_id = 1 << 62, parameters = 'x'" mine x.db
hostile "UPDATE mining SET mining_id = 9223372036854775807, parameters = 'x'" mine x.db
hostile "UPDATE agg_item SET n_on = 9223372036854775807" mine x.db
mv kept.db small.db
for id in "'x'" NULL 0.5; do
  hostile "DROP VIEW prompt_wide; CREATE VIEW prompt_wide AS SELECT $id AS prompt_id, NULL AS counterfactual_of" compare x.db --where 1 --where 1 --save no
done
echo "--- more roles than there are numbers of them"
"$PY" -c 'import sqlite3, shutil
shutil.copyfile("small.db", "x.db")
c = sqlite3.connect("x.db")
c.executescript("""CREATE TABLE free AS SELECT * FROM role; PRAGMA legacy_alter_table = ON; DROP TABLE role; ALTER TABLE free RENAME TO role""")
c.executemany("INSERT INTO role VALUES (5, ?)", [(f"x{i}",) for i in range(400)])
c.commit()'
for words in "compare x.db --by group=ABBA,BABA --components items --min-active 1" "mine x.db"; do
  "$HW" $words
  echo "    exit $?"
done
