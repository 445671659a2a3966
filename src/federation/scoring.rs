//! What models say of rows; and of the same rows round after round, where a model of trees says again what it said, and what the new trees
//! add.

use std::collections::BTreeMap;

use crate::data::{ByClient, Federation};
use crate::models::boosting::Margins;
use crate::models::{Counts, Encoder, Model};
use crate::numeric::rows::Rows;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;

/// How many rows are scored at a time.
const CHUNK: usize = 4096;

/// What a model of so many classes says of each row, (rows, outputs), for features (rows, features).
pub fn score(model: &dyn Model, params: &Params, x: Rows<'_>, classes: usize) -> Vec<f64> {
    let outputs = model.outputs(Counts { features: x.features(), classes });
    row_by_row(x, outputs, |x, part| model.predict(params.as_slice(), x, part))
}

/// The same on this thread, of rows that others are scored beside.
pub(super) fn score_here(model: &dyn Model, params: &Params, x: Rows<'_>, classes: usize) -> Vec<f64> {
    let mut scores = vec![0.0; x.len() * model.outputs(Counts { features: x.features(), classes })];
    model.predict(params.as_slice(), x, &mut scores);
    scores
}

/// Each row's code, (rows, code), for features (rows, features).
pub fn encode(encoder: &dyn Encoder, params: &Params, x: Rows<'_>) -> Vec<f64> {
    row_by_row(x, encoder.code(), |x, part| encoder.encode(params.as_slice(), x, part))
}

/// So many numbers of each row, (rows, width), which `fill` writes of some rows at a time.
fn row_by_row(x: Rows<'_>, width: usize, fill: impl Fn(Rows<'_>, &mut [f64]) + Sync) -> Vec<f64> {
    let mut all = vec![0.0; x.len() * width];
    reduce::fill_chunks(&mut all, CHUNK * width, |start, part| {
        let first = start / width;
        fill(x.range(first..first + part.len() / width), part);
    });
    all
}

/// Rows that are scored again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowSet {
    /// The test rows.
    Test,
    /// The validation rows.
    Validation,
    /// All clients' training rows.
    Train,
    /// Those of all clients that models are measured on.
    Measured,
}

/// What is known of the rows of a federation.
#[derive(Debug, Default)]
pub(super) struct Scorer {
    margins: BTreeMap<RowSet, Margins>,
}

impl Scorer {
    /// What a plan's model says of these rows, always the same of a set, (rows, outputs).
    pub(super) fn score(&mut self, plan: &Plan, params: &Params, (set, x): (RowSet, Rows<'_>), classes: usize) -> Vec<f64> {
        if plan.model.as_boosting().is_none() {
            return score(plan.model.as_ref(), params, x, classes);
        }
        let outputs = plan.model.outputs(Counts { features: x.features(), classes });
        self.margins.entry(set).or_default().scores(plan.model.task(), params.as_slice(), outputs, x)
    }

    /// What trees say of all clients' rows that models are measured on, client by client; `None` of another model, whose rows are not
    /// worth keeping together.
    pub(super) fn by_client(
        &mut self,
        plan: &Plan,
        federation: &Federation,
        measured: &ByClient,
        params: &Params,
    ) -> Option<Vec<Vec<f64>>> {
        plan.model.as_boosting()?;
        let x = measured.rows.x.rows();
        let scores = self.score(plan, params, (RowSet::Measured, x), federation.classes.len());
        let outputs = scores.len().checked_div(x.len()).unwrap_or(0);
        Some(measured.ranges.iter().map(|range| scores[outputs * range.start..outputs * range.end].to_vec()).collect())
    }
}
