"""FedAvg as an expert writes it by hand in NumPy."""

import numpy as np

import work

clients, test = work.load()
rows = sum(len(y) for _, y in clients)
w, b = np.zeros(test[0].shape[1]), 0.0
random = np.random.default_rng(work.SEED)
laps = work.Laps(test)
for _ in range(work.ROUNDS):
    next_w, next_b = np.zeros_like(w), 0.0
    for x, y in clients:
        local_w, local_b = w, b
        for _ in range(work.EPOCHS):
            order = random.permutation(len(y))
            for start in range(0, len(y), work.BATCH):
                batch = order[start:start + work.BATCH]
                x_batch = x[batch]
                error = 1 / (1 + np.exp(-(x_batch @ local_w + local_b))) - y[batch]
                local_w = local_w - work.LR / len(batch) * (error @ x_batch)
                local_b -= work.LR * error.mean()
        next_w += len(y) / rows * local_w
        next_b += len(y) / rows * local_b
    w, b = next_w, next_b
    laps.done(w, b)
laps.report("NumPy loop", np.__version__)
