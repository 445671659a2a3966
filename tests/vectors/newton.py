"""Logistic regression of a small table by statsmodels: estimates, standard errors, p values, intervals, log-likelihood and variance
inflation factors, and with a ridge by scikit-learn. Writes newton.json beside itself.

Made with NumPy 2.4.6, statsmodels 0.15.0 and scikit-learn 1.9.1: pip install numpy statsmodels scikit-learn; python newton.py
"""
import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression
from statsmodels.stats.outliers_influence import variance_inflation_factor

rows = np.arange(240)
x = np.column_stack([np.sin(1.7 * rows), 3 * np.cos(0.9 * rows) + 0.5 * np.sin(1.7 * rows), (rows % 7) - 3.0, 0.01 * rows**1.5 / 10])
x = np.round(x, 6)
logit = -0.5 + 0.8 * x[:, 0] - 0.4 * x[:, 1] + 0.2 * x[:, 2] - 0.1 * x[:, 3]
y = (1 / (1 + np.exp(-logit)) > (rows * 0.6180339887498949) % 1).astype(int)
design = sm.add_constant(x)
fit = sm.Logit(y, design).fit(disp=0, tol=1e-15, maxiter=100)
back = lambda values: [float(value) for value in np.roll(np.asarray(values), -1)]  # the intercept last
l2 = 0.01
ridge = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-14, max_iter=10_000, solver="newton-cholesky").fit(x, y)
out = {
    "x": x.tolist(),
    "y": y.tolist(),
    "estimate": back(fit.params),
    "standard_error": back(fit.bse),
    "p_value": back(fit.pvalues),
    "estimate_low": back(fit.conf_int()[:, 0]),
    "estimate_high": back(fit.conf_int()[:, 1]),
    "vif": [float(variance_inflation_factor(design, column)) for column in range(1, 5)],
    "log_likelihood": float(fit.llf),
    "l2": l2,
    "ridge": [float(weight) for weight in ridge.coef_[0]] + [float(ridge.intercept_[0])],
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
