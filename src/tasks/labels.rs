//! What rows are labelled with: a column that someone keeps, and a slice of it that others look at.

use std::ops::Range;

/// The labels of some rows. Who looks at single ones tells the kinds apart once, before a loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Labels<'a> {
    /// Of so many rows that have none.
    Absent(usize),
    /// Whether each is 1, (rows,).
    Binary(&'a [bool]),
    /// The class of each, (rows,): its place among all classes.
    Classes(&'a [u8]),
    /// Numbers, (rows,).
    Values(&'a [f64]),
}

/// Labels that are kept.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelColumn {
    /// Of so many rows that have none.
    Absent(usize),
    /// Whether each is 1, (rows,).
    Binary(Vec<bool>),
    /// The class of each, (rows,): its place among all classes.
    Classes(Vec<u8>),
    /// Numbers, (rows,).
    Values(Vec<f64>),
}

/// Which stratum each row is of, (rows,), and how many strata there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strata {
    /// Each row's, from 0.
    pub of: Vec<u8>,
    /// How many there are; some may have no row.
    pub count: usize,
}

const TENTHS: usize = 10;

impl Strata {
    /// These rows by their strata, in their order.
    pub fn part(&self, rows: impl IntoIterator<Item = u32>) -> Vec<Vec<u32>> {
        let mut parts = vec![Vec::new(); self.count];
        rows.into_iter().for_each(|row| parts[usize::from(self.of[row as usize])].push(row));
        parts
    }
}

/// There are no more classes than this: a class is a byte.
pub const CLASSES_MAX: usize = 255;

impl<'a> Labels<'a> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Absent(rows) => *rows,
            Self::Binary(labels) => labels.len(),
            Self::Classes(labels) => labels.len(),
            Self::Values(labels) => labels.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of the rows.
    #[must_use]
    pub fn range(&self, range: Range<usize>) -> Self {
        match self {
            Self::Absent(_) => Self::Absent(range.len()),
            Self::Binary(labels) => Self::Binary(&labels[range]),
            Self::Classes(labels) => Self::Classes(&labels[range]),
            Self::Values(labels) => Self::Values(&labels[range]),
        }
    }

    /// Whether each label is 1, (rows,).
    ///
    /// # Panics
    /// If they are no such labels: a model that asks for them is given no others.
    pub fn binary(&self) -> &'a [bool] {
        let Self::Binary(labels) = self else { unreachable!("a task of two classes has labels of two classes") };
        labels
    }

    /// The class of each, (rows,).
    ///
    /// # Panics
    /// If they are no such labels: a model that asks for them is given no others.
    pub fn classes(&self) -> &'a [u8] {
        let Self::Classes(labels) = self else { unreachable!("a task of several classes has labels of several classes") };
        labels
    }

    /// The numbers, (rows,).
    ///
    /// # Panics
    /// If they are no such labels: a model that asks for them is given no others.
    pub fn values(&self) -> &'a [f64] {
        let Self::Values(labels) = self else { unreachable!("a regression has numbers for labels") };
        labels
    }

    /// The label of a row as a number: 0 or 1, the place of its class, or itself; 0 where there is none.
    #[inline(always)]
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::Absent(_) => 0.0,
            Self::Binary(labels) => f64::from(labels[row]),
            Self::Classes(labels) => f64::from(labels[row]),
            Self::Values(labels) => labels[row],
        }
    }

    /// How many rows there are of each class, (classes,).
    pub fn class_counts(&self, classes: usize) -> Vec<i128> {
        let mut counts = vec![0; classes];
        (0..self.len()).for_each(|row| counts[self.class(row)] += 1);
        counts
    }

    /// The place of a row's class, by which classes weigh; 0 where rows have none.
    #[inline(always)]
    pub fn class(&self, row: usize) -> usize {
        match self {
            Self::Absent(_) | Self::Values(_) => 0,
            Self::Binary(labels) => usize::from(labels[row]),
            Self::Classes(labels) => usize::from(labels[row]),
        }
    }

    /// What rows are told apart by where each part of them is to be like the whole: their classes, or the tenths that their numbers
    /// fall into, equal numbers into the same.
    pub fn strata(&self) -> Strata {
        match self {
            Self::Absent(rows) => Strata { of: vec![0; *rows], count: 1 },
            Self::Binary(labels) => Strata { of: labels.iter().map(|&label| u8::from(label)).collect(), count: 2 },
            Self::Classes(labels) => {
                Strata { of: labels.to_vec(), count: labels.iter().max().map_or(0, |&greatest| usize::from(greatest) + 1) }
            }
            Self::Values(labels) => {
                let mut sorted = labels.to_vec();
                sorted.sort_unstable_by(f64::total_cmp);
                let tenth = |label: &f64| (TENTHS * sorted.partition_point(|other| other < label) / sorted.len()) as u8;
                Strata { of: labels.iter().map(tenth).collect(), count: TENTHS }
            }
        }
    }

    /// The labels of these rows, in their order.
    pub fn of_rows(&self, rows: &[u32]) -> LabelColumn {
        fn pick<T: Copy>(all: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().map(|&row| all[row as usize]).collect()
        }
        match self {
            Self::Absent(_) => LabelColumn::Absent(rows.len()),
            Self::Binary(labels) => LabelColumn::Binary(pick(labels, rows)),
            Self::Classes(labels) => LabelColumn::Classes(pick(labels, rows)),
            Self::Values(labels) => LabelColumn::Values(pick(labels, rows)),
        }
    }
}

impl LabelColumn {
    /// All of them.
    pub fn all(&self) -> Labels<'_> {
        match self {
            Self::Absent(rows) => Labels::Absent(*rows),
            Self::Binary(labels) => Labels::Binary(labels),
            Self::Classes(labels) => Labels::Classes(labels),
            Self::Values(labels) => Labels::Values(labels),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.all().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fall_into_tenths_and_equal_ones_into_the_same() {
        let labels: Vec<f64> = (0..100).map(|row| f64::from((row * 37) % 100)).collect();
        let strata = Labels::Values(&labels).strata();
        let tenth = |label: &f64| (label / 10.0) as u8;
        assert_eq!((strata.of, strata.count), (labels.iter().map(tenth).collect(), 10));
        let lumped = Labels::Values(&[0.0, 0.0, 0.0, 0.0, 0.5, 1.0]).strata();
        assert_eq!(lumped.of, [0, 0, 0, 0, 6, 8]);
        assert_eq!(lumped.part([5, 1, 0])[0], [1, 0]);
    }

    #[test]
    fn rows_are_picked_in_their_order_whatever_their_labels_are() {
        let columns = [
            (LabelColumn::Absent(4), LabelColumn::Absent(2), 0.0),
            (LabelColumn::Binary(vec![true, false, true, false]), LabelColumn::Binary(vec![false, true]), 1.0),
            (LabelColumn::Classes(vec![7, 8, 9, 3]), LabelColumn::Classes(vec![3, 7]), 7.0),
            (LabelColumn::Values(vec![0.5, 1.5, 2.5, 3.5]), LabelColumn::Values(vec![3.5, 0.5]), 0.5),
        ];
        for (all, picked, first) in columns {
            assert_eq!((all.all().of_rows(&[3, 0]), all.all().number(0)), (picked.clone(), first));
            assert_eq!((all.all().range(1..3).len(), picked.len()), (2, 2));
        }
    }
}
