//! The prime field of p = 2^61 - 1 elements, a Mersenne prime: a product is reduced by two shifts and two additions.

use std::ops::{Add, Mul, Sub};

/// The field's order.
pub const ORDER: u64 = (1 << 61) - 1;

/// An integer in [0, p).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Element(u64);

impl zeroize::DefaultIsZeroes for Element {}

impl Element {
    /// The neutral element of addition.
    pub const ZERO: Self = Self(0);
    /// The neutral element of multiplication.
    pub const ONE: Self = Self(1);

    /// The element `value`, if it is below p.
    pub fn new(value: u64) -> Option<Self> {
        (value < ORDER).then_some(Self(value))
    }

    /// The integer in [0, p).
    pub fn value(self) -> u64 {
        self.0
    }

    /// The element that a sum of products stands for; `wide` may have any 128 bits.
    pub fn reduce(wide: u128) -> Self {
        // 2^61 = 1 mod p, so the digits of base 2^61 add up; three digits hold 128 bits.
        let order = u128::from(ORDER);
        let folded = (wide & order) + ((wide >> 61) & order) + (wide >> 122);
        let folded = (folded & order) + (folded >> 61);
        Self::once(folded as u64)
    }

    /// 1/x by Fermat's little theorem, x^(p - 2); 0 for 0.
    #[must_use]
    pub fn inverse(self) -> Self {
        let (mut result, mut base, mut exponent) = (Self::ONE, self, ORDER - 2);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base;
            }
            base = base * base;
            exponent >>= 1;
        }
        result
    }

    /// Reduces a value below 2p.
    fn once(value: u64) -> Self {
        Self(if value >= ORDER { value - ORDER } else { value })
    }
}

impl From<u32> for Element {
    fn from(value: u32) -> Self {
        Self(u64::from(value))
    }
}

impl Add for Element {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::once(self.0 + other.0)
    }
}

impl Sub for Element {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::once(self.0 + ORDER - other.0)
    }
}

impl Mul for Element {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = u128::from(self.0) * u128::from(other.0);
        let folded = (product as u64 & ORDER) + (product >> 61) as u64;
        Self::once(folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_range_multiply_and_add_as_minus_one_does() {
        let minus_one = Element::ZERO - Element::ONE;
        assert_eq!(minus_one.value(), ORDER - 1);
        assert_eq!(minus_one * minus_one, Element::ONE);
        assert_eq!(minus_one + Element::ONE, Element::ZERO);
        assert_eq!(Element::new(ORDER), None);
        assert_eq!(Element::reduce(u128::from(ORDER)), Element::ZERO);
        // 2^128 - 1 = 2^6 - 1 mod p, since 2^122 = 1.
        assert_eq!(Element::reduce(u128::MAX).value(), 63);
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(6), failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn operations_are_those_of_the_integers_modulo_p(a in 0..ORDER, b in 0..ORDER, wide: u128) {
            let modulo = |x: u128| (x % u128::from(ORDER)) as u64;
            let (x, y) = (Element(a), Element(b));
            let (a, b) = (u128::from(a), u128::from(b));
            prop_assert_eq!((x + y).value(), modulo(a + b));
            prop_assert_eq!((x - y).value(), modulo(a + u128::from(ORDER) - b));
            prop_assert_eq!((x * y).value(), modulo(a * b));
            prop_assert_eq!(Element::reduce(wide).value(), modulo(wide));
            prop_assert_eq!(x * x.inverse(), if a == 0 { Element::ZERO } else { Element::ONE });
        }
    }
}
