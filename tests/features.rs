//! Features that are worked out of columns: worth what the same numbers in the table are worth, wherever rows are read.

use std::fs;
use std::path::Path;

use fedsim::numeric::text::shortest;

use crate::support::{argument, column, deterministic_files, fedsim, fedsim_in, root, run_in, succeed, text};

const SCENARIO: &str = "name = \"desk\"\nrounds = 4\n[data]\npath = \"table.csv\"\nlabel = \"default\"\n[preprocess]\nindicator = true\n\
                        clip = [0.02, 0.98]\ntransform = { burden = \"log1p\" }\n[partition]\nkind = \"column\"\nname = \"bank\"\n";

const FEATURES: &str = "[features]\nage_squared = \"age * age\"\nburden = \"loan_amount / income\"\n";

/// A folder with 600 loans, the scenario and, where `with` says so, the two features as columns behind the others.
fn desk(with: Features) -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let table = fs::read_to_string(root().join("data/credit.csv")).expect("the shipped table");
    let mut lines = table.lines();
    let header = lines.next().expect("a header");
    let places: Vec<usize> =
        ["age", "income", "loan_amount"].map(|name| header.split(',').position(|known| known == name).expect("a column")).into();
    let mut rows = String::new();
    for line in lines.take(600) {
        let cells: Vec<&str> = line.split(',').collect();
        let [age, income, amount] = [0, 1, 2].map(|at| cells[places[at]].parse::<f64>().ok());
        let written = |number: Option<f64>| number.map_or(String::new(), shortest);
        let features = [written(age.map(|age| age * age)), written(income.zip(amount).map(|(income, amount)| amount / income))];
        let line = if with == Features::InTheTable { format!("{line},{}", features.join(",")) } else { line.to_owned() };
        rows += &(line + "\n");
    }
    let (header, scenario) = match with {
        Features::InTheTable => (format!("{header},age_squared,burden"), SCENARIO.to_owned()),
        Features::WorkedOut => (header.to_owned(), format!("{SCENARIO}{FEATURES}")),
    };
    fs::write(desk.path().join("table.csv"), format!("{header}\n{rows}")).expect("written");
    fs::write(desk.path().join("scenario.toml"), scenario).expect("written");
    desk
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Features {
    InTheTable,
    WorkedOut,
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file can be read")
}

/// Law: arithmetic of doubles is the same in the program and in the table; then so is all that is learned.
#[test]
fn a_feature_is_worth_what_its_column_in_the_table_is() {
    let (worked_out, in_the_table) = (desk(Features::WorkedOut), desk(Features::InTheTable));
    [&worked_out, &in_the_table].iter().for_each(|desk| drop(run_in(desk.path(), "out", &[])));
    for name in ["model.csv", "preprocess.csv", "predictions.csv", "metrics_log.csv", "round_log.csv"] {
        let [one, other] = [&worked_out, &in_the_table].map(|desk| read(&desk.path().join("out").join(name)));
        assert!(one == other, "{name}");
    }
    assert!(read(&worked_out.path().join("out/preprocess.csv")).contains("\nburden (missing),burden,indicator"));
}

/// New rows have the table's own columns; one of a feature's name is not looked at.
#[test]
fn predict_works_features_out_of_raw_columns() {
    let (worked_out, in_the_table) = (desk(Features::WorkedOut), desk(Features::InTheTable));
    run_in(worked_out.path(), "out", &[]);
    let said = |desk: &Path| {
        let (run, table) = (worked_out.path().join("out"), desk.join("table.csv"));
        text(&succeed(&["predict", argument(&run), argument(&table)]).stdout)
    };
    let scores = said(worked_out.path());
    assert_eq!(scores, said(in_the_table.path()));
    let predictions = worked_out.path().join("out/predictions.csv");
    let (rows, expected) = (column(&predictions, "row"), column(&predictions, "score"));
    let scores: Vec<&str> = scores.lines().skip(1).map(|line| line.split(',').nth(1).expect("a score")).collect();
    assert_eq!(rows.len(), 120);
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!(scores[row.parse::<usize>().expect("a number") - 1], expected, "row {row}");
    }
}

#[test]
fn a_run_with_features_is_verified_and_goes_on() {
    let desk = desk(Features::WorkedOut);
    run_in(desk.path(), "whole", &[]);
    succeed(&["verify", argument(&desk.path().join("whole"))]);
    run_in(desk.path(), "parts", &["rounds=2"]);
    let parts = desk.path().join("parts");
    succeed(&["run", argument(&desk.path().join("scenario.toml")), "--out", argument(&parts), "--no-plots", "--resume"]);
    assert!(deterministic_files(&parts) == deterministic_files(&desk.path().join("whole")));
    // Another formula is another scenario.
    let other = ["--set", "features.burden=income / loan_amount", "--set", "rounds=6", "--resume", "--no-plots"];
    let output = fedsim(&[&["run", argument(&desk.path().join("scenario.toml")), "--out", argument(&parts)], &other[..]].concat());
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

/// A column may be read for a formula alone.
#[test]
fn columns_that_are_dropped_can_be_worked_with() {
    let desk = desk(Features::WorkedOut);
    run_in(desk.path(), "out", &["data.drop=[\"loan_amount\", \"age\"]"]);
    let sources = column(&desk.path().join("out/preprocess.csv"), "source");
    assert!(!sources.iter().any(|source| source == "loan_amount" || source == "age"));
    assert_eq!(sources.iter().filter(|source| *source == "age_squared").count(), 1);
    succeed(&["predict", argument(&desk.path().join("out")), argument(&desk.path().join("table.csv"))]);
}

#[test]
fn formulas_are_refused_at_their_place_before_anything_is_written() {
    let desk = desk(Features::WorkedOut);
    for (formula, place, part) in [
        ("loan_amount / incme", "--set:1:27", "did you mean `income`?"),
        ("loan_amount / (income", "--set:1:27", "never closed"),
        ("default * 2", "--set:1:13", "is the label"),
        ("employment + 1", "--set:1:13", "holds texts"),
        ("bank + 1", "--set:1:13", "deals the rows"),
        ("burden + 1", "--set:1:13", "is a feature itself"),
        ("1e400 * age", "--set:1:13", "is not a number"),
    ] {
        let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out", "--set", &format!("features.x={formula}")]);
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(place) && told.contains(part), "{formula}: {told}");
        assert!(!desk.path().join("out").exists(), "{formula}");
    }
    // Where missing cells are errors, so is a feature without a value.
    fs::write(desk.path().join("table.csv"), format!("a,y\n{}", "0,1\n2,0\n".repeat(20))).expect("written");
    let scenario = "name = \"d\"\nrounds = 1\n[data]\npath = \"table.csv\"\nlabel = \"y\"\n[preprocess]\nmissing = \"error\"\n\
                    [partition]\nclients = 2\n[features]\ninverse = \"1 / a\"\n";
    fs::write(desk.path().join("scenario.toml"), scenario).expect("written");
    let told = text(&fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out"]).stderr);
    assert!(told.contains("`inverse` has no value in row 1") && told.contains("scenario.toml:11:11"), "{told}");
}

/// `preprocess` has no scenario: its features stand in its arguments.
#[test]
fn preprocess_writes_features() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["preprocess", "--label", "default", "--clients", "2", "--feature", "burden = loan_amount / income", "--input"];
    let (input, out) = (root().join("data/credit.csv"), folder.path().join("out"));
    succeed(&[&arguments[..], &[argument(&input), "--out-root", argument(&out)]].concat());
    let train = read(&out.join("processed/train.csv"));
    assert!(train.lines().next().expect("a header").ends_with(",burden,default"));
    let output = fedsim_in(folder.path(), &["preprocess", "--input", argument(&input), "--label", "default", "--feature", "burden"]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("a name and a formula"));
}
