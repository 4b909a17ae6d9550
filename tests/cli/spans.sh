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
echo "--- without --spans they are text"
"$HW" run --model gpt2 --data marked.txt --db plain.db --threads "$T" --quiet --limit 1
"$HW" sql plain.db "SELECT text FROM prompt" --format csv | tail -n 1 | tr -d '\r'
