//! Key agreement, each pair's computed once: the two ends of a pair come to the same secret, so a simulation that plays
//! both need not compute it twice. No message and no count depends on it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use curve25519_dalek::EdwardsPoint;
use curve25519_dalek::montgomery::MontgomeryPoint;

use super::keys::{KeyPair, SharedSecret};
use super::messages::PublicKey;
use crate::numeric::reduce::map;

/// Locks, so that threads seldom wait for each other.
const SHELVES: usize = 64;

/// The secrets that one end has computed and the other has not yet asked for.
#[derive(Debug, Default)]
pub struct Pairs {
    prepared: BTreeMap<PublicKey, Prepared>,
    shelves: Vec<Mutex<BTreeMap<[PublicKey; 2], SharedSecret>>>,
}

/// A public key as a point of the Edwards form, where scalar multiplication is faster than the ladder; `None` if the key
/// lies on the curve's twist.
#[derive(Debug)]
struct Prepared(Option<EdwardsPoint>);

impl Pairs {
    /// Nothing prepared, nothing shared: each agreement is computed as RFC 7748 has it, by the ladder.
    pub fn alone() -> Self {
        Self::default()
    }

    /// Shares the work among the owners of `keys`.
    pub fn among(keys: &[PublicKey]) -> Self {
        let points = map(keys, |key| Prepared(MontgomeryPoint(*key).to_edwards(0)));
        let shelves = (0..SHELVES).map(|_| Mutex::default()).collect();
        Self { prepared: keys.iter().copied().zip(points).collect(), shelves }
    }

    /// What `own` and the owner of `peer` agree on; `None` if that is zero, which only a forged key can bring about.
    pub fn agree(&self, own: &KeyPair, peer: &PublicKey) -> Option<SharedSecret> {
        if self.shelves.is_empty() {
            return SharedSecret::new(own.secret().diffie_hellman(&(*peer).into()).to_bytes());
        }
        let pair = if own.public() < peer { [*own.public(), *peer] } else { [*peer, *own.public()] };
        let shelf = &self.shelves[usize::from(pair[0][0] ^ pair[1][0]) % SHELVES];
        let lock = || shelf.lock().expect("no thread panics while it holds a shelf");
        if let Some(secret) = lock().remove(&pair) {
            return Some(secret);
        }
        let secret = self.compute(own, peer)?;
        lock().insert(pair, secret.clone());
        Some(secret)
    }

    /// The agreement itself, by the fastest way.
    pub(super) fn compute(&self, own: &KeyPair, peer: &PublicKey) -> Option<SharedSecret> {
        let bytes = match self.prepared.get(peer) {
            // The sign chosen for the point does not matter: the ladder knows u alone, and u is the same for P and -P.
            Some(Prepared(Some(point))) => point.mul_clamped(own.secret().to_bytes()).to_montgomery().to_bytes(),
            _ => own.secret().diffie_hellman(&(*peer).into()).to_bytes(),
        };
        SharedSecret::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secagg::shamir::Secret;

    fn bytes(hex: &str) -> [u8; 32] {
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("it is hexadecimal"))
    }

    /// The agreement by the ladder and by the Edwards form.
    fn agree(secret: &str, peer: &str) -> [Option<[u8; 32]>; 2] {
        let (own, peer) = (KeyPair::new(&Secret::new(bytes(secret))), bytes(peer));
        [Pairs::alone(), Pairs::among(&[peer])].map(|pairs| pairs.agree(&own, &peer).map(|secret| *secret.bytes()))
    }

    /// 5.2's two vectors.
    #[test]
    fn agreements_are_those_of_rfc_7748() {
        let cases = [
            (
                "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
            ),
            (
                "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
            ),
        ];
        for (secret, peer, shared) in cases {
            assert_eq!(agree(secret, peer), [Some(bytes(shared)); 2]);
        }
    }

    /// 6.1: Alice and Bob, whose second question finds the answer of the first.
    #[test]
    fn both_ends_agree_as_in_rfc_7748() {
        let pair = |secret| KeyPair::new(&Secret::new(bytes(secret)));
        let alice = pair("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        let bob = pair("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
        assert_eq!(*alice.public(), bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
        assert_eq!(*bob.public(), bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
        for pairs in [Pairs::alone(), Pairs::among(&[*alice.public(), *bob.public()])] {
            for (own, peer) in [(&alice, &bob), (&bob, &alice)] {
                let secret = pairs.agree(own, peer.public()).expect("it is not zero");
                assert_eq!(*secret.bytes(), bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
            }
        }
    }

    /// u = 0 and u = 1 have small order (RFC 7748, 6.1 and 7): every secret maps them to zero.
    #[test]
    fn a_forged_key_that_forces_the_secret_to_zero_is_refused() {
        let own = KeyPair::new(&Secret::new([5; 32]));
        for low in [0, 1] {
            let peer = std::array::from_fn(|i| if i == 0 { low } else { 0 });
            assert!(Pairs::alone().agree(&own, &peer).is_none());
            assert!(Pairs::among(&[peer]).agree(&own, &peer).is_none());
        }
    }

    #[test]
    fn agreements_are_those_of_openssl() {
        let file: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/openssl_x25519_aes_ctr.json")).expect("it is JSON");
        let cases = file["x25519"].as_array().expect("it is a list");
        assert_eq!(cases.len(), 64);
        for case in cases {
            let text = |key: &str| case[key].as_str().expect("a text");
            assert_eq!(agree(text("sk"), text("peer_pk")), [Some(bytes(text("shared"))); 2]);
        }
    }
}
