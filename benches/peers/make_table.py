"""Writes a stand-in for the public card-fraud table, which is not ours to ship: of its shape, its size and its rarity of
positives, and normal noise for contents.

    python make_table.py OUT.csv [ROWS]
"""

import os
import sys

import numpy as np

ROWS, POSITIVES, SECONDS = 284_807, 492, 172_792  # As in the public table.
COMPONENTS = 28


def main():
    path = sys.argv[1]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else ROWS
    random = np.random.default_rng(2013)
    label = np.zeros(rows, int)
    label[random.choice(rows, max(10, rows * POSITIVES // ROWS), replace=False)] = 1
    # A component's spread falls with its number, as principal components' do; positives are shifted in half of them.
    shift = random.normal(0, 0.7, COMPONENTS) * (np.arange(COMPONENTS) % 2)
    components = (random.normal(size=(rows, COMPONENTS)) + label[:, None] * shift) * np.linspace(2.0, 0.3, COMPONENTS)
    time = np.sort(random.integers(0, SECONDS, rows))
    amount = random.lognormal(3, 1.6, rows)
    with open(f"{path}.part", "w") as file:
        print("Time", *(f"V{k}" for k in range(1, COMPONENTS + 1)), "Amount", "Class", sep=",", file=file)
        for row in range(rows):
            values = ",".join(map(repr, components[row].tolist()))
            file.write(f"{time[row]},{values},{amount[row]:.2f},{label[row]}\n")
    os.replace(f"{path}.part", path)


main()
