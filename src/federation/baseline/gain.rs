//! "Should my bank join?": what a client gains by joining, how sure that is, and what may be said of it.

use crate::metrics::Costs;
use crate::metrics::bootstrap::{interval_of_auc_difference, interval_of_mean};
use crate::metrics::equivalence::Differences;
use crate::numeric::rng::Stream;
use crate::tasks::{Labels, Task, View, losses};

/// Fewer positive rows than this, or rows where they have no two classes, tell nothing of a model.
const POSITIVES_MIN: usize = 10;

/// What a client gains by joining.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// What decides.
    pub decided_by: DecidedBy,
    /// Positive if the federation is better; `None` if it can't be measured.
    pub value: Option<f64>,
    /// The 90% interval; `None` if there is none.
    pub interval: Option<[f64; 2]>,
    /// Where the interval is from.
    pub source: Option<IntervalSource>,
    /// What may be said.
    pub verdict: Verdict,
}

/// What a gain is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// What a row costs.
    Cost,
    /// What a row adds to the loss.
    Loss,
    /// AUC.
    Auc,
}

/// What an interval is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalSource {
    /// The rows that the client is measured on, drawn again and again.
    Bootstrap,
    /// The seeds of the comparison.
    Seeds,
}

/// Whether joining pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval is above 0.
    Gains,
    /// The whole interval is below 0.
    Loses,
    /// Nobody can tell.
    CantTell(Reason),
}

/// Why nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The gain may be a loss.
    IntervalHasZero,
    /// Too few positives among the rows that the client is measured on.
    FewPositives,
    /// Too few rows.
    FewRows,
    /// They are all of one class.
    OneClass,
    /// There are none.
    NoRows,
    /// Alone, the client is the federation: it gains nothing by construction.
    FederationOfOne,
}

impl DecidedBy {
    /// What decides in this task.
    pub(super) fn of(task: Task, is_priced: bool) -> Self {
        match task {
            Task::Binary if is_priced => Self::Cost,
            Task::Binary => Self::Auc,
            Task::Multiclass | Task::Regression | Task::Clusters | Task::Reconstruction => Self::Loss,
        }
    }

    /// In `join.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Loss => "loss",
            Self::Auc => "auc",
        }
    }
}

impl IntervalSource {
    /// In `join.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::Seeds => "seeds",
        }
    }
}

impl Verdict {
    /// In `join.csv`: the verdict, and why nobody can tell.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Gains => ("gains", ""),
            Self::Loses => ("loses", ""),
            Self::CantTell(reason) => ("cant_tell", reason.word()),
        }
    }

    fn of(interval: Option<[f64; 2]>) -> Self {
        match interval {
            Some([low, _]) if low > 0.0 => Self::Gains,
            Some([_, high]) if high < 0.0 => Self::Loses,
            _ => Self::CantTell(Reason::IntervalHasZero),
        }
    }
}

impl Reason {
    /// In `join.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::IntervalHasZero => "interval_has_zero",
            Self::FewPositives => "few_positives",
            Self::FewRows => "few_rows",
            Self::OneClass => "one_class",
            Self::NoRows => "no_rows",
            Self::FederationOfOne => "federation_of_one",
        }
    }
}

/// The client's model and the federation's on the rows that the client is measured on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    /// The rows, and what the client's own model says of them.
    pub alone: View<'a>,
    /// The same rows, and what the federation's says.
    pub federated: View<'a>,
}

/// Prices, and the threshold of either model that costs least on the client's training rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Priced {
    pub costs: Costs,
    pub threshold_alone: f64,
    pub threshold_federated: f64,
}

impl Gain {
    /// Of a client that is not the only one, whose headline metric the federation betters by `gained`. What a row costs decides where
    /// decisions have a price, the AUC of two classes otherwise, and of other tasks what a row adds to the loss.
    pub(super) fn of(task: Task, pair: &Pair<'_>, gained: Option<f64>, priced: Option<&Priced>, mut stream: Stream) -> Self {
        let decided_by = DecidedBy::of(task, priced.is_some());
        let saved: Option<Vec<f64>> = match (decided_by, priced) {
            (DecidedBy::Auc, _) => None,
            (_, Some(priced)) => Some(priced.saved(pair)),
            (_, None) => {
                let [alone, federated] = [&pair.alone, &pair.federated].map(|view| losses(task, view));
                Some(alone.iter().zip(federated).map(|(alone, federated)| alone - federated).collect())
            }
        };
        let value = match &saved {
            Some(saved) if saved.is_empty() => None,
            Some(saved) => Some(saved.iter().sum::<f64>() / saved.len() as f64),
            None => gained,
        };
        let unknown = |reason| Self { decided_by, value, interval: None, source: None, verdict: Verdict::CantTell(reason) };
        if pair.alone.labels.is_empty() {
            return unknown(Reason::NoRows);
        }
        let (counted, few) = match pair.alone.labels {
            Labels::Binary(labels) => (labels.iter().filter(|&&label| label).count(), Reason::FewPositives),
            labels => (labels.len(), Reason::FewRows),
        };
        if decided_by == DecidedBy::Auc && (counted == 0 || counted == pair.alone.labels.len()) {
            return unknown(Reason::OneClass);
        }
        let interval = match &saved {
            Some(saved) => interval_of_mean(saved, &mut stream),
            None => interval_of_auc_difference(pair.alone.labels.binary(), pair.federated.scores, pair.alone.scores, &mut stream),
        };
        let verdict = if counted < POSITIVES_MIN { Verdict::CantTell(few) } else { Verdict::of(interval) };
        Self { decided_by, value, interval, source: interval.map(|_| IntervalSource::Bootstrap), verdict }
    }

    /// Of the only client.
    pub(super) fn of_the_only_client(decided_by: DecidedBy) -> Self {
        let verdict = Verdict::CantTell(Reason::FederationOfOne);
        Self { decided_by, value: Some(0.0), interval: None, source: None, verdict }
    }

    /// Of the same client under several seeds; as it was under the first where a seed lacks it.
    pub(super) fn over_seeds(gains: &[Self]) -> Self {
        let first = gains[0];
        let can_be_told =
            |gain: &Gain| matches!(gain.verdict, Verdict::Gains | Verdict::Loses | Verdict::CantTell(Reason::IntervalHasZero));
        let values: Option<Vec<f64>> = gains.iter().map(|gain| gain.value.filter(|_| can_be_told(gain))).collect();
        let Some(values) = values else { return first };
        let Some(differences) = Differences::of(&values) else { return first };
        let interval = Some(differences.deciding_interval());
        let value = Some(values.iter().sum::<f64>() / values.len() as f64);
        Self { value, interval, source: Some(IntervalSource::Seeds), verdict: Verdict::of(interval), ..first }
    }
}

impl Priced {
    /// What each row costs less in the federation, (rows,).
    fn saved(&self, pair: &Pair<'_>) -> Vec<f64> {
        let rows = pair.alone.labels.binary().iter().zip(pair.alone.scores.iter().zip(pair.federated.scores));
        let cost = |label: bool, score: f64, threshold: f64| self.costs.of_decision(label, score >= threshold);
        rows.map(|(&label, (&alone, &federated))| {
            cost(label, alone, self.threshold_alone) - cost(label, federated, self.threshold_federated)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::rows::{Matrix, Storage};

    fn stream() -> Stream {
        Streams::new(Seeds::all(7)).stream(Purpose::Bootstrap, 0, 0)
    }

    /// Scores of a model that is right of every row, and of one that knows nothing.
    fn rows(count: usize, positives: usize) -> (Vec<bool>, Vec<f64>, Vec<f64>) {
        let labels: Vec<bool> = (0..count).map(|row| row < positives).collect();
        let right = labels.iter().map(|&label| if label { 0.9 } else { 0.1 }).collect();
        (labels, vec![0.5; count], right)
    }

    fn of(labels: &[bool], alone: &[f64], federated: &[f64], gained: Option<f64>, priced: Option<&Priced>) -> Gain {
        let x = Matrix::zeros((labels.len(), 1), Storage::Double);
        let view = |scores| View { x: x.rows(), labels: Labels::Binary(labels), scores };
        Gain::of(Task::Binary, &Pair { alone: view(alone), federated: view(federated) }, gained, priced, stream())
    }

    fn gain(count: usize, positives: usize, auc: Option<f64>) -> Gain {
        let (labels, alone, federated) = rows(count, positives);
        of(&labels, &alone, &federated, auc, None)
    }

    #[test]
    fn a_sure_gain_is_told_and_one_on_few_positives_is_not() {
        // AUC 1 against 1/2, whichever rows are drawn.
        let sure = gain(100, 50, Some(0.5));
        assert_eq!((sure.interval, sure.verdict), (Some([0.5, 0.5]), Verdict::Gains));
        assert_eq!(gain(100, 9, Some(0.5)).verdict, Verdict::CantTell(Reason::FewPositives));
        assert_eq!(gain(100, 10, Some(0.5)).verdict, Verdict::Gains);
        assert_eq!(gain(100, 0, None).verdict, Verdict::CantTell(Reason::OneClass));
        assert_eq!(gain(0, 0, None).verdict, Verdict::CantTell(Reason::NoRows));
    }

    #[test]
    fn the_same_model_twice_is_no_gain() {
        let (labels, alone, _) = rows(100, 50);
        let same = of(&labels, &alone, &alone, Some(0.0), None);
        assert_eq!(same.verdict, Verdict::CantTell(Reason::IntervalHasZero));
    }

    /// By hand: at a threshold of 0.4 the model that knows nothing raises an alarm at each of the 50 negatives, at 3 each: half of
    /// the rows cost 3. The other model is right of all.
    #[test]
    fn prices_decide_where_there_are_some() {
        let (labels, alone, federated) = rows(100, 50);
        let costs = Costs { false_negative: 1.0, false_positive: 3.0 };
        let priced = Priced { costs, threshold_alone: 0.4, threshold_federated: 0.4 };
        let gain = of(&labels, &alone, &federated, Some(-0.5), Some(&priced));
        assert_eq!((gain.decided_by, gain.value, gain.verdict), (DecidedBy::Cost, Some(1.5), Verdict::Gains));
        assert_eq!(of(&labels, &federated, &alone, Some(0.5), Some(&priced)).verdict, Verdict::Loses);
    }

    /// By hand: 0.1, 0.2, 0.3 have mean 0.2 and standard error 0.1 / sqrt(3); t(0.95, 2) = 2.9199856.
    #[test]
    fn over_seeds_the_interval_is_that_of_their_mean() {
        let of = |value: f64| Gain { value: Some(value), ..gain(100, 50, Some(0.5)) };
        let over = Gain::over_seeds(&[0.1, 0.2, 0.3].map(of));
        let half = 2.919_985_6 * 0.1 / 3.0_f64.sqrt();
        let [low, high] = over.interval.expect("three seeds");
        assert!((low - (0.2 - half)).abs() < 1e-7 && (high - (0.2 + half)).abs() < 1e-7, "{low} {high}");
        assert_eq!((over.source, over.verdict), (Some(IntervalSource::Seeds), Verdict::Gains));
        let few = gain(100, 5, Some(0.5));
        assert_eq!(Gain::over_seeds(&[of(0.1), few]), of(0.1));
        assert_eq!(Gain::over_seeds(&[few]), few);
    }
}
