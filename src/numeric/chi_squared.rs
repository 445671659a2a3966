//! The chi-squared distribution: its upper tail and its quantiles.

use super::math::{exp, ln, ln_gamma};

/// P(X > x) for so many degrees of freedom, one or more: the regularised incomplete gamma function, by its series below the mean and
/// by its continued fraction above (NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2).
pub fn above(x: f64, degrees: usize) -> f64 {
    let (shape, half) = (0.5 * degrees as f64, 0.5 * x);
    if half.is_nan() || half <= 0.0 {
        return 1.0;
    }
    if half.is_infinite() {
        return 0.0;
    }
    let front = exp(shape * ln(half) - half - ln_gamma(shape));
    if half < shape + 1.0 { 1.0 - front * series(shape, half) } else { front * fraction(shape, half) }
}

/// The x that is exceeded with probability `share`, between 0 and 1, by halving.
///
/// # Panics
/// If `share` is not between 0 and 1, or is either.
pub fn exceeded_with(share: f64, degrees: usize) -> f64 {
    assert!(share > 0.0 && share < 1.0, "a quantile lies strictly between the ends");
    let (mut low, mut high) = (0.0, degrees.max(1) as f64);
    while above(high, degrees) > share {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return high;
        }
        if above(middle, degrees) > share { low = middle } else { high = middle }
    }
}

/// 1/a + x/(a (a + 1)) + x^2/(a (a + 1)(a + 2)) + ...
fn series(shape: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut at) = (1.0 / shape, 1.0 / shape, shape);
    while term > sum * f64::EPSILON * 0.25 {
        at += 1.0;
        term *= x / at;
        sum += term;
    }
    sum
}

/// By Lentz's algorithm, in Thompson and Barnett's form.
fn fraction(shape: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - shape;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut value = d;
    for index in 1..10_000 {
        let index = f64::from(index);
        let a = index * (shape - index);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        value *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.chi2.isf` of SciPy 1.17; the first is the square of the normal distribution's 97.5 % quantile.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (share, degrees, expected) in [
            (0.05, 1, 3.841_458_820_694_128_5),
            (0.05, 4, 9.487_729_036_781_158),
            (0.05, 9, 16.918_977_604_620_45),
            (0.01, 100, 135.806_723_171_026_76),
        ] {
            let found = exceeded_with(share, degrees);
            assert!((found - expected).abs() < 1e-11 * expected, "{found} for {expected}");
        }
    }

    /// By hand: with two degrees of freedom the tail is exp(-x/2).
    #[test]
    fn of_two_degrees_the_tail_is_exponential() {
        for x in [0.1, 1.0, 3.9, 4.1, 50.0, 700.0] {
            let expected = exp(-0.5 * x);
            assert!((above(x, 2) - expected).abs() < 1e-13 * expected.max(1e-3), "{x}");
        }
        assert_eq!((above(0.0, 3), above(-1.0, 3), above(f64::INFINITY, 3)), (1.0, 1.0, 0.0));
    }
}
