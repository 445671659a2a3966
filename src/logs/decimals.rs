//! How the numbers of a column are shown: in one unit and with the same number of decimals, so that they can be compared at a
//! glance.

use super::unit::{Unit, apart, significant};

/// The form of a column's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimals {
    /// What a number is multiplied by.
    factor: f64,
    suffix: &'static str,
    decimals: usize,
}

/// Every number of a column has so many significant digits, where it takes no more than so many decimals, and the greatest has
/// them at any rate.
const DIGITS: i32 = 4;
const DECIMALS: i32 = 4;

impl Decimals {
    /// The form of a column of these numbers.
    pub fn of(unit: Unit, numbers: impl Iterator<Item = f64> + Clone) -> Self {
        let greatest = numbers.clone().map(f64::abs).fold(0.0, f64::max);
        let (factor, suffix) = match unit {
            Unit::Plain | Unit::Measure | Unit::Text => (1.0, ""),
            Unit::Share => (100.0, "%"),
            Unit::Bytes => sized(greatest, &[(1e9, 1e-9, " GB"), (1e6, 1e-6, " MB"), (1e3, 1e-3, " kB"), (0.0, 1.0, " B")]),
            Unit::Seconds => sized(greatest, &[(1.0, 1.0, " s"), (1e-3, 1e3, " ms"), (f64::MIN_POSITIVE, 1e6, " µs"), (0.0, 1.0, " s")]),
        };
        let shown = numbers.map(|number| (number * factor).abs()).filter(|&size| size > 0.0);
        let are_whole = !matches!(unit, Unit::Measure | Unit::Share) && factor == 1.0 && shown.clone().all(|size| size == size.trunc());
        let least = shown.clone().fold(f64::INFINITY, f64::min);
        let decimals = if are_whole || least.is_infinite() {
            0
        } else {
            let wanted = |size: f64| DIGITS - 1 - exponent(size);
            let has_one_size = !matches!(unit, Unit::Plain | Unit::Measure | Unit::Text);
            let of_least = if has_one_size { 0 } else { wanted(least).min(DECIMALS) };
            wanted(greatest * factor).max(of_least).max(0)
        };
        Self { factor, suffix, decimals: decimals as usize }
    }

    /// A number in this form; one of which that would show nothing but zeros, or too many digits, as a power of ten.
    pub fn show(&self, number: f64) -> String {
        let value = number * self.factor;
        let fixed = format!("{value:.*}", self.decimals);
        let is_lost = value != 0.0 && fixed.bytes().all(|byte| b"-0.".contains(&byte));
        let digits = if is_lost || value.abs() >= 1e15 { significant(value) } else { apart(&fixed) };
        digits + self.suffix
    }
}

/// The factor and the suffix of the first unit that is no larger than `greatest`.
fn sized(greatest: f64, units: &[(f64, f64, &'static str)]) -> (f64, &'static str) {
    let fits = units.iter().find(|(size, ..)| greatest >= *size);
    fits.map_or((1.0, ""), |&(_, factor, suffix)| (factor, suffix))
}

/// The power of ten of a number's first digit, once it is rounded to four.
fn exponent(number: f64) -> i32 {
    let short = format!("{number:.3e}");
    short.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(unit: Unit, numbers: &[f64]) -> Vec<String> {
        let decimals = Decimals::of(unit, numbers.iter().copied());
        numbers.iter().map(|number| decimals.show(*number)).collect()
    }

    #[test]
    fn the_numbers_of_a_column_have_one_unit_and_as_many_decimals() {
        assert_eq!(shown(Unit::Measure, &[0.75, 1.0, 0.0]), ["0.7500", "1.0000", "0.0000"]);
        assert_eq!(shown(Unit::Measure, &[9.5, -7.0]), ["9.500", "\u{2212}7.000"]);
        assert_eq!(shown(Unit::Measure, &[0.766, 0.0087]), ["0.7660", "0.0087"]);
        assert_eq!(shown(Unit::Plain, &[0.0, 1000.0, 17.0]), ["0", "1,000", "17"]);
        assert_eq!(shown(Unit::Plain, &[0.5, 12.0]), ["0.5000", "12.0000"]);
        assert_eq!(shown(Unit::Share, &[0.1, 0.0125]), ["10.00%", "1.25%"]);
        assert_eq!(shown(Unit::Bytes, &[999.0, 12.0]), ["999 B", "12 B"]);
        assert_eq!(shown(Unit::Bytes, &[6000.0, 5000.0]), ["6.000 kB", "5.000 kB"]);
        assert_eq!(shown(Unit::Bytes, &[2.5e6, 5e5]), ["2.500 MB", "0.500 MB"]);
        assert_eq!(shown(Unit::Seconds, &[0.25, 0.0]), ["250.0 ms", "0.0 ms"]);
        assert_eq!(shown(Unit::Seconds, &[0.0]), ["0 s"]);
    }

    #[test]
    fn a_number_of_which_only_zeros_would_be_left_is_a_power_of_ten() {
        assert_eq!(shown(Unit::Measure, &[0.5, 3.2e-9]), ["0.5000", "3.200e\u{2212}9"]);
        assert_eq!(shown(Unit::Measure, &[2.5e20]), ["2.500e20"]);
    }
}
