//! All rounds of a run, one after the other.

use std::collections::BTreeMap;
use std::mem;
use std::ops::ControlFlow;

use super::evaluate;
use super::learner::start_state;
use super::measuring;
use super::prepared::Prepared;
use super::record::{End, History, Outcome, RoundRecord, Standing};
use super::round::{self, Moved, Stuck};
use super::scoring::Scorer;
use super::variation::Variation;
use crate::diag::Error;
use crate::numeric::Params;
use crate::scenario::Plan;
use crate::timing::Stopwatch;

/// Runs all rounds, from the beginning or on from where a run stood; `tell` hears of each and of where the run then stands,
/// round 0 (the start) first, and may end the run.
///
/// # Errors
/// What `tell` returns, or that secure aggregation can't hold this federation's sums.
pub fn run(plan: &Plan, prepared: &Prepared, from: Option<Standing>, tell: &mut Tell<'_>) -> Result<History, Error> {
    go(round::Setting::new(plan, prepared, Variation::AsPlanned)?, from, tell)
}

/// Runs all rounds as planned but for `variation`. Models are measured only where early stopping has to know.
pub(super) fn run_varied(plan: &Plan, prepared: &Prepared, variation: Variation, tell: &mut Tell<'_>) -> Result<History, Error> {
    go(round::Setting::new(plan, prepared, variation)?.measured_to_stop(), None, tell)
}

fn go(mut setting: round::Setting<'_>, from: Option<Standing>, tell: &mut Tell<'_>) -> Result<History, Error> {
    let (watch, plan, federation) = (Stopwatch::start(), setting.plan(), setting.federation());
    let begins = from.is_none();
    let mut standing = from.unwrap_or_else(|| Standing::at_start(start_state(plan, setting.prepared())));
    let (before, mut scorer) = (standing.seconds, Scorer::default());
    if !begins && plan.stop.is_some_and(|stop| stop.is_due(&standing.watched)) {
        return Ok(History { standing, end: End::StoppedEarly });
    }
    if !begins && setting.is_settled(&standing.state) {
        return Ok(History { standing, end: End::Settled });
    }
    if begins {
        let mut record = RoundRecord::start(standing.state_digest);
        if setting.is_measured()
            && plan.evaluation.is_due(0, plan.rounds)
            && let Err(divergence) = evaluate::measure(plan, federation, &standing.state, &mut record, &mut standing.watched, &mut scorer)
        {
            return Ok(History { standing, end: End::Diverged(divergence) });
        }
        standing.best = evaluate::best(plan, &standing.watched, 0, &standing.state);
        if tell(&record, &standing)?.is_break() {
            return Ok(History { standing, end: End::Interrupted });
        }
    }
    while standing.round < plan.rounds {
        let (next, mut record, kept) = match step(&mut setting, &standing, &mut scorer) {
            Ok(stepped) => stepped,
            Err(Stuck::Unlearnable(problem)) => return Err(plan.locate(problem.into())),
            Err(Stuck::Diverged(divergence)) => return Ok(History { standing, end: End::Diverged(divergence) }),
        };
        record.state_digest = next.state_digest;
        let mut memories = mem::take(&mut standing.memories);
        memories.extend(kept);
        standing = Standing { seconds: before + watch.elapsed(), memories, ..next };
        let flow = tell(&record, &standing)?;
        match record.outcome {
            Outcome::StoppedEarly => return Ok(History { standing, end: End::StoppedEarly }),
            Outcome::Settled => return Ok(History { standing, end: End::Settled }),
            _ => {}
        }
        if flow.is_break() && standing.round < plan.rounds {
            return Ok(History { standing, end: End::Interrupted });
        }
    }
    Ok(History { standing, end: End::AllRounds })
}

/// Hears of a round and of where the run then stands.
pub type Tell<'a> = dyn FnMut(&RoundRecord, &Standing) -> Result<ControlFlow<()>, Error> + 'a;

/// Where a run stands after a round, but for the memories; the round's record; and the memories that clients now keep.
type Stepped = (Standing, RoundRecord, Vec<(usize, Params)>);

/// One round with all that belongs to it.
fn step(setting: &mut round::Setting<'_>, standing: &Standing, scorer: &mut Scorer) -> Result<Stepped, Stuck> {
    let (watch, round) = (Stopwatch::start(), standing.round + 1);
    let Moved { state, kept, mut record } = round::run(setting, standing, round)?;
    let (plan, mut watched) = (setting.plan(), standing.watched);
    let is_settled = record.outcome.is_completed() && setting.is_settled(&state);
    if is_settled {
        record.outcome = Outcome::Settled;
    }
    if setting.is_measured() && (is_settled || plan.evaluation.is_due(round, plan.rounds)) {
        evaluate::measure(plan, setting.federation(), &state, &mut record, &mut watched, scorer)?;
        if record.update_norm.is_some() {
            measuring::measure(setting, &state, &mut record, scorer);
        }
    }
    record.timing.total = watch.elapsed();
    let state_digest = state.chain(&standing.state_digest, round, kept.iter().map(|(client, memory)| (*client, memory)));
    let best = evaluate::best(plan, &watched, round, &state).or_else(|| standing.best.clone());
    let counts = standing.counts.and(&record, plan.faults.min_clients);
    let memories = BTreeMap::new();
    Ok((Standing { round, state, memories, state_digest, watched, best, counts, seconds: standing.seconds }, record, kept))
}
