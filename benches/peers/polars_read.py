"""How long `polars.read_csv` takes for the table: the median of READS readings after one that warms the page cache."""

import json
import os
import statistics
import time

import polars

STARTED = time.perf_counter()
READS = 5


def read():
    started = time.perf_counter()
    table = polars.read_csv(os.environ["CSV"])
    return time.perf_counter() - started, table.shape


readings = [read() for _ in range(READS + 1)]
print(json.dumps({
    "name": "polars.read_csv",
    "version": polars.__version__,
    "rounds": 0,
    "read_s": statistics.median(seconds for seconds, _ in readings[1:]),
    "total_s": time.perf_counter() - STARTED,
    "shape": readings[0][1],
}))
