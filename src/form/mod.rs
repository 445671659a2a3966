//! The vocabulary of a round: what the server remembers, and what a client answers.

mod answer;
mod state;

pub use answer::{Answer, Sum};
pub use state::{Block, PARAMS, State};
