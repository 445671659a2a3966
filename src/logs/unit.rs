//! How a number is shown: four significant digits, thousands apart, bytes and seconds in a unit of their size.

use crate::numeric::text::{grouped, shortest};

/// What a number measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A count, or a number that is shown as one where it is whole.
    Plain,
    /// A measured number: always with its four digits.
    Measure,
    /// A share of one, shown in percent.
    Share,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// No number at all.
    Text,
}

impl Unit {
    /// The number as people read it.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Plain | Self::Text if value == value.trunc() && value.abs() < 1e15 => apart(&format!("{value:.0}")),
            Self::Plain | Self::Text | Self::Measure => significant(value),
            Self::Share => significant(value * 100.0) + "%",
            Self::Bytes => scaled(value, &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB")], "B"),
            Self::Seconds => match value {
                0.0 => "0 s".to_owned(),
                value if value.abs() < 1e-3 => significant(value * 1e6) + " µs",
                value if value.abs() < 1.0 => significant(value * 1e3) + " ms",
                value => significant(value) + " s",
            },
        }
    }

    /// The number in full, and its unit: it begins with what a program reads back as the same bits.
    pub fn full(self, value: f64) -> String {
        let unit = match self {
            Self::Bytes => " bytes",
            Self::Seconds => " s",
            Self::Plain | Self::Measure | Self::Share | Self::Text => "",
        };
        shortest(value) + unit
    }
}

/// Four significant digits; a power of ten where there would be many zeros.
pub(super) fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let short = format!("{value:.3e}");
    let exponent: i32 = short.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default();
    match exponent {
        -4..=6 => apart(&format!("{value:.*}", usize::try_from(3 - exponent).unwrap_or(0))),
        _ => short.replace('-', "\u{2212}"),
    }
}

fn scaled(value: f64, units: &[(f64, &str)], least: &str) -> String {
    let unit = units.iter().find(|(size, _)| value.abs() >= *size);
    unit.map_or_else(|| format!("{} {least}", Unit::Plain.show(value)), |(size, unit)| format!("{} {unit}", significant(value / size)))
}

/// A decimal number with its thousands apart and a true minus sign.
pub(super) fn apart(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("\u{2212}", digits));
    let (whole, fraction) = digits.find('.').map_or((digits, ""), |point| digits.split_at(point));
    format!("{sign}{}{fraction}", grouped(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_and_thousands_apart() {
        for (unit, value, shown) in [
            (Unit::Plain, 0.0, "0"),
            (Unit::Plain, 999.0, "999"),
            (Unit::Plain, 1000.0, "1,000"),
            (Unit::Plain, -1_234_567.0, "\u{2212}1,234,567"),
            (Unit::Plain, 0.5, "0.5000"),
            (Unit::Measure, 1.0, "1.000"),
            (Unit::Measure, 0.948_059, "0.9481"),
            (Unit::Measure, 0.999_96, "1.000"),
            (Unit::Measure, 12_345.6, "12,346"),
            (Unit::Measure, 0.000_123_41, "0.0001234"),
            (Unit::Measure, 3.402_059e-7, "3.402e\u{2212}7"),
            (Unit::Measure, 2.5e9, "2.500e9"),
            (Unit::Share, 0.010_131, "1.013%"),
            (Unit::Bytes, 133.0, "133 B"),
            (Unit::Bytes, 999.0, "999 B"),
            (Unit::Bytes, 1000.0, "1.000 kB"),
            (Unit::Bytes, 1_826_025.0, "1.826 MB"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 0.000_586_7, "586.7 µs"),
            (Unit::Seconds, 0.007_964_8, "7.965 ms"),
            (Unit::Seconds, 83.456, "83.46 s"),
        ] {
            assert_eq!(unit.show(value), shown, "{unit:?} {value}");
        }
    }

    #[test]
    fn in_full_a_number_is_exact() {
        assert_eq!(Unit::Measure.full(1.0 / 3.0), "0.3333333333333333");
        assert_eq!(Unit::Bytes.full(1_826_025.0), "1826025 bytes");
        assert_eq!(Unit::Seconds.full(1e-7), "1e-7 s");
    }
}
