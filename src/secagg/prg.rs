//! The pseudo-random generator: AES-128 in counter mode with a zero start (NIST SP 800-38A, 6.5), a fresh key a vector.

use std::fmt;

use aes::Aes128;
use ctr::Ctr64BE;
use ctr::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use zeroize::ZeroizeOnDrop;

use super::field::Element;

/// A key for one key stream. The start of the counter is always zero, so a key must never serve two purposes.
#[derive(ZeroizeOnDrop)]
pub struct PrgKey([u8; 16]);

impl PrgKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key stream from byte `offset` on, a multiple of 16.
    pub(super) fn stream_at(&self, offset: u64) -> KeyStream {
        let mut cipher = Ctr64BE::<Aes128>::new(&self.0.into(), &[0; 16].into());
        cipher.seek(offset);
        KeyStream(cipher)
    }

    /// The key itself, for the record of what it served for.
    pub(super) fn bytes(&self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for PrgKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrgKey(..)")
    }
}

/// A key stream that is being read.
pub struct KeyStream(Ctr64BE<Aes128>);

impl fmt::Debug for KeyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyStream(..)")
    }
}

impl KeyStream {
    /// Fills `out` with the stream's next bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.0.write_keystream(out);
    }

    /// Fills `out` with uniform field elements: 61 bits at a time, p itself drawn again. Zero may come, as it must: a
    /// polynomial whose coefficients are never zero rules secrets out.
    pub fn fill_elements(&mut self, out: &mut [Element]) {
        let mut bytes = zeroize::Zeroizing::new(vec![0_u8; 8 * out.len()]);
        self.fill(&mut bytes);
        for (element, draw) in out.iter_mut().zip(bytes.as_chunks::<8>().0) {
            let mut draw = *draw;
            *element = loop {
                match Element::new(u64::from_le_bytes(draw) >> 3) {
                    Some(element) => break element,
                    None => self.fill(&mut draw),
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("it is hexadecimal"))
    }

    /// F.5.1's first counter is no multiple of what we use, so the cipher is set up with it as the standard prints it.
    #[test]
    fn the_cipher_is_that_of_sp_800_38a_f_5_1() {
        let (key, start): ([u8; 16], [u8; 16]) = (bytes("2b7e151628aed2a6abf7158809cf4f3c"), bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
        let mut text: [u8; 64] = bytes(concat!(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
            "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
        ));
        let sealed: [u8; 64] = bytes(concat!(
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
            "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"
        ));
        Ctr64BE::<Aes128>::new(&key.into(), &start.into()).apply_keystream(&mut text);
        assert_eq!(text, sealed);
    }

    #[test]
    fn the_stream_is_that_of_openssl() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/openssl_x25519_aes_ctr.json")).expect("it is JSON");
        let cases = file["aes128ctr_zero_iv"].as_array().expect("it is a list");
        assert_eq!(cases.len(), 8);
        for case in cases {
            let key = PrgKey::new(bytes(case["key"].as_str().expect("a text")));
            let mut stream = [0_u8; 64];
            key.stream_at(0).fill(&mut stream);
            assert_eq!(stream, bytes::<64>(case["stream64"].as_str().expect("a text")));
            let mut tail = [0_u8; 32];
            key.stream_at(32).fill(&mut tail);
            assert_eq!(tail, stream[32..]);
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", PrgKey::new([7; 16])), "PrgKey(..)");
    }

    /// Chi-squared over 16 equal cells: 15 degrees of freedom, so more than 44 comes once in ten thousand times.
    #[test]
    fn field_elements_are_uniform() {
        let mut elements = vec![Element::ZERO; 160_000];
        PrgKey::new([9; 16]).stream_at(0).fill_elements(&mut elements);
        let mut cells = [0_u32; 16];
        elements.iter().for_each(|element| cells[(element.value() >> 57) as usize] += 1);
        let chi_squared: f64 = cells.iter().map(|&count| (f64::from(count) - 1e4) * (f64::from(count) - 1e4) / 1e4).sum();
        assert!(chi_squared < 44.0, "{chi_squared}");
    }
}
