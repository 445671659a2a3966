//! e^x without branches, so that a loop over many is carried out some at a time, and with the same bits on every processor:
//! additions, multiplications and shifts, no fused multiply-add.
//!
//! Reduction to |r| <= ln 2 / 2 by a two-part ln 2 (Cody and Waite, "Software Manual for the Elementary Functions", 1980),
//! then Taylor's polynomial of degree 13, whose remainder r^14 / 14! is below 5e-18.

/// Adding and subtracting it rounds to a whole number, which then stands in the lowest bits of the sum: 1.5 * 2^52.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// ln 2 to 33 bits, so that its product with a whole number below 2^20 is exact; and the rest.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Beyond these e^x is infinite, or 0.
const HIGHEST: f64 = 710.0;
const LOWEST: f64 = -746.0;

/// 1 / 2!, 1 / 3!, ..., 1 / 13!.
const COEFFICIENTS: [f64; 12] = {
    let mut coefficients = [0.0; 12];
    let (mut factorial, mut at) = (1.0, 0);
    while at < 12 {
        factorial *= (at + 2) as f64;
        coefficients[at] = 1.0 / factorial;
        at += 1;
    }
    coefficients
};

/// e^x, within 2 units in the last place; NaN of NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    // Comparisons are false for NaN, which so stays what it is.
    let x = if x > HIGHEST { HIGHEST } else { x };
    let x = if x < LOWEST { LOWEST } else { x };
    let power = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    let r = (x - power * LN_2_HIGH) - power * LN_2_LOW;
    let mut tail = COEFFICIENTS[11];
    let mut at = 11;
    while at > 0 {
        at -= 1;
        tail = tail * r + COEFFICIENTS[at];
    }
    let reduced = 1.0 + (r + r * r * tail);
    // In two halves, as 2^power itself may be no double; rounded once, where the result is subnormal.
    let half = power * 0.5 + ROUNDER;
    let rest = (power - (half - ROUNDER)) + ROUNDER;
    reduced * two_to_the(half) * two_to_the(rest)
}

/// 2^n for a whole number n from -1022 to 1023, given as n + [`ROUNDER`].
#[inline(always)]
fn two_to_the(shifted: f64) -> f64 {
    f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance in units in the last place of two numbers of one sign.
    fn ulps(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    /// Every double of a fine sweep over all inputs that give neither 0 nor infinity, and some million near the ends.
    #[test]
    fn it_is_within_two_units_of_libm_over_its_whole_range() {
        let mut worst = 0;
        let sweep = |from: f64, to: f64, steps: u32| (0..=steps).map(move |step| from + (to - from) * (f64::from(step) / f64::from(steps)));
        let points = sweep(-745.2, 709.8, 3_000_000).chain(sweep(-1.0, 1.0, 500_000)).chain(sweep(-745.14, -708.3, 300_000));
        for x in points.chain(sweep(-1e-8, 1e-8, 100_000)) {
            worst = worst.max(ulps(exp(x), libm::exp(x)));
        }
        assert!(worst <= 2, "{worst} ulp");
    }

    #[test]
    fn it_is_exact_at_zero_and_right_at_the_ends() {
        assert_eq!((exp(0.0), exp(-0.0)), (1.0, 1.0));
        assert_eq!((exp(f64::INFINITY), exp(f64::NEG_INFINITY), exp(1e308), exp(-1e308)), (f64::INFINITY, 0.0, f64::INFINITY, 0.0));
        assert!(exp(f64::NAN).is_nan());
        // ln of the greatest double, and the doubles beside it.
        let top = 709.782_712_893_384;
        assert!(exp(top).is_finite() && exp(top + 1e-12).is_infinite(), "{} {}", exp(top), exp(top + 1e-12));
        // ln(2^-1075), below which the result rounds to 0.
        assert!(exp(-745.133_219_101_941_1) > 0.0 && exp(-745.133_219_101_942) == 0.0);
    }

    #[test]
    fn it_never_falls_near_zero() {
        let mut x = -1e-13;
        let mut before = exp(x);
        while x < 1e-13 {
            x += 1e-18;
            let here = exp(x);
            assert!(here >= before, "at {x}");
            before = here;
        }
        for exponent in 1..1000 {
            let tiny = f64::from_bits((1023 - exponent) << 52);
            assert!(exp(-tiny) <= 1.0 && exp(tiny) >= 1.0);
        }
    }
}
