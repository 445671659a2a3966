//! From table columns to features: what fills a missing cell, what scales a number, what becomes one-hot.

mod by_client;
mod clip;
mod curve;
mod extremes;
mod fit;
mod local;
mod magnitude;
mod moments;
mod quantiles;
mod shape;
mod statistics;
mod strange;
mod tally;
mod transform;

pub use curve::Curve;
pub use extremes::{BYTES, NO_ENDS, extremes};
pub use fit::{Fitted, fit};
pub use local::{Own, weighted_means};
pub use magnitude::reach;
pub use strange::strange;
pub use tally::COUNT_BITS;
pub use transform::{Bound, Feature, Rule, Transform};

use super::derived::Derived;
use super::table;
use crate::diag::{Error, Place, Problem};
use crate::settings::{Table, UNIT_INTERVAL};

/// `[preprocess]`: how columns become features.
#[derive(Clone, Debug)]
pub struct Preprocess {
    /// How numbers are scaled.
    pub scale: Scale,
    /// Whose rows the statistics come from.
    pub fit: Fit,
    /// Whether it is said that the rows' pooling is a comparison with what no federation has.
    pub oracle: bool,
    /// What a missing number becomes.
    pub missing: Fill,
    /// The texts that mean a missing cell.
    pub na_values: Vec<String>,
    /// Whether a column of numbers with missing cells also gives a feature that is 1 where they are missing.
    pub indicator: bool,
    /// Which columns become one-hot.
    pub categorical: Categorical,
    /// The shares of a column's training rows below the least and below the greatest value that counts; cells beyond count as
    /// these.
    pub clip: Option<[f64; 2]>,
    /// Columns of numbers that are bent before anything else.
    pub curves: Vec<(String, Curve, Place)>,
    /// Columns that are worked out of others, even before that.
    pub derived: Derived,
}

/// How numbers are scaled: (x - offset) / scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Not at all.
    None,
    /// By mean and population standard deviation; a standard deviation of 0 counts as 1.
    Standard,
    /// By minimum and range; a range of 0 counts as 1.
    MinMax,
    /// By median and distance of the quartiles; a distance of 0 counts as 1. Both are rounded towards zero to eight significant
    /// bits, as counts find them.
    Robust,
}

/// Whose rows the statistics come from. Test rows are never among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// From sums over the clients: no client shows a row. The same numbers as from pooled rows, to the bit.
    Federated,
    /// Each client scales by its own rows; test rows by the clients' example-weighted average.
    Local,
    /// From all training rows at once, as no federation could: for comparison.
    Pooled,
}

/// What a missing number becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// An error at its place.
    Error,
    /// The mean of the column's training rows.
    Mean,
    /// The median of the column's training rows, rounded towards zero to eight significant bits, as counts find it.
    Median,
    /// 0.
    Zero,
    /// Missing: for models that know what to do with rows that lack a cell.
    Keep,
}

/// Which columns become one-hot.
#[derive(Clone, Debug)]
pub struct Categorical {
    /// Every column of texts.
    pub auto: bool,
    /// These, whatever they hold.
    pub columns: Vec<String>,
}

impl Preprocess {
    /// Reads `[preprocess]`, of a model that may have rows that lack cells, or not. One that may looks at no scale either.
    pub fn read(table: &mut Table, keeps_gaps: bool) -> Self {
        let scales = [("none", Scale::None), ("standard", Scale::Standard), ("minmax", Scale::MinMax), ("robust", Scale::Robust)];
        let scale = table.word("scale", if keeps_gaps { "none" } else { "standard" }, &scales);
        let fits = [("federated", Fit::Federated), ("local", Fit::Local), ("pooled", Fit::Pooled)];
        let fit = table.word("fit", "federated", &fits);
        let oracle = if fit == Fit::Pooled {
            table.truth("oracle", false)
        } else {
            table.refuse_if_given("oracle", "only fit = \"pooled\" looks at it");
            false
        };
        let fills = [("error", Fill::Error), ("mean", Fill::Mean), ("median", Fill::Median), ("zero", Fill::Zero), ("keep", Fill::Keep)];
        let missing = table.word("missing", if keeps_gaps { "keep" } else { "mean" }, &fills);
        if missing == Fill::Keep && !keeps_gaps {
            let problem = Problem::new("the model wants a number in every cell").at(table.place_of("missing"), "cells stay missing");
            table.push(problem.help(
                "use missing = \"mean\", \"median\" or \"zero\"; model.kind = \"boosting\" and \"scorecard\" take rows that lack cells",
            ));
        }
        let na_values = table.texts("na_values", &["", "NA"]);
        let indicator = table.truth("indicator", false);
        let columns = table.text_or_texts("categorical", "auto");
        let clip = table.optional_range("clip", UNIT_INTERVAL);
        let curves = table.words_by_name("transform", &Curve::ALL.map(|curve| (curve.name(), curve)));
        let auto = columns.iter().any(|column| column == "auto");
        let columns = columns.into_iter().filter(|column| column != "auto").collect();
        Self {
            scale,
            fit,
            oracle,
            missing,
            na_values,
            indicator,
            categorical: Categorical { auto, columns },
            clip,
            curves,
            derived: Derived::default(),
        }
    }

    /// Numbers without a missing cell, taken as they are.
    pub fn unchanged() -> Self {
        let categorical = Categorical { auto: false, columns: Vec::new() };
        let na_values = ["", "NA"].map(str::to_owned).to_vec();
        Self {
            scale: Scale::None,
            fit: Fit::Federated,
            oracle: false,
            missing: Fill::Error,
            na_values,
            indicator: false,
            categorical,
            clip: None,
            curves: Vec::new(),
            derived: Derived::default(),
        }
    }

    /// Adds the columns that are worked out of others to a table that has these.
    ///
    /// # Errors
    /// When a formula wants numbers where there are texts; where missing cells are errors, when one has no value in a row.
    pub fn derive(&self, table: &mut table::Table) -> Result<(), Error> {
        self.derived.add_to(table)?;
        if self.missing == Fill::Error {
            self.derived.refuse_missing(table)?;
        }
        Ok(())
    }
}
