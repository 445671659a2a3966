"""Many small clients: 200 rounds of 1,000 clients of 50 rows each, batch 10. See benches/README.md. Needs Python 3.9, no more.

DEVICES (100,000), FEDSIM (target/release/fedsim), FOLDER (target/cross_device) and RUNS (3, of which the best counts) may come
from the environment.
"""

import csv
import multiprocessing
import os
import pathlib
import random
import subprocess
import sys
import time

DEVICES = int(os.environ.get("DEVICES", "100000"))
RUNS = int(os.environ.get("RUNS", "3"))
FEDSIM = os.environ.get("FEDSIM", "target/release/fedsim")
FOLDER = pathlib.Path(os.environ.get("FOLDER", "target/cross_device"))
ROWS, FEATURES, ROUNDS, COHORT = 50, 31, 200, 1000
# Bytes; Linux counts kilobytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024

TABLE = f"""
name = "devices"
rounds = {ROUNDS}
[data]
path = "rows.csv"
label = "label"
test_fraction = 0.001
split = "random"
[partition]
clients = {DEVICES * 999 // 1000}
[cohort]
kind = "uniform"
size = {COHORT}
[training]
batch_size = 10
[evaluation]
every = {ROUNDS}
"""


def make_table(path):
    """A label and features that have to do with it, of three decimals each."""
    draw = random.Random(1)
    # Rows of known numbers in random order: it is speed that is measured, and a gigabyte of random numbers takes minutes.
    pool = [[f"{draw.gauss(label / 10, 1):.3f}" for _ in range(FEATURES)] + [str(label)] for label in (0, 0, 0, 0, 1) for _ in range(4000)]
    lines = [",".join(row) + "\n" for row in pool]
    with open(path, "w", encoding="ascii") as out:
        out.write(",".join([f"x{at}" for at in range(FEATURES)] + ["label"]) + "\n")
        for _ in range(DEVICES):
            out.writelines(draw.choices(lines, k=ROWS))


def run(scenario, *options):
    """Seconds of wall and CPU, peak memory in bytes, and updates a second of the run whose rounds were the fastest."""
    best = None
    for _ in range(RUNS):
        out = FOLDER / "out"
        call = [FEDSIM, "run", str(scenario), "--out", str(out), "--force", "--quiet", "--no-plots", *options]
        started = time.perf_counter()
        child = subprocess.Popen(call)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        if status != 0:
            raise SystemExit(f"{' '.join(call)} ended with {status}")
        with open(out / "performance_summary.csv", encoding="utf-8") as table:
            summary = {row["metric"]: row["value"] for row in csv.DictReader(table)}
        updates = float(summary["clients_per_s"])
        if best is None or updates > best["updates"]:
            best = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * RSS_UNIT, "updates": updates}
    return best


def tell(name, found):
    print(f"| {name} | {found['wall']:.2f} | {found['cpu']:.2f} | {found['memory'] / 1e6:.0f} | {found['updates']:,.0f} |", flush=True)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "devices.toml").write_text(TABLE, encoding="utf-8")
    rows, made_for = FOLDER / "rows.csv", FOLDER / "made_for.txt"
    if not made_for.exists() or made_for.read_text(encoding="ascii") != str(DEVICES):
        # In a process of its own: what this one holds would count as its children's peak.
        maker = multiprocessing.get_context("spawn").Process(target=make_table, args=(rows,))
        maker.start()
        maker.join()
        if maker.exitcode != 0:
            raise SystemExit("the table could not be made")
        made_for.write_text(str(DEVICES), encoding="ascii")

    print("| clients | whole, s | CPU, s | peak, MB | updates a second |\n|---|---|---|---|---|")
    devices = FOLDER / "devices.toml"
    one = run(devices, "--threads", "1")
    tell(f"{DEVICES:,} from a CSV, one thread", one)
    many = run(devices)
    tell(f"{DEVICES:,} from a CSV, all threads", many)
    generated = "scenarios/cross_device.toml"
    few = run(generated, "--set", "partition.clients=10000")
    tell("10,000 generated", few)
    million = run(generated, "--set", "partition.clients=1000000")
    tell("1,000,000 generated", million)

    matrix = DEVICES * ROWS * (FEATURES + 1) * 8
    print(f"\npeak memory over the matrix: {many['memory'] / matrix:.2f}")
    print(f"one thread over all: {one['wall'] / many['wall']:.2f} of the whole, {many['updates'] / one['updates']:.2f} of the rounds")
    print(f"a million clients over ten thousand: {million['cpu'] / few['cpu']:.2f} of CPU, {million['memory'] / few['memory']:.2f} of memory")


if __name__ == "__main__":
    main()
