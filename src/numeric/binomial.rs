//! The binomial distribution's lower tail, and what a share that was counted tells of the probability behind it.

use super::math::{exp, ln, ln_1p};

/// The probability that fewer than `least` of `trials` independent trials succeed, each with `probability`; by adding up, each term
/// from the one before (Knuth, TAOCP 1, 1.2.10), in logarithms so that none vanishes.
pub fn chance_below(least: usize, trials: usize, probability: f64) -> f64 {
    if least > trials || probability <= 0.0 {
        return if least == 0 { 0.0 } else { 1.0 };
    }
    if probability >= 1.0 {
        return 0.0;
    }
    let (odds, mut term) = (ln(probability) - ln_1p(-probability), trials as f64 * ln_1p(-probability));
    let mut sum = 0.0;
    for successes in 0..least {
        sum += exp(term);
        term += ln((trials - successes) as f64) - ln((successes + 1) as f64) + odds;
    }
    sum.min(1.0)
}

/// The interval that covers the probability behind `successes` of `trials`, one or more, with a confidence of 95%: Wilson, "Probable
/// Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927, <https://doi.org/10.1080/01621459.1927.10502953>.
pub fn wilson_interval(successes: f64, trials: f64) -> [f64; 2] {
    /// The normal distribution's quantile at 0.975.
    const Z: f64 = 1.959_963_984_540_054;
    let (share, square) = (successes / trials, Z * Z);
    let middle = share + square / (2.0 * trials);
    let half = Z * (share * (1.0 - share) / trials + square / (4.0 * trials * trials)).sqrt();
    let whole = 1.0 + square / trials;
    [((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of three fair coins none shows heads in 1/8, at most one in 4/8.
    #[test]
    fn three_coins_fall_as_they_must() {
        let chances = [0, 1, 2, 3, 4].map(|least| chance_below(least, 3, 0.5));
        for (chance, expected) in chances.into_iter().zip([0.0, 0.125, 0.5, 0.875, 1.0]) {
            assert!((chance - expected).abs() < 1e-15, "{chance} for {expected}");
        }
        assert_eq!(
            [chance_below(0, 5, 0.0), chance_below(1, 5, 0.0), chance_below(5, 5, 1.0), chance_below(6, 5, 1.0)],
            [0.0, 1.0, 0.0, 1.0]
        );
    }

    /// `scipy.stats.binomtest(k, n).proportion_ci(method="wilson")`; of 0 in 10 by hand z² / (10 + z²).
    #[test]
    fn the_interval_is_that_of_scipy() {
        for (successes, trials, expected) in
            [(0.0, 10.0, [0.0, 0.277_532_799_862_889_5]), (50.0, 100.0, [0.403_831_530_365_998_7, 0.596_168_469_634_001_3])]
        {
            let found = wilson_interval(successes, trials);
            assert!(found.iter().zip(expected).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-9), "{found:?} for {expected:?}");
        }
    }

    /// `scipy.stats.binom.cdf(least - 1, trials, probability)` of SciPy 1.17.
    #[test]
    fn tails_are_those_of_scipy() {
        for (least, trials, probability, expected) in [
            (881, 1000, 0.9, 0.021_996_144_965_794_17),
            (9, 12, 0.78, 0.261_009_961_398_309_95),
            (100_000, 1_000_000, 0.1, 0.499_512_403_924_350_65),
        ] {
            let chance = chance_below(least, trials, probability);
            assert!((chance - expected).abs() < 1e-9, "{chance} for {expected}");
        }
    }
}
