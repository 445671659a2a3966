"""FedJAX's FedAvg, which compiles a client's steps with JAX."""

from importlib.metadata import version

import fedjax
import jax
import jax.numpy as jnp
import numpy as np
from fedjax.algorithms import fed_avg

import work

clients, test = work.load(np.float32)
data = fedjax.InMemoryFederatedData({b"%06d" % k: {"x": x, "y": y} for k, (x, y) in enumerate(clients)})


def loss(params, batch, _random):
    z = batch["x"] @ params["w"] + params["b"]
    return jnp.mean(jnp.logaddexp(0.0, z) - batch["y"] * z)


algorithm = fed_avg.federated_averaging(
    grad_fn=jax.grad(loss),
    client_optimizer=fedjax.optimizers.sgd(work.LR),
    server_optimizer=fedjax.optimizers.sgd(1.0),
    client_batch_hparams=fedjax.ShuffleRepeatBatchHParams(batch_size=work.BATCH, num_epochs=work.EPOCHS, seed=work.SEED),
)
state = algorithm.init({"w": jnp.zeros(test[0].shape[1]), "b": jnp.zeros(())})
laps = work.Laps(test)
for number in range(work.ROUNDS):
    keys = jax.random.split(jax.random.PRNGKey(number), work.CLIENTS)
    cohort = [(name, rows, key) for (name, rows), key in zip(data.clients(), keys)]
    state, _ = algorithm.apply(state, cohort)
    laps.done(np.asarray(state.params["w"]), state.params["b"])
laps.report("FedJAX", version("fedjax"))
