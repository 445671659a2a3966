"""A federated round of a multi-layer perceptron: fedsim, PyTorch and JAX (jitted) in turns, with one thread and with two.

    cargo build --release && pip install numpy pandas torch jax && python3 benches/mlp.py [ROUNDS] [TURNS]

284,807 rows of 30 features, made in target/boosting, are dealt to ten clients; each makes one pass over its rows in batches of 512, hidden
layers of 64 and 32 (relu), and the server averages. The peers have the rows of each client shuffled and ready in single precision, in which
they count too; fedsim counts in double precision. Times are seconds of local training a round, the least over all turns. JAX runs a client's
pass as one compiled scan over batches; how many threads it takes is set before it starts, so each count has a process of its own.
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target" / "boosting"
FEDSIM = os.environ.get("FEDSIM", str(ROOT / "target" / "release" / "fedsim"))
TABLE = FOLDER / "narrow.csv"
CLIENTS, BATCH, RATE = 10, 512, 0.05


def clients():
    import numpy as np
    import pandas as pd

    table = pd.read_csv(TABLE)
    y = table.Class.to_numpy(np.float32)
    x = table.drop(columns="Class").to_numpy(np.float32)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    order = np.random.default_rng(1).permutation(len(y))
    return [(x[part], y[part]) for part in np.array_split(order, CLIENTS)]


def torch_rounds(threads, rounds):
    import time

    import torch

    torch.set_num_threads(threads)
    data = [(torch.tensor(x), torch.tensor(y)) for x, y in clients()]
    model = torch.nn.Sequential(
        torch.nn.Linear(30, 64), torch.nn.ReLU(), torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
    )
    loss_of = torch.nn.BCEWithLogitsLoss()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        before = [parameter.detach().clone() for parameter in model.parameters()]
        total = [torch.zeros_like(parameter) for parameter in before]
        for x, y in data:
            with torch.no_grad():
                for parameter, value in zip(model.parameters(), before):
                    parameter.copy_(value)
            optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
            for at in range(0, len(y), BATCH):
                optimizer.zero_grad()
                loss_of(model(x[at : at + BATCH]).squeeze(1), y[at : at + BATCH]).backward()
                optimizer.step()
            for sum_, parameter in zip(total, model.parameters()):
                sum_ += parameter.detach()
        with torch.no_grad():
            for parameter, sum_ in zip(model.parameters(), total):
                parameter.copy_(sum_ / CLIENTS)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def jax_rounds(rounds):
    import time

    import jax
    import jax.numpy as jnp

    data = []
    for x, y in clients():
        batches = len(y) // BATCH
        # Whole batches alone, so that a scan has one shape: JAX is spared a little work.
        data.append((jnp.array(x[: batches * BATCH]).reshape(batches, BATCH, 30), jnp.array(y[: batches * BATCH]).reshape(batches, BATCH)))
    keys = jax.random.split(jax.random.key(0), 3)
    widths = [30, 64, 32, 1]
    params = [(jax.random.normal(key, (a, b)) * (2 / a) ** 0.5, jnp.zeros(b)) for key, a, b in zip(keys, widths, widths[1:])]

    def loss_of(params, x, y):
        for weights, bias in params[:-1]:
            x = jax.nn.relu(x @ weights + bias)
        weights, bias = params[-1]
        z = (x @ weights + bias)[:, 0]
        return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))

    def step(params, batch):
        slopes = jax.grad(loss_of)(params, *batch)
        return jax.tree.map(lambda value, slope: value - RATE * slope, params, slopes), None

    one_pass = jax.jit(lambda params, x, y: jax.lax.scan(step, params, (x, y))[0])
    mean = jax.jit(lambda all_: jax.tree.map(lambda *values: sum(values) / CLIENTS, *all_))
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        params = jax.block_until_ready(mean([one_pass(params, x, y) for x, y in data]))
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def fedsim_rounds(threads, rounds):
    import csv

    scenario = FOLDER / "mlp.toml"
    small = FOLDER / "mlp_small.csv"
    with open(TABLE) as lines:
        small.write_text("".join(line for _, line in zip(range(20_000), lines)))
    scenario.write_text(
        f"""name = "mlp"
rounds = {rounds}
[data]
train_path = "{TABLE}"
test_path = "{small}"
label = "Class"
[partition]
clients = {CLIENTS}
[model]
kind = "mlp"
hidden = [64, 32]
[training]
learning_rate = {RATE}
batch_size = {BATCH}
[evaluation]
every = {rounds}
"""
    )
    out = FOLDER / "mlp"
    command = [FEDSIM, "run", str(scenario), "--out", str(out), "--no-plots", "--quiet", "--force", "--threads", str(threads)]
    subprocess.run(command, check=True)
    with open(out / "perf_log.csv") as lines:
        return min(float(row["train_s"]) for row in list(csv.DictReader(lines))[1:])


def in_a_process(peer, threads, rounds):
    flags = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={threads}"
    environment = dict(os.environ, XLA_FLAGS=flags, OMP_NUM_THREADS=str(threads), JAX_PLATFORMS="cpu")
    # No more cores than threads.
    cores = ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:threads])
    command = ["taskset", "-c", cores, sys.executable, __file__, "--peer", peer, str(threads), str(rounds)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not TABLE.exists():
        subprocess.run([FEDSIM, "generate", "fraud", "--rows", "284807", "--seed", "42", "--out", str(TABLE)], check=True)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    best = {}
    for _ in range(turns):
        for threads in (1, 2):
            found = {
                "fedsim": fedsim_rounds(threads, rounds),
                "torch": in_a_process("torch", threads, rounds),
                "jax": in_a_process("jax", threads, rounds),
            }
            for peer, seconds in found.items():
                best[peer, threads] = min(seconds, best.get((peer, threads), float("inf")))
    own = best["fedsim", 2]
    for (peer, threads), seconds in sorted(best.items()):
        print(f"{peer:7} {threads} threads: {seconds:.3f} s a round, {seconds / own:.2f} of fedsim's with two")


if len(sys.argv) > 1 and sys.argv[1] == "--peer":
    _, _, peer, threads, rounds = sys.argv
    print(json.dumps(torch_rounds(int(threads), int(rounds)) if peer == "torch" else jax_rounds(int(rounds))))
else:
    main()
