//! Vectors over the integers modulo 2^b: what is masked, summed and sent at b bits a coordinate.
//!
//! Since 2^b divides the word's own modulus, arithmetic wraps at the word and is cut to b bits once, when it is packed.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::prg::{KeyStream, PrgKey};
use crate::numeric::reduce::fill_chunks;

/// The integers modulo 2^bits, bits from 8 to 64, or [`WIDEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    bits: u32,
}

/// The least and most bits that a ring for updates may have.
pub const BITS: std::ops::RangeInclusive<u32> = 8..=64;

/// The bits of the one ring beyond these, for sums of statistics.
pub const WIDEST: u32 = 128;

/// Whether a mask is added or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Added.
    Plus,
    /// Subtracted.
    Minus,
}

/// A mask before it is expanded: its key and its sign.
#[derive(Debug)]
pub struct Mask {
    /// The key of the mask's key stream.
    pub key: PrgKey,
    /// Whether it is added or taken away.
    pub sign: Sign,
}

/// A vector over a ring: words of 32 bits where they hold the ring, else of 64, or of 128. Wiped when it goes: it may be a
/// client's input.
#[derive(Clone, Debug, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Words {
    #[zeroize(skip)]
    ring: Ring,
    stored: Stored,
}

#[derive(Clone, Debug, PartialEq, Eq, Zeroize)]
enum Stored {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
    Widest(Vec<u128>),
}

/// The same for words of any width.
macro_rules! of_any_width {
    ($stored:expr, $words:ident => $same:expr) => {
        match $stored {
            Stored::Narrow($words) => $same,
            Stored::Wide($words) => $same,
            Stored::Widest($words) => $same,
        }
    };
}

impl Ring {
    /// The integers modulo 2^bits.
    ///
    /// # Panics
    /// If `bits` is neither within [`BITS`] nor [`WIDEST`].
    pub fn new(bits: u32) -> Self {
        assert!(Self::is_possible(bits), "the ring's bits were checked when the scenario was");
        Self { bits }
    }

    /// The least ring whose elements hold sums of so many bits, sign included.
    ///
    /// # Panics
    /// If no ring holds them.
    pub fn for_sums_of(bits: u32) -> Self {
        Self::new(if bits > *BITS.end() { WIDEST } else { bits.max(*BITS.start()) })
    }

    /// Whether there is a ring of so many bits.
    pub(super) fn is_possible(bits: u32) -> bool {
        BITS.contains(&bits) || bits == WIDEST
    }

    /// b, where the ring's order is 2^b.
    pub fn bits(self) -> u32 {
        self.bits
    }

    /// The bytes that a vector of `length` coordinates takes, at b bits each.
    pub fn packed_bytes(self, length: usize) -> usize {
        (length * self.bits as usize).div_ceil(8)
    }

    /// The bytes of key stream that a mask of `length` coordinates takes: whole words.
    pub fn mask_bytes(self, length: usize) -> u64 {
        let word = match self.bits {
            ..=32 => 4,
            33..=64 => 8,
            _ => 16,
        };
        (length * word) as u64
    }

    /// The signed integer nearest to zero in a word's class: from -2^(b-1) to 2^(b-1) - 1. Of a ring of at most 64 bits.
    pub fn lift(self, word: u64) -> i64 {
        let unused = 64 - self.bits;
        (word << unused).cast_signed() >> unused
    }

    fn low_bits(self) -> u128 {
        u128::MAX >> (WIDEST - self.bits)
    }
}

impl Words {
    /// A vector of zeros.
    pub fn zeros(ring: Ring, length: usize) -> Self {
        let stored = match ring.bits {
            ..=32 => Stored::Narrow(vec![0; length]),
            33..=64 => Stored::Wide(vec![0; length]),
            _ => Stored::Widest(vec![0; length]),
        };
        Self { ring, stored }
    }

    /// The vector of these integers, modulo 2^b.
    pub fn new(ring: Ring, values: Vec<u64>) -> Self {
        let stored = match ring.bits {
            ..=32 => Stored::Narrow(values.into_iter().map(|value| value as u32).collect()),
            33..=64 => Stored::Wide(values),
            _ => Stored::Widest(values.into_iter().map(u128::from).collect()),
        };
        Self { ring, stored }
    }

    /// The vector of these signed integers, modulo 2^b.
    pub fn of_integers(ring: Ring, values: impl Iterator<Item = i128>) -> Self {
        let values = values.map(i128::cast_unsigned);
        let stored = match ring.bits {
            ..=32 => Stored::Narrow(values.map(|value| value as u32).collect()),
            33..=64 => Stored::Wide(values.map(|value| value as u64).collect()),
            _ => Stored::Widest(values.collect()),
        };
        Self { ring, stored }
    }

    /// Coordinates.
    pub fn len(&self) -> usize {
        of_any_width!(&self.stored, words => words.len())
    }

    /// Whether there are no coordinates.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ring.
    pub fn ring(&self) -> Ring {
        self.ring
    }

    /// The coordinates, each in [0, 2^b), of a ring of at most 64 bits.
    pub fn values(&self) -> Vec<u64> {
        let low = self.ring.low_bits();
        of_any_width!(&self.stored, words => words.iter().map(|&word| (word.widened() & low) as u64).collect())
    }

    /// The coordinates, each the signed integer nearest to zero in its class.
    pub fn integers(&self) -> Vec<i128> {
        let unused = WIDEST - self.ring.bits;
        let lift = |word: u128| (word << unused).cast_signed() >> unused;
        of_any_width!(&self.stored, words => words.iter().map(|&word| lift(word.widened())).collect())
    }

    /// Adds another vector of the same ring and length.
    ///
    /// # Panics
    /// If ring or length differ.
    pub fn add(&mut self, other: &Self) {
        fn add_words<W: Word>(sum: &mut [W], more: &[W]) {
            sum.iter_mut().zip(more).for_each(|(sum, &more)| *sum = sum.add(more));
        }
        assert!(self.ring == other.ring && self.len() == other.len(), "vectors of one round have one shape");
        match (&mut self.stored, &other.stored) {
            (Stored::Narrow(sum), Stored::Narrow(more)) => add_words(sum, more),
            (Stored::Wide(sum), Stored::Wide(more)) => add_words(sum, more),
            (Stored::Widest(sum), Stored::Widest(more)) => add_words(sum, more),
            _ => unreachable!("one ring has one kind of word"),
        }
    }

    /// Expands every mask and adds it, or takes it away; in parallel over stretches of coordinates.
    pub fn apply(&mut self, masks: &[Mask]) {
        let stretch = self.len().div_ceil(16).next_multiple_of(16).clamp(512, 8192);
        match &mut self.stored {
            Stored::Narrow(words) => fill_chunks(words, stretch, |start, part| apply_to(part, 4 * start as u64, masks, u32::from_le_bytes)),
            Stored::Wide(words) => fill_chunks(words, stretch, |start, part| apply_to(part, 8 * start as u64, masks, u64::from_le_bytes)),
            Stored::Widest(words) => {
                fill_chunks(words, stretch, |start, part| apply_to(part, 16 * start as u64, masks, u128::from_le_bytes));
            }
        }
    }

    /// The coordinates at b bits each, little-endian, without gaps.
    pub fn pack(&self) -> Vec<u8> {
        match &self.stored {
            Stored::Narrow(words) => pack(words.iter().map(|&word| u64::from(word)), self.ring, words.len()),
            Stored::Wide(words) => pack(words.iter().copied(), self.ring, words.len()),
            Stored::Widest(words) => words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        }
    }

    /// The `length` coordinates packed in `bytes`; `None` if the bytes are too many or too few.
    pub fn unpack(ring: Ring, length: usize, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != ring.packed_bytes(length) {
            return None;
        }
        let stored = match ring.bits {
            ..=32 => Stored::Narrow(unpack(ring, length, bytes).map(|word| word as u32).collect()),
            33..=64 => Stored::Wide(unpack(ring, length, bytes).collect()),
            _ => Stored::Widest(bytes.as_chunks().0.iter().map(|bytes| u128::from_le_bytes(*bytes)).collect()),
        };
        Some(Self { ring, stored })
    }
}

/// A word that key streams are cut into.
trait Word: Copy {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn widened(self) -> u128;
}

macro_rules! word {
    ($word:ty) => {
        impl Word for $word {
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn widened(self) -> u128 {
                self.into()
            }
        }
    };
}

word!(u32);
word!(u64);
word!(u128);

/// Key streams that are added in one pass over the words: fewer loads and stores of the words themselves.
const AT_ONCE: usize = 4;
/// Bytes of each that pass at a time, so that all stay in the nearest cache.
const BLOCK: usize = 4096;

/// Applies to `words` the key streams from byte `offset` on.
fn apply_to<W: Word, const N: usize>(words: &mut [W], offset: u64, masks: &[Mask], read: impl Fn([u8; N]) -> W) {
    let mut blocks = [[0_u8; BLOCK]; AT_ONCE];
    for sign in [Sign::Plus, Sign::Minus] {
        let keys: Vec<&PrgKey> = masks.iter().filter(|mask| mask.sign == sign).map(|mask| &mask.key).collect();
        for group in keys.chunks(AT_ONCE) {
            // Where a group has fewer keys, the blocks left over are zero and add nothing.
            blocks[group.len()..].as_flattened_mut().fill(0);
            let mut streams: Vec<KeyStream> = group.iter().map(|key| key.stream_at(offset)).collect();
            for part in words.chunks_mut(BLOCK / N) {
                streams.iter_mut().zip(&mut blocks).for_each(|(stream, block)| stream.fill(&mut block[..part.len() * N]));
                let [a, b, c, d] = blocks.each_ref().map(|block| &block.as_chunks::<N>().0[..part.len()]);
                for ((((word, a), b), c), d) in part.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                    let sum = read(*a).add(read(*b)).add(read(*c).add(read(*d)));
                    *word = if sign == Sign::Plus { word.add(sum) } else { word.sub(sum) };
                }
            }
        }
    }
    blocks.as_flattened_mut().zeroize();
}

/// A word may start within a byte and end within the ninth after it: it is laid over sixteen.
const SPAN: usize = 16;

/// Packs `length` words, cut to the ring's bits.
fn pack(words: impl Iterator<Item = u64>, ring: Ring, length: usize) -> Vec<u8> {
    let size = ring.packed_bytes(length);
    let mut bytes = vec![0; size + SPAN];
    for (index, word) in words.enumerate() {
        let (byte, bit) = (index * ring.bits as usize / 8, index * ring.bits as usize % 8);
        let laid = u128::from(bytes[byte]) | (u128::from(word) & ring.low_bits()) << bit;
        bytes[byte..byte + SPAN].copy_from_slice(&laid.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

fn unpack(ring: Ring, length: usize, bytes: &[u8]) -> impl Iterator<Item = u64> {
    (0..length).map(move |index| {
        let (byte, bit) = (index * ring.bits as usize / 8, index * ring.bits as usize % 8);
        let span = bytes[byte..].first_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; SPAN];
            last[..bytes.len() - byte].copy_from_slice(&bytes[byte..]);
            last
        });
        (u128::from_le_bytes(span) >> bit & ring.low_bits()) as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mask(key: u8, sign: Sign) -> Mask {
        Mask { key: PrgKey::new([key; 16]), sign }
    }

    #[test]
    fn words_lift_to_the_integer_nearest_to_zero() {
        let ring = Ring::new(8);
        assert_eq!([0, 1, 127, 128, 255].map(|word| ring.lift(word)), [0, 1, 127, -128, -1]);
        assert_eq!(Ring::new(64).lift(u64::MAX), -1);
    }

    /// Three coordinates of 12 bits, 0xabc, 0x123 and 0xfff: the low nibbles come first.
    #[test]
    fn twelve_bits_a_coordinate_are_packed_without_gaps() {
        let words = Words::new(Ring::new(12), vec![0xabc, 0x123, 0xfff]);
        assert_eq!(words.pack(), [0xbc, 0x3a, 0x12, 0xff, 0x0f]);
    }

    #[test]
    fn a_mask_added_and_taken_away_leaves_nothing_whatever_the_stretches() {
        for (bits, length) in [(20, 1), (32, 20_000), (33, 513), (64, 100_001), (128, 3000)] {
            let mut words = Words::zeros(Ring::new(bits), length);
            words.apply(&[mask(1, Sign::Plus), mask(2, Sign::Minus)]);
            assert_ne!(words, Words::zeros(Ring::new(bits), length));
            words.apply(&[mask(2, Sign::Plus), mask(1, Sign::Minus)]);
            assert_eq!(words, Words::zeros(Ring::new(bits), length));
        }
    }

    #[test]
    fn a_mask_is_the_key_stream_read_in_words() {
        let mut words = Words::zeros(Ring::new(64), 20_000);
        words.apply(&[mask(1, Sign::Plus)]);
        let mut bytes = vec![0; 160_000];
        PrgKey::new([1; 16]).stream_at(0).fill(&mut bytes);
        let expected: Vec<u64> = bytes.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        assert_eq!(words.values(), expected);
    }

    /// A masked vector's coordinates fall alike into 16 cells, and the ring's greatest element comes: a mask drawn below
    /// q - 1 would leave it out. Of 2^20 draws from 2^8 each value comes 4096 times, give or take 64.
    #[test]
    fn a_masked_vector_is_uniform_and_its_last_element_comes_as_often_as_the_others() {
        for (bits, value) in [(8, 0), (8, 77), (40, 5)] {
            let ring = Ring::new(bits);
            let mut words = Words::new(ring, vec![value; 1 << 20]);
            words.apply(&[mask(3, Sign::Plus)]);
            let mut counts = [0_u32; 256];
            words.values().iter().for_each(|word| counts[(word >> (bits - 8)) as usize] += 1);
            let chi_squared: f64 = counts.iter().map(|&count| (f64::from(count) - 4096.0) * (f64::from(count) - 4096.0) / 4096.0).sum();
            // 255 degrees of freedom: mean 255, standard deviation 22.6; 350 is more than four above.
            assert!(chi_squared < 350.0, "{chi_squared}");
            assert!(counts[255].abs_diff(4096) < 330, "{}", counts[255]);
        }
    }

    /// The integers modulo 2^128 by hand: -1 is all ones; signs survive the wire in any ring.
    #[test]
    fn signed_integers_come_back_from_every_ring() {
        let wide = [i128::MIN, -1, 0, 1, i128::MAX];
        let words = Words::of_integers(Ring::new(WIDEST), wide.into_iter());
        assert_eq!(words.pack()[16..32], [0xff; 16]);
        assert_eq!(Words::unpack(words.ring(), 5, &words.pack()).map(|words| words.integers()), Some(wide.to_vec()));
        for bits in BITS {
            let [least, greatest] = [-(1_i128 << (bits - 1)), (1 << (bits - 1)) - 1];
            let words = Words::of_integers(Ring::new(bits), [least, -1, 0, greatest, greatest + 1].into_iter());
            assert_eq!(words.integers(), [least, -1, 0, greatest, least]);
        }
        assert_eq!([3, 34, 64, 65, 121].map(|bits| Ring::for_sums_of(bits).bits()), [8, 34, 64, 128, 128]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn packing_loses_nothing_and_takes_b_bits_a_coordinate(bits in 8_u32..=64, values: Vec<u64>) {
            let ring = Ring::new(bits);
            let words = Words::new(ring, values.iter().map(|value| value & (u64::MAX >> (64 - bits))).collect());
            let packed = words.pack();
            prop_assert_eq!(packed.len(), (values.len() * bits as usize).div_ceil(8));
            prop_assert_eq!(Words::unpack(ring, values.len(), &packed), Some(words));
            prop_assert_eq!(Words::unpack(ring, values.len() + 64, &packed), None);
        }
    }
}
