#!/usr/bin/env bash
# From nothing to a trained tiny model: sets up, builds two programs, renders route videos, runs SFT and GRPO, and
# prints the results table. Run again: what is done is skipped, an interrupted run goes on where it stopped.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

recipe=recipes/quickstart.yaml
data_folder=data_cache/quickstart
# Options of egoworld, one data set a line. Train and held-out questions differ in their seed, so in their routes; both
# differ from what the tiny base was trained on (assets/tiny/README.md). Two kinds of demonstrations: those that only
# recall the opposite way, and those that go on to derive the asked one and check the options against it.
train_data=(--clips 400 --seed 1 --thoughts "recall:0.7,pair_check:0.3")
held_out_data=(--clips 120 --seed 2 --thoughts "recall:0.7,pair_check:0.3")

usage() {
  cat <<'USAGE'
usage: tools/quickstart.sh [--run-dir D] [--seed S]

  --run-dir D   folder of the run (default runs/quickstart, or runs/quickstart-seed-S)
  --seed S      run.seed of the recipe: another order of samples and other sampled texts

Exit codes: those of grpo_train, 1 if a step before it failed, 2 bad usage
USAGE
}

run_folder="" seed=""
while (($# > 0)); do
  case $1 in
    --run-dir | --seed)
      (($# >= 2)) || { usage >&2 && echo "error: $1 needs a value" >&2 && exit 2; }
      if [[ $1 == --seed ]]; then seed=$2; else run_folder=$(realpath -m "$2"); fi
      shift 2
      ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && echo "error: unknown option '$1'" >&2 && exit 2 ;;
  esac
done
[[ -z $seed || $seed =~ ^[0-9]+$ ]] || { usage >&2 && echo "error: --seed: expected a whole number, found '$seed'" >&2 && exit 2; }
run_folder=${run_folder:-$repository/runs/quickstart${seed:+-seed-$seed}}

"$repository/tools/setup.sh"
build_targets egoworld grpo_train
cd "$repository"
render "$data_folder/train" "${train_data[@]}"
render "$data_folder/held_out" "${held_out_data[@]}"

arguments=("$recipe" --run-dir "$run_folder" --resume auto)
[[ -z $seed ]] || arguments+=(--set "run.seed=$seed")
say "train with $ranks rank(s): grpo_train ${arguments[*]}"
status=0
on_ranks build/cpu-release/bin/grpo_train "${arguments[@]}" || status=$?
case $status in
  0) say "done; open $run_folder/report.html" ;;
  130 | 143) say "interrupted; the same command goes on from the checkpoint" ;;
  *) say "grpo_train failed with exit code $status; its message is above" ;;
esac
exit "$status"
