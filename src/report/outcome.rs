//! What a run came to, for programs: `metrics.json`, and what `fedsim run --json` prints.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::federation::{Detail, FinalModel, History};
use crate::metrics::cost;
use crate::numeric::digest::Hash;
use crate::scenario::Plan;
use crate::tasks::Metrics;

/// A run's results in one object. Neither names nor versions are in it: the same scenario comes to the same.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// SHA-256 over the scenario, names and paths aside, and the data.
    identity: String,
    /// The chain over all states, in the end.
    state_digest: String,
    rounds: Rounds,
    /// The round whose model the run leaves.
    model_of_round: usize,
    /// That model's metrics on the test rows by their names, with what decisions cost where they have a price; null where a metric
    /// does not exist.
    test: Map<String, Value>,
    /// The same on the validation rows; null if there are none.
    validation: Option<Map<String, Value>>,
    /// The best value of the metric that `[stop]` looks at; null without `[stop]`.
    best: Option<Best>,
    /// Of two classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion: Option<Counts>,
}

/// How many rounds there were.
#[derive(Clone, Debug, Serialize)]
struct Rounds {
    planned: usize,
    run: usize,
    completed: usize,
    aborted: usize,
}

/// The best round.
#[derive(Clone, Debug, Serialize)]
struct Best {
    metric: &'static str,
    round: usize,
    value: f64,
    /// `validation` or `test`.
    measured_on: &'static str,
}

/// Decisions on the test rows.
#[derive(Clone, Debug, Serialize)]
struct Counts {
    threshold: f64,
    true_positives: u64,
    false_positives: u64,
    true_negatives: u64,
    false_negatives: u64,
}

impl Outcome {
    /// Of a run that ended so and leaves this model.
    pub(super) fn of(plan: &Plan, identity: &Hash, history: &History, last: &FinalModel) -> Self {
        let (standing, counts) = (&history.standing, &history.standing.counts);
        let confusion = match &last.detail {
            Detail::Binary { confusion, .. } => Some(*confusion),
            _ => None,
        };
        let best = plan.stop.zip(standing.watched.best).map(|(stop, (value, round))| Best {
            metric: stop.metric(),
            round,
            value,
            measured_on: if last.validation.is_some() { "validation" } else { "test" },
        });
        let mut test = by_name(&last.metrics);
        let costs = last.cost.iter().flat_map(|cost| cost::NAMES.into_iter().zip(cost.values()));
        test.extend(costs.map(|(name, value)| (name.to_owned(), Value::from(value))));
        Self {
            identity: identity.hex(),
            state_digest: standing.state_digest.hex(),
            rounds: Rounds { planned: plan.rounds, run: standing.round, completed: counts.completed, aborted: counts.aborted },
            model_of_round: last.round,
            test,
            validation: last.validation.as_ref().map(by_name),
            best,
            confusion: confusion.map(|confusion| Counts {
                threshold: plan.evaluation.threshold,
                true_positives: confusion.true_positives,
                false_positives: confusion.false_positives,
                true_negatives: confusion.true_negatives,
                false_negatives: confusion.false_negatives,
            }),
        }
    }

    /// The content of `metrics.json`.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers can be written") + "\n"
    }
}

/// Metrics by their names.
fn by_name(metrics: &Metrics) -> Map<String, Value> {
    metrics.named().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}
