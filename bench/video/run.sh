#!/usr/bin/env bash
# Compares our video reading with PyAV, decord and torchcodec on two clips; prints a Markdown table.
#
#   bench/video/run.sh BUILD [PYTHON] [ROUNDS]
#
# BUILD is a build folder configured with -DRETRACE_BUILD_BENCH=ON; PYTHON has av, decord, torchcodec (default python3).
# Readers take turns, ROUNDS times (default 7), 3 reads a turn, all on one core (CORE, default 1).
set -euo pipefail

[[ $# -ge 1 ]] || {
  sed -n '2,7p' "$0" >&2
  exit 2
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bench=$1/bin/video_bench python=${2:-python3} rounds=${3:-7} core=${CORE:-1}
[[ -x $bench ]] || {
  echo "error: $bench is missing; configure with -DRETRACE_BUILD_BENCH=ON and build the target video_bench" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

clip() { # gop
  echo "$work/gop$1.mp4"
}

for gop in 30 250; do
  ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=640x360:rate=30:duration=60 -c:v libx264 -pix_fmt yuv420p \
    -g "$gop" "$(clip "$gop")"
done

read_with() { # reader gop
  case $1 in
    retrace) taskset -c "$core" "$bench" "$(clip "$2")" ;;
    retrace_cache) taskset -c "$core" "$bench" "$(clip "$2")" --cache "$work/cache" ;;
    *) taskset -c "$core" "$python" "$here/peers.py" "$1" "$(clip "$2")" ;;
  esac
}

readers=(retrace pyav decord torchcodec torchcodec_exact retrace_cache)
sleep 3 # a file younger than 2 s is hashed anew for the cache
for ((round = 0; round < rounds; ++round)); do
  for gop in 30 250; do
    for reader in "${readers[@]}"; do
      read_with "$reader" "$gop" >>"$work/$reader.$gop"
    done
  done
done

column() { # file column: min / median / max in ms
  awk -v c="$2" '{print $c}' "$1" | sort -g |
    awk '{v[NR] = $1 * 1000} END {printf "%.1f / %.1f / %.1f", v[1], v[int((NR + 1) / 2)], v[NR]}'
}

echo "| reader | GOP 30: clock, ms | processor, ms | GOP 250: clock, ms | processor, ms |"
echo "|---|---|---|---|---|"
for reader in "${readers[@]}"; do
  echo "| $reader | $(column "$work/$reader.30" 1) | $(column "$work/$reader.30" 2) |" \
    "$(column "$work/$reader.250" 1) | $(column "$work/$reader.250" 2) |"
done
echo
echo "min / median / max of $((rounds * 3)) reads"
for gop in 30 250; do
  echo "GOP $gop: $(taskset -c "$core" "$bench" "$(clip "$gop")" --stages --repeats 10)"
  echo "GOP $gop: $("$bench" "$(clip "$gop")" --check)"
done
