# SPDX-License-Identifier: Apache-2.0
# The graph of a prompt as an HTML file: what it is made of, its data against the tables, prompts of script tags, what goes wrong.
cat >odd.csv <<'END'
prompt,answer,foil
"When Mary and John went to the store, John gave a drink to", Mary, John
"<img src=x onerror=alert(1)></script><script>alert(2)</script><!-- & 'x' ""y""", a, b
"",a,b
END
"$HW" run --model gpt2 --data odd.csv --db odd.db --threshold 0.05 --floor 0.02 --project all --convention both --targets all --quiet --threads "$T"
"$HW" page odd.db --prompt 0 --out page.html && "$PY" "$LIB/check_page.py" page.html
"$HW" sql odd.db "SELECT count(*) AS parts FROM graph g, hw_parts(g.edges) WHERE g.prompt_id = 0 AND g.target_pos = 14" --format csv | tail -n 1
"$HW" sql odd.db "SELECT p.kind, p.convention, count(*) AS n FROM graph g, hw_projections(g.projections, NULL, 1) p
  WHERE g.prompt_id = 0 AND g.target_pos = 14 AND p.list = 'promotes' AND p.rank = 1 GROUP BY 1, 2"
"$HW" sql odd.db "SELECT count(*) AS neurons, count(DISTINCT n.layer << 20 | n.position) AS nodes FROM graph g, hw_neurons(g.neurons, 1) n
  WHERE g.prompt_id = 0 AND g.target_pos = 14"
echo "--- the same bytes again; no folder of the database"
mkdir folder && cp odd.db folder
"$HW" page "$PWD/folder/odd.db" --prompt 0 --target 14 -o again.html && cmp page.html again.html && echo equal
echo "--- another target"
"$HW" page odd.db --prompt 0 --target 3 --out third.html && "$PY" "$LIB/check_page.py" third.html | grep -e parts -e neurons
echo "--- a prompt of script tags"
"$HW" page odd.db --prompt 1 --out odd.html && "$PY" "$LIB/check_page.py" odd.html | head -n 20
grep -c -i -e '<img' -e '<!--' -e '<script>alert' odd.html
echo "--- of a trace: the same graph"
"$HW" trace --model gpt2 --prompt "When Mary and John went to the store, John gave a drink to" --threshold 0.05 --floor 0.02 --project all \
  --convention both --html trace.html >text
"$PY" "$LIB/check_page.py" trace.html page.html
"$PY" "$LIB/check_page.py" trace.html | grep -v -e parts -e lists -e neurons
"$HW" trace --model gpt2 --prompt '<img src=x onerror=alert(1)></script>' --html odd.html >text && "$PY" "$LIB/check_page.py" odd.html | sed -n '1,6p;$p'
"$HW" trace --model gpt2 --tokens 3,5,7 --project none --html ids.html >text && "$PY" "$LIB/check_page.py" ids.html | sed -n '5,$p'
"$HW" trace --model gpt2 --prompt "a b" --html nowhere/page.html >text
echo "--- wrong"
printf 'older' >older.html
for options in "--prompt 3" "--prompt 2" "--prompt 0 --target 99" "--prompt 1.5" "--prompt -1" "--prompt 0 --target -2" ""; do
  "$HW" page odd.db $options --out older.html
  echo "exit $?"
done
"$HW" page odd.db --prompt 0
"$HW" page odd.db --prompt 0 --out nowhere/page.html
"$HW" page odd.csv --prompt 0 --out older.html
cat older.html && echo
"$HW" page odd.db --prompt 0 --out older.html && cmp older.html page.html && echo "the older file is replaced"
ls *.tmp 2>/dev/null || echo "no temporary file is left"
echo "--- into a pipe: it stays one"
mkfifo pipe && { cat pipe >piped.html & }
"$HW" page odd.db --prompt 0 --out pipe
[ -p pipe ] || kill $!
wait
[ -p pipe ] && cmp piped.html page.html && echo equal
echo "--- onto the database"
ln odd.db link.html
"$HW" page odd.db --prompt 0 --out link.html 2>&1 | head -n 1
"$HW" query odd.db accuracy >before && echo "the database is whole"
