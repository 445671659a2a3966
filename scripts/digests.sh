#!/usr/bin/env bash
# Prints the digests of the shipped scenarios as this machine computes them, in the form of tests/golden/digests.txt: on each
# line a scenario, its run's last state digest, and the SHA-256 of its manifest.
set -euo pipefail
cd "$(dirname "$0")/.."

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

cargo build --locked --release --quiet
# The names of other scenarios may be given, for instance of those on public data.
[ $# -gt 0 ] || set -- fraud fraud_noniid credit credit_join credit_newton credit_mlp grades lgd segments credit_autoencoder credit_boosting fraud_boosting scorecard fraud_secure fraud_secure_dropouts cross_device
for scenario; do
  out="target/digests/$scenario"
  target/release/fedsim run "scenarios/$scenario.toml" --out "$out" --quiet --force --no-plots
  state=$(sed -n 's/.*"state_digest": "\(.*\)".*/\1/p' "$out/manifest.json")
  manifest=$(sha256 < "$out/manifest.json")
  echo "$scenario $state $manifest"
done
