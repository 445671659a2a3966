//! A client's update as the vector that is masked: weighted fixed-point integers, then the count of clipped coordinates,
//! then the weight, so that neither the update nor the number of examples is ever seen alone.

use ndarray_rand::rand::RngCore;

use super::ring::Ring;
use crate::numeric::fixed_point::FixedPoint;

/// Coordinates of a masked vector beside the parameters: clipped coordinates, and the weight.
pub const EXTRA: usize = 2;

/// From numbers to a ring and back.
#[derive(Clone, Copy, Debug)]
pub struct Encoding {
    fixed_point: FixedPoint,
    clip: f64,
    weight_max: u64,
    ring: Ring,
}

/// What a sum of vectors stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The weighted mean, (params,).
    pub mean: Vec<f64>,
    /// Coordinates that were clipped, over all clients.
    pub clipped: u64,
    /// The weights' sum.
    pub weight: u64,
}

impl Encoding {
    /// The encoding of numbers in [-clip, clip], as `fixed_point` has it, in a ring with room for weights up to `weight_max`.
    pub(super) fn new(fixed_point: FixedPoint, clip: f64, weight_max: u64, ring: Ring) -> Self {
        Self { fixed_point, clip, weight_max, ring }
    }

    /// The fixed-point numbers: the clear mean of the same encoding decodes to the same bits.
    pub fn fixed_point(&self) -> FixedPoint {
        self.fixed_point
    }

    /// The greatest magnitude that is not clipped.
    pub fn clip(&self) -> f64 {
        self.clip
    }

    /// The vector of an update: `values` clipped, rounded and multiplied by `weight`, then the number of values that were
    /// clipped, then `weight`. `random` is drawn from once a value when rounding is stochastic.
    ///
    /// # Panics
    /// If the weight is zero or above what the plan was made for: the sum might overflow unseen.
    pub fn encode(&self, values: &[f64], weight: u64, random: &mut impl RngCore) -> Vec<u64> {
        assert!((1..=self.weight_max).contains(&weight), "a weight of {weight}, planned were 1 to {}", self.weight_max);
        let signed_weight = i64::try_from(weight).expect("a weight is a number of rows");
        let encoded = values.iter().map(|&value| (signed_weight * self.fixed_point.encode(value, random)).cast_unsigned());
        let mut words: Vec<u64> = encoded.collect();
        words.push(values.iter().filter(|value| value.abs() > self.clip).count() as u64);
        words.push(weight);
        words
    }

    /// The mean that a sum of such vectors stands for.
    ///
    /// # Panics
    /// If there are fewer coordinates than [`EXTRA`].
    pub fn decode(&self, sum: &[u64]) -> Decoded {
        let (values, extra) = sum.split_at(sum.len() - EXTRA);
        let (clipped, weight) = (extra[0], extra[1]);
        let mean = values.iter().map(|&word| self.fixed_point.decode_mean(self.ring.lift(word), weight)).collect();
        Decoded { mean, clipped, weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::fixed_point::Rounding;
    use crate::numeric::rng::{Purpose, Seeds, Streams};

    /// Two clients of weights 1 and 3 at 8 bits in [-2, 2]: (1 * 127 - 3 * 127) / 4 of 127 is -1/2 of 2.
    #[test]
    fn a_sum_in_the_ring_decodes_to_the_weighted_mean() {
        let ring = Ring::new(12);
        let encoding = Encoding::new(FixedPoint::new(8, 2.0, Rounding::Nearest), 2.0, 3, ring);
        let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Rounding, 0, 0);
        let [first, second] = [(5.0, 1), (-2.0, 3)].map(|(value, weight)| encoding.encode(&[value, 0.0], weight, &mut random));
        let sum: Vec<u64> = first.iter().zip(&second).map(|(a, b)| a.wrapping_add(*b) & 0xfff).collect();
        assert_eq!(encoding.decode(&sum), Decoded { mean: vec![-1.0, 0.0], clipped: 1, weight: 4 });
    }
}
