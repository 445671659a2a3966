//! FedAdam: Reddi et al., "Adaptive Federated Optimization", ICLR 2021 (<https://arxiv.org/abs/2003.00295>), Algorithm 2.

use super::Strategy;
use super::adaptive::Adaptive;
use crate::form::{Mean, State};
use crate::numeric::Params;
use crate::registry::Entry;
use crate::settings::{Table, UNIT_INTERVAL};

/// The second moment is a running mean: v <- b2 v + (1 - b2) d^2.
#[derive(Clone, Copy, Debug)]
pub struct FedAdam {
    adaptive: Adaptive,
    beta2: f64,
}

impl FedAdam {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fed_adam",
        summary: "moves each parameter by its mean update over the size of its updates so far",
        paper: "Reddi et al., ICLR 2021",
        example: "learning_rate = 0.1",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { adaptive: Adaptive::read(table, 0.1, 0.9), beta2: table.number("beta2", 0.99, UNIT_INTERVAL) }
    }
}

impl Strategy for FedAdam {
    fn start(&self, params: Params) -> State {
        self.adaptive.start(params)
    }

    fn step(&self, state: State, mean: &Mean<'_>) -> State {
        let beta2 = self.beta2;
        self.adaptive.step(state, mean, |v, square| beta2 * v + (1.0 - beta2) * square)
    }
}

#[cfg(test)]
mod tests {
    use super::super::adaptive::after_three_steps;
    use super::*;

    /// NumPy's, with a learning rate of 0.1 and betas of 0.9 and 0.99.
    #[test]
    fn three_steps_are_those_of_the_paper() {
        let strategy = FedAdam { adaptive: Adaptive { learning_rate: 0.1, beta1: 0.9, tau: 1e-3 }, beta2: 0.99 };
        let expected = [0.3206148590545198, 0.3924715602598782, 0.4479660320371022, 0.49241155578156204, 0.5204173459239217];
        for (value, expected) in after_three_steps(&strategy).into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-14, "{value} for {expected}");
        }
    }
}
