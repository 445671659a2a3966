//! What a sum is about. Every key of a sum derives from its session, and a session binds everything that the sum's plaintexts
//! depend on, so that no key ever serves two of them.

use super::agreement::{Adversary, Agreement, Shape};
use super::messages::Invitation;
use super::occasion::Occasion;
use crate::numeric::digest::{Hash, Hasher};

const DOMAIN: &[u8] = b"fedsim/secagg/v2 session";

/// A session's id: SHA-256 over the occasion, the agreement, the vector's length, the cohort and what was broadcast.
///
/// Each party works it out from what it knows and what it was sent. Parties that were told different things end in different
/// sessions: their boxes don't open for each other and their masks don't cancel, so a server can't sum over clients that it
/// told different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session([u8; 32]);

impl Session {
    /// The session of a sum of vectors of `length`, among the cohort and in the round that the invitation names, of whoever was
    /// sent a broadcast of this SHA-256.
    pub fn new(occasion: &Occasion<'_>, agreement: &Agreement, length: usize, invitation: &Invitation, broadcast: &Hash) -> Self {
        let mut hash = Hasher::default();
        for text in [DOMAIN, occasion.run.as_bytes(), occasion.purpose.as_bytes()] {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        let (degree, threshold) = match agreement.shape() {
            Shape::Complete { threshold } => (0, threshold),
            Shape::Regular(degree) => (degree.degree, degree.threshold),
        };
        let adversary = match agreement.adversary() {
            Adversary::SemiHonest => 0,
            Adversary::Active => 1,
        };
        let sizes = [agreement.clients(), degree, threshold, agreement.ring().bits() as usize, adversary, length];
        for number in [invitation.round, invitation.exchange].into_iter().chain(sizes.map(|size| size as u64)) {
            hash.update(&number.to_le_bytes());
        }
        hash.update(&invitation.cohort);
        hash.update(&broadcast.bytes());
        Self(hash.finish().bytes())
    }

    /// The session's id.
    pub fn id(&self) -> &[u8; 32] {
        &self.0
    }

    /// A session in which parts of the protocol are tried by themselves.
    pub fn named(name: &str) -> Self {
        Self(Hash::of(name.as_bytes()).bytes())
    }
}

/// SHA-256 over the clients of a cohort, ascending, each as 8 bytes.
pub fn cohort_hash(cohort: &[usize]) -> [u8; 32] {
    let mut hash = Hasher::default();
    cohort.iter().for_each(|&client| hash.update(&(client as u64).to_le_bytes()));
    hash.finish().bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secagg::degree::{Degree, Rates};
    use crate::secagg::ring::Ring;

    fn agreement(clients: usize, threshold: usize, bits: u32, adversary: Adversary) -> Agreement {
        let rates = Rates { corrupt: 0.0, dropout: 0.0 };
        Agreement::new(clients, Shape::Complete { threshold }, Ring::new(bits), adversary, rates)
    }

    /// Everything in turn that a sum depends on, changed while all else stays.
    #[test]
    fn sessions_differ_in_whatever_a_sum_depends_on() {
        let occasion = Occasion { run: "run", purpose: "updates", round: 1, exchange: 0 };
        let (agreed, cohort, broadcast) = (agreement(5, 3, 40, Adversary::SemiHonest), [1, 2, 3, 4, 5], Hash::of(b"model"));
        let invite = |round, exchange, cohort: &[usize]| Invitation { round, exchange, clients: 5, cohort: cohort_hash(cohort) };
        let regular = Shape::Regular(Degree { degree: 4, threshold: 3 });
        let rates = Rates { corrupt: 0.0, dropout: 0.0 };
        let sessions = [
            Session::new(&occasion, &agreed, 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&Occasion { run: "runu", purpose: "pdates", ..occasion }, &agreed, 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&Occasion { run: "another run", ..occasion }, &agreed, 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&Occasion { purpose: "counts", ..occasion }, &agreed, 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&occasion, &agreed, 7, &invite(2, 0, &cohort), &broadcast),
            Session::new(&occasion, &agreed, 7, &invite(1, 1, &cohort), &broadcast),
            Session::new(&occasion, &agreed, 7, &invite(1, 0, &[1, 2, 3, 4, 6]), &broadcast),
            Session::new(&occasion, &agreed, 7, &invite(1, 0, &cohort), &Hash::of(b"another model")),
            Session::new(&occasion, &agreed, 8, &invite(1, 0, &cohort), &broadcast),
            Session::new(&occasion, &agreement(6, 3, 40, Adversary::SemiHonest), 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&occasion, &agreement(5, 4, 40, Adversary::SemiHonest), 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&occasion, &agreement(5, 3, 41, Adversary::SemiHonest), 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(&occasion, &agreement(5, 3, 40, Adversary::Active), 7, &invite(1, 0, &cohort), &broadcast),
            Session::new(
                &occasion,
                &Agreement::new(5, regular, Ring::new(40), Adversary::SemiHonest, rates),
                7,
                &invite(1, 0, &cohort),
                &broadcast,
            ),
        ];
        for (at, session) in sessions.iter().enumerate() {
            assert!(!sessions[..at].contains(session), "session {at} was there before");
        }
    }
}
