//! `fedsim export`: a finished run's model as a file of another program.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::target::{Overwrite, write};
use crate::diag::{Error, Problem};
use crate::models::Counts;
use crate::models::boosting::Forest;
use crate::models::boosting::xgboost::XgboostModel;
use crate::runs::Predictor;

/// Write a finished run's model as a file of another program
///
/// The file takes features as the run's preprocessing makes them of raw rows: preprocess.csv in its folder tells how.
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim export outputs/credit_boosting --format xgboost --out model.json")]
pub struct Export {
    /// The folder of a finished run
    run_dir: PathBuf,
    /// Whose file
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// XGBoost's JSON, of boosted trees
    Xgboost,
}

impl Export {
    pub(super) fn execute(&self) -> Result<(), Error> {
        if let Some(out) = &self.out {
            let read = ["manifest.json", "scenario.toml", "preprocess.csv", "model.csv"].map(|name| self.run_dir.join(name));
            self.overwrite.check("--out", out, &read.each_ref().map(PathBuf::as_path) as &[&Path])?;
        }
        let predictor = Predictor::open(&self.run_dir)?;
        let text = match self.format {
            Format::Xgboost => to_xgboost(&predictor)?,
        };
        write(self.out.as_deref(), &text)
    }
}

/// The run's trees as XGBoost's JSON.
fn to_xgboost(predictor: &Predictor) -> Result<String, Error> {
    let (model, features) = (predictor.model(), predictor.transform().names());
    if model.as_boosting().is_none() {
        let problem = Problem::new("--format xgboost: the run's model has no trees: only boosting has");
        return Err(problem.help("export a run whose model.kind is \"boosting\"").into());
    }
    let counts = Counts { features: features.len(), classes: predictor.classes().len() };
    let forest = Forest::of(predictor.params().as_slice(), model.outputs(counts), features.len());
    Ok(XgboostModel { task: model.task(), features, forest }.to_json()?)
}
