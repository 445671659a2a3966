//! How the clients' updates become one, in the clear: one file an aggregator.

use crate::registry::registry;

mod aggregator;
mod mean;
mod median;

pub use aggregator::{Aggregator, Contribution, RoundContext};
pub use mean::FED_AVG;

registry!("aggregation", "how the clients' updates become one", dyn Aggregator, [mean::Mean, median::Median]);
