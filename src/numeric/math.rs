//! exp, ln and their kin, the same bits on every platform: the `libm` crate's port of musl, not the system's.

use super::exp::exp as branchless_exp;

/// e^x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm of x.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), exact near 0.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// The inverse hyperbolic sine of x: the logarithm of x + sqrt(x^2 + 1).
pub fn asinh(x: f64) -> f64 {
    libm::asinh(x)
}

/// cos(x), x in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The angle in radians whose tangent is x.
pub fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// 1 - erf(x): the share of a normal distribution of variance 1/2 that lies beyond x on both sides.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// x * 2^power, rounded once.
pub fn scale_by_power_of_two(x: f64, power: i32) -> f64 {
    libm::scalbn(x, power)
}

/// The logistic function 1 / (1 + e^-x), without overflow at either end.
#[inline(always)]
pub fn sigmoid(x: f64) -> f64 {
    let e = branchless_exp(-x.abs());
    (if x >= 0.0 { 1.0 } else { e }) / (1.0 + e)
}

/// ln(1 + e^x), without overflow at either end.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sigmoid_is_one_half_at_zero_and_its_two_sides_add_to_one() {
        assert_eq!(sigmoid(0.0), 0.5);
        for x in [0.1, 1.0, 5.0, 30.0] {
            assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() < 1e-15);
        }
        assert_eq!((sigmoid(-800.0), sigmoid(800.0)), (0.0, 1.0));
    }

    #[test]
    fn softplus_is_ln_two_at_zero_and_linear_far_out() {
        assert!((softplus(0.0) - std::f64::consts::LN_2).abs() < 1e-16);
        assert_eq!((softplus(1000.0), softplus(-1000.0)), (1000.0, 0.0));
    }
}
