"""Reference values of the classification metrics, by scikit-learn.

Writes beside itself metrics_expected.json: a list of cases, each with name,
labels, scores, threshold and the expected metrics. A row is predicted positive
if score >= threshold. Where the labels hold one class only, auc, pr_auc and ks
are null, as are gini = 2 auc - 1 and the recalls at false positive rates: the
greatest tpr of roc_curve whose fpr does not exceed the rate. ece is the expected
calibration error over ten bins of equal width, the last one closed. Precision, recall and f1 are 0 where they would divide by zero.
log_loss clips the scores to [eps, 1 - eps], eps = 2.220446049250313e-16.

Made with NumPy 2.4.6, scikit-learn 1.9.1 (Python 3.11).
Run: python3 metrics_sklearn.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn import metrics

HERE = Path(__file__).resolve().parent
SEED = 20240608


def expected(labels, scores, threshold):
    predicted = (scores >= threshold).astype(int)
    auc = pr_auc = ks = gini = None
    recalls = {rate: None for rate in (0.001, 0.01, 0.05)}
    if len(set(labels.tolist())) == 2:
        auc = float(metrics.roc_auc_score(labels, scores))
        pr_auc = float(metrics.average_precision_score(labels, scores))
        fpr, tpr, _ = metrics.roc_curve(labels, scores, drop_intermediate=False)
        ks = float(np.max(tpr - fpr))
        gini = 2.0 * auc - 1.0
        recalls = {rate: float(np.max(tpr[fpr <= rate])) for rate in recalls}
    bins = np.clip(np.digitize(scores, np.arange(1, 10) / 10), 0, 9)
    gaps = [abs(scores[bins == b].mean() - labels[bins == b].mean()) * np.sum(bins == b) for b in range(10) if np.any(bins == b)]
    return {
        "loss": float(metrics.log_loss(labels, scores, labels=[0, 1])),
        "auc": auc,
        "pr_auc": pr_auc,
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "precision": float(metrics.precision_score(labels, predicted, zero_division=0)),
        "recall": float(metrics.recall_score(labels, predicted, zero_division=0)),
        "f1": float(metrics.f1_score(labels, predicted, zero_division=0)),
        "brier": float(metrics.brier_score_loss(labels, scores, labels=[0, 1], pos_label=1)),
        "ks": ks,
        "gini": gini,
        "ece": float(np.sum(gaps) / len(labels)),
        **{f"recall_at_fpr_{rate}": recall for rate, recall in recalls.items()},
    }


def informative(rng, labels, noise=0.25):
    """Scores in (0, 1) that are higher, on average, for label 1."""
    return np.clip(0.35 + 0.3 * labels + noise * rng.standard_normal(len(labels)), 0.001, 0.999)


def cases():
    rng = np.random.default_rng(SEED)

    labels = rng.integers(0, 2, 300)
    yield "random", labels, rng.random(300), 0.5

    labels = rng.integers(0, 2, 400)
    yield "heavy_ties", labels, np.round(informative(rng, labels), 1), 0.5

    labels = np.array([0, 1, 1, 0, 0, 0, 1, 0, 0, 0])
    yield "all_scores_equal", labels, np.full(10, 0.42), 0.5

    labels = rng.permutation(np.repeat([0, 1], [30, 20]))
    right = np.where(labels == 1, 0.55, 0.05) + 0.4 * rng.random(50)
    yield "perfect", labels, right, 0.5
    yield "inverted", labels, 1.0 - right, 0.5

    # exact 0.0 and 1.0, some right and some wrong
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1])
    scores = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1e-300, 1e-17, 0.2, 0.7, 1.0 - 2.0**-53, 0.5])
    yield "extreme_probabilities", labels, scores, 0.5

    labels = rng.permutation(np.repeat([0, 1], [1995, 5]))
    scores = np.round(np.clip(0.02 + 0.04 * labels + 0.1 * rng.random(2000), 0.0, 1.0), 6)
    yield "rare_positives", labels, scores, 0.1

    labels = rng.integers(0, 2, 60)
    yield "no_predicted_positives", labels, 0.4 * informative(rng, labels), 0.5

    yield "two_rows", np.array([1, 0]), np.array([0.3, 0.6]), 0.5

    yield "one_class_all_0", np.zeros(20, dtype=int), rng.random(20), 0.5
    yield "one_class_all_1", np.ones(20, dtype=int), rng.random(20), 0.5

    # threshold 0.3, a third of the scores exactly on it
    labels = rng.integers(0, 2, 90)
    scores = informative(rng, labels)
    scores[::3] = 0.3
    yield "scores_on_threshold", labels, scores, 0.3


def main():
    rows = []
    for name, labels, scores, threshold in cases():
        rows.append({
            "name": name,
            "labels": [int(v) for v in labels],
            "scores": [float(v) for v in scores],
            "threshold": threshold,
            "expected": expected(labels, scores, threshold),
        })
    # one case per line
    text = "[\n" + ",\n".join(json.dumps(r, allow_nan=False) for r in rows) + "\n]\n"
    (HERE / "metrics_expected.json").write_text(text, newline="\n")


if __name__ == "__main__":
    main()
