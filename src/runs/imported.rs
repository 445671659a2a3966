//! Boosted trees that XGBoost has saved, ready to score rows as a finished run's are.

use std::collections::BTreeSet;
use std::path::Path;

use super::predictor::Predictor;
use crate::data::preprocess::{Feature, Rule, Transform};
use crate::diag::{Error, Problem};
use crate::input;
use crate::models::boosting::xgboost::XgboostModel;
use crate::scenario;
use crate::settings::Source;
use crate::tasks::Task;

/// A larger model is none.
const MEBIBYTES_MAX: u64 = 256;

impl Predictor {
    /// The trees in this file of XGBoost's JSON, whose features are columns of their names. Cells are rounded to single precision, as
    /// XGBoost has them; classes are called 0, 1, 2 and so on.
    ///
    /// # Errors
    /// When the file can't be read, or holds no trees that can be said here; tells why.
    pub fn of_xgboost(path: &Path) -> Result<Self, Error> {
        let named = |problem: Problem| problem.of(&path.display().to_string());
        let bytes = input::read("read the model", path, MEBIBYTES_MAX)?;
        let help = "give the folder of a finished run, or a file that XGBoost's Booster.save_model has written as model.json";
        let text = String::from_utf8(bytes).map_err(|_| named(Problem::new("this is no model that XGBoost saved as JSON").help(help)))?;
        let XgboostModel { task, features, forest } = XgboostModel::from_json(&text).map_err(named)?;
        let mut names = BTreeSet::new();
        if let Some(twice) = features.iter().find(|name| !names.insert(*name)) {
            return Err(named(Problem::new(format!("two features are called `{twice}`"))).into());
        }
        let classes = if task == Task::Multiclass { (0..forest.outputs()).map(|class| class.to_string()).collect() } else { Vec::new() };
        let mut params = forest.base.clone();
        forest.trees.iter().for_each(|tree| tree.write(&mut params));
        let number = Rule::Number { clip: [f64::NEG_INFINITY, f64::INFINITY], fill: f64::NAN, offset: 0.0, scale: 1.0 };
        let feature = |name: String| Feature { source: name.clone(), name, rule: number.clone() };
        let transform = Transform { features: features.into_iter().map(feature).collect(), curves: Default::default() };
        let text = format!(
            "name = \"imported\"\n[data]\npath = \"rows.csv\"\nlabel = \"label\"\nstorage = \"f32\"\n[partition]\nclients = 1\n\
             [model]\nkind = \"boosting\"\ntask = \"{}\"\n",
            task.word()
        );
        let mut plan = scenario::parse(&Source::new("imported", &text), Path::new(""), &[])?;
        // Nobody says which column it was.
        plan.data.source.label = None;
        Ok(Self::of_parts(plan, classes, transform, params.into()))
    }
}
