"""BlazeFL's own FedAvg: its server handler, and its trainer for one client after the other (its two threads: no faster)."""

from importlib.metadata import version

import torch
from blazefl.contrib.fedavg import FedAvgBaseClientTrainer, FedAvgBaseServerHandler
from blazefl.reproducibility import setup_reproducibility

import logistic
import work

setup_reproducibility(work.SEED)
clients, test = logistic.tensors()


class Selector:
    """The one model there is."""

    def select_model(self, model_name):
        return logistic.Logistic(test[0].shape[1])


class Batches:
    """A client's rows in batches, in a new order each time: torch's DataLoader does the same, but slower."""

    def __init__(self, client, size, generator):
        self.client, self.size, self.generator = client, size, generator

    def __iter__(self):
        order = torch.randperm(len(self.client[1]), generator=self.generator)
        return zip(*(part[order].split(self.size) for part in self.client))


class Clients:
    """The clients' rows."""

    def get_dataloader(self, type_, cid, batch_size, generator):
        return Batches(clients[cid], batch_size, generator)


shared = {"model_selector": Selector(), "model_name": "logistic", "dataset": Clients(), "num_clients": work.CLIENTS,
          "device": "cpu", "batch_size": work.BATCH, "seed": work.SEED}
server = FedAvgBaseServerHandler(global_round=work.ROUNDS, sample_ratio=1.0, **shared)
trainer = FedAvgBaseClientTrainer(epochs=work.EPOCHS, lr=work.LR, **shared)
trainer.criterion = torch.nn.BCEWithLogitsLoss()  # Its own is the cross entropy of several classes.
laps = work.Laps(test)
while not server.if_stop():
    trainer.local_process(server.downlink_package(), server.sample_clients())
    for package in trainer.uplink_package():
        server.load(package)
    laps.done(server.model.linear.weight.detach(), server.model.linear.bias.detach())
laps.report("BlazeFL", version("blazefl"))
