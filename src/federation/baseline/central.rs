//! The centralised model: all clients' training rows in one place, in the federation's own features.

use super::budgeted::BudgetedTraining;
use super::course::{Course, Point};
use super::measures::sound;
use super::watch::Watch;
use crate::diag::Error;
use crate::federation::Prepared;
use crate::federation::evaluate::metrics_of;
use crate::federation::scoring::{RowSet, Scorer};
use crate::numeric::Params;
use crate::scenario::Plan;
use crate::training::LocalRows;
use crate::work::Work;

/// Trains for as many row visits as the federation made, and measures where it was measured.
pub(super) fn train(plan: &Plan, prepared: &Prepared, course: &Course, watch: &Watch<'_>) -> Result<(Params, Vec<Point>), Error> {
    let federation = &prepared.federation;
    let pooled = &federation.all_rows("central training")?.train.rows;
    let rows = LocalRows { x: pooled.x.rows(), y: pooled.y.all(), weights: prepared.weights() };
    let mut training = BudgetedTraining::new(plan, prepared, rows, 0, course.budget(course.visits()));
    let mut scorer = Scorer::default();
    let work = Work::begin("training centrally", course.visits());
    let mut points: Vec<Point> = Vec::with_capacity(course.points().len());
    for federated in course.points() {
        watch.check()?;
        let before = training.visits();
        training.advance(federated.visits, &|| watch.check())?;
        work.advance(training.visits() - before);
        let metrics = match points.last() {
            // After an aborted round nothing has moved.
            Some(last) if last.visits == training.visits() => last.metrics.clone(),
            _ => {
                let (params, x) = (training.params(), federation.test.x.rows());
                let scores = scorer.score(plan, params, (RowSet::Test, x), federation.classes.len());
                metrics_of(plan, x, federation.test.y.all(), &sound(params, scores, "the centralised model")?)
            }
        };
        points.push(Point { round: federated.round, visits: training.visits(), metrics });
    }
    training.advance(course.visits(), &|| watch.check())?;
    Ok((training.params().clone(), points))
}
