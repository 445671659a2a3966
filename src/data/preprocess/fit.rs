//! Fits the features to the training rows from what clients could send: counts, sums on a grid and, where they are asked for,
//! quantiles and extremes.

use super::by_client::by_client;
use super::clip::{bounds, bounds_alone, clip};
use super::local::{Own, weighted_means};
use super::shape::Shape;
use super::statistics::{Known, Number, Statistics, UNOBSERVED, statistics, statistics_alone};
use super::tally::{Counts, Tally};
use super::transform::{Clip, NOT_CLIPPED, Transform};
use super::{Fit, Preprocess};
use crate::data::table::{Kind, Table};
use crate::diag::{Error, Problem};
use crate::exchange::Survey;
use crate::work::Work;

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

/// Fits the features to the training rows of `clients` (row indices of `table`), and clips these rows where that is asked for.
/// Whatever leaves a client goes through `survey`.
///
/// # Errors
/// When no feature is left, a column has too many categories, or its numbers are too large.
pub fn fit(spec: &Preprocess, table: &mut Table, clients: &[Vec<u32>], survey: &Survey<'_>) -> Result<Fitted, Error> {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|&index| table.columns[index].kind == Kind::Number).collect();
    let mut tallies = by_client("counting cells", clients, |rows| Tally::of(table, rows));
    let counts = Counts::over_all(&tallies, table, survey)?;
    let shape = Shape::find(spec, table, &counts)?;
    match spec.fit {
        Fit::Federated => {
            let clips = match spec.clip {
                Some(shares) => bounds(shares, table, &columns, clients, &counts, survey)?,
                None => vec![NOT_CLIPPED; columns.len()],
            };
            if spec.clip.is_some() {
                clients.iter().zip(&mut tallies).for_each(|(rows, tally)| clip(table, rows, tally, &columns, &clips));
            }
            let known = Known { columns: &columns, tallies: &tallies, counts: &counts };
            let Statistics { numbers, error } = statistics(spec, table, clients, &known, survey)?;
            Ok(Fitted { shared: shape.transform(&numbers, &clips)?, own: Vec::new(), error })
        }
        Fit::Pooled => {
            let all = clients.concat();
            let (Statistics { numbers, error }, clips) = alone(spec, table, &all, &columns, &mut Tally::of(table, &all))?;
            Ok(Fitted { shared: shape.transform(&numbers, &clips)?, own: Vec::new(), error })
        }
        Fit::Local => {
            let work = Work::begin("preprocessing, client by client", clients.len() as u64);
            let mut each = Vec::with_capacity(clients.len());
            for (rows, tally) in clients.iter().zip(&mut tallies) {
                each.push(alone(spec, table, rows, &columns, tally)?);
                work.advance(1);
            }
            drop(work);
            local(&shape, &each, &clients.iter().map(Vec::len).collect::<Vec<_>>(), survey)
        }
    }
}

/// The numbers and clips that some rows need no exchange for; the rows are clipped.
fn alone(
    spec: &Preprocess,
    table: &mut Table,
    rows: &[u32],
    columns: &[usize],
    tally: &mut Tally,
) -> Result<(Statistics, Vec<Clip>), Error> {
    let mut clips = vec![NOT_CLIPPED; columns.len()];
    if let Some(shares) = spec.clip {
        clips = bounds_alone(shares, table, columns, rows, tally)?;
        clip(table, rows, tally, columns, &clips);
    }
    Ok((statistics_alone(spec, table, rows, columns, tally)?, clips))
}

/// Each client's own features, and their mean, weighted by example counts, for test rows. A client without a value of a column has
/// no weight in it, and takes the others' numbers.
fn local(shape: &Shape, each: &[(Statistics, Vec<Clip>)], examples: &[usize], survey: &Survey<'_>) -> Result<Fitted, Error> {
    let figures = |number: &Number| number.observed.then_some([number.fill, number.offset, number.scale]);
    let with_rows = || each.iter().zip(examples);
    let own = |((of, _), &rows): (&(Statistics, _), _)| of.numbers.iter().map(|number| Own::of(figures(number), rows)).collect();
    let numbers: Vec<Vec<Own>> = with_rows().map(own).collect();
    let means = weighted_means(&numbers, ["magnitudes_of_local_numbers", "local_numbers"], survey)?;
    let number = |mean: Option<Vec<f64>>| match mean.as_deref() {
        Some(&[fill, offset, scale]) => Number { fill, offset, scale, observed: true },
        _ => UNOBSERVED,
    };
    let average: Vec<Number> = means.into_iter().map(number).collect();
    let is_clipped = |clip: &Clip| *clip != NOT_CLIPPED;
    let shared_clips = if each.iter().flat_map(|(_, clips)| clips).any(is_clipped) {
        let own =
            |((_, clips), &rows): (&(_, Vec<Clip>), _)| clips.iter().map(|clip| Own::of(is_clipped(clip).then_some(*clip), rows)).collect();
        let clips: Vec<Vec<Own>> = with_rows().map(own).collect();
        let means = weighted_means(&clips, ["magnitudes_of_local_bounds", "local_bounds"], survey)?;
        let clip = |mean: Option<Vec<f64>>| match mean.as_deref() {
            Some(&[low, high]) => [low, high],
            _ => NOT_CLIPPED,
        };
        means.into_iter().map(clip).collect()
    } else {
        vec![NOT_CLIPPED; average.len()]
    };
    let own = |(statistics, clips): &(Statistics, Vec<Clip>)| {
        let numbers = statistics.numbers.iter().zip(&average).map(|(&mine, &shared)| if mine.observed { mine } else { shared });
        shape.transform(&numbers.collect::<Vec<_>>(), clips)
    };
    let own: Result<Vec<Transform>, Problem> = each.iter().map(own).collect();
    let error = each.iter().map(|(statistics, _)| statistics.error).fold(0.0, f64::max);
    Ok(Fitted { shared: shape.transform(&average, &shared_clips)?, own: own?, error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::preprocess::transform::{Feature, Rule};
    use crate::numeric::exact_sum::ExactSum;
    use crate::numeric::rng::{Purpose, Seeds, Streams};
    use crate::numeric::sample::{STANDARD_NORMAL, unit};
    use crate::settings::{Document, Source};
    use ndarray_rand::rand::distr::Distribution;

    fn spec(text: &str) -> Preprocess {
        let document = Document::parse(&Source::new("test", text), &[]).expect("it is TOML");
        let spec = Preprocess::read(&mut document.root(), false);
        document.finish().expect("it has no mistakes");
        spec
    }

    fn numbers(transform: &Transform) -> Vec<[f64; 3]> {
        let number = |feature: &Feature| match feature.rule {
            Rule::Number { fill, offset, scale, .. } => Some([fill, offset, scale]),
            _ => None,
        };
        transform.features.iter().filter_map(number).collect()
    }

    fn clips(transform: &Transform) -> Vec<[f64; 3]> {
        let clip = |feature: &Feature| match feature.rule {
            Rule::Number { clip: [low, high], .. } => Some([low, high, 0.0]),
            _ => None,
        };
        transform.features.iter().filter_map(clip).collect()
    }

    /// One column of four cells, the last missing, dealt to two clients.
    fn small() -> (Table, [Vec<u32>; 2]) {
        (Table::of_test(&[("x", Kind::Number)], &[1.0, 3.0, 8.0, f64::NAN]), [vec![0, 3], vec![1, 2]])
    }

    /// By hand: the mean of 1, 3, 8 is 4; filled with it the squares about it are 9, 1, 16, 0, the variance 26 / 4.
    #[test]
    fn statistics_are_those_of_the_filled_column() {
        let (mut table, clients) = small();
        let fitted = fit(&spec(""), &mut table, &clients, &Survey::in_one_place()).expect("it can be fitted");
        let [[fill, offset, scale]] = numbers(&fitted.shared)[..] else { panic!("one feature") };
        assert!((fill, offset) == (4.0, 4.0) && (scale - 6.5_f64.sqrt()).abs() < 1e-15, "{scale}");
        let fitted =
            fit(&spec("missing = \"zero\"\nscale = \"minmax\""), &mut table, &clients, &Survey::in_one_place()).expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[0.0, 0.0, 8.0]]);
        let fitted = fit(&spec("missing = \"median\"\nfit = \"pooled\"\nscale = \"none\""), &mut table, &clients, &Survey::in_one_place())
            .expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[3.0, 0.0, 1.0]]);
    }

    /// By hand: of 0, 1, ..., 99 a tenth lies up to 9 and nine tenths up to 89.
    #[test]
    fn a_clipped_column_has_the_statistics_of_what_is_left_of_it() {
        let cells: Vec<f64> = (0..100).map(f64::from).collect();
        let mut table = Table::of_test(&[("x", Kind::Number)], &cells);
        let clients: Vec<Vec<u32>> = (0..3).map(|client| (0..100).filter(|row| row % 3 == client).collect()).collect();
        let fitted = fit(&spec("clip = [0.1, 0.9]"), &mut table, &clients, &Survey::in_one_place()).expect("it can be fitted");
        let Rule::Number { clip, offset, .. } = fitted.shared.features[0].rule else { panic!("a number") };
        assert_eq!(clip, [9.0, 89.0]);
        let expected = cells.iter().map(|x| x.clamp(9.0, 89.0)).sum::<f64>() / 100.0;
        assert!((offset - expected).abs() < 1e-13, "{offset} for {expected}");
        // A new row is clipped, too.
        let new = Table::of_test(&[("x", Kind::Number)], &[1e9]);
        let mut out = [0.0];
        fitted.shared.bind(&new).expect("the table fits").apply(new.row(0), &mut out);
        let Rule::Number { scale, .. } = fitted.shared.features[0].rule else { panic!("a number") };
        assert_eq!(out, [(89.0 - offset) / scale]);
    }

    /// Of a hundred cells, one is 1: clipping would leave nothing of it.
    #[test]
    fn a_column_that_clipping_would_make_constant_stays_as_it_is() {
        let mut cells = vec![0.0; 100];
        cells[7] = 1.0;
        let mut table = Table::of_test(&[("x", Kind::Number)], &cells);
        let fitted =
            fit(&spec("clip = [0.05, 0.95]"), &mut table, &[(0..100).collect()], &Survey::in_one_place()).expect("it can be fitted");
        assert_eq!(clips(&fitted.shared), [[f64::NEG_INFINITY, f64::INFINITY, 0.0]]);
        assert_eq!(table.cells(), cells);
    }

    /// Quartiles of 1 to 4 by hand: 1, 2 and 3.
    #[test]
    fn a_robust_scale_is_the_distance_of_the_quartiles() {
        let mut table = Table::of_test(&[("x", Kind::Number)], &[4.0, 1.0, 1000.0, 3.0, 2.0, f64::NAN, 2.0, 3.0]);
        let fitted = fit(&spec("scale = \"robust\"\nmissing = \"median\""), &mut table, &[vec![0, 1, 3, 4, 5]], &Survey::in_one_place());
        assert_eq!(numbers(&fitted.expect("it can be fitted").shared), [[2.0, 2.0, 2.0]]);
    }

    /// Each client's own bounds for its own rows; test rows have their mean, weighted by rows.
    #[test]
    fn a_local_fit_clips_by_each_clients_own_quantiles() {
        let cells: Vec<f64> = (0..10).chain(100..110).map(f64::from).collect();
        let mut table = Table::of_test(&[("x", Kind::Number)], &cells);
        let clients: Vec<Vec<u32>> = vec![(0..10).collect(), (10..20).collect()];
        let fitted =
            fit(&spec("fit = \"local\"\nclip = [0.2, 0.8]"), &mut table, &clients, &Survey::in_one_place()).expect("it can be fitted");
        assert_eq!(fitted.own.iter().flat_map(clips).collect::<Vec<_>>(), [[1.0, 7.0, 0.0], [101.0, 107.0, 0.0]]);
        assert_eq!(clips(&fitted.shared), [[51.0, 57.0, 0.0]]);
        assert_eq!((table.row(0), table.row(19)), ([1.0].as_slice(), [107.0].as_slice()));
    }

    /// By hand: client 1 sees 1 alone (constant, scale 1), client 2 sees 3 and 8 (mean 5.5, standard deviation 2.5).
    #[test]
    fn a_local_fit_is_each_clients_own_and_test_rows_get_the_weighted_average() {
        let (mut table, clients) = small();
        let fitted = fit(&spec("fit = \"local\""), &mut table, &clients, &Survey::in_one_place()).expect("it can be fitted");
        assert_eq!(fitted.own.iter().flat_map(numbers).collect::<Vec<_>>(), [[1.0, 1.0, 1.0], [5.5, 5.5, 2.5]]);
        assert_eq!(numbers(&fitted.shared), [[3.25, 3.25, 1.75]]);
    }

    /// By hand: of the second column only client 2 knows values, 3 and 8; in the third nobody does.
    #[test]
    fn a_client_without_a_value_has_no_weight_in_a_column_and_takes_the_others_numbers() {
        let none = f64::NAN;
        let cells = vec![1.0, none, none, 1.0, none, none, 5.0, 3.0, none, 5.0, 8.0, none];
        let mut table = Table::of_test(&["a", "b", "c"].map(|name| (name, Kind::Number)), &cells);
        let clients = [vec![0, 1], vec![2, 3]];
        let fitted = fit(&spec("fit = \"local\""), &mut table, &clients, &Survey::in_one_place()).expect("it can be fitted");
        assert_eq!(numbers(&fitted.shared), [[3.0, 3.0, 1.0], [5.5, 5.5, 2.5], [0.0, 0.0, 1.0]]);
        assert_eq!(numbers(&fitted.own[0]), [[1.0, 1.0, 1.0], [5.5, 5.5, 2.5], [0.0, 0.0, 1.0]]);
        assert_eq!(numbers(&fitted.own[1]), [[5.0, 5.0, 1.0], [5.5, 5.5, 2.5], [0.0, 0.0, 1.0]]);
    }

    #[test]
    fn a_constant_column_is_scaled_by_one_and_centred_exactly() {
        // The mean of ten 0.1 is not 0.1 in floating point.
        let mut table = Table::of_test(&[("x", Kind::Number)], &[0.1; 10]);
        let fitted = fit(&spec(""), &mut table, &[(0..10).collect()], &Survey::in_one_place()).expect("it can be fitted");
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
        for rest in [
            "scale = \"standard\"",
            "scale = \"minmax\"",
            "missing = \"zero\"",
            "indicator = true\nscale = \"none\"",
            "scale = \"robust\"",
            "missing = \"median\"",
            "clip = [0.01, 0.99]",
            "clip = [0.1, 0.9]\nscale = \"minmax\"\nmissing = \"median\"",
        ] {
            let fitted = |kind: &str, clients: u32| {
                let fitted =
                    fit(&spec(&format!("fit = \"{kind}\"\n{rest}")), &mut hard(5000), &dealt(5000, clients), &Survey::in_one_place());
                let shared = fitted.expect("it can be fitted").shared;
                numbers(&shared).into_iter().chain(clips(&shared)).flatten().map(f64::to_bits).collect::<Vec<u64>>()
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
        let mut table = hard(5000);
        let Fitted { shared, error, .. } = fit(&spec(""), &mut table, &dealt(5000, 7), &Survey::in_one_place()).expect("it can be fitted");
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
        let mut table = Table::of_test(&[("k", kind)], &[2.0, 0.0, f64::NAN, 1.0]);
        let fitted = fit(&spec(""), &mut table, &[vec![0], vec![1, 2]], &Survey::in_one_place()).expect("it can be fitted");
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
            let mut table = Table::of_test(&[("x", Kind::Number)], &[size, -size]);
            let fitted = fit(&spec(""), &mut table, &[vec![0], vec![1]], &Survey::in_one_place()).expect("it can be fitted");
            assert_eq!(numbers(&fitted.shared), [[0.0, 0.0, size]]);
        }
        // A range that is no double.
        let mut table = Table::of_test(&[("x", Kind::Number)], &[1e308, -1e308]);
        let refused = fit(&spec("scale = \"minmax\""), &mut table, &[vec![0, 1]], &Survey::in_one_place()).expect_err("it has no range");
        assert!(refused.to_string().contains("column `x` are too large"), "{refused}");
    }
}
