"""How long fedsim takes from the CSV to its matrices.

HOOK: where the environment's FEDSIM_READ names a program, it is called with the CSV's path and must print the seconds that
reading took; the median of READS calls is reported. Without it, reading is what is left of the whole process of a run of
one round without pictures, less that round: start-up, splitting, standardising and logs are then counted against fedsim.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

STARTED = time.perf_counter()
READS = 5
ROUNDS = pathlib.Path(__file__).with_name("fedsim_rounds.py")


def hook():
    """Seconds by the program that FEDSIM_READ names."""
    said = subprocess.run([os.environ["FEDSIM_READ"], os.environ["CSV"]], check=True, capture_output=True, text=True)
    return float(said.stdout.split()[-1])


def whole_less_round():
    """Seconds of a run of one round, less the round."""
    env = os.environ | {"ROUNDS": "1", "EVALUATE": "0", "PLOTS": "0"}
    said = subprocess.run([sys.executable, ROUNDS], env=env, check=True, stdout=subprocess.PIPE, text=True)
    run = json.loads(said.stdout.splitlines()[-1])
    return run["total_s"] - run["rounds_s"]


read = hook if os.environ.get("FEDSIM_READ") else whole_less_round
read()
seconds = statistics.median(read() for _ in range(READS))
version = subprocess.run([os.environ["FEDSIM"], "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
print(json.dumps({
    "name": "fedsim, reading" if read is hook else "fedsim, all but the round",
    "version": version,
    "rounds": 0,
    "read_s": seconds,
    "total_s": time.perf_counter() - STARTED,
}))
