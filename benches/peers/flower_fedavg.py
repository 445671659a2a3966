"""Flower's simulation engine on Ray, its own FedAvg strategy, and clients that train in NumPy."""

from importlib.metadata import version

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg
from flwr.simulation import run_simulation

import work

client_app, server_app = ClientApp(), ServerApp()


@client_app.train()
def train(message, context):
    client = int(context.node_config["partition-id"])
    x, y = work.load()[0][client]  # Read in each of Ray's processes in the first rounds, which do not count.
    w, b = (array.copy() for array in message.content["arrays"].to_numpy_ndarrays())
    random = np.random.default_rng([work.SEED, message.content["config"]["server-round"], client])
    for _ in range(work.EPOCHS):
        order = random.permutation(len(y))
        for start in range(0, len(y), work.BATCH):
            batch = order[start:start + work.BATCH]
            x_batch = x[batch]
            error = 1 / (1 + np.exp(-(x_batch @ w + b))) - y[batch]
            w -= work.LR / len(batch) * (error @ x_batch)
            b -= work.LR * error.mean()
    reply = {"arrays": ArrayRecord([w, b]), "metrics": MetricRecord({"num-examples": len(y)})}
    return Message(content=RecordDict(reply), reply_to=message)


@server_app.main()
def main(grid, _context):
    test = work.load()[1]
    laps = work.Laps(test)

    def after(number, arrays):
        if number > 0:
            laps.done(*arrays.to_numpy_ndarrays())

    strategy = FedAvg(fraction_evaluate=0.0, min_available_nodes=work.CLIENTS)
    model = ArrayRecord([np.zeros(test[0].shape[1]), np.zeros(1)])
    strategy.start(grid=grid, initial_arrays=model, num_rounds=work.ROUNDS, train_config=ConfigRecord(), evaluate_fn=after)
    laps.report("Flower", version("flwr"))


run_simulation(
    server_app=server_app,
    client_app=client_app,
    num_supernodes=work.CLIENTS,
    backend_config={"client_resources": {"num_cpus": 1}},
)
