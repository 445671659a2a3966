//! The first round after which two servers' states differ, from the chains of digests in the two round logs.

use std::io::Read;

use csv::StringRecord;
use serde::Serialize;

use crate::runs::{Manifest, Rows};

/// The first round in which two runs parted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundDifference {
    /// The round; 0 is the state before the first.
    pub round: u64,
    /// Whether the run has this round at all.
    pub in_run: bool,
    /// Whether the other run has it.
    pub in_other: bool,
    /// The columns of `round_log.csv` that differ in this round, the state's digest among them.
    pub columns: Vec<CellDifference>,
}

/// A cell that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellDifference {
    /// The column's name.
    pub column: String,
    /// The cell in the run.
    pub run: String,
    /// The cell in the other run.
    pub other: String,
}

const DIGEST: &str = "state_digest";

/// A round log, row by row.
struct Log<R> {
    header: StringRecord,
    reader: Rows<R>,
    record: StringRecord,
}

impl<R: Read> Log<R> {
    fn open(file: R) -> Option<Self> {
        let mut reader = Rows::of_any_length(file, "round_log.csv");
        let header = reader.header().ok()?.clone();
        Some(Self { header, reader, record: StringRecord::new() })
    }

    /// Whether there is another row; a torn one is none.
    fn next(&mut self) -> bool {
        self.reader.next(&mut self.record).unwrap_or(false)
    }

    fn cell(&self, column: &str) -> Option<&str> {
        let at = self.header.iter().position(|name| name == column)?;
        self.record.get(at)
    }

    fn round(&self) -> Option<u64> {
        self.cell("round")?.parse().ok()
    }
}

/// The first round whose digests differ; `None` if there is none, or a log can't be read.
pub(super) fn first_difference(run: impl Read, other: impl Read) -> Option<RoundDifference> {
    let (mut run, mut other) = (Log::open(run)?, Log::open(other)?);
    loop {
        let (in_run, in_other) = (run.next(), other.next());
        if !in_run && !in_other {
            return None;
        }
        if in_run && in_other && run.cell(DIGEST) == other.cell(DIGEST) {
            continue;
        }
        let round = if in_run { run.round()? } else { other.round()? };
        let columns = if in_run && in_other { cells_apart(&run, &other) } else { Vec::new() };
        return Some(RoundDifference { round, in_run, in_other, columns });
    }
}

fn cells_apart(run: &Log<impl Read>, other: &Log<impl Read>) -> Vec<CellDifference> {
    let apart = |column: &str| {
        let (run, other) = (run.cell(column)?, other.cell(column)?);
        (run != other).then(|| CellDifference { column: column.to_owned(), run: run.to_owned(), other: other.to_owned() })
    };
    run.header.iter().filter_map(apart).collect()
}

/// Whether the log ends in the round and the state that the manifest names.
pub(super) fn end_as(log: impl Read, manifest: &Manifest) -> bool {
    let Some(mut log) = Log::open(log) else { return true };
    let mut last = None;
    while log.next() {
        last = Some((log.round(), log.cell(DIGEST).map(str::to_owned)));
    }
    last == Some((Some(manifest.rounds as u64), Some(manifest.state_digest.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(one: &str, two: &str) -> Option<RoundDifference> {
        first_difference(one.as_bytes(), two.as_bytes())
    }

    #[test]
    fn the_first_round_with_another_digest_is_told_with_all_that_differs_in_it() {
        let log = "round,survivors,state_digest\n0,0,a\n1,5,b\n2,5,c\n";
        assert_eq!(difference(log, log), None);
        let found = difference(log, &log.replace("1,5,b", "1,4,x").replace("2,5,c", "2,5,y")).expect("they differ");
        assert_eq!((found.round, found.in_run, found.in_other), (1, true, true));
        let cells: Vec<[&str; 3]> = found.columns.iter().map(|cell| [cell.column.as_str(), &cell.run, &cell.other]).collect();
        assert_eq!(cells, [["survivors", "5", "4"], ["state_digest", "b", "x"]]);
    }

    #[test]
    fn a_run_that_ends_early_parts_in_the_round_that_it_lacks() {
        let log = "round,state_digest\n0,a\n1,b\n";
        let found = difference("round,state_digest\n0,a\n", log).expect("they differ");
        assert_eq!((found.round, found.in_run, found.in_other, found.columns.len()), (1, false, true, 0));
        assert_eq!(difference("", log).map(|found| found.round), Some(0));
        assert_eq!(difference("nonsense\n\"", "nonsense\n"), None);
    }
}
