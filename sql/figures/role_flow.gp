# SPDX-License-Identifier: Apache-2.0
# Where the flow to the target comes from: its share by role of the position, in the input and before each later block.
# Restyle, then: gnuplot figure_role_flow.gp
set terminal svg noenhanced size 520,320 font 'Helvetica,13' background rgb 'white'
set output 'figure_role_flow.svg'
set datafile separator comma
stats 'figure_role_flow.csv' skip 1 nooutput
set border 3 lc rgb '#4a4a4a'
set tics nomirror out
set style data histograms
set style histogram rowstacked
set style fill solid 0.9 border rgb 'white'
set boxwidth 0.85
set yrange [0:1]
set xrange [-0.6:STATS_records - 0.4]
set ytics 0.2
set xtics scale 0
set ylabel 'share of the flow'
set xlabel 'entering block (0: the input)'
set key outside right center Left reverse invert samplen 1 spacing 1.2
array colour[9] = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#882255', '#bbbbbb']
last = STATS_columns
plot for [i = 2:last] 'figure_role_flow.csv' using i:xticlabels(1) lc rgb colour[i == last ? 9 : i - 1] title columnheader(i)
