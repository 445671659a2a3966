"""Fit one centralised logistic regression and print its test metrics.

Usage: python3 centralised_auc.py TRAIN.csv TEST.csv LABEL [LOW HIGH]

LABEL is the name of the 0/1 column; all other columns are features and must be
numbers, already standardised. With LOW and HIGH every feature is clipped at
these quantiles of its training values first. Practically unpenalised (C = 1e6), solver lbfgs.
Writes no file; prints one line: auc=... pr_auc=... log_loss=...

Made with NumPy 2.4.6, scikit-learn 1.9.1 (Python 3.11).
"""

import csv
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score


def read(path, label):
    """Names of the features, their values, the labels."""
    with open(path, newline="") as f:
        header, *rows = csv.reader(f)
    at = header.index(label)
    values = np.array([[float(v) for v in row] for row in rows])
    names = header[:at] + header[at + 1:]
    return names, np.delete(values, at, axis=1), values[:, at].astype(int)


def main():
    if len(sys.argv) not in (4, 6):
        sys.exit("usage: centralised_auc.py TRAIN.csv TEST.csv LABEL [LOW HIGH]")
    train_path, test_path, label = sys.argv[1:4]
    names, x, y = read(train_path, label)
    test_names, test_x, test_y = read(test_path, label)
    if test_names != names:
        sys.exit("the two files have different columns")
    if len(sys.argv) == 6:
        low, high = np.quantile(x, [float(share) for share in sys.argv[4:]], axis=0)
        x, test_x = x.clip(low, high), test_x.clip(low, high)
        middle, spread = x.mean(axis=0), x.std(axis=0)
        spread[spread == 0] = 1
        x, test_x = (x - middle) / spread, (test_x - middle) / spread

    model = LogisticRegression(C=1e6, solver="lbfgs", tol=1e-6, max_iter=100_000)
    model.fit(x, y)
    p = model.predict_proba(test_x)[:, 1]

    auc = roc_auc_score(test_y, p)
    pr_auc = average_precision_score(test_y, p)
    loss = log_loss(test_y, p, labels=[0, 1])
    print(f"auc={float(auc)!r} pr_auc={float(pr_auc)!r} log_loss={float(loss)!r}")


if __name__ == "__main__":
    main()
