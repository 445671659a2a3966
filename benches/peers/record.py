"""Runs one program of the comparison and appends what it said, or why it failed, to a file of JSON lines.

    python record.py RESULTS.jsonl LOG SECONDS KEY=VALUE... [-- COMMAND...]

The program's last line of standard output is its result; its standard error goes to LOG. A program that takes longer than
SECONDS is ended, with the processes that it started. Without a command, only the pairs are recorded.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time


def last_line(text, otherwise):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else otherwise


def measure(command, log, limit):
    """What the program printed, with `whole_s`; or {"failed": the reason}."""
    started = time.perf_counter()
    with open(log, "w") as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
            )
        except OSError as error:
            return {"failed": str(error)}
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return {"failed": f"took longer than {limit} s"}
        whole = time.perf_counter() - started
    if process.returncode != 0:
        return {"failed": last_line(pathlib.Path(log).read_text(errors="replace"), f"exit code {process.returncode}")}
    try:
        return json.loads(last_line(said, "")) | {"whole_s": whole}
    except ValueError:
        return {"failed": "printed no result"}


def main():
    results, log, limit, *rest = sys.argv[1:]
    split = rest.index("--") if "--" in rest else len(rest)
    entry = dict(pair.split("=", 1) for pair in rest[:split])
    entry["load"] = os.getloadavg()[0]
    if split < len(rest):
        entry |= measure(rest[split + 1:], log, float(limit))
    with open(results, "a") as file:
        print(json.dumps(entry), file=file)
    shown = entry.get("failed") or ", ".join(f"{key} {entry[key]:.4g}" for key in ["warm_round_s", "read_s"] if key in entry)
    print(f"{entry['work']}: {entry['peer']}: {shown}", file=sys.stderr)


main()
