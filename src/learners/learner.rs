//! What a learner is: what clients are asked in a round, what each answers, and what the server makes of the sum.

use std::fmt::Debug;

use crate::diag::Problem;
use crate::form::{Answer, Form, Lost, State, Sum};
use crate::numeric::Params;
use crate::numeric::rng::Stream;
use crate::training::LocalRows;

/// A client that answers.
#[derive(Debug)]
pub struct Client<'a> {
    /// The round, counted from 1.
    pub round: usize,
    /// Its rows.
    pub rows: LocalRows<'a>,
    /// What it kept; `None` if it never took part, or keeps nothing.
    pub memory: Option<&'a Params>,
    /// Its randomness in this round.
    pub stream: Stream,
}

/// A way to learn from sums over clients.
pub trait Learner: Debug + Send + Sync {
    /// What a client answers.
    fn form(&self) -> Form;

    /// What the server keeps before the first round, of a model that starts at `params`.
    fn start(&self, params: Params) -> State;

    /// A client's answer to the state: it depends on nothing else.
    ///
    /// # Errors
    /// When its numbers leave the finite range.
    fn answer(&self, state: &State, me: Client<'_>) -> Result<Answer, Lost>;

    /// The state after a round.
    ///
    /// # Errors
    /// When the rows can't be learned from as the scenario says; the problem names the key to change.
    fn learn(&self, state: State, sum: &Sum<'_>) -> Result<State, Problem>;

    /// Whether there is nothing more to learn.
    fn is_settled(&self, _: &State) -> bool {
        false
    }
}
