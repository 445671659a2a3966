//! What clients and server say to each other, each message with its bytes: numbers little-endian, lists after their length.

use std::collections::BTreeMap;

use super::ring::{Ring, Words};
use super::shamir::{SHARE_BYTES, Share};

/// A public key.
pub type PublicKey = [u8; 32];

/// Bytes of a box: two numbers, two shares, and the tag.
pub const BOX_BYTES: usize = CONTENT_BYTES + TAG_BYTES;

pub(super) const CONTENT_BYTES: usize = 8 + 2 * SHARE_BYTES;
pub(super) const TAG_BYTES: usize = 16;

/// A sealed box as it travels.
pub type SealedBox = [u8; BOX_BYTES];

/// An Ed25519 signature.
pub type Signature = [u8; 64];

/// A message that can be sent.
pub trait Message: Sized {
    /// Appends the message's bytes.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Reads one from the front of `bytes`; `None` if it is malformed.
    fn read(bytes: &mut Unread<'_>) -> Option<Self>;

    /// The message as it travels.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// The message of these bytes, all of them; `None` if it is malformed.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut unread = Unread(bytes);
        let message = Self::read(&mut unread)?;
        unread.0.is_empty().then_some(message)
    }
}

/// Bytes that have arrived and are not read yet.
#[derive(Debug)]
pub struct Unread<'a>(&'a [u8]);

impl<'a> Unread<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A list of items of at least `item_bytes` each; of no more than the bytes that are left can hold, so that a forged
    /// length reserves nothing.
    fn list<T>(&mut self, item_bytes: usize, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.number()? as usize;
        let mut items = Vec::with_capacity(length.min(self.0.len() / item_bytes));
        for _ in 0..length {
            items.push(item(self)?);
        }
        Some(items)
    }
}

fn write_number(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn write_list<T>(bytes: &mut Vec<u8>, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    write_number(bytes, u32::try_from(items.len()).expect("a cohort has fewer than 2^32 clients"));
    items.iter().for_each(|one| item(bytes, one));
}

/// Stage 0, down: which sum begins, and among whom. What was broadcast with it is no part of it: a client hashes what it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The round, from 1; 0 before the first.
    pub round: u64,
    /// Which of the round's sums, from 0.
    pub exchange: u64,
    /// Clients in the cohort.
    pub clients: u32,
    /// SHA-256 over the cohort.
    pub cohort: [u8; 32],
}

/// Stage 0, up: a client's public keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// Whose they are.
    pub client: u32,
    /// The key for boxes, c in the paper.
    pub seal: PublicKey,
    /// The key for masks, s in the paper.
    pub mask: PublicKey,
    /// Over session, client and keys, against an active server.
    pub signature: Option<Signature>,
}

/// Stage 1, down: the keys of a client's neighbours and its own, by client.
#[derive(Clone, Debug)]
pub struct KeyBook(pub Vec<Advertisement>);

/// Stage 1, up: a client's boxes and whom they are for.
#[derive(Clone, Debug)]
pub struct SealedShares {
    /// Who sealed them.
    pub client: u32,
    /// Receiver and box.
    pub boxes: Vec<(u32, SealedBox)>,
}

/// Stage 2, down: the boxes for a client and whom they are from.
#[derive(Clone, Debug)]
pub struct Inbox(pub Vec<(u32, SealedBox)>);

/// Stage 2, up: a client's masked vector.
#[derive(Clone, Debug)]
pub struct MaskedInput {
    /// Whose it is.
    pub client: u32,
    /// The vector under its masks: only masking makes one, so that no vector gets here bare.
    pub(super) words: Words,
}

/// Stages 3 and 4, down: who has sent a masked vector, as far as it concerns the client, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivors(pub Vec<u32>);

/// Stage 3, up: a client's signature over the survivors.
#[derive(Clone, Debug)]
pub struct SignedSurvivors {
    /// Who signed.
    pub client: u32,
    /// Over session and survivors.
    pub signature: Signature,
}

/// Stage 4, down, against an active server: all signatures over the survivors.
#[derive(Clone, Debug)]
pub struct Signatures(pub Vec<SignedSurvivors>);

/// One of the two shares that a client holds of another's secrets; never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevealedShare {
    /// Of the seed of the owner's own mask: the owner survived.
    SelfMask(Share),
    /// Of the key of the owner's pairwise masks: the owner dropped out.
    MaskKey(Share),
}

/// Stage 4, up: one share an owner.
#[derive(Clone, Debug)]
pub struct Reveal {
    /// Who reveals.
    pub client: u32,
    /// The share of each owner's: a map, so that no owner has two.
    pub shares: BTreeMap<u32, RevealedShare>,
}

impl Message for Invitation {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.round.to_le_bytes());
        bytes.extend_from_slice(&self.exchange.to_le_bytes());
        write_number(bytes, self.clients);
        bytes.extend_from_slice(&self.cohort);
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        let [round, exchange] = [bytes.array()?, bytes.array()?].map(u64::from_le_bytes);
        Some(Self { round, exchange, clients: bytes.number()?, cohort: bytes.array()? })
    }
}

impl Message for Advertisement {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_number(bytes, self.client);
        bytes.extend_from_slice(&self.seal);
        bytes.extend_from_slice(&self.mask);
        bytes.push(u8::from(self.signature.is_some()));
        bytes.extend(self.signature.iter().flatten());
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        let (client, seal, mask) = (bytes.number()?, bytes.array()?, bytes.array()?);
        let signature = match bytes.array()? {
            [0] => None,
            [1] => Some(bytes.array()?),
            _ => return None,
        };
        Some(Self { client, seal, mask, signature })
    }
}

impl Message for KeyBook {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, &self.0, |bytes, keys| keys.write(bytes));
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        bytes.list(4 + 32 + 32 + 1, Advertisement::read).map(Self)
    }
}

fn write_box(bytes: &mut Vec<u8>, (end, sealed): &(u32, SealedBox)) {
    write_number(bytes, *end);
    bytes.extend_from_slice(sealed);
}

fn read_box(bytes: &mut Unread<'_>) -> Option<(u32, SealedBox)> {
    Some((bytes.number()?, bytes.array::<BOX_BYTES>()?))
}

impl Message for SealedShares {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_number(bytes, self.client);
        write_list(bytes, &self.boxes, write_box);
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        Some(Self { client: bytes.number()?, boxes: bytes.list(4 + BOX_BYTES, read_box)? })
    }
}

impl Message for Inbox {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, &self.0, write_box);
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        bytes.list(4 + BOX_BYTES, read_box).map(Self)
    }
}

impl Message for MaskedInput {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_number(bytes, self.client);
        bytes.push(self.words.ring().bits() as u8);
        write_number(bytes, u32::try_from(self.words.len()).expect("a vector has fewer than 2^32 coordinates"));
        bytes.extend_from_slice(&self.words.pack());
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        let (client, [bits], length) = (bytes.number()?, bytes.array()?, bytes.number()? as usize);
        let ring = Ring::new(Some(u32::from(bits)).filter(|&bits| Ring::is_possible(bits))?);
        let words = Words::unpack(ring, length, bytes.take(ring.packed_bytes(length))?)?;
        Some(Self { client, words })
    }
}

impl Message for Survivors {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, &self.0, |bytes, &client| write_number(bytes, client));
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        bytes.list(4, Unread::number).map(Self)
    }
}

impl Message for SignedSurvivors {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_number(bytes, self.client);
        bytes.extend_from_slice(&self.signature);
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        Some(Self { client: bytes.number()?, signature: bytes.array()? })
    }
}

impl Message for Signatures {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_list(bytes, &self.0, |bytes, signed| signed.write(bytes));
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        bytes.list(4 + 64, SignedSurvivors::read).map(Self)
    }
}

impl Message for Reveal {
    fn write(&self, bytes: &mut Vec<u8>) {
        write_number(bytes, self.client);
        write_number(bytes, u32::try_from(self.shares.len()).expect("a cohort has fewer than 2^32 clients"));
        for (owner, revealed) in &self.shares {
            let (kind, share) = match revealed {
                RevealedShare::SelfMask(share) => (0, share),
                RevealedShare::MaskKey(share) => (1, share),
            };
            write_number(bytes, *owner);
            bytes.push(kind);
            bytes.extend_from_slice(&share.to_bytes());
        }
    }

    fn read(bytes: &mut Unread<'_>) -> Option<Self> {
        let client = bytes.number()?;
        let listed = bytes.list(4 + 1 + SHARE_BYTES, |bytes| {
            let (owner, [kind], share) = (bytes.number()?, bytes.array()?, bytes.array::<SHARE_BYTES>()?);
            let share = Share::from_bytes(&share)?;
            match kind {
                0 => Some((owner, RevealedShare::SelfMask(share))),
                1 => Some((owner, RevealedShare::MaskKey(share))),
                _ => None,
            }
        })?;
        let count = listed.len();
        let shares: BTreeMap<u32, RevealedShare> = listed.into_iter().collect();
        // An owner listed twice would be a client that gives two shares.
        (shares.len() == count).then_some(Self { client, shares })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Share {
        Share::from_bytes(&[1; SHARE_BYTES]).expect("it is below p")
    }

    #[test]
    fn lengths_are_those_of_the_fields() {
        let keys = Advertisement { client: 1, seal: [2; 32], mask: [3; 32], signature: None };
        assert_eq!(keys.to_bytes().len(), 4 + 32 + 32 + 1);
        assert_eq!(KeyBook(vec![Advertisement { signature: Some([4; 64]), ..keys }; 3]).to_bytes().len(), 4 + 3 * 133);
        assert_eq!(Inbox(vec![(1, [0; BOX_BYTES]); 2]).to_bytes().len(), 4 + 2 * (4 + 104));
        let masked = MaskedInput { client: 1, words: Words::new(Ring::new(20), vec![7; 1000]) };
        assert_eq!(masked.to_bytes().len(), 9 + 1000 * 20 / 8);
        let reveal = Reveal { client: 1, shares: [(2, RevealedShare::MaskKey(share()))].into() };
        assert_eq!(reveal.to_bytes().len(), 8 + 45);
    }

    #[test]
    fn a_message_cut_short_or_drawn_out_is_refused() {
        let masked = MaskedInput { client: 1, words: Words::new(Ring::new(12), vec![7, 8, 9]) };
        let mut bytes = masked.to_bytes();
        let back = MaskedInput::from_bytes(&bytes).expect("it is whole");
        assert_eq!((back.client, back.words), (1, masked.words));
        assert!(MaskedInput::from_bytes(&bytes[..bytes.len() - 1]).is_none());
        bytes.push(0);
        assert!(MaskedInput::from_bytes(&bytes).is_none());
        bytes[4] = 65;
        assert!(MaskedInput::from_bytes(&bytes).is_none());
        assert!(Survivors::from_bytes(&[0xff; 8]).is_none());
    }

    #[test]
    fn a_reveal_that_lists_an_owner_twice_is_refused() {
        let reveal = Reveal { client: 1, shares: [(2, RevealedShare::SelfMask(share())), (3, RevealedShare::MaskKey(share()))].into() };
        let mut bytes = reveal.to_bytes();
        assert_eq!(Reveal::from_bytes(&bytes).map(|reveal| reveal.shares), Some(reveal.shares));
        // The second owner's number starts after two numbers and one entry.
        bytes[8 + 45] = 2;
        assert!(Reveal::from_bytes(&bytes).is_none());
    }
}
