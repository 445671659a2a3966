//! `fedsim init`: the scenario that it writes for a table runs and learns something; for a bad table none is written.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, fedsim_in, real_data, root, text};

/// Writes a scenario for the table, runs six rounds of it, and gives the scenario and the last figure of this name on the test rows.
fn begun(table: &Path, label: &str, metric: &str) -> (String, f64) {
    let desk = tempfile::tempdir().expect("a folder");
    let made = fedsim_in(desk.path(), &["init", argument(table), "--label", label, "--out", "made.toml"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stderr).contains("next: fedsim run made.toml"), "{}", text(&made.stderr));
    let run = fedsim_in(desk.path(), &["run", "made.toml", "--set", "rounds=6", "--out", "run"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let found = column(&desk.path().join("run/metrics_log.csv"), metric);
    let scenario = fs::read_to_string(desk.path().join("made.toml")).expect("it was written");
    (scenario, found.last().expect("a round").parse().expect("a number"))
}

#[test]
fn a_scenario_for_each_shipped_table_runs_and_learns() {
    for (table, label) in [("data/fraud.csv", "Class"), ("data/credit.csv", "default")] {
        let (scenario, auc) = begun(&root().join(table), label, "auc");
        assert!(auc > 0.6, "{table}: {auc}\n{scenario}");
    }
}

/// By chance one row of five would be right; the mean label tells nothing of the variance.
#[test]
fn classes_and_numbers_get_a_model_of_their_own() {
    let (scenario, accuracy) = begun(&root().join("data/grades.csv"), "grade", "accuracy");
    assert!(scenario.contains("kind = \"softmax\"") && accuracy > 0.3, "{accuracy}\n{scenario}");
    let (scenario, r2) = begun(&root().join("data/lgd.csv"), "lgd", "r2");
    assert!(scenario.contains("kind = \"fractional\"") && r2 > 0.05, "{r2}\n{scenario}");
    let desk = tempfile::tempdir().expect("a folder");
    let rows: String = (0..200).map(|row| format!("{}.25,{}\n", row % 13, 1000 + 100 * (row % 13) + row % 3)).collect();
    fs::write(desk.path().join("prices.csv"), format!("size,price\n{rows}")).expect("written");
    let (scenario, r2) = begun(&desk.path().join("prices.csv"), "price", "r2");
    assert!(scenario.contains("kind = \"linear\"") && r2 > 0.99, "{r2}\n{scenario}");
}

/// Ratings from 1 to 5 are classes, unless they are said to be numbers; two values are numbers too, where that is asked for.
#[test]
fn what_a_label_is_can_be_said() {
    let desk = tempfile::tempdir().expect("a folder");
    let rows: String = (0..300).map(|row| format!("{}.5,{},{}\n", row % 7, 1 + row % 5, row % 2)).collect();
    fs::write(desk.path().join("table.csv"), format!("x,rating,late\n{rows}")).expect("written");
    let init = |label: &str, task: &[&str]| {
        let out = fedsim_in(desk.path(), &[&["init", "table.csv", "--label", label, "--out", "made.toml", "--force"], task].concat());
        (out.status.code(), text(&out.stderr), fs::read_to_string(desk.path().join("made.toml")).unwrap_or_default())
    };
    assert!(init("rating", &[]).2.contains("kind = \"softmax\""));
    assert!(init("rating", &["--task", "regression"]).2.contains("kind = \"linear\""));
    assert!(init("late", &["--task", "regression"]).2.contains("kind = \"fractional\""));
    assert!(!init("late", &[]).2.contains("[model]"));
    let (code, words, _) = init("rating", &["--task", "binary"]);
    assert!(code == Some(2) && words.contains("has 5 values, not two") && words.contains("`late`"), "{words}");
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
        let (scenario, auc) = begun(&path, label, "auc");
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

/// A table of so many rows, no two of which have the same label.
fn unlike(rows: usize) -> String {
    let rows: String = (0..rows).map(|row| format!("{}.5,{},text {row}\n", row % 7, row + 1000)).collect();
    format!("amount,customer,outcome\n{rows}")
}

#[test]
fn a_bad_table_is_refused_and_no_scenario_written() {
    let cases = [
        (table(60, |row| ["good", "bad"][row % 2]), "outcom", "did you mean `outcome`?"),
        (table(60, |_| "good"), "outcome", "in every row"),
        (table(60, |row| if row == 7 { "ugly" } else { ["good", "bad"][row % 2] }), "outcome", "only one row"),
        (unlike(300), "outcome", "has 300 values that are neither classes nor numbers"),
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
