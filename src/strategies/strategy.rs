//! What a strategy is: four hooks around local training and the server's step.

use std::fmt::Debug;

use crate::form::{Mean, State};
use crate::numeric::Params;
use crate::training::{Correction, Trained};

/// What travels beside the model, and who weighs how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The vectors that a client sends beside how far it moved the model, each (params,).
    pub sent: &'static [&'static str],
    /// The blocks of the state that each client is sent beside the model.
    pub received: &'static [&'static str],
    /// Whether every client weighs alike, however many rows it has.
    pub is_even: bool,
    /// Whether a client remembers a vector, (params,), until it takes part again.
    pub is_remembered: bool,
}

impl Parts {
    /// How far the model moved, and nothing beside it.
    pub const DELTA: Self = Self { sent: &[], received: &[], is_even: false, is_remembered: false };
}

/// A client's part of a round, as its strategy sees it.
#[derive(Clone, Copy, Debug)]
pub struct Local<'a> {
    /// What the server sent: the model and the blocks that [`Parts::received`] names.
    pub state: &'a State,
    /// What the client kept; `None` if it never took part.
    pub memory: Option<&'a Params>,
    /// The step of its training in this round.
    pub learning_rate: f64,
}

/// What a client sends beside how far it moved the model, and what it keeps.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The vectors of [`Parts::sent`], end to end.
    pub sent: Vec<f64>,
    /// What it keeps, if the sum comes about.
    pub memory: Option<Params>,
}

/// A federation's rule: how clients are corrected, and how the server moves.
pub trait Strategy: Debug + Send + Sync {
    /// What travels beside the model.
    fn parts(&self) -> Parts {
        Parts::DELTA
    }

    /// Whether it takes how far a client moved for its gradients' sum times the learning rate, which holds of plain descent alone.
    fn wants_plain_steps(&self) -> bool {
        false
    }

    /// The state before the first round, of a model that starts at `params`.
    fn start(&self, params: Params) -> State {
        State::of(params)
    }

    /// What is added to a client's gradients.
    fn correction<'a>(&self, _: &Local<'a>) -> Correction<'a> {
        Correction::None
    }

    /// What a client sends and keeps after its training.
    fn report(&self, _: &Trained, _: &Local<'_>) -> Report {
        Report::default()
    }

    /// The server's state after a round. The mean's first part is how far the survivors moved the model on average.
    fn step(&self, state: State, mean: &Mean<'_>) -> State;
}
