//! FedAdam: Reddi et al., "Adaptive Federated Optimization", ICLR 2021 (<https://arxiv.org/abs/2003.00295>), Algorithm 2, as
//! written there: no correction of the moments' bias, and a second moment that starts at tau squared.

use super::Strategy;
use crate::form::{Mean, PARAMS, State};
use crate::numeric::Params;
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table, UNIT_INTERVAL};

/// m <- b1 m + (1 - b1) d; v <- b2 v + (1 - b2) d^2; w <- w + learning_rate m / (sqrt(v) + tau), of the mean delta d.
#[derive(Clone, Copy, Debug)]
pub struct FedAdam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    tau: f64,
}

const FIRST: &str = "first_moment";
const SECOND: &str = "second_moment";

impl FedAdam {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fed_adam",
        summary: "moves each parameter by its mean update over the size of its updates so far",
        paper: "Reddi et al., ICLR 2021",
        example: "learning_rate = 0.1",
        argument: None,
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self {
            learning_rate: table.number("learning_rate", 0.1, POSITIVE),
            beta1: table.number("beta1", 0.9, UNIT_INTERVAL),
            beta2: table.number("beta2", 0.99, UNIT_INTERVAL),
            tau: table.number("tau", 1e-3, POSITIVE),
        }
    }
}

impl Strategy for FedAdam {
    fn start(&self, params: Params) -> State {
        let len = params.len();
        State::of(params).with(FIRST, Params::zeros(len)).with(SECOND, vec![self.tau * self.tau; len].into())
    }

    fn step(&self, mut state: State, mean: &Mean<'_>) -> State {
        let &Self { learning_rate, beta1, beta2, tau } = self;
        let [params, first, second] = state.blocks_mut([PARAMS, FIRST, SECOND]);
        for (((w, m), v), &delta) in params.iter_mut().zip(first).zip(second).zip(mean.values) {
            *m = beta1 * *m + (1.0 - beta1) * delta;
            *v = beta2 * *v + (1.0 - beta2) * delta * delta;
            *w += learning_rate * *m / (v.sqrt() + tau);
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::math::cos;

    /// NumPy's values of the paper's algorithm, written out for three mean updates made of x[i, k] = sin(3 i + k) + 0.1 i: the mean
    /// over i < 7, its half less 0.1, and the mean turned round times 0.8, from w[k] = 0.05 k, with eta 0.1, beta 0.9 and 0.99.
    #[test]
    fn three_steps_are_those_of_the_paper() {
        let sin = |x: f64| cos(x - std::f64::consts::FRAC_PI_2);
        let mean: Vec<f64> = (0..5).map(|k| (0..7).map(|i| sin(f64::from(3 * i + k)) + 0.1 * f64::from(i)).sum::<f64>() / 7.0).collect();
        let half: Vec<f64> = mean.iter().map(|x| 0.5 * x - 0.1).collect();
        let turned: Vec<f64> = mean.iter().rev().map(|x| 0.8 * x).collect();
        let adam = FedAdam { learning_rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 1e-3 };
        let mut state = adam.start((0..5).map(|k| 0.05 * f64::from(k)).collect::<Vec<f64>>().into());
        for delta in [&mean, &half, &turned] {
            state = adam.step(state, &Mean { values: delta, answers: 7, clients: 9 });
        }
        let expected = [0.3206148590545198, 0.3924715602598782, 0.4479660320371022, 0.49241155578156204, 0.5204173459239217];
        for (value, expected) in state.params().as_slice().iter().zip(expected) {
            assert!((value - expected).abs() < 1e-14, "{value} for {expected}");
        }
    }
}
