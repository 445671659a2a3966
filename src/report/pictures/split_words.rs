//! What a split asks of a row, in words: "income < 30,464 or missing", "housing is own".

use std::collections::BTreeMap;

use crate::diag::Error;
use crate::logs::Unit;
use crate::runs::Saved;

const FILE: &str = "preprocess.csv";

/// A question that a row says yes or no to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// What is asked about.
    pub subject: String,
    /// What is asked.
    pub rest: String,
    /// Where rows go that say yes.
    pub answers: Answers,
}

/// Where a split's answers lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// Rows that say yes go left.
    YesIsLeft,
    /// Rows that say no go left.
    NoIsLeft,
}

impl Condition {
    /// The condition on one line.
    pub(super) fn whole(&self) -> String {
        format!("{} {}", self.subject, self.rest)
    }

    /// The condition on one line if that has room, else on two.
    pub(super) fn lines(&self, has_room: impl Fn(&str) -> bool) -> Vec<String> {
        let whole = self.whole();
        if has_room(&whole) { vec![whole] } else { vec![self.subject.clone(), self.rest.clone()] }
    }
}

/// How each feature is made of its column, by its name.
#[derive(Clone, Debug, Default)]
pub(super) struct FeatureKinds(BTreeMap<String, Kind>);

/// How a feature is made of its column.
#[derive(Clone, Debug)]
enum Kind {
    /// A number, bent by a curve perhaps, whose cells may be missing or not.
    Number { curve: String, may_miss: bool },
    /// Whether the column is of this category.
    Category { source: String, category: String },
    /// Whether the column's cell is missing.
    Missing { source: String },
}

impl FeatureKinds {
    /// What `preprocess.csv` tells; nothing where the run left none.
    pub(super) fn read(saved: &Saved) -> Result<Self, Error> {
        let mut kinds = BTreeMap::new();
        if !saved.has(FILE) {
            return Ok(Self(kinds));
        }
        let columns = ["feature", "source", "kind", "category", "fill", "transform"];
        saved.rows(FILE, columns, |[feature, source, kind, category, fill, transform]| {
            let source = source.text().to_owned();
            let kind = match kind.text() {
                "number" => Kind::Number { curve: transform.text().to_owned(), may_miss: fill.text().is_empty() },
                "category" => Kind::Category { source, category: category.text().to_owned() },
                _ => Kind::Missing { source },
            };
            kinds.insert(feature.text().to_owned(), kind);
            Ok(())
        })?;
        Ok(Self(kinds))
    }

    /// What a split by this feature asks: whether its cell is below the cut, or there at all where there is none.
    pub(super) fn condition(&self, feature: &str, cut: Option<f64>, missing_left: bool) -> Condition {
        let is_yes_or_no = cut.is_some_and(|cut| cut > 0.0 && cut <= 1.0);
        let (subject, is_gapless) = match self.0.get(feature) {
            Some(Kind::Category { source, category }) if is_yes_or_no => {
                return Condition { subject: source.clone(), rest: format!("is {category}"), answers: Answers::NoIsLeft };
            }
            Some(Kind::Missing { source }) if is_yes_or_no => {
                return Condition { subject: source.clone(), rest: "is missing".to_owned(), answers: Answers::NoIsLeft };
            }
            Some(Kind::Number { curve, may_miss }) if !curve.is_empty() => (format!("{curve} of {feature}"), !may_miss),
            Some(Kind::Number { may_miss, .. }) => (feature.to_owned(), !may_miss),
            _ => (feature.to_owned(), false),
        };
        let below = cut.map_or("is there".to_owned(), |cut| format!("< {}", Unit::Plain.show(cut)));
        let rest = if missing_left && !is_gapless { format!("{below} or missing") } else { below };
        Condition { subject, rest, answers: Answers::YesIsLeft }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> FeatureKinds {
        let number = |curve: &str, may_miss| Kind::Number { curve: curve.to_owned(), may_miss };
        let own = |text: &str| text.to_owned();
        let all = [
            ("age", number("", true)),
            ("income", number("log1p", false)),
            ("home=own", Kind::Category { source: own("home"), category: own("own") }),
            ("debt (missing)", Kind::Missing { source: own("debt") }),
        ];
        FeatureKinds(all.map(|(name, kind)| (name.to_owned(), kind)).into())
    }

    #[test]
    fn a_split_is_a_question_that_an_analyst_would_ask() {
        let words = |feature: &str, cut, missing_left| {
            let condition = kinds().condition(feature, cut, missing_left);
            (condition.whole(), condition.answers)
        };
        for (feature, cut, missing_left, wanted) in [
            ("age", Some(34.5), false, "age < 34.50"),
            ("age", Some(-34_000.0), true, "age < −34,000 or missing"),
            ("age", None, false, "age is there"),
            ("income", Some(10.25), true, "log1p of income < 10.25"),
            ("unknown", Some(2.0), true, "unknown < 2 or missing"),
            // No row is of less than nothing: what no run leaves is told as it stands.
            ("home=own", Some(2.0), false, "home=own < 2"),
        ] {
            assert_eq!(words(feature, cut, missing_left), (wanted.to_owned(), Answers::YesIsLeft));
        }
        assert_eq!(words("home=own", Some(1.0), false), ("home is own".to_owned(), Answers::NoIsLeft));
        assert_eq!(words("debt (missing)", Some(0.5), true), ("debt is missing".to_owned(), Answers::NoIsLeft));
    }

    #[test]
    fn a_long_question_takes_two_lines() {
        let condition = kinds().condition("age", Some(34.5), true);
        assert_eq!(condition.lines(|_| true), ["age < 34.50 or missing"]);
        assert_eq!(condition.lines(|_| false), ["age", "< 34.50 or missing"]);
    }
}
