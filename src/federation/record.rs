//! What a run tells of itself, round by round and at its end.

use crate::faults::Fate;
use crate::metrics::Metrics;
use crate::numeric::digest::Hash;
use crate::strategies::ServerState;
use crate::timing::Seconds;

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none: the model before training.
    Start,
    /// The model moved.
    Completed,
    /// Too few clients answered; the model stands.
    TooFewSurvivors,
}

impl Outcome {
    /// The word in `round_log.csv`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Completed => "completed",
            Self::TooFewSurvivors => "aborted_too_few_survivors",
        }
    }

    /// Whether the round was aborted.
    pub fn is_aborted(self) -> bool {
        self == Self::TooFewSurvivors
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
    /// On each client's training rows, in the clients' order; empty where not asked for or not due.
    pub client_metrics: Vec<Metrics>,
    /// How long it took, and what was sent.
    pub timing: RoundTiming,
    /// Each client that took part.
    pub clients: Vec<ClientRecord>,
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
    /// Bytes it sent: 8 a parameter and 8 for its example count, if it answered.
    pub upload_bytes: u64,
    /// Bytes it was sent: 8 a parameter.
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
            client_metrics: Vec::new(),
            timing: RoundTiming::default(),
            clients: Vec::new(),
        }
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

/// What a run ends with.
#[derive(Clone, Debug)]
pub struct History {
    /// The server's last state.
    pub state: ServerState,
    /// How many rounds were run; fewer than planned if the run was ended early.
    pub rounds: usize,
    /// The chain over all states.
    pub state_digest: Hash,
    /// The last round's metrics on the test rows, if they were due.
    pub metrics: Option<Metrics>,
    /// How long all rounds took.
    pub seconds: Seconds,
}
