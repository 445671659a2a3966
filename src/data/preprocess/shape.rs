//! Which features columns become: a number each, or one for each category that training rows have.

use std::collections::BTreeMap;

use super::curve::Curve;
use super::statistics::Number;
use super::tally::Counts;
use super::transform::{Clip, Feature, NOT_CLIPPED, Rule, Transform};
use super::{Fill, Preprocess};
use crate::data::table::{Kind, Table};
use crate::diag::{Error, Problem};

/// The most one-hot features that one column may give.
const CATEGORIES_MAX: usize = 1000;

/// Which features there are, before their numbers are known.
pub(super) struct Shape {
    /// The rule of a number is set by [`Shape::transform`].
    features: Vec<Feature>,
    curves: BTreeMap<String, Curve>,
    /// Whether missing numbers stay missing.
    keeps_gaps: bool,
}

impl Shape {
    /// The features of the columns, by what training rows have in them.
    ///
    /// # Errors
    /// When none is left, or a column has too many categories.
    pub fn find(spec: &Preprocess, table: &Table, counts: &Counts) -> Result<Self, Error> {
        let mut features = Vec::new();
        for ((column, &missing), present) in table.columns.iter().zip(&counts.missing).zip(&counts.categories) {
            let source = &column.name;
            let feature = |name: String, rule: Rule| Feature { name, source: source.clone(), rule };
            let missing_name = || format!("{source} (missing)");
            match &column.kind {
                Kind::Number => {
                    features.push(feature(source.clone(), Rule::Number { clip: NOT_CLIPPED, fill: 0.0, offset: 0.0, scale: 1.0 }));
                    if spec.indicator && missing > 0 {
                        features.push(feature(missing_name(), Rule::Indicator));
                    }
                }
                Kind::Category(categories) => {
                    let seen: Vec<&String> =
                        categories.iter().zip(present).filter(|&(_, &count)| count > 0).map(|(name, _)| name).collect();
                    if seen.len() > CATEGORIES_MAX {
                        let message =
                            format!("column `{source}` has {} categories, {CATEGORIES_MAX} at most can become one-hot", seen.len());
                        let place = table.header.find(source).map(|column| table.header.place(column));
                        let problem = Problem::new(message).help(format!("leave it out with data.drop = [\"{source}\"]"));
                        return Err(match place {
                            Some(place) => problem.at(place, "this column").into(),
                            None => problem.into(),
                        });
                    }
                    features.extend(seen.into_iter().map(|name| feature(format!("{source}={name}"), Rule::Category(name.clone()))));
                    if missing > 0 {
                        features.push(feature(missing_name(), Rule::MissingCategory));
                    }
                }
            }
        }
        if features.is_empty() {
            return Err(Problem::about("data.drop", "no feature is left").help("keep at least one column beside the label").into());
        }
        let curves = spec.curves.iter().map(|(name, curve, _)| (name.clone(), *curve)).collect();
        Ok(Self { features, curves, keeps_gaps: spec.missing == Fill::Keep })
    }

    /// The features with the numbers and the clips of the columns of numbers, in their order.
    ///
    /// # Errors
    /// When a number is none: some cells of its column were too large.
    pub fn transform(&self, numbers: &[Number], clips: &[Clip]) -> Result<Transform, Problem> {
        let mut numbers = numbers.iter().zip(clips);
        let mut features = self.features.clone();
        for feature in &mut features {
            if let Rule::Number { .. } = feature.rule {
                let (&Number { fill, offset, scale, .. }, &clip) = numbers.next().expect("one for each column of numbers");
                if ![fill, offset, scale].iter().all(|number| number.is_finite()) {
                    let message = format!("the numbers of column `{}` are too large", feature.source);
                    return Err(Problem::new(message).help("rescale the column, or leave it out with data.drop"));
                }
                let fill = if self.keeps_gaps { f64::NAN } else { fill };
                feature.rule = Rule::Number { clip, fill, offset, scale };
            }
        }
        Ok(Transform { features, curves: self.curves.clone() })
    }
}
