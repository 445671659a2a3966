//! How the server moves the model once the clients' mean is known: one file a strategy.

use crate::registry::registry;

mod fed_avg;
mod strategy;

pub use strategy::{ServerState, Strategy};

registry!("strategy", "how the server moves the model", dyn Strategy, [fed_avg::FedAvg]);
