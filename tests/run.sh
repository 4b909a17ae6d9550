#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every test, from a fresh clone: installs what is missing, builds, and runs all of it twice, plain and under AddressSanitizer
# and UndefinedBehaviorSanitizer.
#   sh tests/run.sh [plain|sanitized]
set -eu
cd "$(dirname "$0")/.."
sh pipelines/install.sh tests
which=${1:-both}
jobs=$(nproc)
build_and_test() { # folder, cmake options
  folder=$1
  shift
  cmake -B "$folder" "$@" >/dev/null
  cmake --build "$folder" -j "$jobs" -- -s --no-print-directory
  ctest --test-dir "$folder" --output-on-failure -j "$jobs"
}
[ "$which" = sanitized ] || build_and_test build
[ "$which" = plain ] || build_and_test build-asan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHEADWATER_SANITIZE=ON
