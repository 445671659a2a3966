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

/// The logarithm of the gamma function at x > 0.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
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

/// x^power.
pub fn pow(x: f64, power: f64) -> f64 {
    libm::pow(x, power)
}

/// The hyperbolic tangent, within 2 units in the last place, without branches: near 0 a rational function of x^2, elsewhere from e^2x
/// (Moshier, "Methods and Programs for Mathematical Functions", 1989, as in Cephes).
#[inline(always)]
pub fn tanh(x: f64) -> f64 {
    let (size, square) = (x.abs(), x * x);
    let above = (-9.643_991_794_250_522e-1 * square - 9.928_772_310_019_186e1) * square - 1.614_687_684_417_084_5e3;
    let below = ((square + 1.128_116_784_916_329_3e2) * square + 2.235_488_390_601_004_5e3) * square + 4.844_063_053_251_255e3;
    // Both are a number plus a quotient, so that one division does for either.
    let near = [size, size * square * above, below];
    let far = [1.0, -2.0, branchless_exp(2.0 * size) + 1.0];
    let is_near = size < 0.625;
    let start = if is_near { near[0] } else { far[0] };
    let above = if is_near { near[1] } else { far[1] };
    let below = if is_near { near[2] } else { far[2] };
    (start + above / below).copysign(x)
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

    #[test]
    fn the_hyperbolic_tangent_is_within_two_units_of_libms() {
        let mut worst = 0;
        for step in -2_000_000..=2_000_000_i32 {
            for x in [f64::from(step) * 1e-5, f64::from(step) * 5e-7, f64::from(step) * 1e-12] {
                worst = worst.max(tanh(x).to_bits().abs_diff(libm::tanh(x).to_bits()));
            }
        }
        assert!(worst <= 2, "{worst} ulp");
        assert_eq!((tanh(0.0), tanh(800.0), tanh(f64::NEG_INFINITY)), (0.0, 1.0, -1.0));
        assert!(tanh(f64::NAN).is_nan());
    }
}
