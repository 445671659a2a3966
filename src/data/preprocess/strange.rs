//! What rows have that are to be scored and training rows had not: a model says nothing of such values.

use std::collections::{BTreeMap, BTreeSet};

use super::transform::{Feature, Rule, Transform};
use super::{Preprocess, Scale};
use crate::data::table::{Kind, Table};
use crate::diag::Problem;
use crate::numeric::text::shortest;

/// Beyond so many standard deviations, or robust ones, from the middle of the training rows a number is far outside of them.
const DEVIATIONS: f64 = 10.0;

/// Beyond so many ranges from either end of the training rows a number is far outside of them.
const RANGES: f64 = 0.5;

/// A warning for each column of `table`, which is bent, with texts that no training row had, or with numbers far outside of the
/// training rows. Without a scale nothing is known of how far they went.
pub fn strange(transform: &Transform, preprocess: &Preprocess, table: &Table) -> Vec<Problem> {
    let columns = table.columns_by_name();
    let place = |name: &str| columns.get(name).copied();
    let numbers = transform.features.iter().filter_map(|feature| far_outside(feature, preprocess, table, place(&feature.source)?));
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for feature in &transform.features {
        if let Rule::Category(category) = &feature.rule {
            known.entry(&feature.source).or_default().insert(category);
        }
    }
    let texts = known.iter().filter_map(|(source, known)| unseen(source, known, table, place(source)?));
    numbers.chain(texts).collect()
}

fn far_outside(feature: &Feature, preprocess: &Preprocess, table: &Table, column: usize) -> Option<Problem> {
    let Rule::Number { offset, scale, .. } = feature.rule else { return None };
    let ([low, high], words) = match preprocess.scale {
        Scale::None => return None,
        Scale::Standard => ([-DEVIATIONS, DEVIATIONS], "10 standard deviations from the mean"),
        Scale::Robust => ([-DEVIATIONS, DEVIATIONS], "10 interquartile ranges from the median"),
        Scale::MinMax => ([-RANGES, 1.0 + RANGES], "half the range outside the range"),
    };
    let is_far = |cell: &f64| {
        let scaled = (cell - offset) / scale;
        scaled < low || scaled > high
    };
    let mut far = (0..table.rows()).map(|row| table.row(row)[column]).filter(is_far);
    let first = far.next()?;
    let text = format!(
        "column `{}`: {}, such as {}, more than {words} of the training rows",
        feature.source,
        lie(far.count() + 1),
        shortest(first)
    );
    Some(
        Problem::new(text)
            .help("look whether the column has the same unit as in training: the scores of these rows are guesses")
            .as_warning(),
    )
}

fn unseen(source: &str, known: &BTreeSet<&str>, table: &Table, column: usize) -> Option<Problem> {
    let Kind::Category(texts) = &table.columns[column].kind else { return None };
    let is_new: Vec<bool> = texts.iter().map(|text| !known.contains(text.as_str())).collect();
    let first = is_new.iter().position(|is_new| *is_new)?;
    let count = (0..table.rows())
        .filter(|&row| is_new.get(table.row(row)[column] as usize).is_some_and(|is_new| *is_new && !table.row(row)[column].is_nan()))
        .count();
    if count == 0 {
        return None;
    }
    let rows = if count == 1 { "1 row has a text".to_owned() } else { format!("{count} rows have texts") };
    let text = format!("column `{source}`: {rows} that no training row had, such as \"{}\"", texts[first]);
    Some(Problem::new(text).help("the model takes such a cell as none of the texts that it knows").as_warning())
}

fn lie(rows: usize) -> String {
    if rows == 1 { "1 row lies".to_owned() } else { format!("{rows} rows lie") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::transform::NOT_CLIPPED;
    use crate::settings::{Document, Source};

    fn preprocess(text: &str) -> Preprocess {
        let document = Document::parse(&Source::new("s", text), &[]).expect("TOML");
        let mut root = document.root();
        Preprocess::read(&mut root.table("preprocess"))
    }

    /// Of two columns, x with mean 10 and standard deviation 2, and k with the texts a and b.
    fn told(scale: &str, cells: &[f64]) -> Vec<String> {
        let number = Rule::Number { clip: NOT_CLIPPED, fill: 10.0, offset: 10.0, scale: 2.0 };
        let mut features = vec![Feature { name: "x".to_owned(), source: "x".to_owned(), rule: number }];
        for text in ["a", "b"] {
            features.push(Feature { name: format!("k={text}"), source: "k".to_owned(), rule: Rule::Category(text.to_owned()) });
        }
        let transform = Transform { features, curves: BTreeMap::new() };
        let texts = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let table = Table::of_test(&[("x", Kind::Number), ("k", Kind::Category(texts))], cells);
        let found = strange(&transform, &preprocess(&format!("[preprocess]\nscale = \"{scale}\"")), &table);
        found.iter().map(|problem| problem.message().to_owned()).collect()
    }

    #[test]
    fn what_lies_within_is_not_told_of() {
        assert_eq!(told("standard", &[30.0, 0.0, -10.0, 1.0, f64::NAN, f64::NAN]), Vec::<String>::new());
        assert_eq!(told("none", &[1e9, 0.0]), Vec::<String>::new());
        assert_eq!(told("minmax", &[9.0, 0.0, 13.0, 1.0]), Vec::<String>::new());
    }

    #[test]
    fn numbers_far_outside_and_new_texts_are_counted() {
        let told_of = told("standard", &[30.5, 2.0, -11.0, 3.0, 10.0, 0.0]);
        assert_eq!(
            told_of,
            [
                "column `x`: 2 rows lie, such as 30.5, more than 10 standard deviations from the mean of the training rows",
                "column `k`: 2 rows have texts that no training row had, such as \"c\"",
            ]
        );
        assert_eq!(told("minmax", &[13.5, 0.0]).len(), 1);
    }
}
