# SPDX-License-Identifier: Apache-2.0
# How often heads are active: share of the graphs with its 95% Wilson interval. Restyle, then: gnuplot figure_frequency.gp
set terminal svg noenhanced size 560,320 font 'Helvetica,13' background rgb 'white'
set output 'figure_frequency.svg'
set datafile separator comma
set datafile columnheaders
set border 3 lc rgb '#4a4a4a'
set tics nomirror out
set style fill solid 0.85 noborder
set boxwidth 0.7
set yrange [0:1.02]
set ytics 0.2
set grid ytics lc rgb '#dddddd'
set xtics rotate by -60 scale 0 font ',11'
set xrange [0.4:*]
set offsets 0, 0.1, 0, 0
set ylabel 'share of graphs where active'
plot 'figure_frequency.csv' using "place":"frequency":xticlabels(strcol("name")) with boxes lc rgb '#6baed6' notitle, \
     '' using "place":"frequency_lo":(0):(column("frequency_hi") - column("frequency_lo")) with vectors nohead lw 1.6 lc rgb '#08306b' notitle
