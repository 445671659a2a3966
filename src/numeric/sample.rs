//! Samplers of our own, so that no other crate's next version changes a result.
//!
//! Distributions implement `rand`'s `Distribution`, so `Array::random_using(shape, Normal { .. }, &mut stream)` works.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use ndarray_rand::rand::distr::Distribution;
use ndarray_rand::rand::{Rng, RngCore};

use super::math::{cos, exp, ln};

/// A number of [0, 1), a multiple of 2^-53.
pub fn unit<R: RngCore + ?Sized>(random: &mut R) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (random.next_u64() >> 11) as f64 * STEP
}

/// A number of (0, 1], for logarithms.
fn unit_above_zero<R: RngCore + ?Sized>(random: &mut R) -> f64 {
    1.0 - unit(random)
}

/// Whether something of this probability happens.
pub fn happens<R: RngCore + ?Sized>(probability: f64, random: &mut R) -> bool {
    unit(random) < probability
}

/// One of several, by shares that add to 1.
///
/// # Panics
/// If there is none.
pub fn choose<T: Copy, R: RngCore + ?Sized>(choices: &[(T, f64)], random: &mut R) -> T {
    let mut rest = unit(random);
    for (choice, share) in choices {
        rest -= share;
        if rest < 0.0 {
            return *choice;
        }
    }
    choices[choices.len() - 1].0
}

/// An index below `bound`, each equally likely (Lemire 2019, "Fast Random Integer Generation in an Interval", Algorithm 5).
///
/// # Panics
/// If `bound` is 0.
#[inline(always)]
pub fn below<R: RngCore + ?Sized>(bound: usize, random: &mut R) -> usize {
    assert!(bound > 0, "there is no index below 0");
    let Ok(bound) = u32::try_from(bound) else { return below_wide(bound as u64, random) };
    let product = u64::from(random.next_u32()) * u64::from(bound);
    let product = if (product as u32) < bound { fair(product, bound, random) } else { product };
    (product >> 32) as usize
}

/// This product of `bound` and a draw, or the first of later draws', that favours no index.
#[cold]
fn fair<R: RngCore + ?Sized>(mut product: u64, bound: u32, random: &mut R) -> u64 {
    let threshold = bound.wrapping_neg() % bound;
    while (product as u32) < threshold {
        product = u64::from(random.next_u32()) * u64::from(bound);
    }
    product
}

#[cold]
fn below_wide<R: RngCore + ?Sized>(bound: u64, random: &mut R) -> usize {
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= threshold {
            return (product >> 64) as usize;
        }
    }
}

/// Puts `items` into a random order, each equally likely (Fisher-Yates, Knuth's Algorithm P).
pub fn shuffle<T, R: RngCore + ?Sized>(items: &mut [T], random: &mut R) {
    shuffle_meanwhile(items, random, |_| {});
}

/// Like [`shuffle`]; `meanwhile` is called for each index but the first, from the last on.
#[inline(always)]
pub fn shuffle_meanwhile<T, R: RngCore + ?Sized>(items: &mut [T], random: &mut R, meanwhile: impl Fn(usize)) {
    for last in (1..items.len()).rev() {
        meanwhile(last);
        items.swap(last, below(last + 1, random));
    }
}

/// `size` different indices below `bound`, ascending, each set equally likely (Floyd 1987); time and memory depend on
/// `size` alone.
///
/// # Panics
/// If `size` is above `bound`.
pub fn subset<R: RngCore + ?Sized>(size: usize, bound: usize, random: &mut R) -> Vec<usize> {
    assert!(size <= bound, "a subset is no larger than its set");
    let mut chosen = BTreeSet::new();
    for last in bound - size..bound {
        let candidate = below(last + 1, random);
        if !chosen.insert(candidate) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// Each index below `bound` with probability `rate`, independently, ascending; time depends on how many are chosen.
pub fn bernoulli_subset<R: RngCore + ?Sized>(rate: f64, bound: usize, random: &mut R) -> Vec<usize> {
    if rate >= 1.0 {
        return (0..bound).collect();
    }
    // Gaps between chosen indices are geometric: floor(ln U / ln(1 - rate)).
    let scale = 1.0 / super::math::ln_1p(-rate);
    let mut chosen = Vec::new();
    let mut next = 0.0;
    loop {
        next += (ln(unit_above_zero(random)) * scale).floor();
        if next.is_nan() || next >= bound as f64 {
            return chosen;
        }
        chosen.push(next as usize);
        next += 1.0;
    }
}

/// The normal distribution, by Box and Muller (1958): two uniforms a draw, always.
#[derive(Clone, Copy, Debug)]
pub struct Normal {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub std: f64,
}

impl Distribution<f64> for Normal {
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        let radius = (-2.0 * ln(unit_above_zero(random))).sqrt();
        self.mean + self.std * radius * cos(TAU * unit(random))
    }
}

/// The standard normal distribution.
pub const STANDARD_NORMAL: Normal = Normal { mean: 0.0, std: 1.0 };

/// The logarithm of a gamma variate of this shape and scale 1 (Marsaglia and Tsang 2000, "A Simple Method for Generating
/// Gamma Variables"). A logarithm, for at shapes far below 1 the variate itself is smaller than any double.
#[derive(Clone, Copy, Debug)]
pub struct LnGamma {
    /// The shape, above 0.
    pub shape: f64,
}

impl Distribution<f64> for LnGamma {
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> f64 {
        if self.shape < 1.0 {
            // Gamma(a) = Gamma(a + 1) * U^(1/a).
            return Self { shape: self.shape + 1.0 }.sample(random) + ln(unit_above_zero(random)) / self.shape;
        }
        let d = self.shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = STANDARD_NORMAL.sample(random);
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            if ln(unit_above_zero(random)) < 0.5 * x * x + d - d * v + d * ln(v) {
                return ln(d * v);
            }
        }
    }
}

/// Shares of `parts` parts that add to 1, from the symmetric Dirichlet distribution with concentration `alpha`.
pub fn dirichlet<R: Rng + ?Sized>(alpha: f64, parts: usize, random: &mut R) -> Vec<f64> {
    let logs: Vec<f64> = (0..parts).map(|_| LnGamma { shape: alpha }.sample(random)).collect();
    let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut shares: Vec<f64> = logs.iter().map(|log| exp(log - greatest)).collect();
    let total: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= total);
    shares
}

/// Divides `total` things by `shares` (which add to 1): whole numbers that add to `total`, by largest remainder, the lower
/// index first among equals.
pub fn apportion(total: usize, shares: &[f64]) -> Vec<usize> {
    let exact: Vec<f64> = shares.iter().map(|share| share * total as f64).collect();
    let mut parts: Vec<usize> = exact.iter().map(|part| part.floor() as usize).collect();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    by_remainder.sort_by(|&a, &b| (exact[b] - exact[b].floor()).total_cmp(&(exact[a] - exact[a].floor())));
    let given: usize = parts.iter().sum();
    for &index in by_remainder.iter().cycle().take(total.saturating_sub(given)) {
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Stream, Streams};

    fn stream() -> Stream {
        Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0)
    }

    /// Mean and variance of n draws lie within 5 standard errors; the variance's error is taken from the fourth moment.
    fn assert_moments(draws: &[f64], mean: f64, variance: f64, fourth: f64) {
        let n = draws.len() as f64;
        let got_mean = draws.iter().sum::<f64>() / n;
        let got_variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        assert!((got_mean - mean).abs() < 5.0 * (variance / n).sqrt(), "mean {got_mean} for {mean}");
        assert!(
            (got_variance - variance).abs() < 5.0 * ((fourth - variance * variance) / n).sqrt(),
            "variance {got_variance} for {variance}"
        );
    }

    #[test]
    fn a_shuffle_is_the_same_whatever_is_done_meanwhile() {
        let (mut alone, mut accompanied) = ((0..100).collect::<Vec<u32>>(), (0..100).collect::<Vec<u32>>());
        shuffle(&mut alone, &mut stream());
        let called = std::cell::RefCell::new(Vec::new());
        shuffle_meanwhile(&mut accompanied, &mut stream(), |at| called.borrow_mut().push(at));
        assert_eq!(alone, accompanied);
        assert_eq!(called.into_inner(), (1..100).rev().collect::<Vec<usize>>());
    }

    #[test]
    fn normal_draws_have_their_mean_and_variance() {
        let mut stream = stream();
        let draws: Vec<f64> = (0..100_000).map(|_| Normal { mean: 2.0, std: 3.0 }.sample(&mut stream)).collect();
        assert_moments(&draws, 2.0, 9.0, 3.0 * 81.0);
    }

    /// Gamma(k): mean k, variance k, fourth central moment 3k^2 + 6k.
    #[test]
    fn gamma_draws_have_their_mean_and_variance() {
        let mut stream = stream();
        for k in [0.1, 0.7, 1.0, 4.5] {
            let draws: Vec<f64> = (0..100_000).map(|_| exp(LnGamma { shape: k }.sample(&mut stream))).collect();
            assert_moments(&draws, k, k, 3.0 * k * k + 6.0 * k);
        }
    }

    #[test]
    fn dirichlet_shares_add_to_one_even_where_the_gammas_underflow() {
        for alpha in [1e-4, 0.1, 1.0, 1000.0] {
            let shares = dirichlet(alpha, 50, &mut stream());
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{alpha}");
        }
    }

    #[test]
    fn an_index_below_a_bound_is_uniform() {
        let mut stream = stream();
        let mut counts = [0_i64; 7];
        (0..70_000).for_each(|_| counts[below(7, &mut stream)] += 1);
        let chi_squared: f64 = counts.iter().map(|&count| (count - 10_000) as f64).map(|excess| excess * excess / 10_000.0).sum();
        // The 0.999 quantile of chi-squared with 6 degrees of freedom.
        assert!(chi_squared < 22.46, "{counts:?}");
        assert!((0..100).all(|_| below(1 << 40, &mut stream) < 1 << 40));
    }

    #[test]
    fn a_choice_is_made_by_its_share() {
        let mut stream = stream();
        let mut counts = [0_i32; 3];
        (0..10_000).for_each(|_| counts[choose(&[(0, 0.5), (1, 0.0), (2, 0.5)], &mut stream)] += 1);
        // Binomial(10000, 0.5) has a standard deviation of 50.
        assert!(counts[1] == 0 && (counts[0] - 5000).abs() < 250, "{counts:?}");
        assert_eq!(choose(&[("only", 1.0)], &mut stream), "only");
    }

    #[test]
    fn a_shuffle_keeps_the_items_and_gives_each_order_equally_often() {
        let mut stream = stream();
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut items = [1, 2, 3];
            shuffle(&mut items, &mut stream);
            *counts.entry(items).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Binomial(6000, 1/6) has a standard deviation of 28.9.
        assert!(counts.values().all(|count| (count - 1000).abs() < 145), "{counts:?}");
    }

    #[test]
    fn subsets_have_their_size_and_hold_each_index_equally_often() {
        let mut stream = stream();
        let mut counts = [0_i32; 10];
        for _ in 0..10_000 {
            let chosen = subset(3, 10, &mut stream);
            assert!(chosen.len() == 3 && chosen.is_sorted_by(|a, b| a < b));
            chosen.iter().for_each(|&index| counts[index] += 1);
        }
        // Binomial(10000, 0.3) has a standard deviation of 45.8.
        assert!(counts.iter().all(|count| (count - 3000).abs() < 230), "{counts:?}");
        assert_eq!(subset(4, 4, &mut stream), [0, 1, 2, 3]);
        assert!(subset(0, 4, &mut stream).is_empty());
    }

    #[test]
    fn a_bernoulli_subset_holds_the_share_that_was_asked_for() {
        let mut stream = stream();
        for rate in [0.01, 0.5, 0.99] {
            let chosen = bernoulli_subset(rate, 100_000, &mut stream);
            let spread = (1e5 * rate * (1.0 - rate)).sqrt();
            assert!((chosen.len() as f64 - 1e5 * rate).abs() < 5.0 * spread, "{rate}: {}", chosen.len());
            assert!(chosen.is_sorted_by(|a, b| a < b) && chosen.iter().all(|&index| index < 100_000));
        }
        assert_eq!(bernoulli_subset(1.0, 3, &mut stream), [0, 1, 2]);
        assert!(bernoulli_subset(0.0, 3, &mut stream).is_empty());
    }

    #[test]
    fn apportioning_gives_all_and_favours_large_remainders() {
        assert_eq!(apportion(10, &[0.26, 0.25, 0.49]), [3, 2, 5]);
        assert_eq!(apportion(1, &[0.5, 0.5]), [1, 0]);
        assert_eq!(apportion(0, &[1.0]), [0]);
    }
}
