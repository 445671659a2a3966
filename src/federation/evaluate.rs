//! Measures the global model: on the test rows, and on each client's rows where asked for.

use ndarray::{ArrayView2, Axis};

use super::diverged;
use super::record::RoundRecord;
use crate::data::Federation;
use crate::diag::Error;
use crate::metrics::Metrics;
use crate::models::Model;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::strategies::ServerState;
use crate::timing::Stopwatch;

/// How many rows are scored at a time.
const CHUNK: usize = 4096;

/// Each row's score, (rows,), for features (rows, features).
pub fn score(model: &dyn Model, params: &Params, x: &ArrayView2<'_, f64>) -> Vec<f64> {
    let mut scores = vec![0.0; x.nrows()];
    reduce::fill_chunks(&mut scores, CHUNK, |start, part| {
        model.predict(params.as_slice(), x.slice_axis(Axis(0), (start..start + part.len()).into()), part);
    });
    scores
}

/// Adds the metrics that are due to the record, and the time that they took.
///
/// # Errors
/// When the model has grown so large that its scores are no numbers.
pub(super) fn measure(plan: &Plan, federation: &Federation, state: &ServerState, record: &mut RoundRecord) -> Result<(), Error> {
    if !plan.evaluation.is_due(record.round, plan.rounds) {
        return Ok(());
    }
    let watch = Stopwatch::start();
    let threshold = plan.evaluation.threshold;
    let scores = score(plan.model.as_ref(), &state.params, &federation.test.x.view());
    if scores.iter().any(|score| score.is_nan()) {
        return Err(diverged(record.round, "the model's scores are no longer numbers"));
    }
    record.metrics = Some(Metrics::of(&federation.test.y, &scores, threshold));
    if plan.evaluation.per_client {
        let clients: Vec<usize> = (0..federation.clients.len()).collect();
        record.client_metrics = reduce::map(&clients, |&client| {
            let (x, y) = federation.client(client);
            let mut scores = vec![0.0; y.len()];
            plan.model.predict(state.params.as_slice(), x, &mut scores);
            Metrics::of(y, &scores, threshold)
        });
    }
    record.timing.evaluate = watch.elapsed().wall;
    Ok(())
}
