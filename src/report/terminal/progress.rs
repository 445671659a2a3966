//! Tells of a run while it goes on: bars on a terminal, plain lines elsewhere, nothing if asked to be quiet. On stderr.

use std::cell::OnceCell;
use std::io::{IsTerminal, Write, stderr};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::federation::RoundRecord;
use crate::work::{self, Watcher};

/// How much to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Progress, and the summary.
    Normal,
}

/// About so many plain lines tell of a run.
const LINES: usize = 20;

/// A run's progress.
#[derive(Debug)]
pub struct Progress {
    form: Form,
    rounds: usize,
}

#[derive(Debug)]
enum Form {
    Silent,
    Lines,
    /// The rounds' bar, and the first round that it told of.
    Bar(ProgressBar, OnceCell<usize>),
}

/// The bar of the work under way, above that of the rounds: gone between two pieces.
struct WorkBar(ProgressBar);

impl Watcher for WorkBar {
    fn begin(&self, name: &str, steps: u64) {
        self.0.set_length(steps);
        self.0.set_message(name.to_owned());
        self.0.reset();
    }

    fn reached(&self, steps: u64) {
        self.0.set_position(steps);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress {
    /// Of a run of so many rounds; from here on, its work is shown as well.
    pub fn start(rounds: usize, verbosity: Verbosity) -> Self {
        let form = match verbosity {
            Verbosity::Quiet => Form::Silent,
            Verbosity::Normal if stderr().is_terminal() => Form::Bar(bars(rounds), OnceCell::new()),
            Verbosity::Normal => Form::Lines,
        };
        Self { form, rounds }
    }

    /// Tells of a round.
    pub fn round(&self, record: &RoundRecord) {
        match &self.form {
            Form::Silent => {}
            Form::Bar(bar, first) => {
                let first = *first.get_or_init(|| record.round);
                // Of one round nothing follows for the others; and a resumed run's first rounds took no time.
                if record.round > first + 1 {
                    bar.set_style(style(WITH_TIME));
                }
                bar.set_position(record.round as u64);
                if record.metrics.is_some() || record.outcome.is_aborted() {
                    bar.set_message(describe(record));
                }
            }
            Form::Lines => {
                let step = self.rounds.div_ceil(LINES);
                if record.round.is_multiple_of(step) || record.round == self.rounds {
                    // A closed stderr is no reason to stop.
                    let _ = writeln!(stderr(), "round {}/{}  {}", record.round, self.rounds, describe(record));
                }
            }
        }
    }

    /// Ends the telling.
    pub fn end(&self) {
        if let Form::Bar(bar, _) = &self.form {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

/// The rounds' bar before there is anything to tell of the time, and after: the time left is that of a moving average over the rounds.
const WITHOUT_TIME: &str = "round {pos}/{len} {wide_bar} {msg}";
const WITH_TIME: &str = "{eta} left  round {pos}/{len} {wide_bar} {msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is well-formed")
}

/// Shows the work of a command that has no rounds, from here on; on a terminal only.
pub fn show_work() {
    if stderr().is_terminal() {
        work_bar();
    }
}

/// The bar of the rounds, below that of the work under way.
fn bars(rounds: usize) -> ProgressBar {
    work_bar().add(ProgressBar::new(rounds as u64).with_style(style(WITHOUT_TIME)))
}

/// The bar of the work under way, and room for others below it.
fn work_bar() -> MultiProgress {
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let of_work = bars.add(ProgressBar::new(0).with_style(style("{msg} {wide_bar} {percent}%")));
    work::watch(Box::new(WorkBar(of_work)));
    bars
}

fn describe(record: &RoundRecord) -> String {
    let mut text = match &record.metrics {
        None => String::new(),
        Some(metrics) => {
            let shown = metrics.task().told().into_iter().filter_map(|(name, decimals)| Some((name, decimals, metrics.get(name)?)));
            shown.map(|(name, decimals, value)| format!("{name} {value:.decimals$}")).collect::<Vec<_>>().join("  ")
        }
    };
    if record.outcome.is_aborted() {
        text += &format!("  aborted: {} of {} clients answered", record.survivors, record.selected);
    }
    text.trim_start().to_owned()
}
