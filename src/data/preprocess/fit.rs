//! Fits the features to the training rows from what clients could send: counts, sums on a grid and, for `minmax`, extremes.

use super::exchange::{Exchange, InTheClear, Question};
use super::moments::{Moments, SUM_BITS, bound_power, level, moments};
use super::tally::{Counts, Tally};
use super::{Fill, Fit, Preprocess, Scale};
use crate::data::preprocess::transform::{Feature, Rule, Transform};
use crate::data::table::{Kind, Table};
use crate::diag::{Error, Problem};
use crate::numeric::grid;
use crate::numeric::math::scale_by_power_of_two;
use crate::numeric::order::{from_order_key, order_key};
use crate::numeric::reduce;

/// The most one-hot features that one column may give.
const CATEGORIES_MAX: usize = 1000;

/// The features as fitted: one transform for all, and each client's own where it has one.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// What test rows and new rows go through.
    pub shared: Transform,
    /// Each client's transform, if `fit = "local"`; empty otherwise.
    pub own: Vec<Transform>,
    /// By how much of a column's spread its mean and spread may be off at most; 0 where no column has any.
    pub error: f64,
}

/// Fits the features to the training rows of `clients` (row indices of `table`). Whatever leaves a client goes through
/// `exchange`.
///
/// # Errors
/// When no feature is left, a column has too many categories, or its numbers are too large.
pub fn fit(spec: &Preprocess, table: &Table, clients: &[Vec<u32>], exchange: &dyn Exchange) -> Result<Fitted, Error> {
    let tallies = reduce::map(clients, |rows| Tally::of(table, rows));
    let counts = Counts::over_all(&tallies, table, exchange)?;
    let shape = Shape::find(spec, table, &counts)?;
    match spec.fit {
        Fit::Federated => {
            let Statistics { numbers, error } = statistics(spec, table, clients, (&tallies, &counts), exchange)?;
            Ok(Fitted { shared: shape.transform(&numbers)?, own: Vec::new(), error })
        }
        Fit::Pooled => {
            let all = clients.concat();
            let Statistics { numbers, error } = statistics_alone(spec, table, &all, &Tally::of(table, &all))?;
            Ok(Fitted { shared: shape.transform(&numbers)?, own: Vec::new(), error })
        }
        Fit::Local => {
            let known: Vec<_> = clients.iter().zip(&tallies).collect();
            let alone = |&(rows, tally): &(&Vec<u32>, &Tally)| statistics_alone(spec, table, rows, tally);
            let each = reduce::map(&known, alone).into_iter().collect::<Result<Vec<_>, Error>>()?;
            let error = each.iter().map(|statistics| statistics.error).fold(0.0, f64::max);
            let examples: Vec<usize> = clients.iter().map(Vec::len).collect();
            let average = average(&each, &examples, exchange)?;
            // A client without a value of a column takes the others' numbers.
            let own = |Statistics { numbers, .. }: &Statistics| {
                let numbers = numbers.iter().zip(&average).map(|(&mine, &shared)| if mine.observed { mine } else { shared });
                shape.transform(&numbers.collect::<Vec<_>>())
            };
            let own: Result<Vec<Transform>, Problem> = each.iter().map(own).collect();
            Ok(Fitted { shared: shape.transform(&average)?, own: own?, error })
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

/// The statistics of every column of numbers.
#[derive(Clone, Debug)]
struct Statistics {
    numbers: Vec<Number>,
    /// By how much of a column's spread they may be off at most.
    error: f64,
}

/// Figures of a [`Number`].
const FIGURES: usize = 3;

/// The clients' numbers, weighted by their example counts; a client that has no value of a column has no weight in it.
fn average(each: &[Statistics], examples: &[usize], exchange: &dyn Exchange) -> Result<Vec<Number>, Error> {
    let figures = |number: &Number| [number.fill, number.offset, number.scale];
    // A server learns a level for each figure, which it rounds the greatest magnitude of any client's up to.
    let levels = |statistics: &Statistics| statistics.numbers.iter().flat_map(figures).map(|figure| level(figure.abs())).collect();
    let levels = exchange.greatest(&Question::plain("magnitudes_of_local_numbers"), &each.iter().map(levels).collect::<Vec<_>>())?;
    let powers: Vec<i32> = levels.into_iter().map(bound_power).collect();
    // And the weighted sums of the figures, in steps of the grids, with the weights' sum.
    let weighted = |(Statistics { numbers, .. }, &examples): (&Statistics, &usize)| -> Vec<i128> {
        let of = |(number, powers): (&Number, &[i32; FIGURES])| {
            let weight = if number.observed { examples as i128 } else { 0 };
            let in_steps = |(figure, power): (f64, &i32)| grid::steps(scale_by_power_of_two(figure, -power)) * weight;
            figures(number).into_iter().zip(powers).map(in_steps).chain([weight]).collect::<Vec<i128>>()
        };
        numbers.iter().zip(powers.as_chunks().0).flat_map(of).collect()
    };
    let broadcast: Vec<f64> = powers.iter().map(|&power| f64::from(power)).collect();
    let answers: Vec<Vec<i128>> = each.iter().zip(examples).map(weighted).collect();
    let sums = exchange.sum(&Question { name: "local_numbers", broadcast: &broadcast }, SUM_BITS, &answers)?;
    let number = |(sums, powers): (&[i128; FIGURES + 1], &[i32; FIGURES])| {
        let &[fill, offset, scale, weight] = sums;
        if weight == 0 {
            return UNOBSERVED;
        }
        let mean = |sum: i128, power: i32| scale_by_power_of_two(grid::from_steps(sum) / weight as f64, power);
        Number { fill: mean(fill, powers[0]), offset: mean(offset, powers[1]), scale: mean(scale, powers[2]), observed: true }
    };
    Ok(sums.as_chunks().0.iter().zip(powers.as_chunks().0).map(number).collect())
}

/// Which features there are, before their numbers are known.
struct Shape {
    /// The rule of a number is set by [`Shape::transform`].
    features: Vec<Feature>,
}

impl Shape {
    fn find(spec: &Preprocess, table: &Table, counts: &Counts) -> Result<Self, Error> {
        let mut features = Vec::new();
        for ((column, &missing), present) in table.columns.iter().zip(&counts.missing).zip(&counts.categories) {
            let source = &column.name;
            let feature = |name: String, rule: Rule| Feature { name, source: source.clone(), rule };
            let missing_name = || format!("{source} (missing)");
            match &column.kind {
                Kind::Number => {
                    features.push(feature(source.clone(), Rule::Number { fill: 0.0, offset: 0.0, scale: 1.0 }));
                    if spec.indicator && missing > 0 {
                        features.push(feature(missing_name(), Rule::Indicator));
                    }
                }
                Kind::Category(categories) => {
                    let seen: Vec<&String> =
                        categories.iter().zip(present).filter(|&(_, &count)| count > 0).map(|(name, _)| name).collect();
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
                    if missing > 0 {
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
                    let message = format!("the numbers of column `{}` are too large", feature.source);
                    return Err(Problem::new(message).help("rescale the column, or leave it out with data.drop"));
                }
                feature.rule = Rule::Number { fill, offset, scale };
            }
        }
        Ok(Transform { features })
    }
}

/// The statistics of every column of numbers over some rows that need no exchange.
fn statistics_alone(spec: &Preprocess, table: &Table, rows: &[u32], tally: &Tally) -> Result<Statistics, Error> {
    statistics(spec, table, &[rows], (std::slice::from_ref(tally), tally.counts()), &InTheClear)
}

/// The statistics of every column of numbers, from exchanges between `clients`: there is a tally of each, and the counts over
/// all are known.
fn statistics<R: AsRef<[u32]> + Sync>(
    spec: &Preprocess,
    table: &Table,
    clients: &[R],
    (tallies, counts): (&[Tally], &Counts),
    exchange: &dyn Exchange,
) -> Result<Statistics, Error> {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|&index| table.columns[index].kind == Kind::Number).collect();
    let moments = moments(table, &columns, clients, tallies, counts, exchange)?;
    let ranges = match spec.scale {
        Scale::MinMax => extremes(&columns, tallies, exchange)?,
        // Nobody learns the range of a column that isn't scaled by it.
        Scale::None | Scale::Standard => vec![None; columns.len()],
    };
    let number = |((&column, moments), range): ((&usize, &Moments), Option<(f64, f64)>)| {
        if counts.missing[column] == counts.rows {
            return UNOBSERVED;
        }
        let fill = fill(spec.missing, moments, table, column, clients);
        scaled(spec.scale, moments, fill, counts, (column, range))
    };
    let error = moments.iter().filter_map(Moments::error).fold(0.0, f64::max);
    Ok(Statistics { numbers: columns.iter().zip(&moments).zip(ranges).map(number).collect(), error })
}

/// The least and the greatest observed cell of each column; `None` where nothing is observed.
///
/// Byte by byte from the highest: a client whose extreme begins like the greatest so far answers with its next byte, the others
/// with 0. A server learns the extremes themselves, byte by byte, each of which is the cell of some client; not whose, and
/// nothing of any other's.
fn extremes(columns: &[usize], tallies: &[Tally], exchange: &dyn Exchange) -> Result<Vec<Option<(f64, f64)>>, Error> {
    // Added to zero, as -0 would else come before 0, and which of them is the greater is nobody's promise.
    let keys = |tally: &Tally| columns.iter().flat_map(|&column| tally.ends[column]).map(|end| order_key(end + 0.0)).collect::<Vec<u64>>();
    let keys: Vec<Vec<u64>> = tallies.iter().map(keys).collect();
    let mut prefixes = vec![0_u64; 2 * columns.len()];
    for (byte, name) in EXTREMES.into_iter().enumerate() {
        let shift = 56 - 8 * byte as u32;
        let next_byte = |(&key, &prefix): (&u64, &u64)| {
            // A shift by all 64 bits leaves nothing, as no byte is known yet.
            if key.checked_shr(shift + 8).unwrap_or(0) == prefix { (key >> shift & 0xff) as u8 } else { 0 }
        };
        let answers: Vec<Vec<u8>> = keys.iter().map(|keys| keys.iter().zip(&prefixes).map(next_byte).collect()).collect();
        // In halves, which doubles hold.
        let broadcast: Vec<f64> = prefixes.iter().flat_map(|prefix| [prefix >> 32, prefix & 0xffff_ffff]).map(|half| half as f64).collect();
        let greatest = exchange.greatest(&Question { name, broadcast: &broadcast }, &answers)?;
        prefixes.iter_mut().zip(greatest).for_each(|(prefix, byte)| *prefix = *prefix << 8 | u64::from(byte));
    }
    let ends = prefixes.into_iter().map(from_order_key).collect::<Vec<f64>>();
    let range = |&[least, greatest]: &[f64; 2]| (greatest > f64::NEG_INFINITY).then_some((-least, greatest));
    Ok(ends.as_chunks().0.iter().map(range).collect())
}

/// The questions for an extreme's bytes.
const EXTREMES: [&str; 8] =
    ["extremes_1", "extremes_2", "extremes_3", "extremes_4", "extremes_5", "extremes_6", "extremes_7", "extremes_8"];

/// What the missing cells of a column count as, some of whose cells are observed.
fn fill<R: AsRef<[u32]>>(rule: Fill, moments: &Moments, table: &Table, column: usize, clients: &[R]) -> f64 {
    match rule {
        // Nothing is missing, or the reader would have stopped.
        Fill::Error | Fill::Zero => 0.0,
        Fill::Mean => moments.mean(),
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

fn scaled(scale: Scale, moments: &Moments, fill: f64, counts: &Counts, (column, range): (usize, Option<(f64, f64)>)) -> Number {
    let (offset, scale) = match scale {
        Scale::None => (0.0, 1.0),
        Scale::Standard => {
            let (mean, std) = moments.filled(fill, counts.rows as f64);
            (mean, if std <= CONSTANT * mean.abs() { 1.0 } else { std })
        }
        Scale::MinMax => {
            let (low, high) = range.expect("the column has a value");
            let (low, high) = if counts.missing[column] > 0 { (low.min(fill), high.max(fill)) } else { (low, high) };
            (low, if low == high { 1.0 } else { high - low })
        }
    };
    Number { fill, offset, scale, observed: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::exact_sum::ExactSum;
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
        let [[fill, offset, scale]] = numbers(&fitted.shared)[..] else { panic!("one feature") };
        assert!((fill, offset) == (4.0, 4.0) && (scale - 6.5_f64.sqrt()).abs() < 1e-15, "{scale}");
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

    /// Columns of far-off means, wide ranges, far-off cells and missing ones.
    fn hard(rows: u32) -> Table {
        let mut stream = Streams::new(Seeds::all(5)).stream(Purpose::Generate, 0, 0);
        let mut cells = Vec::new();
        for row in 0..rows {
            let x = STANDARD_NORMAL.sample(&mut stream);
            let far_off = if row == 17 { 1e7 } else { x };
            let missing = if unit(&mut stream) < 0.3 { f64::NAN } else { 50.0 + x };
            cells.extend([x, 1e9 + x, 1e-9 * x, x * x * x * 1e6, missing, far_off, 0.1, 1e300 * x, 2011.0 + f64::from(row % 7)]);
        }
        Table::of_test(&["a", "b", "c", "d", "e", "f", "g", "h", "i"].map(|name| (name, Kind::Number)), &cells)
    }

    fn dealt(rows: u32, clients: u32) -> Vec<Vec<u32>> {
        let dealt = (0..clients).map(|client| (0..rows).filter(|row| row * row % clients == client).collect());
        dealt.filter(|rows: &Vec<u32>| !rows.is_empty()).collect()
    }

    /// Law: neither the deal nor the place where the statistics are worked out shows in a bit.
    #[test]
    fn federated_statistics_are_the_pooled_ones_to_the_bit_however_rows_are_dealt() {
        let table = hard(5000);
        for rest in ["scale = \"standard\"", "scale = \"minmax\"", "missing = \"zero\"", "indicator = true\nscale = \"none\""] {
            let fitted = |kind: &str, clients: u32| {
                let fitted = fit(&spec(&format!("fit = \"{kind}\"\n{rest}")), &table, &dealt(5000, clients), &InTheClear);
                numbers(&fitted.expect("it can be fitted").shared).into_iter().flatten().map(f64::to_bits).collect::<Vec<u64>>()
            };
            let pooled = fitted("pooled", 1);
            for clients in [1, 2, 7, 61] {
                assert!(fitted("federated", clients) == pooled, "{rest}: {clients}");
            }
        }
    }

    /// Against the textbook's two passes in exact sums (Kulisch and Miranker 1986), each rounded once: to 2^-40 of the spread.
    #[test]
    fn statistics_are_off_by_less_than_their_error_says() {
        let table = hard(5000);
        let Fitted { shared, error, .. } = fit(&spec(""), &table, &dealt(5000, 7), &InTheClear).expect("it can be fitted");
        assert!(error > 0.0 && error <= 1.0 / (1_u64 << 40) as f64, "{error:e}");
        for (column, [fill, mean, std]) in numbers(&shared).into_iter().enumerate() {
            let filled = (0..5000).map(|row| table.row(row)[column]).map(|cell| if cell.is_nan() { fill } else { cell });
            let exact = |terms: &mut dyn Iterator<Item = f64>| {
                let mut sum = ExactSum::default();
                terms.for_each(|term| sum.add(term));
                sum.round() / 5000.0
            };
            let expected = exact(&mut filled.clone());
            // So that squares don't overflow.
            let unit = if column == 7 { 1e300 } else { 1.0 };
            let spread = unit * exact(&mut filled.map(|cell| ((cell - expected) / unit) * ((cell - expected) / unit))).sqrt();
            if column == 6 {
                assert_eq!((mean, std), (0.1, 1.0));
                continue;
            }
            // The mean itself is a double.
            assert!((mean - expected).abs() <= error * spread + f64::EPSILON * expected.abs(), "{column}: {mean} for {expected}");
            assert!((std - spread).abs() <= (error + 4.0 * f64::EPSILON) * spread, "{column}: {std} for {spread}");
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

    /// The squares of 1e200 are no doubles, those of 1e-200 are zero; in bounds they are neither.
    #[test]
    fn numbers_may_be_as_large_and_as_small_as_doubles_are() {
        for size in [1e200, 1e-200, 1e308, 1e-290] {
            let table = Table::of_test(&[("x", Kind::Number)], &[size, -size]);
            let fitted = fit(&spec(""), &table, &[vec![0], vec![1]], &InTheClear).expect("it can be fitted");
            assert_eq!(numbers(&fitted.shared), [[0.0, 0.0, size]]);
        }
        // A range that is no double.
        let table = Table::of_test(&[("x", Kind::Number)], &[1e308, -1e308]);
        let refused = fit(&spec("scale = \"minmax\""), &table, &[vec![0, 1]], &InTheClear).expect_err("it has no range");
        assert!(refused.to_string().contains("column `x` are too large"), "{refused}");
    }
}
