//! Measures the global model: on the test rows, and on each client's rows where asked for.

use super::record::{Divergence, Outcome, RoundRecord};
use crate::data::{Examples, Federation, Stored};
use crate::form::State;
use crate::metrics::{ExpectedCost, Keep, Metrics, Spread, Watched, Worse};
use crate::models::Model;
use crate::numeric::rows::Rows;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::timing::Stopwatch;

/// How many rows are scored at a time.
const CHUNK: usize = 4096;

/// Each row's score, (rows,), for features (rows, features).
pub fn score(model: &dyn Model, params: &Params, x: Rows<'_>) -> Vec<f64> {
    let mut scores = vec![0.0; x.len()];
    reduce::fill_chunks(&mut scores, CHUNK, |start, part| {
        model.predict(params.as_slice(), x.range(start..start + part.len()), part);
    });
    scores
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
    /// Of a model, (params,); `None` if it has grown so large that its scores are no numbers.
    pub fn of(plan: &Plan, federation: &Federation, params: &Params) -> Option<Self> {
        let threshold = plan.evaluation.threshold;
        let score_all = |rows: &Examples| score(plan.model.as_ref(), params, rows.x.rows());
        let (scores, labels) = (score_all(&federation.test), &federation.test.y);
        if scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let validated = federation.validation.as_ref().map(|rows| (rows, score_all(rows)));
        let cost = plan.evaluation.cost.map(|costs| {
            let best_threshold = match &validated {
                Some((rows, scores)) => costs.best_threshold(&rows.y, scores),
                None => {
                    let train = &federation.stored().expect("a scenario with prices has its clients' rows stored").train.rows;
                    costs.best_threshold(&train.y, &score_all(train))
                }
            };
            let [at_threshold, at_best] = [threshold, best_threshold].map(|threshold| costs.per_row(labels, &scores, threshold));
            ExpectedCost { at_threshold, at_best, best_threshold }
        });
        let metrics = Metrics::of(labels, &scores, threshold);
        let validation = validated.map(|(rows, scores)| Metrics::of(&rows.y, &scores, threshold));
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
) -> Result<(), Divergence> {
    let watch = Stopwatch::start();
    let measured = Measured::of(plan, federation, state.params());
    let measured = measured.ok_or_else(|| Divergence(format!("round {}: the model's scores are no longer numbers", record.round)))?;
    record.metrics = Some(measured.metrics);
    record.validation = measured.validation;
    record.cost = measured.cost;
    if plan.evaluation.per_client {
        let stored = federation.stored().expect("a scenario that measures clients' rows has them stored");
        record.client_metrics = of_clients(plan, stored, state);
        record.fairness = fairness(&record.client_metrics);
    }
    // In an aborted round the model stands: it had no chance to get better.
    if let Some(stop) = plan.stop.filter(|_| !record.outcome.is_aborted()) {
        *watched = stop.after(*watched, record.round, record.validation.as_ref().unwrap_or(&measured.metrics));
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
fn of_clients(plan: &Plan, stored: &Stored, state: &State) -> Vec<Option<Metrics>> {
    let measured = stored.held_out.as_ref().unwrap_or(&stored.train);
    let clients: Vec<usize> = (0..measured.ranges.len()).collect();
    reduce::map(&clients, |&client| {
        let (x, y) = measured.client(client);
        let mut scores = vec![0.0; y.len()];
        plan.model.predict(state.params().as_slice(), x, &mut scores);
        (!y.is_empty()).then(|| Metrics::of(y, &scores, plan.evaluation.threshold))
    })
}

/// How AUC and loss spread over the clients that have them.
fn fairness(clients: &[Option<Metrics>]) -> Vec<(&'static str, Spread)> {
    let measured = || clients.iter().flatten();
    let aucs: Vec<f64> = measured().filter_map(|metrics| metrics.ranking.map(|ranking| ranking.auc)).collect();
    let losses: Vec<f64> = measured().map(|metrics| metrics.loss).collect();
    let spreads = [("auc", Spread::of(&aucs, Worse::Lower)), ("loss", Spread::of(&losses, Worse::Higher))];
    spreads.into_iter().filter_map(|(name, spread)| Some((name, spread?))).collect()
}
