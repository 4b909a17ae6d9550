#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes tests/bench/RESULTS.md: the speed of every stage against this machine's own limit, OpenBLAS and PyTorch beside.
#   sh tests/bench/results.sh BINARY [MODEL_DIR]
# Without MODEL_DIR a model of GPT-2 small's shape with random weights is written to a temporary folder (needs numpy, 548 MB).
set -eu
binary=$(realpath "$1")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=${2:-$work/model}
[ $# -gt 1 ] || /usr/bin/python3 tests/bench/make_model.py "$model" >/dev/null
lengths=16,64,128,512
cores=$(nproc)
{
  echo "# Speed"
  echo
  echo "Written by \`sh tests/bench/results.sh\`. Times are processor time of one core; a share of the peak is against a loop of fused"
  echo "multiply-adds in registers on the same core. Stages but the first two are differences of two measurements."
  echo
  echo "| | |"
  echo "|---|---|"
  echo "| date, commit | $(date +%F), $(git log -1 --format=%h 2>/dev/null || echo none) |"
  echo "| processor | $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $cores cores, caches $(lscpu | sed -n 's/^L[23].*: *//p' | paste -sd ' ') |"
  echo "| of its instructions | $(grep -m 1 ^flags /proc/cpuinfo | tr ' ' '\n' | grep -E '^(avx2|fma|avx512f|avx512_vnni|avx512_bf16|avx_vnni|amx_int8)$' | paste -sd ' ') |"
  echo "| load before | $(cut -d ' ' -f 1-3 /proc/loadavg) |"
  echo "| model | $("$binary" info "$model" | sed -n 's/^\(layers\|d_model\|d_ffn\|vocabulary\) *\([0-9]*\).*/\1 \2/p' | paste -sd ',' | sed 's/,/, /g') |"
  echo
  echo "## Stages, one core"
  echo '```'
  "$binary" bench --model "$model" --tokens $lengths
  echo '```'
  echo "## Stages, $cores threads at once"
  echo '```'
  "$binary" bench --model "$model" --tokens $lengths --threads "$cores"
  echo '```'
  echo "## The same products by OpenBLAS"
  echo '```'
  OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-SkylakeX} "$binary" bench --model "$model" --tokens $lengths --gemm openblas | grep -E "products|forward|projections|all"
  echo '```'
  echo "## Length of a prompt, one core"
  echo
  echo "| tokens | forward pass, ms a token | all, ms a token |"
  echo "|---|---|---|"
  "$binary" bench --model "$model" --tokens 1,2,3,5,8,13,16,17,24,32,33,48,64,65,100,128,129,200,255,256,257,300,400,512,513,700 >"$work/lengths"
  awk '$2 == "forward" { forward = $4 / $1 } $2 == "all" { printf "| %d | %.2f | %.2f |\n", $1, forward, $3 / $1 }' "$work/lengths"
  echo
  echo "## Shared prefixes, one core"
  echo '```'
  python3 tests/bench/shared_prefixes.py "$binary" "$model"
  echo '```'
  if /usr/bin/python3 -c "import torch" 2>/dev/null; then
    echo "## PyTorch $(/usr/bin/python3 -c "import torch; print(torch.__version__)"), its forward pass alone in its best setting"
    echo
    echo "| tokens | ms a prompt | batch | threads |"
    echo "|---|---|---|---|"
    /usr/bin/python3 tests/bench/torch_forward.py "$model" $lengths | sed 's/ / | /g; s/^/| /; s/$/ |/'
  else
    echo "PyTorch: not installed here."
  fi
} >"$work/results"
mv "$work/results" tests/bench/RESULTS.md
