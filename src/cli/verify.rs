//! `fedsim verify`: is this still the same result?

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::compare_baseline::CompareBaseline;
use super::interrupt;
use super::run::{Run, RunArgs};
use super::streams::print;
use crate::data::Files;
use crate::diag::{Error, Problem, Problems};
use crate::report::Verbosity;
use crate::runs::{Folder, Found, SCENARIO, ScenarioCopy, TemporaryFolder};
use crate::verification::{Evidence, Mode, Verdict, check_files, compare};

/// Check that a finished run is still the same result: by its files, by a rerun, or against another run
#[derive(Args, Debug)]
#[command(after_help = "Exit code 0 if it is, 3 if something differs: then the first round that differs is told, how far apart the \
                        two models are, and what differs in version, data and scenario. Another version of fedsim, another name \
                        and other paths alone are no difference.\n\
                        A rerun goes into a temporary folder, which is gone afterwards; TMPDIR names another place for it.\n\
                        Example: fedsim verify results/fraud")]
pub struct Verify {
    /// The folder of a finished run
    run_dir: PathBuf,
    /// Run the folder's scenario again and compare; the default
    #[arg(long, conflicts_with_all = ["files", "against"])]
    rerun: bool,
    /// Hold the folder's files against its manifest only; nothing is run, and no data are needed
    #[arg(long, conflicts_with = "against")]
    files: bool,
    /// Compare with another finished run; nothing is run
    #[arg(long, value_name = "OTHER_RUN")]
    against: Option<PathBuf>,
    /// Print the verdict as one JSON object
    #[arg(long)]
    json: bool,
    /// Worker threads of the rerun; the results don't depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), conflicts_with_all = ["files", "against"])]
    threads: Option<u16>,
    /// Print errors, and the one line of a verdict that is not "same", only
    #[arg(long, short)]
    quiet: bool,
}

impl Verify {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let run = Evidence::gather(&self.run_dir)?;
        let verdict = match &self.against {
            Some(other) => compare(&run, &Evidence::gather(other)?, Mode::Against)?,
            None if self.files => check_files(&run),
            None => self.against_rerun(&run)?,
        };
        if self.json {
            print(&verdict.to_json())?;
        } else if !self.quiet {
            print(&verdict.render())?;
        }
        if verdict.is_same() { Ok(()) } else { Err(Error::CheckFailed(verdict.headline())) }
    }

    /// Runs the scenario again, as it was run, and compares.
    fn against_rerun(&self, run: &Evidence) -> Result<Verdict, Error> {
        let scenario = check_inputs(&run.folder)?;
        let folder = TemporaryFolder::make("fedsim-verify-")?;
        let out = folder.path().join("rerun");
        let verbosity = if self.quiet { Verbosity::Quiet } else { Verbosity::Normal };
        let again = RunArgs::inner(scenario, out.clone(), self.threads, verbosity);
        let done = match &run.manifest.comparison {
            None => Run::new(again).execute(),
            Some(terms) => match CompareBaseline::new(again, terms) {
                Some(command) => command.execute(),
                None => return Err(impossible_terms(&self.run_dir)),
            },
        };
        match done {
            // Whether the federation is equivalent to central training is a result like others: it is compared.
            Ok(()) | Err(Error::CheckFailed(_)) if !interrupt::is_wanted() => compare(run, &Evidence::gather(&out)?, Mode::Rerun),
            Ok(()) | Err(Error::CheckFailed(_) | Error::Interrupted(_)) => {
                Err(Error::Interrupted("interrupted in the rerun: nothing was compared".to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}

fn impossible_terms(folder: &Path) -> Error {
    let problem = Problem::new(format!("the manifest in {} asks for a comparison that can't be made", folder.display()));
    problem.help("the manifest is not as fedsim wrote it: bring it back, or run the comparison again").into()
}

/// Wants the scenario, and the data that it names, to be where they were; gives the scenario.
fn check_inputs(run: &Folder) -> Result<ScenarioCopy, Error> {
    let help = "bring it back; without it the run can't be made again, but `fedsim verify --files` can check its files";
    let gone = |what: &str, path: &Path| Problem::new(format!("{what} {} is gone", path.display())).help(help);
    if matches!(run.find(SCENARIO), Ok(Found::Nothing)) {
        return Err(gone("the run's scenario", &run.path_of(SCENARIO)).into());
    }
    let scenario = ScenarioCopy::read(run)?;
    let plan = scenario.plan(&[])?;
    let paths = match &plan.data.source.files {
        Files::One { path, .. } => vec![path],
        Files::TrainTest { train, test } => vec![train, test],
        Files::Clients { folder, test } => vec![folder, test],
        Files::Generated(_) => Vec::new(),
    };
    let is_gone = |path: &&PathBuf| fs::metadata(path).is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound);
    Problems::none_or(paths.into_iter().filter(is_gone).map(|path| gone("the run's data:", path)).collect())?;
    Ok(scenario)
}
