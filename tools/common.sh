# Shared by the scripts in tools/: progress lines with the time since the start, and failures that say what to do.
# Sourced, not run. Sets `repository`.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SECONDS_AT_START=${SECONDS_AT_START:-$(date +%s)}

# Open MPI refuses to run as root without these, and its single-copy transport warns in containers.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none

say() {
  local elapsed=$(($(date +%s) - SECONDS_AT_START))
  printf '[%02d:%02d] %s\n' $((elapsed / 60)) $((elapsed % 60)) "$*"
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# quiet_step WHAT ADVICE COMMAND...: runs the command with its output in a log, which is shown if it fails.
quiet_step() {
  local what=$1 advice=$2 log status=0
  shift 2
  log=$(mktemp)
  say "$what"
  "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    rm -f "$log"
    fail "$what failed (exit code $status); $advice"
  fi
  rm -f "$log"
}

# build_targets TARGET...: configures the preset cpu-release if needed and builds the targets ("all": everything).
build_targets() {
  local arguments=(--build "$repository/build/cpu-release" --target "$@")
  cd "$repository" || fail "$repository: cannot be entered"
  quiet_step "configure build/cpu-release" "delete build/cpu-release and try again" cmake --preset cpu-release
  say "build $* (the first time takes minutes)"
  cmake "${arguments[@]}" || fail "the build failed; the compiler's messages are above"
}

# render FOLDER EGOWORLD_OPTIONS...: egoworld itself keeps a folder that already holds exactly this.
render() {
  local folder=$1
  shift
  say "videos: $folder"
  build/cpu-release/bin/egoworld --out "$folder" "$@" --overwrite || fail "egoworld could not render $folder; its message is above"
}

# The ranks of the tiny runs: their batches are made for one or two.
ranks=$(env -u OMP_NUM_THREADS nproc)    # nproc takes that variable for the number of processors
((ranks <= 2)) || ranks=2

# on_ranks PROGRAM ARGUMENTS...: mpirun itself would kill ranks a second after it is told to stop; a step and a
# checkpoint take longer.
on_ranks() {
  mpirun -n "$ranks" --bind-to none --mca odls_base_sigkill_timeout 20 "$@"
}
