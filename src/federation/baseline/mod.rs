//! What the federation is held against: the same model trained on all rows in one place, and by each client alone.
//!
//! Steps are matched by row visits: the baselines see each of their rows as often as the federation has, which is examples
//! times epochs summed over completed rounds, divided by the training rows.

mod central;
mod course;
mod seats;
mod trials;
mod varied;
mod visitor;

pub use course::{Course, Point};
pub use seats::{ByModel, MeasuredOn, Models, Seat};
pub use trials::{JUDGED, Paired, Row, Trial, judge};
pub use varied::{check_leave_one_out, leave_one_out, train};

use super::{Divergence, Prepared, score};
use crate::data::Files;
use crate::diag::{Error, Problem};
use crate::metrics::{Metrics, NAMES};
use crate::numeric::Params;
use crate::scenario::{Aggregation, Plan};

/// Who hears what is being done, and may end it.
pub struct Watch<'a> {
    /// Hears a line.
    pub tell: &'a dyn Fn(&str),
    /// Whether to stop.
    pub is_ended: &'a dyn Fn() -> bool,
}

impl Watch<'_> {
    fn check(&self) -> Result<(), Error> {
        if (self.is_ended)() { Err(Error::Interrupted("interrupted".to_owned())) } else { Ok(()) }
    }
}

/// A model at the end of a federation.
#[derive(Clone, Debug)]
pub struct Trained {
    /// Its parameters.
    pub params: Params,
    /// How it came there.
    pub course: Course,
}

/// What the comparison of one run found.
#[derive(Debug)]
pub struct Found {
    /// Each model's metrics on the test rows.
    pub trial: Trial,
    /// The centralised model where the federation was measured.
    pub centralized: Vec<Point>,
    /// Each client, in order.
    pub seats: Vec<Seat>,
    /// What the seats were measured on.
    pub measured_on: MeasuredOn,
    /// Whether each client was left out once.
    pub is_left_out: bool,
}

/// The names of the figures in a [`Trial`]: all metrics, and the cost of a row where decisions have a price.
pub fn metric_names(plan: &Plan) -> Vec<&'static str> {
    let cost = plan.evaluation.cost.map(|_| "cost");
    NAMES.into_iter().chain(cost).collect()
}

/// Metrics on the test rows, in the order of [`metric_names`].
fn values(plan: &Plan, labels: &[bool], scores: &[f64]) -> Vec<Option<f64>> {
    let threshold = plan.evaluation.threshold;
    let cost = plan.evaluation.cost.map(|costs| Some(costs.per_row(labels, scores, threshold)));
    Metrics::of(labels, scores, threshold).values().into_iter().chain(cost).collect()
}

/// The scores of the test rows, or the failure that `who` diverges.
fn sound_scores(plan: &Plan, prepared: &Prepared, params: &Params, who: &str) -> Result<Vec<f64>, Error> {
    let scores = score(plan.model.as_ref(), params, prepared.federation.test.x.rows());
    if params.is_finite() && !scores.iter().any(|score| score.is_nan()) {
        return Ok(scores);
    }
    Err(Divergence(format!("{who}: its numbers are no longer finite")).into())
}

/// Wants all clients' rows, and test rows of both classes, without which no AUC can be compared.
///
/// # Errors
/// When clients are generated, or the test rows are of one class.
pub fn check(plan: &Plan, prepared: &Prepared) -> Result<(), Error> {
    if let Err(problem) = prepared.federation.all_rows("compare-baseline") {
        return Err(plan.locate(problem.help("fedsim run measures such a federation on rows of clients that never train").into()));
    }
    let labels = &prepared.federation.test.y;
    if labels.iter().any(|&label| label != labels[0]) {
        return Ok(());
    }
    let (of_seed, key, help) = match &plan.data.source.files {
        Files::One { .. } => {
            let help = "use split = \"stratified\", raise data.test_fraction, or give more rows of both classes";
            (format!(" under seed {}", plan.seed), "data.test_fraction", help)
        }
        Files::TrainTest { .. } | Files::Clients { .. } | Files::Generated(_) => {
            (String::new(), "data.test_path", "give test rows of both classes")
        }
    };
    let message = format!("the label is {} in every test row{of_seed}: there is no AUC to compare", u8::from(labels[0]));
    Err(plan.locate(Problem::about(key, message).help(help).into()))
}

/// Trains the baselines of a federation that ended as `federated`, and measures all models.
///
/// # Errors
/// When no round was completed, when a baseline diverges, or when `watch` ends it.
pub fn compare(plan: &Plan, prepared: &Prepared, federated: &Trained, watch: &Watch<'_>) -> Result<Found, Error> {
    let rows = prepared.federation.all_rows("compare-baseline")?.train.rows.y.len();
    if federated.course.visits() == 0 {
        let message = "no round was completed: the model never moved, and there is nothing to compare\nlook for the reason in";
        return Err(Error::Failure(format!("{message} [faults], [cohort] and [aggregation]")));
    }
    (watch.tell)(&format!("centralised: {:.4} passes over {rows} rows", federated.course.visits() as f64 / rows as f64));
    let (central_params, centralized) = central::train(plan, prepared, &federated.course, watch)?;
    (watch.tell)(&match prepared.federation.client_count() {
        1 => "local only: 1 client".to_owned(),
        clients => format!("local only: {clients} clients, each alone"),
    });
    let models = Models { federated: &federated.params, centralized: &central_params };
    let (local, seats) = seats::train(plan, prepared, &models, federated.course.visits(), watch)?;
    let on_test = |params: &Params, who: &str| -> Result<_, Error> {
        Ok(values(plan, &prepared.federation.test.y, &sound_scores(plan, prepared, params, who)?))
    };
    let plain = match &plan.aggregation {
        Aggregation::Clear(_) => None,
        Aggregation::Secure(_) => {
            (watch.tell)("plain: the same run without secure aggregation");
            let plain = varied::train_in_the_clear(plan, prepared, watch)?;
            Some(on_test(&plain, "plain FedAvg")?)
        }
    };
    let trial = Trial {
        centralized: on_test(&central_params, "the centralised model")?,
        federated: on_test(&federated.params, "the federation's model")?,
        local_mean: local.mean,
        local_worst: local.worst,
        plain,
    };
    Ok(Found { trial, centralized, seats, measured_on: MeasuredOn::of(&prepared.federation), is_left_out: false })
}
