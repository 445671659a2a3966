//! Early stopping: a run ends when its metric has not got better for a while (Prechelt, "Early Stopping - But When?",
//! Neural Networks: Tricks of the Trade, 1998; here with patience, counted in measurements).

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::metrics::Metrics;
use super::task::Task;
use crate::settings::{NOT_NEGATIVE, Table};

/// `[stop]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// What it looks at.
    metric: &'static Metric,
    /// So many measurements in a row may go by without getting better.
    pub patience: usize,
    /// By more than this must it be better than the best so far.
    pub min_delta: f64,
    /// Which model the run leaves.
    pub keep: Keep,
}

/// Which round's model a run leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The last one's.
    Last,
    /// That of the round whose metric was best.
    Best,
}

/// How the metric came along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// The best value so far, with its round; `None` before the first.
    pub best: Option<(f64, usize)>,
    /// Measurements since then.
    since: usize,
}

impl Stop {
    /// Reads the table `stop` of a scenario whose model is asked this, and which watches the metric `default` unless another is named;
    /// `None` if it is absent.
    pub fn read(root: &mut Table, task: Task, default: &'static str) -> Option<Self> {
        let is_given = root.is_given("stop");
        let mut table = root.table("stop");
        let stop = is_given.then(|| {
            let names: Vec<(&'static str, &'static Metric)> = task.metrics().iter().map(|metric| (metric.name, metric)).collect();
            let metric = table.word("metric", default, &names);
            let patience = table.count("patience", 5, 1..=1_000_000_000);
            let min_delta = table.number("min_delta", 0.0, NOT_NEGATIVE);
            let keep = table.word("keep", "last", &[("last", Keep::Last), ("best", Keep::Best)]);
            Self { metric, patience, min_delta, keep }
        });
        table.finish();
        stop
    }

    /// The metric's name.
    pub fn metric(&self) -> &'static str {
        self.metric.name
    }

    /// How the metric came along once it was measured after `round`; a metric that does not exist there is not counted.
    #[must_use]
    pub fn after(&self, watched: Watched, round: usize, metrics: &Metrics) -> Watched {
        let Some(value) = metrics.get(self.metric.name) else { return watched };
        let is_better = |best: f64| self.metric.worse.is_better(value, best, self.min_delta);
        match watched.best {
            Some((best, _)) if !is_better(best) => Watched { since: watched.since + 1, ..watched },
            _ => Watched { best: Some((value, round)), since: 0 },
        }
    }

    /// Whether the run is to end.
    pub fn is_due(&self, watched: &Watched) -> bool {
        watched.since >= self.patience
    }
}

impl Watched {
    /// Wants a course that a metric can have had in so many rounds; without `stop` none is watched.
    ///
    /// # Errors
    /// What is impossible about it.
    pub fn check(&self, stop: Option<&Stop>, round: usize) -> Result<(), String> {
        let Self { best, since } = *self;
        let is_possible = match (stop, best) {
            (None, best) => best.is_none() && since == 0,
            (Some(_), None) => since == 0,
            (Some(stop), Some((value, at))) => value.is_finite() && at <= round && since <= round - at && since <= stop.patience,
        };
        if is_possible { Ok(()) } else { Err("a course of the metric of early stopping that no run has".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rows::{Matrix, Storage};
    use crate::tasks::{Labels, View};

    /// Metrics of two rows whose AUC is 1 if `is_right`, else 0, and whose loss is -ln(`score`) or -ln(1 - `score`).
    fn measured(score: f64, is_right: bool) -> Metrics {
        let scores = if is_right { [1.0 - score, score] } else { [score, 1.0 - score] };
        of(&[false, true], &scores)
    }

    fn of(labels: &[bool], scores: &[f64]) -> Metrics {
        let x = Matrix::build((labels.len(), 1), Storage::Double, |_, out| out.fill(0.0));
        Metrics::of(Task::Binary, &View { x: x.rows(), labels: Labels::Binary(labels), scores }, 0.5)
    }

    fn stop(metric: &str, patience: usize, min_delta: f64) -> Stop {
        Stop { metric: Task::Binary.metric(metric).expect("a metric"), patience, min_delta, keep: Keep::Last }
    }

    #[test]
    fn a_metric_that_no_longer_gets_better_ends_the_run_when_patience_is_out() {
        let stop = stop("loss", 2, 0.0);
        let mut watched = Watched::default();
        // Of both rows the loss is -ln(score): it falls until round 1, rises, and is the same again.
        let due: Vec<bool> = [0.6, 0.8, 0.7, 0.8]
            .into_iter()
            .enumerate()
            .map(|(round, score)| {
                watched = stop.after(watched, round, &measured(score, true));
                stop.is_due(&watched)
            })
            .collect();
        assert_eq!(due, [false, false, false, true]);
        assert_eq!(watched.best.map(|(_, round)| round), Some(1));
    }

    #[test]
    fn a_step_of_min_delta_alone_is_no_improvement_and_the_auc_gets_better_upwards() {
        let stop = stop("auc", 1, 1.0);
        let worst = stop.after(Watched::default(), 0, &measured(0.9, false));
        assert_eq!(worst.best, Some((0.0, 0)));
        // From 0 to 1 is a step of exactly 1, which is not more than min_delta.
        assert!(stop.is_due(&stop.after(worst, 1, &measured(0.9, true))));
        let eager = Stop { min_delta: 0.5, ..stop };
        assert_eq!(eager.after(worst, 1, &measured(0.9, true)), Watched { best: Some((1.0, 1)), since: 0 });
        assert!(eager.is_due(&eager.after(eager.after(worst, 1, &measured(0.9, true)), 2, &measured(0.9, false))));
    }

    #[test]
    fn a_metric_that_does_not_exist_is_not_counted() {
        let one_class = of(&[true, true], &[0.4, 0.6]);
        let stop = stop("auc", 1, 0.0);
        let watched = stop.after(stop.after(Watched::default(), 0, &one_class), 1, &one_class);
        assert!(watched.best.is_none() && !stop.is_due(&watched));
    }
}
