//! What names a scenario on the command line.

use std::path::PathBuf;

use clap::Args;

use crate::diag::{Error, Problem};
use crate::runs::ScenarioCopy;
use crate::scenario::{self, Plan};
use crate::settings::Source;

/// A scenario and what is changed in it.
#[derive(Args, Debug)]
pub(super) struct ScenarioArgs {
    /// The scenario
    #[arg(default_value = "scenarios/fraud.toml")]
    pub(super) scenario: PathBuf,
    /// Change the seed; the same as --set seed=N
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Change one value of the scenario; may be repeated. Paths stay relative to the scenario
    #[arg(long = "set", value_name = "TABLE.KEY=VALUE")]
    pub(super) overrides: Vec<String>,
    /// The scenario of a run, in the place of a file that the user names.
    #[arg(skip)]
    pub(super) copy: Option<ScenarioCopy>,
}

impl ScenarioArgs {
    /// The overrides, each under the name of its argument.
    pub(super) fn overrides(&self) -> Vec<Source> {
        let seed = self.seed.map(|seed| Source::new("--seed", &format!("seed={seed}")));
        self.overrides.iter().map(|text| Source::new("--set", text)).chain(seed).collect()
    }

    /// What the scenario plans, with all overrides, and `more` after them.
    pub(super) fn plan(&self, more: Option<Source>) -> Result<Plan, Error> {
        let sets_seed = |text: &&String| text.split_once('=').is_some_and(|(key, _)| key.trim() == "seed");
        if let (Some(seed), Some(set)) = (self.seed, self.overrides.iter().find(sets_seed)) {
            let message = format!("--seed {seed} and --set {set} both set the seed");
            return Err(Problem::new(message).help("leave one of them out").into());
        }
        let overrides: Vec<Source> = self.overrides().into_iter().chain(more).collect();
        match &self.copy {
            None => scenario::load(&self.scenario, &overrides),
            Some(copy) => copy.plan(&overrides),
        }
    }
}

/// A seed of the command line.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}
