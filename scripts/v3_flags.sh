#!/usr/bin/env bash
# The compiler flags for x86-64-v3 (AVX2, FMA); nothing where the processor can't run such code.
set -euo pipefail

if [ "$(uname -m)" = x86_64 ] && grep -qw avx2 /proc/cpuinfo 2>/dev/null && grep -qw fma /proc/cpuinfo; then
  echo "-C target-cpu=x86-64-v3"
fi
