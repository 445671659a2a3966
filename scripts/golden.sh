#!/usr/bin/env bash
# Writes tests/golden/digests.txt anew: on each line a shipped scenario, its run's last state digest, and the SHA-256 of its
# manifest. For a commit that means to change results, and says why.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked
mkdir -p target/golden
for scenario in fraud fraud_noniid credit credit_join fraud_secure fraud_secure_dropouts; do
  out="target/golden/$scenario"
  target/debug/fedsim run "scenarios/$scenario.toml" --out "$out" --quiet --force
  state=$(sed -n 's/.*"state_digest": "\(.*\)".*/\1/p' "$out/manifest.json")
  echo "$scenario $state $(sha256sum < "$out/manifest.json" | cut -d ' ' -f 1)"
done > target/golden/digests.txt
mv target/golden/digests.txt tests/golden/digests.txt
