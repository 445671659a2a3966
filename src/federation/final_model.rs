//! The model that a run leaves, measured on the test rows for whoever reads the run.

use super::card::Pointed;
use super::evaluate::Measured;
use super::importance::Trees;
use super::record::{Divergence, Standing};
use super::scoring::Scorer;
use super::stability::Stability;
use crate::data::Federation;
use crate::diag::Error;
use crate::metrics::{
    CalibrationTest, Confusion, Curves, Decile, ExpectedCost, FeatureError, Group, ScoreBin, confusion_matrix, deciles, gains,
    reconstruction, score_histogram,
};
use crate::numeric::Params;
use crate::scenario::Plan;
use crate::tasks::{Metrics, Task, View, clusters};

/// A run's last model, or its best, and what it is worth.
#[derive(Clone, Debug)]
pub struct FinalModel {
    /// The model, (params,).
    pub params: Params,
    /// The round that it is of.
    pub round: usize,
    /// What it says of the test rows, (rows, outputs).
    pub scores: Vec<f64>,
    /// On the test rows.
    pub metrics: Metrics,
    /// On the validation rows; `None` if there are none.
    pub validation: Option<Metrics>,
    /// What decisions on the test rows cost; `None` without prices.
    pub cost: Option<ExpectedCost>,
    /// A closer look, as its task has one.
    pub detail: Detail,
    /// Its trees and what features are worth to them; `None` of a model without trees.
    pub trees: Option<Trees>,
    /// Whether its probabilities come true on the test rows; `None` where nobody asked.
    pub calibration: Option<CalibrationTest>,
    /// How far the test rows and each client's are from all training rows; `None` where nobody asked.
    pub stability: Option<Stability>,
    /// Its points; `None` of a model that is no scorecard.
    pub pointed: Option<Pointed>,
}

/// A closer look at what a model says of the test rows.
#[derive(Clone, Debug)]
pub enum Detail {
    /// Of two classes.
    Binary {
        /// Decisions at the scenario's threshold.
        confusion: Confusion,
        /// `None` if the test rows lack a class.
        curves: Option<Curves>,
        /// How the scores are distributed.
        histogram: Vec<ScoreBin>,
        /// The test rows in groups by descending score; empty if none is positive.
        gains: Vec<Group>,
    },
    /// Of several classes: how many rows of each class, a line each, were decided to be of each, (classes, classes).
    Multiclass {
        /// The counts.
        confusion: Vec<u64>,
    },
    /// Of numbers: the rows in ten groups by what was predicted, ascending.
    Regression {
        /// The groups.
        deciles: Vec<Decile>,
    },
    /// How many rows are nearest to each centroid, (clusters,).
    Clusters {
        /// The counts.
        rows: Vec<u64>,
    },
    /// How well each feature comes back, (features,).
    Reconstruction {
        /// Their errors.
        features: Vec<FeatureError>,
    },
}

impl Detail {
    fn of(plan: &Plan, federation: &Federation, scores: &[f64]) -> Self {
        let labels = federation.test.y.all();
        match plan.model.task() {
            Task::Binary => {
                let labels = labels.binary();
                Self::Binary {
                    confusion: Confusion::of(labels, scores, plan.evaluation.threshold),
                    curves: Curves::of(labels, scores),
                    histogram: score_histogram(labels, scores),
                    gains: gains(labels, scores),
                }
            }
            Task::Multiclass => Self::Multiclass { confusion: confusion_matrix(labels.classes(), scores, federation.classes.len()) },
            Task::Regression => Self::Regression { deciles: deciles(labels.values(), scores) },
            Task::Clusters => {
                let view = View { x: federation.test.x.rows(), labels, scores };
                let mut rows = vec![0; view.outputs()];
                view.by_row().for_each(|distances| rows[clusters::nearest(distances)] += 1);
                Self::Clusters { rows }
            }
            Task::Reconstruction => Self::Reconstruction { features: reconstruction::by_feature(federation.test.x.rows(), scores) },
        }
    }
}

impl FinalModel {
    /// Measures the model that a run leaves which ends here.
    ///
    /// # Errors
    /// When its scores are no numbers, or what the clients' rows are compared by can't be summed.
    pub fn of(plan: &Plan, federation: &Federation, standing: &Standing) -> Result<Self, Error> {
        let (params, round) = (standing.kept(), standing.kept_round());
        let measured = Measured::of(plan, federation, params, &mut Scorer::default());
        let measured = measured.ok_or_else(|| Divergence(format!("round {round}: the model's scores are no longer numbers")))?;
        let Measured { scores, metrics, validation, cost } = measured;
        let detail = Detail::of(plan, federation, &scores);
        let trees = plan.model.as_boosting().map(|_| Trees::of(plan, federation, params, validation.as_ref()));
        let pointed = plan.model.as_scorecard().map(|design| Pointed::of(design, federation, params, &scores));
        let stability = plan.evaluation.psi.then(|| Stability::of(plan, federation, params, &scores)).transpose()?;
        let tested = || CalibrationTest::of(federation.test.y.all().binary(), &scores);
        let calibration = plan.evaluation.calibration.then(tested);
        Ok(Self { params: params.clone(), round, metrics, validation, cost, detail, trees, calibration, stability, pointed, scores })
    }
}
