//! What decisions cost in money: a missed positive and a false alarm, each its price (Elkan, "The Foundations of
//! Cost-Sensitive Learning", IJCAI 2001; a right decision costs nothing).

use crate::diag::Problem;
use crate::settings::{Bound, Limit, Table};

/// The columns that [`ExpectedCost::values`] fills.
pub const NAMES: [&str; 3] = ["cost", "cost_best", "threshold_best"];

/// `evaluation.cost`: prices in one currency, whichever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Of a positive row that was decided 0.
    pub false_negative: f64,
    /// Of a negative row that was decided 1.
    pub false_positive: f64,
}

/// A price, far enough below the greatest number that those of all rows can be added.
const PRICE: Limit = Limit::new("a number from 0 to 1e15", Bound::At(0.0), Bound::At(1e15));

/// What a row costs on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpectedCost {
    /// At the scenario's threshold.
    pub at_threshold: f64,
    /// At the threshold that costs least on the validation rows, or on the training rows where there are none.
    pub at_best: f64,
    /// That threshold.
    pub best_threshold: f64,
}

impl ExpectedCost {
    /// The figures in the order of [`NAMES`].
    pub fn values(&self) -> [f64; 3] {
        [self.at_threshold, self.at_best, self.best_threshold]
    }
}

impl Costs {
    /// Reads the table `cost`; `None` if it is absent.
    pub(super) fn read(table: &mut Table) -> Option<Self> {
        if !table.is_given("cost") {
            return None;
        }
        if !table.is_table("cost") {
            // It says what it wants instead; the keys of a table that is none are no further mistakes.
            table.table("cost");
            return None;
        }
        let mut cost = table.table("cost");
        let mut price = |key: &str| {
            let problem = Problem::new(format!("missing key `{key}` in evaluation.cost")).at(cost.place(), "needs both prices");
            cost.required_number(key, 1.0, PRICE, problem.help("for instance cost = { fn = 10, fp = 1 }"))
        };
        let costs = Self { false_negative: price("fn"), false_positive: price("fp") };
        if costs == (Self { false_negative: 0.0, false_positive: 0.0 }) {
            cost.push(Problem::new("every decision costs nothing").at(cost.place(), "`fn` and `fp` are both 0").help("give one a price"));
        }
        cost.finish();
        Some(costs)
    }

    /// The mean cost of a row at a threshold; labels, (rows,), and scores, (rows,). 0 if there are no rows.
    pub fn per_row(&self, labels: &[bool], scores: &[f64], threshold: f64) -> f64 {
        let (mut missed, mut alarms) = (0_u64, 0_u64);
        for (&label, &score) in labels.iter().zip(scores) {
            let decided = score >= threshold;
            missed += u64::from(label && !decided);
            alarms += u64::from(!label && decided);
        }
        self.of_counts(missed, alarms) / labels.len().max(1) as f64
    }

    /// The threshold at which rows cost least: a score of theirs, or just above the greatest, where none is decided 1. Of
    /// equally good ones the greatest. 1 if there are no rows.
    pub fn best_threshold(&self, labels: &[bool], scores: &[f64]) -> f64 {
        let mut ranked: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
        ranked.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let Some((greatest, _)) = ranked.first() else { return 1.0 };
        let mut missed = labels.iter().filter(|&&label| label).count() as u64;
        let mut alarms = 0;
        let mut best = (self.of_counts(missed, alarms), greatest.next_up());
        for tied in ranked.chunk_by(|a, b| a.0 == b.0) {
            let hits = tied.iter().filter(|(_, label)| *label).count() as u64;
            missed -= hits;
            alarms += tied.len() as u64 - hits;
            let cost = self.of_counts(missed, alarms);
            if cost < best.0 {
                best = (cost, tied[0].0);
            }
        }
        best.1
    }

    /// What one decision costs.
    pub fn of_decision(&self, label: bool, decided: bool) -> f64 {
        self.of_counts(u64::from(label && !decided), u64::from(!label && decided))
    }

    fn of_counts(&self, missed: u64, alarms: u64) -> f64 {
        self.false_negative * missed as f64 + self.false_positive * alarms as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_TO_ONE: Costs = Costs { false_negative: 10.0, false_positive: 1.0 };
    const LABELS: [bool; 5] = [true, false, true, false, false];
    const SCORES: [f64; 5] = [0.9, 0.8, 0.4, 0.3, 0.1];

    /// By hand: at 0.5 one of two positives is missed and one of three negatives raises an alarm: (10 + 1) / 5.
    #[test]
    fn a_missed_positive_and_a_false_alarm_each_cost_their_price() {
        assert_eq!(TEN_TO_ONE.per_row(&LABELS, &SCORES, 0.5), 11.0 / 5.0);
        // A score on the threshold decides for 1: both positives found, one alarm.
        assert_eq!(TEN_TO_ONE.per_row(&LABELS, &SCORES, 0.4), 1.0 / 5.0);
    }

    #[test]
    fn the_best_threshold_costs_no_more_than_any_other() {
        for costs in [TEN_TO_ONE, Costs { false_negative: 1.0, false_positive: 10.0 }, Costs { false_negative: 1.0, false_positive: 1.0 }] {
            let best = costs.per_row(&LABELS, &SCORES, costs.best_threshold(&LABELS, &SCORES));
            for threshold in SCORES.into_iter().chain([0.0, 0.35, 1.0]) {
                assert!(best <= costs.per_row(&LABELS, &SCORES, threshold));
            }
        }
        assert_eq!(TEN_TO_ONE.best_threshold(&LABELS, &SCORES), 0.4);
    }

    #[test]
    fn alarms_that_cost_too_much_are_never_raised() {
        let costs = Costs { false_negative: 1.0, false_positive: 100.0 };
        let threshold = costs.best_threshold(&[false, true], &[0.9, 0.2]);
        assert!(threshold > 0.9 && costs.per_row(&[false, true], &[0.9, 0.2], threshold) == 0.5);
        assert_eq!(costs.best_threshold(&[], &[]), 1.0);
    }
}
