//! The fitted features: applied to rows, written to `preprocess.csv`, read back for `predict`.

use std::collections::BTreeMap;
use std::path::Path;

use csv::StringRecord;

use super::curve::Curve;
use crate::data::table::{Kind, Table};
use crate::diag::{Error, Problem};
use crate::numeric::cell::{shielded, unshielded};
use crate::numeric::text::shortest;

/// One feature: a column of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its name: the column's, `column=category`, or `column (missing)`.
    pub name: String,
    /// The table's column that it is made of.
    pub source: String,
    /// How it is made.
    pub rule: Rule,
}

/// The least and the greatest number that counts.
pub type Clip = [f64; 2];

/// All numbers count.
pub const NOT_CLIPPED: Clip = [f64::NEG_INFINITY, f64::INFINITY];

/// How a feature is made of its column's cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// (cell - offset) / scale, the cell within the bounds of `clip`, and a missing one counting as `fill`.
    Number {
        /// What cells below and above count as.
        clip: Clip,
        /// What a missing cell counts as; NaN where it stays missing.
        fill: f64,
        /// What is subtracted: mean, minimum or 0.
        offset: f64,
        /// What is divided by: standard deviation, range or 1.
        scale: f64,
    },
    /// 1 where the cell is this category, else 0.
    Category(String),
    /// 1 where the cell of a column of categories is missing, else 0.
    MissingCategory,
    /// 1 where the cell of a column of numbers is missing, else 0.
    Indicator,
}

impl Feature {
    /// The category that it stands for, if it does for one.
    pub fn category(&self) -> Option<&str> {
        match &self.rule {
            Rule::Category(category) => Some(category),
            Rule::Number { .. } | Rule::MissingCategory | Rule::Indicator => None,
        }
    }
}

/// All features, in the order of the matrix's columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// The features.
    pub features: Vec<Feature>,
    /// The columns of numbers that are bent before anything else.
    pub curves: BTreeMap<String, Curve>,
}

/// A transform tied to the columns of one table.
#[derive(Clone, Debug)]
pub struct Bound {
    rules: Vec<BoundRule>,
    aligned: Option<Aligned>,
}

/// The rules of a table all of whose columns are numbers and become a feature each, as vectors: many rows go through them.
#[derive(Clone, Debug, Default)]
struct Aligned {
    lows: Vec<f64>,
    highs: Vec<f64>,
    fills: Vec<f64>,
    offsets: Vec<f64>,
    scales: Vec<f64>,
}

impl Aligned {
    fn of(rules: &[BoundRule]) -> Option<Self> {
        let mut aligned = Self::default();
        for (at, rule) in rules.iter().enumerate() {
            match *rule {
                BoundRule::Number { column, clip: [low, high], fill, offset, scale } if column == at => {
                    aligned.lows.push(low);
                    aligned.highs.push(high);
                    aligned.fills.push(fill);
                    aligned.offsets.push(offset);
                    aligned.scales.push(scale);
                }
                _ => return None,
            }
        }
        Some(aligned)
    }

    fn apply(&self, row: &[f64], out: &mut [f64]) {
        let rules = self.lows.iter().zip(&self.highs).zip(&self.fills).zip(&self.offsets).zip(&self.scales);
        for ((out, &cell), ((((&low, &high), &fill), offset), scale)) in out.iter_mut().zip(row).zip(rules) {
            *out = (counted(cell, [low, high], fill) - offset) / scale;
        }
    }
}

/// The cell within its bounds; `fill` where it is missing.
#[inline(always)]
fn counted(cell: f64, [low, high]: Clip, fill: f64) -> f64 {
    let raised = if cell < low { low } else { cell };
    let within = if raised > high { high } else { raised };
    if cell.is_nan() { fill } else { within }
}

#[derive(Clone, Copy, Debug)]
enum BoundRule {
    Number {
        column: usize,
        clip: Clip,
        fill: f64,
        offset: f64,
        scale: f64,
    },
    /// The code is NaN, equal to nothing, where the table doesn't have the category.
    Category {
        column: usize,
        code: f64,
    },
    Missing {
        column: usize,
    },
}

/// The columns of `preprocess.csv`.
const COLUMNS: [&str; 10] = ["feature", "source", "kind", "category", "fill", "mean", "scale", "transform", "low", "high"];

impl Transform {
    /// Columns of numbers without a missing cell, taken as they are.
    pub fn unchanged(names: impl Iterator<Item = String>) -> Self {
        let rule = Rule::Number { clip: NOT_CLIPPED, fill: 0.0, offset: 0.0, scale: 1.0 };
        let features = names.map(|name| Feature { name: name.clone(), source: name, rule: rule.clone() }).collect();
        Self { features, curves: BTreeMap::new() }
    }

    /// The features' names.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().map(|feature| feature.name.clone()).collect()
    }

    /// Bends the columns of a table of new rows as those of the training rows were bent.
    ///
    /// # Errors
    /// When a column is missing, holds texts, or a cell lies where its curve has no value.
    pub fn bend(&self, table: &mut Table) -> Result<(), Error> {
        self.curves.iter().try_for_each(|(name, curve)| curve.bend(table, name, None))
    }

    /// Ties each feature to its column of `table`, which is bent.
    ///
    /// # Errors
    /// When a column is missing or holds texts where numbers are needed.
    pub fn bind(&self, table: &Table) -> Result<Bound, Problem> {
        let columns = table.columns_by_name();
        let mut rules = Vec::with_capacity(self.features.len());
        for Feature { source, rule, .. } in &self.features {
            let column = *columns.get(source.as_str()).ok_or_else(|| table.header.missing(source, "the model needs it"))?;
            rules.push(match (rule, &table.columns[column].kind) {
                (&Rule::Number { clip, fill, offset, scale }, Kind::Number) => BoundRule::Number { column, clip, fill, offset, scale },
                (Rule::Category(category), Kind::Category(categories)) => {
                    BoundRule::Category { column, code: categories.binary_search(category).map_or(f64::NAN, |code| code as f64) }
                }
                (Rule::MissingCategory | Rule::Indicator, _) => BoundRule::Missing { column },
                _ => return Err(Problem::new(format!("column `{source}` changed between numbers and text"))),
            });
        }
        let aligned = Aligned::of(&rules);
        Ok(Bound { rules, aligned })
    }

    /// The contents of `preprocess.csv`.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS).expect("writing to memory");
        for Feature { name, source, rule } in &self.features {
            let if_clipped = |bound: f64| if bound.is_finite() { shortest(bound) } else { String::new() };
            let (kind, category, numbers) = match rule {
                Rule::Number { clip: [low, high], fill, offset, scale } => {
                    let [offset, scale] = [*offset, *scale].map(shortest);
                    let fill = if fill.is_nan() { String::new() } else { shortest(*fill) };
                    ("number", "", [fill, offset, scale, if_clipped(*low), if_clipped(*high)])
                }
                Rule::Category(category) => ("category", category.as_str(), Default::default()),
                Rule::MissingCategory => ("missing_category", "", Default::default()),
                Rule::Indicator => ("indicator", "", Default::default()),
            };
            let [fill, mean, scale, low, high] = &numbers;
            let curve = self.curves.get(source).map_or("", |curve| curve.name());
            let [name, source, category] = [name, source, category].map(shielded);
            writer.write_record([&name, &source, kind, &category, fill, mean, scale, curve, low, high]).expect("writing to memory");
        }
        String::from_utf8(writer.into_inner().expect("writing to memory")).expect("every field is UTF-8")
    }

    /// Reads `preprocess.csv` back, which lies at `path`, from its header and the rows after it.
    ///
    /// # Errors
    /// When the file can't be read or isn't what [`Transform::to_csv`] writes.
    pub fn from_rows(
        header: csv::Result<StringRecord>,
        rows: impl Iterator<Item = csv::Result<StringRecord>>,
        path: &Path,
    ) -> Result<Self, Error> {
        let broken = |line: usize, words: &str| {
            let help = "the file is not as `fedsim run` wrote it: run the scenario again";
            Error::from(Problem::new(format!("{}:{line}: {words}", path.display())).help(help))
        };
        if header.map_err(|cause| broken(1, &cause.to_string()))?.iter().ne(COLUMNS) {
            return Err(broken(1, &format!("the columns must be {}", COLUMNS.join(", "))));
        }
        let (mut features, mut curves) = (Vec::new(), BTreeMap::new());
        for (index, record) in rows.enumerate() {
            let line = index + 2;
            let record = record.map_err(|cause| broken(line, &cause.to_string()))?;
            let field = |column: usize| unshielded(&record[column]).to_owned();
            let number = |column: usize| record[column].parse::<f64>().map_err(|_| broken(line, "a number can't be read"));
            let bound = |column: usize, none: f64| if record[column].is_empty() { Ok(none) } else { number(column) };
            let rule = match &record[2] {
                "number" => {
                    let clip = [bound(8, f64::NEG_INFINITY)?, bound(9, f64::INFINITY)?];
                    Rule::Number { clip, fill: bound(4, f64::NAN)?, offset: number(5)?, scale: number(6)? }
                }
                "category" => Rule::Category(field(3)),
                "missing_category" => Rule::MissingCategory,
                "indicator" => Rule::Indicator,
                _ => return Err(broken(line, "the kind is unknown")),
            };
            if !record[7].is_empty() {
                curves.insert(field(1), Curve::find(&record[7]).ok_or_else(|| broken(line, "the transform is unknown"))?);
            }
            features.push(Feature { name: field(0), source: field(1), rule });
        }
        Ok(Self { features, curves })
    }
}

impl Bound {
    /// Writes the features of one row of the table, (columns,), into `out`, (features,).
    pub fn apply(&self, row: &[f64], out: &mut [f64]) {
        if let Some(aligned) = &self.aligned {
            return aligned.apply(row, out);
        }
        for (rule, out) in self.rules.iter().zip(out) {
            *out = match *rule {
                BoundRule::Number { column, clip, fill, offset, scale } => (counted(row[column], clip, fill) - offset) / scale,
                BoundRule::Category { column, code } => f64::from(row[column] == code),
                BoundRule::Missing { column } => f64::from(row[column].is_nan()),
            };
        }
    }
}
