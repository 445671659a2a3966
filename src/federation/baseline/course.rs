//! How a federation came along: how many rows it visited, and how good it was where it was measured.

use serde::{Deserialize, Serialize};

use crate::federation::{Prepared, RoundRecord, first_broken};
use crate::scenario::Plan;
use crate::tasks::Metrics;

/// A federation's way so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Course {
    visits: u64,
    points: Vec<Point>,
}

/// A model on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Point {
    /// After which round of the federation.
    pub round: usize,
    /// Rows visited so far, each as often as it was.
    pub visits: u64,
    /// On the test rows.
    pub metrics: Metrics,
}

/// What a baseline may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// How many visits to rows.
    pub visits: u64,
    /// How many rounds the federation had for as many.
    pub rounds: usize,
}

impl Budget {
    /// The federation's round, from 1, at the same share of its visits as these are of the budget.
    pub(super) fn round(&self, visits: u64) -> usize {
        let before = u128::from(visits) * self.rounds as u128 / u128::from(self.visits.max(1));
        usize::try_from(before).unwrap_or(self.rounds).min(self.rounds.saturating_sub(1)) + 1
    }
}

impl Course {
    /// Takes a round in, in which each client made so many passes over its rows.
    pub fn round(&mut self, record: &RoundRecord, epochs: usize) {
        if record.outcome.is_completed() {
            self.visits += record.examples * epochs as u64;
        }
        self.points.extend(record.metrics.clone().map(|metrics| Point { round: record.round, visits: self.visits, metrics }));
    }

    /// The way to the model of `round`, at which it was measured: what came later was thrown away.
    #[must_use]
    pub(super) fn up_to(mut self, round: usize) -> Self {
        self.points.retain(|point| point.round <= round);
        self.visits = self.points.last().map_or(0, |point| point.visits);
        self
    }

    /// Wants the course of a federation that came as far as `round`.
    ///
    /// # Errors
    /// What is impossible about it.
    pub fn check(&self, plan: &Plan, prepared: &Prepared, round: usize) -> Result<(), String> {
        let due = || (0..=round).filter(|&round| plan.evaluation.is_due(round, plan.rounds));
        let rounds = || self.points.iter().map(|point| point.round);
        // A model that has settled is measured whether it is due or not.
        let is_measured = rounds().eq(due()) || rounds().eq(due().chain([round]));
        let rows = prepared.federation.train_rows().unwrap_or(0) as u128;
        let in_a_round = rows * plan.hyper.epochs as u128;
        let is_soon_enough = |point: &Point| u128::from(point.visits) <= in_a_round * point.round as u128 && point.visits <= self.visits;
        first_broken([
            (is_measured, "models of other rounds than were measured"),
            (u128::from(self.visits) <= in_a_round * round as u128, "more visits to rows than the rounds can have made"),
            (self.points.iter().all(is_soon_enough), "more visits to rows than the rounds can have made"),
            (self.points.is_sorted_by_key(|point| point.visits), "visits to rows that become fewer"),
            (self.points.iter().all(|point| point.metrics.is_possible(plan.model.task())), "a metric that no model has"),
        ])
    }

    /// Rows visited in all completed rounds. An aborted round's work was thrown away.
    pub fn visits(&self) -> u64 {
        self.visits
    }

    /// What a baseline may do, of this share of the federation's visits.
    pub(super) fn budget(&self, visits: u64) -> Budget {
        Budget { visits, rounds: self.points.last().map_or(0, |point| point.round) }
    }

    /// Where it was measured, in order.
    pub fn points(&self) -> &[Point] {
        &self.points
    }
}
