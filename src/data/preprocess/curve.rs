//! Curves that bend a column of numbers before anything else, so that long tails become short.

use crate::data::table::{Kind, Table};
use crate::diag::{Error, Place, Problem};
use crate::numeric::math::{asinh, ln_1p};

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// ln(1 + x), of numbers above -1.
    Log1p,
    /// The inverse hyperbolic sine, which bends both ways like a logarithm and takes every number.
    Asinh,
}

impl Curve {
    /// All curves.
    pub const ALL: [Self; 2] = [Self::Log1p, Self::Asinh];

    /// Its name in scenarios and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log1p => "log1p",
            Self::Asinh => "asinh",
        }
    }

    /// The curve of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.name() == name)
    }

    /// The curve's value; `None` where it has none.
    pub fn at(self, x: f64) -> Option<f64> {
        match self {
            Self::Log1p => (x > -1.0).then(|| ln_1p(x)),
            Self::Asinh => Some(asinh(x)),
        }
    }

    /// Bends a column of the table.
    ///
    /// # Errors
    /// When the table lacks the column, it holds texts, or a cell lies where the curve has no value.
    pub(in crate::data) fn bend(self, table: &mut Table, name: &str, place: Option<&Place>) -> Result<(), Error> {
        let at = |problem: Problem| match place {
            Some(place) => problem.at(place.clone(), "asked for here"),
            None => problem,
        };
        let Some(column) = table.find(name) else {
            let problem = Problem::new(format!("`{name}` is no feature, and can't be bent"));
            return Err(at(problem).help("take it out of preprocess.transform").into());
        };
        if table.columns[column].kind != Kind::Number {
            let problem = Problem::new(format!("column `{name}` holds texts, which no curve takes"));
            return Err(at(problem).help("take it out of preprocess.transform").into());
        }
        let is_beyond = |&row: &usize| !table.row(row)[column].is_nan() && self.at(table.row(row)[column]).is_none();
        if let Some(row) = (0..table.rows()).find(is_beyond) {
            let cell = table.row(row)[column];
            let problem = Problem::new(format!("column `{name}` is {cell} in row {}, where {} has no value", row + 1, self.name()));
            return Err(at(problem).help(format!("{} takes numbers above -1; asinh takes all: {name} = \"asinh\"", self.name())).into());
        }
        table.change(|cells| cells[column] = self.at(cells[column]).unwrap_or(f64::NAN));
        Ok(())
    }
}
