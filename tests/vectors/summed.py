"""What the summed learners and softmax regression must come to on a small table: ordinary least squares, a ridge, a fractional logit
with robust standard errors, k-means from given centroids, and multinomial logistic regression. Writes summed.json beside itself.

Made with NumPy 2.4.6, statsmodels 0.15.0 and scikit-learn 1.9.1: pip install numpy statsmodels scikit-learn; python summed.py
"""
import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge

rows = np.arange(240)
noise = (rows * 0.6180339887498949) % 1 - 0.5
x = np.column_stack([np.sin(1.7 * rows), 3 * np.cos(0.9 * rows) + 0.5 * np.sin(1.7 * rows), (rows % 7) - 3.0])
x = np.round(x, 6)
number = np.round(250 + 40 * x[:, 0] - 15 * x[:, 1] + 8 * x[:, 2] + 60 * noise, 6)
share = np.round(1 / (1 + np.exp(-(0.3 + x[:, 0] - 0.4 * x[:, 1] + 3 * noise))), 6)
share[::17], share[5::19] = 0.0, 1.0
grade = np.digitize(x[:, 0] - 0.5 * x[:, 1] + 2 * noise, [-1.0, 0.8])

design = sm.add_constant(x)
back = lambda values: [float(value) for value in np.roll(np.asarray(values), -1)]  # the intercept last
table = lambda fit: {
    "estimate": back(fit.params),
    "standard_error": back(fit.bse),
    "p_value": back(fit.pvalues),
    "estimate_low": back(fit.conf_int()[:, 0]),
    "estimate_high": back(fit.conf_int()[:, 1]),
}
l2 = 0.01
ridge = Ridge(alpha=l2 * len(rows), solver="cholesky", tol=1e-14).fit(x, number)
fractional = sm.GLM(share, design, family=sm.families.Binomial()).fit(cov_type="HC0", tol=1e-15, maxiter=100)
softmax = LogisticRegression(C=1 / (l2 * len(rows)), tol=1e-13, max_iter=10_000, solver="newton-cg").fit(x, grade)
start = np.array([[-0.5, -2.0, -1.5], [0.0, 0.5, 0.0], [0.5, 2.5, 1.5]])
found = KMeans(n_clusters=3, init=start, n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit(x)
out = {
    "x": x.tolist(),
    "number": number.tolist(),
    "share": share.tolist(),
    "grade": ["ABC"[place] for place in grade],
    "l2": l2,
    "least_squares": table(sm.OLS(number, design).fit()),
    "ridge": [float(weight) for weight in ridge.coef_] + [float(ridge.intercept_)],
    "fractional": table(fractional),
    "softmax": [float(w) for row, b in zip(softmax.coef_, softmax.intercept_ - softmax.intercept_.mean()) for w in [*row, b]],
    "start": start.tolist(),
    "centroids": [float(value) for value in found.cluster_centers_.ravel()],
    "inertia": float(found.inertia_) / len(rows),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
