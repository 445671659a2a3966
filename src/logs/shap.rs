//! `shap.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::data::preprocess::{Rule, Transform};
use crate::federation::{Explained, lines_max};
use crate::numeric::text::shortest;
use crate::tasks::{CLASSES_MAX, Task};

/// What features add to what the trees say of some rows.
pub const LOG: Log = Log::reproducible(
    "shap.csv",
    "What the 15 features that count most add to what the trees say of some rows, 200 at most: validation rows, or test rows where there \
     are none, drawn by `seeds.training`; drawn in `plots/shap.svg`; left by boosting. The feature with the greatest mean magnitude comes \
     first. The values are path-dependent SHAP values, of every feature alone; those of all features add up to a row's score, less what is \
     expected of a row of which nothing is known.",
    &[
        Group::always(&HEAD),
        Group::of(Task::Multiclass, &[Column::new("class", "Class", Unit::Text, "the one whose score the value adds to")]),
        Group::always(&TAIL),
    ],
    Length::of_columns(|_| lines_max(CLASSES_MAX) as u64),
)
.filled(Filling::AtEnd(rows));

const HEAD: [Column; 3] = [
    Column::new("feature", "Feature", Unit::Text, ""),
    Column::new("sample", "Sample", Unit::Plain, "which of the rows that were drawn, from 1"),
    Column::new(
        "cell",
        "Cell",
        Unit::Measure,
        "the row's, in the column's own unit, after its `transform`, and of a category 1 where the row is of it, else 0; empty where it is missing",
    ),
];

const TAIL: [Column; 1] = [Column::new(
    "shap",
    "SHAP value",
    Unit::Measure,
    "what the cell adds: of classes to the log-odds, of several up to what all have in common, of numbers to what is predicted",
)];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let (trees, federation) = (finished.last.trees.as_ref()?, finished.run.federation());
    Some(Box::new(lines(&federation.transform, &federation.classes, &trees.explained)))
}

/// The rows of the table, of several classes one a class.
fn lines<'a>(transform: &'a Transform, classes: &'a [String], explained: &'a [Explained]) -> impl Iterator<Item = Vec<String>> + 'a {
    explained.iter().flat_map(move |Explained { sample, feature, cell, values }| {
        let feature = &transform.features[*feature];
        let cell = match feature.rule {
            _ if cell.is_nan() => String::new(),
            Rule::Number { offset, scale, .. } => shortest(offset + scale * cell),
            Rule::Category(_) | Rule::MissingCategory | Rule::Indicator => shortest(*cell),
        };
        values.iter().enumerate().map(move |(output, value)| {
            let class = (values.len() > 1).then(|| classes[output].clone());
            let head = [feature.name.clone(), (sample + 1).to_string(), cell.clone()];
            head.into_iter().chain(class).chain([shortest(*value)]).collect()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::Feature;

    /// The mean is 40, the standard deviation 12: half a deviation above is 46.
    #[test]
    fn cells_are_in_the_columns_own_units_and_classes_have_a_line_each() {
        let number = Rule::Number { clip: [f64::NEG_INFINITY, f64::INFINITY], fill: f64::NAN, offset: 40.0, scale: 12.0 };
        let feature = Feature { name: "age".to_owned(), source: "age".to_owned(), rule: number };
        let transform = Transform { features: vec![feature], curves: Default::default() };
        let explained = |cell: f64, values: &[f64]| Explained { sample: 2, feature: 0, cell, values: values.to_vec() };
        let told = |explained: &[Explained], classes: &[String]| {
            lines(&transform, classes, explained).map(|row| row.join(",")).collect::<Vec<_>>()
        };
        assert_eq!(told(&[explained(0.5, &[0.25]), explained(f64::NAN, &[-1.0])], &[]), ["age,3,46,0.25", "age,3,,-1"]);
        let classes = ["bad", "good"].map(str::to_owned);
        assert_eq!(told(&[explained(0.5, &[0.25, -0.5])], &classes), ["age,3,46,bad,0.25", "age,3,46,good,-0.5"]);
        assert_eq!(LOG.header(&[]), ["feature", "sample", "cell", "shap"]);
    }
}
