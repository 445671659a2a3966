//! What a learner is: what clients are asked in a round, what each answers, and what the server makes of the sum.

use std::fmt::Debug;

use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, State, Sum};
use crate::numeric::Params;
use crate::numeric::linalg::norm;
use crate::numeric::rng::Stream;
use crate::training::LocalRows;

/// A client that answers.
#[derive(Debug)]
pub struct Client<'a> {
    /// The round, counted from 1.
    pub round: usize,
    /// Which client it is.
    pub number: usize,
    /// Its rows.
    pub rows: LocalRows<'a>,
    /// What it kept; `None` if it never took part, or keeps nothing.
    pub memory: Option<&'a Params>,
    /// Its randomness in this round.
    pub stream: Stream,
}

/// A way to learn from sums over clients.
pub trait Learner: Debug + Send + Sync {
    /// What a client answers in a round, sum after sum: the most that each may be, known before the run.
    fn forms(&self) -> Vec<Form>;

    /// What is asked once `phase` sums of a round have come about; `None` if nothing more is. Of the form of that place, with no more
    /// numbers.
    fn next(&self, _: &State, phase: usize) -> Option<Form> {
        self.forms().get(phase).copied()
    }

    /// What is sent to every client to be answered in this phase: the model and what belongs to it.
    fn sent<'s>(&self, state: &'s State, phase: usize) -> Vec<&'s [f64]> {
        let received = self.forms()[phase].received;
        [state.params().as_slice()].into_iter().chain(received.iter().map(|name| state.block(name))).collect()
    }

    /// What the server keeps before the first round, of a model that starts at `params`.
    fn start(&self, params: Params) -> State;

    /// A client's answer to the state: it depends on nothing else.
    ///
    /// # Errors
    /// When its numbers leave the finite range.
    fn answer(&self, state: &State, phase: usize, me: Client<'_>) -> Result<Answer, Lost>;

    /// The state after a sum.
    ///
    /// # Errors
    /// When the rows can't be learned from as the scenario says; the problem names the key to change.
    fn learn(&self, state: State, phase: usize, sum: &Sum<'_>) -> Result<State, Problem>;

    /// The state after a round that lost a client after its first sum: of what was learned until then.
    fn close(&self, state: State) -> State {
        state
    }

    /// Wants a model, (params,), that rounds after `start` can have led to.
    ///
    /// # Errors
    /// What is impossible about it.
    fn check(&self, params: &[f64], start: &State) -> Result<(), String> {
        let (found, wanted) = (params.len(), start.params().len());
        if found == wanted { Ok(()) } else { Err(format!("{found} parameters, and the model has {wanted}")) }
    }

    /// How far a round has moved the model.
    fn distance(&self, before: &State, after: &State) -> f64 {
        let (before, after) = (before.params().as_slice(), after.params().as_slice());
        norm(&after.iter().zip(before).map(|(after, before)| after - before).collect::<Vec<f64>>())
    }

    /// Whether there is nothing more to learn.
    fn is_settled(&self, _: &State) -> bool {
        false
    }
}
