//! FedAdagrad: Reddi et al., "Adaptive Federated Optimization", ICLR 2021 (<https://arxiv.org/abs/2003.00295>), Algorithm 2.

use super::Strategy;
use super::adaptive::Adaptive;
use crate::form::{Mean, State};
use crate::numeric::Params;
use crate::registry::Entry;
use crate::settings::Table;

/// The second moment is a sum: v <- v + d^2.
#[derive(Clone, Copy, Debug)]
pub struct FedAdagrad {
    adaptive: Adaptive,
}

impl FedAdagrad {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fed_adagrad",
        summary: "moves each parameter by its mean update over the size of all its updates",
        paper: "Reddi et al., ICLR 2021",
        example: "learning_rate = 0.1",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { adaptive: Adaptive::read(table, 0.1, 0.0) }
    }
}

impl Strategy for FedAdagrad {
    fn start(&self, params: Params) -> State {
        self.adaptive.start(params)
    }

    fn step(&self, state: State, mean: &Mean<'_>) -> State {
        self.adaptive.step(state, mean, |v, square| v + square)
    }
}

#[cfg(test)]
mod tests {
    use super::super::adaptive::after_three_steps;
    use super::*;

    /// NumPy's, with a learning rate of 0.1 and no first moment.
    #[test]
    fn three_steps_are_those_of_the_paper() {
        let strategy = FedAdagrad { adaptive: Adaptive { learning_rate: 0.1, beta1: 0.0, tau: 1e-3 } };
        let expected = [0.1711443391744128, 0.2332320317102537, 0.2864072542479752, 0.33336738384080866, 0.37129708194902117];
        for (value, expected) in after_three_steps(&strategy).into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-14, "{value} for {expected}");
        }
    }
}
