//! Student's t distribution with whole degrees of freedom, by its finite series (Abramowitz and Stegun, "Handbook of
//! Mathematical Functions", 1964, 26.7.3 and 26.7.4).

use super::math::{atan, exp, ln, ln_1p, ln_gamma};

/// P(T <= t) for so many degrees of freedom, at least 1; right to about 1e-15, not in relation to a small tail.
pub fn cumulative(t: f64, degrees: usize) -> f64 {
    0.5 + 0.5 * central(t.abs(), degrees).copysign(t)
}

/// P(|T| >= |t|), right in relation to how small it is: the incomplete beta function I_x(degrees / 2, 1 / 2) at
/// x = degrees / (degrees + t^2), by its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22).
pub fn two_sided(t: f64, degrees: usize) -> f64 {
    let (a, b, square) = (0.5 * degrees as f64, 0.5, t * t);
    // Where the fraction is slow, nothing is small.
    if square <= 3.0 {
        return 1.0 - central(t.abs(), degrees);
    }
    if square.is_infinite() {
        return 0.0;
    }
    let x = 1.0 / (1.0 + square / degrees as f64);
    let ln_front =
        ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) - a * ln_1p(square / degrees as f64) + b * ln(square / (degrees as f64 + square));
    // Lentz's algorithm, in Thompson and Barnett's form.
    let term = |index: usize| {
        let m = (index / 2) as f64;
        let whole = a + 2.0 * m;
        if index.is_multiple_of(2) {
            m * (b - m) * x / ((whole - 1.0) * whole)
        } else {
            -(a + m) * (a + b + m) * x / (whole * (whole + 1.0))
        }
    };
    let (mut fraction, mut c, mut d) = (1.0, 1.0, 0.0);
    for index in 0..10_000 {
        let numerator = if index == 0 { 1.0 } else { term(index) };
        d = 1.0 / (1.0 + numerator * d);
        c = 1.0 + numerator / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    exp(ln_front) * (fraction - 1.0) / a
}

/// The t that is not exceeded with probability `share`, between 0 and 1.
pub fn quantile(share: f64, degrees: usize) -> f64 {
    assert!(share > 0.0 && share < 1.0, "a quantile lies strictly between the ends");
    if share < 0.5 {
        return -quantile(1.0 - share, degrees);
    }
    if share == 0.5 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while cumulative(high, degrees) < share {
        (low, high) = (high, 2.0 * high);
    }
    loop {
        let middle = 0.5 * (low + high);
        // The two ends are neighbours.
        if middle <= low || middle >= high {
            return high;
        }
        if cumulative(middle, degrees) < share { low = middle } else { high = middle }
    }
}

/// P(|T| <= t), t not negative: A(t | degrees) of the handbook.
fn central(t: f64, degrees: usize) -> f64 {
    assert!(degrees > 0, "a single value has no spread");
    if t.is_infinite() {
        return 1.0;
    }
    let n = degrees as f64;
    let ratio = t / n.sqrt();
    let cos_squared = 1.0 / (1.0 + ratio * ratio);
    let cos = cos_squared.sqrt();
    let sin = ratio * cos;
    let is_odd = !degrees.is_multiple_of(2);
    // Each term is the one before times cos^2 times (2 / 3, 4 / 5, ...) if odd, (1 / 2, 3 / 4, ...) if even.
    let first = if is_odd { cos } else { 1.0 };
    let (mut term, mut sum) = (first, if degrees == 1 { 0.0 } else { first });
    let mut below = if is_odd { 3 } else { 2 };
    while below + 1 < degrees {
        term *= cos_squared * (below - 1) as f64 / below as f64;
        sum += term;
        below += 2;
    }
    let area = if is_odd { std::f64::consts::FRAC_2_PI * (atan(ratio) + sin * sum) } else { sin * sum };
    area.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By integration: 1 and 2 degrees have closed forms, atan(t) / pi + 1/2 (Cauchy) and 1/2 + t / (2 sqrt(2 + t^2)); 3 degrees
    /// 1/2 + (atan(u) + u / (1 + u^2)) / pi with u = t / sqrt(3).
    #[test]
    fn few_degrees_have_their_closed_forms() {
        for t in [-7.5, -1.0, -0.3, 0.0, 0.1, 1.0, 2.5, 40.0] {
            let u: f64 = t / 3.0_f64.sqrt();
            let pi = std::f64::consts::PI;
            let expected = [0.5 + atan(t) / pi, 0.5 + t / (2.0 * (2.0 + t * t).sqrt()), 0.5 + (atan(u) + u / (1.0 + u * u)) / pi];
            for (degrees, expected) in (1..).zip(expected) {
                assert!((cumulative(t, degrees) - expected).abs() < 1e-15, "{t} {degrees}");
            }
        }
    }

    /// Abramowitz and Stegun, table 26.10: quantiles to three decimals, for Q = 0.95 and 0.975 of one tail.
    #[test]
    fn quantiles_are_those_of_the_handbooks_table() {
        let table = [
            (1, 6.314, 12.706),
            (2, 2.920, 4.303),
            (3, 2.353, 3.182),
            (4, 2.132, 2.776),
            (5, 2.015, 2.571),
            (9, 1.833, 2.262),
            (10, 1.812, 2.228),
            (19, 1.729, 2.093),
            (30, 1.697, 2.042),
            (120, 1.658, 1.980),
        ];
        for (degrees, one_sided, two_sided) in table {
            assert!((quantile(0.95, degrees) - one_sided).abs() <= 0.000_51, "{degrees}");
            assert!((quantile(0.975, degrees) - two_sided).abs() <= 0.000_51, "{degrees}");
            assert_eq!(quantile(0.05, degrees), -quantile(0.95, degrees));
        }
    }

    /// scipy 1.17.1: 2 * scipy.stats.t.sf(t, degrees).
    #[test]
    fn small_tails_are_right_in_relation_to_their_size() {
        let table = [
            (2.0, 1, 0.2951672353008665),
            (2.0, 7, 0.08561932856297605),
            (-5.0, 10, 0.0005373336027564527),
            (12.0, 30, 5.580185415199261e-13),
            (1.0, 100, 0.31972415578412333),
            (30.0, 200, 5.724161208827853e-76),
            (9.0, 24000, 2.420515124556877e-19),
            (3.0, 280000, 0.002700033489264767),
        ];
        for (t, degrees, expected) in table {
            let got = two_sided(t, degrees);
            assert!((got / expected - 1.0).abs() < 1e-9, "{t} {degrees}: {got:e} {expected:e}");
        }
        assert_eq!((two_sided(0.0, 5), two_sided(f64::INFINITY, 5)), (1.0, 0.0));
    }

    #[test]
    fn a_quantile_is_the_inverse_and_the_ends_hold() {
        for degrees in [1, 2, 3, 4, 7, 50, 999] {
            for share in [0.6, 0.9, 0.975, 0.999] {
                assert!((cumulative(quantile(share, degrees), degrees) - share).abs() < 1e-14, "{share} {degrees}");
            }
            assert_eq!(cumulative(0.0, degrees), 0.5);
            assert_eq!([cumulative(f64::INFINITY, degrees), cumulative(f64::NEG_INFINITY, degrees)], [1.0, 0.0]);
        }
        assert_eq!(quantile(0.5, 4), 0.0);
    }
}
