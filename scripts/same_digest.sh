#!/usr/bin/env bash
# Shows that neither the processor's instructions nor the optimiser show in the results: builds as released, for the x86-64
# baseline, and as tests are built, for x86-64-v3 (AVX2, FMA); runs the shipped scenarios with both, and compares the
# manifests, which hold the SHA-256 of every file that must come out the same. Skips where v3 can't run.
set -euo pipefail
cd "$(dirname "$0")/.."

v3_flags=$(scripts/v3_flags.sh)
if [ -z "$v3_flags" ]; then
  echo "skipped: this processor can't run x86-64-v3 code"
  exit 0
fi
RUSTFLAGS="" cargo build --locked --release --quiet
RUSTFLAGS="$v3_flags" cargo build --locked --profile quick --quiet

for scenario in fraud fraud_noniid credit credit_newton credit_mlp lgd credit_autoencoder credit_boosting fraud_boosting scorecard fraud_secure fraud_secure_dropouts cross_device; do
  base="target/same_digest/base/$scenario"
  v3="target/same_digest/v3/$scenario"
  target/release/fedsim run "scenarios/$scenario.toml" --out "$base" --quiet --force
  target/quick/fedsim run "scenarios/$scenario.toml" --out "$v3" --quiet --force
  if ! cmp "$base/manifest.json" "$v3/manifest.json"; then
    diff "$base/manifest.json" "$v3/manifest.json" >&2 || true
    echo "$scenario: x86-64 and x86-64-v3 give different results" >&2
    exit 1
  fi
  echo "$scenario: x86-64 and x86-64-v3 give the same results"
done
