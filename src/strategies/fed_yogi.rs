//! FedYogi: Reddi et al., "Adaptive Federated Optimization", ICLR 2021 (<https://arxiv.org/abs/2003.00295>), Algorithm 2.

use super::Strategy;
use super::adaptive::Adaptive;
use crate::form::{Mean, State};
use crate::numeric::Params;
use crate::registry::Entry;
use crate::settings::{Table, UNIT_INTERVAL};

/// The second moment moves towards the square by a part of the square: v <- v - (1 - b2) d^2 sign(v - d^2).
#[derive(Clone, Copy, Debug)]
pub struct FedYogi {
    adaptive: Adaptive,
    beta2: f64,
}

impl FedYogi {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fed_yogi",
        summary: "as FedAdam, but the size of updates so far shrinks slowly where they become small",
        paper: "Reddi et al., ICLR 2021",
        example: "learning_rate = 0.01",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { adaptive: Adaptive::read(table, 0.01, 0.9), beta2: table.number("beta2", 0.99, UNIT_INTERVAL) }
    }
}

impl Strategy for FedYogi {
    fn start(&self, params: Params) -> State {
        self.adaptive.start(params)
    }

    fn step(&self, state: State, mean: &Mean<'_>) -> State {
        let beta2 = self.beta2;
        self.adaptive.step(state, mean, |v, square| v - (1.0 - beta2) * square * (if v == square { 0.0 } else { (v - square).signum() }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::adaptive::after_three_steps;
    use super::*;

    /// NumPy's, with a learning rate of 0.1 and betas of 0.9 and 0.99.
    #[test]
    fn three_steps_are_those_of_the_paper() {
        let strategy = FedYogi { adaptive: Adaptive { learning_rate: 0.1, beta1: 0.9, tau: 1e-3 }, beta2: 0.99 };
        let expected = [0.32097058316920424, 0.39115404108265844, 0.4466296975127356, 0.4910972964974598, 0.5207190709412985];
        for (value, expected) in after_three_steps(&strategy).into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-14, "{value} for {expected}");
        }
    }
}
