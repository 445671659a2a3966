//! Finds the features' statistics from what clients could send: counts, sums and, for `minmax`, extremes first, squares about
//! the mean second.
//!
//! The textbook one-pass variance, E[x^2] - E[x]^2, loses all digits where the mean is large beside the spread; two passes
//! lose none (Chan, Golub and LeVeque 1983, "Algorithms for Computing the Sample Variance").

use super::exchange::{Exchange, InTheClear};
use super::{Fill, Fit, Preprocess, Scale};
use crate::data::preprocess::transform::{Feature, Rule, Transform};
use crate::data::table::{Kind, Table};
use crate::diag::{Error, Problem};
use crate::numeric::linalg::CompensatedSums;
use crate::numeric::reduce;
use crate::numeric::simd::vectorised;

/// The most one-hot features that one column may give.
const CATEGORIES_MAX: usize = 1000;

/// The features as fitted: one transform for all, and each client's own where it has one.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// What test rows and new rows go through.
    pub shared: Transform,
    /// Each client's transform, if `fit = "local"`; empty otherwise.
    pub own: Vec<Transform>,
}

/// Fits the features to the training rows of `clients` (row indices of `table`). Whatever leaves a client goes through
/// `exchange`.
///
/// # Errors
/// When no feature is left, a column has too many categories, or its numbers are too large to be summed.
pub fn fit(spec: &Preprocess, table: &Table, clients: &[Vec<u32>], exchange: &dyn Exchange) -> Result<Fitted, Error> {
    let tallies = reduce::map(clients, |rows| tally(table, rows));
    let shape = Shape::find(spec, table, &tallies, exchange)?;
    match spec.fit {
        Fit::Federated => {
            let numbers = statistics(spec, table, clients, &tallies, exchange)?;
            Ok(Fitted { shared: shape.transform(&numbers)?, own: Vec::new() })
        }
        Fit::Pooled => {
            let all = clients.concat();
            let numbers = statistics_alone(spec, table, &all, &tally(table, &all))?;
            Ok(Fitted { shared: shape.transform(&numbers)?, own: Vec::new() })
        }
        Fit::Local => {
            let known: Vec<_> = clients.iter().zip(&tallies).collect();
            let alone = |&(rows, tally): &(&Vec<u32>, &Tally)| statistics_alone(spec, table, rows, tally);
            let each = reduce::map(&known, alone).into_iter().collect::<Result<Vec<_>, Error>>()?;
            let weighted: Vec<Vec<f64>> = each.iter().zip(clients).map(|(numbers, rows)| weigh(numbers, rows.len())).collect();
            let average = average(&exchange.sum(&weighted)?);
            // A client without a value of a column takes the others' numbers.
            let own = |numbers: &Vec<Number>| {
                let numbers = numbers.iter().zip(&average).map(|(&mine, &shared)| if mine.observed { mine } else { shared });
                shape.transform(&numbers.collect::<Vec<_>>())
            };
            let own: Result<Vec<Transform>, Problem> = each.iter().map(own).collect();
            Ok(Fitted { shared: shape.transform(&average)?, own: own? })
        }
    }
}

/// A column of numbers' fill, offset and scale.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number {
    fill: f64,
    offset: f64,
    scale: f64,
    /// Whether the column has a value at all; the numbers leave cells as they are where it has none.
    observed: bool,
}

/// What a column without a value is given: a fill of 0 that stays 0.
const UNOBSERVED: Number = Number { fill: 0.0, offset: 0.0, scale: 1.0, observed: false };

/// For each column a client's statistics times their weight, and the weight: its example count, or 0 where it has no value.
fn weigh(numbers: &[Number], examples: usize) -> Vec<f64> {
    let weighted = |number: &Number| {
        let weight = if number.observed { examples as f64 } else { 0.0 };
        [number.fill * weight, number.offset * weight, number.scale * weight, weight]
    };
    numbers.iter().flat_map(weighted).collect()
}

fn average(sums: &[f64]) -> Vec<Number> {
    let number = |sum: &[f64]| match sum[3] {
        0.0 => UNOBSERVED,
        weight => Number { fill: sum[0] / weight, offset: sum[1] / weight, scale: sum[2] / weight, observed: true },
    };
    sums.chunks_exact(4).map(number).collect()
}

/// Which features there are, before their numbers are known.
struct Shape {
    /// The rule of a number is set by [`Shape::transform`].
    features: Vec<Feature>,
}

impl Shape {
    fn find(spec: &Preprocess, table: &Table, tallies: &[Tally], exchange: &dyn Exchange) -> Result<Self, Error> {
        let counts = exchange.sum(&tallies.iter().map(|tally| tally.counts(table)).collect::<Vec<_>>())?;
        let mut counts = counts.as_slice();
        let mut features = Vec::new();
        for column in &table.columns {
            let (mine, rest) = counts.split_at(cell_count_len(&column.kind));
            counts = rest;
            let source = &column.name;
            let feature = |name: String, rule: Rule| Feature { name, source: source.clone(), rule };
            let missing_name = || format!("{source} (missing)");
            let (&missing, present) = mine.split_first().expect("the count of missing cells is there");
            match &column.kind {
                Kind::Number => {
                    features.push(feature(source.clone(), Rule::Number { fill: 0.0, offset: 0.0, scale: 1.0 }));
                    if spec.indicator && missing > 0.0 {
                        features.push(feature(missing_name(), Rule::Indicator));
                    }
                }
                Kind::Category(categories) => {
                    let seen: Vec<&String> =
                        categories.iter().zip(present).filter(|&(_, &count)| count > 0.0).map(|(name, _)| name).collect();
                    if seen.len() > CATEGORIES_MAX {
                        let message =
                            format!("column `{source}` has {} categories, {CATEGORIES_MAX} at most can become one-hot", seen.len());
                        let place = table.header.find(source).map(|column| table.header.place(column));
                        let problem = Problem::new(message).help(format!("leave it out with data.drop = [\"{source}\"]"));
                        return Err(match place {
                            Some(place) => problem.at(place, "this column").into(),
                            None => problem.into(),
                        });
                    }
                    features.extend(seen.into_iter().map(|name| feature(format!("{source}={name}"), Rule::Category(name.clone()))));
                    if missing > 0.0 {
                        features.push(feature(missing_name(), Rule::MissingCategory));
                    }
                }
            }
        }
        if features.is_empty() {
            return Err(Problem::about("data.drop", "no feature is left").help("keep at least one column beside the label").into());
        }
        Ok(Self { features })
    }

    /// The features with the numbers of the columns of numbers, in their order.
    fn transform(&self, numbers: &[Number]) -> Result<Transform, Problem> {
        let mut numbers = numbers.iter();
        let mut features = self.features.clone();
        for feature in &mut features {
            if let Rule::Number { .. } = feature.rule {
                let &Number { fill, offset, scale, .. } = numbers.next().expect("one for each column of numbers");
                if ![fill, offset, scale].iter().all(|number| number.is_finite()) {
                    let message = format!("the squares of column `{}` are too large to be summed", feature.source);
                    return Err(Problem::new(message).help("rescale the column, or leave it out with data.drop"));
                }
                feature.rule = Rule::Number { fill, offset, scale };
            }
        }
        Ok(Transform { features })
    }
}

/// How many counts [`Tally::counts`] gives for a column.
fn cell_count_len(kind: &Kind) -> usize {
    match kind {
        Kind::Number => 1,
        Kind::Category(categories) => 1 + categories.len(),
    }
}

/// What one walk over a client's rows finds.
struct Tally {
    /// How many rows there are.
    rows: usize,
    /// How many cells of each column are missing.
    missing: Vec<f64>,
    /// The sum of each column's observed cells.
    sums: Vec<f64>,
    /// How many cells are of each category, for the columns that have any.
    categories: Vec<Vec<f64>>,
}

fn tally(table: &Table, rows: &[u32]) -> Tally {
    let kinds = table.columns.iter().enumerate();
    let mut categories: Vec<(usize, Vec<f64>)> = kinds
        .filter_map(|(at, column)| match &column.kind {
            Kind::Number => None,
            Kind::Category(categories) => Some((at, vec![0.0; categories.len()])),
        })
        .collect();
    let mut missing = vec![0.0; table.columns.len()];
    let mut sums = CompensatedSums::new(missing.len());
    vectorised(
        #[inline(always)]
        || {
            table.walk(
                rows,
                #[inline(always)]
                |cells| {
                    for (missing, cell) in missing.iter_mut().zip(cells) {
                        *missing += if cell.is_nan() { 1.0 } else { 0.0 };
                    }
                    sums.add(cells, |_, cell| if cell.is_nan() { 0.0 } else { cell });
                    for (column, counts) in categories.iter_mut().filter(|(column, _)| !cells[*column].is_nan()) {
                        counts[cells[*column] as usize] += 1.0;
                    }
                },
            );
        },
    );
    Tally { rows: rows.len(), missing, sums: sums.totals(), categories: categories.into_iter().map(|(_, counts)| counts).collect() }
}

impl Tally {
    /// For each column how many cells are missing and, if it has categories, how many are of each.
    fn counts(&self, table: &Table) -> Vec<f64> {
        let mut categories = self.categories.iter();
        let mut counts = Vec::new();
        for (column, &missing) in table.columns.iter().zip(&self.missing) {
            counts.push(missing);
            if column.kind != Kind::Number {
                counts.extend(categories.next().expect("every such column was counted"));
            }
        }
        counts
    }

    /// Count and sum of each column's observed cells.
    fn observed(&self, columns: &[usize]) -> Vec<f64> {
        columns.iter().flat_map(|&column| [self.rows as f64 - self.missing[column], self.sums[column]]).collect()
    }
}

/// A column of numbers after the first pass, over all clients.
#[derive(Clone, Copy, Debug)]
struct Observed {
    count: f64,
    sum: f64,
    /// Least and greatest cell; where only sums were asked for, the whole line.
    range: (f64, f64),
}

/// The statistics of every column of numbers over some rows that need no exchange.
fn statistics_alone(spec: &Preprocess, table: &Table, rows: &[u32], tally: &Tally) -> Result<Vec<Number>, Error> {
    statistics(spec, table, &[rows], std::slice::from_ref(tally), &InTheClear)
}

/// The statistics of every column of numbers, from exchanges between `clients`, of each of whom there is a tally.
fn statistics<R: AsRef<[u32]> + Sync>(
    spec: &Preprocess,
    table: &Table,
    clients: &[R],
    tallies: &[Tally],
    exchange: &dyn Exchange,
) -> Result<Vec<Number>, Error> {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|&index| table.columns[index].kind == Kind::Number).collect();
    let rows = tallies.iter().map(|tally| tally.rows as f64).sum::<f64>();
    let sums = exchange.sum(&tallies.iter().map(|tally| tally.observed(&columns)).collect::<Vec<_>>())?;
    // Nobody learns the range of a column that isn't scaled by it.
    let ranges = match spec.scale {
        Scale::MinMax => {
            let greatest = exchange.greatest(&reduce::map(clients, |rows| extremes(table, &columns, rows.as_ref())))?;
            greatest.chunks_exact(2).map(|ends| (-ends[0], ends[1])).collect()
        }
        Scale::None | Scale::Standard => vec![(f64::NEG_INFINITY, f64::INFINITY); columns.len()],
    };
    let observed: Vec<Observed> =
        sums.chunks_exact(2).zip(ranges).map(|(sums, range)| Observed { count: sums[0], sum: sums[1], range }).collect();
    let fills: Vec<f64> =
        observed.iter().zip(&columns).map(|(observed, &column)| fill(spec.missing, observed, table, column, clients)).collect();
    let means: Vec<f64> =
        observed.iter().zip(&fills).map(|(observed, fill)| (observed.sum + (rows - observed.count) * fill) / rows).collect();
    let squares = exchange.sum(&reduce::map(clients, |rows| second_pass(table, &columns, rows.as_ref(), &fills, &means)))?;
    Ok((0..columns.len()).map(|at| number(spec.scale, &observed[at], fills[at], means[at], (squares[at] / rows).sqrt(), rows)).collect())
}

/// Minus the least and the greatest of each column's observed cells.
fn extremes(table: &Table, columns: &[usize], rows: &[u32]) -> Vec<f64> {
    let mut ends = vec![f64::NEG_INFINITY; 2 * columns.len()];
    table.walk(rows, |cells| {
        for (&column, ends) in columns.iter().zip(ends.chunks_exact_mut(2)) {
            // A missing cell, which is NaN, leaves the other operand.
            ends[0] = ends[0].max(-cells[column]);
            ends[1] = ends[1].max(cells[column]);
        }
    });
    ends
}

/// Sums of squares about the mean, filled cells included.
fn second_pass(table: &Table, columns: &[usize], rows: &[u32], fills: &[f64], means: &[f64]) -> Vec<f64> {
    // Of columns that are no numbers, codes are summed as well: it is quicker than to leave them out, and nobody looks.
    let (mut all_fills, mut all_means) = (vec![0.0; table.columns.len()], vec![0.0; table.columns.len()]);
    for (at, &column) in columns.iter().enumerate() {
        (all_fills[column], all_means[column]) = (fills[at], means[at]);
    }
    let mut sums = CompensatedSums::new(all_fills.len());
    vectorised(
        #[inline(always)]
        || {
            table.walk(
                rows,
                #[inline(always)]
                |cells| {
                    // As long as the row, so that no cell needs a check.
                    let (fills, means) = (&all_fills[..cells.len()], &all_means[..cells.len()]);
                    sums.add(cells, |at, cell| {
                        let away = if cell.is_nan() { fills[at] } else { cell } - means[at];
                        away * away
                    });
                },
            );
        },
    );
    let sums = sums.totals();
    columns.iter().map(|&column| sums[column]).collect()
}

/// What a column's missing cells count as; 0 where nothing was observed.
fn fill<R: AsRef<[u32]>>(rule: Fill, observed: &Observed, table: &Table, column: usize, clients: &[R]) -> f64 {
    match rule {
        _ if observed.count == 0.0 => 0.0,
        // Nothing is missing, or the reader would have stopped.
        Fill::Error | Fill::Zero => 0.0,
        Fill::Mean => observed.sum / observed.count,
        Fill::Median => {
            let cells = clients.iter().flat_map(AsRef::as_ref).map(|&row| table.row(row as usize)[column]);
            let mut observed: Vec<f64> = cells.filter(|cell| !cell.is_nan()).collect();
            observed.sort_unstable_by(f64::total_cmp);
            let middle = observed.len() / 2;
            if observed.len() % 2 == 1 { observed[middle] } else { f64::midpoint(observed[middle - 1], observed[middle]) }
        }
    }
}

/// A spread of so many times the mean is the mean's own rounding: the column is constant.
const CONSTANT: f64 = 4.0 * f64::EPSILON;

fn number(scale: Scale, observed: &Observed, fill: f64, mean: f64, std: f64, rows: f64) -> Number {
    if observed.count == 0.0 {
        return UNOBSERVED;
    }
    let (offset, scale) = match scale {
        Scale::None => (0.0, 1.0),
        Scale::Standard => (mean, if std <= CONSTANT * mean.abs() { 1.0 } else { std }),
        Scale::MinMax => {
            let (low, high) = match observed.range {
                (low, high) if observed.count < rows => (low.min(fill), high.max(fill)),
                range => range,
            };
            (low, if low == high { 1.0 } else { high - low })
        }
    };
    Number { fill, offset, scale, observed: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::{STANDARD_NORMAL, unit};
    use crate::settings::{Document, Source};
    use ndarray_rand::rand::distr::Distribution;

    fn spec(text: &str) -> Preprocess {
        let document = Document::parse(&Source::new("test", text), &[]).expect("it is TOML");
        let spec = Preprocess::read(&mut document.root());
        document.finish().expect("it has no mistakes");
        spec
    }

    fn numbers(transform: &Transform) -> Vec<[f64; 3]> {
        let number = |feature: &Feature| match feature.rule {
            Rule::Number { fill, offset, scale } => Some([fill, offset, scale]),
            _ => None,
        };
        transform.features.iter().filter_map(number).collect()
    }

    /// One column of four cells, the last missing, dealt to two clients.
    fn small() -> (Table, [Vec<u32>; 2]) {
        (Table::of_test(&[("x", Kind::Number)], &[1.0, 3.0, 8.0, f64::NAN]), [vec![0, 3], vec![1, 2]])
    }

    /// By hand: the mean of 1, 3, 8 is 4; filled with it the squares about it are 9, 1, 16, 0, the variance 26 / 4.
    #[test]
    fn statistics_are_those_of_the_filled_column() {
        let (table, clients) = small();
        let fitted = fit(&spec(""), &table, &clients, &InTheClear).expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[4.0, 4.0, 6.5_f64.sqrt()]]);
        let fitted = fit(&spec("missing = \"zero\"\nscale = \"minmax\""), &table, &clients, &InTheClear).expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[0.0, 0.0, 8.0]]);
        let fitted = fit(&spec("missing = \"median\"\nfit = \"pooled\"\nscale = \"none\""), &table, &clients, &InTheClear)
            .expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[3.0, 0.0, 1.0]]);
    }

    /// By hand: client 1 sees 1 alone (constant, scale 1), client 2 sees 3 and 8 (mean 5.5, standard deviation 2.5).
    #[test]
    fn a_local_fit_is_each_clients_own_and_test_rows_get_the_weighted_average() {
        let (table, clients) = small();
        let fitted = fit(&spec("fit = \"local\""), &table, &clients, &InTheClear).expect("it can be fitted");
        assert_eq!(fitted.own.iter().flat_map(numbers).collect::<Vec<_>>(), [[1.0, 1.0, 1.0], [5.5, 5.5, 2.5]]);
        assert_eq!(numbers(&fitted.shared), [[3.25, 3.25, 1.75]]);
    }

    /// By hand: of the second column only client 2 knows values, 3 and 8; in the third nobody does.
    #[test]
    fn a_client_without_a_value_has_no_weight_in_a_column_and_takes_the_others_numbers() {
        let none = f64::NAN;
        let cells = vec![1.0, none, none, 1.0, none, none, 5.0, 3.0, none, 5.0, 8.0, none];
        let table = Table::of_test(&["a", "b", "c"].map(|name| (name, Kind::Number)), &cells);
        let clients = [vec![0, 1], vec![2, 3]];
        let fitted = fit(&spec("fit = \"local\""), &table, &clients, &InTheClear).expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[3.0, 3.0, 1.0], [5.5, 5.5, 2.5], [0.0, 0.0, 1.0]]);
        assert_eq!(numbers(&fitted.own[0]), [[1.0, 1.0, 1.0], [5.5, 5.5, 2.5], [0.0, 0.0, 1.0]]);
        assert_eq!(numbers(&fitted.own[1]), [[5.0, 5.0, 1.0], [5.5, 5.5, 2.5], [0.0, 0.0, 1.0]]);
    }

    #[test]
    fn a_constant_column_is_scaled_by_one_and_centred_exactly() {
        // The mean of ten 0.1 is not 0.1 in floating point.
        let table = Table::of_test(&[("x", Kind::Number)], &[0.1; 10]);
        let fitted = fit(&spec(""), &table, &[(0..10).collect()], &InTheClear).expect("it can be fitted");
        let [[_, offset, scale]] = numbers(&fitted.shared)[..] else { panic!("one feature") };
        assert_eq!((offset, scale), (0.1, 1.0));
    }

    /// Columns of far-off means, wide ranges and missing cells; relative to the larger of mean and spread.
    #[test]
    fn federated_statistics_equal_pooled_ones_to_twelve_digits() {
        let mut stream = Streams::new(Seeds::all(5)).stream(Purpose::Generate, 0, 0);
        let rows = 5000_u32;
        let mut cells = Vec::new();
        for _ in 0..rows {
            let x = STANDARD_NORMAL.sample(&mut stream);
            cells.extend([x, 1e9 + x, 1e-9 * x, x * x * x * 1e6, if unit(&mut stream) < 0.3 { f64::NAN } else { 50.0 + x }]);
        }
        let names = ["a", "b", "c", "d", "e"].map(|name| (name, Kind::Number));
        let table = Table::of_test(&names, &cells);
        let clients: Vec<Vec<u32>> = (0..7).map(|client| (0..rows).filter(|row| row * row % 7 == client).collect()).collect();
        let clients: Vec<Vec<u32>> = clients.into_iter().filter(|rows| !rows.is_empty()).collect();
        for scale in ["standard", "minmax"] {
            let fitted = |fit_kind: &str| {
                let spec = spec(&format!("fit = \"{fit_kind}\"\nscale = \"{scale}\""));
                numbers(&fit(&spec, &table, &clients, &InTheClear).expect("it can be fitted").shared)
            };
            for (federated, pooled) in fitted("federated").iter().zip(fitted("pooled")) {
                let size = pooled[1].abs().max(pooled[2]);
                for (federated, pooled) in federated.iter().zip(pooled) {
                    assert!((federated - pooled).abs() <= 1e-12 * size, "{federated} for {pooled}");
                }
                assert!((federated[2] - pooled[2]).abs() <= 1e-12 * pooled[2], "{} for {}", federated[2], pooled[2]);
            }
        }
    }

    #[test]
    fn categories_come_sorted_and_only_those_that_training_rows_have() {
        let kind = Kind::Category(["a", "b", "c"].map(str::to_owned).to_vec());
        let table = Table::of_test(&[("k", kind)], &[2.0, 0.0, f64::NAN, 1.0]);
        let fitted = fit(&spec(""), &table, &[vec![0], vec![1, 2]], &InTheClear).expect("it can be fitted");
        assert_eq!(fitted.shared.names(), ["k=a", "k=c", "k (missing)"]);
        let mut out = [9.0; 3];
        let bound = fitted.shared.bind(&table).expect("the table fits");
        for (row, expected) in [(0, [0.0, 1.0, 0.0]), (2, [0.0, 0.0, 1.0]), (3, [0.0, 0.0, 0.0])] {
            bound.apply(table.row(row), &mut out);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn numbers_whose_squares_overflow_are_refused() {
        let table = Table::of_test(&[("x", Kind::Number)], &[1e200, -1e200]);
        assert!(fit(&spec(""), &table, &[vec![0, 1]], &InTheClear).is_err());
    }
}
