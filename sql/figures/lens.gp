# SPDX-License-Identifier: Apache-2.0
# Logit lens: the answer after each block, with 95% intervals. Restyle, then: gnuplot figure_lens.gp
stats_file = 'figure_lens.csv'
set datafile separator comma
set datafile columnheaders
set border 3 lc rgb '#4a4a4a'
set tics nomirror out
stats stats_file using (column("n_foil")) name 'F' nooutput
stats stats_file using (column("layer")) name 'L' nooutput
panels = F_max > 0 ? 2 : 1
set terminal svg noenhanced size 340 * panels, 300 font 'Helvetica,13' background rgb 'white'
set output 'figure_lens.svg'
set multiplot layout 1, panels
set style fill transparent solid 0.25 noborder
set grid ytics lc rgb '#dddddd'
set xrange [-0.3:L_max + 0.3]
set xtics 0, L_max < 16 ? (L_max < 8 ? 1 : 2) : 4
set xlabel 'after block'
set key tmargin center horizontal Left reverse samplen 1.5 width -1
set yrange [0:*]
set ylabel 'share of prompts, probability'
plot stats_file using "layer":"top1_lo":"top1_hi" with filledcurves lc rgb '#0072b2' notitle, \
     '' using "layer":"top1" with linespoints pt 7 ps 0.5 lw 2 lc rgb '#0072b2' title 'is on top', \
     '' using "layer":"probability_lo":"probability_hi" with filledcurves lc rgb '#d55e00' notitle, \
     '' using "layer":"probability" with linespoints pt 5 ps 0.5 lw 2 lc rgb '#d55e00' title 'probability'
if (panels == 2) {
  set yrange [*:*]
  set ylabel 'logit difference'
  set xzeroaxis lc rgb '#4a4a4a'
  plot stats_file using "layer":"logit_diff_lo":"logit_diff_hi" with filledcurves lc rgb '#009e73' notitle, \
       '' using "layer":"logit_diff" with linespoints pt 7 ps 0.5 lw 2 lc rgb '#009e73' title 'answer - foil'
}
unset multiplot
