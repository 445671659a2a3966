//! fedsim: a single-process, deterministic federated-learning simulator for tabular finance data.
//!
//! The map, from the ground up; each layer imports only from those above it in this list.
//!
//! | module | what it holds |
//! |---|---|
//! | [`diag`], [`input`], [`settings`], [`registry`], [`timing`], [`stage`], [`work`] | problems with their places; the user's files; a TOML reader that collects them; families of kinds; clocks; where a client may fail; how far work is |
//! | [`numeric`] | addressed randomness, fixed-order sums, portable functions, digests |
//! | [`metrics`], [`losses`] | the arithmetic of how good a model is; of what credit losses come to |
//! | [`tasks`] | what a model is asked: labels and metrics |
//! | [`data`], [`models`], [`form`], [`charts`] | tables, splits, deals and features; what is trained; what a round's answers are; figures |
//! | [`training`] | what a client does in a round |
//! | [`strategies`], [`aggregators`], [`cohorts`], [`faults`], [`secagg`] | how the server moves; how updates become one; who takes part; who fails; sums that hide their terms |
//! | [`scenario`] | TOML to a checked [`scenario::Plan`] |
//! | [`federation`] | the engine: [`federation::prepare`], then [`federation::run`], round by round |
//! | [`logs`] | the tables that a run leaves: columns, labels, units, rows |
//! | [`runs`] | a run's folder: whole-or-nothing files, workspace, checkpoint, manifest, reading back |
//! | [`report`] | logs, model, pictures, page, progress |
//! | [`verification`] | whether two runs are the same, and where they part |
//! | [`cli`] | the subcommands |

pub mod aggregators;
pub mod charts;
pub mod cli;
pub mod cohorts;
pub mod data;
pub mod diag;
pub mod exchange;
pub mod faults;
pub mod federation;
pub mod form;
pub mod input;
pub mod learners;
pub mod logs;
pub mod losses;
pub mod metrics;
pub mod models;
pub mod numeric;
pub mod registry;
pub mod report;
pub mod runs;
pub mod scenario;
pub mod secagg;
pub mod settings;
pub mod stage;
pub mod strategies;
pub mod tasks;
pub mod timing;
pub mod training;
pub mod verification;
pub mod work;
