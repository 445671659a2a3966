//! A population of clients, each generated when it is asked for: time and memory depend on who takes part, not on how many
//! there are.
//!
//! The process is Synthetic(alpha, beta) of Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith ("Federated Optimization in
//! Heterogeneous Networks", MLSys 2020, <https://arxiv.org/abs/1812.06127>, section 5.1), for two classes. N(m, s) has mean m
//! and variance s, d is the number of features. Client k draws, in this order,
//! - its number of rows, where they differ: `rows` exp(`rows_sigma` z), z from N(0, 1), rounded, 1 at least and `rows_max` at
//!   most;
//! - u_k from N(0, alpha) and B_k from N(0, beta): how far its model and its rows lie from the others';
//! - its weights w_k and its intercept b_k, each from N(u_k, 1), and the mean of its rows v_k, each of d from N(B_k, 1);
//! - row after row: feature j from N(v_kj, j^-1.2), and the label, which is 1 if w_k x + b_k > 0: the likelier class.
//!
//! Two things are not in the paper. Its model has a vector of weights for each class, all with the same mean u_k, which
//! therefore cancels: alpha changes no label there. With one vector for two classes it does. And there, clients' weights have
//! nothing in common, so that no model holds for a client that it has not seen. `similarity` is the correlation of two
//! clients' weights at the same place, and of their means, about u_k and B_k: w_kj = u_k + sqrt(similarity) W_j +
//! sqrt(1 - similarity) z, with one W for all. Each is still N(u_k, 1). At 0, the default, this is the paper's process; at 1,
//! with alpha = beta = 0, its Synthetic IID.
//!
//! Test rows come from clients that never train, one from each.

use super::examples::Examples;
use crate::diag::Problem;
use crate::numeric::digest::Hash;
use crate::numeric::math::{exp, ln};
use crate::numeric::reduce;
use crate::numeric::rng::{Purpose, Stream, Streams};
use crate::numeric::rows::{Matrix, Storage};
use crate::numeric::ziggurat::Ziggurat;
use crate::settings::{Bound, Limit, NOT_NEGATIVE, Table, UNIT_INTERVAL};
use crate::tasks::LabelColumn;

/// What `[data] kind = "synthetic"` says.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pub(super) features: usize,
    /// A client's rows; where they differ, the median.
    rows: usize,
    /// The standard deviation of the logarithm of a client's rows.
    rows_sigma: f64,
    rows_max: usize,
    alpha: f64,
    beta: f64,
    similarity: f64,
    test_rows: usize,
}

/// A [`Process`] with its seed and so many clients.
#[derive(Debug)]
pub struct Population {
    process: Process,
    clients: usize,
    streams: Streams,
    ziggurat: Ziggurat,
    /// What clients' weights, intercept and means share, in this order, times the square root of their similarity:
    /// (2 features + 1,).
    common: Vec<f64>,
    /// The features' standard deviations about a client's means, (features,).
    stds: Vec<f64>,
}

/// The most features that rows may have, and the most rows of a client.
const FEATURES_MAX: usize = 10_000;
const ROWS_MAX: usize = 10_000_000;

/// The most numbers that one client's rows, or the test rows, may be: 4 GB.
const NUMBERS_MAX: usize = 500_000_000;

/// At 7 one client in six has a thousand times the median's rows, if `rows_max` lets it.
const SIGMA: Limit = Limit::new("a number from 0 to 7", Bound::At(0.0), Bound::At(7.0));

/// The keys of `[data]` that speak of files.
const CSV_KEYS: [&str; 12] = [
    "path",
    "train_path",
    "test_path",
    "clients_dir",
    "label",
    "positive",
    "test_fraction",
    "split",
    "time_column",
    "storage",
    "drop",
    "delimiter",
];

/// The rounds of [`Purpose::Population`].
const TRAINING: usize = 0;
const TEST: usize = 1;
const COMMON: usize = 2;

impl Process {
    /// Reads the keys of `[data]` that belong to generated clients, and refuses those of files.
    pub fn read(table: &mut Table) -> Self {
        for key in CSV_KEYS {
            table.refuse_if_given(key, "generated rows come from no file");
        }
        table.refuse_if_given("client_test_fraction", "generated clients hold no rows out: test rows come from further clients");
        let features = table.count("features", 10, 1..=FEATURES_MAX);
        let rows = table.count("rows", 50, 1..=ROWS_MAX);
        let rows_sigma = table.number("rows_sigma", 0.0, SIGMA);
        let rows_max = if rows_sigma > 0.0 {
            table.count("rows_max", (100 * rows).min(ROWS_MAX), rows..=ROWS_MAX)
        } else {
            table.refuse_if_given("rows_max", "all clients have `rows` rows, as rows_sigma is 0");
            rows
        };
        let alpha = table.number("alpha", 0.0, NOT_NEGATIVE);
        let beta = table.number("beta", 0.0, NOT_NEGATIVE);
        let similarity = table.number("similarity", 0.0, UNIT_INTERVAL);
        let test_rows = table.count("test_rows", 10_000, 1..=ROWS_MAX);
        for (key, rows) in [(if rows_sigma > 0.0 { "rows_max" } else { "rows" }, rows_max), ("test_rows", test_rows)] {
            if rows * features > NUMBERS_MAX {
                let message = format!("{rows} rows of {features} features are more than {NUMBERS_MAX} numbers");
                let problem = Problem::about(format!("data.{key}"), message);
                table.push(problem.help(format!("lower {key} to {}, or take fewer features", NUMBERS_MAX / features)));
            }
        }
        Self { features, rows, rows_sigma, rows_max, alpha, beta, similarity, test_rows }
    }

    /// SHA-256 over all that the rows depend on.
    pub(super) fn sha256(&self, clients: usize, seed: u64) -> Hash {
        let Self { features, rows, rows_sigma, rows_max, alpha, beta, similarity, test_rows } = self;
        let counts = [*features, *rows, *rows_max, *test_rows, clients].map(|count| count as u64);
        let numbers = [*rows_sigma, *alpha, *beta, *similarity].map(f64::to_bits);
        let words = counts.into_iter().chain(numbers).chain([seed]);
        Hash::of(&[b"fedsim/population/v1".to_vec(), words.flat_map(u64::to_le_bytes).collect()].concat())
    }
}

impl Population {
    /// So many clients of the process, from the streams' seed.
    pub(super) fn new(process: Process, clients: usize, streams: &Streams) -> Self {
        let ziggurat = Ziggurat::default();
        let mut common = vec![0.0; 2 * process.features + 1];
        ziggurat.fill(&mut common, &mut streams.stream(Purpose::Population, COMMON, 0));
        common.iter_mut().for_each(|number| *number *= process.similarity.sqrt());
        // The square root of j^-1.2.
        let stds = (1..=process.features).map(|feature| exp(-0.6 * ln(feature as f64))).collect();
        Self { process, clients, streams: streams.clone(), ziggurat, common, stds }
    }

    /// How many clients train.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// A client's rows, the same each time.
    pub fn client(&self, client: usize) -> Examples {
        let mut stream = self.streams.stream(Purpose::Population, TRAINING, client);
        let rows = self.draw_rows(&mut stream);
        let mut x = vec![0.0; rows * self.process.features];
        let y = self.draw(&mut x, &mut stream);
        examples(&x, y)
    }

    /// How many rows a client has.
    pub fn examples(&self, client: usize) -> usize {
        if self.process.rows_sigma == 0.0 {
            return self.process.rows;
        }
        self.draw_rows(&mut self.streams.stream(Purpose::Population, TRAINING, client))
    }

    /// No client has more rows.
    pub fn examples_max(&self) -> usize {
        self.process.rows_max
    }

    /// How many rows all clients have; `None` if they must be asked one by one.
    pub fn train_rows(&self) -> Option<usize> {
        (self.process.rows_sigma == 0.0).then_some(self.clients * self.process.rows)
    }

    /// The test rows, each of a client of its own.
    pub fn test(&self) -> Examples {
        let clients: Vec<usize> = (0..self.process.test_rows).collect();
        let row = |&client: &usize| {
            let mut stream = self.streams.stream(Purpose::Population, TEST, client);
            self.draw_rows(&mut stream);
            let mut x = vec![0.0; self.process.features];
            let y = self.draw(&mut x, &mut stream);
            (x, y[0])
        };
        let (x, y): (Vec<Vec<f64>>, Vec<bool>) = reduce::map(&clients, row).into_iter().unzip();
        examples(&x.concat(), y)
    }

    fn draw_rows(&self, stream: &mut Stream) -> usize {
        let Process { rows, rows_sigma, rows_max, .. } = self.process;
        if rows_sigma == 0.0 {
            return rows;
        }
        let drawn = rows as f64 * exp(rows_sigma * self.ziggurat.draw(stream));
        (drawn.round() as usize).clamp(1, rows_max)
    }

    /// A client's weights, its intercept and the means of its features, in this order: (2 features + 1,).
    fn draw_client(&self, stream: &mut Stream) -> Vec<f64> {
        let Process { features, alpha, beta, similarity, .. } = self.process;
        let (model_shift, row_shift) = (alpha.sqrt() * self.ziggurat.draw(stream), beta.sqrt() * self.ziggurat.draw(stream));
        let mut own = vec![0.0; 2 * features + 1];
        self.ziggurat.fill(&mut own, stream);
        let own_share = (1.0 - similarity).sqrt();
        for (at, (own, common)) in own.iter_mut().zip(&self.common).enumerate() {
            *own = if at <= features { model_shift } else { row_shift } + common + own_share * *own;
        }
        own
    }

    /// Draws a client, then fills `x`, (rows, features) one after the other, with its rows; their labels, (rows,).
    fn draw(&self, x: &mut [f64], stream: &mut Stream) -> Vec<bool> {
        let own = self.draw_client(stream);
        let (weights, rest) = own.split_at(self.process.features);
        let (intercept, means) = rest.split_first().expect("an intercept follows the weights");
        let label = |row: &mut [f64]| {
            let mut logit = *intercept;
            for (((x, weight), mean), std) in row.iter_mut().zip(weights).zip(means).zip(&self.stds) {
                *x = mean + std * self.ziggurat.draw(stream);
                logit += weight * *x;
            }
            logit > 0.0
        };
        x.chunks_exact_mut(self.process.features).map(label).collect()
    }
}

/// Rows laid end to end, as training reads them.
fn examples(x: &[f64], y: Vec<bool>) -> Examples {
    let features = x.len() / y.len();
    let x = Matrix::build((y.len(), features), Storage::Double, |row, out| out.copy_from_slice(&x[row * features..][..features]));
    Examples { x, y: LabelColumn::Binary(y) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Seeds;

    const PLAIN: Process =
        Process { features: 4, rows: 50, rows_sigma: 0.0, rows_max: 50, alpha: 0.0, beta: 0.0, similarity: 0.0, test_rows: 10 };

    fn population(process: Process) -> Population {
        Population::new(process, 1_000_000, &Streams::new(Seeds::all(7)))
    }

    fn rows_of(examples: &Examples) -> Vec<Vec<f64>> {
        (0..examples.y.len()).map(|row| examples.x.rows().row(row)).collect()
    }

    #[test]
    fn a_client_has_the_same_rows_each_time_and_no_other_has_them() {
        let population = population(PLAIN);
        let rows = |client| rows_of(&population.client(client));
        assert_eq!(rows(999_999), rows(999_999));
        assert_eq!(population.client(3).y, population.client(3).y);
        let all = [rows(0), rows(1), rows(999_999), rows_of(&population.test())].concat();
        let mut firsts: Vec<f64> = all.iter().map(|row| row[0]).collect();
        firsts.sort_unstable_by(f64::total_cmp);
        assert!(firsts.windows(2).all(|pair| pair[0] != pair[1]), "two rows begin alike");
    }

    #[test]
    fn a_client_does_not_depend_on_how_many_there_are() {
        let streams = Streams::new(Seeds::all(7));
        let rows = |clients| rows_of(&Population::new(PLAIN, clients, &streams).client(9));
        assert_eq!(rows(10), rows(100_000_000));
    }

    #[test]
    fn row_counts_are_told_without_the_rows_and_have_their_median_and_bounds() {
        let population = population(Process { rows_sigma: 1.0, rows_max: 200, ..PLAIN });
        let mut counts: Vec<usize> = (0..4001).map(|client| population.examples(client)).collect();
        assert!((0..50).all(|client| population.client(client).y.len() == counts[client]));
        counts.sort_unstable();
        // The median of 4001 standard normal variates is within 5 * 1.2533 / sqrt(4001) = 0.099 of 0.
        assert!((45..=56).contains(&counts[2000]), "{}", counts[2000]);
        // ln(200 / 50) = 1.386: a share of 0.0828 is cut.
        let cut = counts.iter().filter(|&&count| count == 200).count();
        assert!(counts[0] >= 1 && cut.abs_diff(331) < 88 && counts[4000] == 200, "{cut}");
        assert_eq!((population.train_rows(), population.examples_max()), (None, 200));
        assert_eq!(self::population(PLAIN).train_rows(), Some(50_000_000));
    }

    #[test]
    fn a_label_is_the_likelier_class_under_the_clients_own_model() {
        let population = population(PLAIN);
        let own = population.draw_client(&mut population.streams.stream(Purpose::Population, TRAINING, 5));
        let examples = population.client(5);
        for (row, label) in rows_of(&examples).iter().zip(examples.y.all().binary()) {
            let logit = row.iter().zip(&own).fold(own[4], |sum, (x, weight)| sum + x * weight);
            assert_eq!(*label, logit > 0.0);
        }
    }

    /// The covariance of two numbers over clients, both of mean 0 where nothing is shared.
    fn covariance(clients: &[Vec<f64>], a: usize, b: usize) -> f64 {
        clients.iter().map(|own| own[a] * own[b]).sum::<f64>() / clients.len() as f64
    }

    /// Of the paper's process: weights have variance 1 + alpha and covariance alpha within a client, means 1 + beta and beta,
    /// and nothing ties the two together.
    #[test]
    fn heterogeneity_grows_with_alpha_and_beta_as_the_paper_says() {
        for (alpha, beta) in [(0.0, 0.0), (0.5, 0.0), (0.0, 2.0), (1.0, 1.0)] {
            let population = population(Process { alpha, beta, ..PLAIN });
            let draw = |client| population.draw_client(&mut population.streams.stream(Purpose::Population, TRAINING, client));
            let clients: Vec<Vec<f64>> = (0..40_000).map(draw).collect();
            // The variance of a product of normal variates is at most 2 (1 + s)^2, that of its mean over 40,000 the same by 40,000.
            let near = |found: f64, expected: f64, s: f64| (found - expected).abs() < 5.0 * (1.0 + s) * (2.0_f64 / 40_000.0).sqrt();
            // Four weights, the intercept, four means.
            for (a, b, expected, s) in [
                (0, 0, 1.0 + alpha, alpha),
                (4, 4, 1.0 + alpha, alpha),
                (0, 3, alpha, alpha),
                (2, 4, alpha, alpha),
                (5, 5, 1.0 + beta, beta),
                (6, 8, beta, beta),
                (0, 5, 0.0, alpha.max(beta)),
            ] {
                let found = covariance(&clients, a, b);
                assert!(near(found, expected, s), "alpha {alpha}, beta {beta}: ({a}, {b}) {found} for {expected}");
            }
        }
    }

    /// What clients share has the variance `similarity`, what each has for itself the rest; at 1 all are one.
    #[test]
    fn similarity_is_what_clients_have_in_common_and_leaves_each_as_it_was() {
        let spread = |similarity| {
            let population = population(Process { similarity, features: 200, ..PLAIN });
            let clients: Vec<Vec<f64>> = (0..200)
                .map(|client| population.draw_client(&mut population.streams.stream(Purpose::Population, TRAINING, client)))
                .collect();
            // Over pairs of clients at each of 401 places: half the mean square of the difference is the variance of the rest.
            let pairs = clients.chunks_exact(2).flat_map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| 0.5 * (a - b) * (a - b)));
            let all = clients.iter().flatten().map(|number| number * number).sum::<f64>() / (200.0 * 401.0);
            (pairs.sum::<f64>() / (100.0 * 401.0), all)
        };
        for similarity in [0.0, 0.75] {
            let (own, all) = spread(similarity);
            assert!((own - (1.0 - similarity)).abs() < 5.0 * (2.0_f64 / 40_100.0).sqrt(), "{own} at {similarity}");
            // The common part has 401 draws alone.
            assert!((all - 1.0).abs() < 5.0 * (2.0_f64 / 401.0).sqrt(), "{all} at {similarity}");
        }
        assert_eq!(spread(1.0).0, 0.0);
    }

    /// By hand: 3^-1.2 = 0.2676 (3^1.2 = 3.737).
    #[test]
    fn features_vary_about_a_clients_means_as_the_paper_says() {
        let population = population(Process { rows: 20_000, rows_max: 20_000, ..PLAIN });
        let rows = rows_of(&population.client(0));
        let own = population.draw_client(&mut population.streams.stream(Purpose::Population, TRAINING, 0));
        for (feature, variance) in [(0, 1.0), (2, 0.2676)] {
            let mean = own[5 + feature];
            let found = rows.iter().map(|row| (row[feature] - mean) * (row[feature] - mean)).sum::<f64>() / 20_000.0;
            assert!((found / variance - 1.0).abs() < 5.0 * (2.0_f64 / 20_000.0).sqrt() + 1e-3, "{found} for {variance}");
        }
    }

    #[test]
    fn the_hash_depends_on_every_part_of_the_process() {
        let hash = |process: Process| process.sha256(10, 1).hex();
        let others = [
            Process { features: 5, ..PLAIN },
            Process { rows: 49, ..PLAIN },
            Process { rows_sigma: 1.0, ..PLAIN },
            Process { rows_max: 51, ..PLAIN },
            Process { alpha: 0.5, ..PLAIN },
            Process { beta: 0.5, ..PLAIN },
            Process { similarity: 0.5, ..PLAIN },
            Process { test_rows: 11, ..PLAIN },
        ];
        let hashes: Vec<String> =
            others.map(hash).into_iter().chain([PLAIN.sha256(11, 1).hex(), PLAIN.sha256(10, 2).hex(), hash(PLAIN)]).collect();
        let distinct: std::collections::BTreeSet<&String> = hashes.iter().collect();
        assert_eq!((distinct.len(), hash(PLAIN)), (11, PLAIN.sha256(10, 1).hex()));
    }
}
