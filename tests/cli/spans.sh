# SPDX-License-Identifier: Apache-2.0
# Roles marked in the prompts, and by role.* columns.
cat >marked.txt <<'END'
When [IO:Mary] and [S1:John] went to the store, [S2:John] gave a drink to
[IO:Anna] and [S1:Peter] went to the park, [S2:Peter] gave a key to
plain [[brackets]] and Mary
a [IO:span without an end
END
"$HW" run --model gpt2 --data marked.txt --db marked.db --spans --threads "$T" --quiet
echo "exit $?"
"$HW" sql marked.db "SELECT prompt_id, text FROM prompt"
"$HW" query marked.db failed
"$HW" sql marked.db "SELECT group_concat(name, ' ') AS roles FROM (SELECT name FROM role ORDER BY role_id)"
"$HW" sql marked.db "SELECT count(*) > 0 AS aligned FROM edge_frequency WHERE source_role IN ('IO', 'S1', 'S2') OR target_role IN ('IO', 'S1', 'S2')" --format json
echo "--- columns: whole words first, parts of words where there is no whole one; ambiguous ones are counted and kept"
cat >columns.csv <<'END'
prompt,role.NOUN,role.PRON
"The woman saw the man, and he gave the book to",man,he
"The war began in the year 1732, and he went to",17,he
"The man saw that he and the other man, he said, went to",man,he
"The woman met Annabel, so the",Ann,
"When Annabel met Ann, the",Ann,Ann
END
"$HW" run --model gpt2 --data columns.csv --db columns.db --threads "$T" --neuron-projections none 2>&1 | grep "role column"
"$HW" query columns.db failed
"$HW" sql columns.db "SELECT prompt_id, position, token, r.name AS role FROM prompt_token JOIN prompt USING(prompt_id)
  JOIN role r ON r.role_id = ((instr('0123456789ABCDEF', substr(hex(roles), 2 * position + 1, 1)) - 1) * 16
    + instr('0123456789ABCDEF', substr(hex(roles), 2 * position + 2, 1)) - 1) & 63
  WHERE r.name IN ('NOUN', 'PRON', 'Ann') ORDER BY 1, 2"
"$HW" sql columns.db "SELECT prompt_id, value FROM prompt_value WHERE key = 'roles.ambiguous'"
echo "--- marked tokens that get another role are counted and kept"
cat >hidden.csv <<'END'
prompt,role.N,role.PAIR,role.M
"When they met Mary",Mary,,
"When Mary and John went to",Mary,Mary and John,
"Mary went to the store with Anna",Mary,,Anna
"When Anna met John there",John,,Anna
END
"$HW" run --model gpt2 --data hidden.csv --db hidden.db --threads "$T" --neuron-projections none 2>&1 | grep "mark tokens"
"$HW" sql hidden.db "SELECT prompt_id, value FROM prompt_value WHERE key = 'roles.hidden'"
"$HW" query hidden.db input_roles --format csv | cut -d, -f1,6 | tr -d '\r' | sort
for k in 1 2; do "$HW" run --model gpt2 --data hidden.csv --db part.db --plan hidden.plan --shard $k/2 --neuron-projections none 2>&1 | grep -c "loses 1 of 1"; rm part.db; done
echo "--- without --spans they are text"
"$HW" run --model gpt2 --data marked.txt --db plain.db --threads "$T" --quiet --limit 1
"$HW" sql plain.db "SELECT text FROM prompt" --format csv | tail -n 1 | tr -d '\r'
