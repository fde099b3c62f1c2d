#!/usr/bin/env bash
# Installs what Retrace needs on Debian 12: Debian packages, and LibTorch from the PyPI wheel (no Python at run time).
# Skips what is there; an interrupted run is repaired by the next one.
set -euo pipefail
# shellcheck source=tools/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() {
  cat <<'USAGE'
usage: tools/setup.sh [--dev]

  --dev   also install what contributors use: clang-format, shellcheck

Environment: RETRACE_DEPS   where LibTorch goes (default ~/.cache/retrace; 1.1 GB, 1.7 GB while it is unpacked)
USAGE
}

packages=(
  build-essential cmake ninja-build pkg-config mold           # build
  libfmt-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev # core
  libcli11-dev libprotobuf-dev protobuf-compiler              # command lines, TensorBoard events
  libavformat-dev libavcodec-dev libavutil-dev libswscale-dev # video
  libxxhash-dev                                               # frame cache
  libpcre2-dev libutf8proc-dev                                # tokenizer
  libcurl4-openssl-dev                                        # judges behind HTTP
  libopenmpi-dev openmpi-bin                                  # ranks
  ffmpeg                                                      # tests make clips of every kind with it
  libgtest-dev libgmock-dev librapidcheck-dev                 # tests
  libcpp-httplib-dev                                          # tests: a server for judges
  libbenchmark-dev                                            # -DRETRACE_BUILD_BENCH=ON
  git ca-certificates unzip python3 python3-pip               # fetch LibTorch; test `layering` and `docs`
)
dev_packages=(clang-format shellcheck)

libtorch_version=2.11.0
wheels=("torch==$libtorch_version" "nvidia-cuda-runtime==13.0.96" "nvidia-cuda-cupti==13.0.85")
wheel_platforms=(manylinux_2_28_x86_64 manylinux_2_25_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64)

install_packages() {
  local missing=() package as_root=() status
  status=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qx "$package installed" <<<"$status" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    say "Debian packages: all ${#packages[@]} are installed"
    return
  fi
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || fail "packages are missing and there is no sudo; as root run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  quiet_step "apt-get update" "check the network and /etc/apt/sources.list" "${as_root[@]}" apt-get update
  quiet_step "install ${#missing[@]} Debian packages: ${missing[*]}" "see apt's message above" \
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# The folder has every version asked for, whole.
has_libtorch() {
  local folder=$1 wheel name
  [[ -f $folder/torch/lib/libtorch_cpu.so && -f $folder/torch/include/ATen/ATen.h ]] || return 1
  for wheel in "${wheels[@]}"; do
    name=${wheel//-/_}
    [[ -d $folder/${name/==/-}.dist-info ]] || return 1
  done
  compgen -G "$folder/nvidia/cu13/lib/libcudart.so.*" >/dev/null &&
    compgen -G "$folder/nvidia/cu13/lib/libcupti.so.*" >/dev/null
}

download_wheels() {
  local platform arguments=(--no-deps --only-binary=:all: --python-version 3.11 --disable-pip-version-check)
  for platform in "${wheel_platforms[@]}"; do arguments+=(--platform "$platform"); done
  python3 -m pip download "${arguments[@]}" --dest "$1" "${wheels[@]}"
}

# Libraries, headers and version files only: the wheel's Python sources and tests stay out. `set -e` does not reach
# into a function whose status is looked at, hence the returns.
unpack_wheels() {
  local wheel
  for wheel in "$1"/torch-*.whl; do
    unzip -q "$wheel" 'torch/lib/*' 'torch/include/*' 'torch/version.py' 'torch-*.dist-info/*' -d "$2" || return
  done
  for wheel in "$1"/nvidia_*.whl; do
    unzip -q "$wheel" -x '*.py' -d "$2" || return
  done
}

install_libtorch() {
  local deps=${RETRACE_DEPS:-$HOME/.cache/retrace}
  local target=$deps/libtorch-$libtorch_version marker wanted temporary
  marker=$target/.retrace-wheels
  wanted=$(printf '%s\n' "${wheels[@]}")
  if [[ -f $marker && $(<"$marker") == "$wanted" ]]; then
    say "LibTorch $libtorch_version: in $target"
    return
  fi
  if has_libtorch "$target"; then
    echo "$wanted" >"$marker"
    say "LibTorch $libtorch_version: found whole in $target"
    return
  fi
  [[ $(uname -m) == x86_64 ]] ||
    fail "no LibTorch wheel is known for $(uname -m); unpack one yourself and pass -DRETRACE_LIBTORCH=<folder> to cmake"
  mkdir -p "$deps" || fail "$deps: cannot be made; set RETRACE_DEPS to a folder you can write"
  # Left over from an interrupted run; an hour is longer than any live one takes.
  find "$deps" -maxdepth 1 -name ".libtorch-*.part" -mmin +60 -exec rm -rf {} +
  temporary=$(mktemp -d "$deps/.libtorch-XXXXXX.part")
  # shellcheck disable=SC2064  # the value of now is wanted
  trap "rm -rf '$temporary'" EXIT
  mkdir "$temporary/wheels" "$temporary/root"
  quiet_step "download LibTorch $libtorch_version (0.5 GB): ${wheels[*]}" \
    "check the network (pip must reach PyPI) and run this again" download_wheels "$temporary/wheels"
  quiet_step "unpack LibTorch to $target" "is the disk full? (df -h $deps)" \
    unpack_wheels "$temporary/wheels" "$temporary/root"
  has_libtorch "$temporary/root" || fail "the wheels do not hold what is expected; please report this with: ls $temporary/root"
  echo "$wanted" >"$temporary/root/.retrace-wheels"
  chmod 755 "$temporary/root"
  rm -rf "$target"
  mv "$temporary/root" "$target"
}

main() {
  case ${1:-} in
    "") ;;
    --dev) packages+=("${dev_packages[@]}") ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && echo "error: unknown option '$1'" >&2 && exit 2 ;;
  esac
  command -v dpkg-query >/dev/null || fail "this script is for Debian 12; elsewhere install the equivalents of: ${packages[*]}"
  install_packages
  install_libtorch
}

main "$@"
