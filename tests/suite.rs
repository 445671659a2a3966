//! All integration tests in one program: each program more would be linked with all dependencies, which takes longer than most of
//! the tests in it.

mod support;

mod autoencoder;
mod bad_input;
mod boosted_tables;
mod boosting;
mod circles;
mod cli;
mod cli_secagg;
mod compare_baseline;
mod determinism;
mod endless;
mod exchanges;
mod formulas;
mod hostile_checkpoint;
mod hostile_input;
mod init;
mod laws;
mod longer;
mod mlp;
mod mutations;
mod newton;
mod outputs;
mod planted;
mod plots;
mod progress;
mod real_data;
mod reference;
mod report_page;
mod resume;
mod rules;
mod schema;
mod scorecard;
mod scoring;
mod seam;
mod secure;
mod soak;
mod stop;
mod strategies;
mod summed;
mod synthetic;
mod task_pictures;
mod tasks;
mod tidy;
mod verify;
