//! How clients are corrected and the server moves the model once the clients' mean is known: one file a strategy.

use crate::registry::registry;

mod adaptive;
mod fed_adagrad;
mod fed_adam;
mod fed_avg;
mod fed_prox;
mod fed_yogi;
mod scaffold;
mod strategy;

pub use strategy::{Local, Parts, Report, Strategy};

/// FedAvg as it is where no scenario says otherwise: for learners that have no place for a strategy.
pub fn plain() -> Box<dyn Strategy> {
    Box::new(fed_avg::FedAvg::PLAIN)
}

registry!(
    "strategy",
    "how clients are corrected and the server moves the model",
    dyn Strategy,
    [fed_avg::FedAvg, fed_prox::FedProx, fed_adam::FedAdam, fed_yogi::FedYogi, fed_adagrad::FedAdagrad, scaffold::Scaffold]
);
