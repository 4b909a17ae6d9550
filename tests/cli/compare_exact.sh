# SPDX-License-Identifier: Apache-2.0
# compare with fewer arrangements than --permutations: each is taken once, so p does not depend on the seed and is never below the least one.
small_run ioi.db --limit 40 --threads "$T"
export OMP_NUM_THREADS="$T"
compare() { "$HW" compare ioi.db --cluster none --pairs none --where "prompt_id = 7" --where "prompt_id BETWEEN 10 AND 28" "$@"; }
compare --save no --top 1 2>&1 | grep -E "^p:|^note:"
for options in "--seed 1" "--seed 2" "--permutations 20" "--permutations 21 --seed 3"; do compare --save no --format csv $options 2>/dev/null | md5sum; done | uniq | wc -l
compare --save no --format csv 2>/dev/null | "$PY" -c '
import csv, sys
p = [float(row["p"]) for row in csv.DictReader(sys.stdin)]
print(len(p), "p, of", min(p), "or more; multiples of 1/20:", all(abs(20 * x - round(20 * x)) < 1e-12 for x in p))'
item "one permutation fewer: they are drawn"
compare --save no --top 1 --permutations 19 2>&1 | grep -E "^p:|^note:"
item "more permutations would help"
"$HW" compare ioi.db --by group=ABBA,BABA --cluster none --permutations 99 --save no --top 1 2>&1 | grep -E "^p:|^note:"
item "clusters that lie on one side each: as many on both sides, so two arrangements are as far apart"
templates() { "$HW" sql ioi.db "SELECT DISTINCT template FROM prompt_wide ORDER BY 1 LIMIT $1 OFFSET $2" --format csv | tail -n +2 | tr -d '\r' | sed "s/.*/'&'/" | paste -sd, -; }
for n in 1 3; do
  "$HW" compare ioi.db --pairs none --where "template IN ($(templates $n 0))" --where "template IN ($(templates $n $n))" --save no --top 1 2>&1 | grep -E "^p:|^note: the smallest"
done
item "saved once, whatever seed and number of permutations were asked for"
compare --top 1 >/dev/null 2>&1
compare --top 1 --permutations 5000 2>&1 >/dev/null | grep saved
compare --top 1 --seed 2 2>&1 >/dev/null | grep saved
"$HW" sql ioi.db "SELECT n_permutations, round(least_p, 3) AS least_p FROM comparison"
item "as an earlier program saved it, with a p that is not possible: check says so, and the comparison is made anew"
"$PY" -c '
import sqlite3
c = sqlite3.connect("ioi.db")
c.execute("UPDATE comparison SET n_permutations = 10000")
c.execute("UPDATE comparison_component SET p = 0.0471 WHERE rank = 1")
c.commit()'
"$HW" check ioi.db 2>&1 | grep "comparison [0-9]" | sed 's/L[0-9]*H[0-9]*/HEAD/'
compare --top 1 >/dev/null 2>&1
"$HW" sql ioi.db "SELECT count(*) AS n, n_permutations, (SELECT min(p) FROM comparison_component) AS p FROM comparison"
"$HW" check ioi.db 2>&1 | grep -c "comparison [0-9]"
