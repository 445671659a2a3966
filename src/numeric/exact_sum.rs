//! Sums of doubles without rounding: integers in place of the whole range of exponents, so that neither the order of the
//! terms nor who adds them shows in the result (Kulisch and Miranker 1986, "The Arithmetic of the Digital Computer", SIAM
//! Review 28; as limbs in Collange et al. 2015, "Numerical Reproducibility for the Parallel Reduction").
//!
//! A finite double is a whole multiple of 2^-1074. It is written with limbs of 32 bits, limb i counting 2^(32 i - 1074);
//! limbs are added each for itself, by whoever may add integers, and only the sum is rounded, once, to the nearest double.

use serde::{Deserialize, Serialize};

use super::math::scale_by_power_of_two;

/// Limbs of a number: 2^1024 / 2^-1074 has 2098 bits.
pub const LIMBS: usize = 66;

const LIMB_BITS: usize = 32;

/// A number, or a sum of fewer than 2^30 of them, as signed limbs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<i64>", try_from = "Vec<i64>")]
pub struct ExactSum([i64; LIMBS]);

impl From<ExactSum> for Vec<i64> {
    fn from(sum: ExactSum) -> Self {
        sum.0.to_vec()
    }
}

impl TryFrom<Vec<i64>> for ExactSum {
    type Error = String;

    fn try_from(limbs: Vec<i64>) -> Result<Self, String> {
        let count = limbs.len();
        limbs.try_into().map(Self).map_err(|_| format!("{count} limbs of {LIMBS}"))
    }
}

impl Default for ExactSum {
    fn default() -> Self {
        Self([0; LIMBS])
    }
}

impl ExactSum {
    /// Adds a term.
    ///
    /// # Panics
    /// If the term is infinite or no number.
    pub fn add(&mut self, term: f64) {
        assert!(term.is_finite(), "only finite numbers have an exact sum");
        let bits = term.abs().to_bits();
        let (exponent, fraction) = ((bits >> 52) as usize, bits & ((1 << 52) - 1));
        // Subnormal numbers have the exponent of the least normal ones and no hidden bit.
        let (mantissa, shift) = if exponent == 0 { (fraction, 0) } else { (fraction | (1 << 52), exponent - 1) };
        let spread = u128::from(mantissa) << (shift % LIMB_BITS);
        for part in 0..3 {
            let digit = (spread >> (LIMB_BITS * part)) as u32;
            if digit != 0 {
                let digit = i64::from(digit);
                self.0[shift / LIMB_BITS + part] += if term < 0.0 { -digit } else { digit };
            }
        }
    }

    /// Adds another sum; `None` if a limb leaves what it can hold.
    pub fn merge(&mut self, other: &Self) -> Option<()> {
        for (limb, more) in self.0.iter_mut().zip(&other.0) {
            *limb = limb.checked_add(*more)?;
        }
        Some(())
    }

    /// The limbs, (LIMBS,).
    pub fn limbs(&self) -> &[i64; LIMBS] {
        &self.0
    }

    /// A sum whose limbs somebody else added.
    pub fn from_limbs(limbs: [i64; LIMBS]) -> Self {
        Self(limbs)
    }

    /// The double nearest to the sum, ties to even; infinite beyond the greatest double.
    pub fn round(&self) -> f64 {
        let (is_negative, digits) = self.magnitude();
        let Some(top) = (0..digits.len()).rev().find(|&limb| digits[limb] != 0) else { return 0.0 };
        // The number's leading 64 bits, the last of which also stands for all that follow.
        let highest = LIMB_BITS * top + (31 - digits[top].leading_zeros() as usize);
        let lowest = highest.saturating_sub(63);
        let bit = |at: usize| u64::from(digits[at / LIMB_BITS] >> (at % LIMB_BITS) & 1);
        let mut leading = (lowest..=highest).rev().fold(0, |number, at| (number << 1) | bit(at));
        leading |= u64::from((0..lowest).any(|at| bit(at) == 1));
        // A u64 is rounded to the nearest double, ties to even, and scaled by powers of two without further rounding: a sum
        // in the subnormal range has fewer than 54 bits, which are all there.
        let scale = i32::try_from(lowest).expect("there are 2176 bits") - 1074;
        let magnitude = scale_by_power_of_two(leading as f64, scale);
        if is_negative { -magnitude } else { magnitude }
    }

    /// The sign, and the magnitude in limbs from 0 to 2^32 - 1.
    fn magnitude(&self) -> (bool, [u32; LIMBS + 2]) {
        let is_negative = self.0.iter().rev().find(|limb| **limb != 0).is_some_and(|limb| *limb < 0);
        let (digits, rest) = self.carried(is_negative);
        // The highest limb that is not 0 tells the sign, unless lower limbs outweigh it.
        if rest < 0 {
            return (!is_negative, self.carried(!is_negative).0);
        }
        (is_negative, digits)
    }

    /// The digits of the sum, or of its negative, and the carry that is left over.
    fn carried(&self, negate: bool) -> ([u32; LIMBS + 2], i64) {
        let mut digits = [0; LIMBS + 2];
        let mut carry = 0;
        for (at, digit) in digits.iter_mut().enumerate() {
            let limb = self.0.get(at).copied().unwrap_or(0);
            let value = if negate { -limb } else { limb } + carry;
            *digit = (value & 0xffff_ffff) as u32;
            carry = value >> LIMB_BITS;
        }
        (digits, carry)
    }
}

/// The exact sum of vectors of one length, each element rounded once; empty if there is none. Infinite and undefined terms
/// make their element undefined.
pub fn sum_vectors(vectors: &[Vec<f64>]) -> Vec<f64> {
    let length = vectors.first().map_or(0, Vec::len);
    (0..length)
        .map(|at| {
            if vectors.iter().any(|vector| !vector[at].is_finite()) {
                return f64::NAN;
            }
            let mut sum = ExactSum::default();
            vectors.iter().for_each(|vector| sum.add(vector[at]));
            sum.round()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::shuffle;
    use ndarray_rand::rand::RngCore;

    fn sum(terms: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        terms.iter().for_each(|&term| sum.add(term));
        sum.round()
    }

    #[test]
    fn a_lone_number_comes_back_as_it_was() {
        let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0);
        let any = (0..20_000).map(|_| f64::from_bits(random.next_u64())).filter(|x| x.is_finite());
        let edges = [0.0, 1.0, -1.0, 0.1, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -5e-324, 2.5e-310];
        for x in any.chain(edges) {
            assert_eq!(sum(&[x]).to_bits(), x.to_bits(), "{x:e}");
        }
    }

    /// 2^53 + 1 lies halfway between two doubles and goes to the even one; a grain more and it goes up.
    #[test]
    fn rounding_is_to_nearest_and_ties_go_to_even() {
        let two_53 = 9_007_199_254_740_992.0;
        assert_eq!(sum(&[two_53, 1.0]), two_53);
        assert_eq!(sum(&[two_53, 1.0, 5e-324]), two_53 + 2.0);
        assert_eq!(sum(&[two_53, 3.0]), two_53 + 4.0);
        assert_eq!(sum(&[-two_53, -1.0, -1e-300]), -two_53 - 2.0);
    }

    #[test]
    fn nothing_is_lost_where_great_numbers_cancel() {
        assert_eq!(sum(&[1e300, 1.0, 1e-300, -1e300, -1.0]), 1e-300);
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[3.0, -3.0]).to_bits(), 0.0_f64.to_bits());
        // The highest limb is 1, the lower ones outweigh it by the sign that they carry.
        assert_eq!(sum(&[4_294_967_296.0, -4_294_967_295.0, -2.0]), -1.0);
    }

    #[test]
    fn the_order_of_terms_does_not_show() {
        let mut random = Streams::new(Seeds::all(2)).stream(Purpose::Generate, 0, 0);
        let mut terms: Vec<f64> = (0..500).map(|_| f64::from_bits(random.next_u64())).filter(|x| x.abs() < 1e290).collect();
        let first = sum(&terms);
        for _ in 0..20 {
            shuffle(&mut terms, &mut random);
            assert_eq!(sum(&terms).to_bits(), first.to_bits());
        }
    }

    /// Whole numbers below 2^53 have sums that i128 knows.
    #[test]
    fn sums_of_whole_numbers_are_those_of_integers() {
        let mut random = Streams::new(Seeds::all(3)).stream(Purpose::Generate, 0, 0);
        let whole: Vec<i64> = (0..1000).map(|_| (random.next_u64() >> 12).cast_signed() - (1 << 51)).collect();
        let total: i128 = whole.iter().map(|&x| i128::from(x)).sum();
        assert_eq!(sum(&whole.iter().map(|&x| x as f64).collect::<Vec<_>>()), total as f64);
    }

    #[test]
    fn vectors_are_added_element_by_element() {
        assert_eq!(sum_vectors(&[vec![1e16, 1.0], vec![1.0, 2.0], vec![-1e16, 3.0]]), [1.0, 6.0]);
        assert!(sum_vectors(&[]).is_empty());
        assert!(sum_vectors(&[vec![f64::INFINITY], vec![1.0]])[0].is_nan());
    }
}
