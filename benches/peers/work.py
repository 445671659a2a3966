"""The work that fedsim and its peers all do: one table, one split, clients alike, FedAvg of a logistic regression.

What is done comes from the environment, which `benches/compare.sh` sets: CSV, LABEL, CLIENTS, ROUNDS, EPOCHS, BATCH, LR,
SEED, and EVALUATE (1: AUC of the test rows after each round; 0: only once, at the end).
"""

import functools
import hashlib
import json
import os
import statistics
import time

import numpy as np
import pandas as pd

STARTED = time.perf_counter()
CSV = os.environ["CSV"]
LABEL = os.environ.get("LABEL", "Class")
CLIENTS = int(os.environ.get("CLIENTS", 10))
ROUNDS = int(os.environ.get("ROUNDS", 5))
EPOCHS = int(os.environ.get("EPOCHS", 1))
BATCH = int(os.environ.get("BATCH", 512))
LR = float(os.environ.get("LR", 0.1))
SEED = int(os.environ.get("SEED", 42))
EVALUATE = os.environ.get("EVALUATE", "1") == "1"


def warm(laps):
    """Without the first two laps, which compile and fill caches; without fewer where there are fewer."""
    return laps[min(2, len(laps) - 1):]


@functools.cache
def load(dtype=np.float64):
    """The clients' [(x, y)], and (x, y) of the test rows, a fifth of all; features are standardised. Read once a process."""
    table = pd.read_csv(CSV)
    y = table.pop(LABEL).to_numpy(np.float64)
    x = table.to_numpy(np.float64)
    random = np.random.default_rng(SEED)
    order = random.permutation(len(x))
    test, train = np.split(order, [len(x) // 5])
    deviation = x[train].std(axis=0)
    x = (x - x[train].mean(axis=0)) / np.where(deviation == 0, 1, deviation)
    clients = [(x[rows].astype(dtype), y[rows].astype(dtype)) for rows in np.array_split(train, CLIENTS)]
    return clients, (x[test], y[test])


def auc(y, score):
    """The area under the ROC: the share of pairs of a positive and a negative in the right order, ties counting half."""
    order = np.argsort(score)
    score, positive = score[order], y[order] == 1
    first = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    ties = np.diff(np.r_[first, len(score)])
    ranks = np.repeat(first + (ties + 1) / 2, ties)
    positives = positive.sum()
    return (ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives))


class Laps:
    """Measures each round, evaluation included, and prints the one line of JSON that every program ends with."""

    def __init__(self, test):
        self.x, self.y = test
        self.laps, self.weights, self.auc = [], None, None
        self.started = self.last = time.perf_counter()

    def done(self, weights, intercept):
        """A round has ended with this model."""
        self.weights = np.append(np.asarray(weights, np.float64), np.asarray(intercept, np.float64))
        if EVALUATE:
            self.evaluate()
        now = time.perf_counter()
        self.laps.append(now - self.last)
        self.last = now

    def evaluate(self):
        self.auc = auc(self.y, self.x @ self.weights[:-1] + self.weights[-1])

    def report(self, name, version):
        """Prints name, version, seconds of a warm round (median), of all rounds and of all the work, AUC and weights."""
        if not EVALUATE:
            self.evaluate()
        if not self.weights.any():
            raise SystemExit("the model never moved: see above why clients did not train")
        print(json.dumps({
            "name": name,
            "version": version,
            "rounds": len(self.laps),
            "warm_round_s": statistics.median(warm(self.laps)),
            "rounds_s": self.last - self.started,
            "total_s": self.last - STARTED,
            "auc": float(self.auc),
            "weights_sha256": hashlib.sha256(self.weights.astype("<f8").tobytes()).hexdigest(),
        }), flush=True)
