//! What `[model]` says of a scorecard's bins.

use crate::diag::Place;
use crate::settings::{Bound, Limit, NOT_NEGATIVE, Table};

/// How the event rate goes from bin to bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Never down.
    Ascending,
    /// Never up.
    Descending,
    /// Up, then down; either may be missing.
    Peak,
    /// Down, then up; either may be missing.
    Valley,
    /// Any way.
    Free,
}

impl Course {
    /// All that go one way, or turn once.
    pub const ORDERLY: [Self; 4] = [Self::Ascending, Self::Descending, Self::Peak, Self::Valley];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
            Self::Peak => "peak",
            Self::Valley => "valley",
            Self::Free => "none",
        }
    }

    /// The directions that it goes in one after the other, up being true.
    pub fn directions(self) -> &'static [bool] {
        match self {
            Self::Ascending => &[true],
            Self::Descending => &[false],
            Self::Peak => &[true, false],
            Self::Valley => &[false, true],
            Self::Free => &[],
        }
    }
}

/// How bins are found.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The most pre-bins of a column of numbers, at quantiles of all rows.
    pub pre_bins: usize,
    /// The most bins that they are merged into.
    pub max_bins: usize,
    /// How the event rate goes; `None` for the best of those that are orderly.
    pub course: Option<Course>,
    /// The same of single columns, with the place of each.
    pub courses: Vec<(String, Option<Course>, Place)>,
    /// The least share of the rows that a bin has.
    pub min_size: f64,
    /// The fewest rows of either class that a bin has.
    pub min_events: usize,
    /// Categories with a smaller share of the rows are put together.
    pub rare_share: f64,
    /// Columns of a smaller information value are left out.
    pub min_iv: f64,
    /// Numbers that mean something else than a number, of single columns, with the place of each.
    pub specials: Vec<(String, Vec<f64>, Place)>,
}

/// More bins nobody would want to explain.
const BINS_MAX: usize = 64;

/// Of half the rows or more there would be one bin.
const LESS_THAN_HALF: Limit = Limit::new("a number from 0 to below 0.5", Bound::At(0.0), Bound::Open(0.5));

/// Any number.
const NUMBER: Limit = Limit::new("a number", Bound::None, Bound::None);

impl Terms {
    pub(super) fn read(table: &mut Table) -> Self {
        let mut words = vec![("auto", None)];
        words.extend(Course::ORDERLY.into_iter().chain([Course::Free]).map(|course| (course.word(), Some(course))));
        Self {
            pre_bins: table.count("pre_bins", 20, 2..=BINS_MAX),
            max_bins: table.count("max_bins", 20, 2..=BINS_MAX),
            course: table.word("trend", "auto", &words),
            courses: table.words_by_name("trends", &words),
            min_size: table.number("min_size", 0.02, LESS_THAN_HALF),
            min_events: table.count("min_events", 1, 1..=1_000_000_000),
            rare_share: table.number("rare_share", 0.01, LESS_THAN_HALF),
            min_iv: table.number("min_iv", 0.0, NOT_NEGATIVE),
            specials: table.numbers_by_name("special", NUMBER),
        }
    }

    /// How the event rate of a column may go: all ways that are tried.
    pub fn courses_of(&self, column: &str) -> Vec<Course> {
        let own = self.courses.iter().find(|(name, ..)| name == column).map(|(_, course, _)| *course);
        own.unwrap_or(self.course).map_or_else(|| Course::ORDERLY.to_vec(), |course| vec![course])
    }

    /// What is no number in a column of numbers.
    pub fn specials_of(&self, column: &str) -> &[f64] {
        self.specials.iter().find(|(name, ..)| name == column).map_or(&[], |(_, numbers, _)| numbers)
    }
}
