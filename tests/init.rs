//! `fedsim init`: the scenario that it writes for a table runs and learns something; for a bad table none is written.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, fedsim_in, real_data, root, text};

/// Writes a scenario for the table, runs six rounds of it, and gives the scenario and the last test AUC.
fn begun(table: &Path, label: &str) -> (String, f64) {
    let desk = tempfile::tempdir().expect("a folder");
    let made = fedsim_in(desk.path(), &["init", argument(table), "--label", label, "--out", "made.toml"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stderr).contains("next: fedsim run made.toml"), "{}", text(&made.stderr));
    let run = fedsim_in(desk.path(), &["run", "made.toml", "--set", "rounds=6", "--out", "run"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let aucs = column(&desk.path().join("run/metrics_log.csv"), "auc");
    let scenario = fs::read_to_string(desk.path().join("made.toml")).expect("it was written");
    (scenario, aucs.last().expect("a round").parse().expect("a number"))
}

#[test]
fn a_scenario_for_each_shipped_table_runs_and_learns() {
    for (table, label) in [("data/fraud.csv", "Class"), ("data/credit.csv", "default")] {
        let (scenario, auc) = begun(&root().join(table), label);
        assert!(auc > 0.6, "{table}: {auc}\n{scenario}");
    }
}

#[test]
fn a_scenario_for_each_public_table_runs_and_learns() {
    let tables = [
        ("creditcard-sample.csv.gz", "Class"),
        ("german-credit-uci.csv", "class"),
        ("german-credit.csv", "Risk"),
        ("give-me-some-credit.csv", "SeriousDlqin2yrs"),
        ("home-credit-sample.csv.gz", "TARGET"),
        ("taiwan-default.csv", "default.payment.next.month"),
    ];
    for (table, label) in tables {
        let Some(path) = real_data(table) else { continue };
        let (scenario, auc) = begun(&path, label);
        assert!(auc > 0.6, "{table}: {auc}\n{scenario}");
        if table == "german-credit.csv" {
            assert!(scenario.contains("positive = \"bad\"") && scenario.contains("id = \"column_1\""), "{scenario}");
        }
    }
}

/// A table of so many rows: a number, an identifier, a label.
fn table(rows: usize, label: impl Fn(usize) -> &'static str) -> String {
    let rows: String = (0..rows).map(|row| format!("{}.5,{},{}\n", row % 7, row + 1000, label(row))).collect();
    format!("amount,customer,outcome\n{rows}")
}

#[test]
fn a_bad_table_is_refused_and_no_scenario_written() {
    let cases = [
        (table(60, |row| ["good", "bad"][row % 2]), "outcom", "did you mean `outcome`?"),
        (table(60, |_| "good"), "outcome", "in every row"),
        (table(60, |row| ["good", "bad", "ugly"][row % 3]), "outcome", "has 3 values, not two"),
        (table(60, |row| ["good", ""][row % 2]), "outcome", "missing"),
        (table(60, |row| if row == 7 { "bad" } else { "good" }), "outcome", "only one row"),
        (table(0, |_| ""), "outcome", "no rows"),
        (String::new(), "outcome", "is empty"),
    ];
    for (content, label, words) in cases {
        let desk = tempfile::tempdir().expect("a folder");
        fs::write(desk.path().join("table.csv"), content).expect("written");
        let output = fedsim_in(desk.path(), &["init", "table.csv", "--label", label]);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(text(&output.stderr).contains(words), "{words}:\n{}", text(&output.stderr));
        assert_eq!(fs::read_dir(desk.path()).expect("the folder").count(), 1, "{words}: something was written");
    }
}

#[test]
fn a_scenario_that_is_there_is_kept_unless_forced_and_the_table_always() {
    let desk = tempfile::tempdir().expect("a folder");
    let content = table(200, |row| if row % 4 == 0 { "bad" } else { "good" });
    fs::write(desk.path().join("my table.v2.csv"), &content).expect("written");
    let init = |more: &[&str]| fedsim_in(desk.path(), &[&["init", "my table.v2.csv", "--label", "outcome"], more].concat());
    assert!(init(&[]).status.success());
    let scenario = fs::read_to_string(desk.path().join("my table.toml")).expect("it was written");
    // As the shipped scenarios do, so that an editor knows the keys.
    assert!(scenario.starts_with("#:schema ./fedsim.schema.json\n"), "{scenario}");
    for line in ["path = \"my table.v2.csv\"", "positive = \"bad\"", "id = \"customer\"", "clients = 5"] {
        assert!(scenario.contains(line), "{line}\n{scenario}");
    }
    fs::write(desk.path().join("my table.toml"), "mine").expect("written");
    let again = init(&[]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("there is already a file my table.toml") && text(&again.stderr).contains("--force"));
    assert_eq!(fs::read_to_string(desk.path().join("my table.toml")).expect("it is there"), "mine");
    assert!(init(&["--force", "--clients", "3"]).status.success());
    assert!(fs::read_to_string(desk.path().join("my table.toml")).expect("it is there").contains("clients = 3"));
    let onto_table = init(&["--force", "--out", "my table.v2.csv"]);
    assert_eq!(onto_table.status.code(), Some(2));
    assert!(text(&onto_table.stderr).contains("which is read"), "{}", text(&onto_table.stderr));
    assert_eq!(fs::read_to_string(desk.path().join("my table.v2.csv")).expect("it is there"), content);
}
