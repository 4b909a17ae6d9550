#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every test, from a fresh clone: installs what is missing, then builds and tests in folders of their own.
#   sh tests/run.sh [plain|sanitized|clang|thread]...     without a word: all four
#
#   plain      build-tests  gcc: every test
#   sanitized  build-asan   gcc, AddressSanitizer and UndefinedBehaviorSanitizer: every test but those that tests/CMakeLists.txt leaves out, which says why
#   clang      build-clang  clang: warnings (an error in every test build), unit tests
#   thread     build-tsan   clang, ThreadSanitizer: what runs several threads, `run` and `compare`
# Tests of a build that a word does not run are named at its end. Under the sanitizers some take smaller samples, as their output says (ctest -V).
set -eu
cd "$(dirname "$0")/.."
sh pipelines/install.sh tests
sh pipelines/install.sh torch || echo "no python3-torch: what compares with PyTorch's own files is skipped" >&2
npm ci --prefix tests/web --no-audit --no-fund --loglevel=error || echo "no puppeteer-core: the tests of the page that need a browser are skipped" >&2
npm ci --prefix tests/tokenizer --no-audit --no-fund --loglevel=error || echo "no tokenizers package: the comparisons with Hugging Face's library are skipped" >&2
sh pipelines/install.sh slurm || echo "no slurmctld, slurmd, munge or parallel: the test of shards under Slurm is skipped" >&2
export OPENBLAS_NUM_THREADS=1 # for numpy: its threads wait busily, and as many tests run at once as there are processors
export OMP_WAIT_POLICY=passive # likewise for our own threads: half of the time of some tests was waiting
jobs=$(nproc)
build_and_test() { # folder, regular expression of the tests, what to build for them, cmake options
  folder=$1 tests=$2 targets=$3
  shift 3
  echo "== $folder"
  cmake -B "$folder" -DHEADWATER_TESTS=ON "$@" >/dev/null
  cmake --build "$folder" -j "$jobs" --target $targets -- -s --no-print-directory
  ctest --test-dir "$folder" --no-tests=error --output-on-failure -j "$jobs" -R "$tests"
  ctest --test-dir "$folder" -N -E "$tests" | sed -n "s/^ *Test *#[0-9]*: /not run in $folder: /p"
}
for word in ${*:-plain sanitized clang thread}; do
  case $word in
    plain) build_and_test build-tests . all ;;
    sanitized) build_and_test build-asan . all -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHEADWATER_SANITIZE=address ;;
    clang) build_and_test build-clang "^unit/" all -DCMAKE_C_COMPILER=clang ;;
    # Archer tells ThreadSanitizer of OpenMP's locks and barriers. What it cannot see are the locks inside libraries that were built
    # without it (OpenBLAS, SQLite): accesses from there are left out.
    thread)
      OMP_TOOL_LIBRARIES=$(clang -print-resource-dir)/../../libarcher.so
      [ -f "$OMP_TOOL_LIBRARIES" ] || { echo "$OMP_TOOL_LIBRARIES: not there" >&2; exit 1; }
      export OMP_TOOL_LIBRARIES TSAN_OPTIONS=ignore_noninstrumented_modules=1
      build_and_test build-tsan '^(unit/(team|stats|stats_runs)|cli/(run_options|counterfactual|relevance|compare))$' \
        "headwater test_team test_stats test_stats_runs" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DHEADWATER_SANITIZE=thread
      ;;
    *) echo "$word: want plain, sanitized, clang or thread" >&2; exit 2 ;;
  esac
done
