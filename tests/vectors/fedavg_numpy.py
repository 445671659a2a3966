"""Reference run of federated averaging in plain NumPy (float64).

Writes beside itself:
  fedavg_train.csv      made-up training rows of five banks
  fedavg_test.csv       made-up test rows
  fedavg_expected.json  settings, the model after every round, test metrics

Made with NumPy 2.4.6, scikit-learn 1.9.1 (Python 3.11).
Run: python3 fedavg_numpy.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn import metrics

HERE = Path(__file__).resolve().parent

SEED = 20240607
BANKS = ["a", "b", "c", "d", "e"]
BANK_ROWS = [11, 23, 37, 52, 80]
TEST_ROWS = 90
FEATURES = ["x1", "x2", "x3", "x4", "x5", "x6"]

ROUNDS = 15
LOCAL_STEPS = 2
LR = 0.3
L2 = 0.01
LR_SERVER = 0.7
# round (counted from 1) -> indices (from 0) of the banks that drop out
DROPOUTS = {3: [1, 4], 7: [0, 1, 2, 3, 4]}
THRESHOLD = 0.5


# ---------------------------------------------------------------- made-up data

def make_rows(rng, bank):
    """Features and labels; bank[i] is the bank index of row i."""
    n = len(bank)
    shift = bank - 2.0  # -2 .. 2
    z = rng.standard_normal((n, 6))
    x = np.empty((n, 6))
    x[:, 0] = z[:, 0] + 0.4 * shift
    x[:, 1] = 1000.0 + 3.0 * z[:, 1] + 1.5 * shift
    x[:, 2] = 1e-3 * z[:, 2] + 3e-4 * shift
    x[:, 3] = rng.poisson(3.0 + 0.5 * bank)  # whole numbers
    x[:, 4] = -50.0 + 20.0 * z[:, 4] - 5.0 * shift
    x[:, 5] = np.exp(z[:, 5] + 0.2 * shift)  # skewed, positive
    logit = (
        -1.2
        + 0.9 * x[:, 0]
        - 0.25 * (x[:, 1] - 1000.0)
        + 600.0 * x[:, 2]
        + 0.3 * (x[:, 3] - 4.0)
        + 0.02 * (x[:, 4] + 50.0)
        + 0.1 * x[:, 5]
    )
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-logit))).astype(int)
    return x, y


def write_csv(path, bank, x, y):
    with open(path, "w", newline="\n") as f:
        f.write("bank," + ",".join(FEATURES) + ",y\n")
        for b, row, label in zip(bank, x, y):
            numbers = [repr(float(v)) for v in row]
            f.write(",".join([BANKS[b], *numbers, str(int(label))]) + "\n")


# ------------------------------------------------------------------- the model

def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))


def predict(w, x):
    """w holds the six weights, then the intercept."""
    return sigmoid(x @ w[:6] + w[6])


def local_train(w, x, y, c):
    """Full-batch gradient steps of one bank; c is the class weight of each row."""
    w = w.copy()
    for _ in range(LOCAL_STEPS):
        error = c * (predict(w, x) - y)
        gradient = np.empty(7)
        gradient[:6] = (error[:, None] * x).mean(axis=0) + L2 * w[:6]
        gradient[6] = error.mean()  # no l2 on the intercept
        w = w - LR * gradient
    return w


def fedavg(bank, x, y, c):
    """The model after each round."""
    w = np.zeros(7)
    history = []
    for r in range(1, ROUNDS + 1):
        total = 0
        step = np.zeros(7)
        for k in range(len(BANKS)):
            if k in DROPOUTS.get(r, []):
                continue
            mine = bank == k
            n_k = int(mine.sum())
            w_k = local_train(w, x[mine], y[mine], c[mine])
            step += n_k * (w_k - w)
            total += n_k
        if total > 0:  # with no survivor the model stands
            w = w + LR_SERVER * step / total
        history.append(w.copy())
    return history


def floats(values):
    return [float(v) for v in values]


def main():
    rng = np.random.default_rng(SEED)

    # Rows of the banks mixed, except that the first five rows are one row of
    # each bank, a to e: order of first appearance = alphabetical order.
    rest = np.repeat(np.arange(5), [n - 1 for n in BANK_ROWS])
    bank = np.concatenate([np.arange(5), rng.permutation(rest)])
    x, y = make_rows(rng, bank)
    test_bank = rng.integers(0, 5, TEST_ROWS)
    test_x, test_y = make_rows(rng, test_bank)
    write_csv(HERE / "fedavg_train.csv", bank, x, y)
    write_csv(HERE / "fedavg_test.csv", test_bank, test_x, test_y)

    mean = x.mean(axis=0)
    std = x.std(axis=0, ddof=0)
    std[std == 0.0] = 1.0
    train_z = (x - mean) / std
    test_z = (test_x - mean) / std

    n = len(y)
    counts = [int((y == 0).sum()), int((y == 1).sum())]
    weights = [n / (2 * counts[0]), n / (2 * counts[1])]
    c = np.where(y == 1, weights[1], weights[0])

    history = fedavg(bank, train_z, y, c)
    scores = predict(history[-1], test_z)
    predicted = (scores >= THRESHOLD).astype(int)

    expected = {
        "settings": {
            "seed_of_data": SEED,
            "banks": BANKS,
            "bank_rows": BANK_ROWS,
            "rounds": ROUNDS,
            "local_steps": LOCAL_STEPS,
            "lr": LR,
            "l2": L2,
            "lr_server": LR_SERVER,
            "class_weight": "balanced",
            "class_counts": counts,
            "class_weights": weights,
            "dropouts": {str(r): ks for r, ks in DROPOUTS.items()},
            "threshold": THRESHOLD,
        },
        "standardise": {"mean": floats(mean), "std": floats(std)},
        "parameters": [*FEATURES, "intercept"],
        "rounds": [floats(w) for w in history],
        "test_scores": floats(scores),
        "test_metrics": {
            "loss": float(metrics.log_loss(test_y, scores, labels=[0, 1])),
            "auc": float(metrics.roc_auc_score(test_y, scores)),
            "pr_auc": float(metrics.average_precision_score(test_y, scores)),
            "accuracy": float(metrics.accuracy_score(test_y, predicted)),
            "precision": float(metrics.precision_score(test_y, predicted)),
            "recall": float(metrics.recall_score(test_y, predicted)),
            "f1": float(metrics.f1_score(test_y, predicted)),
            "brier": float(metrics.brier_score_loss(test_y, scores)),
        },
    }
    with open(HERE / "fedavg_expected.json", "w", newline="\n") as f:
        json.dump(expected, f, indent=1, allow_nan=False)
        f.write("\n")


if __name__ == "__main__":
    main()
