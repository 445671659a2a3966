//! Pathological label skew: the rows sorted by label and cut into shards, a few of which go to each client (McMahan et
//! al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017, section 3,
//! <https://arxiv.org/abs/1602.05629>).

use super::cut::{cut, equal_sizes};
use super::{Partitioner, TrainingRows};
use crate::diag::Problem;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::shuffle;
use crate::registry::Entry;
use crate::settings::Table;

/// `per_client` shards of the rows sorted by label; all shards but one hold a single label.
#[derive(Debug)]
pub struct Shards {
    per_client: usize,
}

impl Shards {
    pub(super) const ENTRY: Entry = Entry {
        kind: "shards",
        summary: "a few shards each of the rows sorted by label: most clients see few labels",
        paper: "McMahan et al., AISTATS 2017",
        example: "per_client = 2",
        argument: Some("per_client"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { per_client: table.count("per_client", 2, 1..=1000) }
    }
}

impl Partitioner for Shards {
    fn column(&self) -> Option<&str> {
        None
    }

    fn clients(&self, _: &TrainingRows<'_>) -> Option<usize> {
        None
    }

    fn looks_at_labels(&self) -> bool {
        true
    }

    fn may_leave_empty(&self) -> bool {
        false
    }

    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, streams: &Streams) -> Result<Vec<Vec<u32>>, Problem> {
        let count = clients.saturating_mul(self.per_client);
        if count > rows.labels.len() {
            let message =
                format!("{clients} clients with {} shards each need more than {} training rows", self.per_client, rows.labels.len());
            return Err(Problem::about("partition.per_client", message)
                .help(format!("{count} shards need a row each: have fewer shards per client, fewer clients or more rows")));
        }
        let mut stream = streams.stream(Purpose::Partition, 0, 0);
        let mut order: Vec<u32> = (0..rows.labels.len() as u32).collect();
        shuffle(&mut order, &mut stream);
        // The sort is stable, so within a label the order stays random.
        let label = |row: u32| rows.labels.number(row as usize);
        order.sort_by(|&a, &b| label(a).total_cmp(&label(b)));
        let mut shards = cut(&order, &equal_sizes(order.len(), count));
        shuffle(&mut shards, &mut stream);
        let dealt = shards.chunks(self.per_client).map(|mine| {
            let mut mine = mine.concat();
            mine.sort_unstable();
            mine
        });
        Ok(dealt.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;
    use crate::tasks::Labels;

    fn deal(per_client: usize, labels: &[bool], clients: usize) -> Result<Vec<Vec<u32>>, Problem> {
        Shards { per_client }.deal(&TrainingRows { labels: Labels::Binary(labels), groups: None }, clients, &Streams::new(Seeds::all(1)))
    }

    fn positives(part: &[u32], labels: &[bool]) -> usize {
        part.iter().filter(|&&row| labels[row as usize]).count()
    }

    /// Of the shards of the sorted rows only the one over the border between the labels can hold both.
    #[test]
    fn with_one_shard_each_one_client_at_most_sees_both_labels() {
        let labels: Vec<bool> = (0..1000).map(|row| row % 3 == 0).collect();
        let dealt = deal(1, &labels, 30).expect("there are enough rows");
        let mixed = dealt.iter().filter(|part| (1..part.len()).contains(&positives(part, &labels)));
        assert!(mixed.count() <= 1);
    }

    /// 100 rows, half of them positive, in 20 shards of 5: the border falls between two shards, and each is pure.
    #[test]
    fn every_client_holds_whole_shards_of_one_label() {
        let labels: Vec<bool> = (0..100).map(|row| row % 2 == 1).collect();
        for part in deal(4, &labels, 5).expect("there are enough rows") {
            assert_eq!((part.len(), positives(&part, &labels) % 5), (20, 0));
        }
    }

    #[test]
    fn as_many_shards_as_rows_are_dealt_and_one_client_more_is_refused() {
        assert!(deal(2, &[false; 10], 5).expect("a row for each shard").iter().all(|part| part.len() == 2));
        let problem = deal(2, &[false; 10], 6).expect_err("twelve shards of ten rows");
        assert_eq!(problem.message(), "6 clients with 2 shards each need more than 10 training rows");
    }
}
