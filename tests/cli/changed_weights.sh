# SPDX-License-Identifier: Apache-2.0
# Weights that are written into during a run are an error; a file that another one replaces is not: the run has the old one.
for what in edit hidden replace; do
  item $what
  rm -rf model
  cp -rL gpt2 model
  rm -f new.db*
  "$PY" "$LIB/edit_during.py" model/model.safetensors $what new.db "$HW" run --model model --data ioi.csv --db new.db --limit 400 --chunk-tokens 64 \
    --commit-seconds 0 --neuron-projections none --threads 1 --quiet
  echo "exit $?"
done
rm -rf model
cp -rL gpt2 model
"$HW" run --model model --data ioi.csv --db whole.db --limit 400 --chunk-tokens 64 --neuron-projections none --quiet
same "the run over the replaced file" "$("$HW" digest new.db)" "$("$HW" digest whole.db)"
