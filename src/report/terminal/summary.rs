//! What a run ends with on the terminal: a small table of metrics, and where the files are.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sparkline::Sparkline;
use crate::data::Federation;
use crate::federation::{End, History, Outcome, RoundRecord, first_broken};
use crate::metrics::{Spread, cost};
use crate::scenario::{Aggregation, Plan};
use crate::tasks::Keep;
use crate::timing;
use crate::training::Solver;

/// Collects what the closing table shows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    sparkline: Sparkline,
    fairness: Vec<(String, Spread)>,
    /// The best value of the task's headline metric, and its round.
    best: Option<(f64, usize)>,
    aborted: usize,
    /// Rounds that lost a client after their first sum.
    #[serde(default)]
    cut_short: usize,
    selected: usize,
    dropped: usize,
    /// Of the sum with the fewest honest inputs: these, all inputs, and how many clients may collude.
    disclosed: Option<(usize, usize, usize)>,
}

impl Summary {
    /// Takes a round of this plan in.
    pub fn round(&mut self, plan: &Plan, record: &RoundRecord) {
        self.aborted += usize::from(record.outcome.is_aborted());
        // A round may be cut short and the run end with it: then how it ended is what counts.
        self.cut_short += usize::from(matches!(record.outcome, Outcome::CutShort(_)));
        self.selected += record.selected;
        self.dropped += record.selected - record.survivors;
        if let Some(metrics) = &record.metrics {
            let cost = record.cost.map_or([None; cost::NAMES.len()], |cost| cost.values().map(Some));
            self.sparkline.push(metrics.values().iter().copied().chain(cost).collect());
        }
        if !record.fairness.is_empty() {
            self.fairness = record.fairness.iter().map(|(name, spread)| ((*name).to_owned(), *spread)).collect();
        }
        if let Some(secure) = record.secure().next().filter(|secure| secure.abort.is_none()) {
            let (colluders, summed) = (secure.agreement.colluders_max(), secure.survivors.len());
            let sum = (summed.saturating_sub(colluders), summed, colluders);
            self.disclosed = Some(self.disclosed.map_or(sum, |fewest| fewest.min(sum)));
        }
        let headline = plan.model.task().headline();
        let value = record.metrics.as_ref().and_then(|metrics| metrics.get(headline.name));
        if let Some(value) = value.filter(|&value| self.best.is_none_or(|(best, _)| headline.worse.is_better(value, best, 0.0))) {
            self.best = Some((value, record.round));
        }
    }

    /// Wants what rounds of this plan up to this one can have gathered.
    ///
    /// # Errors
    /// What is impossible about it.
    pub fn check(&self, plan: &Plan, federation: &Federation, round: usize) -> Result<(), String> {
        let (clients, task) = (federation.client_count(), plan.model.task());
        let Self { sparkline, fairness, best, aborted, cut_short, selected, dropped, disclosed } = self;
        let is_known = |(name, spread): &(String, Spread)| task.metric(name).is_some() && spread.clients <= clients;
        let range = task.headline().range;
        first_broken([
            (sparkline.is_possible(task.metrics().len() + cost::NAMES.len(), round), "a course of metrics that no run has"),
            (fairness.len() <= task.metrics().len() && fairness.iter().all(is_known), "a spread over clients that no run has"),
            (best.is_none_or(|(best, at)| range.has(best) && at <= round), "a best value that no round has"),
            (aborted.saturating_add(*cut_short) <= round, "more aborted rounds than rounds"),
            (*selected as u128 <= round as u128 * clients as u128 && dropped <= selected, "more selected clients than there are"),
            (disclosed.is_none_or(|(honest, all, _)| honest <= all && all <= clients), "more inputs of a sum than clients"),
        ])
    }

    /// Who failed and what came of it; `None` if every round went as planned. A round may also be aborted because its cohort
    /// was empty, without anyone failing.
    fn dropouts(&self) -> Option<String> {
        let aborted = counted(self.aborted, "round");
        let cut_short =
            if self.cut_short == 0 { String::new() } else { format!(", {} cut short by later ones", counted(self.cut_short, "tree")) };
        let text = || format!("{} of {}; {aborted} aborted{cut_short}", self.dropped, counted(self.selected, "client round"));
        (self.dropped > 0 || self.aborted > 0 || self.cut_short > 0).then(text)
    }

    /// That a sum tells too much of a single client; `None` if none does, or nothing was hidden in the first place.
    fn disclosure(&self, plan: &Plan) -> Option<String> {
        let Aggregation::Secure(spec) = &plan.aggregation else { return None };
        let (honest, inputs, colluders) = self.disclosed.filter(|(honest, ..)| *honest < spec.min_honest())?;
        let who = format!("if {colluders} clients tell the server theirs");
        Some(format!("hidden inputs in a sum: {honest} of {inputs}, {who}; below aggregation.min_honest = {}", spec.min_honest()))
    }

    /// The closing text, ending in a line break.
    pub fn render(&self, plan: &Plan, federation: &Federation, history: &History, folder: &Path) -> String {
        let counts: Vec<String> = [
            (Some(history.standing.round), "round"),
            (Some(federation.client_count()), "client"),
            (federation.train_rows(), "training row"),
            (Some(federation.test.y.len()), "test row"),
            (Some(federation.transform.features.len()), "feature"),
        ]
        .into_iter()
        .filter_map(|(count, noun)| Some(counted(count?, noun)))
        .collect();
        let mut text = format!("{}: {}\n\n", plan.name, counts.join(", "));
        let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let names = plan.model.task().metrics().iter().map(|metric| metric.name).chain(cost::NAMES).enumerate();
        let ends = |at: usize| [self.sparkline.first(at), self.sparkline.last(at)];
        // What was not asked for, or does not exist on these rows, is left out.
        let rows = names.filter(|(at, _)| ends(*at).iter().any(Option::is_some));
        let row = |(at, name): (usize, &str)| {
            let [start, end] = ends(at).map(shown);
            vec![name.to_owned(), start, end, self.sparkline.line(at)]
        };
        text += &table(&["metric", "start", "end", "course"], &rows.map(row).collect::<Vec<_>>());
        if !self.fairness.is_empty() {
            text.push('\n');
            let spread = |(name, spread): &(String, Spread)| {
                let figures = [Some(spread.worst), Some(spread.p10), Some(spread.median), spread.gini].map(shown);
                [format!("{name} over {}", counted(spread.clients, "client"))].into_iter().chain(figures).collect::<Vec<_>>()
            };
            let rows: Vec<Vec<String>> = self.fairness.iter().map(spread).collect();
            text += &table(&["", "worst", "10th percentile", "median", "gini"], &rows);
        }
        text.push('\n');
        let mut line = |name: &str, value: String| writeln!(text, "{name:<9} {value}").expect("writing to a String");
        if let Some((best, round)) = self.best {
            line(&format!("best {}", plan.model.task().headline().name), format!("{best:.4} in round {round}"));
        }
        if let Some(dropouts) = self.dropouts() {
            line("dropouts", dropouts);
        }
        if let Some(warning) = self.disclosure(plan) {
            line("warning", warning);
        }
        if let Some((stop, (best, round))) = plan.stop.zip(history.standing.watched.best).filter(|_| history.end == End::StoppedEarly) {
            let why = format!("{} was best in round {round}, {}", stop.metric(), shown(Some(best)));
            line("stopped", format!("after round {} of {}: {why}", history.standing.round, plan.rounds));
        }
        if let Some((name, value)) = settled(plan, history) {
            line(name, value);
        }
        if plan.stop.is_some_and(|stop| stop.keep == Keep::Best) {
            line("model", format!("of round {}", history.standing.kept_round()));
        }
        line("state", history.standing.state_digest.hex());
        let (process, rounds) = (timing::of_process(), history.standing.seconds);
        line("time", format!("{:.2} s, {:.2} s of CPU; of which rounds {:.2} s", process.wall, process.cpu, rounds.wall));
        line("files", folder.display().to_string());
        text
    }
}

/// Whether a model whose rounds end by themselves has settled; `None` of one that has no such end.
fn settled(plan: &Plan, history: &History) -> Option<(&'static str, String)> {
    let rounds = format!("{} of {}", history.standing.round, plan.rounds);
    let (tolerance, unsettled) = match plan.hyper.solver {
        Solver::Sgd | Solver::Boosting => return None,
        Solver::Newton { tolerance } => {
            (tolerance, "raise rounds; if weights grow without end, a column separates the classes: set model.l2")
        }
        Solver::Lloyd { tolerance } => (tolerance, "raise rounds, or training.tolerance"),
    };
    Some(match history.end {
        End::Settled => ("settled", format!("after round {rounds}: no parameter moves by more than {tolerance:e}")),
        _ => ("warning", format!("after round {rounds} the model has not settled: {unsettled}")),
    })
}

/// So many of what `noun` names.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A table in plain text: the first column to the left, the others to the right.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths).enumerate();
        let padded = cells.map(|(column, (cell, &width))| if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let mut text = line(&mut header.iter().copied());
    for row in rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "12345".to_owned()]];
        assert_eq!(table(&["x", "n"], &rows), "x         n\na         1\nlong  12345\n");
    }

    #[test]
    fn one_of_a_thing_is_not_told_in_the_plural() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "test row")), ["0 test rows", "1 test row", "2 test rows"]);
    }

    #[test]
    fn rounds_aborted_without_a_dropout_are_told() {
        assert_eq!(Summary { selected: 9, ..Summary::default() }.dropouts(), None);
        let empty_cohorts = Summary { selected: 9, aborted: 2, ..Summary::default() };
        assert_eq!(empty_cohorts.dropouts().as_deref(), Some("0 of 9 client rounds; 2 rounds aborted"));
    }
}
