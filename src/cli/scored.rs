//! The table of `fedsim predict`: a row for each that was scored.

use std::collections::BTreeMap;

use csv::Writer;

use crate::data::TextColumn;
use crate::data::preprocess::Transform;
use crate::federation;
use crate::logs::reasons::{self, Reasons};
use crate::metrics::reconstruction::row_error;
use crate::models::boosting::Forest;
use crate::models::boosting::shap::{Contributions, Explainer};
use crate::models::scorecard::{Card, Points};
use crate::models::{Counts, Model};
use crate::numeric::Params;
use crate::numeric::cell::shielded;
use crate::numeric::rows::Matrix;
use crate::numeric::text::shortest;
use crate::runs::Predictor;
use crate::tasks::{Task, clusters, multiclass};
use crate::work::Work;

/// So many columns of a row are named as its reasons.
const REASONS: usize = 3;

/// What is known of the rows that are to be scored.
pub(super) struct Scored<'a> {
    /// Their features, (rows, features).
    pub x: &'a Matrix,
    /// The column of `data.id`, where they have it.
    pub ids: Option<TextColumn>,
    /// The labels as they are written, where they have labels; empty for a row without one.
    pub labels: Option<Vec<String>>,
    /// Of two classes, a score at or above it decides for 1.
    pub threshold: f64,
    /// The classes, where there are several.
    pub classes: &'a [String],
}

impl Scored<'_> {
    /// The rows in their order, as CSV, with what is asked for beside what the model says of them.
    pub(super) fn to_csv(&self, predictor: &Predictor, beside: &Beside) -> String {
        let (model, params, scores) = (predictor.model(), predictor.params(), predictor.scores(self.x));
        let outputs = model.outputs(Counts { features: self.x.rows().features(), classes: self.classes.len() });
        let encoder = model.as_encoder().filter(|_| beside.codes);
        let codes = encoder.map(|encoder| (encoder.code(), federation::encode(encoder, params, self.x.rows())));
        let explanation = beside.explanation.as_ref();
        let trees = model.as_boosting().filter(|_| explanation.is_some());
        let forest = trees.map(|_| Forest::of(params.as_slice(), outputs, self.x.rows().features()));
        let explainer = forest.as_ref().map(Explainer::new);
        let card = model.as_scorecard().map(|_| Card::of(params.as_slice(), self.x.rows().features()));
        let points = card.as_ref().zip(model.as_scorecard()).map(|(card, design)| Points::of(card, &design.scaling));
        let reasons = card.as_ref().zip(points.as_ref()).map(|(card, points)| beside.reasons(card, points, predictor.transform()));
        let parts = |features: &[f64], scores: &[f64]| match (&explainer, &card) {
            (Some(explainer), _) => parts_of_trees(explainer, features),
            (None, Some(card)) => parts_of_card(card, features),
            (None, None) => parts(model, params, features, scores),
        };
        let mut writer = Writer::from_writer(Vec::new());
        let mut header = vec!["row".to_owned()];
        header.extend(self.ids.as_ref().map(|_| "id".to_owned()));
        header.extend(self.names(model.task(), outputs));
        header.extend(codes.iter().flat_map(|(width, _)| (1..=*width).map(|number| format!("code_{number}"))));
        header.extend(self.labels.as_ref().map(|_| "label".to_owned()));
        header.extend(reasons.iter().flat_map(|_| reasons::NAMES.map(str::to_owned)));
        header.extend(explanation.into_iter().flat_map(Explanation::header));
        writer.write_record(&header).expect("writing to memory");
        let rows = self.x.rows().len();
        let work = Work::begin("writing scores", rows as u64);
        for (row, scores) in scores.chunks_exact(outputs).enumerate() {
            work.advance(1);
            let features = self.x.rows().row(row);
            let mut cells = vec![(row + 1).to_string()];
            cells.extend(self.ids.as_ref().map(|ids| shielded(ids.at(row)).into_owned()));
            cells.extend(self.said(model.task(), &features, scores));
            cells.extend(codes.iter().flat_map(|(width, codes)| codes[row * width..][..*width].iter().map(|&number| shortest(number))));
            cells.extend(self.labels.as_ref().map(|labels| labels[row].clone()));
            cells.extend(reasons.iter().flat_map(|reasons| reasons.of_row(&features)));
            cells.extend(explanation.into_iter().flat_map(|explanation| explanation.of_row(parts(&features, scores))));
            writer.write_record(&cells).expect("writing to memory");
        }
        String::from_utf8(writer.into_inner().expect("writing to memory")).expect("every field is UTF-8")
    }

    /// The names of what a model of this task says of a row.
    fn names(&self, task: Task, outputs: usize) -> Vec<String> {
        let own = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        match task {
            Task::Binary => own(&["score", "decision"]),
            Task::Multiclass => {
                let probabilities = self.classes.iter().map(|class| shielded(&format!("probability_{class}")).into_owned());
                own(&["decided"]).into_iter().chain(probabilities).collect()
            }
            Task::Regression => own(&["predicted"]),
            Task::Clusters => own(&["cluster"]).into_iter().chain((1..=outputs).map(|cluster| format!("distance_{cluster}"))).collect(),
            Task::Reconstruction => own(&["error"]),
        }
    }

    /// What it says of one with these features, (outputs,).
    fn said(&self, task: Task, features: &[f64], scores: &[f64]) -> Vec<String> {
        let first = match task {
            Task::Binary => return vec![shortest(scores[0]), u8::from(scores[0] >= self.threshold).to_string()],
            Task::Multiclass => Some(shielded(&self.classes[multiclass::decided(scores)]).into_owned()),
            Task::Regression => None,
            Task::Clusters => Some((clusters::nearest(scores) + 1).to_string()),
            Task::Reconstruction => return vec![shortest(row_error(features, scores))],
        };
        first.into_iter().chain(scores.iter().map(|&score| shortest(score))).collect()
    }
}

/// What is asked for beside what the model says.
pub(super) struct Beside {
    /// What each column of the input adds to what a model of one linear predictor, an autoencoder, or trees of one output say of a row.
    pub explanation: Option<Explanation>,
    /// Whether each row's code is, of a model that has one.
    pub codes: bool,
    /// What a scorecard's columns are called in the reasons, by their names, in the user's words; others are told as they are.
    pub sentences: BTreeMap<String, String>,
}

impl Beside {
    /// What is said of rows under this card.
    fn reasons<'a>(&self, card: &'a Card, points: &'a Points, transform: &Transform) -> Reasons<'a> {
        Reasons::new(card, points, transform, |column| self.sentences.get(column).cloned())
    }
}

/// Which features come from which column of the input.
pub(super) struct Explanation {
    /// The columns, in the order of their first features.
    columns: Vec<String>,
    /// Of each feature its column's place, (features,).
    of_feature: Vec<usize>,
    /// So many columns are named as reasons: none of a scorecard, which has its own.
    reasons: usize,
}

impl Explanation {
    /// Of the features of this transform, for this model.
    pub(super) fn new(transform: &Transform, model: &dyn Model) -> Self {
        let (mut columns, mut of_feature) = (Vec::<String>::new(), Vec::new());
        for feature in &transform.features {
            // The features of a column follow upon each other, but for those that tell that its cell is missing.
            let known = columns.iter().rposition(|column| *column == feature.source);
            of_feature.push(known.unwrap_or(columns.len()));
            if known.is_none() {
                columns.push(feature.source.clone());
            }
        }
        Self { columns, of_feature, reasons: if model.as_scorecard().is_some() { 0 } else { REASONS } }
    }

    fn header(&self) -> Vec<String> {
        let contributions = self.columns.iter().map(|column| format!("contribution_{column}"));
        let reasons = (1..=self.reasons).map(|number| format!("reason_{number}"));
        ["contribution_base".to_owned()].into_iter().chain(contributions).chain(reasons).collect()
    }

    /// What is the same for all rows, what each column adds to it, and the columns that count most in words: of [`parts`] or [`parts_of_trees`].
    fn of_row(&self, (base, parts): (f64, Vec<f64>)) -> Vec<String> {
        let mut sums = vec![0.0; self.columns.len()];
        self.of_feature.iter().zip(&parts).for_each(|(&column, part)| sums[column] += part);
        let mut order: Vec<usize> = (0..sums.len()).filter(|&column| sums[column] != 0.0).collect();
        order.sort_by(|&a, &b| sums[b].abs().total_cmp(&sums[a].abs()));
        let reason = |place: usize| {
            let Some(&column) = order.get(place) else { return String::new() };
            let way = if sums[column] > 0.0 { "raised" } else { "lowered" };
            format!("{way} by {}", self.columns[column])
        };
        [base].iter().chain(&sums).map(|&part| shortest(part)).chain((0..self.reasons).map(reason)).collect()
    }
}

/// What is the same for all rows, and what each of a row's features adds to it, (features,): to a linear predictor, or to the error of
/// an autoencoder.
fn parts(model: &dyn Model, params: &Params, features: &[f64], scores: &[f64]) -> (f64, Vec<f64>) {
    if model.as_encoder().is_some() {
        let of_feature = |(cell, said): (&f64, &f64)| (said - cell) * (said - cell) / features.len() as f64;
        return (0.0, features.iter().zip(scores).map(of_feature).collect());
    }
    let (&base, weights) = params.as_slice().split_last().expect("the intercept is there");
    (base, weights.iter().zip(features).map(|(weight, cell)| weight * cell).collect())
}

/// The intercept of a scorecard, and what each column adds to it, in the place of its first feature, (features,).
fn parts_of_card(card: &Card, features: &[f64]) -> (f64, Vec<f64>) {
    let mut parts = vec![0.0; features.len()];
    let mut first = 0;
    for (column, bin) in card.columns.iter().zip(card.bins(features)) {
        parts[first] = column.weight * column.woe[bin];
        first += column.lookup.features();
    }
    (card.intercept, parts)
}

/// The margin that trees of one output expect of a row of which nothing is known, and what each of a row's features adds to it,
/// (features,): path-dependent SHAP values.
fn parts_of_trees(explainer: &Explainer<'_>, features: &[f64]) -> (f64, Vec<f64>) {
    let Contributions { base, values } = explainer.path_dependent(features);
    (base[0], values)
}
