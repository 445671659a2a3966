//! The engine: prepares the data, runs the rounds, and tells of each.

mod asked;
pub mod baseline;
mod binning;
mod card;
mod cuts;
mod evaluate;
mod explanations;
mod final_model;
mod ground;
mod importance;
mod learner;
mod measuring;
mod plausible;
mod prepare;
mod prepared;
mod record;
mod round;
mod rounds;
mod scoring;
mod seam;
mod stability;
mod start;
mod sums;
#[cfg(test)]
mod tests;
mod variation;

pub use card::Pointed;
pub use explanations::{Explained, lines_max};
pub use final_model::{Detail, FinalModel};
pub use importance::{Importance, Trees};
pub(crate) use learner::{coefficients, remembered_max};
pub(crate) use plausible::first_broken;
pub use prepare::prepare;
pub(crate) use prepare::secure_terms;
pub use prepared::{Prepared, Reach};
pub use record::{
    ClientRecord, Divergence, End, FederatedMetrics, History, Outcome, RoundCounts, RoundRecord, RoundTiming, Shortfall, Standing,
};
pub use rounds::{Tell, run};
pub use scoring::{encode, score};
pub use seam::{Partial, Seam};
pub use stability::{Bin, CLIENTS_BY_FEATURE_MAX, Compared, Stability};
pub use start::parameters;
pub(crate) use start::{names_of, parameters_max};
