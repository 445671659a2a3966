//! A scorecard: each column falls into a few bins, a bin's weight of evidence is the logarithm of how its goods compare with its bads, and
//! a logistic regression on these weights becomes points (Siddiqi, "Credit Risk Scorecards", 2006; Thomas, Edelman and Crook, "Credit
//! Scoring and Its Applications", SIAM 2002). Label 1 is the bad one, and a weight of evidence above 0 is safer than the whole.
//!
//! What a scorecard says of rows and how its parameters are laid out; how its bins are found from sums stands with the learners.

mod card;
pub mod design;
mod points;
mod scaling;
mod terms;

pub use card::{Card, Column, INTERCEPT, Lookup, names};
pub use design::Design;
pub use points::{Points, REASONS, Reason};
pub use scaling::Scaling;
pub use terms::{Course, Terms};

use super::logistic::{cross_entropy, cross_entropy_powers};
use super::{Columns, Linear, Model, Parameter, RowPowers, RowTerms, StandardErrors};
use crate::numeric::math::sigmoid;
use crate::numeric::rng::Stream;
use crate::numeric::rows::Rows;
use crate::registry::Entry;
use crate::settings::{NOT_NEGATIVE, Table};
use crate::tasks::Task;

/// A scorecard.
#[derive(Clone, Debug)]
pub struct Scorecard {
    design: Design,
    l2: f64,
}

impl Scorecard {
    pub(super) const ENTRY: Entry = Entry {
        kind: "scorecard",
        summary: "points a bin: optimal bins of each column, logistic regression on their weights of evidence",
        paper: "Siddiqi, Credit Risk Scorecards, 2006",
        example: "trend = \"auto\"\nmin_size = 0.05\npdo = 20.0",
        argument: Some("trend"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { design: Design { terms: Terms::read(table), scaling: Scaling::read(table) }, l2: table.number("l2", 0.0, NOT_NEGATIVE) }
    }
}

impl Model for Scorecard {
    fn task(&self) -> Task {
        Task::Binary
    }

    /// Before there are bins there is but the intercept.
    fn parameters(&self, _: &Columns<'_>, _: &mut Stream) -> Vec<Parameter> {
        vec![Parameter { name: INTERCEPT.to_owned(), start: 0.0 }]
    }

    fn predict(&self, params: &[f64], x: Rows<'_>, scores: &mut [f64]) {
        let card = Card::of(params, x.features());
        let mut cells = vec![0.0; x.features()];
        for (row, score) in scores.iter_mut().enumerate() {
            x.copy_row(row, &mut cells);
            *score = sigmoid(card.log_odds(&cells));
        }
    }

    fn as_linear(&self) -> Option<&dyn Linear> {
        Some(self)
    }

    fn as_scorecard(&self) -> Option<&Design> {
        Some(&self.design)
    }
}

/// Of the weights of evidence.
impl Linear for Scorecard {
    #[inline(always)]
    fn terms(&self, predictor: f64, label: f64) -> RowTerms {
        cross_entropy(predictor, label)
    }

    fn powers(&self, predictor: f64, _: f64) -> RowPowers {
        cross_entropy_powers(predictor)
    }

    fn l2(&self) -> f64 {
        self.l2
    }

    fn standard_errors(&self) -> Option<StandardErrors> {
        Some(StandardErrors::Likelihood)
    }
}
