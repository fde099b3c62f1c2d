#!/usr/bin/env bash
# Does reverse thinking help a tiny model? Trains it with and without a chain of thought over several seeds, scores
# base, SFT, SFT+GRPO, CoT-SFT and CoT-SFT+GRPO with st_eval, draws the figure of docs/results/reverse_thinking.md and
# prints its tables.
# Run again: what is done is skipped, what was interrupted goes on.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

data_folder=data_cache/tiny_st
out=runs/reverse_thinking
# Options of egoworld, one data set a line: what SFT and GRPO learn from, what the runs look at on their way, and the
# benchmark. The seeds differ from each other and from those of the tiny base (assets/tiny_st/README.md).
train_data=(--clips 267 --seed 11 --theme mixed --tasks "direction,landmark,action" --thoughts "recall:0.7,pair_check:0.3")
held_out_data=(--clips 40 --seed 12 --theme mixed --tasks "direction,landmark,action")
bench_data=(--clips 100 --seed 13 --theme mixed --tasks "direction,landmark,action,route" --layout benchmark)

usage() {
  cat <<'USAGE'
usage: tools/reverse_thinking.sh [--data-only] [SEED...]

  --data-only   only render the videos that recipes/tiny/st_r1.yaml and its ablations learn from
  SEED          run.seed of each run, at least two (default 1 2 3); runs go to runs/reverse_thinking/seed-SEED

Exit codes: those of grpo_train and st_eval, 1 if a step before them failed, 2 bad usage
USAGE
}

# train RECIPE FOLDER SEED
train() {
  say "train: $2"
  on_ranks build/cpu-release/bin/grpo_train "$1" --run-dir "$2" --resume auto --set "run.seed=$3"
}

# The model between the two stages of a run: GRPO's KL reference.
sft_checkpoint() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/final/trainer_state/state.json"))["reference"])' "$1"
}

# evaluate MODEL RECIPE NAME SEED: into $out/scores/NAME-SEED. Sampled at temperature 1: what the policy does on average,
# as GRPO sees it.
evaluate() {
  local folder=$out/scores/$3-$4
  say "evaluate: $folder"
  on_ranks build/cpu-release/bin/st_eval --model "$1" --recipe "$2" --data "$data_folder"/bench/Part*.json --blind \
    --temperature 1 --seed "$4" --name "$3, seed $4" --out "$folder" >/dev/null
}

seeds=() data_only=false
for argument in "$@"; do
  case $argument in
    -h | --help) usage && exit 0 ;;
    --data-only) data_only=true ;;
    *[!0-9]* | "") usage >&2 && echo "error: SEED: expected a whole number, found '$argument'" >&2 && exit 2 ;;
    *) seeds+=("$argument") ;;
  esac
done
((${#seeds[@]} > 0)) || seeds=(1 2 3)
((${#seeds[@]} > 1)) || { usage >&2 && echo "error: an interval over seeds needs at least two" >&2 && exit 2; }

"$repository/tools/setup.sh"
build_targets egoworld grpo_train st_eval
cd "$repository"
render "$data_folder/train" "${train_data[@]}"
render "$data_folder/held_out" "${held_out_data[@]}"
render "$data_folder/bench" "${bench_data[@]}"
if $data_only; then exit 0; fi

plain=recipes/tiny/ablations/no_thought.yaml thought=recipes/tiny/st_r1.yaml
for seed in "${seeds[@]}"; do
  runs=$out/seed-$seed
  train "$plain" "$runs/no_thought" "$seed"
  train "$thought" "$runs/thought" "$seed"
  evaluate assets/tiny_st "$thought" base "$seed"
  evaluate "$runs/no_thought/checkpoints/$(sft_checkpoint "$runs/no_thought")" "$plain" SFT "$seed"
  evaluate "$runs/no_thought/final" "$plain" SFT+GRPO "$seed"
  evaluate "$runs/thought/checkpoints/$(sft_checkpoint "$runs/thought")" "$thought" CoT-SFT "$seed"
  evaluate "$runs/thought/final" "$thought" CoT-SFT+GRPO "$seed"
done
python3 tools/reverse_thinking_plot.py "$out" "${seeds[@]}" >"$out/letters.svg"
python3 tools/reverse_thinking_table.py "$out/scores" "${seeds[@]}"
