//! Round numbers on an axis: steps of 1, 2 or 5 times a power of ten, as many as have room.

use super::figure::{Format, Scale};
use crate::numeric::math;
use crate::numeric::text::grouped;

/// A stretch of an axis, its ends apart, and its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ticks {
    /// The left or lower end.
    pub low: f64,
    /// The right or upper end.
    pub high: f64,
    /// The values with their labels, ascending.
    pub ticks: Vec<(f64, String)>,
    /// The unit of the labels; empty if they have none, or each its own.
    pub unit: &'static str,
    /// What a value is divided by before it is written.
    pub divisor: f64,
}

/// How far numbers are believed: beyond it, differences would overflow.
const GREATEST: f64 = 1e300;

/// The log to base ten, of a value above 0.
pub(crate) fn log10(value: f64) -> f64 {
    math::ln(value) / std::f64::consts::LN_10
}

/// The float nearest to `mantissa` * 10^`exponent`.
fn decimal(mantissa: i64, exponent: i32) -> f64 {
    format!("{mantissa}e{exponent}").parse().expect("digits, an e and an exponent are a number")
}

/// The whole power of ten at or below a value above 0.
fn exponent(value: f64) -> i32 {
    // Rust writes the shortest digits in scientific notation: the exponent is exact.
    format!("{value:e}").rsplit('e').next().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// A step of 1, 2 or 5 times a power of ten.
#[derive(Clone, Copy, Debug)]
struct Step {
    mantissa: i64,
    exponent: i32,
}

impl Step {
    /// The finest step that is at least `least`.
    fn at_least(least: f64) -> Self {
        let at = exponent(least);
        let steps = [(1, at), (2, at), (5, at), (1, at + 1)];
        let found = steps.into_iter().find(|&(mantissa, exponent)| decimal(mantissa, exponent) >= least);
        let (mantissa, exponent) = found.unwrap_or((1, at + 1));
        Self { mantissa, exponent }
    }

    fn value(self) -> f64 {
        decimal(self.mantissa, self.exponent)
    }

    fn next(self) -> Self {
        match self.mantissa {
            1 => Self { mantissa: 2, ..self },
            2 => Self { mantissa: 5, ..self },
            _ => Self { mantissa: 1, exponent: self.exponent + 1 },
        }
    }

    /// The `index`-th multiple, rounded once.
    fn multiple(self, index: i64) -> f64 {
        decimal(index * self.mantissa, self.exponent)
    }
}

/// What an axis must be able to show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub scale: Scale,
    pub format: Format,
    /// The least and the greatest value.
    pub low: f64,
    pub high: f64,
    /// Whether the ends move outward to ticks.
    pub is_rounded: bool,
    /// The length in pixels.
    pub length: f64,
    /// Pixels between two ticks at least, whatever their labels.
    pub spacing: f64,
}

/// The ticks of an axis; `size` tells how many pixels of its length a label needs, its distance to the next included.
pub(crate) fn ticks(wanted: &Wanted, size: impl Fn(&str) -> f64) -> Ticks {
    match wanted.scale {
        Scale::Linear => linear(wanted, size),
        Scale::Log => logarithmic(wanted, size),
    }
}

fn linear(wanted: &Wanted, size: impl Fn(&str) -> f64) -> Ticks {
    let (low, high) = widened(wanted.low.clamp(-GREATEST, GREATEST), wanted.high.clamp(-GREATEST, GREATEST), wanted.format);
    let (divisor, unit) = unit(wanted.format, low.abs().max(high.abs()));
    let (low, high) = (low / divisor, high / divisor);
    let mut step = Step::at_least((high - low) * (wanted.spacing / wanted.length).min(1.0));
    if wanted.format == Format::Count && step.exponent < 0 {
        step = Step { mantissa: 1, exponent: 0 };
    }
    loop {
        let width = step.value();
        let (first, last) = ((low / width).ceil() as i64, (high / width).floor() as i64);
        // What is a tick but for a rounding error of the division is not left for the next one.
        let first = if low / width - (first - 1) as f64 <= 1e-9 { first - 1 } else { first };
        let last = if (last + 1) as f64 - high / width <= 1e-9 { last + 1 } else { last };
        let lower = first - i64::from(wanted.is_rounded && step.multiple(first) > low + 1e-9 * width);
        let upper = last + i64::from(wanted.is_rounded && step.multiple(last) < high - 1e-9 * width);
        let ticks: Vec<(f64, String)> =
            (lower..=upper).map(|index| (step.multiple(index) * divisor, write(index * step.mantissa, step.exponent))).collect();
        let (start, end) = if wanted.is_rounded { (step.multiple(lower), step.multiple(upper)) } else { (low, high) };
        let widest = ticks.iter().map(|(_, label)| size(label)).fold(wanted.spacing, f64::max);
        // A tick on either side of 0 is as few as any step leaves of a range that holds it.
        let is_fewest = ticks.len() <= 2 || (lower, upper) == (-1, 1);
        if is_fewest || width / (end - start) * wanted.length >= widest {
            return Ticks { low: start * divisor, high: end * divisor, ticks, unit, divisor };
        }
        step = step.next();
    }
}

/// The range, with room around a single value.
fn widened(low: f64, high: f64, format: Format) -> (f64, f64) {
    if high - low > 1e-12 * low.abs().max(high.abs()) {
        return (low, high);
    }
    // Beyond a milliard the neighbours of a whole number are as good as the number itself.
    if format == Format::Count && low.abs() < 1e9 {
        return (low - 0.5, high + 0.5);
    }
    let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    if low == 0.0 { (0.0, 1.0) } else { (low - room, high + room) }
}

fn logarithmic(wanted: &Wanted, size: impl Fn(&str) -> f64) -> Ticks {
    let low = wanted.low.clamp(1.0 / GREATEST, GREATEST);
    let high = wanted.high.clamp(low, GREATEST).max(low * (1.0 + 1e-9));
    let label = |value: f64, mantissa: i64, exponent: i32| match wanted.format {
        // From here on down, decades are easier told apart by their powers than by their noughts.
        Format::Number if exponent < -4 => scientific(mantissa, exponent),
        Format::Number | Format::Count => write(mantissa, exponent),
        Format::Percent => write(mantissa, exponent + 2),
        Format::Bytes | Format::Seconds => {
            let (divisor, unit) = unit(wanted.format, value);
            format!("{} {unit}", write(mantissa, exponent - self::exponent(divisor)))
        }
    };
    let (divisor, unit) = if wanted.format == Format::Percent { (0.01, "%") } else { (1.0, "") };
    for (mantissas, decades) in RHYTHMS {
        let (mut start, mut end) = (low, high);
        if wanted.is_rounded {
            let all = multiples(low, high, mantissas, 1);
            start = all.iter().map(|tick| tick.0).filter(|&value| value <= low * (1.0 + 1e-9)).fold(low.min(all[0].0), f64::max);
            end = all.iter().map(|tick| tick.0).filter(|&value| value >= high * (1.0 - 1e-9)).fold(f64::MAX, f64::min);
        }
        let all = multiples(low, high, mantissas, decades);
        let inside = all.iter().filter(|tick| tick.0 >= start * (1.0 - 1e-9) && tick.0 <= end * (1.0 + 1e-9));
        let ticks: Vec<(f64, String)> = inside.map(|&(value, mantissa, exponent)| (value, label(value, mantissa, exponent))).collect();
        let pixels = wanted.length / (log10(end) - log10(start));
        let widest = ticks.iter().map(|(_, label)| size(label)).fold(wanted.spacing, f64::max);
        let is_clear = ticks.windows(2).all(|pair| (log10(pair[1].0) - log10(pair[0].0)) * pixels >= widest);
        if is_clear || decades == 300 {
            return Ticks { low: start, high: end, ticks, unit, divisor };
        }
    }
    unreachable!("the last choice is taken whatever it looks like")
}

/// The ticks on logarithmic axes, from many to few: which multiples of a power of ten, and of which powers.
const RHYTHMS: [(&[i64], i32); 7] = [(&[1, 2, 5], 1), (&[1, 3], 1), (&[1], 1), (&[1], 2), (&[1], 5), (&[1], 20), (&[1], 300)];

/// These multiples of each power of ten, or of every `decades`-th, from below `low` to above `high`; each also as
/// mantissa and exponent.
fn multiples(low: f64, high: f64, mantissas: &[i64], decades: i32) -> Vec<(f64, i64, i32)> {
    let from = exponent(low).div_euclid(decades) * decades;
    let powers = (from..=exponent(high) + decades).step_by(decades.unsigned_abs() as usize);
    let each = |exponent: i32| mantissas.iter().map(move |&mantissa| (decimal(mantissa, exponent), mantissa, exponent));
    powers.flat_map(each).collect()
}

/// What values up to `greatest` are divided by, and the name of that unit.
pub(crate) fn unit(format: Format, greatest: f64) -> (f64, &'static str) {
    let units: &[(f64, &str)] = match format {
        Format::Number | Format::Count => return (1.0, ""),
        Format::Percent => return (0.01, "%"),
        Format::Bytes => &[(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
        Format::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")],
    };
    *units.iter().find(|(size, _)| greatest >= *size).unwrap_or(&units[units.len() - 1])
}

/// `digits` * 10^`exponent`, with commas between thousands, and a power of ten where it would be long.
fn write(digits: i64, exponent: i32) -> String {
    if digits == 0 {
        return "0".to_owned();
    }
    let sign = if digits < 0 { "−" } else { "" };
    let all = digits.unsigned_abs().to_string();
    if exponent < -6 || i32::try_from(all.len()).unwrap_or(i32::MAX) + exponent > 9 {
        return scientific(digits, exponent);
    }
    if exponent >= 0 {
        return format!("{sign}{}", grouped(&(all + &"0".repeat(exponent as usize))));
    }
    let decimals = exponent.unsigned_abs() as usize;
    let padded = format!("{all:0>width$}", width = decimals + 1);
    let (whole, part) = padded.split_at(padded.len() - decimals);
    format!("{sign}{}.{part}", grouped(whole))
}

/// `digits` * 10^`exponent` as a number below ten and a power of ten.
fn scientific(digits: i64, exponent: i32) -> String {
    let sign = if digits < 0 { "−" } else { "" };
    let all = digits.unsigned_abs().to_string();
    let (head, tail) = all.split_at(1);
    let power: String = (i32::try_from(tail.len()).unwrap_or(i32::MAX) + exponent).to_string().chars().map(raised).collect();
    match (head, tail.trim_end_matches('0')) {
        ("1", "") => format!("{sign}10{power}"),
        (head, "") => format!("{sign}{head}×10{power}"),
        (head, tail) => format!("{sign}{head}.{tail}×10{power}"),
    }
}

/// A digit, or a minus, as a superscript.
fn raised(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => digit.to_digit(10).and_then(|value| char::from_u32('⁰' as u32 + value)).unwrap_or(digit),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted(low: f64, high: f64) -> Wanted {
        Wanted { scale: Scale::Linear, format: Format::Number, low, high, is_rounded: true, length: 600.0, spacing: 60.0 }
    }

    fn labels(ticks: &Ticks) -> Vec<&str> {
        ticks.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    /// Fourteen pixels a letter.
    fn width(label: &str) -> f64 {
        14.0 * label.chars().count() as f64
    }

    #[test]
    fn a_share_is_cut_into_fifths_or_tenths() {
        let found = ticks(&wanted(0.03, 0.98), width);
        assert_eq!(labels(&found), ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]);
        assert_eq!((found.low, found.high), (0.0, 1.0));
        assert_eq!(labels(&ticks(&Wanted { length: 320.0, ..wanted(0.03, 0.98) }, width)), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }

    #[test]
    fn rounds_are_whole_and_end_where_they_end() {
        let rounds = Wanted { format: Format::Count, is_rounded: false, ..wanted(0.0, 3.0) };
        let found = ticks(&rounds, width);
        assert_eq!(labels(&found), ["0", "1", "2", "3"]);
        assert_eq!((found.low, found.high), (0.0, 3.0));
        assert_eq!(labels(&ticks(&Wanted { low: 1.0, high: 1.0, ..rounds }, width)), ["1"]);
        let many = ticks(&Wanted { high: 10_000.0, ..rounds }, width);
        assert_eq!(labels(&many), ["0", "2,000", "4,000", "6,000", "8,000", "10,000"]);
    }

    #[test]
    fn units_follow_the_greatest_value() {
        let bytes = |greatest| ticks(&Wanted { format: Format::Bytes, length: 200.0, ..wanted(0.0, greatest) }, width);
        assert_eq!((bytes(2500.0).unit, bytes(2.5e6).unit, bytes(999.0).unit), ("kB", "MB", "B"));
        assert_eq!(labels(&bytes(2500.0)), ["0", "1", "2", "3"]);
        let seconds = |greatest| ticks(&Wanted { format: Format::Seconds, ..wanted(0.0, greatest) }, width).unit;
        assert_eq!((seconds(3.0), seconds(0.02), seconds(1.5e-5)), ("s", "ms", "µs"));
        let share = ticks(&Wanted { format: Format::Percent, length: 200.0, ..wanted(0.0, 0.015) }, width);
        assert_eq!((share.unit, labels(&share)), ("%", vec!["0", "0.5", "1.0", "1.5"]));
    }

    #[test]
    fn decades_carry_their_own_units() {
        let log = Wanted { scale: Scale::Log, format: Format::Seconds, length: 600.0, ..wanted(2e-6, 0.5) };
        assert_eq!(labels(&ticks(&log, width)), ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"]);
        let scores = Wanted { scale: Scale::Log, length: 500.0, ..wanted(3e-8, 0.4) };
        assert_eq!(labels(&ticks(&scores, width)), ["10⁻⁸", "10⁻⁶", "0.0001", "0.01", "1"]);
    }

    #[test]
    fn long_numbers_are_written_as_powers() {
        assert_eq!([write(5, -9), write(15, -9), write(-1, 12), write(25, 10)], ["5×10⁻⁹", "1.5×10⁻⁸", "−10¹²", "2.5×10¹¹"]);
        assert_eq!([write(1, 6), write(-25, -1), write(5, -4), write(0, 3)], ["1,000,000", "−2.5", "0.0005", "0"]);
    }

    #[test]
    fn a_short_axis_around_zero_keeps_three_ticks() {
        let wanted =
            Wanted { scale: Scale::Linear, format: Format::Count, low: 0.0, high: 0.0, is_rounded: true, length: 50.0, spacing: 40.0 };
        let found = ticks(&wanted, width);
        assert_eq!((found.low, found.high, found.ticks.len()), (-1.0, 1.0, 3));
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn ticks_cover_ascend_and_keep_apart(
            low in prop_oneof![-1e9..1e9, Just(0.0), Just(-1e305), 1e-12..1e-9],
            span in prop_oneof![Just(0.0), 1e-9..1.0, 1.0..1e6, Just(1e305)],
            length in 50.0..2000.0,
            kind in 0..8_usize,
        ) {
            let format = [Format::Number, Format::Count, Format::Bytes, Format::Seconds][kind % 4];
            let (scale, low) = if kind < 4 { (Scale::Linear, low) } else { (Scale::Log, f64::abs(low).max(1e-12)) };
            let wanted = Wanted { scale, format, low, high: low + span, is_rounded: true, length, spacing: 40.0 };
            let found = ticks(&wanted, width);
            prop_assert!(found.low < found.high && found.low.is_finite() && found.high.is_finite());
            let low = low.clamp(-GREATEST, GREATEST);
            prop_assert!(found.low <= low + 1e-6 * (low.abs() + span.min(GREATEST)), "{found:?}");
            prop_assert!(found.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let place = |value: f64| match scale {
                Scale::Linear => (value / 2.0 - found.low / 2.0) / (found.high / 2.0 - found.low / 2.0),
                Scale::Log => (log10(value) - log10(found.low)) / (log10(found.high) - log10(found.low)),
            };
            let at: Vec<(f64, f64)> = found.ticks.iter().map(|(value, label)| (place(*value) * length, width(label))).collect();
            prop_assert!(at.iter().all(|(x, _)| (-1e-6..=length + 1e-6).contains(x)), "{found:?}");
            if at.len() > 3 {
                prop_assert!(at.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 0.999 * pair[0].1.max(pair[1].1)), "{found:?}");
            }
        }
    }
}
