//! The split of a table into training and test rows.

use crate::diag::Problem;
use crate::numeric::rng::{Purpose, Stream, Streams};
use crate::numeric::sample::{apportion, shuffle};
use crate::settings::{PROPER_FRACTION, Table};
use crate::tasks::Strata;

/// How test rows are chosen.
#[derive(Clone, Debug)]
pub struct Split {
    /// The share of rows that are tested on, rounded up to whole rows.
    pub test_fraction: f64,
    /// Which rows these are.
    pub kind: SplitKind,
}

/// Which rows are tested on.
#[derive(Clone, Debug)]
pub enum SplitKind {
    /// Any, equally likely.
    Random,
    /// The same share of each class, or of each tenth of the labels where they are numbers.
    Stratified,
    /// The latest by this column; of equally late ones, those further down in the file.
    Time(String),
}

/// Row numbers, each list ascending; together they are all rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainTest {
    /// Rows to train on.
    pub train: Vec<u32>,
    /// Rows to test on.
    pub test: Vec<u32>,
}

impl Split {
    /// Reads `test_fraction`, `split` and `time_column` of `[data]`.
    pub fn read(table: &mut Table) -> Self {
        let test_fraction = table.number("test_fraction", 0.2, PROPER_FRACTION);
        let kind = table.word("split", "stratified", &[("random", 0), ("stratified", 1), ("time", 2)]);
        let kind = match kind {
            2 => SplitKind::Time(table.required_text("time_column")),
            _ => {
                table.refuse_if_given("time_column", "only split = \"time\" looks at it");
                if kind == 0 { SplitKind::Random } else { SplitKind::Stratified }
            }
        };
        Self { test_fraction, kind }
    }

    /// The column that the split looks at beside the label.
    pub fn time_column(&self) -> Option<&str> {
        match &self.kind {
            SplitKind::Time(column) => Some(column),
            _ => None,
        }
    }

    /// Splits rows of these strata and times, (rows,), the latter if [`Split::time_column`] asks for them.
    ///
    /// # Errors
    /// When a side would be empty, or, if stratified, a class has a single row.
    pub fn split(&self, strata: &Strata, times: Option<&[f64]>, streams: &Streams) -> Result<TrainTest, Problem> {
        let rows = (0..strata.of.len() as u32).collect();
        let (train, test) =
            self.kind.part(self.test_fraction, rows, Marks { strata, times }, streams.stream(Purpose::Split, 0, 0), &TEST)?;
        Ok(TrainTest { train, test })
    }
}

/// What a split looks at.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// What a stratified split makes alike in both parts.
    pub strata: &'a Strata,
    /// Its time, (rows,), if [`Split::time_column`] asks for it.
    pub times: Option<&'a [f64]>,
}

/// What is taken out of rows.
struct Taken {
    key: &'static str,
    words: &'static str,
}

const TEST: Taken = Taken { key: "test_fraction", words: "test rows" };
const VALIDATION: Taken = Taken { key: "validation_fraction", words: "validation rows" };

/// Takes a share of the training rows, rounded up, that no client is to train on; chosen as test rows are.
///
/// # Errors
/// When one side would be empty, or, if stratified, a class has a single row.
pub fn take_validation(
    fraction: f64,
    kind: &SplitKind,
    train: &mut Vec<u32>,
    marks: Marks<'_>,
    streams: &Streams,
) -> Result<Vec<u32>, Problem> {
    let rows = std::mem::take(train);
    let validation;
    (*train, validation) = kind.part(fraction, rows, marks, streams.stream(Purpose::Validation, 0, 0), &VALIDATION)?;
    Ok(validation)
}

impl SplitKind {
    /// The rows that stay and those that are taken, both ascending.
    fn part(
        &self,
        fraction: f64,
        mut rows: Vec<u32>,
        Marks { strata, times }: Marks<'_>,
        mut random: Stream,
        what: &Taken,
    ) -> Result<(Vec<u32>, Vec<u32>), Problem> {
        let Taken { key, words } = what;
        let count = (fraction * rows.len() as f64).ceil() as usize;
        if count == 0 || count >= rows.len() {
            let message = format!("{} rows can't be split: {count} of them would be {words}", rows.len());
            let help = format!("choose another {key}, or give more rows");
            return Err(Problem::about(format!("data.{key}"), message).help(help));
        }
        let kept = rows.len() - count;
        let mut taken = match self {
            Self::Random => {
                shuffle(&mut rows, &mut random);
                rows.split_off(kept)
            }
            Self::Time(_) => {
                let times = times.expect("the time column was asked for and read");
                rows.sort_by(|&a, &b| times[a as usize].total_cmp(&times[b as usize]));
                rows.split_off(kept)
            }
            Self::Stratified => {
                let mut classes = strata.part(rows.iter().copied());
                let shares: Vec<f64> = classes.iter().map(|class| class.len() as f64 / rows.len() as f64).collect();
                let mut taken = Vec::with_capacity(count);
                for (class, count) in classes.iter_mut().zip(apportion(count, &shares)) {
                    if class.len() == 1 {
                        let message = format!("a class with a single row can't stand both in the training rows and in the {words}");
                        return Err(Problem::about("data.split", message).help("use split = \"random\", or give more rows"));
                    }
                    shuffle(class, &mut random);
                    taken.extend(class.split_off(class.len() - count));
                }
                rows = classes.concat();
                taken
            }
        };
        rows.sort_unstable();
        taken.sort_unstable();
        Ok((rows, taken))
    }
}

/// Takes a share of a client's rows, rounded up, of each stratum alike and at random, out of its training rows; one of these
/// at least stays. What was taken is ascending.
pub fn hold_out(fraction: f64, rows: &mut Vec<u32>, strata: &Strata, mut random: Stream) -> Vec<u32> {
    let count = ((fraction * rows.len() as f64).ceil() as usize).min(rows.len().saturating_sub(1));
    if count == 0 {
        return Vec::new();
    }
    let mut classes = strata.part(rows.iter().copied());
    let shares: Vec<f64> = classes.iter().map(|class| class.len() as f64 / rows.len() as f64).collect();
    let mut held = Vec::with_capacity(count);
    for (class, count) in classes.iter_mut().zip(apportion(count, &shares)) {
        shuffle(class, &mut random);
        held.extend(class.split_off(class.len() - count));
    }
    held.sort_unstable();
    rows.retain(|row| held.binary_search(row).is_err());
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;

    fn split(kind: SplitKind, test_fraction: f64, strata: &Strata, times: Option<&[f64]>) -> Result<TrainTest, Problem> {
        Split { test_fraction, kind }.split(strata, times, &Streams::new(Seeds::all(1)))
    }

    fn labels(rows: usize, positives: usize) -> Strata {
        Strata { of: (0..rows).map(|row| u8::from(row < positives)).collect(), count: 2 }
    }

    #[test]
    fn both_sides_together_are_all_rows_once() {
        for kind in [SplitKind::Random, SplitKind::Stratified] {
            let parts = split(kind, 0.25, &labels(101, 10), None).expect("it can be split");
            assert_eq!(parts.test.len(), 26);
            let mut all = [parts.train, parts.test].concat();
            all.sort_unstable();
            assert_eq!(all, (0..101).collect::<Vec<u32>>());
        }
    }

    #[test]
    fn a_stratified_test_set_has_each_class_in_its_share() {
        let parts = split(SplitKind::Stratified, 0.2, &labels(1000, 50), None).expect("it can be split");
        assert_eq!(parts.test.iter().filter(|&&row| row < 50).count(), 10);
    }

    #[test]
    fn a_split_by_time_tests_on_the_latest_rows_and_the_later_in_the_file_among_equals() {
        let times = [5.0, 1.0, 9.0, 5.0, 5.0];
        let parts = split(SplitKind::Time("t".into()), 0.4, &labels(5, 2), Some(&times)).expect("it can be split");
        assert_eq!(parts, TrainTest { train: vec![0, 1, 3], test: vec![2, 4] });
    }

    /// Of 1000 rows with 50 of label 1, a fifth is tested on; of the other 800, with 40, a quarter validates.
    #[test]
    fn validation_rows_are_training_rows_in_each_classs_share_and_the_latest_by_time() {
        let labels = labels(1000, 50);
        let streams = Streams::new(Seeds::all(1));
        let parts = split(SplitKind::Stratified, 0.2, &labels, None).expect("it can be split");
        let mut train = parts.train.clone();
        let validation = take_validation(0.25, &SplitKind::Stratified, &mut train, Marks { strata: &labels, times: None }, &streams)
            .expect("it can be taken");
        assert_eq!((validation.len(), validation.iter().filter(|&&row| row < 50).count()), (200, 10));
        let mut together = [train, validation].concat();
        together.sort_unstable();
        assert_eq!(together, parts.train);
        let (mut train, times) = (vec![0, 1, 3], [5.0, 1.0, 9.0, 5.0, 5.0]);
        let taken =
            take_validation(0.3, &SplitKind::Time("t".into()), &mut train, Marks { strata: &labels, times: Some(&times) }, &streams);
        assert_eq!((taken.expect("it can be taken"), train), (vec![3], vec![0, 1]));
    }

    #[test]
    fn a_client_holds_each_class_out_in_its_share_and_keeps_a_row() {
        let labels = labels(1000, 50);
        let stream = || Streams::new(Seeds::all(1)).stream(Purpose::HoldOut, 0, 3);
        let all: Vec<u32> = (0..1000).filter(|row| row % 2 == 0).collect();
        let mut rows = all.clone();
        let held = hold_out(0.2, &mut rows, &labels, stream());
        assert_eq!((held.len(), held.iter().filter(|&&row| row < 50).count()), (100, 5));
        let mut together = [rows, held].concat();
        together.sort_unstable();
        assert_eq!(together, all);
        let mut lone = vec![7];
        assert!(hold_out(0.9, &mut lone, &labels, stream()).is_empty() && lone == [7]);
        let mut two = vec![7, 8];
        assert_eq!((hold_out(0.9, &mut two, &labels, stream()).len(), two.len()), (1, 1));
        assert!(hold_out(0.0, &mut two, &labels, stream()).is_empty());
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        assert!(split(SplitKind::Random, 0.5, &labels(1, 0), None).is_err());
        assert!(split(SplitKind::Stratified, 0.5, &labels(10, 1), None).is_err());
    }
}
