#!/usr/bin/env bash
# Shows that the processor's instructions don't show in the results: builds for the x86-64 baseline and for x86-64-v3 (AVX2,
# FMA), runs the shipped scenarios with both, and compares the last state digests. Skips where v3 can't run.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(uname -m)" != x86_64 ] || ! grep -qw avx2 /proc/cpuinfo 2>/dev/null || ! grep -qw fma /proc/cpuinfo; then
  echo "skipped: this processor can't run x86-64-v3 code"
  exit 0
fi
cargo build --locked --release --quiet
RUSTFLAGS="-C target-cpu=x86-64-v3" cargo build --locked --release --quiet --target-dir target/v3

digest() { # BINARY SCENARIO -> the run's last state digest
  "$1" run "scenarios/$2.toml" --out "target/same_digest/$2" --quiet --force
  sed -n 's/.*"state_digest": "\(.*\)".*/\1/p' "target/same_digest/$2/manifest.json"
}

for scenario in fraud fraud_noniid credit; do
  base=$(digest target/release/fedsim "$scenario")
  v3=$(digest target/v3/release/fedsim "$scenario")
  if [ "$base" != "$v3" ]; then
    echo "$scenario: x86-64 gives $base, x86-64-v3 gives $v3" >&2
    exit 1
  fi
  echo "$scenario: x86-64 and x86-64-v3 both give $base"
done
