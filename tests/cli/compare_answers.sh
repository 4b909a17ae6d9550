# SPDX-License-Identifier: Apache-2.0
# compare --components answers: the measures of answers, paired and by cluster, against the rows themselves.
"$HW" run --model gpt2 --data agreement.csv --db a.db --limit 80 --counterfactual --neuron-projections none --threads "$T" --quiet
check() { # SQL conditions of both sides; then the options of compare
  a=$1 b=$2
  shift 2
  "$HW" compare a.db --components answers --save no --format csv "$@" >found.csv 2>notes.txt
  "$HW" sql a.db "WITH m(name, value, prompt_id) AS (
    SELECT 'accuracy', answer_rank = 1, prompt_id FROM answer UNION ALL SELECT 'whole_accuracy', answer_greedy, prompt_id FROM answer
    UNION ALL SELECT 'probability', answer_probability, prompt_id FROM answer UNION ALL SELECT 'log_probability', answer_log_probability, prompt_id FROM answer
    UNION ALL SELECT 'logit_diff', logit_diff, prompt_id FROM answer UNION ALL SELECT 'log_probability_diff', log_probability_diff, prompt_id FROM answer)
    SELECT name, avg(iif($a, value, NULL)) AS a, avg(iif($b, value, NULL)) AS b FROM m JOIN prompt p USING(prompt_id) GROUP BY name" --format csv >wanted.csv
  "$PY" - <<'PYTHON'
import csv, math
found = {row["name"]: row for row in csv.DictReader(open("found.csv"))}
wanted = list(csv.DictReader(open("wanted.csv")))
close = lambda x, y: math.isclose(float(x), float(y), abs_tol=2e-6)
same = [close(found[w["name"]]["mean_a"], w["a"]) and close(found[w["name"]]["mean_b"], w["b"]) and
        close(found[w["name"]]["difference"], float(w["a"]) - float(w["b"])) for w in wanted]
print(len(found), "measures; means as in the rows:", all(same) and len(same) == len(found), "| layers:", {row["layer"] for row in found.values()})
PYTHON
  cat notes.txt
}
of="p.counterfactual_of IS NULL AND (SELECT value FROM group_value g WHERE g.group_id = p.group_id AND column_name = 'group')"
check "$of = 'singular'" "$of = 'plural'" --by group=singular,plural --pairs none
echo "--- prompts and their counterfactuals; the difference of the logits changes its sign"
check "p.counterfactual_of IS NULL" "p.counterfactual_of IS NOT NULL" --by variant=clean,counterfactual
"$HW" compare a.db --by variant=clean,counterfactual --components answers --permutations 1000 2>&1 | grep -v ' [0-9.e-]* *[0-9.e-]*$'
"$HW" sql a.db "SELECT components, measure, n_components FROM comparison"
"$HW" sql a.db "SELECT name FROM comparison_component WHERE difference > 0 ORDER BY 1"
echo "--- without foils, and one answer that is missing"
printf 'prompt,answer,group\nThe key,was,a\nThe keys,were,b\nThe dog,was,a\n' >few.csv
"$HW" run --model gpt2 --data few.csv --db few.db --neuron-projections none --threads "$T" --quiet
"$HW" compare few.db --by group=a,b --components answers --save no --format csv 2>&1 | grep -v "note: the smallest p" | cut -d, -f 2 | sort
printf 'prompt,answer,group\nThe key,was,a\nThe keys,,b\n' >none.csv
"$HW" run --model gpt2 --data none.csv --db none.db --neuron-projections none --threads "$T" --quiet
"$HW" compare none.db --by group=a,b --components answers --save no
printf 'prompt,answer,group,pair_id\nThe key,was,a,1\nThe keys,were,b,1\nThe dog,was,a,2\nThe cats,were,b,3\nThe dogs,,b,2\nThe cat,was,a,3\n' >some.csv
"$HW" run --model gpt2 --data some.csv --db some.db --neuron-projections none --threads "$T" --quiet
for options in "--by group=a,b" "--by group=a,b --pairs none" "--with some.db" "--with none.db"; do
  "$HW" compare some.db $options --components answers --save no 2>&1 | grep -E "^[ab]:|answer|no pair,|headwater:"
done
"$HW" compare a.db --by group=singular,plural --components answers --measure flow
echo "--- pairs of which one begins with the other have no differences; without them"
printf 'prompt,answer,foil,group\nThe key,was,were,a\nThe keys,were,was,b\nThe dog,was,was,a\nThe dogs,are,is,b\n' >pairs.csv
"$HW" run --model gpt2 --data pairs.csv --db pairs.db --neuron-projections none --threads "$T" --quiet
"$HW" compare pairs.db --by group=a,b --components answers --save no 2>&1 | grep -E "left out|^[a-z_]*_diff " | cut -d ' ' -f 1-10
"$HW" compare pairs.db --where "\"group\" = 'a' AND logit_diff IS NOT NULL" --where "\"group\" = 'b'" --components answers --save no 2>&1 | grep -E "left out|^[a-z_]*_diff |prompt" | cut -d ' ' -f 1
