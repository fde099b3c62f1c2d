#!/usr/bin/env bash
# Runs the quickstart with several seeds and prints the gain of GRPO over SFT on held-out questions with its 95 %
# interval over seeds (Student's t). docs/results/quickstart.md records the output.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: tools/quickstart_seeds.sh [SEED...]

  SEED   run.seed of each run, at least two (default 1 2 3); runs go to runs/quickstart-seed-SEED

Exit codes: those of tools/quickstart.sh
USAGE
}

case ${1:-} in -h | --help) usage && exit 0 ;; esac
seeds=("$@")
((${#seeds[@]} > 0)) || seeds=(1 2 3)
((${#seeds[@]} > 1)) || { usage >&2 && echo "error: an interval over seeds needs at least two" >&2 && exit 2; }

for seed in "${seeds[@]}"; do
  "$repository/tools/quickstart.sh" --seed "$seed"
done

# accuracies SEED KEY: the values of one metric at base, SFT and SFT+GRPO, in percent.
accuracies() {
  python3 - "$repository/runs/quickstart-seed-$1/metrics.jsonl" "$2" <<'PYTHON'
import json
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
values = [line[sys.argv[2]] for line in lines if line["stage"] == "eval"]
print(*(f"{100 * value:.2f}" for value in (values[0], values[1], values[-1])))
PYTHON
}

echo
echo "| seed | base | blind | SFT | blind | SFT+GRPO | blind | GRPO - SFT |"
echo "|-----:|-----:|------:|----:|------:|---------:|------:|-----------:|"
gains=()
for seed in "${seeds[@]}"; do
  read -r base sft grpo < <(accuracies "$seed" eval/accuracy)
  read -r base_blind sft_blind grpo_blind < <(accuracies "$seed" eval/accuracy_blind)
  gain=$(awk "BEGIN { printf \"%.2f\", $grpo - $sft }")
  gains+=("$gain")
  printf '| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %+.1f |\n' \
    "$seed" "$base" "$base_blind" "$sft" "$sft_blind" "$grpo" "$grpo_blind" "$gain"
done
printf '%s\n' "${gains[@]}" | awk '
  # Quantiles 0.975 of Student t for 1 to 9 degrees of freedom.
  BEGIN { split("12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262", t, " ") }
  { sum += $1; squares += $1 * $1; ++n }
  END {
    mean = sum / n
    deviation = sqrt((squares - n * mean * mean) / (n - 1))
    half = (n - 1 <= 9 ? t[n - 1] : 1.96) * deviation / sqrt(n)
    printf "\nGRPO - SFT over %d seeds: %+.1f points, 95 %% interval %+.1f to %+.1f\n", n, mean, mean - half, mean + half
  }'
