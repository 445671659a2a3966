//! The engine: prepares the data, runs the rounds, and tells of each.

mod evaluate;
mod record;
mod round;

use std::ops::ControlFlow;

pub use evaluate::score;
pub use record::{ClientRecord, History, Outcome, RoundRecord, RoundTiming};

use crate::data::preprocess::InTheClear;
use crate::data::{self, Federation};
use crate::diag::Error;
use crate::models::Parameter;
use crate::numeric::digest::Hash;
use crate::numeric::exact_sum::sum_vectors;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;
use crate::strategies::ServerState;
use crate::timing::Stopwatch;
use crate::training::RowWeights;

/// Reads, deals and preprocesses the data that the plan names.
///
/// # Errors
/// The user's mistakes in the data.
pub fn prepare(plan: &Plan) -> Result<Federation, Error> {
    data::prepare(&plan.data, &plan.streams, &InTheClear).map_err(|error| plan.locate(error))
}

/// The model's parameters before training.
pub fn parameters(plan: &Plan, features: &[String]) -> Vec<Parameter> {
    plan.model.parameters(features, &mut plan.streams.stream(Purpose::Init, 0, 0))
}

/// Runs all rounds; `tell` hears of each, round 0 (the start) first, and may end the run.
///
/// # Errors
/// What `tell` returns, or a model that left the finite numbers.
pub fn run(
    plan: &Plan,
    federation: &Federation,
    tell: &mut dyn FnMut(&RoundRecord) -> Result<ControlFlow<()>, Error>,
) -> Result<History, Error> {
    let watch = Stopwatch::start();
    let starts: Vec<f64> = parameters(plan, &federation.transform.names()).iter().map(|parameter| parameter.start).collect();
    let mut state = ServerState { params: starts.into() };
    let weights = class_weights(plan, federation);
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
        let (next, mut record) = round::run(plan, federation, weights, state, number)?;
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
    Error::Failure(format!(
        "round {round}: {what}: training diverges\nlower training.learning_rate, or use preprocess.scale = \"standard\""
    ))
}

/// What rows weigh by class, from the counts of all clients.
fn class_weights(plan: &Plan, federation: &Federation) -> RowWeights {
    let counts: Vec<Vec<f64>> = (0..federation.clients.len())
        .map(|client| {
            let (_, labels) = federation.client(client);
            let positives = labels.iter().sum::<f64>();
            vec![labels.len() as f64 - positives, positives]
        })
        .collect();
    let totals = sum_vectors(&counts);
    RowWeights::new(plan.hyper.class_weight, totals[0], totals[1])
}
