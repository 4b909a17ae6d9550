# SPDX-License-Identifier: Apache-2.0
# pipelines/quickstart.sh keeps the databases of all earlier calls and their logs, with a program and a cmake that do as they are told.
mkdir -p tree/pipelines tree/build tools
cp "$ROOT/pipelines/quickstart.sh" tree/pipelines
: >tree/pipelines/install.sh
printf '#!/bin/sh\n' >tools/cmake
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" != run ] || cat number >ioi.db\n' >tree/build/headwater
chmod +x tools/cmake tree/build/headwater
for call in 1 2 3 4; do
  echo "call $call" >tree/number
  [ $call != 2 ] || echo log >tree/ioi.db-wal
  [ $call != 3 ] || echo "what to take back" >tree/ioi.db-journal
  [ $call != 4 ] || mv tree/ioi.before-2.db elsewhere
  PATH=$PWD/tools:$PATH sh tree/pipelines/quickstart.sh 2>&1 | grep -i kept | sed "s|$(pwd -P)/||; s|$PWD/||"
done
(cd tree && for file in ioi*; do echo "$file: $(cat "$file")"; done)
