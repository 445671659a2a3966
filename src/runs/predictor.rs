//! A finished run's model, or an imported one, ready to score rows, whatever holds them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::bounded::{BoundedFile, Rows};
use super::files::{MANIFEST, METRICS};
use super::folder::Folder;
use super::manifest::Manifest;
use super::saved::Saved;
use super::scenario_copy::ScenarioCopy;
use crate::data::preprocess::{Fill, Rule, Transform};
use crate::data::table::Table;
use crate::data::{self, RawCell, RawColumn, table_of};
use crate::diag::{Error, Problem};
use crate::federation;
use crate::logs::Sizes;
use crate::models::boosting::Forest;
use crate::models::scorecard::Card;
use crate::models::{Columns, Counts, Model};
use crate::numeric::Params;
use crate::numeric::cell::unshielded;
use crate::numeric::rows::Matrix;
use crate::scenario::Plan;
use crate::tasks::{CLASSES_MAX, Task};

/// A model with all that rows go through before it.
#[derive(Debug)]
pub struct Predictor {
    plan: Plan,
    classes: Vec<String>,
    transform: Transform,
    params: Params,
    /// The run's files; `None` of a model that no run has left.
    saved: Option<Saved>,
}

const ACTION: &str = "find a finished run: can't read";

impl Predictor {
    /// The model of the finished run in this folder.
    ///
    /// # Errors
    /// When there is none, or a file is not as fedsim wrote it.
    pub fn open(run: &Path) -> Result<Self, Error> {
        let folder = Folder::open(run).map_err(|cause| Error::file(ACTION, &run.join(MANIFEST), &cause))?;
        folder.file(MANIFEST).map_err(|cause| folder.error(ACTION, MANIFEST, &cause))?;
        let manifest = Manifest::load(&folder)?;
        let sizes = Sizes::of(&manifest);
        let plan = ScenarioCopy::read(&folder)?.plan(&[])?;
        check(&plan, &manifest, &folder.path_of(MANIFEST))?;
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
        let saved = Some(Saved::of(&Arc::new(folder), sizes));
        Ok(Self { plan, classes: manifest.classes, transform, params, saved })
    }

    /// A model that no run has left.
    pub(super) fn of_parts(plan: Plan, classes: Vec<String>, transform: Transform, params: Params) -> Self {
        Self { plan, classes, transform, params, saved: None }
    }

    /// What was run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The model.
    pub fn model(&self) -> &dyn Model {
        self.plan.model.as_ref()
    }

    /// Its parameters, (params,).
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The classes, where there are several.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// What rows go through before the model.
    pub fn transform(&self) -> &Transform {
        &self.transform
    }

    /// Of two classes, the score at and above which the run decides for 1: the one that cost least on the rows that the run looked for
    /// it on, where its decisions have prices.
    ///
    /// # Errors
    /// When the run does not tell.
    pub fn threshold(&self) -> Result<f64, Error> {
        let Some(saved) = self.saved.as_ref().filter(|_| self.plan.evaluation.cost.is_some()) else {
            return Ok(self.plan.evaluation.threshold);
        };
        let outcome: Option<Value> = serde_json::from_str(&saved.text(METRICS)?).ok();
        let threshold = outcome.and_then(|outcome| outcome["test"]["threshold_best"].as_f64()).filter(|threshold| threshold.is_finite());
        threshold.ok_or_else(|| {
            let path = saved.path_of(METRICS);
            let problem = Problem::new(format!("{} tells no threshold_best, though decisions have prices", path.display()));
            problem.help("the file is not as `fedsim run` wrote it: run the scenario again, or give --threshold").into()
        })
    }

    /// The columns that a row must have, in the order of [`Self::predict`]'s cells.
    pub fn columns(&self) -> Vec<RawColumn> {
        let may_miss = self.plan.data.preprocess.missing != Fill::Error;
        let mut places = BTreeMap::new();
        let mut columns: Vec<RawColumn> = Vec::new();
        let mut place = |name: &str, columns: &mut Vec<RawColumn>| {
            let at = *places.entry(name.to_owned()).or_insert(columns.len());
            if at == columns.len() {
                columns.push(RawColumn { name: name.to_owned(), is_category: false, may_miss });
            }
            at
        };
        for feature in &self.transform.features {
            if let Some(operands) = self.plan.data.preprocess.derived.operands(&feature.source) {
                for operand in operands {
                    place(operand, &mut columns);
                }
                continue;
            }
            let at = place(&feature.source, &mut columns);
            // Of a column's features the last decides.
            columns[at].is_category = matches!(feature.rule, Rule::Category(_) | Rule::MissingCategory);
        }
        columns
    }

    /// What the model says of raw rows, (rows, outputs), each with a cell for each of [`Self::columns`].
    ///
    /// # Errors
    /// A cell that its column can't hold.
    pub fn predict(&self, rows: &[Vec<RawCell<'_>>]) -> Result<Vec<f64>, Error> {
        let mut table = table_of(&self.columns(), rows)?;
        self.make_ready(&mut table)?;
        let x = data::apply_all(&self.transform, &table, self.plan.data.source.storage)?;
        Ok(self.scores(&x))
    }

    /// Adds to a table of raw rows, which has [`Self::columns`], those that are worked out of them, and bends what is to be bent.
    ///
    /// # Errors
    /// A cell that its formula or its curve can't take.
    pub fn make_ready(&self, table: &mut Table) -> Result<(), Error> {
        self.plan.data.preprocess.derive(table)?;
        self.transform.bend(table)
    }

    /// What the model says of features, (rows, outputs).
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        federation::score(self.model(), &self.params, x.rows(), self.classes.len())
    }
}

/// Wants as many classes as the task needs.
fn check(plan: &Plan, manifest: &Manifest, path: &Path) -> Result<(), Error> {
    let task = plan.model.task();
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

fn read_params(rows: Rows<BoundedFile>, path: &Path, plan: &Plan, columns: &Columns<'_>) -> Result<Params, Error> {
    let broken = |line: usize, words: &str| {
        let problem = Problem::new(format!("{}:{line}: {words}", path.display()));
        Error::from(problem.help("the file is not as `fedsim run` wrote it: run the scenario again"))
    };
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for (index, record) in rows.enumerate() {
        let record = record.map_err(|cause| broken(index + 2, &cause.to_string()))?;
        names.push(record.get(0).map(unshielded).unwrap_or_default().to_owned());
        let value = record.get(1).and_then(|value| value.parse::<f64>().ok()).filter(|value| value.is_finite());
        values.push(value.ok_or_else(|| broken(index + 2, "a value can't be read"))?);
    }
    if plan.model.as_boosting().is_some() {
        let counts = Counts { features: columns.features.len(), classes: columns.classes.len() };
        Forest::read(&values, plan.model.outputs(counts), counts.features).map_err(|wrong| broken(values.len() + 1, wrong))?;
    }
    if plan.model.as_scorecard().is_some() {
        Card::read(&values, columns.features.len()).map_err(|wrong| broken(values.len() + 1, wrong))?;
    }
    let expected = federation::names_of(plan, columns, &values);
    if let Some(strange) = names.iter().zip(&expected).position(|(name, expected)| name != expected) {
        return Err(broken(strange + 2, "this is not a parameter of the run's model"));
    }
    if names.len() > expected.len() {
        return Err(broken(expected.len() + 2, "this is not a parameter of the run's model"));
    }
    if values.len() < expected.len() {
        return Err(broken(values.len() + 2, "parameters are missing"));
    }
    Ok(values.into())
}
