//! `fedsim predict`: scores raw rows with a finished run's model and its saved preprocessing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use serde_json::Value;

use super::scored::{Beside, Explanation, Scored};
use super::streams::{print, warn};
use super::target::Overwrite;
use crate::data::csv::{self, ColumnRequest, Missing, Options, Role};
use crate::data::preprocess::{Fill, Rule, Transform, strange};
use crate::data::table::{Header, Kind, Table};
use crate::data::{self, Source, TextColumn};
use crate::diag::{Error, Problem};
use crate::federation;
use crate::models::Columns;
use crate::numeric::cell::{shielded, unshielded};
use crate::numeric::text::shortest;
use crate::numeric::{Params, reduce};
use crate::report::show_work;
use crate::runs::files::METRICS;
use crate::runs::{BoundedFile, Folder, Manifest, OutputFile, Rows, Saved, ScenarioCopy, Sizes};
use crate::scenario::Plan;
use crate::tasks::{CLASSES_MAX, Task};

/// Score raw rows with a finished run's model
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim predict outputs/fraud data/fraud.csv --out scores.csv")]
pub struct Predict {
    /// The folder of a finished run
    run_dir: PathBuf,
    /// The rows to score: the columns that the run was trained on, in any order; others are not looked at
    input: PathBuf,
    /// The file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Of two classes, the score at and above which a row is decided to be 1 [default: threshold_best of the run where its decisions have prices,
    /// else its evaluation.threshold]
    #[arg(long, value_name = "SCORE", value_parser = threshold)]
    threshold: Option<f64>,
    /// Add what each column contributes to a row's log-odds, or to its error, and the three that count most
    #[arg(long)]
    explain: bool,
    /// Add the code of each row, of an autoencoder
    #[arg(long)]
    embed: bool,
    #[command(flatten)]
    overwrite: Overwrite,
}

fn threshold(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

impl Predict {
    pub(super) fn execute(&self) -> Result<(), Error> {
        const ACTION: &str = "find a finished run: can't read";
        const MANIFEST: &str = "manifest.json";
        if let Some(out) = &self.out {
            let read = [MANIFEST, "scenario.toml", "preprocess.csv", "model.csv", METRICS].map(|name| self.run_dir.join(name));
            let inputs: Vec<&Path> = read.iter().map(PathBuf::as_path).chain([self.input.as_path()]).collect();
            self.overwrite.check("--out", out, &inputs)?;
        }
        let folder = Folder::open(&self.run_dir).map_err(|cause| Error::file(ACTION, &self.run_dir.join(MANIFEST), &cause))?;
        folder.file(MANIFEST).map_err(|cause| folder.error(ACTION, MANIFEST, &cause))?;
        let manifest = Manifest::load(&folder)?;
        let sizes = Sizes::of(&manifest);
        let plan = ScenarioCopy::read(&folder)?.plan(&[])?;
        self.check(&plan, &manifest, &folder.path_of(MANIFEST))?;
        let rows = |name: &'static str| {
            let file = BoundedFile::open(&folder, name, &sizes).map_err(|cause| folder.error("read", name, &cause))?;
            Ok::<_, Error>(Rows::of(file, name))
        };
        let transform = {
            let mut rows = rows("preprocess.csv")?;
            Transform::from_rows(rows.header().cloned(), rows, &folder.path_of("preprocess.csv"))?
        };
        let columns = Columns { features: &transform.names(), classes: &manifest.classes };
        let params = read_params(rows("model.csv")?, &folder.path_of("model.csv"), &plan, &columns)?;
        let threshold = match self.threshold {
            Some(threshold) => threshold,
            None if plan.evaluation.cost.is_some() => best_threshold(&Saved::of(&Arc::new(folder), sizes))?,
            None => plan.evaluation.threshold,
        };
        show_work();
        let text = reduce::with_threads(None, || self.score(&plan, &transform, (&params, &manifest.classes), threshold))??;
        match &self.out {
            None => print(&text),
            Some(path) => {
                let mut file = OutputFile::create(path)?;
                file.text(&text)?;
                file.publish()
            }
        }
    }

    /// Wants options that the run's task has a meaning for, and as many classes as it needs.
    fn check(&self, plan: &Plan, manifest: &Manifest, path: &Path) -> Result<(), Error> {
        let task = plan.model.task();
        if self.threshold.is_some() && !task.is_binary() {
            let problem = Problem::new(format!("--threshold: the run's model is not of two classes but of task {}", task.word()));
            return Err(problem.help("leave it out: nothing is decided at a threshold").into());
        }
        if self.explain && plan.model.as_linear().is_none() && plan.model.as_encoder().is_none() {
            let problem = Problem::new("--explain: only what a linear predictor or an autoencoder says is a sum of contributions");
            return Err(problem.help("leave it out").into());
        }
        if self.embed && plan.model.as_encoder().is_none() {
            let problem = Problem::new("--embed: the run's model has no code for a row: only an autoencoder has");
            return Err(problem.help("leave it out").into());
        }
        let are_right = match task {
            Task::Multiclass => (1..=CLASSES_MAX).contains(&manifest.classes.len()),
            _ => manifest.classes.is_empty(),
        };
        if manifest.task == task && are_right {
            return Ok(());
        }
        let problem = Problem::new(format!("{} is of another task than the scenario beside it", path.display()));
        Err(problem.help("the file is not as `fedsim run` wrote it: run the scenario again").into())
    }

    /// The scores as CSV, of a model of these parameters and classes.
    fn score(&self, plan: &Plan, transform: &Transform, (params, classes): (&Params, &[String]), threshold: f64) -> Result<String, Error> {
        let source = &plan.data.source;
        let options = Options { delimiter: source.delimiter, na_values: &plan.data.preprocess.na_values };
        let mut table = csv::read(&self.input, &options, |header| choose(header, transform, plan))?.table;
        let labels = labels(source, &table, classes)?;
        let ids = source.id.as_ref().filter(|id| table.find(id).is_some()).map(|id| TextColumn::of(&table, id));
        transform.bend(&mut table)?;
        warn(&strange(transform, &plan.data.preprocess, &table));
        let x = data::apply_all(transform, &table, source.storage)?;
        let beside = Beside { explanation: self.explain.then(|| Explanation::new(transform)), codes: self.embed };
        let scored = Scored { x: &x, ids, labels, threshold, classes };
        Ok(scored.to_csv(plan.model.as_ref(), params, &beside))
    }
}

/// The threshold that cost least on the rows that the run looked for it on.
fn best_threshold(saved: &Saved) -> Result<f64, Error> {
    let outcome: Option<Value> = serde_json::from_str(&saved.text(METRICS)?).ok();
    let threshold = outcome.and_then(|outcome| outcome["test"]["threshold_best"].as_f64()).filter(|threshold| threshold.is_finite());
    threshold.ok_or_else(|| {
        let problem = Problem::new(format!("{} tells no threshold_best, though decisions have prices", saved.path_of(METRICS).display()));
        problem.help("the file is not as `fedsim run` wrote it: run the scenario again, or give --threshold").into()
    })
}

/// What the model needs of the input, and the label where it is there.
fn choose(header: &Header, transform: &Transform, plan: &Plan) -> Result<Vec<ColumnRequest>, Error> {
    let places = header.columns_by_name();
    let absent = transform.features.iter().filter(|feature| !places.contains_key(feature.source.as_str()));
    let mut absent: Vec<&str> = absent.map(|feature| feature.source.as_str()).collect();
    absent.dedup();
    match absent[..] {
        [] => {}
        [name] => return Err(header.missing(name, "the model was trained on it").into()),
        _ => return Err(header.all_missing(&absent, "the model was trained on them").into()),
    }
    let role_of = |rule: &Rule| match rule {
        Rule::Number { .. } | Rule::Indicator => Role::Number,
        Rule::Category(_) | Rule::MissingCategory => Role::Category,
    };
    // Of a column's features the last decides.
    let roles: BTreeMap<&str, Role> = transform.features.iter().map(|feature| (feature.source.as_str(), role_of(&feature.rule))).collect();
    let role = |name: &String| {
        // Rows may be scored whose label nobody knows yet, but a run that took no missing cell has nothing to put into one.
        let absent = if plan.data.preprocess.missing == Fill::Error { Missing::Refused } else { Missing::Allowed };
        match roles.get(name.as_str()) {
            Some(&role) => ColumnRequest { role, missing: absent },
            None if plan.data.source.id.as_ref() == Some(name) => ColumnRequest { role: Role::Id, missing: Missing::Allowed },
            None if plan.data.source.label.as_ref() == Some(name) => {
                ColumnRequest { role: plan.data.source.labelling.role(), missing: Missing::Allowed }
            }
            None => ColumnRequest { role: Role::Skip, missing: Missing::Allowed },
        }
    };
    Ok(header.names().iter().map(role).collect())
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

fn read_params(rows: Rows<BoundedFile>, path: &Path, plan: &Plan, columns: &Columns<'_>) -> Result<Params, Error> {
    let broken = |line: usize, words: &str| {
        let problem = Problem::new(format!("{}:{line}: {words}", path.display()));
        Error::from(problem.help("the file is not as `fedsim run` wrote it: run the scenario again"))
    };
    let expected = federation::parameters(plan, columns);
    let mut values = Vec::with_capacity(expected.len());
    for (index, record) in rows.enumerate() {
        let record = record.map_err(|cause| broken(index + 2, &cause.to_string()))?;
        let name = expected.get(index).map(|parameter| parameter.name.as_str());
        if record.get(0).map(unshielded) != name {
            return Err(broken(index + 2, "this is not a parameter of the run's model"));
        }
        let value = record.get(1).and_then(|value| value.parse::<f64>().ok()).filter(|value| value.is_finite());
        values.push(value.ok_or_else(|| broken(index + 2, "a value can't be read"))?);
    }
    if values.len() < expected.len() {
        return Err(broken(values.len() + 2, "parameters are missing"));
    }
    Ok(values.into())
}
