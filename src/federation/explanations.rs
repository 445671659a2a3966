//! What each feature adds to what trees say of some rows: SHAP values, for whoever looks at the model as a whole (Lundberg et al., "From
//! Local Explanations to Global Understanding with Explainable AI for Trees", Nature Machine Intelligence 2020, figure 4).
//!
//! The rows are validation rows, or test rows where there are none: the server has both. Values are path-dependent, so that no other
//! row is looked at.

use crate::data::Federation;
use crate::models::boosting::Forest;
use crate::models::boosting::shap::{Contributions, Explainer};
use crate::numeric::reduce;
use crate::numeric::rng::Purpose;
use crate::numeric::sample::subset;
use crate::scenario::Plan;

/// So many rows are explained at most, of several classes all classes' together.
const ROWS_MOST: usize = 200;

/// So many at least, if there are as many.
const ROWS_LEAST: usize = 20;

/// Nodes that rows come by together, but for the least rows.
const NODES_MOST: usize = 20_000_000;

/// So many features are told of.
const FEATURES_MOST: usize = 15;

/// Lines of all that is told of a model of so many outputs at most.
pub const fn lines_max(outputs: usize) -> usize {
    FEATURES_MOST * if ROWS_MOST > ROWS_LEAST * outputs { ROWS_MOST } else { ROWS_LEAST * outputs }
}

/// What one feature adds to what is said of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Which of the rows that were drawn, from 0.
    pub sample: usize,
    /// Which feature.
    pub feature: usize,
    /// The row's cell of it.
    pub cell: f64,
    /// What it adds to each margin, (outputs,).
    pub values: Vec<f64>,
}

/// The features that count most, by the mean magnitude of what they add to the margins of some rows, with all these rows each; equals in
/// the features' order. Features that add nothing are left out.
pub(super) fn explain(plan: &Plan, federation: &Federation, forest: &Forest) -> Vec<Explained> {
    let rows = federation.validation.as_ref().unwrap_or(&federation.test).x.rows();
    let nodes: usize = forest.trees.iter().map(|tree| tree.nodes.len()).sum();
    let most = (ROWS_MOST / forest.outputs()).min(NODES_MOST / nodes.max(1)).max(ROWS_LEAST);
    let drawn = subset(most.min(rows.len()), rows.len(), &mut plan.streams.stream(Purpose::Explanation, 0, 0));
    let explainer = Explainer::new(forest);
    let explained = reduce::map(&drawn, |&row| {
        let cells = rows.row(row);
        let Contributions { values, .. } = explainer.path_dependent(&cells);
        (cells, values)
    });
    let features = rows.features();
    let of = |values: &[f64], feature: usize| values.chunks_exact(features).map(|values| values[feature]).collect::<Vec<f64>>();
    let weight = |feature: usize| {
        let of_row = |(_, values): &(_, Vec<f64>)| of(values, feature).iter().map(|value| value.abs()).sum::<f64>();
        explained.iter().map(of_row).sum::<f64>()
    };
    let mut weights: Vec<(usize, f64)> =
        (0..features).map(|feature| (feature, weight(feature))).filter(|(_, weight)| *weight > 0.0).collect();
    weights.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    weights.truncate(FEATURES_MOST);
    let of_feature = |(feature, _): (usize, f64)| {
        let of_row = move |(sample, (cells, values)): (usize, &(Vec<f64>, Vec<f64>))| Explained {
            sample,
            feature,
            cell: cells[feature],
            values: of(values, feature),
        };
        explained.iter().enumerate().map(of_row)
    };
    weights.into_iter().flat_map(of_feature).collect()
}
