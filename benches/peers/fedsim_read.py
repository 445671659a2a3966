"""How long fedsim takes from the CSV to its standardised matrices, dealt to ten clients: the median of READS processes of the
example `csv_to_matrix`, each of which reads once to warm the page cache and times its second reading."""

import json
import os
import statistics
import subprocess
import time

STARTED = time.perf_counter()
READS = 5


def read():
    """Seconds of one reading."""
    call = [os.environ["FEDSIM_READ"], os.environ["CSV"], os.environ.get("LABEL", "Class")]
    return float(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


seconds = statistics.median(read() for _ in range(READS))
version = subprocess.run([os.environ["FEDSIM"], "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
print(json.dumps({
    "name": "fedsim, with split and statistics",
    "version": version,
    "rounds": 0,
    "read_s": seconds,
    "total_s": time.perf_counter() - STARTED,
}))
