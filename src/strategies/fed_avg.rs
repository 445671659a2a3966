//! Federated averaging: McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data",
//! AISTATS 2017 (<https://arxiv.org/abs/1602.05629>), the server's part of Algorithm 1; the server's learning rate is that
//! of Reddi et al., "Adaptive Federated Optimization", ICLR 2021.

use super::Strategy;
use crate::form::{Mean, PARAMS, State};
use crate::numeric::linalg::add_scaled;
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table};

/// w <- w + learning_rate * mean delta.
#[derive(Clone, Copy, Debug)]
pub struct FedAvg {
    learning_rate: f64,
}

impl FedAvg {
    /// The mean itself.
    pub(super) const PLAIN: Self = Self { learning_rate: 1.0 };

    pub(super) const ENTRY: Entry = Entry {
        kind: "fed_avg",
        summary: "moves by the clients' mean, times learning_rate",
        paper: "McMahan et al., AISTATS 2017",
        example: "learning_rate = 1.0",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { learning_rate: table.number("learning_rate", 1.0, POSITIVE) }
    }
}

impl Strategy for FedAvg {
    fn step(&self, mut state: State, mean: &Mean<'_>) -> State {
        let [params] = state.blocks_mut([PARAMS]);
        add_scaled(params, self.learning_rate, mean.values);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_moves_by_the_mean_times_the_learning_rate() {
        let state = State::of(vec![1.0, 2.0].into());
        let moved = FedAvg { learning_rate: 0.5 }.step(state, &Mean { values: &[4.0, -2.0], answers: 1, clients: 1 });
        assert_eq!(moved.params().as_slice(), [3.0, 1.0]);
    }
}
