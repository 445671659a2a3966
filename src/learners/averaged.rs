//! Learning by averages: every client trains the global model on its own rows, and the server moves by the mean of what they
//! report, as the strategy says.

use super::{Client, Learner};
use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, Read, State, Sum, Values};
use crate::models::Differentiable;
use crate::numeric::Params;
use crate::strategies::{Local, Report, Strategy};
use crate::training::{Hyper, local_train};

/// A model, how clients train it, and how the server moves it.
#[derive(Debug)]
pub struct Averaged<'a> {
    /// What is trained.
    pub model: &'a dyn Differentiable,
    /// How the server moves.
    pub strategy: &'a dyn Strategy,
    /// How a client trains.
    pub hyper: &'a Hyper,
    /// How many parameters the model has.
    pub params: usize,
}

impl Learner for Averaged<'_> {
    fn forms(&self) -> Vec<Form> {
        let parts = self.strategy.parts();
        vec![Form {
            name: "updates",
            numbers: self.params * (1 + parts.sent.len()),
            read: Read::Mean,
            received: parts.received,
            is_even: parts.is_even,
            is_remembered: parts.is_remembered,
        }]
    }

    fn start(&self, params: Params) -> State {
        self.strategy.start(params)
    }

    fn answer(&self, state: &State, _: usize, me: Client<'_>) -> Result<Answer, Lost> {
        let Client { round, rows, memory, stream, .. } = me;
        let hyper = self.hyper.in_round(round);
        let local = Local { state, memory, learning_rate: hyper.learning_rate };
        let trained = local_train(self.model, state.params(), &rows, &hyper, self.strategy.correction(&local), stream);
        let Report { sent, memory } = self.strategy.report(&trained, &local);
        let mut values = trained.delta.into_vec();
        values.extend(sent);
        let values = Params::from(values);
        if !values.is_finite() {
            return Err(Lost);
        }
        let weight = if self.strategy.parts().is_even { 1 } else { rows.y.len() as u64 };
        Ok(Answer { values: Values::Mean { weight, values }, memory })
    }

    fn learn(&self, state: State, _: usize, sum: &Sum<'_>) -> Result<State, Problem> {
        let Sum::Mean(mean) = sum else { unreachable!("the form asks for a mean") };
        Ok(self.strategy.step(state, mean))
    }
}
