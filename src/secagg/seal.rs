//! Boxes: two shares sealed from one client to another through the server (ChaCha20-Poly1305, RFC 8439).

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Tag};
use zeroize::Zeroizing;

use super::messages::{BOX_BYTES, CONTENT_BYTES, SealedBox, TAG_BYTES};
use super::session::Session;
use super::shamir::{SHARE_BYTES, Share};

/// The protocol's stage that boxes are sent in.
const STAGE: u8 = 1;

/// The two ends of a box, as numbers in the cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Who sealed it.
    pub from: u32,
    /// Who opens it.
    pub to: u32,
}

impl Way {
    fn bytes(self) -> [u8; 8] {
        (u64::from(self.from) | u64::from(self.to) << 32).to_le_bytes()
    }

    /// What a box is bound to beside its key.
    fn associated_data(self, session: &Session) -> [u8; 41] {
        let mut data = [STAGE; 41];
        data[..32].copy_from_slice(session.id());
        data[33..].copy_from_slice(&self.bytes());
        data
    }
}

/// One client's shares of another's two secrets: of its mask's secret key, and of its own mask's seed.
#[derive(Debug)]
pub struct Shares {
    /// Of the secret key that the pairs' masks come from.
    pub mask_key: Share,
    /// Of the seed of the owner's own mask.
    pub self_mask: Share,
}

/// Seals two shares. The key must serve this one box: the nonce is always zero.
pub fn seal(key: &[u8; 32], session: &Session, way: Way, shares: &Shares) -> SealedBox {
    let mut sealed = [0; BOX_BYTES];
    let (content, tag) = sealed.split_at_mut(CONTENT_BYTES);
    content[..8].copy_from_slice(&way.bytes());
    content[8..8 + SHARE_BYTES].copy_from_slice(&shares.mask_key.to_bytes());
    content[8 + SHARE_BYTES..].copy_from_slice(&shares.self_mask.to_bytes());
    let cipher = ChaCha20Poly1305::new(&(*key).into());
    let made = cipher.encrypt_inout_detached(&[0; 12].into(), &way.associated_data(session), content.into());
    tag.copy_from_slice(&made.expect("a box is far shorter than the cipher's limit"));
    sealed
}

/// Opens a box; `None` if it was sealed with another key, in another session, for other ends, or altered.
pub fn open(key: &[u8; 32], session: &Session, way: Way, sealed: &SealedBox) -> Option<Shares> {
    let (mut content, mut tag) = (Zeroizing::new([0; CONTENT_BYTES]), [0; TAG_BYTES]);
    content.copy_from_slice(&sealed[..CONTENT_BYTES]);
    tag.copy_from_slice(&sealed[CONTENT_BYTES..]);
    let cipher = ChaCha20Poly1305::new(&(*key).into());
    let tag: Tag = tag.into();
    cipher.decrypt_inout_detached(&[0; 12].into(), &way.associated_data(session), (&mut content[..]).into(), &tag).ok()?;
    let (ends, shares) = content.split_at(8);
    if ends != way.bytes() {
        return None;
    }
    let share = |index: usize| Share::from_bytes(shares.as_chunks::<SHARE_BYTES>().0.get(index)?);
    Some(Shares { mask_key: share(0)?, self_mask: share(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: Way = Way { from: 3, to: 8 };

    fn shares() -> Shares {
        let share = |byte: u8| Share::from_bytes(&std::array::from_fn(|i| if i % 8 == 7 { 0 } else { byte })).expect("it is below p");
        Shares { mask_key: share(1), self_mask: share(2) }
    }

    #[test]
    fn a_box_opens_for_its_ends_in_its_session_with_its_key_and_otherwise_not() {
        let (key, session) = ([7; 32], Session::named("test"));
        let sealed = seal(&key, &session, WAY, &shares());
        let opened = open(&key, &session, WAY, &sealed).expect("nothing was altered");
        assert!(opened.mask_key == shares().mask_key && opened.self_mask == shares().self_mask);
        assert!(open(&[8; 32], &session, WAY, &sealed).is_none());
        assert!(open(&key, &Session::named("another"), WAY, &sealed).is_none());
        assert!(open(&key, &session, Way { from: 8, to: 3 }, &sealed).is_none());
        for byte in [0, 50, BOX_BYTES - 1] {
            let mut altered = sealed;
            altered[byte] ^= 1;
            assert!(open(&key, &session, WAY, &altered).is_none());
        }
    }

    /// The example of 2.8.2: its first block of cipher text and its tag.
    #[test]
    fn the_cipher_is_that_of_rfc_8439_2_8_2() {
        let key: [u8; 32] = std::array::from_fn(|i| 0x80 + i as u8);
        let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
        let data = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let mut text =
            *b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let tag =
            ChaCha20Poly1305::new(&key.into()).encrypt_inout_detached(&nonce.into(), &data, (&mut text[..]).into()).expect("it is short");
        assert_eq!(text[..16], [0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb, 0x7b, 0x86, 0xaf, 0xbc, 0x53, 0xef, 0x7e, 0xc2]);
        assert_eq!(tag[..], [0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a, 0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91]);
    }
}
