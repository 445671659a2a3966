//! Public bounds of numbers: how far they reach, told in levels that many magnitudes share.

use crate::diag::Error;
use crate::exchange::{Question, Survey};

/// Powers of two between a level and the next.
const POWERS_A_LEVEL: i32 = 9;
/// The power of two of the least positive double.
const LEAST_POWER: i32 = -1074;
/// Bounds are not below this power of two, whose inverse a double can hold.
const BOUND_POWER_MIN: i32 = -1000;

/// Where a magnitude lies among all doubles: 0 for 0 itself, then a level every nine powers of two.
pub(super) fn level(magnitude: f64) -> u8 {
    if magnitude <= 0.0 {
        return 0;
    }
    let exponent = (magnitude.to_bits() >> 52) as i32;
    // Subnormal numbers have no hidden bit: their leading bit tells.
    let power = if exponent == 0 { magnitude.to_bits().ilog2().cast_signed() + LEAST_POWER } else { exponent - 1023 };
    1 + ((power - LEAST_POWER) / POWERS_A_LEVEL) as u8
}

/// The power of two that no magnitude of this level reaches.
pub(super) fn bound_power(level: u8) -> i32 {
    (i32::from(level) * POWERS_A_LEVEL + LEAST_POWER).max(BOUND_POWER_MIN)
}

/// For each feature a power of two that no cell's magnitude reaches, found from the greatest magnitude that each client has of it. A
/// server learns of each feature the level that the greatest magnitude of all clients is in, and not whose it is.
///
/// # Errors
/// When the survey can't hold such sums.
pub fn reach(greatest: &[Vec<f64>], survey: &Survey<'_>) -> Result<Vec<i32>, Error> {
    let levels: Vec<Vec<u8>> = greatest.iter().map(|of_client| of_client.iter().map(|&magnitude| level(magnitude)).collect()).collect();
    let levels = survey.greatest(&Question::plain("feature_magnitudes"), &levels)?;
    Ok(levels.into_iter().map(bound_power).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::math::scale_by_power_of_two;

    /// Levels by hand: 1 is 2^0, 1074 powers of two above the least double, hence in level 1 + 1074 / 9.
    #[test]
    fn a_level_is_bounded_by_a_power_of_two_that_its_magnitudes_do_not_reach() {
        assert_eq!((level(0.0), level(f64::NEG_INFINITY), level(1.0), level(5e-324)), (0, 0, 120, 1));
        let mut magnitude = 5e-324;
        while magnitude < f64::MAX / 8.0 {
            let bound = bound_power(level(magnitude));
            assert!(scale_by_power_of_two(magnitude, -bound) < 1.0, "{magnitude:e}");
            assert!(bound == BOUND_POWER_MIN || scale_by_power_of_two(magnitude, POWERS_A_LEVEL - bound) >= 1.0, "{magnitude:e}");
            assert!(level(magnitude * 3.7) >= level(magnitude));
            magnitude *= 3.7;
        }
        assert!(scale_by_power_of_two(f64::MAX, -bound_power(level(f64::MAX))) < 1.0);
    }
}
