//! One seam for every engine: a round is sums over some of its clients, made anywhere and added in any order, and one step from
//! all of them. Whoever spreads a federation over processes or machines needs no more than this, and ends with the digests of a
//! run in one process.
//!
//! A partial sum is made of whole numbers, so that nothing of a step depends on which clients were summed together:
//! `aggregation.arithmetic` is "exact" or "fixed_point", or the learner sums whole numbers itself.

use serde::{Deserialize, Serialize};

use super::learner::{learner, start_state};
use super::prepared::Prepared;
use super::record::Standing;
use super::round::{Answering, answer, cohort};
use super::variation::Variation;
use crate::aggregators::{MeanRule, PartialMean, RoundContext};
use crate::diag::{Error, Problem};
use crate::exchange::{contribution, whole_numbers};
use crate::form::{Answer, Form, Mean, Read, State, Sum};
use crate::learners::Learner;
use crate::numeric::{Params, reduce};
use crate::scenario::{Aggregation, Plan};

/// The rounds of a plan, open to whoever sums.
#[derive(Debug)]
pub struct Seam<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    learner: Box<dyn Learner + 'a>,
    rule: &'a dyn MeanRule,
}

/// What some clients of a round add to its sum.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partial {
    /// The round that these clients answered in.
    round: usize,
    /// Which clients, so that none is added twice.
    clients: Vec<usize>,
    sums: Sums,
    /// What they keep if the round comes about.
    kept: Vec<(usize, Params)>,
}

/// Whole numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Sums {
    Mean(PartialMean),
    Total(Vec<i128>),
}

impl<'a> Seam<'a> {
    /// Opens a plan's rounds.
    ///
    /// # Errors
    /// When the order of the clients would show in its sums, a rule looks at single updates, the sums are masked, or early stopping
    /// would look at more than the state.
    pub fn open(plan: &'a Plan, prepared: &'a Prepared) -> Result<Self, Error> {
        let refused = |key: &str, message: &str, help: &str| Err(plan.locate(Problem::about(key, message).help(help).into()));
        let learner = learner(plan, prepared);
        let Aggregation::Clear(aggregator) = &plan.aggregation else {
            return refused("aggregation.kind", "masked sums are made by the protocol, not in parts", "use kind = \"mean\"");
        };
        let Some(rule) = aggregator.as_mean() else {
            return refused("aggregation.kind", "this rule looks at single updates", "use kind = \"mean\"");
        };
        let [form] = learner.forms()[..] else {
            return refused("model.kind", "a round of this model has several sums", "use a model that learns from one");
        };
        if form.read == Read::Apart {
            let message = "the server sees single clients' trees, which are no parts of a sum";
            return refused("model.federation", message, "use federation = \"summed\"");
        }
        if form.read == Read::Mean && rule.partial(0).is_none() {
            let message = "doubles that are added one by one show the order of the clients";
            return refused("aggregation.arithmetic", message, "set arithmetic = \"exact\"");
        }
        if plan.stop.is_some() {
            return refused("stop", "early stopping looks at metrics, which are not summed here", "take [stop] out");
        }
        Ok(Self { plan, prepared, learner, rule })
    }

    /// Before the first round.
    pub fn start(&self) -> Standing {
        Standing::at_start(start_state(self.plan, self.prepared))
    }

    /// The clients whose answers make round `round`, ascending.
    pub fn survivors(&self, round: usize) -> Vec<usize> {
        let (cohort, fates) = cohort(self.plan, &self.prepared.federation, Variation::AsPlanned, round);
        cohort.into_iter().zip(fates).filter(|(_, fate)| fate.contributes()).map(|(client, _)| client).collect()
    }

    /// What these clients add to the round after `standing`: some of its survivors, in any order.
    ///
    /// # Errors
    /// When a client's numbers leave the finite range.
    pub fn partial(&self, standing: &Standing, clients: &[usize]) -> Result<Partial, Error> {
        let (round, form) = (standing.round + 1, self.form());
        let mut sums = match form.read {
            Read::Mean => Sums::Mean(self.rule.partial(form.numbers).expect("opening wants a sum without order")),
            Read::Total { .. } => Sums::Total(vec![0; form.numbers]),
            Read::Any | Read::Apart => unreachable!("opening wants a mean or a sum"),
        };
        let context = RoundContext { round, streams: &self.plan.streams, params: form.numbers };
        let answer = |&client: &usize| {
            let me = Answering { round, phase: 0, client, memory: standing.memories.get(&client) };
            (client, answer(self.plan, self.prepared, self.learner.as_ref(), &standing.state, me).0)
        };
        let mut kept = Vec::new();
        for (client, answer) in reduce::map_ahead(clients, 8 * form.numbers, answer) {
            let Ok(Answer { values, memory }) = answer else {
                let who = self.prepared.federation.called(client);
                return Err(Error::Failure(format!("round {round}: the parameters of {who} are no longer finite numbers")));
            };
            match &mut sums {
                Sums::Mean(mean) => self.rule.add(mean, &contribution((client, values)), &context),
                Sums::Total(sums) => sums.iter_mut().zip(whole_numbers(values)).for_each(|(sum, number)| *sum += number),
            }
            kept.extend(memory.map(|memory| (client, memory)));
        }
        Ok(Partial { round, clients: clients.to_vec(), sums, kept })
    }

    /// Where the run stands after the next round, of which these are all partial sums, in any order.
    ///
    /// # Errors
    /// When they are not the sums over each survivor of that round once, or the round can't be learned from.
    pub fn step(&self, standing: Standing, partials: impl IntoIterator<Item = Partial>) -> Result<Standing, Error> {
        let (round, survivors) = (standing.round + 1, self.survivors(standing.round + 1));
        let mut partials = partials.into_iter();
        let is_aborted = survivors.len() < self.plan.faults.min_clients;
        let (mut clients, mut kept, mut all) = (Vec::new(), Vec::new(), None);
        for Partial { round: of, clients: more, sums, kept: memories } in partials.by_ref() {
            let fits = of == round
                && match &mut all {
                    None => self.has_shape(&sums),
                    Some(all) => merge(all, &sums).is_some(),
                };
            if !fits {
                return Err(Error::Failure(format!("a partial sum is none of round {round}")));
            }
            all = all.or(Some(sums));
            clients.extend(more);
            kept.extend(memories);
        }
        clients.sort_unstable();
        kept.sort_unstable_by_key(|(client, _)| *client);
        if !is_aborted && clients != survivors {
            return Err(Error::Failure(format!("the partial sums of round {round} are not over each of its survivors once")));
        }
        let state = match all.filter(|_| !is_aborted) {
            None => {
                kept.clear();
                standing.state
            }
            Some(sums) => self.learn(standing.state, &sums, survivors.len())?,
        };
        let state_digest = state.chain(&standing.state_digest, round, kept.iter().map(|(client, memory)| (*client, memory)));
        let mut memories = standing.memories;
        memories.extend(kept);
        Ok(Standing { round, state, memories, state_digest, ..standing })
    }

    /// What a client answers in a round.
    fn form(&self) -> Form {
        self.learner.forms()[0]
    }

    /// Whether there is another round.
    pub fn goes_on(&self, standing: &Standing) -> bool {
        standing.round < self.plan.rounds && !self.learner.is_settled(&standing.state)
    }

    fn learn(&self, state: State, sums: &Sums, answers: usize) -> Result<State, Error> {
        let clients = self.prepared.federation.active_count();
        let learned = match sums {
            Sums::Mean(partial) => {
                let mean = self.rule.finish(partial);
                self.learner.learn(state, 0, &Sum::Mean(Mean { values: mean.as_slice(), answers, clients }))
            }
            Sums::Total(numbers) => self.learner.learn(state, 0, &Sum::Total(numbers)),
        };
        let state = learned.map_err(|problem| self.plan.locate(problem.into()))?;
        if state.is_finite() { Ok(state) } else { Err(Error::Failure("the model moved farther than a number can tell".to_owned())) }
    }

    /// Whether sums that came from elsewhere are those of this learner.
    fn has_shape(&self, sums: &Sums) -> bool {
        let form = self.form();
        match (form.read, sums) {
            (Read::Mean, Sums::Mean(mean)) => self.rule.partial(form.numbers).is_some_and(|mut none| none.merge(mean).is_some()),
            (Read::Total { .. }, Sums::Total(numbers)) => numbers.len() == form.numbers,
            _ => false,
        }
    }
}

/// Adds other sums; `None` if they are not alike, or leave what whole numbers can hold.
fn merge(all: &mut Sums, more: &Sums) -> Option<()> {
    match (all, more) {
        (Sums::Mean(all), Sums::Mean(more)) => all.merge(more),
        (Sums::Total(all), Sums::Total(more)) if all.len() == more.len() => {
            for (sum, more) in all.iter_mut().zip(more) {
                *sum = sum.checked_add(*more)?;
            }
            Some(())
        }
        _ => None,
    }
}
