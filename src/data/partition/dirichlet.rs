//! Label skew: each class, or each tenth of the labels where they are numbers, is divided over the clients by shares from a symmetric Dirichlet distribution.
//!
//! Yurochkin et al., "Bayesian Nonparametric Federated Learning of Neural Networks", ICML 2019, section 4
//! (<https://arxiv.org/abs/1905.12022>); Hsu, Qi and Brown 2019 (<https://arxiv.org/abs/1909.06335>) made it a benchmark.
//! A deal that leaves a client with too few rows is drawn anew, as in NIID-Bench (Li et al., ICDE 2022,
//! <https://arxiv.org/abs/2102.02079>), but a hundred times at most. The deal that is found follows the Dirichlet
//! distribution given that every client has `min_examples` rows; with 0, none is drawn anew, and clients without rows take no part.
//!
//! `balanced = true` gives every client as many rows, as Hsu, Qi and Brown do: classes are divided by their shares one after the
//! other, the rarest first, and what a client has no room for goes to the others by theirs.

use super::cut::{check_enough, cut, equal_sizes};
use super::{Partitioner, TrainingRows};
use crate::diag::Problem;
use crate::numeric::rng::{Purpose, Stream, Streams};
use crate::numeric::sample::{apportion, dirichlet, shuffle};
use crate::numeric::text::shortest;
use crate::registry::Entry;
use crate::settings::{POSITIVE, Table};

/// How many deals are drawn before the deal is called impossible.
const TRIES: usize = 100;

/// Each class divided by Dirichlet shares; the smaller `alpha`, the fewer clients hold most of a class.
#[derive(Debug)]
pub struct Dirichlet {
    alpha: f64,
    min_examples: usize,
    /// Whether every client gets as many rows.
    balanced: bool,
}

impl Dirichlet {
    pub(super) const ENTRY: Entry = Entry {
        kind: "dirichlet",
        summary: "each class divided by Dirichlet shares: label skew, stronger the smaller alpha is",
        paper: "Yurochkin et al., ICML 2019; Hsu et al. 2019; Li et al., ICDE 2022",
        example: "alpha = 0.5\nmin_examples = 1\nbalanced = false",
        argument: Some("alpha"),
    };

    pub(super) fn read(table: &mut Table) -> Self {
        let alpha = table.number("alpha", 0.5, POSITIVE);
        let balanced = table.truth("balanced", false);
        if balanced {
            table.refuse_if_given("min_examples", "balanced = true gives every client as many rows");
            return Self { alpha, min_examples: 1, balanced };
        }
        Self { alpha, min_examples: table.count("min_examples", 1, 0..=usize::MAX), balanced }
    }

    /// How many rows of each class each client gets, (classes, clients).
    fn draw_sizes(&self, classes: &[Vec<u32>], clients: usize, stream: &mut Stream) -> Vec<Vec<usize>> {
        classes.iter().map(|class| apportion(class.len(), &dirichlet(self.alpha, clients, stream))).collect()
    }

    fn no_deal(&self, clients: usize, rows: usize, fewest: usize) -> Problem {
        let message =
            format!("none of {TRIES} deals gave every one of {clients} clients {} of the {rows} training rows", self.min_examples);
        let lower = if self.min_examples > 1 { format!(" or a min_examples below {}", self.min_examples) } else { String::new() };
        let ways = format!("try an alpha above {}, fewer clients than {clients}{lower}", shortest(self.alpha));
        Problem::about("partition.min_examples", message).help(format!("the best deal left a client with {fewest}; {ways}"))
    }
}

impl Partitioner for Dirichlet {
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
        self.min_examples == 0
    }

    fn deal(&self, rows: &TrainingRows<'_>, clients: usize, streams: &Streams) -> Result<Vec<Vec<u32>>, Problem> {
        check_enough(rows.labels.len(), clients, self.min_examples)?;
        let sizes_of = |classes: &[Vec<u32>], stream: &mut Stream| {
            let sizes = self.draw_sizes(classes, clients, stream);
            if self.balanced { balance(&sizes, &equal_sizes(rows.labels.len(), clients)) } else { sizes }
        };
        let mut classes = rows.labels.strata().part(0..rows.labels.len() as u32);
        let mut fewest = 0;
        for attempt in 0..TRIES {
            let stream = &mut streams.stream(Purpose::Partition, attempt, 0);
            let sizes = sizes_of(&classes, stream);
            let smallest = (0..clients).map(|client| sizes.iter().map(|class| class[client]).sum()).min().unwrap_or(0);
            if smallest >= self.min_examples {
                classes.iter_mut().for_each(|class| shuffle(class, stream));
                return Ok(merge(classes.iter().zip(&sizes).map(|(class, sizes)| cut(class, sizes)), clients));
            }
            fewest = fewest.max(smallest);
        }
        Err(self.no_deal(clients, rows.labels.len(), fewest))
    }
}

/// The parts of classes, (classes, clients), changed as little as clients have room, (clients,): all of it is filled.
fn balance(sizes: &[Vec<usize>], room: &[usize]) -> Vec<Vec<usize>> {
    let mut room = room.to_vec();
    let mut balanced = sizes.to_vec();
    let total = |class: &usize| sizes[*class].iter().sum::<usize>();
    let mut rarest_first: Vec<usize> = (0..sizes.len()).collect();
    rarest_first.sort_by_key(total);
    for class in rarest_first {
        let mut left = total(&class);
        let taken = &mut balanced[class];
        taken.fill(0);
        while left > 0 {
            // By the drawn parts among those that have room, or by the room itself where these were drawn nothing.
            let free: Vec<usize> = (0..room.len()).filter(|&client| room[client] > 0).collect();
            let drawn: Vec<f64> = free.iter().map(|&client| sizes[class][client] as f64).collect();
            let weights = if drawn.iter().sum::<f64>() > 0.0 { drawn } else { free.iter().map(|&client| room[client] as f64).collect() };
            let sum: f64 = weights.iter().sum();
            let shares: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
            for (&client, part) in free.iter().zip(apportion(left, &shares)) {
                let fits = part.min(room[client]);
                taken[client] += fits;
                room[client] -= fits;
                left -= fits;
            }
        }
    }
    balanced
}

/// Each client's parts of all classes as one ascending list.
fn merge(classes: impl Iterator<Item = Vec<Vec<u32>>>, clients: usize) -> Vec<Vec<u32>> {
    let mut dealt = vec![Vec::new(); clients];
    for class in classes {
        for (mine, part) in dealt.iter_mut().zip(class) {
            mine.extend(part);
        }
    }
    dealt.iter_mut().for_each(|mine| mine.sort_unstable());
    dealt
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;
    use crate::tasks::Labels;

    fn labels(negatives: usize, positives: usize) -> Vec<bool> {
        [vec![false; negatives], vec![true; positives]].concat()
    }

    fn deal(partitioner: &Dirichlet, labels: &[bool], clients: usize) -> Result<Vec<Vec<u32>>, Problem> {
        partitioner.deal(&TrainingRows { labels: Labels::Binary(labels), groups: None }, clients, &Streams::new(Seeds::all(1)))
    }

    /// A share of the symmetric Dirichlet has mean 1/K and variance (K - 1) / (K^2 (K alpha + 1)): with K = 5 and
    /// alpha = 10^6 a standard deviation of 0.00018, so that a class of 8000 parts to 1600 with a deviation of 1.4 rows.
    #[test]
    fn a_great_alpha_gives_every_client_the_same_part_of_each_class() {
        let labels = labels(8000, 800);
        let dealt = deal(&Dirichlet { alpha: 1e6, min_examples: 1, balanced: false }, &labels, 5).expect("nearly equal parts");
        for part in dealt {
            let positives = part.iter().filter(|&&row| labels[row as usize]).count();
            assert!(positives.abs_diff(160) <= 2 && (part.len() - positives).abs_diff(1600) <= 8, "{positives} of {}", part.len());
        }
    }

    /// The expected sum of squared shares is (alpha + 1) / (K alpha + 1); a sum lies in [0, 1], so its standard deviation
    /// is 0.5 at most.
    #[test]
    fn shares_are_as_concentrated_as_alpha_says() {
        let class = vec![(0..10_000).collect::<Vec<u32>>()];
        for alpha in [0.05, 0.5, 5.0] {
            let (partitioner, draws) = (Dirichlet { alpha, min_examples: 1, balanced: false }, 2000_u32);
            let concentration = |attempt| {
                let mut stream = Streams::new(Seeds::all(1)).stream(Purpose::Partition, attempt as usize, 0);
                let sizes = partitioner.draw_sizes(&class, 5, &mut stream);
                sizes[0].iter().map(|&size| (size as f64 / 1e4) * (size as f64 / 1e4)).sum::<f64>()
            };
            let mean = (0..draws).map(concentration).sum::<f64>() / f64::from(draws);
            let expected = (alpha + 1.0) / (5.0 * alpha + 1.0);
            assert!((mean - expected).abs() < 5.0 * 0.5 / f64::from(draws).sqrt(), "{mean} for {expected} at {alpha}");
        }
    }

    #[test]
    fn every_client_has_at_least_the_rows_it_was_promised() {
        let dealt =
            deal(&Dirichlet { alpha: 0.3, min_examples: 20, balanced: false }, &labels(950, 50), 5).expect("such deals are not rare");
        assert!(dealt.iter().all(|part| part.len() >= 20), "{:?}", dealt.iter().map(Vec::len).collect::<Vec<_>>());
    }

    /// At alpha 0.1 over 20 clients a client without rows is the rule.
    #[test]
    fn a_client_may_be_left_without_rows_where_it_is_promised_none() {
        let partitioner = Dirichlet { alpha: 0.02, min_examples: 0, balanced: false };
        let dealt = deal(&partitioner, &labels(950, 50), 20).expect("any deal will do");
        assert!(dealt.iter().any(Vec::is_empty) && dealt.iter().map(Vec::len).sum::<usize>() == 1000);
    }

    /// Equal sizes, every row dealt once, and labels still skewed: at a small alpha most positives lie with few clients.
    #[test]
    fn a_balanced_deal_gives_all_as_many_rows_and_keeps_the_labels_skewed() {
        let labels = labels(900, 103);
        for alpha in [0.1, 1.0, 100.0] {
            let dealt = deal(&Dirichlet { alpha, min_examples: 1, balanced: true }, &labels, 20).expect("there is room");
            assert!(dealt.iter().all(|mine| mine.len() == 50 || mine.len() == 51));
            let mut all = dealt.concat();
            all.sort_unstable();
            assert_eq!(all, (0..1003).collect::<Vec<u32>>());
            let mut positives: Vec<usize> = dealt.iter().map(|mine| mine.iter().filter(|&&row| labels[row as usize]).count()).collect();
            positives.sort_unstable_by(|a, b| b.cmp(a));
            let of_four: usize = positives[..4].iter().sum();
            assert!(if alpha < 0.5 { of_four > 60 } else { of_four < 80 }, "{alpha}: {positives:?}");
        }
        assert_eq!(balance(&[vec![3, 1], vec![0, 4]], &[4, 4]), [[3, 1], [1, 3]]);
    }

    #[test]
    fn more_promised_than_there_is_is_refused_at_once() {
        let problem = deal(&Dirichlet { alpha: 0.5, min_examples: 30, balanced: false }, &labels(90, 10), 4).expect_err("120 rows of 100");
        assert_eq!(problem.message(), "4 clients with 30 rows each need more than the 100 training rows there are");
    }

    /// At this alpha one client gets nearly all of a class, so that ten of twelve clients stay empty in every try.
    #[test]
    fn a_hopeless_deal_ends_and_names_the_numbers() {
        let problem =
            deal(&Dirichlet { alpha: 1e-4, min_examples: 1, balanced: false }, &labels(500, 500), 12).expect_err("clients stay empty");
        let told = crate::diag::Error::from(problem).to_string();
        for part in ["100 deals", "12 clients", "1000 training rows", "a client with 0", "alpha above 0.0001"] {
            assert!(told.contains(part), "{part} is missing in\n{told}");
        }
    }

    #[test]
    fn one_client_gets_all_and_a_class_may_be_empty() {
        let all: Vec<u32> = (0..7).collect();
        assert_eq!(deal(&Dirichlet { alpha: 0.5, min_examples: 7, balanced: false }, &labels(7, 0), 1).expect("all rows"), [all]);
    }
}
