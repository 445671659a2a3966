//! Points: a scorecard's log-odds on the scale that a bank is used to, in whole numbers that are added by hand; and which columns cost a
//! row the most.

use super::card::{Card, Column};
use super::scaling::Scaling;

/// The points of a card, by column and bin; empty for a column that the regression does not have.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// As the regression has them: their sum is offset - factor * log-odds of label 1.
    pub exact: Vec<Vec<f64>>,
    /// In whole numbers.
    pub rounded: Vec<Vec<f64>>,
    /// What a column of the regression has where its weight of evidence is 0, in whole numbers: as risky as the whole.
    pub neutral: f64,
    /// The same as the regression has it.
    even: f64,
}

/// So many reasons a row has at most: lenders in the United States give up to four (Regulation B, 12 CFR 1002.9).
pub const REASONS: usize = 4;

/// Why a row has no more points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The column.
    pub column: usize,
    /// The bin of it that the row is in.
    pub bin: usize,
    /// By how much its points are below the neutral ones.
    pub lost: f64,
}

impl Points {
    /// Of this card. The intercept and the offset are spread evenly over the columns that the regression has, so that there are no
    /// points apart. Within a column points are rounded by the largest remainder: down, and then those with the greatest remainders
    /// up, the first of equals, until they add up to what they added up to before, rounded. So each is off by less than one, and
    /// their order stays.
    pub fn of(card: &Card, scaling: &Scaling) -> Self {
        let count = card.columns.iter().filter(|column| column.is_in).count().max(1) as f64;
        let (factor, share) = (scaling.factor(), (scaling.offset() - scaling.factor() * card.intercept) / count);
        let of_column = |column: &Column| match column.is_in {
            true => column.woe.iter().map(|woe| share - factor * column.weight * woe).collect(),
            false => Vec::new(),
        };
        let exact: Vec<Vec<f64>> = card.columns.iter().map(of_column).collect();
        let rounded = exact.iter().map(|points| by_largest_remainder(points)).collect();
        Self { exact, rounded, neutral: share.round(), even: share }
    }

    /// The points of a row in these bins, (columns,).
    pub fn total(&self, bins: &[usize]) -> f64 {
        let points = self.rounded.iter().zip(bins);
        points.filter(|(points, _)| !points.is_empty()).map(|(points, &bin)| points[bin]).sum()
    }

    /// What cost a row in these bins, (columns,), the most: the columns with fewer than the neutral points, in whole numbers and not only
    /// for being rounded, those first that are the farthest below, equals in the card's order.
    pub fn reasons(&self, bins: &[usize]) -> Vec<Reason> {
        let of_column = |(column, &bin): (usize, &usize)| {
            let (exact, rounded) = (self.exact[column].get(bin)?, self.rounded[column].get(bin)?);
            let lost = self.neutral - rounded;
            (lost > 0.0 && *exact < self.even).then_some(Reason { column, bin, lost })
        };
        let mut reasons: Vec<Reason> = bins.iter().enumerate().filter_map(of_column).collect();
        reasons.sort_by(|a, b| b.lost.total_cmp(&a.lost));
        reasons.truncate(REASONS);
        reasons
    }
}

/// Whole numbers next to these, whose sum is the nearest to theirs.
fn by_largest_remainder(numbers: &[f64]) -> Vec<f64> {
    let mut rounded: Vec<f64> = numbers.iter().map(|number| number.floor()).collect();
    let remainder = |at: usize| numbers[at] - numbers[at].floor();
    let to_raise = (0..numbers.len()).map(remainder).sum::<f64>().round() as usize;
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
    order.into_iter().take(to_raise).for_each(|at| rounded[at] += 1.0);
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::scorecard::Lookup;
    use crate::numeric::math::ln;

    const SCALING: Scaling = Scaling { pdo: 20.0, base_odds: 50.0, base_points: 600.0 };

    /// By hand: 3.5, 1.25, 0.75 and 2.5 add up to 8; their floors to 6, so that two go up: 0.75 first, then the first of the halves.
    #[test]
    fn the_largest_remainders_go_up() {
        assert_eq!(by_largest_remainder(&[3.5, 1.25, 0.75, 2.5]), [4.0, 1.0, 1.0, 2.0]);
        assert_eq!(by_largest_remainder(&[-1.5, -0.25, 2.0]), [-2.0, 0.0, 2.0]);
        assert!(by_largest_remainder(&[]).is_empty());
    }

    #[test]
    fn rounding_keeps_the_order_and_the_sum_and_moves_nothing_by_one() {
        let numbers: Vec<f64> = (0..500).map(|at| f64::from((at * at * 7919 + at * 104_729) % 10_007) / 37.0 - 120.0).collect();
        for numbers in numbers.chunks(7) {
            let rounded = by_largest_remainder(numbers);
            assert!(numbers.iter().zip(&rounded).all(|(number, rounded)| (number - rounded).abs() < 1.0 && rounded.fract() == 0.0));
            assert!((numbers.iter().sum::<f64>() - rounded.iter().sum::<f64>()).abs() <= 0.5 + 1e-9);
            let is_kept = |a: usize, b: usize| numbers[a] >= numbers[b] || rounded[a] <= rounded[b];
            assert!((0..numbers.len()).all(|a| (0..numbers.len()).all(|b| is_kept(a, b))), "{numbers:?} {rounded:?}");
        }
    }

    fn card(weights: [f64; 2]) -> Card {
        let column = |weight: f64| Column {
            is_in: weight != 0.0,
            weight,
            lookup: Lookup::Number { cuts: vec![1.0, 2.0], specials: Vec::new() },
            woe: vec![-1.0, 0.0, 1.5, 0.0],
        };
        Card { intercept: -3.0, columns: weights.map(column).to_vec() }
    }

    /// At odds of 50 goods to one bad a row has the base points, and twice the odds are worth `pdo` more.
    #[test]
    fn points_are_the_odds_on_the_banks_scale() {
        let points = Points::of(&card([-1.0, -0.5]), &SCALING);
        let total = |bins: [usize; 2]| points.exact.iter().zip(bins).map(|(points, bin)| points[bin]).sum::<f64>();
        for (bins, log_odds) in [([1, 1], -3.0), ([2, 0], -3.0 - 1.5 + 0.5)] {
            let doublings = (-log_odds - ln(50.0)) / ln(2.0);
            assert!((total(bins) - 600.0 - 20.0 * doublings).abs() < 1e-9);
        }
        assert_eq!(points.total(&[2, 0]), points.rounded[0][2] + points.rounded[1][0]);
    }

    /// The first column's weight is twice the second's, so its bin -1 costs 28.9 points and the second's 14.4.
    #[test]
    fn reasons_are_the_columns_that_cost_the_most_against_the_whole() {
        let points = Points::of(&card([-1.0, -0.5]), &SCALING);
        let reasons = points.reasons(&[0, 0]);
        assert_eq!(reasons.iter().map(|reason| (reason.column, reason.bin)).collect::<Vec<_>>(), [(0, 0), (1, 0)]);
        assert!((reasons[0].lost - 28.9).abs() < 1.0 && (reasons[1].lost - 14.4).abs() < 1.0);
        assert_eq!(points.reasons(&[2, 0]).len(), 1);
        assert!(points.reasons(&[1, 2]).iter().all(|reason| reason.lost < 1.5));
        // Of equals the first comes first, and a column that was left out is no reason.
        let equal = Points::of(&card([-1.0, -1.0]), &SCALING).reasons(&[0, 0]);
        assert_eq!(equal.iter().map(|reason| reason.column).collect::<Vec<_>>(), [0, 1]);
        let alone = Points::of(&card([0.0, -1.0]), &SCALING);
        assert_eq!((alone.exact[0].len(), alone.reasons(&[0, 0]).len()), (0, 1));
    }
}
