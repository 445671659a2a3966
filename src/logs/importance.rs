//! `importance.csv`.

use super::column::{Column, Group, Log};
use super::filling::{Filling, Finished, Rows};
use super::sizes::Length;
use super::unit::Unit;
use crate::data::preprocess::Transform;
use crate::federation::Importance;
use crate::numeric::text::{shortest, shortest_or_empty};

/// What each feature is worth.
pub const LOG: Log = Log::reproducible(
    "importance.csv",
    "What each feature is worth to the trees of the model that the run leaves, the greatest gain first, drawn in `plots/importance.svg`; \
     left by boosting. Gain and cover come from the training rows, `permutation` from the validation rows of \
     `data.validation_fraction`.",
    &[Group::always(&COLUMNS)],
    Length::of_columns(|sizes| sizes.features),
)
.filled(Filling::AtEnd(rows));

const COLUMNS: [Column; 6] = [
    Column::new("feature", "Feature", Unit::Text, ""),
    Column::new("gain", "Gain", Unit::Measure, "the sum of the gains of all splits by it, as `trees.csv` has them"),
    Column::new("gain_share", "Gain share", Unit::Share, "its part of the gain of all splits; empty if there are none"),
    Column::new("cover", "Cover", Unit::Measure, "the sum of the covers of the nodes that it splits"),
    Column::new("splits", "Splits", Unit::Plain, "how many nodes are split by it"),
    Column::new(
        "permutation",
        "Permutation importance",
        Unit::Measure,
        "by how much the loss (of numbers the RMSE) on the validation rows is greater where they swap their cells of this feature in a \
         random order; empty without validation rows",
    ),
];

fn rows<'a>(finished: &Finished<'a>) -> Option<Rows<'a>> {
    let (trees, transform) = (finished.last.trees.as_ref()?, &finished.run.federation().transform);
    Some(Box::new(trees.importance.iter().map(|importance| row(transform, importance))))
}

/// A feature's row.
fn row(transform: &Transform, importance: &Importance) -> Vec<String> {
    let Importance { feature, sums, gain_share, permutation } = importance;
    vec![
        transform.features[*feature].name.clone(),
        shortest(sums.gain),
        shortest_or_empty(*gain_share),
        shortest(sums.cover),
        sums.splits.to_string(),
        shortest_or_empty(*permutation),
    ]
}
