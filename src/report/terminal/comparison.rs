//! A comparison with the baselines in words.

use std::collections::BTreeMap;
use std::path::Path;

use super::summary::{counted, table};
use crate::federation::baseline::{DecidedBy, Gain, Gate, IntervalSource, Judged, MeasuredOn, Participant, Reason, Row, Verdict};
use crate::report::comparison::Comparison;

/// How many clients a sentence names.
const NAMED: usize = 8;

/// How many decimals figures have.
const DECIMALS: usize = 4;

/// How many decimals a difference has at most where the tolerance is tiny.
const MOST_DECIMALS: usize = 15;

impl Comparison<'_> {
    /// Whether what the gate asks for holds of every judged metric.
    pub fn passes(&self) -> bool {
        self.judged().all(|(_, judged)| judged.passes(self.terms.gate))
    }

    fn judged(&self) -> impl Iterator<Item = (&Row, Judged)> {
        self.rows.iter().filter_map(|row| Some((row, row.judged?)))
    }

    /// The decision in one line.
    pub fn decision(&self) -> String {
        let (gate, tolerance, decimals) = (self.terms.gate, self.terms.tolerance, self.decimals());
        let tests = match (self.trials.len(), gate) {
            (1, _) => String::new(),
            (seeds, Gate::Equivalence) => format!(" over {seeds} seeds (TOST at 5%)"),
            (seeds, Gate::NonInferiority) => format!(" over {seeds} seeds (one-sided test at 5%)"),
        };
        let p_value = |judged: Judged| judged.p_value(gate).map(|p| format!(" (p = {p:.4})")).unwrap_or_default();
        let name = |row: &Row| row.name.to_uppercase().replace('_', "-");
        if self.passes() {
            let by = |row: &Row| signed(row.difference.unwrap_or_default(), decimals);
            let part = |(row, judged): (&Row, Judged)| format!("{} by {}{}", name(row), by(row), p_value(judged));
            let parts = listed(&self.judged().map(part).collect::<Vec<_>>());
            let (word, end) = match gate {
                Gate::Equivalence => ("equivalent", "within"),
                Gate::NonInferiority => ("not inferior", "not worse by more than"),
            };
            return format!("{word}{tests}: {}, {end} {tolerance}", parts.replacen(" by", " differs by", 1));
        }
        let failing = || self.judged().filter(|(_, judged)| !judged.passes(gate));
        let part = |(row, judged): (&Row, Judged)| {
            let difference = row.difference.unwrap_or_default();
            let direction = if difference < 0.0 { "lower" } else { "higher" };
            format!("{} is {:.decimals$} {direction} in the federation{}", name(row), difference.abs(), p_value(judged))
        };
        let parts = listed(&failing().map(part).collect::<Vec<_>>());
        let is_beyond = failing().all(|(row, _)| row.difference.is_some_and(|difference| difference.abs() > tolerance));
        let end = if is_beyond { "beyond" } else { "not shown to be within" };
        let word = match gate {
            Gate::Equivalence => "not equivalent",
            Gate::NonInferiority => "inferior, or not shown to be otherwise",
        };
        format!("{word}{tests}: {parts}, {end} {tolerance}")
    }

    /// How many decimals tell a difference from the tolerance.
    fn decimals(&self) -> usize {
        let (mut decimals, mut step) = (DECIMALS, 0.01);
        // A hundredth is allowed for: a step divided by ten so often is no longer exactly a power of ten.
        while self.terms.tolerance < 0.99 * step && decimals < MOST_DECIMALS {
            (decimals, step) = (decimals + 1, step / 10.0);
        }
        decimals
    }

    /// That an F1 of 0 on both sides is no evidence; `None` if it is not so.
    fn warning(&self, threshold: f64) -> Option<String> {
        let (f1, _) = self.judged().find(|(row, _)| row.name == "f1")?;
        let says_nothing = f1.centralized == Some(0.0) && f1.federated == Some(0.0);
        says_nothing
            .then(|| format!("warning: F1 is 0 in both, which tells nothing: no positive row scores evaluation.threshold = {threshold}"))
    }

    /// Who is better off, in a line or some.
    pub fn join_in_words(&self) -> Vec<String> {
        let participants = &self.found.participants;
        let Some(first) = participants.first() else { return Vec::new() };
        if first.gain.verdict == Verdict::CantTell(Reason::FederationOfOne) {
            return vec!["a federation of one client gains nothing by construction".to_owned()];
        }
        let count = |is: fn(&Gain) -> bool| participants.iter().filter(|participant| is(&participant.gain)).count();
        let gain = count(|gain| gain.verdict == Verdict::Gains);
        let lose = count(|gain| gain.verdict == Verdict::Loses);
        let by = match first.gain.decided_by {
            DecidedBy::Auc => "AUC",
            DecidedBy::Cost => "cost",
            DecidedBy::Loss => "loss a row",
        };
        let over =
            if participants.iter().any(|participant| participant.gain.source == Some(IntervalSource::Seeds)) { " over seeds" } else { "" };
        let verb = if gain == 1 { "gains" } else { "gain" };
        let mut lines = vec![format!(
            "{gain} of {} {verb} by joining, {lose} {}, of {} nobody can tell (by {by}, 90% intervals{over})",
            counted(participants.len(), "client"),
            if lose == 1 { "loses" } else { "lose" },
            participants.len() - gain - lose
        )];
        lines.extend(self.losers());
        lines.extend(reasons(participants));
        lines
    }

    /// Those who lose, the worst first.
    fn losers(&self) -> Option<String> {
        let mut losing: Vec<(&Participant, f64)> = self
            .found
            .participants
            .iter()
            .filter(|participant| participant.gain.verdict == Verdict::Loses)
            .filter_map(|participant| Some((participant, participant.gain.value?)))
            .collect();
        losing.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let told = |(participant, gain): &(&Participant, f64)| {
            let interval = participant.gain.interval.map(|ends| ends.map(precise));
            let between = interval.map(|[low, high]| format!(", {low} to {high}")).unwrap_or_default();
            format!("{} ({}{between})", self.federation.called(participant.client), precise(*gain))
        };
        let named: Vec<String> = losing.iter().take(NAMED).map(told).collect();
        let more = losing.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!losing.is_empty()).then(|| format!("losing: {}{more}", if more.is_empty() { listed(&named) } else { named.join(", ") }))
    }

    /// The closing text, ending in a line break.
    pub fn render(&self, folder: &Path) -> String {
        let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
        let signed = |value: Option<f64>| value.map_or("-".to_owned(), |value| signed(value, DECIMALS));
        let (plan, seeds) = (self.plan, self.trials.len());
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
        let clients = counted(self.found.participants.len(), "client");
        let mut text = format!("{}: {clients}, {}, {passes:.2} passes over them", plan.name, counted(self.train_rows, "training row"));
        if seeds > 1 {
            text += &format!(", means over {seeds} seeds");
        }
        text += &format!("\n\n{}\n{}\n", table(&header, &rows), self.decision());
        let more = self.warning(plan.evaluation.threshold).into_iter().chain(self.join_in_words());
        more.for_each(|line| text += &format!("{line}\n"));
        if seeds > 1 {
            text += &format!(
                "every file but baseline_vs_fl.csv and baseline_seeds.csv is of the run of seed {}{}\n",
                plan.seed,
                self.seeds_in_join()
            );
        }
        if self.found.participants.iter().any(|participant| participant.measured_on == MeasuredOn::Test) {
            text +=
                "clients are measured on the common test rows; data.client_test_fraction = 0.2 would let each hold rows of its own out\n";
        }
        text + &format!("files     {}\n", folder.display())
    }

    fn seeds_in_join(&self) -> &'static str {
        let is_over_seeds = self.found.participants.iter().any(|participant| participant.gain.source == Some(IntervalSource::Seeds));
        if is_over_seeds { "; join.csv has means over the seeds" } else { "" }
    }
}

/// Why nobody can tell of some, if there are any.
fn reasons(participants: &[Participant]) -> Option<String> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for participant in participants {
        if let Verdict::CantTell(reason) = participant.gain.verdict {
            *counts.entry(why(reason)).or_default() += 1;
        }
    }
    let told: Vec<String> = counts.iter().map(|(why, count)| format!("{count} {why}")).collect();
    (!told.is_empty()).then(|| format!("nobody can tell: {}", told.join(", ")))
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::IntervalHasZero => "whose interval has zero in it",
        Reason::FewPositives => "measured on fewer than 10 positive rows",
        Reason::FewRows => "measured on fewer than 10 rows",
        Reason::OneClass => "measured on rows of one class",
        Reason::NoRows => "without rows to be measured on",
        Reason::FederationOfOne => "alone in the federation",
    }
}

/// A, B and C.
fn listed(parts: &[String]) -> String {
    match parts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        parts => parts.concat(),
    }
}

/// A difference with its sign and two digits at least that say something.
fn precise(difference: f64) -> String {
    let (mut decimals, mut digits) = (DECIMALS, difference.abs() * 1e4);
    while difference != 0.0 && digits < 10.0 && decimals < MOST_DECIMALS {
        (decimals, digits) = (decimals + 1, digits * 10.0);
    }
    signed(difference, decimals)
}

/// A difference with its sign, but where these decimals show none.
fn signed(difference: f64, decimals: usize) -> String {
    let text = format!("{difference:+.decimals$}");
    let is_nothing = text.bytes().all(|byte| matches!(byte, b'+' | b'-' | b'0' | b'.'));
    if is_nothing { text[1..].to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::data::Federation;
    use crate::federation;
    use crate::federation::baseline::{Baselines, ByModel, Judged, Local, Paired, Trial};
    use crate::report::comparison::Comparison;
    use crate::runs::ComparisonTerms;
    use crate::scenario::{self, Plan};

    fn judged(holds: bool, p: Option<f64>) -> Judged {
        Judged { is_equivalent: holds, is_non_inferior: holds, p_equivalent: p, p_non_inferior: p }
    }

    fn row(name: &'static str, difference: f64, holds: bool, p_value: Option<f64>) -> Row {
        let (federated, centralized) = (Some(0.9 + difference), Some(0.9));
        let paired = Paired { centralized_sd: 0.1, federated_sd: 0.1, difference_sd: 0.1, interval: [-1.0, 1.0] };
        Row {
            name,
            centralized,
            federated,
            local_mean: None,
            local_worst: None,
            difference: Some(difference),
            judged: Some(judged(holds, p_value)),
            paired: p_value.map(|_| paired),
            plain: None,
            secure_minus_plain: None,
        }
    }

    fn gain(value: Option<f64>, verdict: Verdict) -> Gain {
        let interval = value.map(|value| [value - 0.001, value + 0.001]);
        Gain { decided_by: DecidedBy::Auc, value, interval, source: interval.map(|_| IntervalSource::Bootstrap), verdict }
    }

    fn found(gains: &[Gain]) -> Baselines {
        let participant = |(client, gain): (usize, &Gain)| Participant {
            client,
            examples: 1,
            positives: 0,
            held_out: 0,
            held_out_positives: 0,
            measured_on: MeasuredOn::Test,
            metric: ByModel::default(),
            cost: ByModel::default(),
            gain: *gain,
            rank: None,
            others_lose: None,
        };
        let participants = gains.iter().enumerate().map(participant).collect();
        Baselines { trial: trial(), centralized: vec![], participants, is_left_out: false }
    }

    fn trial() -> Trial {
        let local = Local { mean: vec![], worst: vec![], best: vec![] };
        Trial { seed: 1, centralized: vec![], federated: vec![], local, plain: None }
    }

    fn prepared() -> (Plan, Federation) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/fraud.toml");
        let plan = scenario::load(&path, &[]).expect("it is shipped");
        let federation = federation::prepare(&plan).expect("its data are shipped").federation;
        (plan, federation)
    }

    /// What `tell` makes of a comparison of so many seeds.
    fn told<T>(rows: &[Row], gains: &[Gain], terms: (f64, usize, Gate), tell: impl Fn(&Comparison<'_>) -> T) -> T {
        let (tolerance, seeds, gate) = terms;
        let ((plan, federation), found) = (prepared(), found(gains));
        let terms = ComparisonTerms { tolerance, seeds: 1, leave_one_out: false, gate, metrics: Vec::new() };
        tell(&Comparison {
            plan: &plan,
            federation: &federation,
            terms: &terms,
            rows,
            trials: &vec![trial(); seeds],
            names: &[],
            found: &found,
            federated: &[],
            train_rows: 1,
            visits: 1,
        })
    }

    fn decision(rows: &[Row], seeds: usize, gate: Gate) -> String {
        told(rows, &[], (0.01, seeds, gate), |comparison| comparison.decision())
    }

    #[test]
    fn the_decision_names_what_differs_and_by_how_much() {
        let decision = |rows: &[Row], seeds| decision(rows, seeds, Gate::Equivalence);
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
    fn the_other_gate_has_words_of_its_own() {
        let decision = |rows: &[Row], seeds| decision(rows, seeds, Gate::NonInferiority);
        let better = [row("auc", 0.03, true, None), row("pr_auc", -0.004, true, None)];
        assert_eq!(decision(&better, 1), "not inferior: AUC differs by +0.0300 and PR-AUC by -0.0040, not worse by more than 0.01");
        let worse = [row("auc", -0.03, false, Some(0.9))];
        let told = "inferior, or not shown to be otherwise over 3 seeds (one-sided test at 5%): AUC is 0.0300 lower in the federation \
                    (p = 0.9000), beyond 0.01";
        assert_eq!(decision(&worse, 3), told);
    }

    #[test]
    fn a_difference_that_the_decimals_do_not_show_has_no_sign() {
        assert_eq!([0.0, -0.0, 0.000_049, -0.000_049].map(|difference| signed(difference, 4)), ["0.0000"; 4]);
        assert_eq!([0.000_051, -0.000_051, -1.0].map(|difference| signed(difference, 4)), ["+0.0001", "-0.0001", "-1.0000"]);
        let rows = [row("auc", -0.000_01, true, None), row("f1", 0.0, true, None)];
        assert_eq!(decision(&rows, 1, Gate::Equivalence), "equivalent: AUC differs by 0.0000 and F1 by 0.0000, within 0.01");
    }

    #[test]
    fn a_gain_is_told_by_two_digits_at_least() {
        assert_eq!([-0.0123, -0.000_012, 0.0, 1.5].map(precise), ["-0.0123", "-0.000012", "0.0000", "+1.5000"]);
    }

    #[test]
    fn an_f1_of_nothing_on_both_sides_is_warned_of() {
        let warning = |centralized, federated| {
            let rows = [Row { centralized: Some(centralized), federated: Some(federated), ..row("f1", 0.0, true, None) }];
            told(&rows, &[], (0.01, 1, Gate::Equivalence), |comparison| comparison.warning(0.75))
        };
        assert!(warning(0.0, 0.0).is_some_and(|text| text.contains("evaluation.threshold = 0.75")));
        assert_eq!([warning(0.0, 0.005), warning(0.005, 0.0)], [None, None]);
    }

    #[test]
    fn a_tiny_tolerance_shows_the_decimals_that_decide() {
        let rows = [row("auc", -0.000_005, false, None)];
        let words = told(&rows, &[], (0.000_001, 1, Gate::Equivalence), |comparison| comparison.decision());
        assert_eq!(words, "not equivalent: AUC is 0.00000500 lower in the federation, beyond 0.000001");
        assert_eq!(told(&rows, &[], (1e-300, 1, Gate::Equivalence), |comparison| comparison.decimals()), MOST_DECIMALS);
    }

    #[test]
    fn those_who_lose_are_named_the_worst_first_and_not_too_many() {
        let join = |gains: &[Gain]| told(&[], gains, (0.01, 1, Gate::Equivalence), |comparison| comparison.join_in_words());
        let (gains, loses) = (gain(Some(0.1), Verdict::Gains), |value: f64| gain(Some(value), Verdict::Loses));
        assert_eq!(join(&[gains; 2]), ["2 of 2 clients gain by joining, 0 lose, of 0 nobody can tell (by AUC, 90% intervals)"]);
        let few = gain(Some(0.2), Verdict::CantTell(Reason::FewPositives));
        let mixed = join(&[gains, loses(-0.0012), few, loses(-0.5), gain(Some(0.0), Verdict::CantTell(Reason::IntervalHasZero))]);
        assert_eq!(
            mixed,
            [
                "1 of 5 clients gains by joining, 2 lose, of 2 nobody can tell (by AUC, 90% intervals)",
                "losing: client 4 (-0.5000, -0.5010 to -0.4990) and client 2 (-0.0012, -0.0022 to -0.00020)",
                "nobody can tell: 1 measured on fewer than 10 positive rows, 1 whose interval has zero in it",
            ]
        );
        let all = join(&[loses(-0.25); 30]);
        assert!(all[1].ends_with("client 8 (-0.2500, -0.2510 to -0.2490) and 22 more"), "{}", all[1]);
        let one = join(&[gain(Some(0.0), Verdict::CantTell(Reason::FederationOfOne))]);
        assert_eq!(one, ["a federation of one client gains nothing by construction"]);
    }
}
