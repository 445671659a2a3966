//! What a sum's clients know of it beforehand.

use super::agreement::Agreement;
use super::messages::PublicKey;
use super::occasion::Occasion;

/// What all clients know before a sum begins, from outside and from the course of the run; nothing of it is the server's word.
#[derive(Clone, Debug)]
pub struct Rules<'a> {
    /// Which sum it is.
    pub occasion: Occasion<'a>,
    /// What was agreed on for cohorts of this size.
    pub agreement: &'a Agreement,
    /// Coordinates of a vector.
    pub length: usize,
    /// Against an active server: every client's public signing key. None against a semi-honest one.
    pub identities: Option<Vec<PublicKey>>,
    /// Whether the sum is over the whole cohort or there is none: earlier sums were over the same clients, and beside these, one over
    /// fewer would show what those sent that it lacks.
    pub is_frozen: bool,
}

impl Rules<'_> {
    /// Shares that give a secret back, t.
    pub fn threshold(&self) -> usize {
        self.agreement.threshold()
    }
}
