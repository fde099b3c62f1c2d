#!/usr/bin/env bash
# Sets up, builds and runs the tests. The last line is "N passed, N failed"; exit code 0 only if none failed.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: tools/test.sh [--fast]

  --fast   only the tests with the label cpu (no multi-rank, golden or end-to-end tests)

Exit codes: 0 all passed, 1 a test failed or nothing could be built, 2 bad usage
USAGE
}

passed=0 failed=0

# run_tests WHAT CTEST_ARGUMENTS...: adds the numbers of ctest's summary line to `passed` and `failed`.
run_tests() {
  local what=$1 log status=0 summary
  shift
  log=$(mktemp)
  say "tests: $what"
  ctest --test-dir "$repository/build/cpu-release" --output-on-failure --no-tests=ignore "$@" 2>&1 | tee "$log" || status=$?
  # "98% tests passed, 1 tests failed out of 57"; absent when there are no tests of this kind.
  summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" || true)
  if [[ $summary =~ passed,\ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
    failed=$((failed + BASH_REMATCH[1]))
    passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
  elif ((status != 0)); then
    failed=$((failed + 1)) # ctest itself broke down
  fi
  rm -f "$log"
}

fast=false
case ${1:-} in
  "") ;;
  --fast) fast=true ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && echo "error: unknown option '$1'" >&2 && exit 2 ;;
esac

"$repository/tools/setup.sh"
build_targets all
run_tests "label cpu, 2 at a time" -L '^cpu$' -j2
$fast || run_tests "all other labels, one at a time" -LE '^cpu$'
say "done"
((passed + failed > 0)) || fail "no tests were found; delete build/cpu-release and try again"
echo "$passed passed, $failed failed"
((failed == 0))
