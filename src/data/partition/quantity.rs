//! Quantity skew: the shuffled rows in parts whose sizes follow a symmetric Dirichlet distribution (Li et al.,
//! "Federated Learning on Non-IID Data Silos: An Experimental Study", ICDE 2022,
//! <https://arxiv.org/abs/2102.02079>).
//!
//! Every client gets `min_examples` rows first, and only the rest is divided by shares; so a deal is found at once, where
//! the paper draws again.

use super::cut::{check_enough, cut};
use super::{Partitioner, TrainingRows};
use crate::diag::Problem;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::sample::{apportion, dirichlet, shuffle};
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table};

/// Parts of the shuffled rows with skewed sizes; the smaller `alpha`, the more unequal.
#[derive(Debug)]
pub struct Quantity {
    alpha: f64,
    min_examples: usize,
}

impl Quantity {
    pub(super) const ENTRY: Entry = Entry {
        kind: "quantity",
        summary: "parts of the shuffled rows with Dirichlet sizes, more unequal the smaller alpha is",
        paper: "Li et al., ICDE 2022",
        example: "alpha = 0.5\nmin_examples = 1",
        argument: Some("alpha"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        Self { alpha: table.number("alpha", 0.5, POSITIVE), min_examples: table.count("min_examples", 1, 0..=usize::MAX) }
    }
}

impl Partitioner for Quantity {
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
        self.min_examples == 0
    }

    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, streams: &Streams) -> Result<Vec<Vec<u32>>, Problem> {
        check_enough(rows.labels.len(), clients, self.min_examples)?;
        let mut stream = streams.stream(Purpose::Partition, 0, 0);
        let shares = dirichlet(self.alpha, clients, &mut stream);
        let beyond = apportion(rows.labels.len() - clients * self.min_examples, &shares);
        let sizes: Vec<usize> = beyond.iter().map(|more| self.min_examples + more).collect();
        let mut order: Vec<u32> = (0..rows.labels.len() as u32).collect();
        shuffle(&mut order, &mut stream);
        Ok(cut(&order, &sizes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;
    use crate::tasks::Labels;

    fn deal(alpha: f64, min_examples: usize, labels: &[bool], clients: usize) -> Result<Vec<Vec<u32>>, Problem> {
        Quantity { alpha, min_examples }.deal(
            &TrainingRows { labels: Labels::Binary(labels), groups: None },
            clients,
            &Streams::new(Seeds::all(1)),
        )
    }

    /// With K = 5 and alpha = 10^6 a share deviates by 0.00018 (see the tests of `dirichlet`): 1.8 rows of 10,000.
    #[test]
    fn a_great_alpha_gives_equal_sizes() {
        let dealt = deal(1e6, 1, &[false; 10_000], 5).expect("there are enough rows");
        assert!(dealt.iter().all(|part| part.len().abs_diff(2000) <= 10));
    }

    /// Two shares above 0.001 are rare at this alpha: all but one client keep nearly the promised rows alone.
    #[test]
    fn a_tiny_alpha_gives_one_client_nearly_all_and_the_others_what_was_promised() {
        let mut sizes: Vec<usize> = deal(1e-4, 10, &[false; 10_000], 5).expect("there are enough rows").iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert!(sizes[0] == 10 && sizes[3] <= 20 && sizes[4] >= 9950, "{sizes:?}");
    }

    /// A part of n rows holds hypergeometric positives, whose deviation is below the binomial's sqrt(n p (1 - p)).
    #[test]
    fn every_part_has_the_tables_share_of_positives() {
        let labels: Vec<bool> = (0..10_000).map(|row| row < 2000).collect();
        for part in deal(0.5, 200, &labels, 5).expect("there are enough rows") {
            let positives = part.iter().filter(|&&row| row < 2000).count() as f64;
            let n = part.len() as f64;
            assert!((positives - 0.2 * n).abs() < 5.0 * (n * 0.2 * 0.8).sqrt(), "{positives} of {n}");
        }
    }

    #[test]
    fn a_promise_that_takes_every_row_is_kept_and_one_row_more_is_refused() {
        assert!(deal(0.5, 25, &[false; 100], 4).expect("just enough").iter().all(|part| part.len() == 25));
        assert!(deal(0.5, 26, &[false; 100], 4).is_err());
    }
}
