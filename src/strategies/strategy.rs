//! What a strategy is: the server's step.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::numeric::Params;

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
