#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From nothing to the first finding: installs what is missing, builds, traces the embedded indirect-object prompts with the
# embedded model, and shows which heads matter.
set -eu
cd "$(dirname "$0")/.."

# Whether there is a database of that name, or the log of one that is gone: SQLite would fold it into the next of that name.
is_taken() { # database
  for file in "$1" "$1"-*; do
    [ ! -e "$file" ] || return 0
  done
  return 1
}

echo "Looking for the libraries that it needs ..."
sh pipelines/install.sh
echo "Building (a few minutes) ..."
cmake -B build >/dev/null
cmake --build build -j "$(nproc)" >/dev/null
if [ -e ioi.db ]; then # an earlier call, with what was mined in it; a log beside it belongs to it
  number=1
  while is_taken "ioi.before-$number.db"; do number=$((number + 1)); done
  (
    trap '' HUP INT QUIT TERM # no end between two of them
    for log in '' -wal -shm -journal; do
      [ ! -e "ioi.db$log" ] || mv "ioi.db$log" "ioi.before-$number.db$log"
    done
  )
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
