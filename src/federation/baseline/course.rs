//! How a federation came along: how many rows it visited, and how good it was where it was measured.

use serde::{Deserialize, Serialize};

use crate::federation::RoundRecord;
use crate::metrics::Metrics;

/// A federation's way so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    visits: u64,
    points: Vec<Point>,
}

/// A model on its way.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Point {
    /// After which round of the federation.
    pub round: usize,
    /// Rows visited so far, each as often as it was.
    pub visits: u64,
    /// On the test rows.
    pub metrics: Metrics,
}

impl Course {
    /// Takes a round in, in which each client made so many passes over its rows.
    pub fn round(&mut self, record: &RoundRecord, epochs: usize) {
        if record.outcome.is_completed() {
            self.visits += record.examples * epochs as u64;
        }
        self.points.extend(record.metrics.map(|metrics| Point { round: record.round, visits: self.visits, metrics }));
    }

    /// The way to the model of `round`, at which it was measured: what came later was thrown away.
    #[must_use]
    pub(super) fn up_to(mut self, round: usize) -> Self {
        self.points.retain(|point| point.round <= round);
        self.visits = self.points.last().map_or(0, |point| point.visits);
        self
    }

    /// Rows visited in all completed rounds. An aborted round's work was thrown away.
    pub fn visits(&self) -> u64 {
        self.visits
    }

    /// Where it was measured, in order.
    pub fn points(&self) -> &[Point] {
        &self.points
    }
}
