//! Independent and identically distributed: the shuffled rows in equal parts (McMahan et al., AISTATS 2017, section 3).

use super::cut::{check_enough, cut, equal_sizes};
use super::{Partitioner, TrainingRows};
use crate::diag::Problem;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::shuffle;
use crate::registry::Entry;
use crate::settings::Table;

/// Equal parts of the shuffled rows; the first clients get one row more where the rows don't divide.
#[derive(Debug)]
pub struct Iid;

impl Iid {
    pub(super) const ENTRY: Entry = Entry {
        kind: "iid",
        summary: "equal parts of the shuffled rows",
        paper: "McMahan et al., AISTATS 2017",
        example: "",
        argument: None,
    };

    pub(super) fn read(_: &mut Table) -> Self {
        Self
    }
}

impl Partitioner for Iid {
    fn column(&self) -> Option<&str> {
        None
    }

    fn clients(&self, _: &TrainingRows<'_>) -> Option<usize> {
        None
    }

    fn looks_at_labels(&self) -> bool {
        false
    }

    fn may_leave_empty(&self) -> bool {
        false
    }

    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, streams: &Streams) -> Result<Vec<Vec<u32>>, Problem> {
        check_enough(rows.labels.len(), clients, 1)?;
        let mut order: Vec<u32> = (0..rows.labels.len() as u32).collect();
        shuffle(&mut order, &mut streams.stream(Purpose::Partition, 0, 0));
        Ok(cut(&order, &equal_sizes(order.len(), clients)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;
    use crate::tasks::Labels;

    fn deal(rows: usize, clients: usize) -> Result<Vec<Vec<u32>>, Problem> {
        let labels = vec![false; rows];
        Iid.deal(&TrainingRows { labels: Labels::Binary(&labels), groups: None }, clients, &Streams::new(Seeds::all(1)))
    }

    #[test]
    fn parts_are_equal_but_for_one_row() {
        let sizes: Vec<usize> = deal(11, 4).expect("there are enough rows").iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 3, 3, 2]);
    }

    #[test]
    fn as_many_clients_as_rows_get_one_row_each_and_one_client_more_is_refused() {
        assert!(deal(5, 5).expect("there is a row for each").iter().all(|part| part.len() == 1));
        let problem = deal(5, 6).expect_err("a client would be empty");
        assert_eq!(problem.message(), "6 clients can't share 5 training rows");
    }
}
