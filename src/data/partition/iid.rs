//! Independent and identically distributed: the shuffled rows in equal parts (McMahan et al., AISTATS 2017, section 3).

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

    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, streams: &Streams) -> Result<Vec<Vec<u32>>, Problem> {
        let mut order: Vec<u32> = (0..rows.labels.len() as u32).collect();
        shuffle(&mut order, &mut streams.stream(Purpose::Partition, 0, 0));
        let (each, more) = (order.len() / clients, order.len() % clients);
        let mut rest = order.as_slice();
        let dealt = (0..clients).map(|client| {
            let (mine, others) = rest.split_at(each + usize::from(client < more));
            rest = others;
            let mut mine = mine.to_vec();
            mine.sort_unstable();
            mine
        });
        Ok(dealt.collect())
    }
}
