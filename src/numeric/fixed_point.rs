//! Real numbers as integers: the encoding that secure aggregation needs and that the clear mean can imitate.
//!
//! A coordinate is clipped to [-clip, clip] and rounded to one of 2^value_bits - 1 equidistant values, then multiplied by
//! its client's whole-numbered weight. Sums of such integers are exact, in any order.

use ndarray_rand::rand::RngCore;

use super::sample::unit;

/// How a number between two integers is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Up with the probability of the fraction: unbiased.
    Stochastic,
    /// To the nearest integer, ties away from zero.
    Nearest,
}

/// The encoding's parameters.
#[derive(Clone, Copy, Debug)]
pub struct FixedPoint {
    value_bits: u32,
    clip: f64,
    rounding: Rounding,
}

impl FixedPoint {
    /// An encoding of `value_bits` bits (2 to 32) with the sign, for numbers in [-clip, clip].
    pub fn new(value_bits: u32, clip: f64, rounding: Rounding) -> Self {
        assert!((2..=32).contains(&value_bits) && clip > 0.0 && clip.is_finite(), "the encoding's parameters were checked when read");
        Self { value_bits, clip, rounding }
    }

    /// The greatest encoded magnitude before weighting, 2^(value_bits - 1) - 1.
    pub fn max_magnitude(&self) -> i64 {
        (1 << (self.value_bits - 1)) - 1
    }

    fn steps_per_unit(&self) -> f64 {
        self.max_magnitude() as f64 / self.clip
    }

    /// The integer that stands for `value`, clipped. `random` is drawn from once per call when rounding is stochastic.
    pub fn encode(&self, value: f64, random: &mut impl RngCore) -> i64 {
        let scaled = value.clamp(-self.clip, self.clip) * self.steps_per_unit();
        let rounded = match self.rounding {
            Rounding::Nearest => scaled.round(),
            Rounding::Stochastic => (scaled + unit(random)).floor(),
        };
        (rounded as i64).clamp(-self.max_magnitude(), self.max_magnitude())
    }

    /// The mean that a weighted sum of encoded values stands for.
    pub fn decode_mean(&self, sum: i64, weight: u64) -> f64 {
        sum as f64 / (weight as f64 * self.steps_per_unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};

    fn random() -> impl RngCore {
        Streams::new(Seeds::all(1)).stream(Purpose::Rounding, 0, 0)
    }

    #[test]
    fn the_ends_of_the_range_and_what_lies_beyond_take_the_greatest_magnitude() {
        for rounding in [Rounding::Nearest, Rounding::Stochastic] {
            let encoding = FixedPoint::new(8, 2.0, rounding);
            let encode = |value| encoding.encode(value, &mut random());
            assert_eq!([encode(2.0), encode(9.0), encode(-2.0), encode(-9.0), encode(0.0)], [127, 127, -127, -127, 0]);
        }
    }

    #[test]
    fn decoding_undoes_encoding_within_half_a_step() {
        let encoding = FixedPoint::new(24, 4.0, Rounding::Nearest);
        for value in [-3.9, -0.1234, 1e-7, 2.5] {
            let back = encoding.decode_mean(5 * encoding.encode(value, &mut random()), 5);
            assert!((back - value).abs() <= 0.5 * 4.0 / f64::from((1 << 23) - 1) * 1.000_001);
        }
    }

    /// The mean of n draws of a step of variance f(1 - f) lies within 5 standard errors.
    #[test]
    fn stochastic_rounding_is_unbiased() {
        let encoding = FixedPoint::new(8, 127.0, Rounding::Stochastic);
        let (mut random, n) = (random(), 100_000);
        for value in [0.3, -0.3, 5.75, -100.01] {
            let sum: i64 = (0..n).map(|_| encoding.encode(value, &mut random)).sum();
            let fraction = value - value.floor();
            let error = (fraction * (1.0 - fraction) / f64::from(n)).sqrt();
            assert!((sum as f64 / f64::from(n) - value).abs() < 5.0 * error, "{value}");
        }
    }
}
