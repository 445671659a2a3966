//! The vocabulary of a round: what the server remembers, and what a client answers.

mod answer;
mod state;

pub use answer::{Answer, Form, Lost, Mean, Read, Sum, Values};
pub use state::{Block, PARAMS, State};
