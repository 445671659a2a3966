//! FedProx: Li et al., "Federated Optimization in Heterogeneous Networks", MLSys 2020 (<https://arxiv.org/abs/1812.06127>),
//! Algorithm 2: each client minimises its loss plus mu/2 |w - w_global|^2, so that it does not run away from the others.

use super::{Local, Strategy};
use crate::form::{Mean, PARAMS, State};
use crate::numeric::linalg::add_scaled;
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table};
use crate::training::Correction;

/// Gradient <- gradient + mu (w - w_global); w_global <- w_global + learning_rate * mean delta.
#[derive(Clone, Copy, Debug)]
pub struct FedProx {
    learning_rate: f64,
    mu: f64,
}

impl FedProx {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fed_prox",
        summary: "as fed_avg, and clients are held near the global model",
        paper: "Li et al., MLSys 2020",
        example: "mu = 0.1",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { learning_rate: table.number("learning_rate", 1.0, POSITIVE), mu: table.number("mu", 0.01, POSITIVE) }
    }
}

impl Strategy for FedProx {
    fn correction<'a>(&self, local: &Local<'a>) -> Correction<'a> {
        Correction::Proximal { mu: self.mu, anchor: local.state.params().as_slice() }
    }

    fn step(&self, mut state: State, mean: &Mean<'_>) -> State {
        let [params] = state.blocks_mut([PARAMS]);
        add_scaled(params, self.learning_rate, mean.values);
        state
    }
}
