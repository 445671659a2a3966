//! A fixed number of clients, each set equally likely: the sampling of McMahan et al., AISTATS 2017, Algorithm 1.

use super::Cohort;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::subset;
use crate::registry::Entry;
use crate::settings::Table;

/// `size` clients, without replacement.
#[derive(Clone, Copy, Debug)]
pub struct Uniform {
    size: usize,
}

impl Uniform {
    pub(super) const ENTRY: Entry = Entry {
        kind: "uniform",
        summary: "`size` clients, each set equally likely",
        paper: "McMahan et al., AISTATS 2017",
        example: "size = 3",
        argument: Some("size"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { size: table.required_count("size", 1..=1_000_000_000) }
    }
}

impl Cohort for Uniform {
    fn select(&self, clients: usize, round: usize, streams: &Streams) -> Vec<usize> {
        subset(self.size, clients, &mut streams.stream(Purpose::Cohort, round, 0))
    }

    fn draws(&self, _: usize) -> (usize, f64) {
        (self.size, 1.0)
    }

    fn largest(&self, _: usize) -> usize {
        self.size
    }
}
