//! The standard normal distribution and its quantiles.

use super::math::{erfc, exp, ln};

/// P(X <= x), right in relation to how small it is.
pub fn cumulative(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The x that is not exceeded with probability `share`: an approximation (Abramowitz and Stegun, "Handbook of Mathematical
/// Functions", 1964, 26.2.23, right to 4.5e-4) mended by Halley's steps on [`cumulative`], each of which triples the right digits.
///
/// # Panics
/// If `share` is not between 0 and 1, or is either.
pub fn quantile(share: f64) -> f64 {
    assert!(share > 0.0 && share < 1.0, "a quantile lies strictly between the ends");
    if share > 0.5 {
        return -quantile(1.0 - share);
    }
    let t = (-2.0 * ln(share)).sqrt();
    let start = (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308))) - t;
    (0..3).fold(start, |x, _| {
        let step = (cumulative(x) - share) / density(x);
        x - step / (1.0 + 0.5 * x * step)
    })
}

fn density(x: f64) -> f64 {
    /// The square root of 2 pi.
    const ROOT: f64 = 2.506_628_274_631_000_5;
    exp(-0.5 * x * x) / ROOT
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.ppf` of SciPy 1.17.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (share, expected) in [
            (0.999, 3.090_232_306_167_813),
            (0.01, -2.326_347_874_040_840_8),
            (0.3, -0.524_400_512_708_040_9),
            (1e-10, -6.361_340_902_404_056),
            (1e-300, -37.047_096_299_361_2),
        ] {
            let found = quantile(share);
            assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} for {expected}");
        }
        assert!(quantile(0.5).abs() < 1e-15);
    }

    /// Law: one is the other's inverse.
    #[test]
    fn a_quantile_has_its_probability() {
        for at in 1..1000 {
            let share = f64::from(at) / 1000.0;
            assert!((cumulative(quantile(share)) - share).abs() < 4.0 * f64::EPSILON, "{share}");
        }
    }
}
