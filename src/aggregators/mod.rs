//! How the clients' updates become one, in the clear: one file an aggregator.

use crate::registry::registry;

mod aggregator;
mod mean;
mod median;
mod partial_mean;

pub use aggregator::{Aggregator, Contribution, MeanRule, RoundContext};
pub use mean::FED_AVG;
pub use partial_mean::PartialMean;

registry!("aggregation", "how the clients' updates become one", dyn Aggregator, [mean::Mean, median::Median]);
