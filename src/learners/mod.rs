//! What is learned from sums over clients, round by round: one file a learner.

mod averaged;
pub mod boosting;
mod in_parts;
pub mod k_means;
mod learner;
pub mod newton;
pub mod scorecard;

pub use averaged::Averaged;
pub use k_means::KMeans;
pub use learner::{Client, Learner};
pub use newton::Newton;
