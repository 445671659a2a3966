"""Trees as XGBoost grows them (tree_method "hist", one thread), for tests/boosting.rs.

python3 boosting.py                       writes boosting.json from made-up rows (xgboost 3.2)
python3 boosting.py OUT NAME=TABLE:LABEL  the same from CSV files: 20 trees of depth 6, with 64 and with 254 bins each
"""
import json
import sys

import numpy as np
import xgboost as xgb


def trees(booster):
    """Of each tree its nodes in preorder: [feature, cut, missing left, gain, cover], or [value, cover] of a leaf."""
    found = []
    for tree in json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]:
        nodes = []

        def walk(at):
            if tree["left_children"][at] == -1:
                nodes.append([tree["split_conditions"][at], tree["sum_hessian"][at]])
                return
            names = ["split_indices", "split_conditions", "default_left", "loss_changes", "sum_hessian"]
            nodes.append([tree[name][at] for name in names])
            walk(tree["left_children"][at])
            walk(tree["right_children"][at])

        walk(0)
        found.append(nodes)
    return found


def case(name, x, y, rounds, **params):
    matrix = xgb.QuantileDMatrix(x, y, max_bin=params["max_bin"])
    booster = xgb.train(dict(params, tree_method="hist", nthread=1), matrix, rounds)
    starts, cuts = matrix.get_quantile_cut()
    margins = booster.predict(matrix, output_margin=True)
    return {
        "name": name,
        "params": params,
        "rounds": rounds,
        "cuts": [cuts[a:b].tolist() for a, b in zip(starts[:-1].astype(int), starts[1:].astype(int))],
        "trees": trees(booster),
        "margins": np.asarray(margins, float).ravel().tolist(),
        "y": y.tolist(),
    }


def made_up():
    random = np.random.default_rng(7)
    rows = 600
    x = np.round(random.normal(size=(rows, 4)) * 64) / 64
    x[:, 3] = np.floor(np.abs(x[:, 3]) * 2)
    score = x[:, 0] - 0.7 * x[:, 1] * (x[:, 0] > 0) + 0.4 * x[:, 3]
    # Missing cells that tell something, and some that do not.
    x[(score > 1.2) & (random.random(rows) < 0.5), 2] = np.nan
    x[random.random(rows) < 0.1, 1] = np.nan
    noisy = score + random.normal(size=rows)
    binary, number = (noisy > 0.5).astype(float), np.round(8 * noisy) / 8
    three = np.digitize(noisy, [-0.3, 0.9]).astype(float)
    common = dict(max_bin=32, base_score=0.5)
    logistic = dict(common, objective="binary:logistic")
    return x, [
        case("binary", x, binary, 10, **logistic, max_depth=6, eta=0.3, min_child_weight=1),
        case("shallow", x, binary, 10, **dict(logistic, max_bin=8), max_depth=2, eta=0.1, min_child_weight=10),
        case("penalised", x, binary, 10, **logistic, max_depth=4, eta=0.3, min_child_weight=3, alpha=2.0, gamma=1.5, reg_lambda=0.5),
        case("weighted", x, binary, 10, **logistic, max_depth=3, eta=0.3, min_child_weight=5, scale_pos_weight=2.5),
        case("monotone", x, binary, 10, **logistic, max_depth=5, eta=0.3, min_child_weight=1, monotone_constraints="(-1,0,1,1)"),
        case("regression", x, number, 10, **common, objective="reg:squarederror", max_depth=4, eta=0.3, min_child_weight=4),
        case("multiclass", x, three, 6, **common, objective="multi:softprob", num_class=3, max_depth=3, eta=0.3, min_child_weight=2),
    ]


def rows_of(x):
    return [[None if np.isnan(cell) else float(cell) for cell in row] for row in x]


if __name__ == "__main__":
    tables = []
    if len(sys.argv) == 1:
        out = "boosting.json"
        x, cases = made_up()
        tables.append({"x": rows_of(x), "cases": cases})
    else:
        import pandas as pd

        out = sys.argv[1]
        for named in sys.argv[2:]:
            name, path = named.split("=")
            path, label = path.rsplit(":", 1)
            table = pd.read_csv(path)
            y = table.pop(label).to_numpy(float)
            x = table.select_dtypes("number").to_numpy(np.float32).astype(float)
            settings = dict(objective="binary:logistic", base_score=0.5, max_depth=6, eta=0.3, min_child_weight=1)
            cases = [case(f"{name}, {bins} bins", x, y, 20, **settings, max_bin=bins) for bins in (64, 254)]
            tables.append({"x": rows_of(x), "cases": cases})
    with open(out, "w", encoding="utf-8") as file:
        json.dump(tables, file, separators=(",", ":"))
        file.write("\n")
