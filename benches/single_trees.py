"""What single clients' trees give away: from nothing but trees.csv and model.csv of runs with federation = "bagging" (or "summed", to compare
with) after one round, how many rows of its client each leaf holds, and how many of them are of label 1.

Before the first tree every row has the same score p, so a leaf of n rows, q of them positive, has the cover n p (1 - p) and the value
rate (q - n p) / (cover + l2): two equations for two whole numbers. usage: python3 benches/single_trees.py RUN..."""
import csv
import math
import sys
import tomllib


def leaves(run):
    scenario = tomllib.load(open(f"{run}/scenario.toml", "rb"))
    model, trees = scenario["model"], {}
    start = next(float(row["value"]) for row in csv.DictReader(open(f"{run}/model.csv")) if row["name"] == "start")
    for row in csv.DictReader(open(f"{run}/trees.csv")):
        trees.setdefault(row["tree"], []).append(row)
    p = 1 / (1 + math.exp(-start))
    for nodes in trees.values():
        for node in nodes:
            if node["feature"]:
                continue
            cover, value = float(node["cover"]), float(node["value"])
            n = cover / (p * (1 - p))
            q = n * p + value * len(trees) / model["learning_rate"] * (cover + model["l2"])
            # Whole numbers, to what derivatives are rounded to: else the formulas would be wrong.
            assert max(abs(n - round(n)), abs(q - round(q))) < 0.01 + 1e-5 * n, (run, n, q)
            yield round(n), round(q)


print("| run | leaves | rows a leaf, median | of ten rows at most | all of one label | rows whose label is told |")
print("|---|---|---|---|---|---|")
for run in sys.argv[1:]:
    found = list(leaves(run))
    share = lambda which: f"{100 * sum(1 for leaf in found if which(*leaf)) / len(found):.0f} %"
    rows = sum(n for n, _ in found)
    told = sum(n for n, q in found if q in (0, n))
    columns = [str(sorted(n for n, _ in found)[len(found) // 2]), share(lambda n, q: n <= 10), share(lambda n, q: q in (0, n)), f"{100 * told / rows:.0f} %"]
    print(f"| {run.rstrip('/').split('/')[-1]} | {len(found)} | {' | '.join(columns)} |")
