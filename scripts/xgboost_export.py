"""Has XGBoost itself load models that fedsim exports and compares what both say of rows with missing cells and cells on the cuts.

Run in the repository: pip install numpy xgboost; python scripts/xgboost_export.py
"""
import json
import subprocess
from pathlib import Path

import numpy as np
import xgboost as xgb

test = "models::boosting::xgboost::model::tests::models_are_written_for_xgboost_itself"
subprocess.run(["cargo", "test", "--release", "--quiet", "--lib", "--", "--ignored", "--exact", test], check=True)
worst = 0.0
for path in sorted(Path("target/xgboost_export").glob("*.json")):
    saved = json.loads(path.read_text())
    booster = xgb.Booster(model_file=bytearray(saved["model"], "utf-8"))
    rows = xgb.DMatrix(np.array(saved["rows"], dtype=np.float32), feature_names=booster.feature_names)
    said = booster.predict(rows).ravel()
    difference = np.abs(said - np.array(saved["scores"])).max()
    print(f"{path.name}: {booster.num_boosted_rounds()} rounds, {len(said)} scores, greatest difference {difference:.1e}")
    worst = max(worst, difference)
assert worst < 1e-6, worst
