//! Degree and threshold of the k-regular graph, from the rates of corruption and dropout that it must stand (J. H. Bell
//! et al., "Secure Single-Server Aggregation with (Poly)Logarithmic Overhead", CCS 2020, ePrint 2020/704, section 3).
//!
//! Against a semi-honest server, with sigma = 40 bits of security and eta = 20 bits of correctness. Three things must
//! hold for the least even degree k, by union bounds over the clients:
//! 1. honest survivors stay connected, with all but 2^-41: a graph of circulant form falls apart only if k/2 neighbours
//!    in a row are gone at two places, of which there are n (n - k - 1) / 2 pairs;
//! 2. no client has t corrupt neighbours, with all but 2^-41;
//! 3. every client keeps t surviving neighbours, with all but 2^-20.

use serde::{Deserialize, Serialize};

use crate::numeric::math::{exp, ln};

/// Bits of security, one more than sigma for each of the two ways to lose it.
const SECURITY_BITS: f64 = 41.0;
/// Bits of correctness.
const CORRECTNESS_BITS: f64 = 20.0;
/// Keeps 0.1 * 100 from being 10 here and 9.999 there.
const SLACK: f64 = 1e-14;

/// What a graph must stand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// The greatest share of clients that collude with the server, in [0, 1).
    pub corrupt: f64,
    /// The greatest share of clients that drop out, in [0, 1).
    pub dropout: f64,
}

impl Rates {
    /// The most clients of `clients` that collude.
    pub fn corrupt_max(&self, clients: usize) -> usize {
        ((self.corrupt + SLACK) * clients as f64).floor() as usize
    }

    /// The most clients of `clients` that drop out.
    pub fn dropout_max(&self, clients: usize) -> usize {
        ((self.dropout + SLACK) * clients as f64).floor() as usize
    }

    fn survivors_min(&self, clients: usize) -> usize {
        ((1.0 - self.dropout - SLACK) * clients as f64).ceil() as usize
    }
}

/// Each client's number of neighbours, and how many shares give a secret back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Degree {
    /// Neighbours, an even number.
    pub degree: usize,
    /// Shares that suffice.
    pub threshold: usize,
}

impl Degree {
    /// The least degree with its least threshold; `None` if only the complete graph will do.
    pub fn least(clients: usize, rates: &Rates) -> Option<Self> {
        let factorials = LnFactorials::new(clients);
        (2..clients.saturating_sub(1)).step_by(2).find_map(|degree| {
            let threshold = threshold_of(&factorials, clients, degree, rates)?;
            Some(Self { degree, threshold })
        })
    }

    /// The least threshold for a given degree; `None` if no threshold makes it hold.
    pub fn with_degree(clients: usize, degree: usize, rates: &Rates) -> Option<Self> {
        let threshold = threshold_of(&LnFactorials::new(clients), clients, degree, rates)?;
        Some(Self { degree, threshold })
    }
}

impl Degree {
    /// Whether the graph still protects every honest client when `corrupt` of `clients` collude with the server and
    /// `dropped` drop out: the first two of the three conditions.
    pub fn withstands(&self, clients: usize, corrupt: usize, dropped: usize) -> bool {
        let factorials = LnFactorials::new(clients);
        let drawn = Drawn { factorials: &factorials, from: clients, special: corrupt, draws: self.degree };
        let surrounded: f64 = (self.threshold..=self.degree).rev().map(|count| drawn.probability(count)).sum();
        let ln_2 = ln(2.0);
        ln_disconnected(&factorials, clients, self.degree, corrupt + dropped) < -SECURITY_BITS * ln_2
            && surrounded <= exp(-SECURITY_BITS * ln_2) / clients as f64
    }
}

fn threshold_of(factorials: &LnFactorials, clients: usize, degree: usize, rates: &Rates) -> Option<usize> {
    let ln_2 = ln(2.0);
    let gone = rates.corrupt_max(clients) + rates.dropout_max(clients);
    if ln_disconnected(factorials, clients, degree, gone) >= -SECURITY_BITS * ln_2 {
        return None;
    }
    let limit = |bits: f64| exp(-bits * ln_2) / clients as f64;
    let corrupt = Drawn { factorials, from: clients, special: rates.corrupt_max(clients), draws: degree };
    let surviving = Drawn { special: rates.survivors_min(clients), ..corrupt };
    // From above: while t - 1 or more corrupt neighbours are rare, t - 1 shares are enough.
    let (mut least, mut above) = (degree + 1, corrupt.probability(degree));
    while least > 1 && above <= limit(SECURITY_BITS) {
        least -= 1;
        above += if least > 0 { corrupt.probability(least - 1) } else { 0.0 };
    }
    // From below: while fewer than t survivors are rare, t shares will come.
    let (mut most, mut below) = (0, surviving.probability(0));
    while most < degree && below < limit(CORRECTNESS_BITS) {
        most += 1;
        below += surviving.probability(most);
    }
    let least = least.max(2);
    (least <= most).then_some(least)
}

/// ln of the bound on the probability that honest survivors fall apart.
fn ln_disconnected(factorials: &LnFactorials, clients: usize, degree: usize, gone: usize) -> f64 {
    let gone = gone.min(clients);
    if degree > gone {
        return f64::NEG_INFINITY;
    }
    let pairs = clients as f64 * (clients - degree - 1) as f64 / 2.0;
    let of = |n| factorials.of(n);
    ln(pairs) + of(gone) + of(clients - degree) - of(clients) - of(gone - degree)
}

/// ln n! for all n up to the number of clients.
struct LnFactorials(Vec<f64>);

impl LnFactorials {
    fn new(most: usize) -> Self {
        let mut sum = 0.0;
        let summed = (1..=most).map(|n| {
            sum += ln(n as f64);
            sum
        });
        Self(std::iter::once(0.0).chain(summed).collect())
    }

    fn of(&self, n: usize) -> f64 {
        self.0[n]
    }

    fn choose(&self, n: usize, k: usize) -> f64 {
        self.of(n) - self.of(k) - self.of(n - k)
    }
}

/// The hypergeometric law: `draws` of `from` clients without putting back, of which `special` count.
#[derive(Clone, Copy)]
struct Drawn<'a> {
    factorials: &'a LnFactorials,
    from: usize,
    special: usize,
    draws: usize,
}

impl Drawn<'_> {
    /// The probability of exactly `count` special ones.
    fn probability(&self, count: usize) -> f64 {
        let Self { factorials, from, special, draws } = *self;
        if count > special || count > draws || draws - count > from - special {
            return 0.0;
        }
        let choose = |n, k| factorials.choose(n, k);
        exp(choose(special, count) + choose(from - special, draws - count) - choose(from, draws))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that Google's production code finds by the same bounds, and exact rational arithmetic too.
    #[test]
    fn degree_and_threshold_are_the_reference_values() {
        let cases = [
            ((100, 0.1, 0.1), (22, 11)),
            ((100, 0.2, 0.1), (32, 21)),
            ((1000, 0.05, 0.05), (30, 17)),
            ((1000, 0.05, 0.33), (72, 24)),
            ((1000, 0.33, 0.33), (286, 150)),
        ];
        for ((clients, corrupt, dropout), (degree, threshold)) in cases {
            let rates = Rates { corrupt, dropout };
            assert_eq!(Degree::least(clients, &rates), Some(Degree { degree, threshold }), "{clients} {rates:?}");
            assert_eq!(Degree::with_degree(clients, degree, &rates), Some(Degree { degree, threshold }));
            assert_eq!(Degree::with_degree(clients, degree - 2, &rates), None);
            let (found, gone) = (Degree { degree, threshold }, rates.dropout_max(clients));
            assert!(found.withstands(clients, rates.corrupt_max(clients), gone));
            assert!(!found.withstands(clients, clients, gone));
            assert!(!Degree { threshold: threshold - 1, ..found }.withstands(clients, rates.corrupt_max(clients), gone));
        }
    }

    /// Two special of four, two draws: 1, 4 and 1 of the six pairs.
    #[test]
    fn two_draws_of_four_with_two_special_have_probabilities_of_sixths() {
        let factorials = LnFactorials::new(4);
        let drawn = Drawn { factorials: &factorials, from: 4, special: 2, draws: 2 };
        for (count, sixths) in [(0, 1.0), (1, 4.0), (2, 1.0), (3, 0.0)] {
            assert!((drawn.probability(count) - sixths / 6.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_small_cohort_takes_the_complete_graph() {
        assert_eq!(Degree::least(3, &Rates { corrupt: 0.1, dropout: 0.1 }), None);
        assert_eq!(Degree::least(0, &Rates { corrupt: 0.1, dropout: 0.1 }), None);
    }
}
