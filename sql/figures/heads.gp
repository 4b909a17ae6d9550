# SPDX-License-Identifier: Apache-2.0
# Mean importance of every head. Restyle, then: gnuplot figure_heads.gp
set terminal svg noenhanced size 480,400 font 'Helvetica,13' background rgb 'white'
set output 'figure_heads.svg'
set datafile separator comma
set datafile columnheaders
stats 'head_importance.csv' using (column("layer")) name 'L' nooutput
stats 'head_importance.csv' using (column("head")) name 'H' nooutput
stats 'head_importance.csv' using (column("mean")) name 'M' nooutput
step(n) = n < 16 ? 1 : n < 40 ? 4 : 8
set xrange [-0.5:H_max + 0.5]
set yrange [-0.5:L_max + 0.5]
set cbrange [0:M_max > 0 ? M_max : 1]
set xtics 0, step(H_max)
set ytics 0, step(L_max)
set tics scale 0
set border lc rgb '#4a4a4a'
set xlabel 'head'
set ylabel 'layer'
set cblabel 'mean importance'
set palette defined (0 '#ffffff', 0.25 '#c6dbef', 0.6 '#4292c6', 1 '#08306b')
plot 'head_importance.csv' using "head":"layer":"mean" with image pixels notitle
