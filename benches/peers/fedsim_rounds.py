"""fedsim on the same work: seconds of its rounds from its own log, and of the whole process; and a round's floor, the time in which
its rows come from memory once at the bandwidth measured right after the run (the example `bandwidth`).

The environment's FEDSIM is the program, FEDSIM_BANDWIDTH the example, OUT the folder for results, STORAGE f64 or f32, and PLOTS=1
draws its pictures; the rest is as in work.py.
"""

import csv
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import time

env = os.environ
here, out = pathlib.Path(__file__).parent, pathlib.Path(env["OUT"])
evaluate = env.get("EVALUATE", "1") == "1"
rounds = int(env.get("ROUNDS", 5))
values = {
    "seed": env.get("SEED", 42),
    "rounds": rounds,
    "data.path": pathlib.Path(env["CSV"]).resolve(),
    "data.label": env.get("LABEL", "Class"),
    "data.storage": env.get("STORAGE", "f64"),
    "partition.clients": env.get("CLIENTS", 10),
    "training.epochs": env.get("EPOCHS", 1),
    "training.batch_size": env.get("BATCH", 512),
    "training.learning_rate": env.get("LR", 0.1),
    "evaluation.every": 1 if evaluate else rounds,
}
command = [env["FEDSIM"], "run", here / "compare.toml", "--out", out, "--quiet", "--force"]
command += [f"--set={key}={value}" for key, value in values.items()]
command += [] if env.get("PLOTS") == "1" else ["--no-plots"]

started = time.perf_counter()
subprocess.run(command, check=True)
total = time.perf_counter() - started


def column(file, name):
    with open(out / file, newline="") as lines:
        return [float(row[name]) for row in csv.DictReader(lines) if int(row["round"]) > 0]


# The last round is measured whatever is asked for.
spared = [0.0] * rounds if evaluate else column("perf_log.csv", "evaluate_s")
laps = [lap - spare for lap, spare in zip(column("perf_log.csv", "duration_s"), spared, strict=True)]
manifest = json.loads((out / "manifest.json").read_text())
# Rows are whole lines of eight numbers.
row_bytes = 8 * -(-manifest["features"] // 8) * (4 if env.get("STORAGE") == "f32" else 8)
row_count = manifest["train_rows"] + (manifest["test_rows"] if evaluate else 0)
bandwidth = float(subprocess.run([env["FEDSIM_BANDWIDTH"]], check=True, capture_output=True, text=True).stdout)
version = subprocess.run([env["FEDSIM"], "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
print(json.dumps({
    "name": "fedsim",
    "version": version,
    "rounds": rounds,
    "warm_round_s": statistics.median(laps[min(2, rounds - 1):]),
    "floor_s": row_bytes * row_count / bandwidth,
    "rounds_s": sum(laps),
    "total_s": total,
    "auc": column("metrics_log.csv", "auc")[-1],
    "weights_sha256": hashlib.sha256((out / "model.csv").read_bytes()).hexdigest(),
}))
