#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From nothing to the first finding: installs what is missing, builds, traces the embedded indirect-object prompts with the
# embedded model, and shows which heads matter.
set -eu
cd "$(dirname "$0")/.."
echo "Looking for the libraries that it needs ..."
sh pipelines/install.sh
echo "Building (a few minutes) ..."
cmake -B build >/dev/null
cmake --build build -j "$(nproc)" >/dev/null
if [ -e ioi.db ]; then # an earlier run, with what was mined in it
  number=1
  while [ -e "ioi.before-$number.db" ]; do number=$((number + 1)); done
  for part in '' -wal -shm; do
    [ ! -e "ioi.db$part" ] || mv "ioi.db$part" "ioi.before-$number.db$part"
  done
  echo "The database of an earlier call is kept as $(pwd)/ioi.before-$number.db"
fi
./build/headwater run pipelines/ioi.ini
echo
echo "The heads with the largest importance, over all prompts:"
./build/headwater query ioi.db top_heads --limit 8
echo
echo "How often the model is right, by group:"
./build/headwater query ioi.db accuracy
echo
echo "The database is $(pwd)/ioi.db. Next: ./build/headwater query ioi.db"
echo "To look at its graphs in a browser: ./build/headwater serve ioi.db"
