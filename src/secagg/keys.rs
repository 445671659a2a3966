//! Key pairs and what two of them agree on: X25519 (RFC 7748), then HKDF-SHA256 (RFC 5869) into one key a use.
//!
//! The salt is the session's id, so keys of different sums have nothing in common.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::messages::PublicKey;
use super::prg::PrgKey;
use super::session::Session;
use super::shamir::Secret;

const DOMAIN: &[u8] = b"fedsim/secagg/v1";

/// A pair of an X25519 secret and its public key.
#[derive(ZeroizeOnDrop)]
pub struct KeyPair {
    secret: StaticSecret,
    #[zeroize(skip)]
    public: PublicKey,
}

impl KeyPair {
    /// The pair of this secret.
    pub fn new(secret: &Secret) -> Self {
        let secret = StaticSecret::from(**secret);
        let public = x25519_dalek::PublicKey::from(&secret).to_bytes();
        Self { secret, public }
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The secret half, to be shared or to be used.
    pub(super) fn secret(&self) -> &StaticSecret {
        &self.secret
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({:02x?}..)", &self.public[..4])
    }
}

/// What two key pairs agree on, X25519's output; only ever the input of a key derivation.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SharedSecret([u8; 32]);

impl SharedSecret {
    /// The secret of these bytes; `None` for zeros, which a peer's key of small order would force.
    pub(super) fn new(bytes: [u8; 32]) -> Option<Self> {
        (bytes.iter().fold(0, |seen, byte| seen | byte) != 0).then_some(Self(bytes))
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of the two ends' mask; `low` is the public key of the client with the lower number.
    pub fn mask_key(&self, session: &Session, low: &PublicKey, high: &PublicKey) -> PrgKey {
        prg_key(&extract(session, &self.0), &[b"mask", low, high])
    }

    /// The keys of the boxes from `own` to `peer` and from `peer` to `own`: each way has its own.
    pub fn seal_keys(&self, session: &Session, own: &PublicKey, peer: &PublicKey) -> [Zeroizing<[u8; 32]>; 2] {
        let extracted = extract(session, &self.0);
        [[own, peer], [peer, own]].map(|[from, to]| {
            let mut key = Zeroizing::new([0; 32]);
            expand(&extracted, &[b"seal", from, to], &mut *key);
            key
        })
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

/// The key of the mask that a client lays over its vector itself, from the secret that its neighbours hold shares of.
pub fn self_mask_key(session: &Session, secret: &Secret, client: u32) -> PrgKey {
    prg_key(&extract(session, &**secret), &[b"self", &client.to_le_bytes()])
}

/// All that a client keeps secret in a round.
#[derive(Debug)]
pub struct ClientSecrets {
    /// The pair that boxes are sealed with, c in the paper.
    pub seal: KeyPair,
    /// The pair that masks are agreed with, s in the paper.
    pub mask: KeyPair,
    /// The secret half of `mask` once more, as it is shared.
    pub(super) mask_secret: Hidden,
    /// The seed of the client's own mask, b in the paper.
    pub(super) self_mask: Hidden,
    /// The key of the stream that the sharing polynomials come from.
    pub(super) coefficients: PrgKey,
}

/// A secret that print does not show.
pub(super) struct Hidden(pub Secret);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(..)")
    }
}

impl ClientSecrets {
    /// The secrets that a client draws in a session from a seed of its own; each has its own label.
    pub fn derive(seed: &Secret, session: &Session) -> Self {
        let extracted = extract(session, &**seed);
        let draw = |label: &[u8]| {
            let mut secret = Secret::default();
            expand(&extracted, &[b"client", label], &mut *secret);
            secret
        };
        let mask_secret = draw(b"mask secret");
        Self {
            seal: KeyPair::new(&draw(b"seal secret")),
            mask: KeyPair::new(&mask_secret),
            mask_secret: Hidden(mask_secret),
            self_mask: Hidden(draw(b"self mask")),
            coefficients: prg_key(&extracted, &[b"client", b"coefficients"]),
        }
    }
}

fn prg_key(extracted: &Hkdf<Sha256>, use_: &[&[u8]]) -> PrgKey {
    let mut key = Zeroizing::new([0; 16]);
    expand(extracted, use_, &mut *key);
    PrgKey::new(*key)
}

fn extract(session: &Session, secret: &[u8]) -> Hkdf<Sha256> {
    Hkdf::new(Some(session.id()), secret)
}

fn expand(extracted: &Hkdf<Sha256>, use_: &[&[u8]], key: &mut [u8]) {
    let info: Vec<&[u8]> = std::iter::once(DOMAIN).chain(use_.iter().copied()).collect();
    extracted.expand_multi_info(&info, key).expect("HKDF-SHA256 gives up to 8160 bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("it is hexadecimal")).collect()
    }

    /// A.1 to A.3: key material, salt, info and output.
    #[test]
    fn the_derivation_is_that_of_rfc_5869() {
        let run = |first: u8, last: u8| (first..=last).collect::<Vec<u8>>();
        let cases = [
            (
                vec![0x0b; 22],
                run(0, 0x0c),
                run(0xf0, 0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                run(0, 0x4f),
                run(0x60, 0xaf),
                run(0xb0, 0xff),
                concat!(
                    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09",
                    "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
                ),
            ),
            (
                vec![0x0b; 22],
                Vec::new(),
                Vec::new(),
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (material, salt, info, output) in cases {
            let mut key = vec![0; output.len() / 2];
            // In two parts, as `expand` gives it.
            let (first, second) = info.split_at(info.len() / 2);
            Hkdf::<Sha256>::new(Some(&salt), &material).expand_multi_info(&[first, second], &mut key).expect("it is short");
            assert_eq!(key, bytes(output));
        }
    }

    #[test]
    fn nothing_secret_shows_in_print() {
        let session = Session::named("test");
        let shown = format!("{:?}", ClientSecrets::derive(&Secret::new([0x41; 32]), &session));
        let secrets = ClientSecrets::derive(&Secret::new([0x41; 32]), &session);
        assert!(shown.contains("Hidden(..)") && shown.contains("PrgKey(..)"));
        assert!(!shown.contains(&format!("{:?}", &secrets.self_mask.0[..2]).replace(['[', ']'], "")), "{shown}");
    }

    /// Every key of three rounds among eight clients: masks of pairs, own masks, polynomials, boxes both ways. A counter
    /// always starts at zero and so does a nonce, so no two may be the same.
    #[test]
    fn no_key_serves_twice_over_rounds_pairs_ways_and_purposes() {
        let mut seen = std::collections::BTreeSet::new();
        let mut count = 0;
        let mut add = |key: &[u8]| {
            count += 1;
            assert!(seen.insert(key[..16].to_vec()), "a key serves twice");
        };
        for round in 0..3 {
            let session = Session::named(&format!("round {round}"));
            // The same seeds in every round: the session alone keeps them apart.
            let clients: Vec<ClientSecrets> = (0..8).map(|i| ClientSecrets::derive(&Secret::new([i; 32]), &session)).collect();
            for (number, client) in (0..).zip(&clients) {
                add(&client.coefficients.bytes());
                add(&self_mask_key(&session, &client.self_mask.0, number).bytes());
                for peer in &clients[number as usize + 1..] {
                    let agree = |own: &KeyPair, peer: &KeyPair| {
                        SharedSecret::new(own.secret().diffie_hellman(&(*peer.public()).into()).to_bytes()).expect("it is not zero")
                    };
                    let mask = agree(&client.mask, &peer.mask).mask_key(&session, client.mask.public(), peer.mask.public());
                    add(&mask.bytes());
                    let seal = agree(&client.seal, &peer.seal);
                    let [out, back] = seal.seal_keys(&session, client.seal.public(), peer.seal.public());
                    let [theirs_out, theirs_back] = seal.seal_keys(&session, peer.seal.public(), client.seal.public());
                    assert!(out == theirs_back && back == theirs_out);
                    add(&*out);
                    add(&*back);
                }
            }
        }
        // Two keys a client, three a pair.
        assert_eq!(count, 3 * (2 * 8 + 3 * 28));
    }
}
