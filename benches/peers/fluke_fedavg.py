"""fluke's FedAVG in PyTorch, its evaluation and progress bars switched off."""

from importlib.metadata import version

import numpy as np
import torch
from fluke import DDict, FlukeENV
from fluke.algorithms.fedavg import FedAVG
from fluke.data import DataSplitter, DummyDataContainer, FastDataLoader
from fluke.utils import FederationObserver

import logistic
import work

clients, test = work.load(np.float32)


class AfterRound(FederationObserver):
    """Tells the laps of each round."""

    def end_round(self, round):
        laps.done(module.linear.weight.detach(), module.linear.bias.detach())


env = FlukeENV()
env.set_seed(work.SEED)
env.set_device("cpu")
env.set_eval_cfg(server=False)
loaders = [
    FastDataLoader(*map(torch.from_numpy, client), num_labels=2, batch_size=work.BATCH, shuffle=True, skip_singleton=False)
    for client in clients
]
module = logistic.Logistic(test[0].shape[1])
algorithm = FedAVG(
    n_clients=work.CLIENTS,
    data_splitter=DataSplitter(DummyDataContainer(loaders, [None] * work.CLIENTS, None, num_classes=2)),
    hyper_params=DDict(
        model=module,
        client=DDict(
            batch_size=work.BATCH,
            local_epochs=work.EPOCHS,
            loss="BCEWithLogitsLoss",
            optimizer=DDict(name="SGD", lr=work.LR),
            scheduler=DDict(name="StepLR", step_size=1, gamma=1),
        ),
        server=DDict(weighted=True),
    ),
)
algorithm.set_callbacks(AfterRound())
laps = work.Laps(test)
algorithm.run(n_rounds=work.ROUNDS, eligible_perc=1)
laps.report("fluke", version("fluke-fl"))
