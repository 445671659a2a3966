//! SHA-256 (FIPS 180-4) of files and of a run's states, as lower-case hex.

use std::fmt::Write as _;
use std::io;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// A SHA-256 value in the making.
#[derive(Clone, Debug, Default)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The value of all bytes taken in.
    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

/// What is copied to it is taken in.
impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A SHA-256 value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The value of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// The value that [`Hash::hex`] wrote as `text`; `None` if it wrote no such text.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// 64 lower-case hexadecimal digits.
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String");
            text
        })
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let byte = |at: usize| text.get(2 * at..2 * at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let bytes: Option<Vec<u8>> = (0..text.len().div_ceil(2)).map(byte).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::custom("not 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's examples.
    #[test]
    fn the_standards_examples_come_out() {
        assert_eq!(Hash::of(b"abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Hash::of(b"").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn digits_read_back_as_the_same_value_and_nothing_else_does() {
        let hash = Hash::of(b"abc");
        assert_eq!(Hash::from_hex(&hash.hex()), Some(hash));
        let wrong = [hash.hex().to_uppercase(), hash.hex() + "0", "é".repeat(32), "+1".repeat(32), String::new()];
        assert_eq!(wrong.map(|text| Hash::from_hex(&text)), [None; 5]);
    }

    #[test]
    fn a_value_reads_back_from_its_digits_and_from_nothing_else() {
        let hash = Hash::of(b"abc");
        let text = serde_json::to_string(&hash).expect("it can be written");
        assert_eq!(text, format!("\"{}\"", hash.hex()));
        assert_eq!(serde_json::from_str::<Hash>(&text).expect("it reads back"), hash);
        for broken in ["\"\"".to_owned(), text.replace('b', "x"), text.replace("ba", "b"), text.replace("ba", "\u{e9}")] {
            assert!(serde_json::from_str::<Hash>(&broken).is_err(), "{broken}");
        }
    }
}
