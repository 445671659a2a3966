//! Which clients take part in a round: one file a rule.

use crate::registry::registry;

mod all;
mod cohort;
mod in_turn;
mod poisson;
mod uniform;

pub use cohort::Cohort;
pub use in_turn::InTurn;

registry!("cohort", "which clients take part in a round", dyn Cohort, [all::All, uniform::Uniform, poisson::Poisson, in_turn::InTurn]);
