#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes docs/circuit.svg, the picture of the README: sh docs/circuit.sh BINARY (needs graphviz and gnuplot).
set -eu
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$binary" run pipelines/ioi.ini --db "$work/ioi.db" --quiet
"$binary" mine "$work/ioi.db" --roles IO,S1,S2,END --top 1 >/dev/null
"$binary" export "$work/ioi.db" --out "$work/export" --figures >/dev/null
cp "$work/export/figure_circuit_1.svg" docs/circuit.svg
