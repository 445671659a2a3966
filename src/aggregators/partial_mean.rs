//! A mean on its way: sums of whole numbers, to which contributions and other such sums are added in any order.

use serde::{Deserialize, Serialize};

use crate::numeric::exact_sum::ExactSum;
use crate::numeric::fixed_point::FixedPoint;
use crate::numeric::rng::Stream;

/// Sums over some clients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartialMean {
    sums: Sums,
    weight: u64,
    /// Whether a weighted value was beyond all doubles: then the mean is infinite, which ends the run.
    is_beyond: bool,
}

/// What is added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Sums {
    /// Doubles, without rounding.
    Exact(Vec<ExactSum>),
    /// Fixed-point numbers. They fit: weights add to fewer than 2^32 rows, and an encoded value has 31 bits and a sign.
    Fixed(Vec<i64>),
}

impl PartialMean {
    /// So many exact sums of nothing.
    pub(super) fn exact(numbers: usize) -> Self {
        Self { sums: Sums::Exact(vec![ExactSum::default(); numbers]), weight: 0, is_beyond: false }
    }

    /// So many fixed-point sums of nothing.
    pub(super) fn fixed(numbers: usize) -> Self {
        Self { sums: Sums::Fixed(vec![0; numbers]), weight: 0, is_beyond: false }
    }

    /// Adds values of this weight, (numbers,). Each product of weight and value is rounded, which a client can do by itself.
    pub(super) fn add_exactly(&mut self, weight: u64, values: &[f64]) {
        let Sums::Exact(sums) = &mut self.sums else { unreachable!("a mean has one arithmetic") };
        for (sum, value) in sums.iter_mut().zip(values) {
            let term = weight as f64 * value;
            if term.is_finite() { sum.add(term) } else { self.is_beyond = true }
        }
        self.weight += weight;
    }

    /// Adds values of this weight, (numbers,), in fixed point, rounded by what is drawn from `random`.
    pub(super) fn add_fixed(&mut self, weight: u64, values: &[f64], encoding: &FixedPoint, random: &mut Stream) {
        let Sums::Fixed(sums) = &mut self.sums else { unreachable!("a mean has one arithmetic") };
        for (sum, &value) in sums.iter_mut().zip(values) {
            *sum += weight.cast_signed() * encoding.encode(value, random);
        }
        self.weight += weight;
    }

    /// Adds the sums over other clients; `None` if they are not of this mean, or leave what whole numbers can hold.
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        match (&mut self.sums, &other.sums) {
            (Sums::Exact(sums), Sums::Exact(more)) if sums.len() == more.len() => {
                sums.iter_mut().zip(more).try_for_each(|(sum, more)| sum.merge(more))?;
            }
            (Sums::Fixed(sums), Sums::Fixed(more)) if sums.len() == more.len() => {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum = sum.checked_add(*more)?;
                }
            }
            _ => return None,
        }
        self.weight = self.weight.checked_add(other.weight)?;
        self.is_beyond |= other.is_beyond;
        Some(())
    }

    /// The mean, (numbers,).
    pub(super) fn finish(&self, encoding: Option<&FixedPoint>) -> Vec<f64> {
        let total = self.weight;
        match (&self.sums, encoding) {
            (Sums::Exact(sums), _) if self.is_beyond => vec![f64::INFINITY; sums.len()],
            (Sums::Exact(sums), _) => sums.iter().map(|sum| sum.round() / total as f64).collect(),
            (Sums::Fixed(sums), Some(encoding)) => sums.iter().map(|&sum| encoding.decode_mean(sum, total)).collect(),
            (Sums::Fixed(_), None) => unreachable!("a mean has one arithmetic"),
        }
    }
}
