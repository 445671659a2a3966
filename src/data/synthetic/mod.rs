//! Tables of our own making, for demonstration and tests: one file a kind.

use std::io;

use crate::numeric::rng::{Purpose, Seeds, Streams};
use crate::registry::{Entry, Family};
use crate::work::Work;

mod credit;
mod fraud;
mod generator;
mod grades;
mod lgd;
mod portfolio;

pub use generator::Generator;

/// The kinds of table that `fedsim generate` makes.
pub const CATALOGUE: Family = Family {
    table: "generate",
    summary: "synthetic tables",
    kinds: &[fraud::Fraud::ENTRY, credit::Credit::ENTRY, grades::Grades::ENTRY, lgd::Lgd::ENTRY, portfolio::Portfolio::ENTRY],
};

/// The kind of this name, if there is one.
pub fn find(kind: &str) -> Option<Box<dyn Generator>> {
    const FRAUD: Entry = fraud::Fraud::ENTRY;
    const CREDIT: Entry = credit::Credit::ENTRY;
    const GRADES: Entry = grades::Grades::ENTRY;
    const LGD: Entry = lgd::Lgd::ENTRY;
    const PORTFOLIO: Entry = portfolio::Portfolio::ENTRY;
    match kind {
        kind if kind == FRAUD.kind => Some(Box::new(fraud::Fraud)),
        kind if kind == CREDIT.kind => Some(Box::new(credit::Credit)),
        kind if kind == GRADES.kind => Some(Box::new(grades::Grades)),
        kind if kind == LGD.kind => Some(Box::new(lgd::Lgd)),
        kind if kind == PORTFOLIO.kind => Some(Box::new(portfolio::Portfolio)),
        _ => None,
    }
}

/// Writes a table of `rows` rows. A row depends on the seed, its index and the number of rows alone.
///
/// # Errors
/// When `out` can't be written.
pub fn write(generator: &dyn Generator, rows: usize, seed: u64, out: &mut impl io::Write) -> io::Result<()> {
    let streams = Streams::new(Seeds::all(seed));
    writeln!(out, "{}", generator.header())?;
    let work = Work::begin("generating rows", rows as u64);
    (0..rows).try_for_each(|index| {
        work.advance(1);
        writeln!(out, "{}", generator.row(index, rows, &mut streams.stream(Purpose::Generate, 0, index)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table's columns by name.
    pub(super) fn columns(kind: &str, rows: usize, seed: u64) -> std::collections::BTreeMap<String, Vec<String>> {
        let mut text = Vec::new();
        write(find(kind).expect("the kind").as_ref(), rows, seed, &mut text).expect("writing to memory");
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row of the header's length")).collect();
        assert_eq!(records.len(), rows);
        names.into_iter().enumerate().map(|(at, name)| (name, records.iter().map(|record| record[at].to_owned()).collect())).collect()
    }

    #[test]
    fn every_kind_is_found_and_depends_on_its_seed_alone() {
        for entry in CATALOGUE.kinds {
            let table = columns(entry.kind, 50, 1);
            assert_eq!(table, columns(entry.kind, 50, 1));
            assert_ne!(table, columns(entry.kind, 50, 2));
        }
        assert!(find("no-such").is_none());
    }
}
