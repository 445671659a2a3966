//! Early stopping: a run ends where its own metrics say, and is until then the run that would have gone on.

use std::fs;

use crate::support::{argument, column, fedsim, succeed, text};

const BASE: [&str; 4] = ["run", "scenarios/fraud.toml", "--set", "rounds=60"];

fn run(more: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(&[&BASE[..], more, &["--out", argument(folder.path()), "--quiet", "--no-plots"]].concat());
    folder
}

/// The round after which a run of these measurements stops: the definition, once more.
fn stops_after(values: &[(usize, f64)], patience: usize, is_better: impl Fn(f64, f64) -> bool) -> Option<usize> {
    let mut best = values[0];
    for (at, &(round, value)) in values.iter().enumerate().skip(1) {
        if is_better(value, best.1) {
            best = (round, value);
        }
        let since = values[..=at].iter().filter(|(measured, _)| *measured > best.0).count();
        if since >= patience {
            return Some(round);
        }
    }
    None
}

#[test]
fn a_run_stops_where_the_metrics_of_the_whole_run_say_and_is_its_beginning() {
    let whole = run(&[]);
    let log = whole.path().join("metrics_log.csv");
    let rounds = column(&log, "round");
    let values = |metric: &str| {
        let values = column(&log, metric).into_iter().map(|value| value.parse::<f64>().expect("a number"));
        rounds.iter().map(|round| round.parse().expect("a round")).zip(values).collect::<Vec<(usize, f64)>>()
    };
    let digests = column(&whole.path().join("round_log.csv"), "state_digest");
    for (metric, patience, min_delta, sign) in [("auc", 3, 0.001, 1.0), ("loss", 2, 0.002, -1.0), ("auc", 4, 0.0, 1.0)] {
        let wanted = stops_after(&values(metric), patience, |value, best| sign * (value - best) > min_delta);
        let wanted = wanted.expect("the case is chosen so that it stops");
        let sets = [format!("stop.metric={metric}"), format!("stop.patience={patience}"), format!("stop.min_delta={min_delta}")];
        let more: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        let stopped = run(&more);
        let found = column(&stopped.path().join("round_log.csv"), "state_digest");
        assert_eq!(found, digests[..=wanted], "{metric}");
        let outcomes = column(&stopped.path().join("round_log.csv"), "outcome");
        assert_eq!(outcomes.iter().position(|outcome| outcome == "stopped_early"), Some(wanted), "{metric}");
        assert_eq!(outcomes.len(), wanted + 1);
        // What belongs to the last round is there: its curves.
        assert!(fs::read_to_string(stopped.path().join("curves.csv")).expect("the curves").lines().count() > 10);
    }
}

#[test]
fn the_summary_tells_of_the_stop_and_a_comparison_takes_the_shorter_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["--set", "stop.patience=3", "--set", "stop.min_delta=0.001", "--out", argument(folder.path())];
    let told = text(&succeed(&[&BASE[..], &sets[..]].concat()).stdout);
    let last = column(&folder.path().join("round_log.csv"), "round").pop().expect("a round");
    assert!(told.contains(&format!("after round {last} of 60: auc was best in round")), "{told}");
    let page = fs::read_to_string(folder.path().join("report.html")).expect("the page");
    assert!(page.contains("stopped early") && page.contains("metric auc, patience 3, min delta 0.001"), "the page does not tell");
    let arguments = ["compare-baseline", "scenarios/fraud.toml", "--set", "rounds=60", "--seeds", "2", "--tolerance", "0.9", "--force"];
    succeed(&[&arguments[..], &sets[..]].concat());
    assert_eq!(column(&folder.path().join("round_log.csv"), "round").pop(), Some(last));
}

#[test]
fn what_is_wrong_with_the_table_is_told_at_its_place() {
    for (set, wanted) in [
        ("stop.metric=aucc", "did you mean \"auc\"?"),
        ("stop.patience=0", "stop.patience"),
        ("stop.min_delta=-1", "stop.min_delta"),
        ("stop.patiens=3", "did you mean `patience`?"),
        ("stop=3", "[stop]"),
    ] {
        let output = fedsim(&[&BASE[..], &["--set", set]].concat());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(wanted), "{set}: {told}");
    }
}
