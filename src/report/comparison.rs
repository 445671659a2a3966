//! What a comparison with the baselines leaves behind: three tables and the decision in words.

use std::path::Path;

use super::summary::{counted, table};
use crate::diag::Error;
use crate::federation::baseline::{ByModel, Found, MeasuredOn, Point, Row};
use crate::metrics::{Metrics, NAMES};
use crate::numeric::text::{shortest, shortest_or_empty};
use crate::runs::{ComparisonTerms, OutputFile, Workspace};
use crate::scenario::Plan;

/// All that a comparison found.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// Each metric over all seeds.
    pub rows: &'a [Row],
    /// What the first seed's run found.
    pub found: &'a Found,
    /// The federation of the first seed, where it was measured.
    pub federated: &'a [Point],
    /// Rows trained on.
    pub train_rows: usize,
    /// Row visits of the first seed's federation.
    pub visits: u64,
    /// How far apart equivalent results may be.
    pub tolerance: f64,
    /// How many seeds.
    pub seeds: usize,
}

const COLUMNS: [&str; 13] = [
    "metric",
    "centralized",
    "federated",
    "local_mean",
    "local_worst",
    "difference",
    "equivalent",
    "seeds",
    "centralized_sd",
    "federated_sd",
    "difference_sd",
    "difference_low",
    "difference_high",
];

const JOIN_COLUMNS: [&str; 13] = [
    "client",
    "examples",
    "positives",
    "held_out",
    "auc_alone",
    "auc_federated",
    "auc_centralized",
    "cost_alone",
    "cost_federated",
    "cost_centralized",
    "gain",
    "rank",
    "measured_on",
];

/// How many clients a sentence names.
const NAMED: usize = 8;

/// How many decimals figures have.
const DECIMALS: usize = 4;

/// How many decimals a difference has at most where the tolerance is tiny.
const MOST_DECIMALS: usize = 15;

impl Comparison<'_> {
    /// The three tables.
    pub(super) fn files(&self, workspace: &Workspace) -> Result<Vec<OutputFile>, Error> {
        Ok(vec![self.log(workspace)?, self.versus(workspace)?, self.join(workspace)?])
    }

    fn versus(&self, workspace: &Workspace) -> Result<OutputFile, Error> {
        let is_secure = self.rows.iter().any(|row| row.plain.is_some());
        let mut columns = COLUMNS.to_vec();
        columns.push("p_value");
        columns.extend(if is_secure { &["plain", "secure_minus_plain"][..] } else { &[] });
        let mut table = workspace.table("baseline_vs_fl.csv", &columns)?;
        for row in self.rows {
            let paired = row.paired;
            let values = [row.centralized, row.federated, row.local_mean, row.local_worst, row.difference];
            let spreads = [
                paired.map(|paired| paired.centralized_sd),
                paired.map(|paired| paired.federated_sd),
                paired.map(|paired| paired.difference_sd),
                paired.map(|paired| paired.interval[0]),
                paired.map(|paired| paired.interval[1]),
                paired.and_then(|paired| paired.p_value),
            ];
            let mut cells = vec![row.name.to_owned()];
            cells.extend(values.map(shortest_or_empty));
            cells.push(row.equivalent.map_or("", |equivalent| if equivalent { "yes" } else { "no" }).to_owned());
            cells.push(self.seeds.to_string());
            cells.extend(spreads.map(shortest_or_empty));
            if is_secure {
                cells.extend([row.plain, row.secure_minus_plain].map(shortest_or_empty));
            }
            table.row(&cells)?;
        }
        Ok(table.into_file())
    }

    fn log(&self, workspace: &Workspace) -> Result<OutputFile, Error> {
        let columns = [&["model", "passes"][..], &NAMES].concat();
        let mut table = workspace.table("baseline_log.csv", &columns)?;
        let passes = |visits: u64| shortest(visits as f64 / self.train_rows as f64);
        let mut row = |model: &str, visits: u64, values: &mut dyn Iterator<Item = Option<f64>>| {
            let mut cells = vec![model.to_owned(), passes(visits)];
            cells.extend(values.map(shortest_or_empty));
            table.row(&cells)
        };
        for (model, points) in [("centralized", self.found.centralized.as_slice()), ("federated", self.federated)] {
            for Point { visits, metrics } in points {
                row(model, *visits, &mut Metrics::values(metrics).into_iter())?;
            }
        }
        row("local_mean", self.visits, &mut self.found.trial.local_mean.iter().copied().take(NAMES.len()))?;
        Ok(table.into_file())
    }

    fn join(&self, workspace: &Workspace) -> Result<OutputFile, Error> {
        let seats = &self.found.seats;
        let others = self.found.is_left_out;
        let mut columns = JOIN_COLUMNS.to_vec();
        columns.extend(others.then_some("others_lose"));
        let mut table = workspace.table("join.csv", &columns)?;
        let by_model = |values: &ByModel| [values.alone, values.federated, values.centralized].map(shortest_or_empty);
        for seat in seats {
            let counts = [seat.client + 1, seat.examples, seat.positives, seat.held_out];
            let mut cells: Vec<String> = counts.iter().map(usize::to_string).collect();
            cells.extend(by_model(&seat.auc));
            cells.extend(by_model(&seat.cost));
            cells.push(shortest_or_empty(seat.gain));
            cells.push(seat.rank.map(|rank| rank.to_string()).unwrap_or_default());
            cells.push(if self.found.measured_on == MeasuredOn::Own { "own" } else { "test" }.to_owned());
            if others {
                cells.push(shortest_or_empty(seat.others_lose));
            }
            table.row(&cells)?;
        }
        Ok(table.into_file())
    }

    /// What the comparison was asked for.
    pub(super) fn terms(&self) -> ComparisonTerms {
        let seeds = u16::try_from(self.seeds).expect("the command line takes 1,000 seeds at most");
        ComparisonTerms { tolerance: self.tolerance, seeds, leave_one_out: self.found.is_left_out }
    }

    /// Whether every judged metric is equivalent.
    pub fn is_equivalent(&self) -> bool {
        self.judged().all(|row| row.equivalent == Some(true))
    }

    fn judged(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.equivalent.is_some())
    }

    /// The decision in one line.
    pub fn decision(&self) -> String {
        let tests = if self.seeds > 1 { format!(" over {} seeds (TOST at 5%)", self.seeds) } else { String::new() };
        let p_value = |row: &Row| row.paired.and_then(|paired| paired.p_value).map(|p| format!(" (p = {p:.4})")).unwrap_or_default();
        let decimals = self.decimals();
        if self.is_equivalent() {
            let by = |row: &Row| signed(row.difference.unwrap_or_default(), decimals);
            let part = |row: &Row| format!("{} by {}{}", row.name.to_uppercase(), by(row), p_value(row));
            let parts = self.judged().map(part).collect::<Vec<_>>().join(" and ");
            return format!("equivalent{tests}: {}, within {}", parts.replacen(" by", " differs by", 1), self.tolerance);
        }
        let failing = || self.judged().filter(|row| row.equivalent == Some(false));
        let part = |row: &Row| {
            let difference = row.difference.unwrap_or_default();
            let direction = if difference < 0.0 { "lower" } else { "higher" };
            format!("{} is {:.decimals$} {direction} in the federation{}", row.name.to_uppercase(), difference.abs(), p_value(row))
        };
        let parts = failing().map(part).collect::<Vec<_>>().join(" and ");
        let is_beyond = failing().all(|row| row.difference.is_some_and(|difference| difference.abs() > self.tolerance));
        let end = if is_beyond { "beyond" } else { "not shown to be within" };
        format!("not equivalent{tests}: {parts}, {end} {}", self.tolerance)
    }

    /// How many decimals tell a difference from the tolerance.
    fn decimals(&self) -> usize {
        let (mut decimals, mut step) = (DECIMALS, 0.01);
        // A hundredth is allowed for: a step divided by ten so often is no longer exactly a power of ten.
        while self.tolerance < 0.99 * step && decimals < MOST_DECIMALS {
            (decimals, step) = (decimals + 1, step / 10.0);
        }
        decimals
    }

    /// That an F1 of 0 on both sides is no evidence; `None` if it is not so.
    fn warning(&self, threshold: f64) -> Option<String> {
        let f1 = self.judged().find(|row| row.name == "f1")?;
        let says_nothing = f1.centralized == Some(0.0) && f1.federated == Some(0.0);
        says_nothing
            .then(|| format!("warning: F1 is 0 in both, which tells nothing: no positive row scores evaluation.threshold = {threshold}"))
    }

    /// Who is better off, in one line.
    pub fn join_in_words(&self) -> String {
        let seats = &self.found.seats;
        let mut worse: Vec<(usize, f64)> =
            seats.iter().filter_map(|seat| Some((seat.client + 1, seat.gain?))).filter(|(_, gain)| *gain <= 0.0).collect();
        worse.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let unknown = seats.iter().filter(|seat| seat.gain.is_none()).count();
        let better = seats.len() - worse.len() - unknown;
        let verb = if seats.len() == 1 { "client is" } else { "clients are" };
        let mut text = format!("{better} of {} {verb} better off in the federation", seats.len());
        let named: Vec<String> = worse.iter().take(NAMED).map(|(client, gain)| format!("{client} ({})", signed(*gain, DECIMALS))).collect();
        match (worse.as_slice(), named.split_last()) {
            ([(client, gain)], _) => text += &format!("; client {client} is not ({})", signed(*gain, DECIMALS)),
            (_, None) => {}
            (all, Some(_)) if all.len() > NAMED => {
                text += &format!("; clients {} and {} more are not", named.join(", "), all.len() - NAMED);
            }
            (_, Some((last, first))) => text += &format!("; clients {} and {last} are not", first.join(", ")),
        }
        if unknown > 0 {
            text += &format!("; no gain can be told of {unknown}: the rows to measure on lack a class");
        }
        text
    }

    /// The closing text, ending in a line break.
    pub fn render(&self, plan: &Plan, folder: &Path) -> String {
        let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let signed = |value: Option<f64>| value.map_or("-".to_owned(), |value| signed(value, DECIMALS));
        let is_secure = self.rows.iter().any(|row| row.plain.is_some());
        let mut header = vec!["metric", "centralized", "federated", "local mean", "local worst", "difference"];
        header.extend(is_secure.then_some("secure - plain"));
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| {
                let mut cells = vec![row.name.to_owned()];
                cells.extend([row.centralized, row.federated, row.local_mean, row.local_worst].map(shown));
                cells.push(signed(row.difference));
                cells.extend(is_secure.then(|| signed(row.secure_minus_plain)));
                cells
            })
            .collect();
        let passes = self.visits as f64 / self.train_rows as f64;
        let clients = counted(self.found.seats.len(), "client");
        let mut text = format!("{}: {clients}, {}, {passes:.2} passes over them", plan.name, counted(self.train_rows, "training row"));
        if self.seeds > 1 {
            text += &format!(", means over {} seeds", self.seeds);
        }
        text += &format!("\n\n{}\n{}\n", table(&header, &rows), self.decision());
        let more = self.warning(plan.evaluation.threshold).into_iter().chain([self.join_in_words()]);
        more.for_each(|line| text += &format!("{line}\n"));
        if self.seeds > 1 {
            text += &format!("that, and every file but baseline_vs_fl.csv, is of the run of seed {}\n", plan.seed);
        }
        if self.found.measured_on == MeasuredOn::Test {
            text +=
                "clients are measured on the common test rows; data.client_test_fraction = 0.2 would let each hold rows of its own out\n";
        }
        text + &format!("files     {}\n", folder.display())
    }
}

/// A difference with its sign, but where these decimals show none.
fn signed(difference: f64, decimals: usize) -> String {
    let text = format!("{difference:+.decimals$}");
    let is_nothing = text.bytes().all(|byte| matches!(byte, b'+' | b'-' | b'0' | b'.'));
    if is_nothing { text[1..].to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::baseline::{Paired, Seat, Trial};

    fn row(name: &'static str, difference: f64, equivalent: bool, p_value: Option<f64>) -> Row {
        let (federated, centralized) = (Some(0.9 + difference), Some(0.9));
        let paired = |p| Paired { centralized_sd: 0.1, federated_sd: 0.1, difference_sd: 0.1, interval: [-1.0, 1.0], p_value: Some(p) };
        Row {
            name,
            centralized,
            federated,
            local_mean: None,
            local_worst: None,
            difference: Some(difference),
            equivalent: Some(equivalent),
            paired: p_value.map(paired),
            plain: None,
            secure_minus_plain: None,
        }
    }

    fn found(gains: &[Option<f64>]) -> Found {
        let seat = |(client, gain): (usize, &Option<f64>)| Seat {
            client,
            examples: 1,
            positives: 0,
            held_out: 0,
            auc: ByModel::default(),
            cost: ByModel::default(),
            gain: *gain,
            rank: None,
            others_lose: None,
        };
        let trial = Trial { centralized: vec![], federated: vec![], local_mean: vec![], local_worst: vec![], plain: None };
        let seats = gains.iter().enumerate().map(seat).collect();
        Found { trial, centralized: vec![], seats, measured_on: MeasuredOn::Test, is_left_out: false }
    }

    fn words(rows: &[Row], gains: &[Option<f64>], seeds: usize) -> (String, String) {
        let found = found(gains);
        let comparison = Comparison { rows, found: &found, federated: &[], train_rows: 1, visits: 1, tolerance: 0.01, seeds };
        (comparison.decision(), comparison.join_in_words())
    }

    #[test]
    fn the_decision_names_what_differs_and_by_how_much() {
        let decision = |rows: &[Row], seeds| words(rows, &[], seeds).0;
        let close = [row("auc", 0.0003, true, None), row("f1", -0.0041, true, None)];
        assert_eq!(decision(&close, 1), "equivalent: AUC differs by +0.0003 and F1 by -0.0041, within 0.01");
        let one = [row("auc", 0.0003, true, None), row("f1", -0.0213, false, None)];
        assert_eq!(decision(&one, 1), "not equivalent: F1 is 0.0213 lower in the federation, beyond 0.01");
        let unsure = [row("auc", 0.004, false, Some(0.2)), row("f1", 0.0, true, Some(0.01))];
        let told =
            "not equivalent over 5 seeds (TOST at 5%): AUC is 0.0040 higher in the federation (p = 0.2000), not shown to be within 0.01";
        assert_eq!(decision(&unsure, 5), told);
    }

    #[test]
    fn a_difference_that_the_decimals_do_not_show_has_no_sign() {
        assert_eq!([0.0, -0.0, 0.000_049, -0.000_049].map(|difference| signed(difference, 4)), ["0.0000"; 4]);
        assert_eq!([0.000_051, -0.000_051, -1.0].map(|difference| signed(difference, 4)), ["+0.0001", "-0.0001", "-1.0000"]);
        let rows = [row("auc", -0.000_01, true, None), row("f1", 0.0, true, None)];
        assert_eq!(words(&rows, &[], 1).0, "equivalent: AUC differs by 0.0000 and F1 by 0.0000, within 0.01");
    }

    #[test]
    fn an_f1_of_nothing_on_both_sides_is_warned_of() {
        let warning = |centralized, federated| {
            let rows = [Row { centralized: Some(centralized), federated: Some(federated), ..row("f1", 0.0, true, None) }];
            let found = found(&[]);
            Comparison { rows: &rows, found: &found, federated: &[], train_rows: 1, visits: 1, tolerance: 0.01, seeds: 1 }.warning(0.75)
        };
        assert!(warning(0.0, 0.0).is_some_and(|text| text.contains("evaluation.threshold = 0.75")));
        assert_eq!([warning(0.0, 0.005), warning(0.005, 0.0)], [None, None]);
    }

    #[test]
    fn a_tiny_tolerance_shows_the_decimals_that_decide() {
        let (rows, found) = ([row("auc", -0.000_005, false, None)], found(&[]));
        let comparison =
            Comparison { rows: &rows, found: &found, federated: &[], train_rows: 1, visits: 1, tolerance: 0.000_001, seeds: 1 };
        assert_eq!(comparison.decision(), "not equivalent: AUC is 0.00000500 lower in the federation, beyond 0.000001");
        assert_eq!(Comparison { tolerance: 1e-300, ..comparison }.decimals(), MOST_DECIMALS);
    }

    #[test]
    fn those_who_are_not_better_off_are_named_the_worst_first_and_not_too_many() {
        let join = |gains: &[Option<f64>]| words(&[], gains, 1).1;
        assert_eq!(join(&[Some(0.1)]), "1 of 1 client is better off in the federation");
        let mut gains = vec![Some(0.1); 10];
        gains[3] = Some(-0.0012);
        assert_eq!(join(&gains), "9 of 10 clients are better off in the federation; client 4 is not (-0.0012)");
        gains[8] = Some(-0.5);
        gains[9] = Some(0.0);
        let told = "7 of 10 clients are better off in the federation; clients 9 (-0.5000), 4 (-0.0012) and 10 (0.0000) are not";
        assert_eq!(join(&gains), told);
        gains[0] = None;
        assert!(join(&gains).ends_with("; no gain can be told of 1: the rows to measure on lack a class"));
        let all = vec![Some(-0.25); 30];
        assert!(join(&all).contains("0 of 30 clients") && join(&all).ends_with("8 (-0.2500) and 22 more are not"), "{}", join(&all));
    }
}
