"""Reference values of the metrics of several classes, of predicted numbers, of clusters and of rows said again, by scikit-learn. Writes tasks.json beside
itself: for each task a list of cases, each with name, data and expected.

Data come of formulas. `multiclass`: labels, scores (rows, classes) row after row; what scikit-learn gives as nan is null: an area where
a class is missing. `regression`: labels, scores; `deciles` are [rows, mean score, mean label] of numpy.array_split's ten parts of the
rows, sorted by score, lower row first. `clusters`: x (rows, features), assigned, distances (squared, to given centroids that are not
the rows' means), sample (row numbers of the silhouette). Where scikit-learn refuses, null. `reconstruction`: x (rows, features), said
(rows, features) row after row; `features` are [mse, r2] of each, null where it does not vary.

Made with NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1: pip install numpy scipy scikit-learn; python tasks.py
"""
import json
import warnings
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist
from sklearn import metrics

GOLDEN = 0.6180339887498949


def number(value):
    return None if value is None or not np.isfinite(value) else float(value)


def unit(rows, step, shift=0.0):
    """Numbers of [0, 1) that look like chance."""
    return np.round((rows * step + shift) % 1, 9)


def probabilities(labels, classes, pull, decimals=12):
    """Rows that add to one, higher on average for the row's class."""
    rows = np.arange(len(labels))
    logits = np.column_stack([2 * np.sin((k + 1.3) * 1.7 * rows + k) + pull * (labels == k) for k in range(classes)])
    scores = np.exp(logits)
    scores = np.round(scores / scores.sum(axis=1, keepdims=True), decimals)
    scores[:, -1] = np.round(1 - scores[:, :-1].sum(axis=1), decimals).clip(0)
    return scores


def multiclass(name, labels, scores, classes):
    every = np.arange(classes)
    decided = np.argmax(scores, axis=1)
    f1 = lambda average: number(metrics.f1_score(labels, decided, average=average, zero_division=0))
    area = lambda average: number(metrics.roc_auc_score(labels, scores, multi_class="ovr", average=average, labels=every))
    # Of two classes scikit-learn wants one column.
    pair = number(metrics.roc_auc_score(labels, scores[:, 1])) if classes == 2 else None
    expected = {
        "loss": number(metrics.log_loss(labels, scores, labels=every)),
        "accuracy": number(metrics.accuracy_score(labels, decided)),
        "balanced_accuracy": number(metrics.balanced_accuracy_score(labels, decided)),
        "f1_macro": f1("macro"),
        "f1_micro": f1("micro"),
        "f1_weighted": f1("weighted"),
        "auc": pair if classes == 2 else area("macro"),
        "auc_weighted": pair if classes == 2 else area("weighted"),
        "brier": number(metrics.brier_score_loss(labels, scores, labels=every, scale_by_half=False)),
    }
    confusion = metrics.confusion_matrix(labels, decided, labels=every)
    data = {"name": name, "classes": classes, "labels": labels.tolist(), "scores": scores.ravel().tolist()}
    return {**data, "confusion": confusion.ravel().tolist(), "expected": expected}


def multiclass_cases():
    rows = np.arange(300)
    labels = (5 * unit(rows, GOLDEN) ** 1.5).astype(int)
    yield multiclass("five_classes", labels, probabilities(labels, 5, 1.5), 5)
    yield multiclass("ties", labels, tied(labels, 5), 5)
    yield multiclass("no_skill", labels, np.full((300, 5), 0.2), 5)
    labels = (2 * unit(np.arange(120), GOLDEN)).astype(int)
    yield multiclass("two_classes", labels, probabilities(labels, 2, 1.0), 2)
    # Class 2 of four has no rows but decisions, class 3 neither.
    labels = (2 * unit(np.arange(60), GOLDEN)).astype(int)
    scores = probabilities(labels, 4, 1.0)
    scores[:, 3] = 0.0
    yield multiclass("missing_classes", labels, scores / scores.sum(axis=1, keepdims=True), 4)
    # Exact 0 and 1, right and wrong, and what is nearer to them than 2^-52.
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    scores = [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1], [1e-300, 1 - 2.0**-53, 0], [0.5, 0.5, 0], [1e-17, 0.25, 0.75], [0.3, 0.3, 0.4]]
    yield multiclass("extreme_probabilities", labels, np.array(scores, dtype=float), 3)
    # More rows than are summed at once.
    rows = np.arange(5000)
    labels = (3 * unit(rows, GOLDEN)).astype(int)
    yield multiclass("many_rows", labels, probabilities(labels, 3, 0.8, 4), 3)


def tied(labels, classes):
    """Quarters dealt over the classes: many equal scores, and equal greatest ones."""
    scores = np.zeros((len(labels), classes))
    for row, label in enumerate(labels):
        for part in range(4):
            scores[row, (label + (row * 7 + part * part * 3) % 11) % classes if part else label] += 0.25
    return scores


def regression(name, labels, scores):
    expected = {
        "rmse": number(metrics.root_mean_squared_error(labels, scores)),
        "mae": number(metrics.mean_absolute_error(labels, scores)),
        "r2": number(metrics.r2_score(labels, scores)) if len(set(labels.tolist())) > 1 else None,
        "median_error": number(metrics.median_absolute_error(labels, scores)),
        "bias": number(np.mean(scores - labels)),
        "pinball_10": number(metrics.mean_pinball_loss(labels, scores, alpha=0.1)),
        "pinball_90": number(metrics.mean_pinball_loss(labels, scores, alpha=0.9)),
    }
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(10, len(order)))
    deciles = [[len(part), float(scores[part].mean()), float(labels[part].mean())] for part in parts]
    return {"name": name, "labels": labels.tolist(), "scores": scores.tolist(), "expected": expected, "deciles": deciles}


def regression_cases():
    rows = np.arange(203)
    labels = np.round(3 + 2 * np.sin(1.7 * rows) + 4 * unit(rows, GOLDEN), 9)
    yield regression("smooth", labels, np.round(labels + np.cos(2.3 * rows) - 0.2, 9))
    yield regression("tied_predictions", labels, np.round(labels))
    yield regression("worse_than_the_mean", labels, np.round(-labels, 9))
    yield regression("shares_with_ends", np.clip(np.round(labels / 4 - 0.5, 6), 0, 1), np.round(np.clip(labels / 5, 0, 1), 6))
    yield regression("large_and_close", 1e6 + labels, 1e6 + np.round(labels + 0.5 * np.sin(rows), 6))
    yield regression("constant_labels", np.full(7, 0.1), np.round(0.1 * np.arange(7), 9))
    yield regression("exact", labels[:12], labels[:12])
    yield regression("three_rows", np.array([1.0, 2.0, 4.0]), np.array([2.5, 1.0, 3.5]))
    rows = np.arange(5000)
    yield regression("many_rows", np.round(unit(rows, GOLDEN), 4), np.round(unit(rows, 2**0.5, 0.3), 4))


def clusters(name, x, assigned, centroids, sample):
    distances = ((x - centroids[assigned]) ** 2).sum(axis=1)
    among = assigned[sample]

    def judged(measure, labels, *more, **named):
        return number(measure(*more, labels, **named)) if 1 < len(set(labels.tolist())) < len(labels) else None

    total = ((x - x.mean(axis=0)) ** 2).sum()
    expected = {
        "inertia": number(distances.mean()),
        "explained": number(1 - distances.sum() / total) if len(np.unique(x, axis=0)) > 1 else None,
        # Distances one by one: scikit-learn's own lose digits where rows are near to each other.
        "silhouette": judged(metrics.silhouette_score, among, cdist(x[sample], x[sample]), metric="precomputed"),
        "davies_bouldin": judged(metrics.davies_bouldin_score, assigned, x),
        "calinski_harabasz": judged(metrics.calinski_harabasz_score, assigned, x),
    }
    plain = judged(metrics.silhouette_score, among, x[sample])
    assert plain is None or abs(plain - expected["silhouette"]) < 1e-6, name
    data = {"name": name, "x": x.tolist(), "assigned": assigned.tolist(), "distances": distances.tolist(), "sample": sample.tolist()}
    return {**data, "expected": expected}


def clusters_cases():
    rows = np.arange(180)
    centroids = np.array([[0.0, 0, 1], [4, 1, 0], [1, 5, -2], [-3, -3, 3]])
    assigned = (4 * unit(rows, GOLDEN)).astype(int)
    spread = np.column_stack([np.sin(1.7 * rows), np.cos(2.9 * rows + 1), np.sin(4.3 * rows + 2)])
    x = np.round(centroids[assigned] + 1.2 * spread + 0.1, 9)
    yield clusters("apart", x, assigned, centroids, rows)
    yield clusters("sampled", x, assigned, centroids, (rows * 7 % 180)[:60])
    # Nearest centroids, not true ones: clusters of rows that overlap.
    wide = np.round(centroids[assigned] + 5 * spread, 9)
    nearest = np.argmin(cdist(wide, centroids), axis=1)
    yield clusters("overlapping", wide, nearest, centroids, rows)
    # A cluster without rows, one of a single row, and numbers that are not 0, 1, 2.
    few = np.where(rows == 17, 3, np.where(assigned == 3, 0, assigned))
    few = np.where(few == 2, 1, few)
    yield clusters("alone_and_empty", x, few, centroids, rows)
    yield clusters("one_cluster", x[:20], np.zeros(20, dtype=int), centroids, np.arange(20))
    yield clusters("one_each", x[:4], np.arange(4), centroids, np.arange(4))
    yield clusters("sample_in_one_cluster", x, assigned, centroids, rows[assigned == 1])
    # Each row twice.
    twice = np.repeat(x[:40], 2, axis=0)
    yield clusters("twice", twice, np.repeat(assigned[:40], 2), centroids, np.arange(80))
    # More rows than are summed at once.
    rows = np.arange(4500)
    assigned = (3 * unit(rows, GOLDEN)).astype(int)
    x = np.round(np.column_stack([assigned + unit(rows, 2**0.5), 2.0 * unit(rows, 3**0.5)]), 4)
    yield clusters("many_rows", x, assigned, np.array([[0.5, 1], [1.5, 1], [2.5, 1]]), rows[::45])


def reconstruction(name, x, said):
    total = ((x - x.mean(axis=0)) ** 2).sum()
    varies = np.array([len(np.unique(column)) > 1 for column in x.T])
    expected = {
        "mse": number(metrics.mean_squared_error(x, said)),
        "mae": number(metrics.mean_absolute_error(x, said)),
        "explained": number(1 - ((x - said) ** 2).sum() / total) if varies.any() else None,
        "error_p95": number(np.quantile(((x - said) ** 2).mean(axis=1), 0.95)),
    }
    # Of features that do not vary scikit-learn leaves out the errors.
    if varies.all():
        expected["explained"] = number(metrics.r2_score(x, said, multioutput="variance_weighted"))
    r2 = [number(metrics.r2_score(x[:, at], said[:, at])) if varies[at] else None for at in range(x.shape[1])]
    features = [list(pair) for pair in zip(metrics.mean_squared_error(x, said, multioutput="raw_values").tolist(), r2)]
    return {"name": name, "x": x.tolist(), "said": said.ravel().tolist(), "features": features, "expected": expected}


def reconstruction_cases():
    rows = np.arange(97)
    x = np.column_stack([3 * np.sin(1.7 * rows), 2 + np.cos(2.9 * rows + 1), np.round(unit(rows, GOLDEN)), 0.3 * unit(rows, 2**0.5)])
    x = np.round(x, 9)
    noise = np.column_stack([np.sin((k + 2.3) * rows + k) for k in range(4)])
    yield reconstruction("near", x, np.round(x + 0.2 * noise, 9))
    yield reconstruction("the_mean", x, np.tile(x.mean(axis=0), (97, 1)))
    yield reconstruction("worse_than_the_mean", x, np.round(x.mean(axis=0) - 3 * noise, 9))
    yield reconstruction("exact", x[:12], x[:12])
    yield reconstruction("large_and_close", 1e6 + x, 1e6 + np.round(x + 0.1 * noise, 9))
    still = np.where(np.arange(4) == 2, 0.1, x)
    yield reconstruction("one_feature_does_not_vary", still, np.round(still + 0.2 * noise, 9))
    yield reconstruction("nothing_varies", np.full((6, 3), 0.1), np.round(np.full((6, 3), 0.1) + noise[:6, :3], 9))
    yield reconstruction("one_row", x[:1], np.round(x[:1] + 0.5, 9))
    # More rows than are summed at once.
    rows = np.arange(4500)
    x = np.round(np.column_stack([unit(rows, GOLDEN), 4 * unit(rows, 3**0.5)]), 4)
    yield reconstruction("many_rows", x, np.round(np.column_stack([unit(rows, 2**0.5), 4 * unit(rows, 5**0.5)]), 4))


def main():
    warnings.simplefilter("ignore")
    tasks = {"multiclass": multiclass_cases(), "regression": regression_cases(), "clusters": clusters_cases()}
    tasks["reconstruction"] = reconstruction_cases()
    # A case a line.
    lines = lambda cases: ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    lists = [f"{json.dumps(task)}: [\n{lines(cases)}\n]" for task, cases in tasks.items()]
    Path(__file__).with_suffix(".json").write_text("{\n" + ",\n".join(lists) + "\n}\n", newline="\n")


if __name__ == "__main__":
    main()
