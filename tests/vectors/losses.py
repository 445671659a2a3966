"""Capital of retail exposures under CRE31, expected losses over a loan's years, a stability index and calibration tests by SciPy
and NumPy: python3 losses.py > losses.json"""

import json

import numpy as np
from scipy.stats import binom, chi2, norm


def correlation(name, pd):
    weight = -np.expm1(-35 * pd) / -np.expm1(-35)
    return {"mortgage": 0.15, "revolving": 0.04, "other": 0.03 * weight + 0.16 * (1 - weight)}[name]


def capital(name, pd, lgd):
    r = correlation(name, pd)
    return lgd * (norm.cdf((norm.ppf(pd) + np.sqrt(r) * norm.ppf(0.999)) / np.sqrt(1 - r)) - pd)


cases = [
    {"class": name, "pd": pd, "lgd": lgd, "correlation": correlation(name, pd), "capital": capital(name, pd, lgd)}
    for name in ("mortgage", "revolving", "other")
    for pd, lgd in ((0.0005, 0.1), (0.01, 0.45), (0.02, 0.6), (0.05, 0.75), (0.1, 0.45), (0.3, 0.9), (0.7, 0.5), (0.999, 0.3))
]
years = np.arange(1, 4)
losses = 0.98 ** (years - 1) * 0.02 * 0.45 * 1e4 * (1 - 0.2 * (years - 1)) * 1.05 ** -years.astype(float)
actual, expected = np.array([120, 180, 300, 250, 150]), np.array([100, 200, 300, 300, 100])
a, e = actual / actual.sum(), expected / expected.sum()
psi = {
    "actual": actual.tolist(),
    "expected": expected.tolist(),
    "terms": ((a - e) * np.log(a / e)).tolist(),
    "psi": float(((a - e) * np.log(a / e)).sum()),
    "critical": float(chi2.ppf(0.95, 4) * (1 / actual.sum() + 1 / expected.sum())),
}
row = np.arange(500)
scores = 1 / (1 + np.exp(1 - 2 * np.sin(row)))
labels = (row * 7919 % 101) / 101 < scores**1.2
groups = np.argsort(scores).reshape(10, 50)
positives, means = np.array([labels[group].sum() for group in groups]), np.array([scores[group].mean() for group in groups])
statistic = float(((positives - 50 * means) ** 2 / (50 * means * (1 - means))).sum())
calibration = {
    "scores": scores.tolist(),
    "labels": labels.astype(int).tolist(),
    "positives": positives.tolist(),
    "as_many_or_more": binom.sf(positives - 1, 50, means).tolist(),
    "statistic": statistic,
    "p_value": float(chi2.sf(statistic, 10)),
}
print(json.dumps({"capital": cases, "lifetime": np.cumsum(losses).tolist(), "psi": psi, "calibration": calibration}))
