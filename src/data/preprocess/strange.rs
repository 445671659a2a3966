//! What rows have that are to be scored and training rows had not: a model says nothing of such values.

use std::collections::{BTreeMap, BTreeSet};

use super::transform::{Feature, NOT_CLIPPED, Rule, Transform};
use super::{Preprocess, Scale};
use crate::data::table::{Kind, Table};
use crate::diag::Problem;
use crate::numeric::text::shortest;

/// Beyond so many standard deviations, or robust ones, from the middle of the training rows a number is far outside of them.
const DEVIATIONS: f64 = 10.0;

/// Beyond so many ranges from either end of the training rows a number is far outside of them.
const RANGES: f64 = 0.5;

/// A warning of texts that no training row had for each column of `table`, which is bent, and one of all columns with numbers far
/// outside of the training rows. Without a scale nothing is known of how far they went, and a clipped column is taken at its bounds.
pub fn strange(transform: &Transform, preprocess: &Preprocess, table: &Table) -> Vec<Problem> {
    let columns = table.columns_by_name();
    let place = |name: &str| columns.get(name).copied();
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for feature in &transform.features {
        if let Rule::Category(category) = &feature.rule {
            known.entry(&feature.source).or_default().insert(category);
        }
    }
    let texts = known.iter().filter_map(|(source, known)| unseen(source, known, table, place(source)?));
    let far = transform.features.iter().filter_map(|feature| far_outside(feature, preprocess.scale, table, place(&feature.source)?));
    let far: Vec<String> = far.collect();
    far_in_words(&far, preprocess.scale).into_iter().chain(texts).collect()
}

/// Between which scaled values a number is not far outside, and in words how far beyond them is.
fn bounds(scale: Scale) -> Option<([f64; 2], &'static str)> {
    match scale {
        Scale::None => None,
        Scale::Standard => Some(([-DEVIATIONS, DEVIATIONS], "more than 10 standard deviations from the mean")),
        Scale::Robust => Some(([-DEVIATIONS, DEVIATIONS], "more than 10 distances of the quartiles from the median")),
        Scale::MinMax => Some(([-RANGES, 1.0 + RANGES], "more than half the range outside the range")),
    }
}

/// The column, how many rows of it lie far outside, and the first of them; `None` if none does.
fn far_outside(feature: &Feature, scale: Scale, table: &Table, column: usize) -> Option<String> {
    let Rule::Number { clip: NOT_CLIPPED, offset, scale: unit, .. } = feature.rule else { return None };
    let ([low, high], _) = bounds(scale)?;
    let is_far = |cell: &f64| {
        let scaled = (cell - offset) / unit;
        scaled < low || scaled > high
    };
    let mut far = (0..table.rows()).map(|row| table.row(row)[column]).filter(is_far);
    let first = shortest(far.next()?);
    let rows = match far.count() {
        0 => "1 row".to_owned(),
        more => format!("{} rows", more + 1),
    };
    Some(format!("`{}` ({rows}, such as {first})", feature.source))
}

fn far_in_words(columns: &[String], scale: Scale) -> Option<Problem> {
    let (_, words) = bounds(scale).filter(|_| !columns.is_empty())?;
    let text = format!("numbers {words} of the training rows: {}", columns.join(", "));
    let help = "look whether the columns have the same unit as in training: the scores of these rows are guesses";
    Some(Problem::new(text).help(help).as_warning())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Document, Source};

    fn preprocess(text: &str) -> Preprocess {
        let document = Document::parse(&Source::new("s", text), &[]).expect("TOML");
        let mut root = document.root();
        Preprocess::read(&mut root.table("preprocess"), false)
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
                "numbers more than 10 standard deviations from the mean of the training rows: `x` (2 rows, such as 30.5)",
                "column `k`: 2 rows have texts that no training row had, such as \"c\"",
            ]
        );
        assert_eq!(told("minmax", &[13.5, 0.0]).len(), 1);
    }
}
