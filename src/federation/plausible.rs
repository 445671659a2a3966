//! What a standing that was read back from a file must be: one that rounds of this plan, on these data, can have led to.

use super::learner::{keeps_memories, learner, start_state};
use super::prepared::Prepared;
use super::record::{RoundCounts, Shortfall, Standing};
use crate::scenario::{Aggregation, Plan};
use crate::stage::Stage;
use crate::tasks::Keep;

/// The first of these that does not hold, in words.
pub(crate) fn first_broken<const N: usize>(rules: [(bool, &str); N]) -> Result<(), String> {
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, broken)| Err(broken.to_owned()))
}

impl Standing {
    /// Wants a standing that rounds of this plan can have led to. That they did is not known: whoever can write the file can
    /// write numbers that are possible.
    ///
    /// # Errors
    /// What is impossible about it.
    pub fn check(&self, plan: &Plan, prepared: &Prepared) -> Result<(), String> {
        if self.round > plan.rounds {
            return Err(format!("round {} of {}", self.round, plan.rounds));
        }
        let begun = Self::at_start(start_state(plan, prepared));
        let learner = learner(plan, prepared);
        if !self.state.is_beside_like(&begun.state) {
            return Err("other blocks than the learner keeps".to_owned());
        }
        learner.check(self.state.params().as_slice(), &begun.state)?;
        let is_begun = self.state == begun.state && self.state_digest == begun.state_digest;
        first_broken([
            (self.state.is_finite(), "a parameter that is no finite number"),
            (self.round > 0 || is_begun, "another model before the first round than training begins with"),
            ([self.seconds.wall, self.seconds.cpu].iter().all(|time| time.is_finite() && *time >= 0.0), "a time that is below 0"),
        ])?;
        self.check_memories(keeps_memories(learner.as_ref()), prepared.federation.client_count())?;
        self.counts.check(self.round, plan, prepared.federation.client_count())?;
        self.watched.check(plan.stop.as_ref(), self.round)?;
        self.check_best(plan)?;
        self.best
            .as_ref()
            .map_or(Ok(()), |best| learner.check(best.as_slice(), &begun.state).map_err(|broken| format!("a best model of {broken}")))
    }

    /// Wants memories of clients that there are, of a model's length each, and none where the strategy keeps none.
    fn check_memories(&self, is_remembered: bool, clients: usize) -> Result<(), String> {
        let (memories, params) = (&self.memories, self.state.params().len());
        let may_be = is_remembered && self.counts.completed > 0;
        first_broken([
            (memories.is_empty() || may_be, "memories of clients that keep none"),
            (memories.keys().all(|client| *client < clients), "a memory of a client that there is none of"),
            (memories.values().all(|memory| memory.len() == params && memory.is_finite()), "a memory of another length, or of no numbers"),
        ])
    }

    fn check_best(&self, plan: &Plan) -> Result<(), String> {
        let best_round = self.watched.best.filter(|_| plan.stop.is_some_and(|stop| stop.keep == Keep::Best)).map(|(_, round)| round);
        let (Some(best), Some(round)) = (&self.best, best_round) else {
            let is_alike = self.best.is_none() && best_round.is_none();
            return first_broken([(is_alike, "a best model where none is kept, or none where one is")]);
        };
        let params = self.state.params();
        first_broken([
            (best.is_finite(), "a parameter of the best model that is no finite number"),
            (round < self.round || best == params, "a best model of this round that is not this round's"),
        ])
    }
}

impl RoundCounts {
    fn check(&self, round: usize, plan: &Plan, clients: usize) -> Result<(), String> {
        let Self { completed, aborted, shortfall } = self;
        first_broken([
            (completed.checked_add(*aborted) == Some(round), "not as many rounds completed and aborted as there were"),
            (shortfall.is_some() == (*aborted > 0), "a round that lacked clients where none was aborted, or none where one was"),
        ])?;
        let Some(Shortfall { round: at, stage, present, needed }) = shortfall else { return Ok(()) };
        let is_secure = matches!(plan.aggregation, Aggregation::Secure(_));
        let (is_stage, needed_max) = match stage {
            None => (true, plan.faults.min_clients),
            Some(stage) => (is_secure && Stage::ALL.iter().any(|known| known.name() == stage), clients),
        };
        first_broken([
            ((1..=round).contains(at), "an aborted round that was none of these"),
            (is_stage, "a stage that this run does not have"),
            (*present <= clients && *needed <= needed_max, "more clients in an aborted round than there are"),
        ])
    }
}
