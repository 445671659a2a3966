//! What the clients of one cohort and the server agree on before a round: threshold, graph, ring, adversary.

use serde::{Deserialize, Serialize};

use super::degree::{Degree, Rates};
use super::graph::Graph;
use super::occasion::Occasion;
use super::ring::Ring;
use crate::numeric::rng::Streams;

/// What the server is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Adversary {
    /// It follows the protocol and tries to learn from what it sees, together with some clients.
    SemiHonest,
    /// It may send anything: clients sign their keys and the survivors.
    Active,
}

/// Who is whose neighbour, before it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    /// Everyone everyone's, with so many shares that suffice.
    Complete {
        /// t.
        threshold: usize,
    },
    /// k neighbours each.
    Regular(Degree),
}

/// An agreement for cohorts of one size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    clients: usize,
    shape: Shape,
    ring: Ring,
    adversary: Adversary,
    rates: Rates,
}

impl Agreement {
    /// The agreement of `clients` clients.
    ///
    /// # Panics
    /// If a threshold is below 2, since one share would then uncover a client; or if a degree is odd, or not below the
    /// number of clients.
    pub fn new(clients: usize, shape: Shape, ring: Ring, adversary: Adversary, rates: Rates) -> Self {
        let threshold = match shape {
            Shape::Complete { threshold } | Shape::Regular(Degree { threshold, .. }) => threshold,
        };
        assert!(threshold >= 2, "one share alone must not give a secret back");
        if let Shape::Regular(Degree { degree, .. }) = shape {
            assert!(degree.is_multiple_of(2) && degree < clients, "{degree} neighbours among {clients} clients");
        }
        Self { clients, shape, ring, adversary, rates }
    }

    /// Clients in the cohort.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// Shares that give a secret back, t.
    pub fn threshold(&self) -> usize {
        match self.shape {
            Shape::Complete { threshold } | Shape::Regular(Degree { threshold, .. }) => threshold,
        }
    }

    /// Who is whose neighbour, before it is drawn.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Clients that a client shares its secrets with.
    pub fn neighbours(&self) -> usize {
        match self.shape {
            Shape::Complete { .. } => self.clients - 1,
            Shape::Regular(degree) => degree.degree,
        }
    }

    /// What vectors are made of.
    pub fn ring(&self) -> Ring {
        self.ring
    }

    /// What the server is trusted with.
    pub fn adversary(&self) -> Adversary {
        self.adversary
    }

    /// Whether an owner keeps one of its own shares. In the complete graph it does, as in Bonawitz et al.; among k neighbours only
    /// the neighbours hold shares.
    pub fn owner_holds_a_share(&self) -> bool {
        matches!(self.shape, Shape::Complete { .. })
    }

    /// Clients that may collude with the server, by the rate that was agreed on.
    pub fn colluders_max(&self) -> usize {
        self.rates.corrupt_max(self.clients)
    }

    /// The graph of a sum.
    pub fn graph(&self, streams: &Streams, occasion: &Occasion<'_>) -> Graph {
        match self.shape {
            Shape::Complete { .. } => Graph::Complete { clients: self.clients },
            Shape::Regular(Degree { degree, .. }) => Graph::regular(self.clients, degree, streams, occasion),
        }
    }

    /// Whether the server learns nothing but the sum when `colluders` clients tell it all they know: n_c < t, and
    /// 2t > n + n_c if it may lie (Bonawitz et al., CCS 2017, theorems 6.3 and 6.5); the bounds of Bell et al. for k
    /// neighbours.
    pub fn is_safe_from(&self, colluders: usize) -> bool {
        match self.shape {
            Shape::Complete { threshold } => {
                colluders < threshold && (self.adversary == Adversary::SemiHonest || 2 * threshold > self.clients + colluders)
            }
            Shape::Regular(degree) => degree.withstands(self.clients, colluders, self.rates.dropout_max(self.clients)),
        }
    }

    /// For 0, 1, ... up to all clients that collude with the server: is it safe, and how many inputs of others are left in
    /// the sum over `survivors` clients. One is full disclosure: the colluders know their own inputs.
    pub fn collusion_table(&self, survivors: usize) -> Vec<Collusion> {
        let row = |colluders: usize| Collusion {
            colluders,
            is_safe: self.is_safe_from(colluders),
            // At worst all colluders are among the survivors.
            honest_left: survivors.saturating_sub(colluders),
        };
        (0..=self.clients).map(row).collect()
    }
}

/// One line of the collusion table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collusion {
    /// Clients that tell the server all they know, n_c.
    pub colluders: usize,
    /// Whether the server learns nothing but the sum.
    pub is_safe: bool,
    /// Inputs in the sum that are not the colluders' own.
    pub honest_left: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: Rates = Rates { corrupt: 0.0, dropout: 0.0 };

    fn complete(clients: usize, threshold: usize, adversary: Adversary) -> Agreement {
        Agreement::new(clients, Shape::Complete { threshold }, Ring::new(32), adversary, RATES)
    }

    /// n = 10: t = 6 stands five colluders; against an active server t = 7 stands three, as 14 > 10 + 3.
    #[test]
    fn the_collusion_table_ends_where_the_theorems_say() {
        let safe = |agreement: Agreement| agreement.collusion_table(9).iter().filter(|row| row.is_safe).count();
        assert_eq!(safe(complete(10, 6, Adversary::SemiHonest)), 6);
        assert_eq!(safe(complete(10, 7, Adversary::Active)), 4);
        assert_eq!(safe(complete(10, 5, Adversary::Active)), 0);
        let table = complete(10, 6, Adversary::SemiHonest).collusion_table(9);
        assert_eq!(table[8], Collusion { colluders: 8, is_safe: false, honest_left: 1 });
        assert_eq!((table.len(), table[10].honest_left), (11, 0));
    }

    /// The reference degree for a tenth corrupt stands ten of a hundred, and by its least threshold not many more.
    #[test]
    fn k_neighbours_stand_what_they_were_found_for() {
        let rates = Rates { corrupt: 0.1, dropout: 0.1 };
        let shape = Shape::Regular(Degree { degree: 22, threshold: 11 });
        let agreement = Agreement::new(100, shape, Ring::new(32), Adversary::SemiHonest, rates);
        assert!(agreement.is_safe_from(10) && !agreement.is_safe_from(15));
    }
}
