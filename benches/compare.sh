#!/usr/bin/env bash
# Runs fedsim and other simulators of federated learning on the same work, and prints one markdown table of ratios.
#
#   benches/compare.sh                  all peers: numpy fedjax pfl flower fluke blazefl polars
#   benches/compare.sh numpy fedjax     only these
#
# The environment may name CSV (the table; a stand-in is made otherwise), LABEL (its 0/1 column), ROWS (only so many rows),
# RUNS (how often each program runs, 2), ROUNDS_MAX (fewer rounds than below), LIMIT (seconds that a program may take, 900),
# FEDSIM (a built program, with the examples `csv_to_matrix` and `bandwidth` built beside it; otherwise all are built).
# Needs Python 3.11, and 3.12 for blazefl; a virtual environment for each peer goes to target/peers/venv: 18 GB in all,
# since PyPI's torch brings CUDA. Later calls reuse them.
set -euo pipefail
cd "$(dirname "$0")/.."

home="$PWD/target/peers"
programs="$PWD/benches/peers"
results="$home/results.jsonl"
all=(numpy fedjax pfl flower fluke blazefl polars)
[ $# -gt 0 ] && peers=("$@") || peers=("${all[@]}")

# What is compared: name, clients, batch size, AUC each round, fedsim's storage, then peer:rounds. A peer that is slow does
# fewer rounds; two of them warm up.
works=(
  "clients10     10  512 1 f64 numpy:12 fedjax:12 pfl:8 flower:8 fluke:8 blazefl:8"
  "clients10_f32 10  512 1 f32 numpy:12"
  "clients100    100 512 1 f64 numpy:12 fedjax:12 flower:5"
  "batch64       100 64  0 f64 fedjax:20 fluke:20 pfl:20 blazefl:20"
  "read          10  512 0 f64 polars:1"
  "whole         10  512 1 f64 polars:50"
)

say() { echo "compare.sh: $*" >&2; }

for peer in "${peers[@]}"; do
  case " ${all[*]} " in
    *" $peer "*) ;;
    *) say "there is no peer '$peer'; there are: ${all[*]}"; exit 2 ;;
  esac
done

# Prints the interpreter of Python $1, also where pyenv has it but does not offer it.
interpreter_of() {
  local found
  for found in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1"*/bin/"python$1"; do
    if "$found" -c '' 2>/dev/null; then echo "$found"; return; fi
  done
  return 1
}

# Makes the virtual environment of peer $1 as its requirements say; not again if they are those it was made from.
install() {
  local peer=$1 version=3.11 interpreter
  local venv="$home/venv/$peer" wanted="$programs/requirements/$peer.txt"
  [ "$peer" = blazefl ] && version=3.12
  cmp --silent "$wanted" "$venv/installed.txt" && return
  interpreter=$(interpreter_of "$version") || { echo "Python $version is missing"; return 1; }
  rm -rf "$venv"
  "$interpreter" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" && cp "$wanted" "$venv/installed.txt"
}

# Prints why a peer could not be installed.
why_broken() { tail -n 1 "$home/log/$1.install.log"; }

# Prints the program of a peer.
program() {
  case $1 in
    numpy) echo numpy_loop.py ;;
    polars) echo polars_read.py ;;
    *) echo "$1_fedavg.py" ;;
  esac
}

# Runs one program and records what it says: work, peer, beside whom, interpreter, file.
record() {
  local log="$home/log/$1.$2.log"
  "$tool" "$programs/record.py" "$results" "$log" "${LIMIT:-900}" work="$1" peer="$2" beside="$3" -- "$4" "$programs/$5"
}

# Measures a peer, with fedsim before and after it, as its runs are short and others may use the machine: work, peer.
measure() {
  local work=$1 peer=$2 fedsim=fedsim_rounds.py
  [ "$work" = read ] && fedsim=fedsim_read.py
  if [ ! -f "$home/venv/$peer/installed.txt" ]; then
    "$tool" "$programs/record.py" "$results" - 0 work="$work" peer="$peer" failed="installation: $(why_broken "$peer")"
    return
  fi
  record "$work" fedsim "$peer" "$tool" "$fedsim"
  record "$work" "$peer" "" "$home/venv/$peer/bin/python" "$(program "$peer")"
  record "$work" fedsim "$peer" "$tool" "$fedsim"
}

mkdir -p "$home/log" "$home/venv"
: > "$results"
install numpy >&2 || { say "nothing can be measured without Python 3.11 and NumPy"; exit 1; }
tool="$home/venv/numpy/bin/python"

for peer in "${peers[@]}"; do
  say "$peer: looking at its virtual environment"
  install "$peer" > "$home/log/$peer.install.log" 2>&1 || say "$peer can't be installed: $(why_broken "$peer")"
done

if [ -z "${CSV:-}" ]; then
  CSV="$home/standin.csv"
  [ -s "$CSV" ] || "$tool" "$programs/make_table.py" "$CSV"
fi
if [ -n "${ROWS:-}" ]; then
  { head -n "$((ROWS + 1))" "$CSV" || true; } > "$home/head.csv"
  CSV="$home/head.csv"
fi
CSV=$(realpath "$CSV")
commit="the program that FEDSIM names"
if [ -z "${FEDSIM:-}" ]; then
  cargo build --locked --release --quiet --bins --example csv_to_matrix --example bandwidth
  FEDSIM="$PWD/target/release/fedsim"
  commit=$(git describe --always --dirty 2>/dev/null || echo "an unknown commit")
fi
FEDSIM=$(realpath "$FEDSIM")
FEDSIM_READ="$(dirname "$FEDSIM")/examples/csv_to_matrix"
FEDSIM_BANDWIDTH="$(dirname "$FEDSIM")/examples/bandwidth"
export CSV FEDSIM FEDSIM_READ FEDSIM_BANDWIDTH OUT="$home/out" PYTHONDONTWRITEBYTECODE=1
# No progress bars, and nobody is told of the run.
export TQDM_DISABLE=1 FLWR_TELEMETRY_ENABLED=0 RAY_USAGE_STATS_ENABLED=0 WANDB_MODE=disabled

for run in $(seq "${RUNS:-2}"); do
  say "run $run"
  for line in "${works[@]}"; do
    read -r work CLIENTS BATCH EVALUATE STORAGE rounds <<< "$line"
    PLOTS=0
    [ "$work" = whole ] && PLOTS=1
    export CLIENTS BATCH EVALUATE STORAGE PLOTS
    for pair in $rounds; do
      peer=${pair%:*} ROUNDS=${pair#*:}
      [ -n "${ROUNDS_MAX:-}" ] && [ "$ROUNDS" -gt "$ROUNDS_MAX" ] && ROUNDS=$ROUNDS_MAX
      export ROUNDS
      case " ${peers[*]} " in *" $peer "*) measure "$work" "$peer" ;; esac
    done
  done
done

size=$(wc -c < "$CSV")
"$tool" "$programs/table.py" "$results" \
  "date=$(date -u +%F)" \
  "processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1), $(getconf _NPROCESSORS_ONLN) threads" \
  "system=$(uname -sr), $("$tool" --version)" \
  "fedsim=$("$FEDSIM" --version | cut -d ' ' -f 2), $commit" \
  "table=$(basename "$CSV"), $(($(wc -l < "$CSV") - 1)) rows, $((size / 1000000)) MB, a fifth for tests"
