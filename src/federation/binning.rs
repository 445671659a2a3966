//! A scorecard's bins: from three sums over all clients before the first round.

use super::cuts::{Parted, by_counts};
use crate::data::preprocess::{COUNT_BITS, Rule, Transform};
use crate::data::{ByClient, Federation};
use crate::diag::{Error, Place, Problem, Problems};
use crate::exchange::{Question, Survey};
use crate::learners::newton::PARAMETERS_MAX;
use crate::learners::scorecard::{Binned, Counts, PreColumn};
use crate::models::scorecard::{Card, Column, Lookup, Terms};
use crate::numeric::reduce;
use crate::numeric::rows::Storage;
use crate::scenario::Plan;

/// The columns in their bins. A server learns of each column of numbers how many cells lie in each range of numbers (see [`by_counts`]), and
/// of each column how many training rows of either class are in each pre-bin, of categories in each category: that one with a
/// single row shows that row's label.
pub(super) fn binned(plan: &Plan, terms: &Terms, federation: &Federation, survey: &Survey<'_>) -> Result<Binned, Error> {
    let train = &federation.all_rows("model.kind = \"scorecard\"")?.train;
    Problems::none_or(check_columns(terms, &federation.transform)).map_err(|error| plan.locate(error))?;
    let columns = columns(terms, &federation.transform, plan.data.source.storage);
    if columns.len() >= PARAMETERS_MAX {
        let message = format!("the regression adds the products of all columns with each other, and {} are too many", columns.len());
        let problem = Problem::about("model.kind", message).help(format!("drop columns until there are fewer than {PARAMETERS_MAX}"));
        return Err(plan.locate(problem.into()));
    }
    let columns = parted(terms, columns, train, survey)?;
    let binned = Binned::of(terms, &columns, &counts(&columns, train, survey)?);
    if binned.included().next().is_none() {
        let message = "no column parts the classes: each has one bin, or less information value than min_iv";
        let problem = Problem::about("model.kind", message);
        let help = "lower model.min_size, model.min_events or model.min_iv, or let the trend be \"auto\"";
        return Err(plan.locate(problem.help(help).into()));
    }
    Ok(binned)
}

/// Columns that `[model]` names must be features, those of a trend or of special numbers of numbers.
fn check_columns(terms: &Terms, transform: &Transform) -> Vec<Problem> {
    let named = |column: &str, place: &Place, what: &'static str| {
        let problem = |text: String, help: &str| Some(Problem::new(text).at(place.clone(), what).help(help));
        match transform.features.iter().find(|feature| feature.source == column).map(|feature| &feature.rule) {
            Some(Rule::Number { .. }) => None,
            Some(_) => problem(format!("column `{column}` holds categories, which have no order"), "take it out"),
            None => problem(format!("there is no feature `{column}`"), "name a column of numbers that is neither dropped nor the label"),
        }
    };
    let of_courses = terms.courses.iter().filter_map(|(column, _, place)| named(column, place, "has a trend"));
    let of_specials = terms.specials.iter().filter_map(|(column, _, place)| named(column, place, "has special numbers"));
    of_courses.chain(of_specials).collect()
}

/// The columns that these features are of, numbers without cuts yet.
fn columns(terms: &Terms, transform: &Transform, storage: Storage) -> Vec<PreColumn> {
    let mut columns: Vec<PreColumn> = Vec::new();
    for (first, feature) in transform.features.iter().enumerate() {
        let is_missing = matches!(feature.rule, Rule::MissingCategory);
        match (columns.last_mut(), &feature.rule) {
            (_, Rule::Number { .. }) => {
                let specials = terms.specials_of(&feature.source).iter();
                let kept = |special: &f64| if storage == Storage::Single { f64::from(*special as f32) } else { *special };
                let lookup = Lookup::Number { cuts: Vec::new(), specials: specials.map(kept).collect() };
                columns.push(PreColumn { name: feature.source.clone(), first, lookup, missing: None });
            }
            (Some(PreColumn { name, lookup: Lookup::Categories { bin_of, unseen }, missing, .. }), _) if *name == feature.source => {
                bin_of.push(*unseen);
                if is_missing {
                    *missing = Some(*unseen);
                }
                *unseen += 1;
            }
            _ => {
                let lookup = Lookup::Categories { bin_of: vec![0], unseen: 1 };
                columns.push(PreColumn { name: feature.source.clone(), first, lookup, missing: is_missing.then_some(0) });
            }
        }
    }
    columns
}

/// The same columns, those of numbers cut at quantiles of their cells that are neither missing nor special.
fn parted(terms: &Terms, mut columns: Vec<PreColumn>, train: &ByClient, survey: &Survey<'_>) -> Result<Vec<PreColumn>, Error> {
    let of_numbers = |column: &PreColumn| match &column.lookup {
        Lookup::Number { specials, .. } => Some((column.first, specials.clone())),
        Lookup::Categories { .. } => None,
    };
    let (features, specials): (Vec<usize>, Vec<Vec<f64>>) = columns.iter().filter_map(of_numbers).unzip();
    if features.is_empty() {
        return Ok(columns);
    }
    let counts = |at: usize, cell: f64| !cell.is_nan() && !specials[at].contains(&cell);
    let found = by_counts(train, &Parted { features: &features, counts, bins: terms.pre_bins }, survey)?;
    let of_numbers = columns.iter_mut().filter_map(|column| match &mut column.lookup {
        Lookup::Number { cuts, .. } => Some(cuts),
        Lookup::Categories { .. } => None,
    });
    of_numbers.enumerate().for_each(|(at, cuts)| *cuts = found.of(at).to_vec());
    Ok(columns)
}

/// How many rows of each class are in each pre-bin, one column after the other.
fn counts(columns: &[PreColumn], train: &ByClient, survey: &Survey<'_>) -> Result<Vec<Counts>, Error> {
    let bare = |column: &PreColumn| Column { is_in: false, weight: 0.0, lookup: column.lookup.clone(), woe: Vec::new() };
    let card = Card { intercept: 0.0, columns: columns.iter().map(bare).collect() };
    let starts: Vec<usize> = columns
        .iter()
        .scan(0, |start, column| {
            let own = *start;
            *start += column.lookup.bins();
            Some(own)
        })
        .collect();
    let bins: usize = columns.iter().map(|column| column.lookup.bins()).sum();
    let clients: Vec<usize> = (0..train.ranges.len()).collect();
    let answers = reduce::map(&clients, |&client| {
        let (x, y) = train.client(client);
        let (mut cells, mut counts) = (vec![0.0; x.features()], vec![0_i128; 2 * bins]);
        for (row, &is_bad) in y.binary().iter().enumerate() {
            x.copy_row(row, &mut cells);
            let places = card.bins(&cells).into_iter().zip(&starts);
            places.for_each(|(bin, start)| counts[2 * (start + bin) + usize::from(is_bad)] += 1);
        }
        counts
    });
    let cuts: Vec<f64> = columns
        .iter()
        .flat_map(|column| match &column.lookup {
            Lookup::Number { cuts, .. } => cuts.clone(),
            Lookup::Categories { .. } => Vec::new(),
        })
        .collect();
    let sums = survey.sum(&Question { name: "goods_and_bads", broadcast: &cuts }, COUNT_BITS, &answers)?;
    Ok(sums.as_chunks::<2>().0.iter().map(|[goods, bads]| Counts { goods: *goods as u64, bads: *bads as u64 }).collect())
}
