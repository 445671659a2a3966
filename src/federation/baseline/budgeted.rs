//! Trains on some rows in one place, pass after pass, until so many rows were visited.
//!
//! With the federation's optimizer, which starts once; and with its schedule, by shares: after a third of its visits a baseline's learning
//! rate is that of the federation's rounds after a third of them, however many clients a round had.

use super::course::Budget;
use crate::diag::Error;
use crate::federation::Prepared;
use crate::federation::learner::{differentiable, learner_of_one};
use crate::federation::start::start;
use crate::form::{State, Sum, Values};
use crate::learners::{Client, Learner};
use crate::numeric::Params;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;
use crate::training::{Descent, LocalRows, Solver};

/// A training that counts its rows.
#[derive(Debug)]
pub(super) struct BudgetedTraining<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    solving: Solving<'a>,
    /// Whose randomness is drawn: 0 for the centralised model, clients from 1.
    who: usize,
    budget: Budget,
    pass: usize,
    visits: u64,
}

/// How the model is found, as the federation finds it.
#[derive(Debug)]
enum Solving<'a> {
    Descent(Descent<'a>),
    /// A federation of one.
    Sums {
        learner: Box<dyn Learner + 'a>,
        rows: LocalRows<'a>,
        state: State,
    },
}

impl<'a> BudgetedTraining<'a> {
    pub(super) fn new(plan: &'a Plan, prepared: &'a Prepared, rows: LocalRows<'a>, who: usize, budget: Budget) -> Self {
        let start = start(plan, &prepared.federation);
        let solving = match plan.hyper.solver {
            Solver::Sgd => Solving::Descent(Descent::new(differentiable(plan), start, rows, &plan.hyper)),
            Solver::Newton { .. } | Solver::Lloyd { .. } | Solver::Boosting => {
                let learner = learner_of_one(plan, prepared);
                Solving::Sums { state: learner.start(start), learner, rows }
            }
        };
        Self { plan, prepared, solving, who, budget, pass: 0, visits: 0 }
    }

    /// Goes on until at least `target` rows were visited since the start: at most one batch less one row too many. Where it
    /// pauses shows in no batch. `check` is asked before each pass.
    pub(super) fn advance(&mut self, target: u64, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        while self.visits < target {
            let stream = |pass: usize| self.plan.streams.stream(Purpose::Baseline, pass, self.who);
            match &mut self.solving {
                Solving::Descent(descent) => {
                    descent.set_learning_rate(self.plan.hyper.in_round(self.budget.round(self.visits)).learning_rate);
                    match descent.step() {
                        Some(rows) => self.visits += rows as u64,
                        None => {
                            check()?;
                            self.pass += 1;
                            descent.begin_pass(&mut stream(self.pass));
                        }
                    }
                }
                // There is nothing more to learn.
                Solving::Sums { learner, state, .. } if learner.is_settled(state) => self.visits = target,
                Solving::Sums { learner, rows, state } => {
                    check()?;
                    self.pass += 1;
                    let lost = |_| Error::Failure("training alone leaves the finite numbers: raise model.l2".to_owned());
                    let mut phase = 0;
                    while learner.next(state, phase).is_some() {
                        // No client of the federation has this number: its rows are others.
                        let number = usize::MAX - self.who;
                        let me = Client { round: self.pass, number, rows: *rows, memory: None, stream: stream(self.pass) };
                        let answer = learner.answer(state, phase, me).map_err(lost)?;
                        let Values::Total(numbers) = answer.values else { unreachable!("this solver sums") };
                        let learned = learner.learn(state.clone(), phase, &Sum::Total(&numbers));
                        let who = match self.who {
                            0 => "the centralised model".to_owned(),
                            client => format!("{} alone", self.prepared.federation.called(client - 1)),
                        };
                        *state = learned.map_err(|problem| self.plan.locate(problem.of(&who).into()))?;
                        phase += 1;
                    }
                    self.visits += rows.y.len() as u64;
                }
            }
        }
        Ok(())
    }

    pub(super) fn visits(&self) -> u64 {
        self.visits
    }

    pub(super) fn params(&self) -> &Params {
        match &self.solving {
            Solving::Descent(descent) => descent.params(),
            Solving::Sums { state, .. } => state.params(),
        }
    }
}
