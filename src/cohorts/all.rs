//! Every client, every round: cross-silo federation (Kairouz et al. 2021, "Advances and Open Problems in Federated
//! Learning", table 1).

use super::Cohort;
use crate::numeric::rng::Streams;
use crate::registry::Entry;
use crate::settings::Table;

/// Every client.
#[derive(Clone, Copy, Debug)]
pub struct All;

impl All {
    pub(super) const ENTRY: Entry =
        Entry { kind: "all", summary: "every client, every round", paper: "Kairouz et al., FnT ML 2021", example: "", argument: None };

    pub(super) fn read(_: &mut Table) -> Self {
        Self
    }
}

impl Cohort for All {
    fn select(&self, clients: usize, _: usize, _: &Streams) -> Vec<usize> {
        (0..clients).collect()
    }

    fn draws(&self, clients: usize) -> (usize, f64) {
        (clients, 1.0)
    }

    fn largest(&self, clients: usize) -> usize {
        clients
    }
}
