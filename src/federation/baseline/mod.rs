//! What the federation is held against: the same model trained on all rows in one place, and by each client alone.
//!
//! Steps are matched by row visits: the baselines see each of their rows as often as the federation has, which is examples
//! times epochs summed over completed rounds, divided by the training rows.

mod alone;
mod central;
mod course;
mod gain;
mod local;
mod trials;
mod varied;
mod visitor;

pub use alone::{ByModel, MeasuredOn, Models, Seat};
pub use course::{Course, Point};
pub use gain::{DecidedBy, Gain, IntervalSource, Reason, Verdict};
pub use local::Local;
pub use trials::{Gate, JUDGED, Judged, Paired, Row, Terms, Trial, judge};
pub use varied::{check_leave_one_out, leave_one_out, train};

use super::{Divergence, Prepared, Standing, score};
use crate::data::Files;
use crate::diag::{Error, Problem};
use crate::metrics::{Metrics, NAMES, Worse};
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

impl Trained {
    /// The model that a federation leaves which ended here, after such a course.
    pub fn new(standing: &Standing, course: Course) -> Self {
        let course = if standing.best.is_some() { course.up_to(standing.kept_round()) } else { course };
        Self { params: standing.kept().clone(), course }
    }
}

/// What the comparison of one run found.
#[derive(Debug)]
pub struct Found {
    /// Each model's metrics on the test rows.
    pub trial: Trial,
    /// The centralised model where the federation was measured.
    pub centralized: Vec<Point>,
    /// Each client that has rows, in order.
    pub seats: Vec<Seat>,
    /// Whether each client was left out once.
    pub is_left_out: bool,
}

impl Found {
    /// Puts the mean over these seeds, of which this comparison is the first, in the place of what each client gains, where
    /// the data say who is who: clients that are dealt by chance are others under each seed.
    pub fn average_gains(&mut self, prepared: &Prepared, others: &[Self]) {
        let is_named = prepared.federation.stored().is_some_and(|stored| !stored.names.is_empty());
        if is_named && !others.is_empty() {
            let all: Vec<&[Seat]> = std::iter::once(&*self).chain(others).map(|found| found.seats.as_slice()).collect();
            self.seats = alone::over_seeds(&all);
        }
    }
}

/// Whether more of this metric is worse.
fn is_bad(metric: &str) -> bool {
    metric == "cost" || Metrics::worse(metric) == Worse::Higher
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
        let message = "the federation left its model as it was before training: there is nothing to compare\nlook for the reason in";
        return Err(Error::Failure(format!("{message} round_log.csv of `fedsim run`, and in [stop] if keep = \"best\"")));
    }
    (watch.tell)(&format!("centralised: {:.4} passes over {rows} rows", federated.course.visits() as f64 / rows as f64));
    let (central_params, centralized) = central::train(plan, prepared, &federated.course, watch)?;
    (watch.tell)(&match prepared.federation.client_count() {
        1 => "local only: 1 client".to_owned(),
        clients => format!("local only: {clients} clients, each alone"),
    });
    let models = Models { federated: &federated.params, centralized: &central_params };
    let (local, seats) = alone::train(plan, prepared, &models, federated.course.visits(), watch)?;
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
        seed: plan.seed,
        centralized: on_test(&central_params, "the centralised model")?,
        federated: on_test(&federated.params, "the federation's model")?,
        local,
        plain,
    };
    Ok(Found { trial, centralized, seats, is_left_out: false })
}
