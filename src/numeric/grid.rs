//! Sums on a grid: each number is rounded to a public grid before it is added, so that a sum is one of integers. It is exact in
//! any order and over any deal of the terms, and says nothing of a term's digits below the grid.
//!
//! A number is split into a part of whole steps of 2^-44 and one of whole steps of 2^-88 by adding and subtracting a constant
//! (T. J. Dekker 1971, "A Floating-Point Technique for Extending the Available Precision"; as bins in J. Demmel and H. D. Nguyen
//! 2013, "Fast Reproducible Floating-Point Summation", ARITH 21). Each part is summed in doubles, without rounding for as many
//! terms as their bits allow, and then moved to integers.

use super::math::scale_by_power_of_two;

/// The grid's step is 2^-STEP_BITS.
const STEP_BITS: u32 = 2 * PART_BITS;

/// The bits of a sum of fewer than 2^32 numbers of magnitude 1 at most, in steps, with its sign.
pub const SUM_BITS: u32 = STEP_BITS + 32 + 1;

/// The bits of a part.
const PART_BITS: u32 = 44;

/// Added to a number of magnitude 1 at most and taken away again, it leaves the nearest multiple of 2^-44, ties to even.
const HIGH: f64 = 1.5 * (1_u64 << (52 - PART_BITS)) as f64;

/// The same for what is then left, and 2^-88.
const LOW: f64 = HIGH / POWER_OF_PART;

/// 2^44.
const POWER_OF_PART: f64 = (1_u64 << PART_BITS) as f64;

/// Parts of magnitude 2^44 in their own unit at most, of which the sum has 53 bits.
const TERMS_MAX: u32 = 1 << (53 - PART_BITS - 1);

/// A number's two parts.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let high = (x + HIGH) - HIGH;
    let rest = x - high;
    (high, (rest + LOW) - LOW)
}

/// The least power of two above a magnitude that is not negative.
pub fn power_above(magnitude: f64) -> i32 {
    // A normal number's exponent; smaller ones are not told apart.
    (((magnitude.to_bits() >> 52) & 0x7ff) as i32).max(1) - 1022
}

/// The least power of two not below a magnitude that is not negative.
pub fn power_at_least(magnitude: f64) -> i32 {
    let above = power_above(magnitude);
    if scale_by_power_of_two(1.0, above - 1) == magnitude { above - 1 } else { above }
}

/// Two exact parts, as one whole number of the grid's steps.
fn join(high: f64, low: f64) -> i128 {
    // Both are whole numbers of 53 bits.
    let (high, low) = ((high * POWER_OF_PART) as i64, (low * POWER_OF_PART * POWER_OF_PART) as i64);
    (i128::from(high) << PART_BITS) + i128::from(low)
}

/// The whole number of the grid's steps nearest to `x`, of magnitude 1 at most.
pub fn steps(x: f64) -> i128 {
    let (high, low) = split(x);
    join(high, low)
}

/// The number of so many steps, rounded once.
pub fn from_steps(steps: i128) -> f64 {
    // 2^88 is a power of two: the division rounds nothing.
    steps as f64 / (POWER_OF_PART * POWER_OF_PART)
}

/// Sums side by side, of numbers of magnitude 1 at most.
#[derive(Clone, Debug)]
pub struct GridSums {
    high: Vec<f64>,
    low: Vec<f64>,
    totals: Vec<i128>,
    terms: u32,
}

impl GridSums {
    /// So many sums of nothing.
    pub fn new(count: usize) -> Self {
        Self { high: vec![0.0; count], low: vec![0.0; count], totals: vec![0; count], terms: 0 }
    }

    /// Adds `term(value)` of each of `values` to its sum.
    #[inline(always)]
    pub fn add(&mut self, values: &[f64], term: impl Fn(usize, f64) -> f64) {
        assert!(values.len() == self.high.len() && values.len() == self.low.len(), "every value has its sum");
        for (at, ((high_sum, low_sum), &value)) in self.high.iter_mut().zip(&mut self.low).zip(values).enumerate() {
            let (high, low) = split(term(at, value));
            *high_sum += high;
            *low_sum += low;
        }
        self.terms += 1;
        if self.terms == TERMS_MAX {
            self.settle();
        }
    }

    /// Moves what was summed in doubles to the integers.
    #[inline(never)]
    fn settle(&mut self) {
        for ((total, high), low) in self.totals.iter_mut().zip(&mut self.high).zip(&mut self.low) {
            *total += join(*high, *low);
            (*high, *low) = (0.0, 0.0);
        }
        self.terms = 0;
    }

    /// The sums of all terms, in steps.
    pub fn into_totals(mut self) -> Vec<i128> {
        self.settle();
        self.totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::{shuffle, unit};

    /// 2^-44 and 2^-88 by hand; halves of a step go to the even one.
    #[test]
    fn numbers_become_the_nearest_whole_steps() {
        let step = 1.0 / (POWER_OF_PART * POWER_OF_PART);
        for (x, expected) in [
            (0.0, 0),
            (1.0, 1 << 88),
            (-1.0, -(1 << 88)),
            (0.75, 3 << 86),
            (step, 1),
            (-step, -1),
            (0.5 * step, 0),
            (1.5 * step, 2),
            (0.49 * step, 0),
            (1.0 / POWER_OF_PART + 3.0 * step, (1 << 44) + 3),
            (5e-324, 0),
        ] {
            assert_eq!(steps(x), expected, "{x:e}");
        }
    }

    /// Doubles from 2^-35 on have no digit below the grid.
    #[test]
    fn what_lies_on_the_grid_comes_back_as_it_was() {
        let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0);
        for _ in 0..20_000 {
            let x = (2.0 * unit(&mut random) - 1.0) * if unit(&mut random) < 0.5 { 1.0 } else { 1e-9 };
            let is_above = x.abs() >= 1.0 / f64::from(1_u32 << 31) / 16.0;
            assert!(!is_above || from_steps(steps(x)).to_bits() == x.to_bits(), "{x:e}");
        }
    }

    /// The sums in doubles settle every 256 terms: as many terms of the greatest magnitude as would show if one too many fitted.
    #[test]
    fn sums_are_those_of_the_terms_steps_in_any_order_and_number() {
        let mut random = Streams::new(Seeds::all(2)).stream(Purpose::Generate, 0, 0);
        for terms in [0, 1, 255, 256, 257, 10_000] {
            let mut cells: Vec<[f64; 3]> = (0..terms).map(|_| [1.0, -1.0, 2.0 * unit(&mut random) - 1.0]).collect();
            let expected: Vec<i128> = (0..3).map(|at| cells.iter().map(|cells| steps(cells[at])).sum()).collect();
            for _ in 0..2 {
                let mut sums = GridSums::new(3);
                cells.iter().for_each(|cells| sums.add(cells, |_, cell| cell));
                assert_eq!(sums.into_totals(), expected, "{terms} terms");
                shuffle(&mut cells, &mut random);
            }
        }
    }
}
