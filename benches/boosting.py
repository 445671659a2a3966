"""Boosting's speed: fedsim (one client, in the clear), XGBoost and LightGBM in turns, with one thread and with two.

    cargo build --release && pip install numpy pandas xgboost lightgbm && python3 benches/boosting.py [TREES]

A table of 284,807 x 30 and one of 300,000 x 100 are made in target/boosting first. Trees are of depth 6 and 64 bins; LightGBM's have 31
leaves and 63. Times are milliseconds a tree, the median over all trees but the first, and of bins: making them of cells that lie in memory
(fedsim's are in the first round).
"""
import os

os.environ["OMP_WAIT_POLICY"] = "passive"

import pathlib
import subprocess
import sys
import time

import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

TREES = int(sys.argv[1]) if len(sys.argv) > 1 else 40
ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target" / "boosting"
FEDSIM = os.environ.get("FEDSIM", str(ROOT / "target" / "release" / "fedsim"))


def tables():
    FOLDER.mkdir(parents=True, exist_ok=True)
    narrow, wide = FOLDER / "narrow.csv", FOLDER / "wide.csv"
    if not narrow.exists():
        subprocess.run([FEDSIM, "generate", "fraud", "--rows", "284807", "--seed", "42", "--out", str(narrow)], check=True)
    if not wide.exists():
        random = np.random.default_rng(1)
        x = random.normal(size=(300_000, 100)).round(3)
        y = (x[:, :10].sum(axis=1) + 3 * random.normal(size=len(x)) > 4).astype(int)
        frame = pd.DataFrame(x, columns=[f"x{at}" for at in range(100)])
        frame["Class"] = y
        frame.to_csv(wide, index=False)
    return [narrow, wide]


def fedsim(table, threads):
    scenario = FOLDER / "scenario.toml"
    small = FOLDER / "small.csv"
    data = pd.read_csv(table, nrows=20_000)
    pd.concat([data[data.Class == 1].head(50), data[data.Class == 0].head(500)]).to_csv(small, index=False)
    scenario.write_text(
        f"""name = "speed"
rounds = {TREES}
[data]
train_path = "{table}"
test_path = "{small}"
label = "Class"
[partition]
clients = 1
[model]
kind = "boosting"
depth = 6
min_child_weight = 1.0
[evaluation]
every = {TREES}
"""
    )
    out = FOLDER / "out"
    command = [FEDSIM, "run", str(scenario), "--out", str(out), "--no-plots", "--quiet", "--force", "--threads", str(threads)]
    subprocess.run(command, check=True)
    seconds = pd.read_csv(out / "perf_log.csv").duration_s
    tree = float(np.median(seconds[1:-1]))
    return tree, float(seconds[0]) - tree


def xgboost(x, y, threads):
    start = time.perf_counter()
    matrix = xgb.QuantileDMatrix(x, y, max_bin=64, nthread=threads)
    bins = time.perf_counter() - start
    settings = dict(objective="binary:logistic", tree_method="hist", nthread=threads, eta=0.1, max_bin=64, max_depth=6, min_child_weight=1)
    booster = xgb.Booster(settings, [matrix])
    seconds = []
    for tree in range(TREES):
        start = time.perf_counter()
        booster.update(matrix, tree)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[1:])), bins


def lightgbm(x, y, threads):
    settings = dict(objective="binary", verbose=-1, max_bin=63, learning_rate=0.1, num_threads=threads, num_leaves=31)
    start = time.perf_counter()
    booster = lgb.Booster(settings, lgb.Dataset(x, y, params=settings))
    bins = time.perf_counter() - start
    seconds = []
    for _ in range(TREES):
        start = time.perf_counter()
        booster.update()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[1:])), bins


for table in tables():
    data = pd.read_csv(table)
    y = data.pop("Class").to_numpy()
    x = data.to_numpy(np.float32)
    for threads in (1, 2):
        found = {"fedsim": fedsim(table, threads), "xgboost": xgboost(x, y, threads), "lightgbm": lightgbm(x, y, threads)}
        best = min(found["xgboost"][0], found["lightgbm"][0])
        line = ", ".join(f"{name} {tree * 1e3:.1f} (bins {bins * 1e3:.0f})" for name, (tree, bins) in found.items())
        print(f"{len(x)} x {x.shape[1]}, {threads} thread(s): {line}; fedsim over the better of the others {found['fedsim'][0] / best:.2f}", flush=True)
