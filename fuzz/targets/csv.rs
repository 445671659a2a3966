//! Any bytes are a table or a mistake: reading them never panics, and the table has a cell for every column of every row.

#![no_main]

use std::fs;

use fedsim::data::csv::{self, ColumnRequest, Missing, Options, Role};
use fedsim::data::table::Kind;
use fedsim::diag::Error;
use libfuzzer_sys::fuzz_target;

// The first two bytes say how the others are read.
fuzz_target!(|bytes: &[u8]| {
    let [delimiter, role, content @ ..] = bytes else { return };
    let delimiter = [None, Some(b','), Some(b';'), Some(b'\t'), Some(*delimiter)][usize::from(*delimiter) % 5];
    let role = [Role::Skip, Role::Infer, Role::Number, Role::Category].map(|first| (first, [first, Role::Infer]))[usize::from(*role) % 4];
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), content).expect("it can be written");
    let na_values = ["".to_owned(), "NA".to_owned()];
    let read = csv::read(file.path(), &Options { delimiter, na_values: &na_values }, |header| {
        let missing = if role.0 == Role::Number { Missing::Refused } else { Missing::Allowed };
        Ok((0..header.names().len()).map(|column| ColumnRequest { role: role.1[column % 2], missing }).collect())
    });
    match read {
        Ok(loaded) => {
            let table = loaded.table;
            for row in 0..table.rows() {
                let cells = table.row(row);
                assert_eq!(cells.len(), table.columns.len());
                for (cell, column) in cells.iter().zip(&table.columns) {
                    match &column.kind {
                        Kind::Number => assert!(cell.is_nan() || cell.is_finite()),
                        Kind::Category(names) => assert!(cell.is_nan() || (*cell as usize) < names.len()),
                    }
                }
            }
        }
        Err(Error::Mistake(problems)) => assert!(!problems.to_string().is_empty()),
        Err(other) => panic!("not a mistake of the user's: {other}"),
    }
});
