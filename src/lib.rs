//! fedsim: a single-process, deterministic federated-learning simulator.

pub mod aggregators;
pub mod cohorts;
pub mod data;
pub mod diag;
pub mod faults;
pub mod metrics;
pub mod models;
pub mod numeric;
pub mod registry;
pub mod settings;
pub mod strategies;
pub mod timing;
pub mod training;
