//! What each column of the input adds to what a model says of a row: `fedsim predict --explain`.

use std::iter::zip;

use crate::data::preprocess::Transform;
use crate::models::Model;
use crate::models::boosting::shap::{Contributions, Explainer};
use crate::models::scorecard::Card;
use crate::numeric::Params;
use crate::numeric::text::shortest;

/// So many columns of a row are named as its reasons.
const REASONS: usize = 3;

/// Which features come from which column of the input, and what there is one sum of contributions of.
pub(super) struct Explanation {
    /// The columns, in the order of their first features.
    columns: Vec<String>,
    /// Of each feature its column's place, (features,).
    of_feature: Vec<usize>,
    /// The classes that each have a sum of their own; none where there is one sum.
    classes: Vec<String>,
    /// The rows whose cells features have that are not known, (rows, features); `None` where the model's own statistics stand for them.
    background: Option<Vec<Vec<f64>>>,
    /// So many columns are named as reasons: none of a scorecard, which has its own.
    reasons: usize,
}

/// What is the same for all rows, and what each of a row's features adds to it, (features,).
type Parts = (f64, Vec<f64>);

/// What a row's features are looked at with.
pub(super) enum Reason<'a> {
    /// A linear predictor: its intercept, its weights, (features,), and the mean cells of the background rows.
    Linear(f64, &'a [f64], Vec<f64>),
    /// A scorecard, and what its columns add on the mean over the background rows, in the place of their first features, (features,).
    Card(&'a Card, Vec<f64>),
    /// The squared error of each feature.
    Error,
    /// SHAP values.
    Trees(Explainer<'a>),
}

impl Explanation {
    /// Of the features of this transform, of one sum a class if there are several; against these rows, if there are any given.
    pub(super) fn new(transform: &Transform, model: &dyn Model, classes: &[String], background: Option<Vec<Vec<f64>>>) -> Self {
        let (mut columns, mut of_feature) = (Vec::<String>::new(), Vec::new());
        for feature in &transform.features {
            // The features of a column follow upon each other, but for those that tell that its cell is missing.
            let known = columns.iter().rposition(|column| *column == feature.source);
            of_feature.push(known.unwrap_or(columns.len()));
            if known.is_none() {
                columns.push(feature.source.clone());
            }
        }
        let reasons = if model.as_scorecard().is_some() { 0 } else { REASONS };
        Self { columns, of_feature, classes: classes.to_vec(), background, reasons }
    }

    pub(super) fn header(&self) -> Vec<String> {
        let of = |start: &str| {
            let names = ["base"].into_iter().chain(self.columns.iter().map(String::as_str));
            names.map(|name| format!("{start}_{name}")).collect::<Vec<String>>()
        };
        let contributions = match &self.classes[..] {
            [] => of("contribution"),
            classes => classes.iter().flat_map(|class| of(&format!("contribution_{class}"))).collect(),
        };
        contributions.into_iter().chain((1..=self.reasons).map(|number| format!("reason_{number}"))).collect()
    }

    /// A linear predictor's way to explain, with these parameters, (params,).
    pub(super) fn linear<'a>(&self, params: &'a Params) -> Reason<'a> {
        let (&intercept, weights) = params.as_slice().split_last().expect("the intercept is there");
        let mut means = vec![0.0; weights.len()];
        if let Some(background) = &self.background {
            background.iter().for_each(|row| zip(&mut means, row).for_each(|(mean, cell)| *mean += cell));
            means.iter_mut().for_each(|mean| *mean /= background.len() as f64);
        }
        Reason::Linear(intercept, weights, means)
    }

    /// A scorecard's way to explain.
    pub(super) fn card<'a>(&self, card: &'a Card) -> Reason<'a> {
        let mut means = vec![0.0; self.of_feature.len()];
        if let Some(background) = &self.background {
            background.iter().for_each(|row| zip(&mut means, of_card(card, row)).for_each(|(mean, part)| *mean += part));
            means.iter_mut().for_each(|mean| *mean /= background.len() as f64);
        }
        Reason::Card(card, means)
    }

    /// The parts of what is said of a row, (outputs,), which has these features.
    pub(super) fn parts(&self, reason: &Reason<'_>, features: &[f64], said: &[f64]) -> Vec<Parts> {
        match reason {
            Reason::Linear(intercept, weights, means) => {
                let base = zip(*weights, means).fold(*intercept, |base, (weight, mean)| base + weight * mean);
                let part = |((weight, cell), mean): ((&f64, &f64), &f64)| weight * (cell - mean);
                vec![(base, zip(*weights, features).zip(means).map(part).collect())]
            }
            Reason::Card(card, means) => {
                let base = means.iter().fold(card.intercept, |base, mean| base + mean);
                vec![(base, zip(of_card(card, features), means).map(|(part, mean)| part - mean).collect())]
            }
            Reason::Error => {
                let of_feature = |(cell, said): (&f64, &f64)| (said - cell) * (said - cell) / features.len() as f64;
                vec![(0.0, zip(features, said).map(of_feature).collect())]
            }
            Reason::Trees(explainer) => {
                let Contributions { base, values } = match &self.background {
                    None => explainer.path_dependent(features),
                    Some(background) => explainer.interventional(features, background),
                };
                zip(base, values.chunks_exact(features.len())).map(|(base, values)| (base, values.to_vec())).collect()
            }
        }
    }

    /// What is the same for all rows and what each column adds to it, of every sum; and the columns that count most in the sum at `most`,
    /// in words.
    pub(super) fn of_row(&self, parts: &[Parts], most: usize) -> Vec<String> {
        let sums: Vec<Vec<f64>> = parts.iter().map(|(_, parts)| self.by_column(parts)).collect();
        let own = &sums[most];
        let mut order: Vec<usize> = (0..own.len()).filter(|&column| own[column] != 0.0).collect();
        order.sort_by(|&a, &b| own[b].abs().total_cmp(&own[a].abs()));
        let reason = |place: usize| {
            let Some(&column) = order.get(place) else { return String::new() };
            let way = if own[column] > 0.0 { "raised" } else { "lowered" };
            format!("{way} by {}", self.columns[column])
        };
        let numbers = zip(parts, &sums).flat_map(|((base, _), sums)| [base].into_iter().chain(sums));
        numbers.map(|&part| shortest(part)).chain((0..self.reasons).map(reason)).collect()
    }

    fn by_column(&self, parts: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns.len()];
        zip(&self.of_feature, parts).for_each(|(&column, part)| sums[column] += part);
        sums
    }
}

/// What each column of a scorecard adds to a row's log-odds, in the place of its first feature, (features,).
fn of_card(card: &Card, features: &[f64]) -> Vec<f64> {
    let mut parts = vec![0.0; features.len()];
    let mut first = 0;
    for (column, bin) in zip(&card.columns, card.bins(features)) {
        parts[first] = column.weight * column.woe[bin];
        first += column.lookup.features();
    }
    parts
}

/// Whether what the model says of a row are sums, or an error, that its columns add up to.
pub(super) fn is_explained(model: &dyn Model) -> bool {
    model.as_boosting().is_some() || model.as_linear().is_some() || model.as_encoder().is_some()
}
