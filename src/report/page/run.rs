//! What the page says of the run as a whole: what was run, how its metrics began and ended, and how to run it again.

use std::collections::BTreeMap;

use toml::{Table, Value as Toml};

use super::grid::{Column, Grid, Value};
use super::markup::{escape, facts, note, paragraph};
use super::names;
use crate::diag::{Error, Problem};
use crate::logs::Unit;
use crate::numeric::text::shortest;
use crate::runs::files::{MANIFEST, SCENARIO};
use crate::runs::{Manifest, Saved};

/// The keys of the model that are told.
const MODEL: [&str; 12] =
    ["task", "hidden", "code", "activation", "loss", "delta", "clusters", "start", "depth", "learning_rate", "min_child_weight", "l2"];

/// The run, but for its tables.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) manifest: Manifest,
    scenario_text: String,
    scenario: Table,
    /// The metrics' names, in the order of their columns.
    metrics: Vec<String>,
    spans: BTreeMap<String, Span>,
    aborted: usize,
    is_stopped: bool,
    /// Whether the server learns from sums over rows, not from means of updates.
    is_of_sums: bool,
}

/// A metric at the start, at the end and where it was best; each with its round, and absent where it was undefined.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: Option<f64>,
    end: Option<f64>,
    best: Option<(f64, f64)>,
}

impl Run {
    /// Reads the manifest, the scenario, the metrics and the outcomes.
    ///
    /// # Errors
    /// When one of them is missing or not as fedsim wrote it.
    pub(super) fn read(saved: &Saved) -> Result<Self, Error> {
        let unlike = |file: &str, cause: String| -> Error {
            let message = format!("{}: {cause}", saved.path_of(file).display());
            Problem::new(message).help("the file is not as fedsim wrote it: run the scenario again").into()
        };
        let manifest = serde_json::from_str(&saved.text(MANIFEST)?).map_err(|cause| unlike(MANIFEST, cause.to_string()))?;
        let scenario_text = saved.text(SCENARIO)?;
        let scenario = scenario_text.parse().map_err(|cause: toml::de::Error| unlike(SCENARIO, cause.to_string()))?;
        let mut metrics = saved.columns("metrics_log.csv")?;
        metrics.retain(|name| name != "round");
        let spans = spans(saved, &metrics)?;
        let (mut aborted, mut is_stopped) = (0, false);
        saved.rows("round_log.csv", ["outcome"], |[outcome]| {
            aborted += usize::from(outcome.text().starts_with("aborted"));
            is_stopped = outcome.text() == "stopped_early";
            Ok(())
        })?;
        let mut is_of_sums = false;
        if saved.has("exchange_log.csv") {
            saved.rows("exchange_log.csv", ["round", "exchange", "read"], |[round, exchange, read]| {
                is_of_sums |= round.count()? > 0 && exchange.count()? == 1 && read.text() == "sum";
                Ok(())
            })?;
        }
        Ok(Self { manifest, scenario_text, scenario, metrics, spans, aborted, is_stopped, is_of_sums })
    }

    /// The line below the run's name.
    pub(super) fn subtitle(&self) -> String {
        let count = |count: usize, one: &str| {
            let plural = if count == 1 { "" } else { "s" };
            format!("{} {one}{plural}", Unit::Plain.show(count as f64))
        };
        let manifest = &self.manifest;
        let [clients, rounds] = [count(manifest.clients, "client"), count(manifest.rounds, "round")];
        let stopped = match self.scenario.get("rounds").and_then(Toml::as_integer) {
            Some(planned) if self.is_stopped => format!(" (stopped early, of {})", Unit::Plain.show(planned as f64)),
            _ => String::new(),
        };
        format!("{clients}, {rounds}{stopped}, {}, fedsim {}", self.summing(), manifest.fedsim)
    }

    /// What was run, with the scenario in full.
    pub(super) fn what(&self) -> String {
        let manifest = &self.manifest;
        let count = |count: usize| Unit::Plain.show(count as f64);
        let rows = |rows: usize, positives: Option<u64>| {
            let Some(positives) = positives else { return count(rows) };
            let share = if rows == 0 { 0.0 } else { positives as f64 / rows as f64 };
            format!("{}, of them {} positive ({})", count(rows), Unit::Plain.show(positives as f64), Unit::Share.show(share))
        };
        let is_generated = manifest.task.is_binary() && manifest.train_positives.is_none();
        let train_rows = match manifest.train_rows {
            Some(all) if is_generated => format!("{}, generated", count(all)),
            Some(all) => rows(all, manifest.train_positives),
            None => "generated".to_owned(),
        };
        let mut pairs = vec![
            ("Clients", count(manifest.clients)),
            ("Training rows", train_rows),
            ("Test rows", rows(manifest.test_rows, manifest.test_positives)),
            ("Classes", manifest.classes.join(", ")),
            ("Features", count(manifest.features)),
            ("Parameters", count(manifest.parameters)),
            ("Rounds", count(manifest.rounds)),
        ];
        let secure = self.aggregation() == "secure";
        let aggregation: &[&str] = if secure { &["protocol", "adversary", "threshold"] } else { &["weighting", "arithmetic"] };
        let described = [
            ("Partition", self.kind("partition", &["alpha", "min_examples", "per_client", "name"])),
            ("Model", self.kind("model", &MODEL)),
            ("Local training", self.kind("training", &["epochs", "batch_size", "learning_rate", "class_weight", "tolerance"])),
            ("Cohort", self.kind("cohort", &["size", "rate"])),
            ("Strategy", self.kind("strategy", &["learning_rate"])),
            ("Aggregation", self.kind("aggregation", aggregation)),
            ("Dropout", self.dropout()),
            ("Stops early by", self.settings("stop", &["metric", "patience", "min_delta"])),
            ("Generated by", self.settings("data", &["alpha", "beta", "similarity", "rows", "rows_sigma"])),
            ("Held out by each client", self.held_out()),
            ("Prices", self.prices()),
            ("Seed", self.scenario.get("seed").map(plain)),
        ];
        pairs.extend(described.into_iter().filter_map(|(name, value)| Some((name, value?))));
        pairs.push(("fedsim", manifest.fedsim.clone()));
        pairs.retain(|(_, value)| !value.is_empty());
        let pairs: Vec<(String, String)> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let scenario = escape(&self.scenario_text);
        facts(&pairs) + &format!("<details>\n<summary>The scenario in full</summary>\n<pre>{scenario}</pre>\n</details>\n")
    }

    /// The share of its rows that each client holds out; `None` if it holds none out.
    fn held_out(&self) -> Option<String> {
        let share = self.scenario.get("data")?.get("client_test_fraction")?.as_float()?;
        (share > 0.0).then(|| format!("{} of its rows", Unit::Share.show(share)))
    }

    /// What wrong decisions cost, if the scenario says it.
    fn prices(&self) -> Option<String> {
        let cost = self.scenario.get("evaluation")?.get("cost")?;
        let price = |key: &str| Some(Unit::Plain.show(cost.get(key)?.as_float()?));
        Some(format!("a missed positive {}, a false alarm {}", price("fn")?, price("fp")?))
    }

    /// The figures that a reader looks for first, then every metric.
    pub(super) fn headline(&self) -> String {
        let mut html = "<dl class=\"figures\">\n".to_owned();
        let mut figure = |name: &str, value: &str, beside: &str| {
            html.push_str(&format!("<div><dt>{}</dt><dd>{value}<small>{}</small></dd></div>\n", escape(name), escape(beside)));
        };
        let shown = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |value| Unit::Measure.show(value));
        let task = self.manifest.task;
        for name in task.shown().map(|metric| metric.name).into_iter().chain(["cost"]) {
            if let Some(span) = self.spans.get(name) {
                figure(&names::label(name), &shown(span.end), &format!("from {}", shown(span.start)));
            }
        }
        if let Some((best, round)) = self.spans.get(task.headline().name).and_then(|span| span.best) {
            figure(&format!("Best {}", task.headline().label), &Unit::Measure.show(best), &format!("in round {}", Unit::Plain.show(round)));
        }
        let [aborted, rounds] = [self.aborted, self.manifest.rounds].map(|count| Unit::Plain.show(count as f64));
        figure("Aborted rounds", &aborted, &format!("of {rounds}"));
        html + "</dl>\n"
            + &self.every_metric()
            + &note("On the test rows. A metric that does not exist, such as the AUC of one class, is left empty.")
    }

    fn every_metric(&self) -> String {
        let columns = [("Metric", Unit::Text), ("Start", Unit::Measure), ("End", Unit::Measure), ("Best", Unit::Measure)];
        let mut columns = columns.map(|(label, unit)| Column::new(label, unit)).to_vec();
        columns.push(Column::new("Best in round", Unit::Plain));
        let row = |name: &String| {
            let span = self.spans.get(name).copied().unwrap_or_default();
            let (best, round) = span.best.unzip();
            vec![Value::Words(names::label(name)), span.start.into(), span.end.into(), best.into(), round.into()]
        };
        Grid { columns, rows: self.metrics.iter().map(row).collect() }.html("metrics", "Metrics")
    }

    /// How to run it again, and by what to know that it came out the same.
    pub(super) fn reproduce(&self, compared: bool) -> String {
        let command = match self.manifest.comparison.as_ref() {
            Some(terms) => format!("compare-baseline {SCENARIO}{}", terms.to_arguments()),
            None if compared => format!("compare-baseline {SCENARIO}"),
            None => format!("run {SCENARIO}"),
        };
        let mut html = paragraph("From the folder of this page, with the data where scenario.toml says:");
        html.push_str(&format!("<pre>fedsim {} --out again\ncmp {MANIFEST} again/{MANIFEST}</pre>\n", escape(&command)));
        html.push_str(&paragraph(
            "The same version of fedsim gives the same digests on any machine and any number of threads; the manifest lists the \
             SHA-256 of each file that must come out the same.",
        ));
        if compared && self.manifest.comparison.is_none() {
            html.push_str(&note("Give the --tolerance, --seeds and --leave-one-out of the comparison again, where it had them."));
        }
        let manifest = &self.manifest;
        let digests =
            [("State digest", &manifest.state_digest), ("Identity", &manifest.identity), ("Data, SHA-256", &manifest.data_sha256)];
        html + "<div class=\"digests\">\n" + &facts(&digests.map(|(name, digest)| (name.to_owned(), digest.clone()))) + "</div>\n"
    }

    /// The metrics' names, in the order of their columns.
    pub(super) fn metrics(&self) -> &[String] {
        &self.metrics
    }

    fn aggregation(&self) -> String {
        self.table("aggregation").and_then(|table| table.get("kind")).map_or_else(|| "unknown".to_owned(), plain)
    }

    /// How answers reach the server, in words.
    fn summing(&self) -> String {
        let aggregation = self.aggregation();
        match (self.is_of_sums, aggregation.as_str()) {
            (false, _) => format!("{aggregation} aggregation"),
            (true, "secure") => "secure sums over rows".to_owned(),
            (true, _) => "sums over rows".to_owned(),
        }
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.scenario.get(name).and_then(Toml::as_table)
    }

    /// A table's kind, and those of its keys that it has: `dirichlet (alpha 0.5)`.
    fn kind(&self, table: &str, keys: &[&str]) -> Option<String> {
        let kind = plain(self.table(table)?.get("kind")?);
        Some(self.settings(table, keys).map_or(kind.clone(), |settings| format!("{kind} ({settings})")))
    }

    fn settings(&self, table: &str, keys: &[&str]) -> Option<String> {
        let table = self.table(table)?;
        let settings: Vec<String> =
            keys.iter().filter_map(|key| Some(format!("{} {}", key.replace('_', " "), plain(table.get(*key)?)))).collect();
        (!settings.is_empty()).then(|| settings.join(", "))
    }

    /// The probability that a client fails, in all or by stage; nothing where none does.
    fn dropout(&self) -> Option<String> {
        let faults = self.table("faults")?;
        let scheduled = faults.get("schedule").and_then(Toml::as_array).is_some_and(|list| !list.is_empty());
        let chance = |value: &Toml| value.as_float().or(value.as_integer().map(|whole| whole as f64)).filter(|chance| *chance > 0.0);
        let drawn = match faults.get("dropout") {
            Some(Toml::Table(stages)) => {
                let stages = stages.iter().filter(|(_, value)| chance(value).is_some());
                stages.map(|(stage, value)| format!("{} {}", stage.replace('_', " "), plain(value))).collect::<Vec<_>>().join(", ")
            }
            Some(value) => chance(value).map(shortest).unwrap_or_default(),
            None => String::new(),
        };
        let parts = [drawn, if scheduled { "as scheduled".to_owned() } else { String::new() }];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// A value of the scenario, a text without its quotes.
fn plain(value: &Toml) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn spans(saved: &Saved, metrics: &[String]) -> Result<BTreeMap<String, Span>, Error> {
    let mut spans = vec![Span::default(); metrics.len()];
    let columns: Vec<String> = std::iter::once("round".to_owned()).chain(metrics.iter().cloned()).collect();
    let mut is_first = true;
    saved.rows_of("metrics_log.csv", &columns, |cells| {
        let round = cells[0].number()?;
        for ((span, cell), name) in spans.iter_mut().zip(&cells[1..]).zip(metrics) {
            span.end = cell.optional()?;
            if is_first {
                span.start = span.end;
            }
            let (Some(value), Some(worse)) = (span.end, names::worse(name)) else { continue };
            if span.best.is_none_or(|(best, _)| worse.is_better(value, best, 0.0)) {
                span.best = Some((value, round));
            }
        }
        is_first = false;
        Ok(())
    })?;
    Ok(metrics.iter().cloned().zip(spans).collect())
}
