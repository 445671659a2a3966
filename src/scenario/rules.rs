//! Rules that span tables: those that need the number of clients, which the scenario tells, or the folder of the clients' files;
//! those that need to know whether clients are generated; and what secure aggregation does not go with.

use super::aggregation::Aggregation;
use crate::cohorts::Cohort;
use crate::data::not_stored;
use crate::data::partition::Partitioner;
use crate::data::preprocess::{Fit, Preprocess, Scale};
use crate::diag::Problem;
use crate::faults::Faults;
use crate::metrics::Evaluation;
use crate::models::Model;
use crate::models::boosting::{CutRule, TreesOf};
use crate::strategies::Strategy;
use crate::tasks::{Stop, Summary, Task};
use crate::training::{ClassWeight, Hyper, Optimizer, Solver};

/// A cohort can't be larger than the federation.
pub(super) fn check_cohort(cohort: &dyn Cohort, clients: usize) -> Option<Problem> {
    let largest = cohort.largest(clients);
    let message = format!("a cohort of {largest} can't be drawn from {clients} clients");
    (largest > clients)
        .then(|| Problem::about("cohort.size", message).help(format!("lower cohort.size to {clients}, or have more clients")))
}

/// A code as wide as the rows can copy them, and then nothing is learned.
pub(super) fn check_code(model: &dyn Model, features: usize) -> Option<Problem> {
    let code = model.as_encoder()?.code();
    let message = format!("a code of {code} for {features} features is no bottleneck: rows could be copied, and nothing need be learned");
    let help =
        if features > 1 { format!("lower model.code to {} or less", features - 1) } else { "give rows of two features or more".to_owned() };
    (code >= features).then(|| Problem::about("model.code", message).help(help))
}

/// Some round must be able to have enough survivors.
pub(super) fn check_faults(faults: &Faults, cohort: &dyn Cohort, clients: usize) -> Option<Problem> {
    let (largest, needed) = (cohort.largest(clients), faults.min_clients);
    let message = format!("every round would be aborted: {needed} survivors are needed and {largest} clients take part at most");
    (needed > largest).then(|| Problem::about("faults.min_clients", message).help(format!("lower faults.min_clients to {largest}")))
}

/// Rows without labels can't be dealt by them.
pub(super) fn check_labels_to_deal_by(partitioner: Option<&dyn Partitioner>, task: Task) -> Option<Problem> {
    let is_refused = !task.is_labelled() && partitioner.is_some_and(|partitioner| partitioner.looks_at_labels());
    let problem = Problem::about("partition.kind", "this deal goes by labels, and the model looks at none");
    is_refused.then(|| problem.help("use kind = \"iid\", \"quantity\" or \"column\""))
}

/// Classes can't be counted over clients that are not there.
pub(super) fn check_generated_training(hyper: &Hyper, model: &dyn Model) -> Option<Problem> {
    let help = "give the weight of a positive row as a number, or leave class_weight out";
    match hyper.solver {
        Solver::Sgd => {}
        Solver::Newton { .. } if model.as_scorecard().is_none() => {
            return Some(not_stored("training.kind", "a sum over all rows' cells").help("use training.kind = \"sgd\""));
        }
        Solver::Newton { .. } | Solver::Lloyd { .. } | Solver::Boosting => {
            let help = "use a model that clients train by descent, such as model.kind = \"logistic\" or \"mlp\"";
            return Some(not_stored("model.kind", "a sum over all rows' cells").help(help));
        }
    }
    let is_balanced = hyper.class_weight == ClassWeight::Balanced;
    is_balanced.then(|| not_stored("training.class_weight", "class_weight = \"balanced\"").help(help))
}

/// A strategy that reads gradients off a client's way needs steps along them.
pub(super) fn check_steps(hyper: &Hyper, strategy: &dyn Strategy) -> Option<Problem> {
    let is_refused = hyper.optimizer != Optimizer::Sgd && strategy.wants_plain_steps();
    is_refused.then(|| {
        let message = "this strategy takes how far a client moved for the sum of its gradients, which holds of plain descent alone";
        let help = "use training.optimizer = \"sgd\", or strategy.kind = \"fed_avg\" or \"fed_prox\"";
        Problem::about("training.optimizer", message).help(help)
    })
}

/// A rule that looks at single updates has none where answers are parts of a sum.
pub(super) fn check_summed(hyper: &Hyper, aggregation: &Aggregation) -> Option<Problem> {
    let Aggregation::Clear(aggregator) = aggregation else { return None };
    let is_refused = hyper.solver != Solver::Sgd && aggregator.as_mean().is_none();
    is_refused.then(|| {
        let message = "a sum over rows has no single updates for this rule to look at";
        Problem::about("aggregation.kind", message)
            .help("use kind = \"mean\" or \"secure\", or a model that learns by training.kind = \"sgd\"")
    })
}

/// Masks hide single answers, and single clients' trees are such.
pub(super) fn check_single_trees(model: &dyn Model, aggregation: &Aggregation) -> Option<Problem> {
    let is_single = model.as_boosting().is_some_and(|growth| growth.federation != TreesOf::All);
    let is_refused = is_single && matches!(aggregation, Aggregation::Secure(_));
    is_refused.then(|| {
        let message = "the server takes each client's own trees one by one, and secure aggregation would show it nothing but a sum";
        Problem::about("model.federation", message).help("use federation = \"summed\", or aggregation.kind = \"mean\"")
    })
}

/// Sums hold what is bounded: probabilities, and not numbers or distances.
pub(super) fn check_federated_evaluation(evaluation: &Evaluation, task: Task) -> Option<Problem> {
    let is_refused = evaluation.federated && Summary::of(task, 2, evaluation.threshold).is_none();
    let problem = Problem::about(
        "evaluation.federated",
        "only metrics of classes are summed: nothing bounds what a row would add to those of numbers or distances",
    );
    is_refused.then(|| problem.help("take federated out; per_client = true measures each client's rows"))
}

/// Only one number a row is compared.
pub(super) fn check_stability(evaluation: &Evaluation, task: Task) -> Option<Problem> {
    let is_refused = evaluation.psi && !matches!(task, Task::Binary | Task::Regression);
    let problem =
        Problem::about("evaluation.psi", "only models that say one number of a row, a probability or a label, have scores to compare");
    is_refused.then(|| problem.help("take psi out"))
}

/// Nor can they be measured, or a threshold be chosen on them.
pub(super) fn check_generated_evaluation(evaluation: &Evaluation) -> Vec<Problem> {
    let asked = [
        (evaluation.per_client, "evaluation.per_client", "per_client = true"),
        (evaluation.federated, "evaluation.federated", "federated = true"),
        (evaluation.psi, "evaluation.psi", "psi = true"),
        (evaluation.cost.is_some(), "evaluation.cost", "the threshold that costs least"),
    ];
    let asked = asked.into_iter().filter(|(is_asked, ..)| *is_asked);
    asked
        .map(|(_, key, what)| not_stored(key, what).help("take it out: metrics are on the test rows, of clients that never train"))
        .collect()
}

/// A scorecard's bins are of the columns' own numbers, the same for all.
pub(super) fn check_scorecard(model: &dyn Model, preprocess: &Preprocess) -> Vec<Problem> {
    if model.as_scorecard().is_none() {
        return Vec::new();
    }
    let broken = [
        (preprocess.scale != Scale::None, "scale", "a scorecard's bins are of the columns' own numbers", "use scale = \"none\""),
        (preprocess.fit == Fit::Local, "fit", "a scorecard's bins are the same for all clients", "use fit = \"federated\""),
        (preprocess.indicator, "indicator", "missing cells have a bin of their own in a scorecard", "take indicator out"),
        (!preprocess.curves.is_empty(), "transform", "a bent column has the same bins, at numbers that nobody knows", "take transform out"),
    ];
    let problem = |(_, key, message, help): (bool, &str, &str, &str)| Problem::about(format!("preprocess.{key}"), message).help(help);
    broken.into_iter().filter(|(is_broken, ..)| *is_broken).map(problem).collect()
}

/// Statistics of pooled rows need a place that sees every row.
pub(super) fn check_pooled_fit(preprocess: &Preprocess, aggregation: &Aggregation) -> Option<Problem> {
    let is_refused = preprocess.fit == Fit::Pooled && !preprocess.oracle && matches!(aggregation, Aggregation::Secure(_));
    let message = "statistics of pooled rows need a place that sees every row, which secure aggregation is there to do without";
    is_refused.then(|| {
        let help = "set fit = \"federated\", which gives the same numbers to the bit, or say that it is a comparison with what no federation has: oracle = true";
        Problem::about("preprocess.fit", message).help(help)
    })
}

/// A column's extremes are cells of some client's rows.
pub(super) fn warn_of_extremes(preprocess: &Preprocess, model: &dyn Model, aggregation: &Aggregation) -> Vec<Problem> {
    if !matches!(aggregation, Aggregation::Secure(_)) {
        return Vec::new();
    }
    let warning = |key: &str, what: &str, help: &str| {
        let message =
            format!("{what} shows the server each column's least and greatest value, exactly: each is a value of a single client's row");
        Problem::about(key, message).help(help).as_warning()
    };
    let is_scaled = preprocess.scale == Scale::MinMax && preprocess.fit != Fit::Pooled;
    let is_cut = model.as_boosting().is_some_and(|growth| growth.cuts == CutRule::EqualWidth);
    let of_scale = is_scaled.then(|| {
        let help = "scale = \"standard\" shows it nothing but means and spreads over all rows";
        warning("preprocess.scale", "scale = \"minmax\"", help)
    });
    let of_cuts = is_cut.then(|| {
        let help = "cuts = \"quantiles\" shows it nothing but counts of cells over all rows";
        warning("model.cuts", "cuts = \"equal_width\"", help)
    });
    of_scale.into_iter().chain(of_cuts).collect()
}

/// That the test rows tell when a run stops.
pub(super) fn warn_of_stop(stop: &Stop) -> Problem {
    let message =
        format!("[stop] watches {} on the test rows, which then no longer tell what the model is worth on new rows", stop.metric());
    let help = "data.validation_fraction = 0.1 keeps a tenth of the training rows for it";
    Problem::about("stop.metric", message).help(help).as_warning()
}
