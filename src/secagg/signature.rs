//! Signatures against an active server (Ed25519, RFC 8032): over a client's keys, and over the list of survivors.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use super::messages::PublicKey;
use super::messages::{Advertisement, Signature};
use super::session::Session;
use super::shamir::Secret;

/// A client's long-lived signing key. Its public half is known to all clients from outside the protocol.
pub struct Identity(SigningKey);

impl Identity {
    /// The identity of this secret.
    pub fn new(secret: &Secret) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.0.verifying_key().to_bytes()
    }

    /// The signature over `statement`.
    pub fn sign(&self, statement: &[u8]) -> Signature {
        self.0.sign(statement).to_bytes()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// Whether `signature` is that of the owner of `public` over `statement`.
pub fn is_signed(public: &PublicKey, statement: &[u8], signature: &Signature) -> bool {
    let Ok(public) = VerifyingKey::from_bytes(public) else { return false };
    public.verify_strict(statement, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
}

/// What a client signs of its keys.
pub fn keys_statement(session: &Session, keys: &Advertisement) -> Vec<u8> {
    [b"fedsim/secagg/v1 keys", &session.id()[..], &keys.client.to_le_bytes(), &keys.seal, &keys.mask].concat()
}

/// What a client signs of the survivors.
pub fn survivors_statement(session: &Session, survivors: &[u32]) -> Vec<u8> {
    let mut statement = [b"fedsim/secagg/v1 survivors", &session.id()[..]].concat();
    statement.extend(survivors.iter().flat_map(|client| client.to_le_bytes()));
    statement
}
