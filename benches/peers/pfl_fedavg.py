"""pfl-research's simulated backend with its federated averaging, in PyTorch on one thread: two take longer."""

from importlib.metadata import version

import numpy as np
import torch
from pfl.aggregate.simulate import SimulatedBackend
from pfl.algorithm.base import NNAlgorithmParams
from pfl.algorithm.federated_averaging import FederatedAveraging
from pfl.callback.base import TrainingProcessCallback
from pfl.data.dataset import Dataset
from pfl.data.federated_dataset import FederatedDataset
from pfl.data.sampling import get_user_sampler
from pfl.hyperparam import NNTrainHyperParams
from pfl.internal.ops import pytorch_ops  # noqa: F401, chooses PyTorch
from pfl.metrics import Metrics
from pfl.model.pytorch import PyTorchModel

import logistic
import work

torch.manual_seed(work.SEED)
np.random.seed(work.SEED)
clients, test = logistic.tensors()


class Logistic(logistic.Logistic):
    """With what pfl asks of its models."""

    def loss(self, x, y, is_eval=False):
        return torch.nn.functional.binary_cross_entropy_with_logits(self(x), y)

    def metrics(self, x, y):
        return {}


def shuffled(client):
    """A client's rows in a new order: pfl asks for them anew in each round, and takes them as they come."""
    order = torch.randperm(len(clients[client][1]))
    return Dataset(raw_data=[part[order] for part in clients[client]], user_id=str(client))


class AfterRound(TrainingProcessCallback):
    """Tells the laps of each round."""

    def after_central_iteration(self, aggregate_metrics, model, *, central_iteration):
        laps.done(module.linear.weight.detach(), module.linear.bias.detach())
        return False, Metrics()


module = Logistic(test[0].shape[1])
model = PyTorchModel(
    model=module, local_optimizer_create=torch.optim.SGD, central_optimizer=torch.optim.SGD(module.parameters(), 1.0)
)
cohorts = get_user_sampler("minimize_reuse", list(range(work.CLIENTS)))
data = FederatedDataset(shuffled, cohorts)
laps = work.Laps(test)
FederatedAveraging().run(
    algorithm_params=NNAlgorithmParams(
        central_num_iterations=work.ROUNDS, evaluation_frequency=10**9, train_cohort_size=work.CLIENTS, val_cohort_size=0
    ),
    backend=SimulatedBackend(training_data=data, val_data=None),
    model=model,
    model_train_params=NNTrainHyperParams(
        local_learning_rate=work.LR, local_num_epochs=work.EPOCHS, local_batch_size=work.BATCH
    ),
    model_eval_params=None,
    callbacks=[AfterRound()],
)
laps.report("pfl-research", version("pfl"))
