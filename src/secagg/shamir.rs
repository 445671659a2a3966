//! Secrets shared so that t shares give them back and t - 1 say nothing (A. Shamir, "How to Share a Secret", CACM 1979).
//!
//! A secret of 32 bytes is five field elements, each shared by its own polynomial of degree t - 1.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::field::Element;
use super::prg::PrgKey;

/// Field elements a secret: four of seven bytes and one of four.
pub const LIMBS: usize = 5;
/// Bytes of a share on the wire.
pub const SHARE_BYTES: usize = 8 * LIMBS;
/// A secret that wipes itself.
pub type Secret = Zeroizing<[u8; 32]>;

/// The shares of a client's two secrets are dealt at once, over the same points.
const SECRETS: usize = 2;
/// Products of 122 bits that a sum of 128 bits holds, one place kept for what is left of the sums before.
const LAZY: usize = 63;

/// One holder's share of one secret: the five polynomials at the holder's point.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Share([Element; LIMBS]);

impl Share {
    /// 40 bytes, little-endian.
    pub fn to_bytes(&self) -> [u8; SHARE_BYTES] {
        let mut bytes = [0; SHARE_BYTES];
        for (place, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(&self.0) {
            *place = limb.value().to_le_bytes();
        }
        bytes
    }

    /// The share of these bytes, if each of the five numbers is a field element.
    pub fn from_bytes(bytes: &[u8; SHARE_BYTES]) -> Option<Self> {
        let mut limbs = [Element::ZERO; LIMBS];
        for (limb, place) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *limb = Element::new(u64::from_le_bytes(*place))?;
        }
        Some(Self(limbs))
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(..)")
    }
}

/// Where a holder's share lies on the polynomials; never zero, where the secret itself lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point(Element);

impl Point {
    /// The point of the client with this number in the cohort.
    pub fn of(client: u32) -> Self {
        Self(Element::from(client) + Element::ONE)
    }
}

/// Shares two secrets `threshold`-of-`points.len()`; the shares come in the order of the points.
///
/// # Panics
/// If the threshold is zero or above the number of points: such secrets could not be given back.
pub fn deal(secrets: [&Secret; SECRETS], threshold: usize, points: &[Point], randomness: &PrgKey) -> Vec<[Share; SECRETS]> {
    assert!((1..=points.len()).contains(&threshold), "a threshold of {threshold} among {} holders", points.len());
    const WIDTH: usize = SECRETS * LIMBS;
    let mut coefficients = Zeroizing::new(vec![Element::ZERO; threshold * WIDTH]);
    randomness.stream_at(0).fill_elements(&mut coefficients[WIDTH..]);
    for (constant, secret) in coefficients[..WIDTH].chunks_exact_mut(LIMBS).zip(secrets) {
        constant.copy_from_slice(&to_limbs(secret));
    }
    let (rows, _) = coefficients.as_chunks::<WIDTH>();
    let share = |&Point(point): &Point| {
        // Sums of products are reduced once in `LAZY` powers: the power is the only chain of dependent products.
        let (mut sums, mut power) = ([0_u128; WIDTH], Element::ONE);
        for block in rows.chunks(LAZY) {
            for row in block {
                for (sum, coefficient) in sums.iter_mut().zip(row) {
                    *sum += u128::from(coefficient.value()) * u128::from(power.value());
                }
                power = power * point;
            }
            sums = sums.map(|sum| u128::from(Element::reduce(sum).value()));
        }
        std::array::from_fn(|secret| Share(std::array::from_fn(|limb| Element::reduce(sums[secret * LIMBS + limb]))))
    };
    points.iter().map(share).collect()
}

/// The coefficients that give every polynomial's value at zero from its values at a set of points.
#[derive(Clone, Debug)]
pub struct Lagrange(Vec<Element>);

impl Lagrange {
    /// The coefficients for these points: the product over j != i of x_j / (x_j - x_i).
    ///
    /// # Panics
    /// If a point is there twice.
    pub fn at_zero(points: &[Point]) -> Self {
        let numerator = points.iter().fold(Element::ONE, |product, point| product * point.0);
        let denominator = |&Point(own): &Point| {
            let others = points.iter().filter(|other| other.0 != own);
            assert_eq!(others.clone().count() + 1, points.len(), "two holders have the same point");
            others.fold(own, |product, other| product * (other.0 - own))
        };
        let inverses = invert_all(&points.iter().map(denominator).collect::<Vec<_>>());
        Self(inverses.into_iter().map(|inverse| numerator * inverse).collect())
    }

    /// The secret of these shares, in the order of the points; `None` if they belong to no secret of 32 bytes.
    pub fn combine(&self, shares: &[&Share]) -> Option<Secret> {
        assert_eq!(shares.len(), self.0.len(), "one share a point");
        let mut limbs = Zeroizing::new([Element::ZERO; LIMBS]);
        for (coefficient, share) in self.0.iter().zip(shares) {
            for (limb, value) in limbs.iter_mut().zip(share.0) {
                *limb = *limb + *coefficient * value;
            }
        }
        from_limbs(&limbs)
    }
}

/// 1/x of each, with one inversion (P. Montgomery, 1987).
fn invert_all(values: &[Element]) -> Vec<Element> {
    let mut before = Vec::with_capacity(values.len());
    let product = values.iter().fold(Element::ONE, |product, &value| {
        before.push(product);
        product * value
    });
    let mut rest = product.inverse();
    for (slot, &value) in before.iter_mut().zip(values).rev() {
        *slot = *slot * rest;
        rest = rest * value;
    }
    before
}

fn to_limbs(secret: &[u8; 32]) -> [Element; LIMBS] {
    std::array::from_fn(|limb| {
        let part = &secret[7 * limb..(7 * limb + 7).min(32)];
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        Element::new(u64::from_le_bytes(bytes)).expect("56 bits are below p")
    })
}

fn from_limbs(limbs: &[Element; LIMBS]) -> Option<Secret> {
    let mut secret = Secret::default();
    for (limb, place) in limbs.iter().zip(secret.chunks_mut(7)) {
        let bytes = limb.value().to_le_bytes();
        let (low, high) = bytes.split_at(place.len());
        if high.iter().any(|&byte| byte != 0) {
            return None;
        }
        place.copy_from_slice(low);
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn points(clients: &[u32]) -> Vec<Point> {
        clients.iter().map(|&client| Point::of(client)).collect()
    }

    fn dealt(threshold: usize, holders: &[u32]) -> Vec<[Share; 2]> {
        deal([&Secret::new([0xff; 32]), &Secret::new([3; 32])], threshold, &points(holders), &PrgKey::new([1; 16]))
    }

    fn combine(holders: &[u32], shares: &[&Share]) -> Option<Secret> {
        Lagrange::at_zero(&points(holders)).combine(shares)
    }

    #[test]
    fn any_threshold_of_shares_gives_both_secrets_back() {
        let shares = dealt(3, &[0, 1, 2, 3, 4]);
        for chosen in [[0_u32, 1, 2], [4, 2, 0], [1, 3, 4]] {
            let of = |secret: usize| chosen.map(|holder| &shares[holder as usize][secret]);
            assert_eq!(combine(&chosen, &of(0)), Some(Secret::new([0xff; 32])));
            assert_eq!(combine(&chosen, &of(1)), Some(Secret::new([3; 32])));
        }
    }

    #[test]
    fn shares_of_different_secrets_are_refused() {
        let shares = dealt(2, &[0, 1]);
        assert_eq!(combine(&[0, 1], &[&shares[0][0], &shares[1][1]]), None);
    }

    /// f(x) = 5 + 3x and its shares by hand: f(1) = 8, f(2) = 11; coefficients at zero 2 and -1.
    #[test]
    fn the_coefficients_for_the_points_one_and_two_are_two_and_minus_one() {
        let Lagrange(coefficients) = Lagrange::at_zero(&points(&[0, 1]));
        assert_eq!(coefficients, [Element::from(2), Element::ZERO - Element::ONE]);
        let [eight, eleven] = [8, 11].map(Element::from);
        assert_eq!(coefficients[0] * eight + coefficients[1] * eleven, Element::from(5));
    }

    /// The law over a small field, all cases: for t = 3 over the integers modulo 7, given any two shares every secret has
    /// exactly one polynomial, so two shares say nothing.
    #[test]
    fn one_share_too_few_is_consistent_with_every_secret_alike() {
        const P: u32 = 7;
        for (x1, x2) in (1..P).flat_map(|a| (1..P).filter(move |&b| b != a).map(move |b| (a, b))) {
            let mut seen = [[[0_u32; P as usize]; P as usize]; P as usize];
            for (a0, a1, a2) in (0..P * P * P).map(|i| (i % P, i / P % P, i / P / P)) {
                let at = |x| ((a0 + a1 * x + a2 * x * x) % P) as usize;
                seen[at(x1)][at(x2)][a0 as usize] += 1;
            }
            assert!(seen.iter().flatten().flatten().all(|&count| count == 1));
        }
    }

    /// The same law in our field: two shares of a known secret and any wished-for secret lie on a polynomial of degree 2,
    /// whose third share, were it dealt, would give the wished-for secret.
    #[test]
    fn two_of_three_shares_fit_any_secret() {
        let shares = dealt(3, &[0, 1, 2]);
        for wish in [[0; 32], [0xff; 32], [0x5a; 32]] {
            let Lagrange(coefficients) = Lagrange::at_zero(&points(&[0, 1, 2]));
            let wished = to_limbs(&wish);
            let third = std::array::from_fn(|limb| {
                let known = coefficients[0] * shares[0][0].0[limb] + coefficients[1] * shares[1][0].0[limb];
                (wished[limb] - known) * coefficients[2].inverse()
            });
            assert_eq!(combine(&[0, 1, 2], &[&shares[0][0], &shares[1][0], &Share(third)]), Some(Secret::new(wish)));
        }
    }

    #[test]
    fn a_share_survives_the_wire_and_shows_nothing_in_print() {
        let share = &dealt(2, &[7, 9])[1][0];
        assert_eq!(Share::from_bytes(&share.to_bytes()).as_ref(), Some(share));
        assert_eq!(Share::from_bytes(&[0xff; SHARE_BYTES]), None);
        assert_eq!(format!("{share:?}"), "Share(..)");
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(8), failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn sharing_and_combining_are_inverse(secret: [u8; 32], key: [u8; 16], threshold in 1_usize..140, more in 0_usize..20, skip in 0_usize..20) {
            let holders: Vec<u32> = (0..(threshold + more) as u32).map(|i| 3 * i + 1).collect();
            let secret = Secret::new(secret);
            let shares = deal([&secret, &secret], threshold, &points(&holders), &PrgKey::new(key));
            let first = skip.min(more);
            let chosen: Vec<&Share> = shares[first..first + threshold].iter().map(|pair| &pair[1]).collect();
            prop_assert_eq!(combine(&holders[first..first + threshold], &chosen), Some(secret));
        }
    }
}
