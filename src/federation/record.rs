//! What a run tells of itself, round by round and at its end.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::diag::Error;
use crate::exchange::{ExchangeRecord, SecureRecord};
use crate::faults::Fate;
use crate::form::State;
use crate::metrics::{ExpectedCost, Spread};
use crate::numeric::Params;
use crate::numeric::digest::Hash;
use crate::stage::Stage;
use crate::tasks::{Metrics, Watched};
use crate::timing::Seconds;

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none: the model before training.
    Start,
    /// The model moved.
    Completed,
    /// The model moved, and the run ends: its metric no longer gets better.
    StoppedEarly,
    /// The model moved, and the run ends: there is nothing more to learn.
    Settled,
    /// The model moved by what there was: a client was lost after so many sums of several, and sums over fewer than the first would
    /// show what it sent.
    CutShort(usize),
    /// Too few clients answered; the model stands.
    TooFewSurvivors,
    /// Secure aggregation lost too many clients in this stage; the model stands.
    Aborted(Stage),
}

impl Outcome {
    /// The word in `round_log.csv`.
    pub fn word(self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Completed => "completed".to_owned(),
            Self::StoppedEarly => "stopped_early".to_owned(),
            Self::Settled => "settled".to_owned(),
            Self::CutShort(sums) => format!("tree_cut_short_{sums}"),
            Self::TooFewSurvivors => "aborted_too_few_survivors".to_owned(),
            Self::Aborted(stage) => format!("aborted_{}", stage.name()),
        }
    }

    /// Whether the model moved.
    pub fn is_completed(self) -> bool {
        matches!(self, Self::Completed | Self::StoppedEarly | Self::Settled | Self::CutShort(_))
    }

    /// Whether the run ends with this round, however many others were planned.
    pub fn is_last(self) -> bool {
        matches!(self, Self::StoppedEarly | Self::Settled)
    }

    /// Whether the round was aborted.
    pub fn is_aborted(self) -> bool {
        matches!(self, Self::TooFewSurvivors | Self::Aborted(_))
    }
}

/// One round.
#[derive(Clone, Debug)]
pub struct RoundRecord {
    /// Its number, from 1; 0 is the start.
    pub round: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// How many clients took part.
    pub selected: usize,
    /// How many of them answered.
    pub survivors: usize,
    /// How many rows the survivors have.
    pub examples: u64,
    /// The Euclidean norm of the model's move; `None` if it stands.
    pub update_norm: Option<f64>,
    /// The chain of SHA-256 values over all states so far.
    pub state_digest: Hash,
    /// On the test rows; `None` where they were not due.
    pub metrics: Option<Metrics>,
    /// On the validation rows; `None` where there are none or they were not due.
    pub validation: Option<Metrics>,
    /// What decisions on the test rows cost; `None` where not asked for or not due.
    pub cost: Option<ExpectedCost>,
    /// On each client's held-out rows, or its training rows where nothing is held out, in the clients' order; empty where
    /// not asked for or not due. `None` for a client without such rows.
    pub client_metrics: Vec<Option<Metrics>>,
    /// How metrics spread over clients, by their names; empty where not asked for or not due.
    pub fairness: Vec<(&'static str, Spread)>,
    /// What the clients' own sums say of the model; `None` where not asked for or not due, or too few clients were left.
    pub federated: Option<FederatedMetrics>,
    /// How long it took, and what was sent.
    pub timing: RoundTiming,
    /// Each client that took part.
    pub clients: Vec<ClientRecord>,
    /// Its sums, in their order, where the round came so far.
    pub exchanges: Vec<ExchangeRecord>,
}

/// What the clients of a round sum up of its model.
#[derive(Clone, Debug)]
pub struct FederatedMetrics {
    /// Clients in the sum.
    pub clients: usize,
    /// Rows of theirs.
    pub rows: u64,
    /// On these rows; empty where a metric does not follow from sums.
    pub metrics: Metrics,
}

/// A round's costs: times depend on the machine, bytes do not.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundTiming {
    /// All of the round.
    pub total: Seconds,
    /// Wall seconds of local training.
    pub train: f64,
    /// Wall seconds of aggregation and of the server's step.
    pub aggregate: f64,
    /// Wall seconds of evaluation.
    pub evaluate: f64,
}

/// One client's part in a round.
#[derive(Clone, Copy, Debug)]
pub struct ClientRecord {
    /// Which client, from 0.
    pub client: usize,
    /// What became of it.
    pub fate: Fate,
    /// Its rows.
    pub examples: u64,
    /// Its training's time; 0 if it dropped out, for what it would have sent is not computed.
    pub train: Seconds,
    /// Bytes it sent: 8 a parameter and 8 for its example count, if it answered; under secure aggregation its messages.
    pub upload_bytes: u64,
    /// Bytes it was sent: 8 a parameter, and the messages of secure aggregation.
    pub download_bytes: u64,
}

impl RoundRecord {
    /// The record of the model before training.
    pub(super) fn start(state_digest: Hash) -> Self {
        Self {
            round: 0,
            outcome: Outcome::Start,
            selected: 0,
            survivors: 0,
            examples: 0,
            update_norm: None,
            state_digest,
            metrics: None,
            validation: None,
            cost: None,
            client_metrics: Vec::new(),
            fairness: Vec::new(),
            federated: None,
            timing: RoundTiming::default(),
            clients: Vec::new(),
            exchanges: Vec::new(),
        }
    }

    /// The record of a round that has selected so many clients, whose survivors have so many rows each; aborted until told
    /// otherwise.
    pub(super) fn of_cohort(round: usize, selected: usize, survivors: &[u64]) -> Self {
        let start = Self::start(Hash::of(b""));
        Self { round, outcome: Outcome::TooFewSurvivors, selected, survivors: survivors.len(), examples: survivors.iter().sum(), ..start }
    }

    /// Adds a sum of these clients, some of the round's, ascending.
    pub(super) fn charge(&mut self, clients: &[usize], taken: ExchangeRecord) {
        let mut bytes = clients.iter().zip(taken.upload_bytes.iter().zip(&taken.download_bytes)).peekable();
        for client in &mut self.clients {
            if let Some((_, (up, down))) = bytes.next_if(|(of, _)| **of == client.client) {
                client.upload_bytes += up;
                client.download_bytes += down;
            }
        }
        self.exchanges.push(taken);
    }

    /// What the round lacked, of which at least `min_clients` had to answer; `None` if it was not aborted.
    fn shortfall(&self, min_clients: usize) -> Option<Shortfall> {
        let abort = self.exchanges.first().and_then(ExchangeRecord::abort);
        let (stage, present, needed) = match (self.outcome, abort) {
            (Outcome::Aborted(stage), Some(abort)) => (Some(stage.name().to_owned()), abort.present, abort.needed),
            (Outcome::TooFewSurvivors, _) => (None, self.survivors, min_clients),
            _ => return None,
        };
        Some(Shortfall { round: self.round, stage, present, needed })
    }

    /// What secure aggregation took of each of its sums, in their order.
    pub fn secure(&self) -> impl Iterator<Item = &SecureRecord> {
        self.exchanges.iter().filter_map(|exchange| exchange.secure.as_ref())
    }

    /// Bytes that all clients sent.
    pub fn upload_bytes(&self) -> u64 {
        self.clients.iter().map(|client| client.upload_bytes).sum()
    }

    /// Bytes that all clients were sent.
    pub fn download_bytes(&self) -> u64 {
        self.clients.iter().map(|client| client.download_bytes).sum()
    }
}

/// The clients that came through the first sum of a round, ascending.
pub(super) fn came_through(clients: &[ClientRecord], first: &ExchangeRecord) -> Vec<usize> {
    let is_in = |at: usize, client: &ClientRecord| match &first.secure {
        Some(secure) => secure.survivors.binary_search(&at).is_ok(),
        None => client.fate.contributes(),
    };
    clients.iter().enumerate().filter(|(at, client)| is_in(*at, client)).map(|(_, client)| client.client).collect()
}

/// How many rounds ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundCounts {
    /// Rounds that moved the model.
    pub completed: usize,
    /// Rounds that were aborted.
    pub aborted: usize,
    /// What the last aborted round lacked.
    pub shortfall: Option<Shortfall>,
}

/// What an aborted round lacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortfall {
    /// Which round.
    pub round: usize,
    /// In which stage of secure aggregation, by its name; `None` before any.
    pub stage: Option<String>,
    /// How many clients there were.
    pub present: usize,
    /// How many it takes.
    pub needed: usize,
}

impl Shortfall {
    /// The key that says how many clients it takes.
    pub fn key(&self) -> &'static str {
        if self.stage.is_some() { "aggregation.threshold" } else { "faults.min_clients" }
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, stage, present, needed } = self;
        let stage = stage.as_ref().map(|stage| format!(" in stage {stage}")).unwrap_or_default();
        let verb = if *present == 1 { "client was" } else { "clients were" };
        write!(f, "round {round} was aborted{stage}: {present} {verb} left, and {needed} are needed ({})", self.key())
    }
}

/// Where a run stands between two rounds: all that the rounds to come depend on, beside the plan and the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// The last round that is over; 0 before the first.
    pub round: usize,
    /// What the server keeps.
    pub state: State,
    /// What clients keep until they take part again, by their numbers; only of those that ever answered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub memories: BTreeMap<usize, Params>,
    /// The chain over all states so far.
    pub state_digest: Hash,
    /// How the metric came along that early stopping looks at.
    pub watched: Watched,
    /// The model of the round whose metric was best, (params,); `None` if the last one is to be kept.
    pub best: Option<Params>,
    /// How the rounds ended.
    pub counts: RoundCounts,
    /// How long all rounds so far took.
    pub seconds: Seconds,
}

impl RoundCounts {
    /// The counts with one round more, of which at least `min_clients` had to answer.
    #[must_use]
    pub(super) fn and(&self, record: &RoundRecord, min_clients: usize) -> Self {
        let shortfall = record.shortfall(min_clients);
        Self {
            completed: self.completed + usize::from(record.outcome.is_completed()),
            aborted: self.aborted + usize::from(record.outcome.is_aborted()),
            shortfall: shortfall.or_else(|| self.shortfall.clone()),
        }
    }
}

impl Standing {
    /// Before the first round.
    pub(super) fn at_start(state: State) -> Self {
        let state_digest = state.chain(&Hash::of(b"fedsim/state/v1"), 0, std::iter::empty());
        Self {
            round: 0,
            state,
            memories: BTreeMap::new(),
            state_digest,
            watched: Watched::default(),
            best: None,
            counts: RoundCounts::default(),
            seconds: Seconds::default(),
        }
    }

    /// The model that the run would leave here, (params,).
    pub fn kept(&self) -> &Params {
        self.best.as_ref().unwrap_or(self.state.params())
    }

    /// The round of that model.
    pub fn kept_round(&self) -> usize {
        self.best.as_ref().and(self.watched.best).map_or(self.round, |(_, round)| round)
    }
}

/// What a run ends with.
#[derive(Clone, Debug)]
pub struct History {
    /// Where it stands at last.
    pub standing: Standing,
    /// Why it goes no further.
    pub end: End,
}

/// Why a run goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All rounds are over.
    AllRounds,
    /// The metric of early stopping no longer got better.
    StoppedEarly,
    /// There was nothing more to learn.
    Settled,
    /// Whoever heard of the rounds wanted no more.
    Interrupted,
    /// The next round's numbers left the finite range; where the run stands is the last good state.
    Diverged(Divergence),
}

/// Numbers that left the finite range: in which round, and whose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}: training diverges\nlower training.learning_rate, or use preprocess.scale = \"standard\"")]
pub struct Divergence(pub(super) String);

impl From<Divergence> for Error {
    fn from(divergence: Divergence) -> Self {
        Self::Failure(divergence.to_string())
    }
}
