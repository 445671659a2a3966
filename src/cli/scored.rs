//! The table of `fedsim predict`: a row for each that was scored.

use std::collections::BTreeMap;

use csv::Writer;

use super::explained::{Explanation, Reason};
use crate::data::TextColumn;
use crate::data::preprocess::Transform;
use crate::federation;
use crate::logs::reasons::{self, Reasons};
use crate::metrics::reconstruction::row_error;
use crate::models::Counts;
use crate::models::boosting::Forest;
use crate::models::boosting::shap::Explainer;
use crate::models::scorecard::{Card, Points};
use crate::numeric::cell::shielded;
use crate::numeric::reduce;
use crate::numeric::rows::Matrix;
use crate::numeric::text::shortest;
use crate::runs::Predictor;
use crate::tasks::{Task, clusters, multiclass};
use crate::work::Work;

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
        let card = model.as_scorecard().map(|_| Card::of(params.as_slice(), self.x.rows().features()));
        let points = card.as_ref().zip(model.as_scorecard()).map(|(card, design)| Points::of(card, &design.scaling));
        let reasons = card.as_ref().zip(points.as_ref()).map(|(card, points)| beside.reasons(card, points, predictor.transform()));
        let reason = explanation.map(|explanation| match (&forest, &card) {
            (Some(forest), _) => Reason::Trees(Explainer::new(forest)),
            (_, Some(card)) => explanation.card(card),
            _ if model.as_encoder().is_some() => Reason::Error,
            _ => explanation.linear(params),
        });
        let (x, rows) = (self.x.rows(), (0..self.x.rows().len()).collect::<Vec<usize>>());
        let mut parts = explanation.zip(reason.as_ref()).map(|(explanation, reason)| {
            let of_row = |&row: &usize| explanation.parts(reason, &x.row(row), &scores[row * outputs..][..outputs]);
            reduce::map_ahead(&rows, 8 * outputs * x.features(), of_row)
        });
        let mut writer = Writer::from_writer(Vec::new());
        let mut header = vec!["row".to_owned()];
        header.extend(self.ids.as_ref().map(|_| "id".to_owned()));
        header.extend(self.names(model.task(), outputs));
        header.extend(codes.iter().flat_map(|(width, _)| (1..=*width).map(|number| format!("code_{number}"))));
        header.extend(self.labels.as_ref().map(|_| "label".to_owned()));
        header.extend(reasons.iter().flat_map(|_| reasons::NAMES.map(str::to_owned)));
        header.extend(explanation.into_iter().flat_map(Explanation::header));
        writer.write_record(&header).expect("writing to memory");
        let work = Work::begin("writing scores", rows.len() as u64);
        for (row, scores) in scores.chunks_exact(outputs).enumerate() {
            work.advance(1);
            let features = x.row(row);
            let mut cells = vec![(row + 1).to_string()];
            cells.extend(self.ids.as_ref().map(|ids| shielded(ids.at(row)).into_owned()));
            cells.extend(self.said(model.task(), &features, scores));
            cells.extend(codes.iter().flat_map(|(width, codes)| codes[row * width..][..*width].iter().map(|&number| shortest(number))));
            cells.extend(self.labels.as_ref().map(|labels| labels[row].clone()));
            cells.extend(reasons.iter().flat_map(|reasons| reasons.of_row(&features)));
            if let Some((explanation, parts)) = explanation.zip(parts.as_mut()) {
                let most = if model.task() == Task::Multiclass { multiclass::decided(scores) } else { 0 };
                cells.extend(explanation.of_row(&parts.next().expect("every row is explained"), most));
            }
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
    /// What each column of the input adds to what a linear predictor, an autoencoder or trees say of a row.
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
