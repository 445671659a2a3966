//! A row's points, and in words which of its bins cost the most: the last columns of `predictions.csv`, and of what `fedsim predict` writes.

use crate::data::preprocess::{Feature, Transform};
use crate::models::scorecard::{Card, Lookup, Points, REASONS};
use crate::numeric::cell::shielded;
use crate::numeric::text::shortest;

/// The columns' names.
pub const NAMES: [&str; 1 + REASONS] = ["points", "reason_1", "reason_2", "reason_3", "reason_4"];

/// So many categories of a bin are named.
const NAMED: usize = 3;

/// A column and a bin are told in so many characters at most.
const CHARACTERS: usize = 400;

/// What is said of rows under a card: the words of each bin are made once.
#[derive(Debug)]
pub struct Reasons<'a> {
    card: &'a Card,
    points: &'a Points,
    /// What a row with too few points has, by column.
    words: Vec<Words>,
}

/// What is told of a column.
#[derive(Debug)]
enum Words {
    /// A sentence of the user's.
    Given(String),
    /// The column with each bin.
    Made(Vec<String>),
}

impl<'a> Reasons<'a> {
    /// Of this card, on columns that became features so. A column is told by the sentence that there is for it, or else by its bin in
    /// words and how many points it costs.
    pub fn new(card: &'a Card, points: &'a Points, transform: &Transform, sentence: impl Fn(&str) -> Option<String>) -> Self {
        let mut rest = transform.features.as_slice();
        let mut of_column = |lookup: &Lookup| {
            let (own, others) = rest.split_at(lookup.features());
            rest = others;
            let name = &own[0].source;
            match sentence(name) {
                Some(sentence) => Words::Given(shortened(sentence)),
                None => Words::Made((0..lookup.bins()).map(|bin| shortened(format!("{name}: {}", words(lookup, own, bin)))).collect()),
            }
        };
        let words = card.columns.iter().map(|column| of_column(&column.lookup)).collect();
        Self { card, points, words }
    }

    /// The cells of [`NAMES`] of a row with these cells, (features,).
    pub fn of_row(&self, cells: &[f64]) -> Vec<String> {
        let bins = self.card.bins(cells);
        let found = self.points.reasons(&bins);
        let told = found.iter().map(|reason| {
            let unit = if reason.lost == 1.0 { "point" } else { "points" };
            let words = match &self.words[reason.column] {
                Words::Given(sentence) => sentence.clone(),
                Words::Made(words) => format!("{} ({} {unit} lost)", words[reason.bin], shortest(reason.lost)),
            };
            shielded(&words).into_owned()
        });
        let none = std::iter::repeat_with(String::new).take(REASONS - found.len());
        [shortest(self.points.total(&bins))].into_iter().chain(told).chain(none).collect()
    }
}

fn shortened(words: String) -> String {
    if words.chars().count() <= CHARACTERS { words } else { words.chars().take(CHARACTERS - 1).chain(['…']).collect() }
}

/// A bin of a column of these features in words.
fn words(lookup: &Lookup, features: &[Feature], bin: usize) -> String {
    match lookup {
        Lookup::Number { cuts, specials } => {
            let end = |at: Option<usize>| at.and_then(|at| cuts.get(at)).map(|cut| shortest(*cut));
            match (end(bin.checked_sub(1)), end(Some(bin))) {
                _ if bin == cuts.len() + 1 => "missing".to_owned(),
                _ if bin > cuts.len() + 1 => format!("special number {}", shortest(specials[bin - cuts.len() - 2])),
                (None, None) => "any number".to_owned(),
                (None, Some(upper)) => format!("below {upper}"),
                (Some(lower), None) => format!("{lower} or above"),
                (Some(lower), Some(upper)) => format!("from {lower} to below {upper}"),
            }
        }
        Lookup::Categories { bin_of, unseen } => {
            if bin == *unseen {
                return "a category of no training row".to_owned();
            }
            let members: Vec<&Feature> = features.iter().zip(bin_of).filter(|(_, own)| **own == bin).map(|(feature, _)| feature).collect();
            let named: Vec<&str> = members.iter().take(NAMED).map(|feature| feature.category().unwrap_or("missing")).collect();
            let more = if members.len() > NAMED { format!(" or {} others", members.len() - NAMED) } else { String::new() };
            format!("{}{more}", named.join(" or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::Rule;
    use crate::models::scorecard::{Column, Scaling};

    fn transform() -> Transform {
        let feature = |source: &str, rule| Feature { name: source.to_owned(), source: source.to_owned(), rule };
        let category = |name: &str| feature("home", Rule::Category(name.to_owned()));
        let number = Rule::Number { clip: [f64::NEG_INFINITY, f64::INFINITY], fill: f64::NAN, offset: 0.0, scale: 1.0 };
        let homes = ["free", "own", "park", "rent"].map(category);
        let features = [feature("age", number)].into_iter().chain(homes).chain([feature("home", Rule::MissingCategory)]).collect();
        Transform { features, curves: Default::default() }
    }

    fn card() -> Card {
        let age = Lookup::Number { cuts: vec![29.0, 33.5], specials: vec![99.0] };
        let home = Lookup::Categories { bin_of: vec![0, 1, 0, 0, 2], unseen: 3 };
        let column = |lookup, woe: &[f64]| Column { is_in: true, weight: -1.0, lookup, woe: woe.to_vec() };
        Card { intercept: 0.0, columns: vec![column(age, &[-0.5, -0.25, 1.0, 0.0, -2.0]), column(home, &[0.5, -1.0, -3.0, 0.0])] }
    }

    /// By hand: 20 points double the odds, so a weight of evidence of -1 costs 20 / ln 2 = 28.9 points; of even odds there are
    /// 600 - 28.9 ln 50 = 487.1, half in each column. Rounded within the columns: 229, 236, 272, 244 and 186; 258, 215, 157 and 243.
    #[test]
    fn the_bins_that_cost_the_most_are_told_in_words() {
        let (card, transform) = (card(), transform());
        let points = Points::of(&card, &Scaling { pdo: 20.0, base_odds: 50.0, base_points: 600.0 });
        let reasons = Reasons::new(&card, &points, &transform, |_| None);
        let told = |cells: [f64; 6]| reasons.of_row(&cells).into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>();
        assert_eq!(
            told([29.0, 0.0, 1.0, 0.0, 0.0, 0.0]),
            ["451", "home: own (29 points lost)", "age: from 29 to below 33.5 (8 points lost)"]
        );
        assert_eq!(told([99.0, 1.0, 0.0, 0.0, 0.0, 0.0]), ["444", "age: special number 99 (58 points lost)"]);
        assert_eq!(told([40.0, 0.0, 0.0, 0.0, 0.0, 1.0]), ["429", "home: missing (87 points lost)"]);
        assert_eq!(told([40.0, 0.0, 0.0, 0.0, 0.0, 0.0]), ["515"]);
        let all = |lookup: &Lookup, features: &[Feature]| (0..lookup.bins()).map(|bin| words(lookup, features, bin)).collect::<Vec<_>>();
        let ages = ["below 29", "from 29 to below 33.5", "33.5 or above", "missing", "special number 99"];
        assert_eq!(all(&card.columns[0].lookup, &transform.features[..1]), ages);
        let homes = ["free or park or rent", "own", "missing", "a category of no training row"];
        assert_eq!(all(&card.columns[1].lookup, &transform.features[1..]), homes);
        assert_eq!(reasons.of_row(&[40.0; 6]).len(), NAMES.len());
        let given = Reasons::new(&card, &points, &transform, |column| (column == "home").then(|| "=Your home".to_owned()));
        let told = given.of_row(&[29.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(told[1..3], ["'=Your home", "age: from 29 to below 33.5 (8 points lost)"]);
    }
}
