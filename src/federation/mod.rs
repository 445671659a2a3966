//! The engine: prepares the data, runs the rounds, and tells of each.

pub mod baseline;
mod evaluate;
mod final_model;
mod plausible;
mod record;
mod round;
mod secure;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

pub use evaluate::score;
pub use final_model::FinalModel;
pub(crate) use plausible::first_broken;
pub use record::{
    ClientRecord, Divergence, End, History, Outcome, RoundCounts, RoundRecord, RoundTiming, SecureRecord, Shortfall, Standing,
};

use round::Variation;
pub(crate) use secure::SecureTerms;
use secure::{SecureStatistics, SecureUpdates};

use crate::data::preprocess::{COUNT_BITS, Exchange, InTheClear, Question};
use crate::data::{self, Federation, Loaded};
use crate::diag::Error;
use crate::models::Parameter;
use crate::numeric::Params;
use crate::numeric::rng::Purpose;
use crate::scenario::{Aggregation, Plan};
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
    let loaded = data::load(&plan.data, &plan.streams).map_err(|error| plan.locate(error))?;
    match &plan.aggregation {
        Aggregation::Clear(_) => prepare_through(plan, loaded, &InTheClear),
        Aggregation::Secure(spec) => {
            let exchange = SecureStatistics::new(plan, spec, loaded.sha256());
            let prepared = prepare_through(plan, loaded, &exchange)?;
            // Sums that don't fit are refused before anything is written.
            let params = parameters(plan, &prepared.federation.transform.names()).len();
            SecureUpdates::new(plan, spec, &prepared.federation, params, Variation::AsPlanned)?;
            Ok(Prepared { statistics: exchange.into_records(), ..prepared })
        }
    }
}

fn prepare_through(plan: &Plan, loaded: Loaded, exchange: &dyn Exchange) -> Result<Prepared, Error> {
    let federation = data::prepare(&plan.data, loaded, exchange).map_err(|error| plan.locate(error))?;
    plan.check_clients(&federation)?;
    let weights = match plan.hyper.class_weight {
        // Only this rule needs to know how many rows of each class there are; a server learns that of all rows.
        ClassWeight::Balanced => {
            let train = &federation.all_rows("class_weight = \"balanced\"")?.train;
            let counts = (0..train.ranges.len()).map(|client| class_counts(train.client(client).1).to_vec());
            let totals = exchange.sum(&Question::plain("classes"), COUNT_BITS, &counts.collect::<Vec<_>>())?;
            balanced(&[totals[0] as f64, totals[1] as f64])
        }
        ClassWeight::None => RowWeights { negative: 1.0, positive: 1.0 },
        ClassWeight::Positive(positive) => RowWeights { negative: 1.0, positive },
    };
    Ok(Prepared { federation, weights, statistics: Vec::new() })
}

/// Rows of label 0 and of label 1.
fn class_counts(labels: &[bool]) -> [i128; 2] {
    let positives = labels.iter().filter(|&&label| label).count() as i128;
    [labels.len() as i128 - positives, positives]
}

/// What a secure sum of the updates of so many clients is under this plan; `None` if there is none, or not of so many.
pub(crate) fn secure_terms(plan: &Plan, prepared: &Prepared, clients: usize) -> Option<SecureTerms> {
    let Aggregation::Secure(spec) = &plan.aggregation else { return None };
    let params = parameters(plan, &prepared.federation.transform.names()).len();
    let least = plan.faults.min_clients.max(2);
    if !(least..=plan.cohort.largest(prepared.federation.active_count())).contains(&clients) {
        return None;
    }
    Some(SecureUpdates::new(plan, spec, &prepared.federation, params, Variation::AsPlanned).ok()?.terms(clients, params))
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

/// Runs all rounds, from the beginning or on from where a run stood; `tell` hears of each and of where the run then stands,
/// round 0 (the start) first, and may end the run.
///
/// # Errors
/// What `tell` returns, or that secure aggregation can't hold this federation's sums.
pub fn run(plan: &Plan, prepared: &Prepared, from: Option<Standing>, tell: &mut Tell<'_>) -> Result<History, Error> {
    go(round::Setting::new(plan, prepared, Variation::AsPlanned)?, from, tell)
}

/// Runs all rounds as planned but for `variation`. Models are measured only where early stopping has to know.
fn run_varied(plan: &Plan, prepared: &Prepared, variation: Variation, tell: &mut Tell<'_>) -> Result<History, Error> {
    go(round::Setting::new(plan, prepared, variation)?.measured_to_stop(), None, tell)
}

fn go(mut setting: round::Setting<'_>, from: Option<Standing>, tell: &mut Tell<'_>) -> Result<History, Error> {
    let (watch, plan, federation) = (Stopwatch::start(), setting.plan(), setting.federation());
    let begins = from.is_none();
    let mut standing = from.unwrap_or_else(|| Standing::at_start(start(plan, federation)));
    let before = standing.seconds;
    if !begins && plan.stop.is_some_and(|stop| stop.is_due(&standing.watched)) {
        return Ok(History { standing, end: End::StoppedEarly });
    }
    if begins {
        let mut record = RoundRecord::start(standing.state_digest);
        if setting.is_measured()
            && let Err(divergence) = evaluate::measure(plan, federation, &standing.state, &mut record, &mut standing.watched)
        {
            return Ok(History { standing, end: End::Diverged(divergence) });
        }
        standing.best = evaluate::best(plan, &standing.watched, 0, &standing.state);
        if tell(&record, &standing)?.is_break() {
            return Ok(History { standing, end: End::Interrupted });
        }
    }
    while standing.round < plan.rounds {
        let (next, mut record) = match step(&mut setting, &standing) {
            Ok(stepped) => stepped,
            Err(divergence) => return Ok(History { standing, end: End::Diverged(divergence) }),
        };
        record.state_digest = next.state_digest;
        standing = Standing { seconds: before + watch.elapsed(), ..next };
        let flow = tell(&record, &standing)?;
        if record.outcome == Outcome::StoppedEarly {
            return Ok(History { standing, end: End::StoppedEarly });
        }
        if flow.is_break() && standing.round < plan.rounds {
            return Ok(History { standing, end: End::Interrupted });
        }
    }
    Ok(History { standing, end: End::AllRounds })
}

/// Hears of a round and of where the run then stands.
pub type Tell<'a> = dyn FnMut(&RoundRecord, &Standing) -> Result<ControlFlow<()>, Error> + 'a;

/// One round with all that belongs to it.
fn step(setting: &mut round::Setting<'_>, standing: &Standing) -> Result<(Standing, RoundRecord), Divergence> {
    let (watch, round) = (Stopwatch::start(), standing.round + 1);
    let (state, mut record) = round::run(setting, &standing.state, round)?;
    let (plan, mut watched) = (setting.plan(), standing.watched);
    if setting.is_measured() {
        evaluate::measure(plan, setting.federation(), &state, &mut record, &mut watched)?;
    }
    record.timing.total = watch.elapsed();
    let state_digest = standing.state_digest.chain(round, state.params.as_slice());
    let best = evaluate::best(plan, &watched, round, &state).or_else(|| standing.best.clone());
    let counts = standing.counts.and(&record, plan.faults.min_clients);
    Ok((Standing { round, state, state_digest, watched, best, counts, seconds: standing.seconds }, record))
}
