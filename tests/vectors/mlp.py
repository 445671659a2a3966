"""Losses and gradients of small multi-layer perceptrons by PyTorch's autograd, in double precision, on rows and parameters that a
formula gives. Writes mlp.json beside itself.

Made with PyTorch 2.15.0: pip install torch; python mlp.py
"""
import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
ROWS, FEATURES, HIDDEN, L2 = 75, 11, [9, 6], 0.03
WEIGHTS = {"binary": [0.5, 3.0], "multiclass": [1.5, 0.25, 2.0], "regression": [1.0]}
x = torch.tensor([[((row * 29 + at * 17) % 101 - 50) / 31 for at in range(FEATURES)] for row in range(ROWS)])


def layers(flat, outputs):
    widths, at = [FEATURES, *HIDDEN, outputs], 0
    for inputs, units in zip(widths, widths[1:]):
        part = flat[at:at + (inputs + 1) * units].reshape(units, inputs + 1)
        at += (inputs + 1) * units
        yield part[:, :-1], part[:, -1]
    assert at == len(flat)


def case(task, activation):
    outputs = 3 if task == "multiclass" else 1
    widths = [FEATURES, *HIDDEN, outputs]
    count = sum((inputs + 1) * units for inputs, units in zip(widths, widths[1:]))
    flat = torch.tensor([((at * 37 + 5) % 89 - 44) / 97 for at in range(count)], requires_grad=True)
    values, penalty, pairs = x, 0.0, list(layers(flat, outputs))
    for weights, biases in pairs[:-1]:
        sums = F.linear(values, weights, biases)
        assert sums.abs().min() > 1e-9, "no unit is at the edge"
        values = torch.relu(sums) if activation == "relu" else torch.tanh(sums)
    said = F.linear(values, *pairs[-1])
    penalty = sum((weights**2).sum() for weights, _ in pairs)
    if task == "regression":
        y = torch.tensor([((row * 13) % 37 - 18) / 7 for row in range(ROWS)])
        losses = 0.5 * (said[:, 0] - y) ** 2
    else:
        y = torch.tensor([row * 7 % 5 % (2 if task == "binary" else 3) for row in range(ROWS)])
        losses = (F.binary_cross_entropy_with_logits(said[:, 0], y.double(), reduction="none") if task == "binary"
                  else F.cross_entropy(said, y, reduction="none")) * torch.tensor(WEIGHTS[task])[y]
    loss = losses.mean() + 0.5 * L2 * penalty
    loss.backward()
    return {"task": task, "activation": activation, "loss": loss.item(), "gradient": flat.grad.tolist()}


cases = [case(task, activation) for task in WEIGHTS for activation in ("relu", "tanh")]
Path(__file__).with_suffix(".json").write_text(json.dumps({"version": torch.__version__, "cases": cases}) + "\n")
