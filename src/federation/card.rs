//! The scorecard that a run leaves, in points.

use crate::data::{Examples, Federation};
use crate::metrics::Ranking;
use crate::models::scorecard::{Card, Design, Points};
use crate::numeric::Params;

/// A scorecard in points, and what rounding them costs.
#[derive(Clone, Debug)]
pub struct Pointed {
    /// The scorecard.
    pub card: Card,
    /// Its points.
    pub points: Points,
    /// Points of log-odds that are greater by one.
    pub factor: f64,
    /// Points of even odds.
    pub offset: f64,
    /// The area under the ROC curve on the test rows, of the model; `None` if they lack a class.
    pub auc: Option<f64>,
    /// The same of the points, in whole numbers.
    pub auc_of_points: Option<f64>,
}

impl Pointed {
    /// Of the model of these parameters, which says this of the test rows.
    pub(super) fn of(design: &Design, federation: &Federation, params: &Params, scores: &[f64]) -> Self {
        let Examples { x, y } = &federation.test;
        let (x, labels) = (x.rows(), y.all());
        let card = Card::of(params.as_slice(), x.features());
        let points = Points::of(&card, &design.scaling);
        let mut cells = vec![0.0; x.features()];
        // The fewer points, the riskier.
        let risks: Vec<f64> = (0..x.len())
            .map(|row| {
                x.copy_row(row, &mut cells);
                -points.total(&card.bins(&cells))
            })
            .collect();
        let auc = |scores: &[f64]| Ranking::of(labels.binary(), scores).map(|ranking| ranking.auc);
        let [auc, auc_of_points] = [scores, &risks].map(auc);
        Self { card, points, factor: design.scaling.factor(), offset: design.scaling.offset(), auc, auc_of_points }
    }
}
