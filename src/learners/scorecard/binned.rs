//! A scorecard's bins, from how many rows of each class are in each pre-bin: what a server makes of the one sum that it asks for.
//!
//! Pre-bins of numbers are merged with their neighbours, and categories, in the order of their event rates, with theirs. Missing cells
//! and special numbers have bins of their own; so have the rare categories together, and those that training rows do not have, of
//! which nothing is known: their weight of evidence is 0. So is that of any bin apart which lacks rows of a class.

use super::merging::{Counts, Least, Merged, merge};
use crate::models::scorecard::{Card, Column, Course, Lookup, Terms};
use crate::numeric::grid::power_above;
use crate::numeric::reduce;

/// A column before its bins are found.
#[derive(Clone, Debug)]
pub struct PreColumn {
    /// Its name.
    pub name: String,
    /// Where its first feature stands among all.
    pub first: usize,
    /// Its pre-bins: of categories each is one.
    pub lookup: Lookup,
    /// Of categories, which of them stands for a missing cell.
    pub missing: Option<usize>,
}

/// The columns in their bins.
#[derive(Clone, Debug)]
pub struct Binned {
    /// The columns, in the features' order.
    pub columns: Vec<BinnedColumn>,
}

/// A column in its bins.
#[derive(Clone, Debug)]
pub struct BinnedColumn {
    /// Its name.
    pub name: String,
    /// Where its first feature stands among all.
    pub first: usize,
    /// Which bin a row is in.
    pub lookup: Lookup,
    /// The bins, in their order.
    pub bins: Vec<Bin>,
    /// How the event rate goes with its numbers; `None` of categories.
    pub course: Option<Course>,
    /// Its information value: that of its bins together.
    pub iv: f64,
    /// Whether the regression has it.
    pub is_in: bool,
}

/// A bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Bin {
    /// What is in it.
    pub kind: Kind,
    /// The training rows.
    pub counts: Counts,
    /// Its weight of evidence.
    pub woe: f64,
    /// Its part of the information value.
    pub iv: f64,
}

/// What is in a bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Numbers from the first on, up to below the second; infinite where there is no end.
    Numbers([f64; 2]),
    /// Categories whose event rates are next to each other.
    Categories,
    /// Missing cells.
    Missing,
    /// A special number.
    Special(f64),
    /// Rare categories.
    Rare,
    /// Categories that no training row has.
    Unseen,
}

impl Binned {
    /// The best bins of these columns, of which these are the rows in each pre-bin, one column after the other.
    pub fn of(terms: &Terms, columns: &[PreColumn], counts: &[Counts]) -> Self {
        let mut rest = counts;
        let with_counts: Vec<(&PreColumn, &[Counts])> = columns
            .iter()
            .map(|column| {
                let (own, others) = rest.split_at(column.lookup.bins());
                rest = others;
                (column, own)
            })
            .collect();
        Self { columns: reduce::map(&with_counts, |(column, counts)| Binning::new(terms, counts).column(column, counts)) }
    }

    /// The scorecard before the regression, all weights 0.
    pub fn card(&self) -> Card {
        let column = |column: &BinnedColumn| Column {
            is_in: column.is_in,
            weight: 0.0,
            lookup: column.lookup.clone(),
            woe: column.bins.iter().map(|bin| bin.woe).collect(),
        };
        Card { intercept: 0.0, columns: self.columns.iter().map(column).collect() }
    }

    /// The columns that the regression has.
    pub fn included(&self) -> impl Iterator<Item = &BinnedColumn> {
        self.columns.iter().filter(|column| column.is_in)
    }

    /// Powers of two that no weight of evidence reaches, of the columns that the regression has.
    pub fn reach(&self) -> Vec<i32> {
        let greatest = |column: &BinnedColumn| column.bins.iter().fold(0.0, |greatest: f64, bin| greatest.max(bin.woe.abs()));
        self.included().map(|column| power_above(greatest(column))).collect()
    }
}

/// What the bins of a column are found by.
struct Binning<'a> {
    terms: &'a Terms,
    least: Least,
    /// The fewest rows of a category that is not rare.
    frequent: u64,
    all: Counts,
}

/// Of all these.
fn total<'a>(counts: impl IntoIterator<Item = &'a Counts>) -> Counts {
    counts.into_iter().fold(Counts::default(), |sum, counts| sum.and(*counts))
}

impl<'a> Binning<'a> {
    /// Of a column with these rows in its pre-bins: all rows.
    fn new(terms: &'a Terms, counts: &[Counts]) -> Self {
        let all = total(counts);
        let share = |share: f64| (share * all.rows() as f64).ceil() as u64;
        let least = Least { rows: share(terms.min_size), of_class: terms.min_events as u64 };
        Self { terms, least, frequent: share(terms.rare_share).max(1), all }
    }

    fn column(&self, column: &PreColumn, counts: &[Counts]) -> BinnedColumn {
        let (lookup, bins, course) = match &column.lookup {
            Lookup::Number { cuts, specials } => self.numbers(&column.name, (cuts, specials), counts),
            Lookup::Categories { unseen, .. } => {
                let (lookup, bins) = self.categories(&counts[..*unseen], column.missing);
                (lookup, bins, None)
            }
        };
        let iv = bins.iter().map(|bin| bin.iv).sum();
        let mut told = bins.iter().filter(|bin| bin.counts.rows() > 0).map(|bin| bin.woe);
        let tells_rows_apart = told.next().is_some_and(|first| told.any(|woe| woe != first));
        let is_in = tells_rows_apart && iv >= self.terms.min_iv;
        BinnedColumn { name: column.name.clone(), first: column.first, lookup, bins, course, iv, is_in }
    }

    /// A bin with these rows: nothing is known of one that lacks rows of a class, as it may if it stands apart.
    fn bin(&self, kind: Kind, counts: Counts) -> Bin {
        let is_known = Least { rows: 0, ..self.least }.allows(counts);
        let (woe, iv) = if is_known { (counts.woe(self.all), counts.iv(self.all)) } else { (0.0, 0.0) };
        Bin { kind, counts, woe, iv }
    }

    fn numbers(&self, name: &str, (cuts, specials): (&[f64], &[f64]), counts: &[Counts]) -> (Lookup, Vec<Bin>, Option<Course>) {
        let (parts, apart) = counts.split_at(cuts.len() + 1);
        let mut best: Option<(Course, Merged)> = None;
        for course in self.terms.courses_of(name) {
            let Some(found) = merge(parts, course, &self.least, self.terms.max_bins) else { continue };
            if best.as_ref().is_none_or(|(_, known)| found.value > known.value) {
                best = Some((course, found));
            }
        }
        let course = best.as_ref().map(|(course, _)| *course);
        let all_together = 0..parts.len();
        let merged = best.map_or_else(|| vec![all_together], |(_, merged)| merged.bins);
        let end = |at: usize, none: f64| at.checked_sub(1).and_then(|cut| cuts.get(cut)).copied().unwrap_or(none);
        let ordinary = merged.iter().map(|bin| {
            let ends = [end(bin.start, f64::NEG_INFINITY), end(bin.end, f64::INFINITY)];
            self.bin(Kind::Numbers(ends), total(&parts[bin.clone()]))
        });
        let kinds = [Kind::Missing].into_iter().chain(specials.iter().map(|special| Kind::Special(*special)));
        let bins = ordinary.chain(kinds.zip(apart).map(|(kind, counts)| self.bin(kind, *counts))).collect();
        let kept = merged[1..].iter().map(|bin| cuts[bin.start - 1]).collect();
        (Lookup::Number { cuts: kept, specials: specials.to_vec() }, bins, course)
    }

    fn categories(&self, counts: &[Counts], missing: Option<usize>) -> (Lookup, Vec<Bin>) {
        let is_frequent = |category: &usize| counts[*category].rows() >= self.frequent;
        let (mut frequent, rare): (Vec<usize>, Vec<usize>) = (0..counts.len()).filter(|at| Some(*at) != missing).partition(is_frequent);
        frequent.sort_by(|&a, &b| counts[a].riskier_last(counts[b]));
        let parts: Vec<Counts> = frequent.iter().map(|&category| counts[category]).collect();
        let merged = match merge(&parts, Course::Free, &self.least, self.terms.max_bins) {
            Some(merged) => merged.bins,
            // Too few rows for any bin: one of all of them, if there are some.
            None => (!parts.is_empty()).then_some(0..parts.len()).into_iter().collect(),
        };
        let (mut bins, mut bin_of) = (Vec::new(), vec![0; counts.len()]);
        let mut add = |kind: Kind, members: &[usize]| {
            members.iter().for_each(|&category| bin_of[category] = bins.len());
            bins.push(self.bin(kind, total(members.iter().map(|&category| &counts[category]))));
        };
        merged.iter().for_each(|bin| add(Kind::Categories, &frequent[bin.clone()]));
        if !rare.is_empty() {
            add(Kind::Rare, &rare);
        }
        missing.iter().for_each(|&category| add(Kind::Missing, &[category]));
        add(Kind::Unseen, &[]);
        let unseen = bins.len() - 1;
        (Lookup::Categories { bin_of, unseen }, bins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::math::ln;
    use crate::settings::{Document, Source};

    fn terms(text: &str) -> Terms {
        let text = format!("kind = \"scorecard\"\nmin_size = 0.0\n{text}\n");
        let document = Document::parse(&Source::new("test", &text), &[]).expect("it is TOML");
        let model = crate::models::read(&mut document.root());
        document.finish().expect("it has no mistakes");
        model.as_scorecard().expect("it is one").terms.clone()
    }

    fn counts(pairs: &[(u64, u64)]) -> Vec<Counts> {
        pairs.iter().map(|&(goods, bads)| Counts { goods, bads }).collect()
    }

    fn number(cuts: &[f64], specials: &[f64]) -> PreColumn {
        let lookup = Lookup::Number { cuts: cuts.to_vec(), specials: specials.to_vec() };
        PreColumn { name: "x".to_owned(), first: 0, lookup, missing: None }
    }

    fn category(count: usize, missing: Option<usize>) -> PreColumn {
        let lookup = Lookup::Categories { bin_of: (0..count).collect(), unseen: count };
        PreColumn { name: "x".to_owned(), first: 0, lookup, missing }
    }

    fn one(text: &str, column: PreColumn, pairs: &[(u64, u64)]) -> BinnedColumn {
        Binned::of(&terms(text), &[column], &counts(pairs)).columns.remove(0)
    }

    /// By hand: of 100 goods and 20 bads the first bin has 60 and 4: ln(0.6 / 0.2) = ln 3.
    #[test]
    fn missing_cells_and_special_numbers_have_bins_of_their_own() {
        let pairs = [(60, 4), (25, 6), (5, 5), (10, 5), (0, 0)];
        let found = one("", number(&[1.0, 2.0], &[99.0]), &pairs);
        let kinds: Vec<Kind> = found.bins.iter().map(|bin| bin.kind).collect();
        let between = |low: f64, high: f64| Kind::Numbers([low, high]);
        let ends = [between(f64::NEG_INFINITY, 1.0), between(1.0, 2.0), between(2.0, f64::INFINITY)];
        assert_eq!(kinds, [ends.as_slice(), &[Kind::Missing, Kind::Special(99.0)]].concat());
        assert!((found.bins[0].woe - ln(3.0)).abs() < 1e-15);
        // Missing: 10 of 100 goods and 5 of 20 bads: ln(0.1 / 0.25), and a part of the information value of -0.15 times that.
        assert!((found.bins[3].woe - ln(0.4)).abs() < 1e-15 && (found.bins[3].iv + 0.15 * ln(0.4)).abs() < 1e-15);
        // Nothing is known of a special number that no row has.
        assert_eq!((found.bins[4].woe, found.bins[4].iv), (0.0, 0.0));
        assert_eq!((found.course, found.is_in), (Some(Course::Ascending), true));
        assert!((found.iv - found.bins.iter().map(|bin| bin.iv).sum::<f64>()).abs() < 1e-15);
    }

    #[test]
    fn a_bin_apart_without_rows_of_a_class_says_nothing() {
        let found = one("", number(&[1.0], &[]), &[(60, 4), (25, 6), (3, 0)]);
        assert_eq!((found.bins[2].counts.rows(), found.bins[2].woe), (3, 0.0));
        let found = one("min_events = 4", number(&[1.0], &[]), &[(60, 4), (25, 6), (3, 3)]);
        assert_eq!(found.bins[2].woe, 0.0);
    }

    /// Rates .5, .1, .3 and .1: merged in their order, the two of .1 being neighbours.
    #[test]
    fn categories_stand_in_the_order_of_their_event_rates() {
        let found = one("max_bins = 2", category(4, None), &[(50, 50), (90, 10), (70, 30), (180, 20), (0, 0)]);
        let Lookup::Categories { bin_of, unseen } = &found.lookup else { panic!("categories") };
        assert_eq!((bin_of.as_slice(), *unseen), (&[1, 0, 1, 0][..], 2));
        assert_eq!(found.bins[0].counts, Counts { goods: 270, bads: 30 });
        assert_eq!((found.bins[2].kind, found.bins[2].woe), (Kind::Unseen, 0.0));
    }

    #[test]
    fn rare_categories_are_put_together_and_missing_cells_stand_apart() {
        let pairs = [(500, 50), (3, 1), (400, 40), (2, 2), (20, 10), (0, 0)];
        let found = one("rare_share = 0.01", category(5, Some(4)), &pairs);
        let Lookup::Categories { bin_of, .. } = &found.lookup else { panic!("categories") };
        let kinds: Vec<Kind> = found.bins.iter().map(|bin| bin.kind).collect();
        let [.., rare, missing, unseen] = kinds[..] else { panic!("bins apart") };
        assert_eq!([rare, missing, unseen], [Kind::Rare, Kind::Missing, Kind::Unseen]);
        assert!(bin_of[1] == bin_of[3] && bin_of[4] == bin_of[1] + 1);
        assert_eq!(found.bins[bin_of[1]].counts, Counts { goods: 5, bads: 3 });
        // All are rare.
        let found = one("rare_share = 0.4", category(3, None), &[(30, 3), (30, 4), (30, 5), (0, 0)]);
        assert_eq!(found.bins.iter().map(|bin| bin.kind).collect::<Vec<_>>(), [Kind::Rare, Kind::Unseen]);
        assert!(!found.is_in);
    }

    #[test]
    fn a_column_that_tells_nothing_is_left_out() {
        assert!(!one("", number(&[], &[]), &[(60, 4), (0, 0)]).is_in);
        assert!(!one("trend = \"descending\"", number(&[1.0], &[]), &[(60, 4), (25, 6), (0, 0)]).is_in);
        assert!(!one("min_iv = 3.0", number(&[1.0], &[]), &[(60, 4), (25, 6), (0, 0)]).is_in);
        assert!(one("trends = { x = \"ascending\" }\ntrend = \"descending\"", number(&[1.0], &[]), &[(60, 4), (25, 6), (0, 0)]).is_in);
    }
}
