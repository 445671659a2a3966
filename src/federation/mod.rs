//! The engine: prepares the data, runs the rounds, and tells of each.

pub mod baseline;
mod evaluate;
mod record;
mod round;
mod secure;

use std::ops::ControlFlow;

pub use evaluate::score;
pub use record::{ClientRecord, History, Outcome, RoundRecord, RoundTiming, SecureRecord};

use round::Variation;
use secure::{SecureStatistics, SecureUpdates};

use crate::data::preprocess::{Exchange, InTheClear};
use crate::data::{self, ByClient, Federation};
use crate::diag::Error;
use crate::models::Parameter;
use crate::numeric::Params;
use crate::numeric::digest::Hash;
use crate::numeric::rng::Purpose;
use crate::scenario::{Aggregation, Plan};
use crate::strategies::ServerState;
use crate::timing::Stopwatch;
use crate::training::{ClassWeight, RowWeights, balanced};

/// The clients' rows, and what it took to prepare them.
#[derive(Debug)]
pub struct Prepared {
    /// The clients' rows.
    pub federation: Federation,
    /// What a row weighs in training.
    pub weights: RowWeights,
    /// The sums of statistics, in their order, where they went through secure aggregation.
    pub statistics: Vec<SecureRecord>,
}

/// Reads, deals and preprocesses the data that the plan names.
///
/// # Errors
/// The user's mistakes in the data.
pub fn prepare(plan: &Plan) -> Result<Prepared, Error> {
    match &plan.aggregation {
        Aggregation::Clear(_) => prepare_through(plan, &InTheClear),
        Aggregation::Secure(spec) => {
            let exchange = SecureStatistics::new(plan, spec);
            let prepared = prepare_through(plan, &exchange)?;
            // Sums that don't fit are refused before anything is written.
            let params = parameters(plan, &prepared.federation.transform.names()).len();
            SecureUpdates::new(plan, spec, &prepared.federation, params)?;
            Ok(Prepared { statistics: exchange.into_records(), ..prepared })
        }
    }
}

fn prepare_through(plan: &Plan, exchange: &dyn Exchange) -> Result<Prepared, Error> {
    let federation = data::prepare(&plan.data, &plan.streams, exchange).map_err(|error| plan.locate(error))?;
    plan.check_clients(federation.client_count())?;
    let counts = |train: &ByClient, client: usize| {
        let (_, labels) = train.client(client);
        let positives = labels.iter().sum::<f64>();
        vec![labels.len() as f64 - positives, positives]
    };
    let weights = match plan.hyper.class_weight {
        // Only this rule needs to know how many rows of each class there are.
        ClassWeight::Balanced => {
            let train = &federation.all_rows("class_weight = \"balanced\"")?.train;
            let totals = exchange.sum(&(0..train.ranges.len()).map(|client| counts(train, client)).collect::<Vec<_>>())?;
            balanced(&[totals[0], totals[1]])
        }
        ClassWeight::None => RowWeights { negative: 1.0, positive: 1.0 },
        ClassWeight::Positive(positive) => RowWeights { negative: 1.0, positive },
    };
    Ok(Prepared { federation, weights, statistics: Vec::new() })
}

/// The model's parameters before training.
pub fn parameters(plan: &Plan, features: &[String]) -> Vec<Parameter> {
    plan.model.parameters(features, &mut plan.streams.stream(Purpose::Init, 0, 0))
}

/// The model before training.
fn start(plan: &Plan, federation: &Federation) -> Params {
    let starts: Vec<f64> = parameters(plan, &federation.transform.names()).iter().map(|parameter| parameter.start).collect();
    starts.into()
}

/// Runs all rounds; `tell` hears of each, round 0 (the start) first, and may end the run.
///
/// # Errors
/// What `tell` returns, or a model that left the finite numbers.
pub fn run(
    plan: &Plan,
    prepared: &Prepared,
    tell: &mut dyn FnMut(&RoundRecord) -> Result<ControlFlow<()>, Error>,
) -> Result<History, Error> {
    let (watch, federation) = (Stopwatch::start(), &prepared.federation);
    let mut state = ServerState { params: start(plan, federation) };
    let mut setting = round::Setting::new(plan, prepared, state.params.len(), Variation::AsPlanned)?;
    let mut digest = Hash::of(b"fedsim/state/v1").chain(0, state.params.as_slice());
    let mut record = RoundRecord::start(digest);
    evaluate::measure(plan, federation, &state, &mut record)?;
    let mut flow = tell(&record)?;
    let mut last = record;
    for number in 1..=plan.rounds {
        if flow.is_break() {
            break;
        }
        let round_watch = Stopwatch::start();
        let (next, mut record) = round::run(&mut setting, state, number)?;
        state = next;
        digest = digest.chain(number, state.params.as_slice());
        record.state_digest = digest;
        evaluate::measure(plan, federation, &state, &mut record)?;
        record.timing.total = round_watch.elapsed();
        flow = tell(&record)?;
        last = record;
    }
    Ok(History { state, rounds: last.round, state_digest: digest, metrics: last.metrics, seconds: watch.elapsed() })
}

/// The failure that numbers left the finite range in `round`.
fn diverged(round: usize, what: &str) -> Error {
    diverges(&format!("round {round}: {what}"))
}

/// The failure that what `what` tells of is no longer finite.
fn diverges(what: &str) -> Error {
    Error::Failure(format!("{what}: training diverges\nlower training.learning_rate, or use preprocess.scale = \"standard\""))
}
