//! The natural federation: each value of a column, a bank or a country for instance, is one client.

use std::collections::BTreeMap;

use super::{Partitioner, TrainingRows};
use crate::diag::Problem;
use crate::numeric::rng::Streams;
use crate::registry::Entry;
use crate::settings::Table;

/// One client for each value that the column `name` has in the training rows, in the values' sorted order.
#[derive(Debug)]
pub struct Column {
    name: String,
}

impl Column {
    pub(super) const ENTRY: Entry = Entry {
        kind: "column",
        summary: "one client for each value of a column; nothing is drawn",
        paper: "none",
        example: "name = \"bank\"",
        argument: Some("name"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { name: table.required_text("name") }
    }
}

impl Column {
    /// The rows of each value.
    fn by_code(rows: &TrainingRows<'_>) -> BTreeMap<u32, Vec<u32>> {
        let groups = rows.groups.expect("the column that a partitioner asks for is read");
        // Codes are indices into sorted names, so their order is the names' order. A value that only test rows have is
        // no code here, and no client: it would be an empty one.
        let mut by_code: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (row, &code) in groups.iter().enumerate() {
            by_code.entry(code).or_default().push(row as u32);
        }
        by_code
    }
}

impl Partitioner for Column {
    fn column(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn clients(&self, rows: &TrainingRows<'_>) -> Option<usize> {
        Some(Self::by_code(rows).len())
    }

    fn looks_at_labels(&self) -> bool {
        false
    }

    fn may_leave_empty(&self) -> bool {
        false
    }

    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, _: &Streams) -> Result<Vec<Vec<u32>>, Problem> {
        let by_code = Self::by_code(rows);
        if by_code.len() == clients {
            return Ok(by_code.into_values().collect());
        }
        let values = by_code.len();
        let message = format!("{clients} clients, but the training rows have {values} values of `{}`", self.name);
        Err(Problem::about("partition.clients", message)
            .help(format!("each value is a client: take partition.clients out, or set it to {values}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;
    use crate::tasks::Labels;

    fn deal(groups: &[u32], clients: usize) -> Result<Vec<Vec<u32>>, Problem> {
        let rows = TrainingRows { labels: Labels::Absent(groups.len()), groups: Some(groups) };
        Column { name: "bank".to_owned() }.deal(&rows, clients, &Streams::new(Seeds::all(1)))
    }

    #[test]
    fn each_value_is_a_client_in_sorted_order() {
        assert_eq!(deal(&[1, 0, 2, 1, 1], 3).expect("three values"), [vec![1], vec![0, 3, 4], vec![2]]);
    }

    #[test]
    fn a_wrong_number_of_clients_is_told_the_right_one() {
        for clients in [1, 3] {
            let told = crate::diag::Error::from(deal(&[1, 0, 1], clients).expect_err("two values")).to_string();
            assert!(told.contains("2 values of `bank`") && told.contains("take partition.clients out, or set it to 2"), "{told}");
        }
    }

    #[test]
    fn the_rows_tell_how_many_clients_there_are() {
        let rows = TrainingRows { labels: Labels::Absent(4), groups: Some(&[4, 0, 4, 2]) };
        assert_eq!(Column { name: "bank".to_owned() }.clients(&rows), Some(3));
    }

    #[test]
    fn a_value_without_training_rows_is_no_client() {
        assert_eq!(deal(&[2, 0], 2).expect("two values have rows"), [vec![1], vec![0]]);
    }
}
