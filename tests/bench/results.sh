#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes RESULTS.md and lengths.svg beside this file: what tracing costs on this machine, against the machine's own limit, and the goals.
#   sh tests/bench/results.sh BINARY [MODEL_DIR]
# BINARY lies in its build folder, which has been built with tests: kernel_counts.sh takes programs from there.
# Without MODEL_DIR a model of GPT-2 small's shape with random weights is written to a temporary folder (needs numpy, 548 MB). Models of other
# shapes are written there one after the other (up to 3 GB on disk, and 5 GB of packed weights in memory). Takes about 50 minutes on two cores that
# do nothing else; what is measured is told as it begins, and written when it is there. With SMALL=1 in the environment: few prompts, one
# repetition, few lengths, to see that all works; the figures then mean little.
set -eu
binary=$(realpath "$1")
model=${2:+$(realpath "$2")}
cd "$(dirname "$0")"
PY=python3
[ -x /usr/bin/python3 ] && PY=/usr/bin/python3
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
began=$(date +%s)
cores=$(nproc)
lengths=16,64,128,512
if [ -n "${SMALL:-}" ]; then
  traces="1 1" n_traces=1 prefixes="16 1" n_prefixes=1 many=3200 few=8 sweep="--every 256 --passes 1 --prompts 2" n_passes=1 shape_lengths=16 wide_length=16 layers_of="1 1 1"
else
  traces="1 5" n_traces=5 prefixes="192 2" n_prefixes=2 many=64000 few=48 sweep="--every 64 --passes 2 --prompts 12" n_passes=2 shape_lengths=$lengths wide_length=480 layers_of="24 16 4"
fi
load=$(cut -d ' ' -f 1-3 /proc/loadavg)

# Runs a command, its output into NAME.txt; says when it begins, and goes on where it fails. RESULTS.md then has it.
measure() { # name, what, command...
  name=$1
  echo "$(($(date +%s) - began)) s: $2" >&2
  shift 2
  "$@" >"$work/$name.txt" 2>"$work/$name.err" || { echo "  FAILED: $(tail -n 1 "$work/$name.err")" >&2; echo "FAILED: $(tail -n 1 "$work/$name.err")" >>"$work/$name.txt"; }
  write_results
}
section() { # title, what its figures are, file
  printf '\n## %s\n\n%s\n\n```\n' "$1" "$2"
  cat "$work/$3.txt" 2>/dev/null || echo "not measured"
  echo '```'
}
write_results() {
  {
    echo "# Speed"
    echo
    echo "Written by \`sh tests/bench/results.sh\` in $(($(date +%s) - began)) s${SMALL:+ WITH FEW PROMPTS (SMALL=1): these figures mean little}. Each section says of how many repetitions a figure is. Times are"
    echo "processor time of a core; prompts a second and ratios of threads are of the clock. A share of the peak is against a loop of fused"
    echo "multiply-adds in registers, in the same process (the best of 10)."
    echo
    echo "| | |"
    echo "|---|---|"
    echo "| date, commit | $(date +%F), $(git log -1 --format=%h 2>/dev/null || echo none) |"
    echo "| processor | $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), family $(sed -n 's/^cpu family.*: //p' /proc/cpuinfo | head -n 1), $cores cores, caches $(lscpu | sed -n 's/^L[23].*: *//p' | paste -sd ' ') |"
    echo "| of its instructions | $(grep -m 1 ^flags /proc/cpuinfo | tr ' ' '\n' | grep -E '^(avx2|fma|avx512f|avx512_vnni|avx512_bf16|avx_vnni|amx_int8)$' | paste -sd ' ') |"
    echo "| memory, system | $(sed -n 's/^MemTotal: *//p' /proc/meminfo), $(uname -s) $(uname -r | cut -d . -f 1,2) |"
    echo "| load before | $load |"
    echo "| model | $("$binary" info "$model" | sed -n 's/^\(layers\|d_model\|d_ffn\|vocabulary\) *\([0-9]*\).*/\1 \2/p' | paste -sd ',' | sed 's/,/, /g') |"
    echo
    echo "## Goals"
    echo
    $PY goals.py "$work"
    section "Stages, one thread" "Medians of 5 in one process, after a first one that does not count. A bare forward pass is the forward pass and the prediction, its last position unembedded. Projections count as products with the whole vocabulary; most are left out by a screen in 8-bit numbers, so their share of the peak can be above 100%." stages
    section "Stages, $cores threads at once" "The mean over threads of medians of 5." stages_all
    section "The same products by OpenBLAS" "Medians of 5. Projections then take whole products, as there is no screen." blas
    section "Products in BF16, one thread" "Medians of 5; the peak is that of float32." bf16
    section "The shape of GPT-2 medium, one thread" "Medians of 5." medium
    section "The shape of Llama 3.2 1B, one thread" "Medians of 5; a file in BF16." llama1b
    section "The widths of LLaMA 7B in 4 layers, one thread" "Medians of 5; a file in BF16. Weights packed beforehand, as they are while memory allows it." llama7b
    section "The same, weights packed a panel at a time" "Medians of 5." panels
    section "PyTorch's forward pass" "Medians of 5 of the best setting of up to three batches and one thread or $cores, by processor time and by the clock; and what $cores processes with one thread each give at the same time." torch
    section "Full traces, $cores threads" "Slopes: medians of $n_traces runs over N and over 3 N prompts, N as many as fill a chunk of 2,048 tokens for each thread. Before each two of these runs bench measures a bare forward pass, a median of 5; the figure is the median of these." traces
    section "Threads" "Slopes as above, whole chunks for each thread, of 3 runs each; a trace: the median of 5." threads
    section "Memory, $cores threads" "One run each." memory
    section "Shared prefixes and answers of several tokens, one thread" "Slopes as above, of $n_prefixes runs each." prefixes
    section "Many prompts of 16 tokens, a model of one layer" "Medians of 3." prompts
    section "Lengths of prompts, two layers of the same shape, one thread" "The smallest of $n_passes medians of 5; the data set of mixed lengths and its parts: the smallest of $n_passes runs each. The plot cuts off the first lengths, which lie above it." lengths
    [ ! -f "$work/lengths.txt" ] || printf '\n![ms of processor time a token by the length of the prompt](lengths.svg)\n'
    section "Levels of compression (the program uses 6)" "The smallest of 3." columns
    section "Instructions of small kernels" "Counted by callgrind, not measured: the same on each run." kernels
  } >"$work/results"
  mv "$work/results" RESULTS.md
}
# OpenBLAS takes a processor that it does not know for a slower one: the best kernels whose instructions this one has, if no other are asked for.
blas() {
  kind=${OPENBLAS_CORETYPE:-}
  for pair in avx2:Haswell avx512dq:SkylakeX; do
    if [ -z "${OPENBLAS_CORETYPE:-}" ] && grep -m 1 ^flags /proc/cpuinfo | grep -qw "${pair%:*}"; then kind=${pair#*:}; fi
  done
  env ${kind:+"OPENBLAS_CORETYPE=$kind"} "$binary" bench --model "$model" --tokens $lengths --gemm openblas
}

# A model of another shape, and what its stages take: the script that writes it, its options, tokens.
shape() {
  rm -rf "$work/shape"
  # shellcheck disable=SC2086
  $PY "$1" "$work/shape" $2 >/dev/null && "$binary" bench --model "$work/shape" --tokens "$3"
}
# The last of them once more.
panels() { "$binary" bench --model "$work/shape" --tokens $wide_length --packed no && rm -rf "$work/shape"; }

# Three data sets of the embedded model, and prompts of the large one.
columns() {
  for data in ioi induction agreement; do
    "$binary" run --model ../../datasets/models/headwater-gpt2 --data ../../datasets/$data.csv --db "$work/$data.db" --limit 300 --neuron-projections none --quiet
  done
  $PY -c "import runs; runs.write_prompts('$work/words.jsonl', runs.words_of('$model'), [16] * 100)"
  "$binary" run --model "$model" --data "$work/words.jsonl" --db "$work/large.db" --neuron-projections none --quiet
  (cd "$work" && $PY "$OLDPWD/compression.py" ioi.db induction.db agreement.db large.db)
}

if [ -z "$model" ]; then
  model=$work/model
  measure model "a model of GPT-2 small's shape" $PY make_model.py "$model"
fi
measure tiny "a model of one layer" $PY make_model.py "$work/tiny" --layers 1 --d-model 64 --heads 2 --vocab 2048
measure stages "stages, one thread" "$binary" bench --model "$model" --tokens $lengths
measure bf16 "products in BF16" "$binary" bench --model "$model" --tokens $lengths --precision bf16
measure stages_all "stages, $cores threads" "$binary" bench --model "$model" --tokens $lengths --threads "$cores"
# shellcheck disable=SC2086
set -- $layers_of
measure medium "the shape of GPT-2 medium" shape make_model.py "--layers $1 --d-model 1024 --heads 16" $shape_lengths
measure llama1b "the shape of Llama 3.2 1B" shape make_llama.py "--layers $2 --d-model 2048 --d-ffn 8192 --heads 32 --kv-heads 8 --vocab 128256" $shape_lengths
measure llama7b "the widths of LLaMA 7B" shape make_llama.py "--layers $3" $wide_length
measure panels "the widths of LLaMA 7B, a panel at a time" panels
measure blas "the same products by OpenBLAS" blas
if $PY -c "import torch" 2>/dev/null; then measure torch "PyTorch's forward pass" $PY torch_forward.py "$model" $lengths
else echo "python3-torch is not installed here" >"$work/torch.txt"; fi
# shellcheck disable=SC2086
{
  measure traces "full traces" $PY trace_cost.py "$binary" "$model" $traces
  measure threads "threads" $PY scale.py threads "$binary" "$model"
  measure memory "memory" $PY scale.py memory "$binary" "$model" $few
  measure prefixes "shared prefixes and answers of several tokens" $PY shared_prefixes.py "$binary" "$model" $prefixes
  measure prompts "$many prompts" $PY scale.py prompts "$binary" "$work/tiny" $many
  measure columns "compression" columns
  measure lengths "lengths of prompts" $PY lengths.py "$binary" lengths.svg $sweep
}
if [ -f kernel_counts.sh ]; then measure kernels "instructions of small kernels" sh kernel_counts.sh "$binary"
else echo "not counted" >"$work/kernels.txt"; fi

write_results
echo "$(($(date +%s) - began)) s: tests/bench/RESULTS.md" >&2
