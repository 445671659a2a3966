//! What each feature is worth to a model of trees: what its splits gain, and what is lost without its order.
//!
//! The second is permutation importance (Breiman, "Random Forests", Machine Learning 2001, section 10; Fisher, Rudin and Dominici, "All
//! Models are Wrong, but Many are Useful", JMLR 2019): by how much the loss rises where the rows swap their cells of this feature, so
//! that it tells nothing of a row, and keeps its distribution. It is measured on the validation rows, which no client trains on and
//! which the server has; the test rows are only looked at.

use super::evaluate::metrics_of;
use super::explanations::{Explained, explain};
use super::scoring::score_here;
use crate::data::{Examples, Federation};
use crate::models::Counts;
use crate::models::boosting::{Forest, SplitSums, by_feature};
use crate::numeric::rng::Purpose;
use crate::numeric::rows::{Matrix, Storage};
use crate::numeric::sample::shuffle;
use crate::numeric::{Params, reduce};
use crate::scenario::Plan;
use crate::tasks::Metrics;

/// A model of trees, as people look at it.
#[derive(Clone, Debug)]
pub struct Trees {
    /// The trees.
    pub forest: Forest,
    /// What each feature is worth, those with the greatest gain first, equals in the features' order, (features,).
    pub importance: Vec<Importance>,
    /// What the features that count most add to what the trees say of some rows.
    pub explained: Vec<Explained>,
}

/// What a feature is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Importance {
    /// Which feature, from 0.
    pub feature: usize,
    /// What the splits by it come to.
    pub sums: SplitSums,
    /// Its part of the gain of all splits; `None` if nothing is gained.
    pub gain_share: Option<f64>,
    /// By how much the task's loss on the validation rows is greater where their cells of this feature are permuted; `None` if there
    /// are none.
    pub permutation: Option<f64>,
}

impl Trees {
    /// Of this model, (params,), which has these metrics on the validation rows.
    pub(super) fn of(plan: &Plan, federation: &Federation, params: &Params, validation: Option<&Metrics>) -> Self {
        let counts = Counts { features: federation.transform.features.len(), classes: federation.classes.len() };
        let forest = Forest::of(params.as_slice(), plan.model.outputs(counts), counts.features);
        let sums = by_feature(&forest, counts.features);
        let loss = plan.model.task().loss().name;
        let before = validation.and_then(|metrics| metrics.get(loss)).zip(federation.validation.as_ref());
        let features: Vec<usize> = (0..counts.features).collect();
        let permutations = reduce::map(&features, |&feature| {
            let (before, rows) = before?;
            // What no tree looks at changes no score.
            if sums[feature].splits == 0 {
                return Some(0.0);
            }
            Some(permuted(plan, params, rows, (feature, counts.classes)).get(loss)? - before)
        });
        let total: f64 = sums.iter().map(|sums| sums.gain).sum();
        let of_feature = |((feature, sums), permutation): ((usize, SplitSums), Option<f64>)| {
            let gain_share = (total > 0.0).then(|| sums.gain / total);
            Importance { feature, sums, gain_share, permutation }
        };
        let mut importance: Vec<Importance> = (0..).zip(sums).zip(permutations).map(of_feature).collect();
        importance.sort_by(|a, b| b.sums.gain.total_cmp(&a.sums.gain));
        let explained = explain(plan, federation, &forest);
        Self { forest, importance, explained }
    }
}

/// A model's metrics on these rows, of one feature each with some row's cell, by a permutation that is the feature's own.
fn permuted(plan: &Plan, params: &Params, rows: &Examples, (feature, classes): (usize, usize)) -> Metrics {
    let x = rows.x.rows();
    let mut order: Vec<usize> = (0..x.len()).collect();
    shuffle(&mut order, &mut plan.streams.stream(Purpose::Permutation, 0, feature));
    let mut cells = vec![0.0; x.features()];
    let column: Vec<f64> = order
        .into_iter()
        .map(|row| {
            x.copy_row(row, &mut cells);
            cells[feature]
        })
        .collect();
    let mixed = Matrix::build((x.len(), x.features()), Storage::Double, |row, out| {
        x.copy_row(row, out);
        out[feature] = column[row];
    });
    let scores = score_here(plan.model.as_ref(), params, mixed.rows(), classes);
    metrics_of(plan, mixed.rows(), rows.y.all(), &scores)
}
