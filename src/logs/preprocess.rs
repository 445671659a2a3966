//! `preprocess.csv`, which the fitted features write themselves.

use super::column::{Column, Group, Log};
use super::sizes::Length;
use super::unit::Unit;

/// How features are made of columns.
pub const LOG: Log = Log::reproducible(
    "preprocess.csv",
    "How each feature is made of its column: what `fedsim predict` needs beside the model.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.features),
);

const COLUMNS: [Column; 10] = [
    Column::new("feature", "Feature", Unit::Text, ""),
    Column::new("source", "Source", Unit::Text, "the column that it is made of"),
    Column::new("kind", "Kind", Unit::Text, "`numeric`, `category`, `missing_category` or `indicator`"),
    Column::new("category", "Category", Unit::Text, ""),
    Column::new("fill", "Fill", Unit::Plain, "what a missing number counts as"),
    Column::new("mean", "Mean", Unit::Plain, "what is subtracted: the minimum under `minmax`, the median under `robust`"),
    Column::new("scale", "Scale", Unit::Plain, "what is divided by"),
    Column::new("transform", "Transform", Unit::Text, "the curve by which the column is bent first"),
    Column::new("low", "Low", Unit::Plain, "the lower bound of `clip`"),
    Column::new("high", "High", Unit::Plain, "the upper bound of `clip`"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::Transform;

    #[test]
    fn the_columns_are_those_that_the_features_write() {
        let empty = Transform { features: Vec::new(), curves: std::collections::BTreeMap::new() };
        assert_eq!(empty.to_csv().trim_end(), LOG.header(&[]).join(","));
    }
}
