"""Losses and gradients of small autoencoders by PyTorch's autograd, in double precision, on rows and parameters that a formula gives;
and what the first principal components of rows leave over, by NumPy. Writes autoencoder.json beside itself.

Made with NumPy 2.4.6, PyTorch 2.15.0: pip install numpy torch; python autoencoder.py
"""
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
ROWS, FEATURES, CODE, L2 = 75, 11, 3, 0.03
x = torch.tensor([[((row * 29 + at * 17) % 101 - 50) / 31 for at in range(FEATURES)] for row in range(ROWS)])


def layers(flat, widths):
    at = 0
    for inputs, units in zip(widths, widths[1:]):
        part = flat[at:at + (inputs + 1) * units].reshape(units, inputs + 1)
        at += (inputs + 1) * units
        yield part[:, :-1], part[:, -1]
    assert at == len(flat)


def case(hidden, activation):
    widths = [FEATURES, *hidden, CODE, *reversed(hidden), FEATURES]
    count = sum((inputs + 1) * units for inputs, units in zip(widths, widths[1:]))
    flat = torch.tensor([((at * 37 + 5) % 89 - 44) / 97 for at in range(count)], requires_grad=True)
    values, pairs = x, list(layers(flat, widths))
    for at, (weights, biases) in enumerate(pairs):
        sums = F.linear(values, weights, biases)
        if at in (len(hidden), len(pairs) - 1):
            values = sums
        else:
            assert sums.abs().min() > 1e-9, "no unit is at the edge"
            values = torch.relu(sums) if activation == "relu" else torch.tanh(sums)
        if at == len(hidden):
            codes = values
    loss = 0.5 * F.mse_loss(values, x) + 0.5 * L2 * sum((weights**2).sum() for weights, _ in pairs)
    loss.backward()
    last = {"said": values[-1].tolist(), "code": codes[-1].tolist()}
    return {"hidden": hidden, "activation": activation, "loss": loss.item(), "gradient": flat.grad.tolist(), **last}


def principal():
    """Rows of a formula whose variances along their axes differ, and the mean squared error a cell of their best plane."""
    rows, axes = 60, 5
    at = np.arange(rows)
    data = np.column_stack([(3.0 - 0.55 * k) * np.sin((1.3 + 0.7 * k) * at + k) for k in range(axes)])
    mix = np.array([[np.cos(1.1 * i * j + i - j) for j in range(axes)] for i in range(axes)])
    data = np.round(data @ mix / 2, 6)
    values = np.linalg.eigvalsh(np.cov(data.T, bias=True))[::-1]
    left = [float(values[code:].sum() / axes) for code in range(axes)]
    return {"x": data.tolist(), "left": left}


cases = [case([], "relu")] + [case(hidden, activation) for hidden in ([9], [7, 5]) for activation in ("relu", "tanh")]
content = {"version": torch.__version__, "cases": cases, "principal": principal()}
Path(__file__).with_suffix(".json").write_text(json.dumps(content) + "\n")
