//! `fedsim predict`: scores raw rows with a finished run's model and its saved preprocessing, or with XGBoost's trees.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::explained::{Explanation, is_explained};
use super::model_rows;
use super::scored::{Beside, Scored};
use super::streams::warn;
use super::target::{Overwrite, write};
use crate::data::csv::Role;
use crate::data::preprocess::strange;
use crate::data::table::{Kind, Table};
use crate::data::{self, Source, TextColumn};
use crate::diag::{Error, Problem};
use crate::input;
use crate::models::Model;
use crate::numeric::cell::shielded;
use crate::numeric::reduce;
use crate::numeric::rows::Matrix;
use crate::numeric::text::shortest;
use crate::report::show_work;
use crate::runs::Predictor;
use crate::runs::files::METRICS;
use crate::settings::{self, Document};
use crate::tasks::Task;

/// Score raw rows with a finished run's model, or with boosted trees that XGBoost has saved
#[derive(Args, Debug)]
#[command(
    after_help = "Example: fedsim predict outputs/fraud data/fraud.csv --out scores.csv\n         fedsim predict model.json data/fraud.csv --explain"
)]
pub struct Predict {
    /// The folder of a finished run, or a model that XGBoost has saved as JSON, whose features are columns of their names
    #[arg(value_name = "RUN_DIR|MODEL_JSON")]
    model: PathBuf,
    /// The rows to score: the columns that the run was trained on, in any order; others are not looked at
    input: PathBuf,
    /// The file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Of two classes, the score at and above which a row is decided to be 1 [default: threshold_best of the run where its decisions have prices,
    /// else its evaluation.threshold]
    #[arg(long, value_name = "SCORE", value_parser = threshold)]
    threshold: Option<f64>,
    /// Add what each column contributes to a row's log-odds, of several classes to each one's, or to its error, and the three that count
    /// most
    #[arg(long)]
    explain: bool,
    /// Explain against the rows of this file, 1,000 at most: a column that is not known has their cells, each as likely (interventional
    /// SHAP values of trees) [default: the model's own statistics]
    #[arg(long, value_name = "FILE", requires = "explain")]
    background: Option<PathBuf>,
    /// Add the code of each row, of an autoencoder
    #[arg(long)]
    embed: bool,
    /// Of a scorecard, reasons in your own words: a TOML file with a line `column = "sentence"` for each column that has one
    #[arg(long, value_name = "FILE")]
    reasons: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
}

fn threshold(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

impl Predict {
    pub(super) fn execute(&self) -> Result<(), Error> {
        if let Some(out) = &self.out {
            let read = ["manifest.json", "scenario.toml", "preprocess.csv", "model.csv", METRICS].map(|name| self.model.join(name));
            let given = [&self.model, &self.input].into_iter().chain(&self.background).chain(&self.reasons);
            let inputs: Vec<&Path> = read.iter().chain(given).map(PathBuf::as_path).collect();
            self.overwrite.check("--out", out, &inputs)?;
        }
        let predictor = if self.model.is_file() { Predictor::of_xgboost(&self.model)? } else { Predictor::open(&self.model)? };
        self.check(predictor.model())?;
        let sentences = self.reasons.as_ref().map(|path| sentences(path, &predictor)).transpose()?.unwrap_or_default();
        let threshold = self.threshold.map_or_else(|| predictor.threshold(), Ok)?;
        show_work();
        let text = reduce::with_threads(None, || self.score(&predictor, threshold, sentences))??;
        write(self.out.as_deref(), &text)
    }

    /// Wants options that the run's model has a meaning for.
    fn check(&self, model: &dyn Model) -> Result<(), Error> {
        let task = model.task();
        let problem = if self.threshold.is_some() && !task.is_binary() {
            let problem = Problem::new(format!("--threshold: the run's model is not of two classes but of task {}", task.word()));
            problem.help("leave it out: nothing is decided at a threshold")
        } else if self.explain && !is_explained(model) {
            let says = "only what a linear predictor, an autoencoder, or boosted trees say is a sum of contributions";
            let problem = Problem::new(format!("--explain: {says}"));
            problem.help("leave it out")
        } else if self.background.is_some() && model.as_encoder().is_some() {
            let problem = Problem::new("--background: a cell's error is its own, whatever other rows have there");
            problem.help("leave it out")
        } else if self.embed && model.as_encoder().is_none() {
            Problem::new("--embed: the run's model has no code for a row: only an autoencoder has").help("leave it out")
        } else if self.reasons.is_some() && model.as_scorecard().is_none() {
            Problem::new("--reasons: the run's model tells no reasons: only a scorecard does").help("leave it out, or use --explain")
        } else {
            return Ok(());
        };
        Err(problem.into())
    }

    /// The scores as CSV.
    fn score(&self, predictor: &Predictor, threshold: f64, sentences: BTreeMap<String, String>) -> Result<String, Error> {
        let (plan, transform, classes) = (predictor.plan(), predictor.transform(), predictor.classes());
        let source = &plan.data.source;
        let mut table = model_rows::read(predictor, &self.input, |name| beside(source, name))?;
        let labels = labels(source, &table, classes)?;
        let ids = source.id.as_ref().filter(|id| table.find(id).is_some()).map(|id| TextColumn::of(&table, id));
        let x = features(predictor, &mut table)?;
        let background = self.background.as_ref().map(|path| background(predictor, path)).transpose()?;
        let explanation = self.explain.then(|| Explanation::new(transform, predictor.model(), classes, background));
        let beside = Beside { explanation, codes: self.embed, sentences };
        let scored = Scored { x: &x, ids, labels, threshold, classes };
        Ok(scored.to_csv(predictor, &beside))
    }
}

/// A line for each column is shorter than this allows.
const SENTENCES_MEBIBYTES_MAX: u64 = 1;

/// The reasons in the user's words, by the columns that they stand for.
fn sentences(path: &Path, predictor: &Predictor) -> Result<BTreeMap<String, String>, Error> {
    let bytes = input::read("read the reasons", path, SENTENCES_MEBIBYTES_MAX)?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| Problem::new(format!("{} is not UTF-8", path.display())).help("save it as UTF-8, as TOML must be"))?;
    let document = Document::parse(&settings::Source::new(&path.display().to_string(), &text), &[])?;
    let mut table = document.root();
    let columns = predictor.columns().into_iter().map(|column| column.name);
    let found = columns.filter_map(|name| Some((table.optional_text(&name)?, name))).map(|(sentence, name)| (name, sentence)).collect();
    table.finish();
    document.finish()?;
    Ok(found)
}

/// The most rows to explain against: each row is looked at beside each of them.
const BACKGROUND_MAX: usize = 1000;

/// The features of raw rows; what they have that training rows had not is told.
fn features(predictor: &Predictor, table: &mut Table) -> Result<Matrix, Error> {
    let (plan, transform) = (predictor.plan(), predictor.transform());
    predictor.make_ready(table)?;
    warn(&strange(transform, &plan.data.preprocess, table));
    Ok(data::apply_all(transform, table, plan.data.source.storage)?)
}

/// The features of the rows to explain against, (rows, features).
fn background(predictor: &Predictor, path: &Path) -> Result<Vec<Vec<f64>>, Error> {
    let mut table = model_rows::read(predictor, path, |_| Role::Skip)?;
    let rows = table.rows();
    if rows > BACKGROUND_MAX {
        let problem =
            Problem::new(format!("--background: {} has {rows} rows, and {BACKGROUND_MAX} at most are compared with", path.display()));
        return Err(problem.help("draw some of them at random: a few hundred tell as much").into());
    }
    let x = features(predictor, &mut table)?;
    Ok((0..rows).map(|row| x.rows().row(row)).collect())
}

/// How a column is read that the model does not need: identifier and label are, where they are there.
fn beside(source: &Source, name: &str) -> Role {
    match Some(name) {
        name if name == source.id.as_deref() => Role::Id,
        name if name == source.label.as_deref() => source.labelling.role(),
        _ => Role::Skip,
    }
}

/// Each row's label as it is written, empty where it is missing; `None` for all if the input has no label.
fn labels(source: &Source, table: &Table, classes: &[String]) -> Result<Option<Vec<String>>, Problem> {
    let Some((name, index)) = source.label.as_ref().and_then(|name| Some((name, table.find(name)?))) else { return Ok(None) };
    let cells = (0..table.rows()).map(|row| table.row(row)[index]);
    let written = |word: &dyn Fn(f64) -> String| cells.map(|cell| if cell.is_nan() { String::new() } else { word(cell) }).collect();
    let values = match &table.columns[index].kind {
        // Also a column whose cells are all missing.
        Kind::Number => return Ok(Some(written(&|cell| shortest(cell)))),
        Kind::Category(values) => values,
    };
    if source.labelling.task == Task::Multiclass {
        if let Some(strange) = values.iter().find(|value| !classes.contains(value)) {
            let message = format!("the label `{name}` is \"{strange}\" in some row, which is no class of the model");
            let help = format!("it knows {}; leave the cell empty where the class is not known", classes.join(", "));
            return Err(Problem::new(message).help(help));
        }
        return Ok(Some(written(&|cell| shielded(&values[cell as usize]).into_owned())));
    }
    let meanings: Vec<Option<bool>> = values.iter().map(|value| source.meaning(value)).collect();
    if let Some(strange) = meanings.iter().position(Option::is_none) {
        let message = format!("the label `{name}` is \"{}\" in some row, not 0 or 1", values[strange]);
        return Err(Problem::new(message).help("take the column out of the input if it isn't the label that the run was trained on"));
    }
    // With data.positive any other text means 0, but training rows had one such text only.
    let negatives: Vec<&String> =
        values.iter().zip(&meanings).filter(|(_, meaning)| **meaning == Some(false)).map(|(value, _)| value).collect();
    if let [first, second, ..] = negatives[..]
        && source.positive.is_some()
    {
        let message = format!("the label `{name}` has more than two values: both \"{first}\" and \"{second}\" would count as 0");
        return Err(Problem::new(message).help("correct the labels that training rows did not have, or leave their cells empty"));
    }
    Ok(Some(written(&|cell| if meanings[cell as usize] == Some(true) { "1" } else { "0" }.to_owned())))
}
