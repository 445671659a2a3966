//! Measures the global model: on the test rows, and on each client's rows where asked for.

use super::record::{Divergence, Outcome, RoundRecord};
use super::scoring::{RowSet, Scorer, score_here};
use crate::data::{Examples, Federation, Stored};
use crate::form::State;
use crate::metrics::{ExpectedCost, Spread};
use crate::numeric::rows::Rows;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::tasks::{Keep, Labels, Metrics, View, Watched};
use crate::timing::Stopwatch;

/// The metrics of a plan's model on some rows, of which it says this.
pub(super) fn metrics_of(plan: &Plan, x: Rows<'_>, labels: Labels<'_>, scores: &[f64]) -> Metrics {
    Metrics::of(plan.model.task(), &View { x, labels, scores }, plan.evaluation.threshold)
}

/// A model on the rows that no client trains on.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    /// Of the test rows, (rows,).
    pub scores: Vec<f64>,
    /// On the test rows.
    pub metrics: Metrics,
    /// On the validation rows; `None` if there are none.
    pub validation: Option<Metrics>,
    /// What decisions on the test rows cost; `None` without prices.
    pub cost: Option<ExpectedCost>,
}

impl Measured {
    /// Of a model, (params,), of which `scorer` may know a part; `None` if it has grown so large that its scores are no numbers.
    pub fn of(plan: &Plan, federation: &Federation, params: &Params, scorer: &mut Scorer) -> Option<Self> {
        let classes = federation.classes.len();
        let mut score_all = |set: RowSet, rows: &Examples| scorer.score(plan, params, (set, rows.x.rows()), classes);
        let scores = score_all(RowSet::Test, &federation.test);
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let validated = federation.validation.as_ref().map(|rows| (rows, score_all(RowSet::Validation, rows)));
        let cost = plan.evaluation.cost.map(|costs| {
            let (threshold, labels) = (plan.evaluation.threshold, federation.test.y.all().binary());
            let best_threshold = match &validated {
                Some((rows, scores)) => costs.best_threshold(rows.y.all().binary(), scores),
                None => {
                    let train = &federation.stored().expect("a scenario with prices has its clients' rows stored").train.rows;
                    costs.best_threshold(train.y.all().binary(), &score_all(RowSet::Train, train))
                }
            };
            let [at_threshold, at_best] = [threshold, best_threshold].map(|threshold| costs.per_row(labels, &scores, threshold));
            ExpectedCost { at_threshold, at_best, best_threshold }
        });
        let of = |rows: &Examples, scores: &[f64]| metrics_of(plan, rows.x.rows(), rows.y.all(), scores);
        let metrics = of(&federation.test, &scores);
        let validation = validated.map(|(rows, scores)| of(rows, &scores));
        Some(Self { scores, metrics, validation, cost })
    }
}

/// Adds the metrics to the record, and the time that they took; and ends the run where early stopping says so,
/// whose metric has come along as `watched` tells.
///
/// # Errors
/// When the model has grown so large that its scores are no numbers.
pub(super) fn measure(
    plan: &Plan,
    federation: &Federation,
    state: &State,
    record: &mut RoundRecord,
    watched: &mut Watched,
    scorer: &mut Scorer,
) -> Result<(), Divergence> {
    let watch = Stopwatch::start();
    let measured = Measured::of(plan, federation, state.params(), scorer);
    let measured = measured.ok_or_else(|| Divergence(format!("round {}: the model's scores are no longer numbers", record.round)))?;
    record.metrics = Some(measured.metrics);
    record.validation = measured.validation;
    record.cost = measured.cost;
    if plan.evaluation.per_client {
        let stored = federation.stored().expect("a scenario that measures clients' rows has them stored");
        record.client_metrics = of_clients(plan, federation, stored, state.params(), scorer);
        record.fairness = fairness(plan, &record.client_metrics);
    }
    // In an aborted round the model stands: it had no chance to get better.
    if let Some((stop, metrics)) =
        plan.stop.filter(|_| !record.outcome.is_aborted()).zip(record.validation.as_ref().or(record.metrics.as_ref()))
    {
        *watched = stop.after(*watched, record.round, metrics);
        if stop.is_due(watched) && record.round < plan.rounds {
            record.outcome = Outcome::StoppedEarly;
        }
    }
    record.timing.evaluate = watch.elapsed().wall;
    Ok(())
}

/// The model after `round`, (params,), if it is the best so far and the best is to be kept.
pub(super) fn best(plan: &Plan, watched: &Watched, round: usize, state: &State) -> Option<Params> {
    let is_best = watched.best.is_some_and(|(_, best)| best == round) && plan.stop.is_some_and(|stop| stop.keep == Keep::Best);
    is_best.then(|| state.params().clone())
}

/// The global model on each client's held-out rows, or on its training rows where nothing is held out; `None` for a client
/// that has too few rows to hold any out.
fn of_clients(plan: &Plan, federation: &Federation, stored: &Stored, params: &Params, scorer: &mut Scorer) -> Vec<Option<Metrics>> {
    let measured = stored.measured();
    let clients: Vec<usize> = (0..measured.ranges.len()).collect();
    let known = scorer.by_client(plan, federation, measured, params);
    reduce::map(&clients, |&client| {
        let (x, y) = measured.client(client);
        let of_client = |known: &Vec<Vec<f64>>| metrics_of(plan, x, y, &known[client]);
        let score = || metrics_of(plan, x, y, &score_here(plan.model.as_ref(), params, x, federation.classes.len()));
        (!y.is_empty()).then(|| known.as_ref().map_or_else(score, of_client))
    })
}

/// How the task's metrics of most interest spread over the clients that have them.
fn fairness(plan: &Plan, clients: &[Option<Metrics>]) -> Vec<(&'static str, Spread)> {
    let task = plan.model.task();
    let spread = |name: &'static str| {
        let values: Vec<f64> = clients.iter().flatten().filter_map(|metrics| metrics.get(name)).collect();
        Some((name, Spread::of(&values, task.metric(name)?.worse)?))
    };
    task.spread().into_iter().filter_map(spread).collect()
}
