# SPDX-License-Identifier: Apache-2.0
# What the first heads and FFNs keep of the answers' margins, with 95% intervals. CPR: area below the line, CMD: area between it and 1.
# Restyle, then: gnuplot figure_curve.gp
data = 'figure_curve.csv'
set datafile separator comma
set datafile columnheaders
stats data using (column("n_lines")) name 'N' nooutput
lines = int(N_max)
array titles[lines]
longest = 0
do for [i = 1:lines] {
  stats data using (column("line") == i ? (titles[i] = strcol("title"), 1) : NaN) nooutput
  longest = strlen(titles[i]) > longest ? strlen(titles[i]) : longest
}
# Titles begin at 130 and take less than 7.5 a character.
wide = 130 + int(7.5 * longest)
set terminal svg noenhanced size wide > 560 ? wide : 560, 322 + 18 * lines font 'Helvetica,13' background rgb 'white'
set output 'figure_curve.svg'
set border 3 lc rgb '#4a4a4a'
set tics nomirror out
set style fill transparent solid 0.2 noborder
set grid ytics lc rgb '#dddddd'
set logscale x
set xrange [0.001:1]
set xlabel 'share of heads and FFNs kept'
set ylabel 'share of the margin kept'
set key tmargin left Left reverse samplen 1.5
array colour[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#882255', '#4a4a4a']
on(i, name) = column("line") == i ? column(name) : NaN
plot for [i = 1:lines] data using "p":(on(i, "f_lo")):(on(i, "f_hi")) with filledcurves lc rgb colour[i] notitle, \
     for [i = 1:lines] '' using "p":(on(i, "f")) with linespoints pt 7 ps 0.5 lw 2 lc rgb colour[i] title titles[i]
