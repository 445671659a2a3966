"""Boosted trees by XGBoost: models of three tasks with cells missing, as JSON, what they say of some rows and what each feature adds to
that; and SHAP values against background rows by the package shap. Writes trees.json beside itself.

Made with NumPy 2.4.6, XGBoost 3.2.0 and shap 0.51.0: pip install numpy xgboost shap; python trees.py
"""
import json
from pathlib import Path

import numpy as np
import shap
import xgboost as xgb


def trained(x, y, rounds, **settings):
    settings = dict(eta=0.3, nthread=1, seed=0) | settings
    names = [f"x{column}" for column in range(x.shape[1])]
    booster = xgb.train(settings, xgb.DMatrix(x, y, feature_names=names), rounds)
    return booster, json.loads(booster.save_raw("json"))


def cells(rows):
    return [[None if np.isnan(cell) else float(cell) for cell in row] for row in rows]


def numbers(array):
    return np.asarray(array, dtype=np.float64).tolist()


# Cells are few and of single precision, so that rows lie on the cuts, too.
i = np.arange(240)
x = np.column_stack([(i * 37 % 64) / 8 - 4, (i * 101 % 48) / 16, i % 3, (i * 7919 % 101) / 64]).astype(np.float32)
full = x.astype(np.float64)
x[i % 5 == 0, 0] = np.nan
x[i % 7 == 3, 1] = np.nan
logit = full[:, 0] / 2 + full[:, 1] * (full[:, 2] - 1) - np.isnan(x[:, 1])
binary = (logit > 0.3).astype(int)
number = np.round(3 * logit + full[:, 3], 3)
classes = np.where(logit > 1, 2, np.where(full[:, 3] > 0.5, 1, 0))
models = []
for task, y, settings in (
    ("binary", binary, dict(objective="binary:logistic", max_depth=3, base_score=0.4)),
    ("regression", number, dict(objective="reg:squarederror", max_depth=3)),
    ("multiclass", classes, dict(objective="multi:softprob", num_class=3, max_depth=2)),
):
    booster, model = trained(x, y, 3, **settings)
    rows = xgb.DMatrix(x[:16], feature_names=booster.feature_names)
    models.append({
        "task": task,
        "model": model,
        "rows": cells(x[:16]),
        "predictions": numbers(booster.predict(rows).reshape(16, -1)),
        # (rows, outputs, features and then the base)
        "contributions": numbers(booster.predict(rows, pred_contribs=True).reshape(16, -1, 5)),
    })

i = np.arange(300)
x = np.column_stack([np.sin(i), np.cos(2.3 * i), (i % 5) / 5, ((i * 7919) % 101) / 101])
y = (x[:, 0] + x[:, 1] * x[:, 2] + 0.3 * x[:, 3] > 0.4).astype(int)
booster, model = trained(x, y, 5, objective="binary:logistic", max_depth=3, base_score=0.5, max_bin=64)
x = x.astype(np.float32)
against = shap.TreeExplainer(booster, data=x[:20], feature_perturbation="interventional", model_output="raw")
explained = {
    "model": model,
    "rows": cells(x[100:103]),
    "background": cells(x[:20]),
    "interventional": numbers(against.shap_values(x[100:103])),
    "interventional_base": float(np.ravel(against.expected_value)[0]),
    "path_dependent": numbers(booster.predict(xgb.DMatrix(x[100:103], feature_names=booster.feature_names), pred_contribs=True)),
}
Path(__file__).with_suffix(".json").write_text(json.dumps({"models": models, "explained": explained}, separators=(",", ":")) + "\n")
