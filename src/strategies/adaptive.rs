//! What the adaptive strategies have in common: Reddi et al., "Adaptive Federated Optimization", ICLR 2021
//! (<https://arxiv.org/abs/2003.00295>), Algorithm 2, as written there: no correction of the moments' bias, and a second moment that
//! starts at tau squared. They differ in how the second moment goes on.

use crate::form::{Mean, PARAMS, State};
use crate::numeric::Params;
use crate::settings::{POSITIVE, Table, UNIT_INTERVAL};

/// m <- b1 m + (1 - b1) d; v <- second(v, d^2); w <- w + learning_rate m / (sqrt(v) + tau), of the mean delta d.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adaptive {
    /// How far a step goes.
    pub learning_rate: f64,
    /// How much of the first moment stays.
    pub beta1: f64,
    /// How small a size counts as none.
    pub tau: f64,
}

const FIRST: &str = "first_moment";
const SECOND: &str = "second_moment";

impl Adaptive {
    /// Reads the keys; these are the paper's defaults.
    pub fn read(table: &mut Table, learning_rate: f64, beta1: f64) -> Self {
        Self {
            learning_rate: table.number("learning_rate", learning_rate, POSITIVE),
            beta1: table.number("beta1", beta1, UNIT_INTERVAL),
            tau: table.number("tau", 1e-3, POSITIVE),
        }
    }

    /// Before the first round.
    pub fn start(&self, params: Params) -> State {
        let len = params.len();
        State::of(params).with(FIRST, Params::zeros(len)).with(SECOND, vec![self.tau * self.tau; len].into())
    }

    /// The server's move; `second` makes the second moment of the one before and the square of the mean delta.
    pub fn step(&self, mut state: State, mean: &Mean<'_>, second: impl Fn(f64, f64) -> f64) -> State {
        let &Self { learning_rate, beta1, tau } = self;
        let [params, first, seconds] = state.blocks_mut([PARAMS, FIRST, SECOND]);
        for (((w, m), v), &delta) in params.iter_mut().zip(first).zip(seconds).zip(mean.values) {
            *m = beta1 * *m + (1.0 - beta1) * delta;
            *v = second(*v, delta * delta);
            *w += learning_rate * *m / (v.sqrt() + tau);
        }
        state
    }
}

/// Where three steps lead to, made of x[i, k] = sin(3 i + k) + 0.1 i: by the mean over i < 7, its half less 0.1, and the mean turned round
/// times 0.8, from w[k] = 0.05 k; NumPy's values of the paper's algorithm are known.
#[cfg(test)]
pub(super) fn after_three_steps(strategy: &dyn super::Strategy) -> Vec<f64> {
    use crate::numeric::math::cos;
    let sin = |x: f64| cos(x - std::f64::consts::FRAC_PI_2);
    let mean: Vec<f64> = (0..5).map(|k| (0..7).map(|i| sin(f64::from(3 * i + k)) + 0.1 * f64::from(i)).sum::<f64>() / 7.0).collect();
    let half: Vec<f64> = mean.iter().map(|x| 0.5 * x - 0.1).collect();
    let turned: Vec<f64> = mean.iter().rev().map(|x| 0.8 * x).collect();
    let mut state = strategy.start((0..5).map(|k| 0.05 * f64::from(k)).collect::<Vec<f64>>().into());
    for delta in [&mean, &half, &turned] {
        state = strategy.step(state, &Mean { values: delta, answers: 7, clients: 9 });
    }
    state.params().as_slice().to_vec()
}
