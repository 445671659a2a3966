//! How unevenly a metric falls on clients: its worst, its low tenth, its middle, and its Gini coefficient.
//!
//! Reporting the tail beside the mean follows Li et al., "Fair Resource Allocation in Federated Learning", ICLR 2020
//! (<https://arxiv.org/abs/1905.10497>); the coefficient is Gini's (1912).

use serde::{Deserialize, Serialize};

use crate::numeric::quantile;

/// Which end of a metric is the bad one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// As of the AUC.
    Lower,
    /// As of the loss.
    Higher,
    /// As of a bias: far from 0.
    Farther,
}

impl Worse {
    /// Whether a value is better than another, by more than `margin`.
    pub fn is_better(self, value: f64, other: f64, margin: f64) -> bool {
        match self {
            Self::Lower => value > other + margin,
            Self::Higher => value < other - margin,
            Self::Farther => value.abs() < other.abs() - margin,
        }
    }

    /// How much better a value is than another.
    pub fn gained(self, value: f64, other: f64) -> f64 {
        match self {
            Self::Lower => value - other,
            Self::Higher => other - value,
            Self::Farther => other.abs() - value.abs(),
        }
    }

    /// The best of some values; `None` if there are none.
    pub fn best(self, values: &[f64]) -> Option<f64> {
        values.iter().copied().reduce(|best, value| if self.is_better(value, best, 0.0) { value } else { best })
    }

    /// The worst of some values; `None` if there are none.
    pub fn worst(self, values: &[f64]) -> Option<f64> {
        values.iter().copied().reduce(|worst, value| if self.is_better(worst, value, 0.0) { value } else { worst })
    }
}

/// A metric over clients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many clients have the metric.
    pub clients: usize,
    /// The worst client's.
    pub worst: f64,
    /// The tenth percentile counted from the worst client, linear between ranks.
    pub p10: f64,
    /// The middle client's, or the mean of the two in the middle.
    pub median: f64,
    /// 0 if all clients have the same, towards 1 if one has it all; `None` if they add to 0.
    pub gini: Option<f64>,
}

impl Spread {
    /// Of the clients' values, none negative, (clients,); `None` if there are none.
    pub fn of(values: &[f64], worse: Worse) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let gini = gini(&sorted);
        match worse {
            Worse::Lower => {}
            Worse::Higher => sorted.reverse(),
            Worse::Farther => sorted.sort_by(|a, b| b.abs().total_cmp(&a.abs())),
        }
        let worst = *sorted.first()?;
        Some(Self { clients: sorted.len(), worst, p10: quantile(&sorted, 0.1)?, median: quantile(&sorted, 0.5)?, gini })
    }
}

/// Half the mean distance of two values, over their mean. Summed over the distances of the least and the greatest, the next
/// to least and the next to greatest, and so on, so that equal values give 0 and not what rounding leaves of it.
fn gini(ascending: &[f64]) -> Option<f64> {
    let count = ascending.len();
    let total: f64 = ascending.iter().sum();
    let pairs = ascending.iter().zip(ascending.iter().rev()).take(count / 2).enumerate();
    let distances: f64 = pairs.map(|(rank, (low, high))| (count - 1 - 2 * rank) as f64 * (high - low)).sum();
    (total > 0.0).then(|| distances / (count as f64 * total))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: distances of pairs of 1, 2, 3, 4 add to 2 * (3 * 1 + 2 * 2 + 1 * 3) = 20, over 2 * 16 * 2.5 = 80.
    #[test]
    fn the_gini_coefficient_is_half_the_relative_mean_distance() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0], Worse::Lower).expect("values");
        assert_eq!((spread.gini, spread.median, spread.worst, spread.clients), (Some(0.25), 2.5, 1.0, 4));
        // numpy.percentile([1, 2, 3, 4], 10) = 1.3.
        assert!((spread.p10 - 1.3).abs() < 1e-15);
    }

    #[test]
    fn a_loss_is_counted_from_its_highest() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0], Worse::Higher).expect("values");
        assert_eq!(spread.worst, 4.0);
        assert!((spread.p10 - 3.7).abs() < 1e-15);
    }

    #[test]
    fn equal_clients_have_no_spread_and_no_clients_none_at_all() {
        let spread = Spread::of(&[0.7; 3], Worse::Lower).expect("values");
        assert_eq!((spread.gini, spread.worst), (Some(0.0), spread.median));
        // ln 2, the loss of every client before training.
        assert_eq!(Spread::of(&[std::f64::consts::LN_2; 12], Worse::Higher).and_then(|spread| spread.gini), Some(0.0));
        assert_eq!(Spread::of(&[0.0, 0.0], Worse::Lower).and_then(|spread| spread.gini), None);
        assert_eq!(Spread::of(&[], Worse::Lower), None);
    }
}
