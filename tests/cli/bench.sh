# SPDX-License-Identifier: Apache-2.0
# The stages of a trace against the machine's limit; numbers are times, so only their form is kept.
numbers() { sed -E 's/(x86-64-v[0-9]|plain)$/(path)/; s/(x86-64-v[0-9]|plain), /(path), /; s/OpenBLAS .*/OpenBLAS (kernel)/; s/ +[0-9]+\.[0-9]+/ N/g; s/ +[0-9]+%/ N%/g; s/-N/ N/g; s/^(projections of) [0-9]+ (.* and) [0-9]+ /\1 N \2 N /'; }
"$HW" bench --model gpt2 --tokens 8 | numbers
"$HW" bench --model llama --tokens 5,9 --threads 2 --gemm openblas | numbers | head -4
echo "--- wrong arguments"
fails "$HW" bench
fails "$HW" bench --model gpt2 --tokens 8,x
fails "$HW" bench --model gpt2 --tokens 100000
