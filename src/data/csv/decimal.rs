//! Plain decimals, as almost all cells of numbers are, read eight digits at a time and rounded once, to the nearest double.
//!
//! The digits without their point are a whole number w, and the cell is w / 10^n. The quotient w / 5^n is worked out to 64 bits
//! by a multiplication with a reciprocal that is known beforehand, and, where it lies so near to the middle between two
//! doubles that this matters, exactly (Möller and Granlund 2011, "Improved division by invariant integers", IEEE Transactions
//! on Computers 60, algorithm 4). Powers of two only move the exponent.

/// Digits behind the point that are read here.
const FRACTION_MAX: usize = 20;
/// Digits before the point that are read here.
const WHOLE_MAX: usize = 18;
/// Bytes that must follow the start of a cell: a sign, both parts, the point, and as many as whole words of digits need.
const AHEAD: usize = 1 + WHOLE_MAX + 1 + 3 * WORD;
/// Digits that are read together.
const WORD: usize = 8;
/// With what stands before the last 16 digits at most this, a number is below 2^64 whatever these are.
const FOREMOST_MAX: u64 = u64::MAX / 10_u64.pow(16) - 1;

/// A power of five to divide by.
#[derive(Clone, Copy)]
struct Divisor {
    /// 5^n, shifted until its highest bit is set.
    shifted: u64,
    /// floor((2^128 - 1) / shifted) - 2^64.
    reciprocal: u64,
    /// The exponent of the result's power of two, as a double has it, before the dividend's shift is taken off.
    exponent: u64,
}

const DIVISORS: [Divisor; FRACTION_MAX + 1] = divisors();
const TENS: [u64; 20] = tens();
/// Of a word's bytes, the last so many.
const LAST_BYTES: [u64; WORD + 1] = last_bytes();

const fn divisors() -> [Divisor; FRACTION_MAX + 1] {
    let mut divisors = [Divisor { shifted: 0, reciprocal: 0, exponent: 0 }; FRACTION_MAX + 1];
    let mut power = 1_u64;
    let mut at = 0;
    while at < divisors.len() {
        let shift = power.leading_zeros() as u64;
        let shifted = power << shift;
        let reciprocal = (u128::MAX / shifted as u128 - (1 << 64)) as u64;
        divisors[at] = Divisor { shifted, reciprocal, exponent: 1023 - 63 + shift - at as u64 };
        power *= 5;
        at += 1;
    }
    divisors
}

const fn tens() -> [u64; 20] {
    let mut tens = [1; 20];
    let mut at = 1;
    while at < tens.len() {
        tens[at] = 10 * tens[at - 1];
        at += 1;
    }
    tens
}

const fn last_bytes() -> [u64; WORD + 1] {
    let mut masks = [0; WORD + 1];
    let mut count = 1;
    while count < masks.len() {
        masks[count] = u64::MAX << (64 - 8 * count);
        count += 1;
    }
    masks
}

/// The number that begins at `at`, and where it ends; `None` if it is not of the form `-12.345` or `-12`, or is too long, or lies
/// too near to either end of `text`. What follows, such as an exponent, is the caller's to look at.
#[inline(always)]
pub(super) fn decimal(text: &[u8], at: usize) -> Option<(f64, usize)> {
    let ahead: &[u8; AHEAD] = text.get(at..)?.first_chunk()?;
    let sign = u64::from(ahead[0] == b'-');
    let start = sign as usize;
    let mut point = start;
    let mut whole = 0_u64;
    loop {
        let digit = u64::from(ahead[point].wrapping_sub(b'0'));
        if digit > 9 {
            break;
        }
        whole = whole.wrapping_mul(10).wrapping_add(digit);
        point += 1;
        if point > WHOLE_MAX + start {
            return None;
        }
    }
    if point == start {
        return None;
    }
    if ahead[point] != b'.' {
        return Some((signed(whole.cast_signed() as f64, sign), at + point));
    }
    let fraction: &[u8; 3 * WORD] = ahead[point + 1..].first_chunk()?;
    let (count, end, digits);
    let leading = leading_digits(word(fraction, 0));
    if leading < WORD {
        if leading == 0 {
            return None;
        }
        count = leading;
        end = at + point + 1 + count;
        // Shifted to the end of the word, as if zeros stood before them.
        digits = eight_digits(word(fraction, 0) << (64 - 8 * count), count);
    } else {
        let later = leading_digits(word(fraction, 2 * WORD));
        let middle = leading_digits(word(fraction, WORD));
        // No branch: which word the digits end in is anybody's guess.
        count = WORD + middle + std::hint::select_unpredictable(middle == WORD, later, 0);
        if count > FRACTION_MAX {
            return None;
        }
        end = at + point + 1 + count;
        let words: &[u8; 3 * WORD] = text[..end].last_chunk()?;
        let foremost = eight_digits(word(words, 0), count.saturating_sub(2 * WORD));
        let first = eight_digits(word(words, WORD), (count - WORD).min(WORD));
        if foremost > FOREMOST_MAX {
            return None;
        }
        let foremost = foremost.wrapping_mul(TENS[2 * WORD]);
        digits = foremost.wrapping_add(first.wrapping_mul(TENS[WORD])).wrapping_add(eight_digits(word(words, 2 * WORD), WORD));
    }
    // TENS[0] is 1, so that with 19 digits or more behind the point only 0 may stand before it.
    if whole >= TENS[19_usize.saturating_sub(count)] {
        return None;
    }
    let digits = whole.wrapping_mul(TENS[count.min(19)]).wrapping_add(digits);
    Some((signed(quotient(digits, count), sign), end))
}

#[inline(always)]
fn signed(value: f64, sign: u64) -> f64 {
    f64::from_bits(value.to_bits() | sign << 63)
}

#[inline(always)]
fn word(bytes: &[u8; 3 * WORD], from: usize) -> u64 {
    u64::from_le_bytes(*bytes[from..].first_chunk().expect("there are three words"))
}

/// How many digits a word begins with.
#[inline(always)]
fn leading_digits(word: u64) -> usize {
    // A digit becomes its value. Six more carry all others into the upper half of their byte, and perhaps into later bytes.
    let values = word ^ 0x3030_3030_3030_3030;
    let others = (values.wrapping_add(0x0606_0606_0606_0606) | values) & 0xf0f0_f0f0_f0f0_f0f0;
    others.trailing_zeros() as usize / 8
}

/// The number that the last `count` of a word's digits spell.
#[inline(always)]
fn eight_digits(word: u64, count: usize) -> u64 {
    let values = (word ^ 0x3030_3030_3030_3030) & LAST_BYTES[count];
    // Neighbours are joined: to pairs, to fours, to eight.
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let upper = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(0x000f_4240_0000_0064);
    let lower = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(0x0000_2710_0000_0001);
    upper.wrapping_add(lower) >> 32
}

/// The double nearest to digits / 10^count.
#[inline(always)]
fn quotient(digits: u64, count: usize) -> f64 {
    if digits == 0 {
        return 0.0;
    }
    let Divisor { shifted, reciprocal, exponent } = DIVISORS[count];
    let shift = digits.leading_zeros();
    let dividend = digits << shift;
    // The quotient of two numbers with their highest bits set, halved if it were 1 or more, has exactly 64 bits.
    let halved = u64::from(dividend >= shifted);
    let (high, low) = (dividend >> halved, (dividend & halved) << 63);
    let product = u128::from(reciprocal).wrapping_mul(u128::from(high)).wrapping_add(u128::from(high) << 64 | u128::from(low));
    let guess = ((product >> 64) as u64).wrapping_add(1);
    // The guess is off by one at most. A double keeps 53 bits; where the other 11 are further from one half than that, it is
    // rounded as the quotient is.
    let near = guess.wrapping_sub(HALF - 2) & (2 * HALF - 1) <= 4;
    let rounded = if near { exact(guess, product as u64, low, shifted) } else { guess >> 1 };
    let power = f64::from_bits(exponent.wrapping_add(halved).wrapping_sub(u64::from(shift)) << 52);
    rounded.cast_signed() as f64 * power
}

/// Half of what the last bit of a double of 64 bits is worth.
const HALF: u64 = 1 << 10;

/// The upper 63 bits of the quotient, of which the last also stands for all that follow.
#[cold]
fn exact(guess: u64, fraction: u64, low: u64, divisor: u64) -> u64 {
    let mut quotient = guess;
    let mut rest = low.wrapping_sub(quotient.wrapping_mul(divisor));
    if rest > fraction {
        quotient = quotient.wrapping_sub(1);
        rest = rest.wrapping_add(divisor);
    }
    if rest >= divisor {
        quotient = quotient.wrapping_add(1);
        rest -= divisor;
    }
    quotient >> 1 | quotient & 1 | u64::from(rest != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use ndarray_rand::rand::RngCore;

    /// The cell between others that are no part of it.
    fn among_others(cell: &str) -> Option<f64> {
        let text = format!("{},{cell},{}", "9".repeat(3 * WORD), "9".repeat(AHEAD));
        let (value, end) = decimal(text.as_bytes(), 3 * WORD + 1)?;
        assert_eq!(end, 3 * WORD + 1 + cell.len(), "{cell}");
        Some(value)
    }

    /// `digits` with a point before the last `count` of them.
    fn pointed(digits: &str, count: usize) -> String {
        let digits = format!("{digits:0>width$}", width = count + 1);
        let (whole, fraction) = digits.split_at(digits.len() - count);
        if count == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }

    fn assert_same(cell: &str) -> bool {
        let wanted: f64 = cell.parse().expect("it is a number");
        let read = among_others(cell);
        assert!(read.is_none_or(|value| value.to_bits() == wanted.to_bits()), "{cell}: {read:?}, not {wanted:?}");
        read.is_some()
    }

    /// The standard library rounds correctly.
    #[test]
    fn numbers_of_any_length_are_those_of_the_standard_library() {
        let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0);
        let mut read = 0;
        for _ in 0..50_000 {
            let digits = (random.next_u64() >> (random.next_u64() % 64)).to_string();
            let sign = if random.next_u64().is_multiple_of(2) { "-" } else { "" };
            for count in 0..=FRACTION_MAX + 1 {
                read += u32::from(assert_same(&format!("{sign}{}", pointed(&digits, count))));
            }
        }
        assert!(read > 900_000, "most numbers are of the form: {read} were read");
    }

    /// An odd number of 54 bits over a power of two lies in the middle between two doubles; one unit of the last digit beside it,
    /// it does not.
    #[test]
    fn the_middle_between_two_doubles_goes_to_the_even_one_and_its_neighbours_do_not() {
        let mut random = Streams::new(Seeds::all(2)).stream(Purpose::Generate, 0, 0);
        for _ in 0..20_000 {
            for count in 0..=4 {
                let odd = (random.next_u64() >> 12) | 1 | 1 << 53;
                let digits = odd * 5_u64.pow(count);
                for near in [digits - 1, digits, digits + 1] {
                    let cell = pointed(&near.to_string(), count as usize);
                    assert!(assert_same(&cell), "{cell}");
                }
            }
        }
    }

    #[test]
    fn the_ends_of_the_range_are_read_and_what_lies_beyond_is_left() {
        for cell in ["0", "-0", "0.0", "-0.0", "7", "999999999999999999", "0.00000000000000000001", "0.18439999999999999999"] {
            assert!(assert_same(cell), "{cell}");
        }
        for cell in
            ["1000000000000000000", "0.18440000000000000000", "0.000000000000000000001", "1.0000000000000000001", "", "-", ".5", "1.", "+1"]
        {
            assert_eq!(among_others(cell), None, "{cell}");
        }
        assert_eq!((decimal(b"1.5", 0), decimal(b"1.5,", 5)), (None, None));
    }
}
