//! Trains all baselines of a federation and measures them beside it.

use super::alone::{self, Models, Participant};
use super::course::Point;
use super::measures::{sound_scores, values};
use super::trained::Trained;
use super::trials::Trial;
use super::watch::Watch;
use super::{central, varied};
use crate::data::Files;
use crate::diag::{Error, Problem};
use crate::federation::Prepared;
use crate::numeric::Params;
use crate::scenario::{Aggregation, Plan};
use crate::tasks::Labels;

/// What the comparison of one run found.
#[derive(Debug)]
pub struct Baselines {
    /// Each model's metrics on the test rows.
    pub trial: Trial,
    /// The centralised model where the federation was measured.
    pub centralized: Vec<Point>,
    /// Each client that has rows, in order.
    pub participants: Vec<Participant>,
    /// Whether each client was left out once.
    pub is_left_out: bool,
}

impl Baselines {
    /// Puts the mean over these seeds, of which this comparison is the first, in the place of what each client gains, where
    /// the data say who is who: clients that are dealt by chance are others under each seed.
    pub fn average_gains(&mut self, prepared: &Prepared, others: &[Self]) {
        let is_named = prepared.federation.stored().is_some_and(|stored| !stored.names.is_empty());
        if is_named && !others.is_empty() {
            let all: Vec<&[Participant]> = std::iter::once(&*self).chain(others).map(|found| found.participants.as_slice()).collect();
            self.participants = alone::over_seeds(&all);
        }
    }
}

/// Wants all clients' rows, and test rows of both classes, without which no AUC can be compared.
///
/// # Errors
/// When clients are generated, or the test rows are of one class.
pub fn check(plan: &Plan, prepared: &Prepared) -> Result<(), Error> {
    if let Err(problem) = prepared.federation.all_rows("compare-baseline") {
        return Err(plan.locate(problem.help("fedsim run measures such a federation on rows of clients that never train").into()));
    }
    let Labels::Binary(labels) = prepared.federation.test.y.all() else { return Ok(()) };
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
pub fn compare(plan: &Plan, prepared: &Prepared, federated: &Trained, watch: &Watch<'_>) -> Result<Baselines, Error> {
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
    let (local, participants) = alone::train(plan, prepared, &models, &federated.course, watch)?;
    let on_test =
        |params: &Params, who: &str| -> Result<_, Error> { Ok(values(plan, prepared, &sound_scores(plan, prepared, params, who)?)) };
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
    Ok(Baselines { trial, centralized, participants, is_left_out: false })
}
