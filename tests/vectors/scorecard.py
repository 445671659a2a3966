"""Makes scorecard.json: optimal bins by optbinning 1.0.0 (constraint programming, which proves its optimum), and points from a logistic
regression of statsmodels on the weights of evidence.

    pip install optbinning==1.0.0 statsmodels==0.15.0 pandas
    python tests/vectors/scorecard.py give-me-some-credit.csv > tests/vectors/scorecard.json

`tables` are of counts by formula. `public` are the ten columns of Give Me Some Credit (150,000 rows): 20 pre-bins at the data's own
quantiles, missing cells aside, of which optbinning merges those without events first; the file itself is not needed by the tests of `tables`.
"""
import json
import sys
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
from optbinning import OptimalBinning

TRENDS = ["ascending", "descending", "peak", "valley"]


def binned(x, y, splits, trend, **more):
    """optbinning's optimum over these pre-bins: its splits and the information value of non-missing rows."""
    binning = OptimalBinning(dtype="numerical", user_splits=np.array(splits, float), monotonic_trend=trend, min_prebin_size=1e-9,
                             solver="cp", time_limit=300, **more)
    binning.fit(x, y)
    assert binning.status == "OPTIMAL", binning.status
    table = binning.binning_table.build(add_totals=False)
    ordinary = table[~table["Bin"].astype(str).isin(["Special", "Missing"])]
    return {"splits": [float(split) for split in binning.splits], "iv": float(ordinary["IV"].sum())}


def counts(case):
    """Counts by pre-bin, (goods, bads), by formula: rates that wander, and never an empty cell."""
    n = 5 + case % 9
    goods = [40 + (case * 7919 + at * at * 104729 + at * 31) % 400 for at in range(n)]
    bads = [1 + (case * 6101 + at * 7907 + at * at * at * 13) % 60 for at in range(n)]
    return goods, bads


def tables():
    made = []
    for case in range(12):
        goods, bads = counts(case)
        n = len(goods)
        x = np.concatenate([np.full(goods[at] + bads[at], float(at)) for at in range(n)])
        y = np.concatenate([np.concatenate([np.zeros(goods[at]), np.ones(bads[at])]) for at in range(n)])
        for trend in TRENDS:
            for least, most in [(None, None), (0.1, None), (None, 3)]:
                found = binned(x, y, np.arange(1, n) - 0.5, trend, min_bin_size=least, max_n_bins=most)
                ends = [int(split + 0.5) for split in found["splits"]]
                made.append({"goods": goods, "bads": bads, "trend": trend, "min_size": least or 0.0, "max_bins": most or n,
                             "ends": ends, "iv": found["iv"]})
    return made


def public(data, y):
    made = []
    for name in data.columns:
        x = data[name].to_numpy(float)
        there = x[~np.isnan(x)]
        splits = np.unique(np.quantile(there, np.arange(1, 20) / 20, method="inverted_cdf"))
        splits = splits[splits > there.min()]
        for trend in TRENDS + ["auto_asc_desc"]:
            found = binned(x, y, splits, trend)
            made.append({"column": name, "pre_splits": [float(split) for split in splits], "trend": trend, **found})
    return made


def points(data, y):
    """A scorecard of four columns with these bins, missing cells a bin of their own: 600 points at 50 to 1, 20 to double."""
    import statsmodels.api as sm
    bins = {
        "age": [29, 33, 36, 39, 44, 48, 50, 52, 54, 56, 58, 61, 63, 65, 68, 78],
        "NumberOfTimes90DaysLate": [1],
        "NumberOfTime30-59DaysPastDueNotWorse": [1, 2],
        "MonthlyIncome": [3400, 3800, 4544, 5000, 5400, 5855, 6300, 6916, 7500, 9083, 10100],
    }
    all_bads, all_goods = int(y.sum()), int((1 - y).sum())
    columns, made = [], []
    for name, cuts in bins.items():
        x = data[name].to_numpy(float)
        at = np.where(np.isnan(x), len(cuts) + 1, np.searchsorted(cuts, x, side="right"))
        bads, goods = np.bincount(at, y, len(cuts) + 2), np.bincount(at, 1 - y, len(cuts) + 2)
        woe = np.where((bads > 0) & (goods > 0), np.log(np.maximum(goods, 1) / all_goods / (np.maximum(bads, 1) / all_bads)), 0.0)
        columns.append(woe[at])
        made.append({"column": name, "cuts": cuts, "goods": goods.astype(int).tolist(), "bads": bads.astype(int).tolist(),
                     "woe": woe.tolist()})
    fit = sm.Logit(y, np.column_stack([np.ones(len(y))] + columns)).fit(disp=0, tol=1e-14, maxiter=100)
    factor = 20 / np.log(2)
    offset = 600 - factor * np.log(50)
    for of, weight in zip(made, fit.params[1:]):
        of["weight"] = float(weight)
        of["points"] = (-(weight * np.array(of["woe"]) + fit.params[0] / 4) * factor + offset / 4).tolist()
    return {"intercept": float(fit.params[0]), "factor": factor, "offset": offset, "columns": made}


if __name__ == "__main__":
    data = pd.read_csv(sys.argv[1]).iloc[:, 1:]
    y = data.pop("SeriousDlqin2yrs").to_numpy()
    lines = {"tables": tables(), "public": public(data, y), "points": [points(data, y)]}
    listed = [json.dumps(key) + ": [\n" + ",\n".join(json.dumps(record) for record in records) + "\n]" for key, records in lines.items()]
    print("{" + ",\n".join(listed) + "}")
