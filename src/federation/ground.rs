//! What trees grow on: how cells become bins, and where margins start, from sums over all clients before the first round.

use super::cuts::cuts;
use crate::data::preprocess::{COUNT_BITS, Rule, Transform, reach};
use crate::data::{ByClient, Federation};
use crate::diag::{Error, Problem, Problems};
use crate::exchange::{Question, Survey};
use crate::learners::boosting::{Cuts, Ground, SUM_BITS_MAX, class_counts, information_values};
use crate::models::RowWeights;
use crate::models::boosting::{Draw, Growth};
use crate::numeric::grid::{GridSums, SUM_BITS, from_steps, power_at_least};
use crate::numeric::math::{ln, scale_by_power_of_two};
use crate::numeric::reduce;
use crate::scenario::Plan;
use crate::tasks::{Labels, Task};

/// What trees grow on. A server learns of each feature what [`cuts`] tells, and of all rows how many there are of each class, or the
/// sum of their labels and how far these reach.
pub(super) fn ground(
    plan: &Plan,
    growth: &Growth,
    federation: &Federation,
    (class_weights, class_counts): (&[f64], Option<Vec<f64>>),
    survey: &Survey<'_>,
) -> Result<Ground, Error> {
    let train = &federation.all_rows("model.kind = \"boosting\"")?.train;
    Problems::none_or(check_monotone(growth, &federation.transform)).map_err(|error| plan.locate(error))?;
    let cuts = cuts(train, growth, survey)?;
    let (base, label_power) = match train.rows.y.all() {
        Labels::Values(_) => base_of_numbers(growth, train, survey)?,
        _ => {
            // Whoever weighs classes has counted them.
            let counts = class_counts.map_or_else(|| counts(federation, train, survey), Ok)?;
            (base_of_classes(plan.model.task(), growth, class_weights, &counts), 0)
        }
    };
    let information = match growth.draw {
        Draw::Uniform => Vec::new(),
        Draw::InformationValue => information(train, &cuts, survey)?,
    };
    let ground = Ground { cuts, base, rows: train.rows.y.len() as u64, label_power, information };
    let bits = ground.sum_bits(growth);
    if bits > SUM_BITS_MAX {
        let message = format!("sums over {} rows take {bits} bits, and {SUM_BITS_MAX} at most are exact", ground.rows);
        let problem = Problem::about("model.gradient_bits", message);
        return Err(plan.locate(problem.help(format!("lower it to {}", growth.gradient_bits - (bits - SUM_BITS_MAX))).into()));
    }
    Ok(ground)
}

/// Columns that scores are to go one way with must be features that are numbers.
fn check_monotone(growth: &Growth, transform: &Transform) -> Vec<Problem> {
    let problem = |(column, _, place): &(String, _, _)| {
        let named =
            |text: String, label: &'static str, help: &'static str| Some(Problem::new(text).at(Clone::clone(place), label).help(help));
        match transform.features.iter().find(|feature| feature.source == *column).map(|feature| &feature.rule) {
            Some(Rule::Number { .. }) => None,
            Some(_) => named(
                format!("column `{column}` holds categories, which have no order"),
                "scores can't go one way with it",
                "take it out of model.monotone",
            ),
            None => named(
                format!("there is no feature `{column}`"),
                "scores can't go one way with it",
                "name a column of numbers that is neither dropped nor the label",
            ),
        }
    };
    growth.monotone.iter().filter_map(problem).collect()
}

/// Each feature's information value. A server learns of all rows how many of each class lie in each bin of each feature, and how many
/// lack the cell.
fn information(train: &ByClient, cuts: &Cuts, survey: &Survey<'_>) -> Result<Vec<f64>, Error> {
    let clients: Vec<usize> = (0..train.ranges.len()).collect();
    let counts = reduce::map(&clients, |&client| {
        let (x, labels) = train.client(client);
        class_counts(x, labels.binary(), cuts)
    });
    Ok(information_values(&survey.sum(&Question::plain("bins_of_classes"), COUNT_BITS, &counts)?, cuts))
}

/// How many rows there are of each class.
fn counts(federation: &Federation, train: &ByClient, survey: &Survey<'_>) -> Result<Vec<f64>, Error> {
    let classes = federation.classes.len().max(2);
    let counts: Vec<Vec<i128>> = (0..train.ranges.len()).map(|client| train.client(client).1.class_counts(classes)).collect();
    let totals = survey.sum(&Question::plain("start_classes"), COUNT_BITS, &counts)?;
    Ok(totals.into_iter().map(|total| total as f64).collect())
}

/// The log-odds of the share of rows, as they weigh, that are 1; or the logarithm of each class's share.
fn base_of_classes(task: Task, growth: &Growth, class_weights: &[f64], counts: &[f64]) -> Vec<f64> {
    let weights = RowWeights::new(class_weights);
    let weighed: Vec<f64> = counts.iter().enumerate().map(|(class, count)| weights.of(class) * count).collect();
    let total: f64 = weighed.iter().sum();
    match (task, growth.base_score) {
        (Task::Binary, Some(score)) => vec![ln(score / (1.0 - score))],
        (Task::Binary, None) => vec![ln(weighed[1] / weighed[0])],
        _ => weighed.iter().map(|weighed| ln(weighed / total)).collect(),
    }
}

/// The least power of two that no label's magnitude is above, of the greatest that each client has: rows' derivatives are as fine as it
/// is low. A server learns it, and not whose label it is.
fn label_power(greatest: &[Vec<f64>], survey: &Survey<'_>) -> Result<i32, Error> {
    let above = reach(greatest, survey)?[0];
    let below = |magnitudes: &Vec<f64>| vec![(above - power_at_least(magnitudes[0])).clamp(0, 255) as u8];
    // The greatest magnitude has the least distance.
    let near: Vec<Vec<u8>> = greatest.iter().map(|magnitudes| vec![255 - below(magnitudes)[0]]).collect();
    let distance = 255 - survey.greatest(&Question::plain("label_magnitude"), &near)?[0];
    Ok(above - i32::from(distance))
}

/// The mean of the labels, and a power of two that no magnitude of theirs reaches.
fn base_of_numbers(growth: &Growth, train: &ByClient, survey: &Survey<'_>) -> Result<(Vec<f64>, i32), Error> {
    let values = |client: usize| match train.client(client).1 {
        Labels::Values(values) => values,
        _ => unreachable!("labels are numbers"),
    };
    let clients = 0..train.ranges.len();
    let greatest = clients.clone().map(|client| vec![values(client).iter().fold(0.0, |greatest: f64, value| greatest.max(value.abs()))]);
    let power = label_power(&greatest.collect::<Vec<_>>(), survey)?;
    if let Some(score) = growth.base_score {
        return Ok((vec![score], power));
    }
    let inverse = scale_by_power_of_two(1.0, -power);
    let sum = |client: usize| {
        let mut sum = GridSums::new(1);
        values(client).iter().for_each(|value| sum.add(&[*value], |_, value| value * inverse));
        sum.into_totals()
    };
    let sums = survey.sum(&Question::plain("start"), SUM_BITS, &clients.map(sum).collect::<Vec<_>>())?;
    let mean = from_steps(sums[0]) / train.rows.y.len() as f64;
    Ok((vec![scale_by_power_of_two(mean, power)], power))
}
