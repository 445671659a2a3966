//! Card transactions in the shape of the public data of Dal Pozzolo et al., "Calibrating Probability with Undersampling for
//! Unbalanced Classification", IEEE CIDM 2015: `Time, V1..V28, Amount, Class`. Nothing is taken from those data but the
//! shape and the direction in which frauds differ.
//!
//! The process, row by row:
//! - `Class` is 1 with probability 0.01.
//! - `Time`, in seconds over two days, does not fall; nights have about a quarter of the days' traffic.
//! - `Vj` is normal with mean 0 and a standard deviation that falls evenly from 1.96 (V1) to 0.33 (V28). A fraud moves it
//!   by strength * [`SHIFTS`] standard deviations; the strength of a fraud is lognormal, its median 1.2, so that some frauds
//!   look like any other payment.
//! - `Amount` is lognormal, its median 22; a fraud's median is lower and its tail heavier.

use std::f64::consts::{FRAC_PI_2, PI};

use ndarray_rand::rand::distr::Distribution;

use super::Generator;
use crate::numeric::math::{cos, exp};
use crate::numeric::rng::Stream;
use crate::numeric::sample::{STANDARD_NORMAL, happens, unit};
use crate::registry::Entry;

/// The share of frauds.
const FRAUD_RATE: f64 = 0.01;
/// Two days, in seconds.
const SPAN_S: f64 = 172_792.0;
/// How much traffic swings between night and day, below 1.
const SWING: f64 = 0.6;
/// How many V columns there are.
const COMPONENTS: usize = 28;

/// By how many standard deviations a fraud of strength 1 moves a column, by the column's number.
const SHIFTS: [(usize, f64); 12] = [
    (14, -1.3),
    (12, -1.1),
    (10, -1.0),
    (4, 1.0),
    (11, 0.9),
    (17, -0.9),
    (3, -0.8),
    (16, -0.7),
    (7, -0.6),
    (2, 0.5),
    (9, -0.4),
    (18, -0.3),
];

/// Card transactions, one in a hundred of them fraud.
#[derive(Clone, Copy, Debug)]
pub struct Fraud;

impl Fraud {
    pub(super) const ENTRY: Entry = Entry {
        kind: "fraud",
        summary: "card transactions in the shape of the public card-fraud data, 1 % fraud",
        paper: "shape after Dal Pozzolo et al., IEEE CIDM 2015",
        example: "",
        argument: None,
    };
}

/// The standard deviation of column `Vj`, j from 1.
fn component_std(j: usize) -> f64 {
    1.96 - (1.96 - 0.33) * (j - 1) as f64 / (COMPONENTS - 1) as f64
}

/// The second at which a share `q` of both days' traffic has passed.
fn time_s(q: f64) -> f64 {
    SPAN_S * (q + SWING / (4.0 * PI) * cos(4.0 * PI * q - FRAC_PI_2))
}

impl Generator for Fraud {
    fn header(&self) -> String {
        let components: Vec<String> = (1..=COMPONENTS).map(|j| format!("V{j}")).collect();
        format!("Time,{},Amount,Class", components.join(","))
    }

    fn row(&self, index: usize, rows: usize, stream: &mut Stream) -> String {
        let is_fraud = happens(FRAUD_RATE, stream);
        let time = time_s((index as f64 + unit(stream)) / rows as f64).floor();
        let strength = if is_fraud { exp(0.18 + 0.7 * STANDARD_NORMAL.sample(stream)) } else { 0.0 };
        let component = |j: usize, stream: &mut Stream| {
            let shift = SHIFTS.iter().find(|(column, _)| *column == j).map_or(0.0, |(_, shift)| *shift);
            format!("{:.4}", component_std(j) * (STANDARD_NORMAL.sample(stream) + strength * shift))
        };
        let components: Vec<String> = (1..=COMPONENTS).map(|j| component(j, stream)).collect();
        let (median_ln, spread) = if is_fraud { (2.5, 1.9) } else { (3.1, 1.3) };
        let amount = exp(median_ln + spread * STANDARD_NORMAL.sample(stream));
        format!("{time},{},{amount:.2},{}", components.join(","), u8::from(is_fraud))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::columns;
    use super::*;

    fn numbers(column: &[String]) -> Vec<f64> {
        column.iter().map(|cell| cell.parse().expect("a number")).collect()
    }

    #[test]
    fn the_table_has_the_public_datas_columns_and_rare_frauds() {
        let table = columns("fraud", 20_000, 1);
        assert_eq!(table.len(), 31);
        let frauds = numbers(&table["Class"]).iter().sum::<f64>();
        // Binomial(20000, 0.01) has a standard deviation of 14.1.
        assert!((frauds - 200.0).abs() < 5.0 * 14.1, "{frauds}");
    }

    #[test]
    fn time_never_falls_and_days_are_busier_than_nights() {
        let times = numbers(&columns("fraud", 20_000, 1)["Time"]);
        assert!(times.is_sorted() && times[0] >= 0.0 && times[19_999] < SPAN_S);
        let between = |from: f64, to: f64| times.iter().filter(|&&time| (from..to).contains(&time)).count();
        assert!(between(36_000.0, 50_000.0) > 2 * between(0.0, 14_000.0));
    }

    #[test]
    fn components_have_falling_spreads_and_frauds_are_shifted() {
        let table = columns("fraud", 20_000, 1);
        let classes = numbers(&table["Class"]);
        for j in [1, 14, 28] {
            let cells = numbers(&table[&format!("V{j}")]);
            let genuine: Vec<f64> = cells.iter().zip(&classes).filter(|&(_, &class)| class == 0.0).map(|(cell, _)| *cell).collect();
            let n = genuine.len() as f64;
            let std = (genuine.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
            // The standard error of a standard deviation is std / sqrt(2 n).
            assert!((std - component_std(j)).abs() < 5.0 * std / (2.0 * n).sqrt(), "V{j}: {std}");
        }
        let cells = numbers(&table["V14"]);
        let frauds: Vec<f64> = cells.iter().zip(&classes).filter(|&(_, &class)| class == 1.0).map(|(cell, _)| *cell).collect();
        assert!(frauds.iter().sum::<f64>() / (frauds.len() as f64) < -0.5);
    }
}
