//! How the learning rate changes over the rounds. A closed set.

use std::f64::consts::PI;

use crate::numeric::math::{cos, pow};
use crate::settings::{SHARE, Table};

/// The learning rate over the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// The same in all.
    Constant,
    /// Times a factor every so many rounds.
    Step {
        /// How many.
        every: usize,
        /// The factor.
        factor: f64,
    },
    /// Half a cosine from the learning rate to 0 (Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR
    /// 2017, <https://arxiv.org/abs/1608.03983>, equation 5 without restarts): 0 would be that of the round after the last.
    Cosine {
        /// How many rounds there are.
        rounds: usize,
    },
}

/// The longest scenario has fewer rounds.
const EVERY_MAX: usize = 1_000_000_000;

impl Schedule {
    /// Reads the schedule of `[training]` of a scenario of so many rounds.
    pub(super) fn read(table: &mut Table, rounds: usize) -> Self {
        let word = table.word("schedule", "constant", &[("constant", 'c'), ("step", 's'), ("cosine", 'o')]);
        if word != 's' {
            for key in ["step_every", "step_factor"] {
                table.refuse_if_given(key, "only schedule = \"step\" has it");
            }
        }
        match word {
            's' => Self::Step { every: table.count("step_every", 10, 1..=EVERY_MAX), factor: table.number("step_factor", 0.5, SHARE) },
            'o' => Self::Cosine { rounds },
            _ => Self::Constant,
        }
    }

    /// What the learning rate comes to in a round, counted from 1.
    pub fn rate(self, learning_rate: f64, round: usize) -> f64 {
        let before = round.saturating_sub(1);
        match self {
            Self::Constant => learning_rate,
            Self::Step { every, factor } => learning_rate * pow(factor, (before / every) as f64),
            Self::Cosine { rounds } => 0.5 * learning_rate * (1.0 + cos(PI * before.min(rounds) as f64 / rounds as f64)),
        }
    }

    /// Whether a round's rate depends on how many there will be.
    pub fn is_of_all_rounds(self) -> bool {
        matches!(self, Self::Cosine { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_schedule_gives_the_same_bits() {
        assert_eq!(Schedule::Constant.rate(0.1, 1).to_bits(), 0.1_f64.to_bits());
        assert_eq!(Schedule::Constant.rate(0.1, 1000).to_bits(), 0.1_f64.to_bits());
    }

    #[test]
    fn steps_halve_the_rate_every_so_many_rounds() {
        let rates = [1, 2, 3, 4, 5, 7].map(|round| Schedule::Step { every: 2, factor: 0.5 }.rate(0.8, round));
        assert_eq!(rates, [0.8, 0.8, 0.4, 0.4, 0.2, 0.1]);
    }

    /// By hand: cos 0, cos 45, cos 90 and cos 135 degrees.
    #[test]
    fn a_cosine_falls_from_the_rate_to_nothing() {
        let rates = [1, 2, 3, 4, 5].map(|round| Schedule::Cosine { rounds: 4 }.rate(2.0, round));
        let half = 0.5_f64.sqrt();
        for (rate, wanted) in rates.iter().zip([2.0, 1.0 + half, 1.0, 1.0 - half, 0.0]) {
            assert!((rate - wanted).abs() < 1e-15, "{rate} for {wanted}");
        }
    }
}
