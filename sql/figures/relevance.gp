# SPDX-License-Identifier: Apache-2.0
# What the answers depend on: relevance of every head as a share of the answers' margin, a panel for each mode, and of contrast one for each way.
# Restyle, then: gnuplot figure_relevance.gp
data = 'figure_relevance.csv'
set datafile separator comma
set datafile columnheaders
stats data using (column("layer")) name 'L' nooutput
stats data using (column("head")) name 'H' nooutput
stats data using (column("n_answer")) name 'A' nooutput
stats data using (column("n_contrast")) name 'C' nooutput
panels = (A_max > 0 ? "answer " : "").(C_max > 0 ? "contrast value key query" : "")
most = 0
do for [p in panels] {
  stats data using (abs(column(p))) name 'M' nooutput
  most = M_max > most ? M_max : most
}
step(n) = n < 16 ? 1 : n < 40 ? 4 : 8
set terminal svg noenhanced size 340 * words(panels), 320 font 'Helvetica,13' background rgb 'white'
set output 'figure_relevance.svg'
set multiplot layout 1, words(panels)
set xrange [-0.5:H_max + 0.5]
set yrange [-0.5:L_max + 0.5]
most = most > 0 ? most : 1
set cbrange [-most:most]
set xtics 0, step(H_max)
set ytics 0, step(L_max)
set tics scale 0
set border lc rgb '#4a4a4a'
set xlabel 'head'
set ylabel 'layer'
set palette defined (-1 '#b2182b', -0.4 '#f4a582', 0 '#ffffff', 0.4 '#92c5de', 1 '#2166ac')
do for [p in panels] {
  set title p eq "answer" ? "answer" : p eq "contrast" ? "contrast" : "contrast, by ".p
  set cblabel p eq word(panels, words(panels)) ? "share of the margin" : ""
  plot data using "head":"layer":(column(p)) with image pixels notitle
}
unset multiplot
