//! How the server moves the model once the clients' mean is known: one file a strategy.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::numeric::Params;
use crate::registry::registry;

mod fed_avg;

registry!("strategy", "how the server moves the model", dyn Strategy, [fed_avg::FedAvg]);

/// What the server keeps from round to round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerState {
    /// The global model, (params,).
    pub params: Params,
}

/// A server's step.
pub trait Strategy: Debug + Send + Sync {
    /// The state after a round whose survivors moved by `mean_delta`, (params,), on average.
    fn step(&self, state: ServerState, mean_delta: &Params) -> ServerState;
}
