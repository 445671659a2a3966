"""What boosting takes by secure aggregation, what it takes in the clear, and what the operations that masks can't do without take alone,
in CPU seconds of all threads: every sum of the run's exchange_log.csv is held once more on random vectors, as long and over the same ring
and as many clients, by `fedsim secagg --floor`.

usage: python3 benches/secure_boosting.py SCENARIO [--set KEY=VALUE ...]
"""
import csv
import os
import re
import subprocess
import sys
import tempfile

FEDSIM, ROUNDS = os.environ.get("FEDSIM", "target/release/fedsim"), 10


def fedsim(*arguments):
    return subprocess.run([FEDSIM, *arguments], check=True, capture_output=True, text=True).stdout


def column_sum(path, *names):
    return sum(float(row[name] or 0) for row in csv.DictReader(open(path)) for name in names)


def run(out, *sets):
    fedsim("run", sys.argv[1], "--out", out, "--quiet", "--no-plots", "--set", f"rounds={ROUNDS}", "--set", "evaluation.every=1000",
           *sys.argv[2:], *sets)
    return column_sum(f"{out}/perf_log.csv", "cpu_time_s")


# What one sum of so many numbers takes at least: measured once for each length.
floors = {}


def floor(clients, numbers, bits):
    key = clients, numbers, bits
    if key not in floors:
        # A vector of a mean has two coordinates more.
        told = fedsim("secagg", "--clients", clients, "--params", str(max(int(numbers) - 2, 1)), "--modulus-bits", bits,
                      "--weight-max", "1", "--value-bits", "8", "--floor")
        floors[key] = float(re.search(r"floor: .* ([0-9.]+) s cpu", told)[1])
    return floors[key]


with tempfile.TemporaryDirectory() as folder:
    sets = lambda kind: ("--set", f'aggregation={{ kind = "{kind}" }}')
    ratios = []
    for turn in range(3):
        clear, secure = run(f"{folder}/clear{turn}", *sets("mean")), run(f"{folder}/secure{turn}", *sets("secure"))
        floors.clear()
        sums = [row for row in csv.DictReader(open(f"{folder}/secure{turn}/exchange_log.csv")) if row["round"] != "0"]
        least = sum(floor(row["asked"], row["numbers"], row["bits"]) for row in sums)
        ratios.append((secure - clear) / least)
        print(f"{ROUNDS} trees, {len(sums)} sums: clear {clear:.2f} s, secure {secure:.2f} s, floor of the masks {least:.2f} s of CPU; "
              f"secure over floor {secure / least:.2f}, what masks add over floor {ratios[-1]:.2f}")
