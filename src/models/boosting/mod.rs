//! Gradient boosting: trees one after the other, each fitted to the first and second derivatives of the loss at the sum of those
//! before it (Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 2001; Chen and Guestrin,
//! "XGBoost: A Scalable Tree Boosting System", KDD 2016).
//!
//! What a model of trees says of rows, and how its parameters are laid out; how it is grown from sums stands with the learners.

mod descent;
mod forest;
pub mod growth;
mod importance;
mod margins;
pub mod shap;
pub mod xgboost;

pub use forest::{ABOVE_ALL, Forest, Node, Split, Tree, numbers_max};
pub use growth::{BINS_MAX, CutRule, DEPTH_MAX, Draw, Growth, Splits, TreesOf, Trend};
pub use importance::{SplitSums, by_feature};
pub use margins::Margins;

use super::{Columns, Counts, Model, Parameter};
use crate::diag::Problem;
use crate::numeric::exp::exp;
use crate::numeric::math::sigmoid;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::registry::Entry;
use crate::settings::{Bound, Limit, NOT_NEGATIVE, PROPER_FRACTION, SHARE, Scalar, Table};
use crate::tasks::Task;

/// Gradient boosting.
#[derive(Clone, Debug)]
pub struct Boosting {
    task: Task,
    growth: Growth,
}

impl Boosting {
    pub(super) const ENTRY: Entry = Entry {
        kind: "boosting",
        summary: "gradient-boosted trees, a tree a round, from summed histograms",
        paper: "Chen and Guestrin, KDD 2016",
        example: "depth = 3\nlearning_rate = 0.3\nmin_child_weight = 1.0",
        argument: Some("depth"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        table.refuse_if_given("trees", "a round is a tree: say with rounds how many");
        let tasks = [Task::Binary, Task::Multiclass, Task::Regression].map(|task| (task.word(), task));
        let task = table.word("task", "binary", &tasks);
        let splits = table.word("splits", "histogram", &[("histogram", Splits::Histogram), ("random", Splits::Random)]);
        if splits == Splits::Random {
            for key in ["min_child_weight", "min_gain", "monotone", "column_share"] {
                table.refuse_if_given(key, "splits that are drawn are not weighed against each other");
            }
        }
        let draw = read_draw(table, splits, task);
        let federation = read_federation(table, splits);
        let growth = Growth {
            splits,
            draw,
            federation,
            depth: table.count("depth", 3, 1..=DEPTH_MAX),
            learning_rate: table.number("learning_rate", 0.1, SHARE) as f32,
            l2: table.number("l2", 1.0, NOT_NEGATIVE),
            l1: table.number("l1", 0.0, NOT_NEGATIVE),
            min_child_weight: table.number("min_child_weight", 10.0, NOT_NEGATIVE),
            min_gain: table.number("min_gain", 0.0, NOT_NEGATIVE),
            bins: table.count("bins", 64, 2..=BINS_MAX),
            cuts: table.word("cuts", CUT_RULES[0].0, &CUT_RULES),
            monotone: table.words_by_name("monotone", &[("+", Trend::Up), ("-", Trend::Down)]),
            row_share: table.number("row_share", 1.0, SHARE),
            column_share: table.number("column_share", 1.0, SHARE),
            gradient_bits: table.count("gradient_bits", 24, 8..=30) as u32,
            base_score: read_base_score(table, task),
        };
        Self { task, growth }
    }
}

/// Whose rows a tree grows from.
fn read_federation(table: &mut Table, splits: Splits) -> TreesOf {
    if splits == Splits::Random {
        table.refuse_if_given("federation", "trees that are drawn look at no rows: there is nothing that a client would grow on its own");
        return TreesOf::All;
    }
    table.word("federation", "summed", &[("summed", TreesOf::All), ("bagging", TreesOf::Each), ("cyclic", TreesOf::EachInTurn)])
}

/// By what features are drawn, where they are.
fn read_draw(table: &mut Table, splits: Splits, task: Task) -> Draw {
    if splits == Splits::Histogram {
        table.refuse_if_given("draw", "splits that are found by sums are not drawn: splits = \"random\" draws them");
        return Draw::Uniform;
    }
    let draw = table.word("draw", "uniform", &[("uniform", Draw::Uniform), ("information_value", Draw::InformationValue)]);
    if draw == Draw::InformationValue && task != Task::Binary {
        let problem =
            Problem::about("model.draw", "an information value tells how well a feature parts two classes, and there are not two");
        table.push(problem.help("use draw = \"uniform\", or task = \"binary\""));
    }
    draw
}

/// Where the bins' edges may come from, the default first.
const CUT_RULES: [(&str, CutRule); 3] =
    [("quantiles", CutRule::Quantiles), ("equal_width", CutRule::EqualWidth), ("local_quantiles", CutRule::LocalQuantiles)];

/// Any number.
const NUMBER: Limit = Limit::new("a number", Bound::None, Bound::None);

/// The score that every row starts with, if one is given: of two classes a probability, of numbers a number.
fn read_base_score(table: &mut Table, task: Task) -> Option<f64> {
    let limit = if task == Task::Binary { PROPER_FRACTION } else { NUMBER };
    if task == Task::Multiclass {
        table.refuse_if_given("base_score", "each class starts at its share of the rows");
        return None;
    }
    match table.word_or_number("base_score", "mean", &[("mean", ())], limit) {
        Scalar::Word(()) => None,
        Scalar::Number(score) => Some(score),
    }
}

/// Turns a row's margins into what its task wants: a probability, the classes' probabilities, or the number itself.
fn finish(task: Task, margins: &mut [f64], outputs: usize) {
    match task {
        Task::Binary => margins.iter_mut().for_each(|margin| *margin = sigmoid(*margin)),
        Task::Multiclass => margins.chunks_exact_mut(outputs).for_each(normalise),
        Task::Regression | Task::Clusters | Task::Reconstruction => {}
    }
}

/// Turns a row's margins into probabilities.
pub fn normalise(margins: &mut [f64]) {
    let greatest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    margins.iter_mut().for_each(|margin| *margin = exp(*margin - greatest));
    let sum: f64 = margins.iter().sum();
    margins.iter_mut().for_each(|margin| *margin /= sum);
}

impl Model for Boosting {
    fn task(&self) -> Task {
        self.task
    }

    /// Before the first tree there is but where rows start.
    fn parameters(&self, columns: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        base_names(self.task, columns).map(|name| Parameter { name, start: 0.0 }).collect()
    }

    fn outputs(&self, counts: Counts) -> usize {
        if self.task == Task::Multiclass { counts.classes } else { 1 }
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        if x.is_empty() {
            return;
        }
        let outputs = scores.len() / x.len();
        Forest::of(params, outputs, x.features()).margins(x, scores);
        finish(self.task, scores, outputs);
    }

    fn as_boosting(&self) -> Option<&Growth> {
        Some(&self.growth)
    }
}

fn base_names(task: Task, columns: &Columns<'_>) -> impl Iterator<Item = String> {
    let classes: &[String] = if task == Task::Multiclass { columns.classes } else { &[] };
    let one = (task != Task::Multiclass).then(|| "start".to_owned());
    one.into_iter().chain(classes.iter().map(|class| format!("start[{class}]")))
}

/// The names of a model's parameters, as many as its trees have.
pub fn names(task: Task, forest: &Forest, columns: &Columns<'_>) -> Vec<String> {
    const NUMBERS: [&str; 7] = ["feature", "cut", "missing_left", "left", "value", "cover", "gain"];
    let mut names: Vec<String> = base_names(task, columns).collect();
    for (tree, Tree { nodes }) in (1..).zip(&forest.trees) {
        names.push(format!("tree{tree}.nodes"));
        names.extend((0..nodes.len()).flat_map(|node| NUMBERS.map(|number| format!("tree{tree}.node{node}.{number}"))));
    }
    names
}
