//! What a run came to, for programs: `metrics.json`, and what `fedsim run --json` prints.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::federation::{Detail, History, Pointed};
use crate::logs::{Finished, Run, scorecard};
use crate::metrics::cost;
use crate::numeric::digest::Hash;
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
    /// Of a scorecard.
    #[serde(skip_serializing_if = "Option::is_none")]
    scorecard: Option<Scorecard>,
}

/// A scorecard's scale, and what whole numbers cost.
#[derive(Clone, Debug, Serialize)]
struct Scorecard {
    /// A row's points are offset - factor * log-odds of label 1, before they are rounded.
    factor: f64,
    offset: f64,
    /// Columns that the regression has, and those that it has not.
    columns: usize,
    left_out: usize,
    /// On the test rows; null if they lack a class.
    auc: Option<f64>,
    auc_of_points: Option<f64>,
    /// The first less the second.
    auc_lost_by_rounding: Option<f64>,
    /// What there is to look at of the columns that the regression has, as `scorecard.csv` tells it.
    warnings: Vec<String>,
}

impl Scorecard {
    fn of(pointed: &Pointed, finished: &Finished<'_>) -> Self {
        let Pointed { card, factor, offset, auc, auc_of_points, .. } = pointed;
        let columns = card.columns.iter().filter(|column| column.is_in).count();
        Self {
            factor: *factor,
            offset: *offset,
            columns,
            left_out: card.columns.len() - columns,
            auc: *auc,
            auc_of_points: *auc_of_points,
            auc_lost_by_rounding: auc.zip(*auc_of_points).map(|(auc, of_points)| auc - of_points),
            warnings: scorecard::warned(finished),
        }
    }
}

/// So many warnings are told on a terminal.
const WARNINGS_MOST: usize = 8;

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
    pub(super) fn of(finished: &Finished<'_>, identity: &Hash, history: &History) -> Self {
        let Finished { run: Run { plan, .. }, last, .. } = *finished;
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
            scorecard: last.pointed.as_ref().map(|pointed| Scorecard::of(pointed, finished)),
        }
    }

    /// What closes a run's table in words beside its metrics: of a scorecard, what whole points cost and what there is to look at.
    pub fn in_words(&self) -> String {
        let Some(Scorecard { auc_of_points, auc_lost_by_rounding, warnings, .. }) = &self.scorecard else { return String::new() };
        let figures = auc_of_points.zip(*auc_lost_by_rounding);
        let points = figures.map(|(auc, lost)| format!("points    AUC {auc:.4} in whole numbers, where the model has {:.4}\n", auc + lost));
        let shown = warnings.iter().take(WARNINGS_MOST).map(|warning| format!("warning   {warning}\n"));
        let more = warnings.len().checked_sub(WARNINGS_MOST + 1).map(|more| format!("warning   {} more in scorecard.csv\n", more + 1));
        points.into_iter().chain(shown).chain(more).collect()
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
