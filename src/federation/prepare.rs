//! The clients' rows, read, dealt and preprocessed, through secure aggregation where the plan has it.

use super::asked::forms;
use super::binning::binned;
use super::ground::ground;
use super::learner::learner;
use super::prepared::{Prepared, Reach};
use super::start::parameters_of;
use super::sums::{of_rounds, survey};
use super::variation::Variation;
use crate::data::preprocess::{self, COUNT_BITS};
use crate::data::{self, Federation, Loaded};
use crate::diag::{Error, Problem};
use crate::exchange::{Question, SecureTerms, Survey};
use crate::learners::boosting::Ground;
use crate::learners::k_means::{self, moments};
use crate::learners::newton::PARAMETERS_MAX;
use crate::models::Centroids;
use crate::numeric::grid::SUM_BITS;
use crate::numeric::reduce;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;
use crate::tasks::{Labels, Task};
use crate::training::{ClassWeight, Solver, balanced};

/// Reads, deals and preprocesses the data that the plan names.
///
/// # Errors
/// The user's mistakes in the data.
pub fn prepare(plan: &Plan) -> Result<Prepared, Error> {
    let loaded = data::load(&plan.data, &plan.streams).map_err(|error| plan.locate(error))?;
    let survey = survey(plan, loaded.sha256());
    let prepared = prepare_through(plan, loaded, &survey)?;
    // Sums that don't fit are refused before anything is written.
    of_rounds(plan, &prepared.federation, &forms(plan, &prepared, learner(plan, &prepared).as_ref()), Variation::AsPlanned)?;
    Ok(Prepared { statistics: survey.into_records(), ..prepared })
}

fn prepare_through(plan: &Plan, loaded: Loaded, survey: &Survey<'_>) -> Result<Prepared, Error> {
    let federation = data::prepare(&plan.data, loaded, survey).map_err(|error| plan.locate(error))?;
    plan.check_clients(&federation)?;
    let (class_weights, class_counts) = match plan.hyper.class_weight {
        // Only this rule, and trees, need to know how many rows of each class there are; a server learns that of all rows.
        ClassWeight::Balanced => {
            let train = &federation.all_rows("class_weight = \"balanced\"")?.train;
            let classes = federation.classes.len().max(2);
            let counts = (0..train.ranges.len()).map(|client| train.client(client).1.class_counts(classes));
            let totals = survey.sum(&Question::plain("classes"), COUNT_BITS, &counts.collect::<Vec<_>>())?;
            let counts: Vec<f64> = totals.iter().map(|&total| total as f64).collect();
            (balanced(&counts), Some(counts))
        }
        ClassWeight::None => (Vec::new(), None),
        ClassWeight::Positive(positive) => (vec![1.0, positive], None),
    };
    let binned = plan.model.as_scorecard().map(|design| binned(plan, &design.terms, &federation, survey)).transpose()?;
    let reach = match (&binned, plan.hyper.solver) {
        // Everyone knows the weights of evidence.
        (Some(binned), _) => Reach { features: binned.reach(), label: 0 },
        (None, Solver::Sgd | Solver::Boosting) => Reach::default(),
        (None, Solver::Newton { .. } | Solver::Lloyd { .. }) => reach(plan, &federation, survey)?,
    };
    let first_centroids = match plan.model.as_centroids() {
        Some(centroids) => first_centroids(plan, centroids, &federation, &reach, survey)?,
        None => Vec::new(),
    };
    let ground = match plan.model.as_boosting() {
        Some(growth) => ground(plan, growth, &federation, (&class_weights, class_counts), survey)?,
        None => Ground::default(),
    };
    Ok(Prepared { federation, class_weights, reach, first_centroids, ground, binned, statistics: Vec::new() })
}

/// The first centroids. A server learns the mean and the covariance of all training rows.
fn first_centroids(
    plan: &Plan,
    centroids: &dyn Centroids,
    federation: &Federation,
    reach: &Reach,
    survey: &Survey<'_>,
) -> Result<Vec<f64>, Error> {
    let (clusters, features) = (centroids.clusters(), reach.features.len());
    let train = &federation.all_rows("model.kind = \"k_means\"")?.train;
    let refuse = |message: String, help: &str| Err(plan.locate(Problem::about("model.clusters", message).help(help).into()));
    if clusters > train.rows.y.len() {
        let message = format!("{clusters} clusters can't be found in {} training rows", train.rows.y.len());
        return refuse(message, "lower model.clusters, or give more rows");
    }
    if features > PARAMETERS_MAX {
        let message = format!("the first centroids follow from the products of all features with each other, and {features} are too many");
        return refuse(message, &format!("drop columns until there are {PARAMETERS_MAX} features"));
    }
    let clients: Vec<usize> = (0..train.ranges.len()).collect();
    let answers = reduce::map(&clients, |&client| moments(train.client(client).0, &reach.features));
    let totals = survey.sum(&Question::plain("covariance"), SUM_BITS, &answers)?;
    let mut stream = plan.streams.stream(Purpose::Init, 0, 0);
    Ok(k_means::first_centroids(&totals, &reach.features, clusters, centroids.is_drawn().then_some(&mut stream)))
}

/// Powers of two that no training cell's magnitude reaches, and no label's where the rows' part of a sum depends on it.
fn reach(plan: &Plan, federation: &Federation, survey: &Survey<'_>) -> Result<Reach, Error> {
    let params = parameters_of(plan, federation).len();
    if matches!(plan.hyper.solver, Solver::Newton { .. }) && params > PARAMETERS_MAX {
        let message = format!("Newton's method adds the products of all features with each other, and {params} parameters are too many");
        let problem =
            Problem::about("training.kind", message).help(format!("drop columns until there are {PARAMETERS_MAX}, or use kind = \"sgd\""));
        return Err(plan.locate(problem.into()));
    }
    let train = &federation.all_rows("a sum over all rows' cells")?.train;
    let is_of_numbers = plan.model.task() == Task::Regression && !plan.model.is_of_shares();
    let clients: Vec<usize> = (0..train.ranges.len()).collect();
    let greatest = reduce::map(&clients, |&client| {
        let (x, y) = train.client(client);
        let (mut cells, mut greatest) = (vec![0.0; x.features()], vec![0.0_f64; x.features()]);
        for row in 0..x.len() {
            x.copy_row(row, &mut cells);
            greatest.iter_mut().zip(&cells).for_each(|(greatest, cell)| *greatest = greatest.max(cell.abs()));
        }
        if let Labels::Values(labels) = y
            && is_of_numbers
        {
            greatest.push(labels.iter().fold(0.0, |greatest, label| label.abs().max(greatest)));
        }
        greatest
    });
    let mut features = preprocess::reach(&greatest, survey)?;
    let label = if is_of_numbers { features.pop().expect("the label comes last") } else { 0 };
    Ok(Reach { features, label })
}

/// What a secure sum of the updates of so many clients is under this plan; `None` if there is none, or not of so many.
pub(crate) fn secure_terms(plan: &Plan, prepared: &Prepared, clients: usize) -> Option<SecureTerms> {
    let least = plan.faults.min_clients.max(2);
    if !(least..=plan.cohort.largest(prepared.federation.active_count())).contains(&clients) {
        return None;
    }
    let [form] = learner(plan, prepared).forms()[..] else { return None };
    of_rounds(plan, &prepared.federation, &[form], Variation::AsPlanned).ok()?.secure_terms(&form, clients)
}
