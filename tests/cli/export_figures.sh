# SPDX-License-Identifier: Apache-2.0
# Figures: the scripts with any machine, the drawings where gnuplot and graphviz are.
small_run ioi.db --limit 12
echo "--- without the programs: one line, and the scripts are there"
mkdir empty
code=0
PATH=$PWD/empty "$HW" export ioi.db --out bare --figures || code=$?
echo "exit $code"
ls bare | grep -v '\.csv$'
command -v gnuplot >/dev/null && command -v dot >/dev/null || skip "gnuplot or graphviz is not installed"
"$HW" mine ioi.db --min-support 0.3 --roles all >/dev/null || exit
"$HW" export ioi.db --out one --figures
"$HW" export ioi.db --out two --figures
diff -r one two && echo "twice the same bytes"
ls one | grep '^figure' | grep -v circuit_[2-9]
"$PY" - <<'END'
import glob, json
from xml.dom import minidom
manifest = json.load(open("one/MANIFEST.json", encoding="utf-8"))
for f in manifest["figures"]:
    minidom.parse("one/" + f["figure"])
    text = open("one/" + f["figure"], encoding="utf-8").read()
    assert "href=\"data:" not in text and "20" + "26-" not in text
print("figures that are well-formed SVG:", len(manifest["figures"]) == len(glob.glob("one/*.svg")) > 3)
END
echo "--- every part of a circuit reads from something and is read"
"$HW" run --model gpt2 --data ioi.csv --db roles.db --limit 60 --quiet --neuron-projections none --threads "$T"
"$HW" mine roles.db --roles IO,S1,S2,END >/dev/null && "$HW" export roles.db --out roles --figures
for end in 1 2; do
  for dot in roles/figure_circuit_*.dot; do
    sed -n 's/^  \(n[0-9]*\) \[label.*/\1/p' $dot | sort >parts
    sed -n 's/^  \([^ ].*\) -> \(.*\);$/\1\n\2/p' $dot | sed -n "$end~2p" | grep '^n' | sort -u >ends
    cmp -s parts ends || echo "$dot: $(comm -23 parts ends)"
  done
done
[ "$(ls roles/figure_circuit_*.dot | wc -l)" -gt 1 ] && echo "in all circuits"
echo "--- without answers there is no logit lens"
printf 'Mary went\nJohn went to\n' >plain.txt
"$HW" run --model gpt2 --data plain.txt --db plain.db --quiet --neuron-projections none
"$HW" export plain.db --out plain --figures
ls plain | grep '\.svg$'
echo "--- a script that somebody broke"
cp -r one broken
echo "plot nonsense(" >broken/figure_heads.gp
(cd broken && gnuplot figure_heads.gp 2>/dev/null) || echo "gnuplot refuses it"
"$HW" export ioi.db --out broken --figures && cmp one/figure_heads.svg broken/figure_heads.svg && echo "and export writes it anew"
