//! fedsim: a single-process, deterministic federated-learning simulator.

pub mod data;
pub mod diag;
pub mod numeric;
pub mod registry;
pub mod settings;
pub mod timing;
