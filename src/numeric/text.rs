//! Numbers as text: that reads back as the same bits, or that people read.

/// The shortest text that reads back as `value`: `0.1`, `3`, `1e-7`.
pub fn shortest(value: f64) -> String {
    let text = format!("{value:?}");
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// A number that may be absent; an absent one is an empty text.
pub fn shortest_or_empty(value: Option<f64>) -> String {
    value.map(shortest).unwrap_or_default()
}

/// A whole number with commas between its thousands.
pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_stand_before_every_third_digit_from_the_right() {
        assert_eq!(["", "1", "999", "1000", "1234567"].map(grouped), ["", "1", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn every_text_reads_back_as_the_same_bits() {
        for value in [0.1, -0.0, 3.0, 1e-300, 1.0 / 3.0, f64::MAX, f64::MIN_POSITIVE, 5e-324] {
            assert_eq!(shortest(value).parse::<f64>().map(f64::to_bits), Ok(value.to_bits()), "{value}");
        }
        assert_eq!([shortest(3.0), shortest(1e-7), shortest(0.5)], ["3", "1e-7", "0.5"]);
    }
}
