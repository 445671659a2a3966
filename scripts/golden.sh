#!/usr/bin/env bash
# Writes tests/golden/digests.txt anew, and, where all public data lie beside this repository, tests/golden/public_digests.txt:
# their heads, or scripts/digests.sh, tell the columns. For a commit that means to change results, and says why.
set -euo pipefail
cd "$(dirname "$0")/.."

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

mkdir -p target/golden
scripts/digests.sh > target/golden/digests.txt
mv target/golden/digests.txt tests/golden/digests.txt

data=../shared/data/real
old=tests/golden/public_digests.txt
new=target/golden/public_digests.txt
grep '^#' "$old" > "$new"
while read -r scenario file _; do
  if [ ! -f "$data/$file" ]; then
    echo "$old stays as it is: $data/$file is missing" >&2
    exit 0
  fi
  of_data=$(sha256 < "$data/$file")
  of_run=$(scripts/digests.sh "$scenario")
  echo "$scenario $file $of_data ${of_run#* }" >> "$new"
done < <(grep -v '^#' "$old")
mv "$new" "$old"
