# SPDX-License-Identifier: Apache-2.0
# Relevance of heads and FFNs against what the answer's margin loses without them, means over prompts; on the line both are the same.
# Restyle, then: gnuplot figure_knockouts.gp
set terminal svg noenhanced size 520,420 font 'Helvetica,13' background rgb 'white'
set output 'figure_knockouts.svg'
data = 'figure_knockouts.csv'
set datafile separator comma
set datafile columnheaders
stats data using (title = strcol("certificate")."\n".strcol("title")."\n".strcol("correlation"), 1) nooutput
set border 3 lc rgb '#4a4a4a'
set tics nomirror out
set grid lc rgb '#dddddd'
set title title font ',12'
set xlabel 'relevance, logits'
set ylabel 'effect of the knock-out, logits'
set key top left Left reverse samplen 1
set offsets graph 0.08, graph 0.08, graph 0.05, graph 0.05
is(kind) = strcol("kind") eq kind
plot data using (is("head") ? column("relevance") : NaN):"effect" with points pt 7 ps 0.6 lc rgb '#0072b2' title 'heads', \
     '' using (is("ffn") ? column("relevance") : NaN):"effect" with points pt 5 ps 0.6 lc rgb '#d55e00' title 'FFNs', \
     '' using "relevance":"relevance" with lines dt 2 lc rgb '#9a9a9a' notitle, \
     '' using (column("place") <= 8 ? column("relevance") : NaN):"effect":(strcol("name")) with labels offset 0.6, 0.5 left font ',10' notitle
