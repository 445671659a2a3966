//! Each client with the same probability, independently: the sampling that privacy accounting assumes (McMahan et al.
//! 2018, "Learning Differentially Private Recurrent Language Models", ICLR, Algorithm 1).

use super::Cohort;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::bernoulli_subset;
use crate::registry::Entry;
use crate::settings::{SHARE, Table};

/// Each client with probability `rate`; a round may have none.
#[derive(Clone, Copy, Debug)]
pub struct Poisson {
    rate: f64,
}

impl Poisson {
    pub(super) const ENTRY: Entry = Entry {
        kind: "poisson",
        summary: "each client with probability `rate`; a round may have none",
        paper: "McMahan et al., ICLR 2018",
        example: "rate = 0.5",
        argument: Some("rate"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { rate: table.number("rate", 0.1, SHARE) }
    }
}

impl Cohort for Poisson {
    fn select(&self, clients: usize, round: usize, streams: &Streams) -> Vec<usize> {
        bernoulli_subset(self.rate, clients, &mut streams.stream(Purpose::Cohort, round, 0))
    }

    fn draws(&self, clients: usize) -> (usize, f64) {
        (clients, self.rate)
    }

    fn largest(&self, clients: usize) -> usize {
        clients
    }
}
