//! What a local step makes of a gradient: the step itself, one with momentum, or Adam's. A closed set: each is a line of the training
//! loop's own arithmetic. Every client starts afresh in every round: what moments it had is neither kept nor sent.
//!
//! Momentum: Polyak, "Some Methods of Speeding Up the Convergence of Iteration Methods", 1964, as PyTorch has it: v <- mu v + g,
//! w <- w - eta v. Adam: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015 (<https://arxiv.org/abs/1412.6980>),
//! Algorithm 1.

use crate::numeric::linalg::add_scaled;
use crate::numeric::simd::vectorised;
use crate::settings::{FRACTION, POSITIVE, Table};

/// How a client's steps follow from its gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Along the gradient.
    Sgd,
    /// Along a sum of all gradients so far, each weighing less with every step.
    Momentum {
        /// How much of the sum is kept from step to step.
        momentum: f64,
    },
    /// Along the mean of the gradients so far, over the root of the mean of their squares.
    Adam {
        /// How much of the mean is kept from step to step.
        beta1: f64,
        /// How much of the mean of squares is kept.
        beta2: f64,
        /// What the root is raised by.
        epsilon: f64,
    },
}

/// The keys of each optimizer but plain descent.
const KEYS: [(&str, &str); 4] = [("momentum", "momentum"), ("beta1", "adam"), ("beta2", "adam"), ("epsilon", "adam")];

impl Optimizer {
    /// Reads the optimizer of `[training]` and its own keys.
    pub(super) fn read(table: &mut Table) -> Self {
        let word = table.word("optimizer", "sgd", &[("sgd", "sgd"), ("momentum", "momentum"), ("adam", "adam")]);
        for (key, owner) in KEYS {
            if word != owner {
                table.refuse_if_given(key, &format!("only optimizer = \"{owner}\" has it"));
            }
        }
        match word {
            "momentum" => Self::Momentum { momentum: table.number("momentum", 0.9, FRACTION) },
            "adam" => Self::Adam {
                beta1: table.number("beta1", 0.9, FRACTION),
                beta2: table.number("beta2", 0.999, FRACTION),
                epsilon: table.number("epsilon", 1e-8, POSITIVE),
            },
            _ => Self::Sgd,
        }
    }

    /// What it is before the first step of so many parameters.
    pub(super) fn start(self, params: usize) -> Moments {
        let zeros = || vec![0.0; params];
        match self {
            Self::Sgd => Moments::None,
            Self::Momentum { momentum } => Moments::First { momentum, velocity: zeros() },
            Self::Adam { beta1, beta2, epsilon } => {
                Moments::Both { betas: [beta1, beta2], left: [1.0, 1.0], epsilon, first: zeros(), second: zeros() }
            }
        }
    }
}

/// What an optimizer remembers from step to step.
#[derive(Clone, Debug)]
pub(super) enum Moments {
    /// Nothing.
    None,
    /// The weighted sum of gradients, (params,).
    First { momentum: f64, velocity: Vec<f64> },
    /// The means of gradients and of their squares, both (params,).
    Both {
        betas: [f64; 2],
        /// What is left in each mean of the zeros that it started at: the betas to the power of the steps so far.
        left: [f64; 2],
        epsilon: f64,
        first: Vec<f64>,
        second: Vec<f64>,
    },
}

impl Moments {
    /// A step of this size from `params` with the gradient there, both (params,).
    pub(super) fn step(&mut self, params: &mut [f64], gradient: &[f64], learning_rate: f64) {
        match self {
            Self::None => add_scaled(params, -learning_rate, gradient),
            Self::First { momentum, velocity } => {
                for (velocity, slope) in velocity.iter_mut().zip(gradient) {
                    *velocity = *momentum * *velocity + slope;
                }
                add_scaled(params, -learning_rate, velocity);
            }
            Self::Both { betas: [beta1, beta2], left, epsilon, first, second } => {
                left[0] *= *beta1;
                left[1] *= *beta2;
                let ([beta1, beta2, epsilon], unbias) = ([*beta1, *beta2, *epsilon], [1.0 - left[0], 1.0 - left[1]]);
                vectorised(
                    #[inline(always)]
                    || {
                        for (((param, m), v), slope) in params.iter_mut().zip(first).zip(second).zip(gradient) {
                            *m = beta1 * *m + (1.0 - beta1) * slope;
                            *v = beta2 * *v + (1.0 - beta2) * (slope * slope);
                            *param -= learning_rate * (*m / unbias[0]) / ((*v / unbias[1]).sqrt() + epsilon);
                        }
                    },
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-15, "{found} for {wanted}");
    }

    #[test]
    fn plain_steps_go_along_the_gradient() {
        let mut params = [1.0, 2.0];
        Optimizer::Sgd.start(2).step(&mut params, &[4.0, -2.0], 0.25);
        assert_eq!(params, [0.0, 2.5]);
    }

    /// By hand: v is 4, then 0.5 * 4 + 2 = 4, then 0.5 * 4 - 1 = 1.
    #[test]
    fn momentum_adds_what_is_left_of_earlier_gradients() {
        let (mut params, mut moments) = ([1.0], Optimizer::Momentum { momentum: 0.5 }.start(1));
        for (slope, wanted) in [(4.0, 0.0), (2.0, -1.0), (-1.0, -1.25)] {
            moments.step(&mut params, &[slope], 0.25);
            assert_eq!(params, [wanted]);
        }
    }

    /// By hand, at beta1 = 1/2, beta2 = 3/4 and epsilon = 1: of the gradient 2, m = 1 and v = 1, which without bias are 2 and 4: the step
    /// is 2 / (2 + 1). Then of 0, m = 1/2 and v = 3/4, over 1 - 1/4 and 1 - 9/16: 2/3 and 12/7.
    #[test]
    fn adam_takes_its_means_without_the_zeros_that_they_started_at() {
        let (mut params, mut moments) = ([0.0], Optimizer::Adam { beta1: 0.5, beta2: 0.75, epsilon: 1.0 }.start(1));
        moments.step(&mut params, &[2.0], 0.5);
        near(params[0], -0.5 * 2.0 / 3.0);
        moments.step(&mut params, &[0.0], 0.5);
        near(params[0], -0.5 * 2.0 / 3.0 - 0.5 * (2.0 / 3.0) / ((12.0_f64 / 7.0).sqrt() + 1.0));
    }

    #[test]
    fn adams_first_step_is_as_long_as_the_learning_rate_whatever_the_gradient() {
        for slope in [1e-3, 5.0, -7e6] {
            let mut params = [0.0];
            Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }.start(1).step(&mut params, &[slope], 0.1);
            assert!((params[0] + 0.1 * slope.signum()).abs() < 1e-5, "{}", params[0]);
        }
    }
}
