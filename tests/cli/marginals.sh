# SPDX-License-Identifier: Apache-2.0
# Grouped by several columns: also the values of each column by itself, over the others.
"$PY" -c 'import csv
rows = list(csv.DictReader(open("ioi.csv")))[:36]
for i, row in enumerate(rows): row["template"] = row["template"][-1]; row["kind"] = "even" if i % 3 else "odd"; row["nested"] = row["group"] + row["template"] + row["kind"]
csv.DictWriter(open("data.csv", "w"), list(rows[0])).writeheader()
csv.DictWriter(open("data.csv", "a"), list(rows[0])).writerows(rows)'
run="run --model gpt2 --data data.csv --targets all --chunk-tokens 128 --quiet --threads $T"
# shellcheck disable=SC2086
for by in group,template,kind group template kind; do
  "$HW" $run --db "$by.db" --group-by "$by"
  "$HW" mine "$by.db" --min-support 0.2 >/dev/null
done
"$HW" query group,template,kind.db groups | tail -n +3 | sed -n '1,3p; $p'
"$PY" "$LIB/check_marginals.py" "$HW" group,template,kind.db group.db template.db kind.db
"$HW" query group,template,kind.db heads_promoting --group kind=odd --format csv >a
"$HW" query kind.db heads_promoting --group kind=odd --format csv >b
cmp a b && wc -l <a
echo "--- a column that tells the others has none; the variant is kept apart"
# shellcheck disable=SC2086
"$HW" $run --db nested.db --group-by nested,kind --limit 6 --counterfactual
"$HW" sql nested.db "SELECT name FROM prompt_group WHERE marginal"
echo "--- rethreshold"
for by in group,template,kind group template kind; do
  "$HW" rethreshold "$by.db" --threshold 0.1 --out "again.$by.db" >/dev/null
  "$HW" mine "again.$by.db" --min-support 0.2 >/dev/null
done
"$PY" "$LIB/check_marginals.py" "$HW" again.group,template,kind.db again.group.db again.template.db again.kind.db
echo "--- intervals of probabilities stay within 0 and 1"
"$HW" sql group,template,kind.db "SELECT sum(probability_lo < 0 OR probability_hi > 1) AS outside, sum(probability_hi = 1) > 0 AS some_cut FROM answer_by_layer"
echo "--- a value that has one combination is found by its own name"
"$HW" run --model gpt2 --data induction.csv --limit 40 --group-by group,block_length --db single.db --quiet --threads "$T"
"$HW" query single.db groups | tr -s ' -'
for group in group=long,block_length=9 block_length=9 group=long 0; do "$HW" query single.db logit_lens --group $group --format csv | md5sum; done | sort -u | wc -l
fails "$HW" query single.db logit_lens --group block_length=8
# shellcheck disable=SC2086
"$HW" query nested.db logit_lens --group "variant=clean,nested=ABBA7odd" --format csv | wc -l
echo "--- two groups of one name"
printf 'prompt,answer,g,h\nMary had a,lamb,"a,h=b",c\nJohn had a,dog,a,"b,h=c"\n' >twice.csv
"$HW" run --model gpt2 --data twice.csv --group-by g,h --db twice.db --quiet
fails "$HW" query twice.db logit_lens --group g=a,h=b,h=c
"$HW" query twice.db logit_lens --group 1 --format csv | wc -l
