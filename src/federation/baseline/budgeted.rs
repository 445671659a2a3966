//! Trains on some rows in one place, pass after pass, until so many rows were visited.

use crate::diag::Error;
use crate::federation::start::start;
use crate::federation::{Prepared, newton};
use crate::form::{State, Sum, Values};
use crate::learners::{Client, Learner, Newton};
use crate::numeric::Params;
use crate::numeric::rng::Purpose;
use crate::scenario::Plan;
use crate::training::{Descent, LocalRows};

/// A training that counts its rows.
#[derive(Debug)]
pub(super) struct BudgetedTraining<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    solving: Solving<'a>,
    /// Whose randomness is drawn: 0 for the centralised model, clients from 1.
    who: usize,
    pass: usize,
    visits: u64,
}

/// How the model is found, as the federation finds it.
#[derive(Debug)]
enum Solving<'a> {
    Descent(Descent<'a>),
    /// A federation of one.
    Newton {
        newton: Newton<'a>,
        rows: LocalRows<'a>,
        state: State,
    },
}

impl<'a> BudgetedTraining<'a> {
    pub(super) fn new(plan: &'a Plan, prepared: &'a Prepared, rows: LocalRows<'a>, who: usize) -> Self {
        let start = start(plan, &prepared.federation);
        let solving = match newton(plan, prepared) {
            Some(newton) => Solving::Newton { state: newton.start(start), newton, rows },
            None => Solving::Descent(Descent::new(plan.model.as_ref(), start, rows, &plan.hyper)),
        };
        Self { plan, prepared, solving, who, pass: 0, visits: 0 }
    }

    /// Goes on until at least `target` rows were visited since the start: at most one batch less one row too many. Where it
    /// pauses shows in no batch. `check` is asked before each pass.
    pub(super) fn advance(&mut self, target: u64, check: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        while self.visits < target {
            let stream = |pass: usize| self.plan.streams.stream(Purpose::Baseline, pass, self.who);
            match &mut self.solving {
                Solving::Descent(descent) => match descent.step() {
                    Some(rows) => self.visits += rows as u64,
                    None => {
                        check()?;
                        self.pass += 1;
                        descent.begin_pass(&mut stream(self.pass));
                    }
                },
                // There is nothing more to learn.
                Solving::Newton { newton, state, .. } if newton.is_settled(state) => self.visits = target,
                Solving::Newton { newton, rows, state } => {
                    check()?;
                    self.pass += 1;
                    let me = Client { rows: *rows, memory: None, stream: stream(self.pass) };
                    let lost = |_| Error::Failure("Newton's method leaves the finite numbers: raise model.l2".to_owned());
                    let Values::Total(numbers) = newton.answer(state, me).map_err(lost)?.values else {
                        unreachable!("Newton's method sums")
                    };
                    let learned = newton.learn(state.clone(), &Sum::Total(&numbers));
                    let who = match self.who {
                        0 => "the centralised model".to_owned(),
                        client => format!("{} alone", self.prepared.federation.called(client - 1)),
                    };
                    *state = learned.map_err(|problem| self.plan.locate(problem.of(&who).into()))?;
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
            Solving::Newton { state, .. } => state.params(),
        }
    }
}
