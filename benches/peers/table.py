"""Prints what `benches/compare.sh` measured as one markdown table.

    python table.py RESULTS.jsonl KEY=VALUE...

Each program runs several times; its fastest run counts. fedsim runs just before and just after each of them, so that both
sides of a ratio saw the machine in the same state. The pairs of words and values are printed above the table.
"""

import json
import sys

WORKS = {  # What is compared, and how many times fedsim is to be faster than whom.
    "clients10": ("10 clients, batch 512, AUC each round", {"numpy": 5, "fedjax": 8, "pfl": 20, "flower": 90}),
    "clients10_f32": ("the same, fedsim with storage = \"f32\"", {"numpy": 8}),
    "clients100": ("100 clients, batch 512, AUC each round", {}),
    "batch64": ("100 clients, batch 64, no AUC", {"fedjax": 20, "fluke": 100, "pfl": 200}),
    "read": ("CSV to matrix", {"polars": 1 / 1.2}),
    "whole": ("whole process of fedsim: CSV, 50 rounds, all logs and plots", {"polars": 1 / 3}),
}
HEAD = ["work", "peer", "peer, ms", "fedsim, ms", "peer / fedsim", "goal", "AUC, peer", "AUC, fedsim", "same weights twice", "load"]


def seconds(run, work):
    """What of a run is compared."""
    if run["peer"] == "fedsim" and work == "whole":
        return run["total_s"]
    return run["read_s"] if "read_s" in run else run["warm_round_s"]


def number(value, digits=4):
    return f"{value:.{digits}f}" if value is not None else ""


def same(runs):
    """Whether all runs of a program ended with the same weights."""
    digests = {run.get("weights_sha256") for run in runs}
    if digests <= {None}:
        return ""
    return "one run only" if len(runs) < 2 else "yes" if len(digests) == 1 else "no"


def row(work, peer, runs, beside):
    """The cells of one comparison: a peer's runs, and fedsim's beside them."""
    title, goals = WORKS[work]
    goal = goals.get(peer)
    wanted = "" if goal is None else f"≥ {goal}" if goal >= 1 else f"≥ {goal:.2f}"
    load = f"{min(run['load'] for run in runs + beside):.1f}-{max(run['load'] for run in runs + beside):.1f}"
    for program, side in [(peer, runs), ("fedsim", beside)]:
        for run in side:
            if "failed" in run:
                reason = run["failed"].replace("|", "/")[:120]
                return [title, peer, f"{program} failed: {reason}", "", "", wanted, "", "", "", load]
    theirs, ours = (min(seconds(run, work) for run in side) for side in (runs, beside))
    return [
        f"{title} ({beside[0]['name']})" if work == "read" else title,
        f"{runs[0]['name']} {runs[0]['version']}",
        f"{1000 * theirs:.1f}",
        f"{1000 * ours:.1f}",
        f"{theirs / ours:.1f}" if theirs > 10 * ours else f"{theirs / ours:.2f}",
        wanted,
        number(runs[0].get("auc")),
        number(beside[0].get("auc")),
        same(runs),
        load,
    ]


def over_floor(runs):
    """How many times as long a round takes as its rows take to come from memory once, measured one after the other."""
    run = min(runs, key=lambda run: run["warm_round_s"])
    ratio, floor = run["warm_round_s"] / run["floor_s"], 1000 * run["floor_s"]
    return f"{ratio:.2f} (goal: at most 2; {floor:.2f} ms for its rows to come from memory once)"


def main():
    with open(sys.argv[1]) as file:
        entries = [json.loads(line) for line in file]
    for pair in sys.argv[2:]:
        print("- " + pair.replace("=", ": ", 1))
    print()
    print("| " + " | ".join(HEAD) + " |\n" + "|---" * len(HEAD) + "|")
    for work in WORKS:
        here = [entry for entry in entries if entry["work"] == work]
        for peer in dict.fromkeys(entry["peer"] for entry in here if entry["peer"] != "fedsim"):
            runs = [entry for entry in here if entry["peer"] == peer]
            beside = [entry for entry in here if entry["peer"] == "fedsim" and entry["beside"] == peer]
            print("| " + " | ".join(row(work, peer, runs, beside)) + " |")
    ours = {work: [e for e in entries if e["work"] == work and e["peer"] == "fedsim" and "failed" not in e] for work in WORKS}
    # Runs beside different peers may have different numbers of rounds, hence different weights.
    alike = [[run for run in runs if run["beside"] == beside] for runs in ours.values() for beside in {r["beside"] for r in runs}]
    answers = {same(runs) for runs in alike} - {""}
    print(f"\n- fedsim's own weights, the same in all runs of the same rounds: {'no' if 'no' in answers else ''.join(answers)}")
    if ours["clients10"]:
        print(f"- fedsim's round of 10 clients over its floor: {over_floor(ours['clients10'])}")
    if ours["clients10"] and ours["clients100"]:
        ten, hundred = (min(run["warm_round_s"] for run in ours[work]) for work in ("clients10", "clients100"))
        print(f"- fedsim's round of 100 clients over its round of 10: {hundred / ten:.2f} (goal: at most 1.2)")


main()
