//! What users do with files around a run: score rows, and write where something may lie already.

use std::fs;
use std::path::Path;

use fedsim::data::RawCell;
use fedsim::runs::Predictor;
use serde_json::Value;

use crate::support::{argument, column, desk, fedsim, fedsim_in, root, succeed, text};

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))).collect()
}

/// A folder with a table of 60 rows with an identifier, a number and a text, its scenario, and a finished run `out` of it.
fn finished(more: &str) -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let row = |row: u32| format!("c{row},{},{},{}\n", row % 13, ["red", "blue"][row as usize % 2], u8::from(row % 13 > 6));
    let rows: String = (0..60).map(row).collect();
    fs::write(desk.path().join("table.csv"), format!("id,x,k,y\n{rows}")).expect("written");
    let scenario = "name = \"desk\"\nrounds = 3\n[data]\npath = \"table.csv\"\nlabel = \"y\"\nid = \"id\"\n[partition]\nclients = 2\n";
    fs::write(desk.path().join("scenario.toml"), format!("{scenario}{more}")).expect("written");
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out", "--quiet", "--no-plots"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    desk
}

#[test]
fn no_file_is_replaced_unasked_and_no_input_ever() {
    let desk = finished("");
    let read = |name: &str| fs::read(desk.path().join(name)).unwrap_or_default();
    let make = |arguments: &str| {
        let output = fedsim_in(desk.path(), &arguments.split(' ').collect::<Vec<_>>());
        (output.status.code(), text(&output.stderr))
    };
    for command in [
        "predict out table.csv --out made.csv",
        "partition scenario.toml --out deal.csv",
        "generate fraud --rows 3 --out rows.csv",
        "preprocess --input table.csv --label y --drop id --clients 2 --out-root processed",
    ] {
        let (made, file) = (make(command), command.split(' ').next_back().expect("a name"));
        assert_eq!(made.0, Some(0), "{command}: {}", made.1);
        let file = if file == "processed" { "processed/stats.csv" } else { file };
        fs::write(desk.path().join(file), "precious").expect("written");
        let (code, told) = make(command);
        assert!(code == Some(2) && told.contains("there is already a file") && told.contains("--force"), "{command}: {told}");
        assert_eq!(read(file), b"precious", "{command}");
        assert_eq!(make(&format!("{command} --force")).0, Some(0), "{command}");
        assert_ne!(read(file), b"precious", "{command}");
    }
    fs::create_dir_all(desk.path().join("split/processed")).expect("a folder");
    fs::copy(desk.path().join("table.csv"), desk.path().join("split/processed/train.csv")).expect("copied");
    for (command, input) in [
        ("predict out table.csv --force --out table.csv", "table.csv"),
        ("predict out table.csv --force --out ./out/../table.csv", "table.csv"),
        ("predict out table.csv --force --out out/model.csv", "out/model.csv"),
        ("partition scenario.toml --force --out table.csv", "table.csv"),
        ("partition scenario.toml --force --out scenario.toml", "scenario.toml"),
        ("preprocess --input split/processed/train.csv --label y --drop id --out-root split --force", "split/processed/train.csv"),
    ] {
        let before = read(input);
        let (code, told) = make(command);
        assert!(code == Some(2) && told.contains("which is read"), "{command}: {told}");
        assert!(read(input) == before && !before.is_empty(), "{command}");
    }
}

#[test]
fn identifiers_come_through_and_contributions_add_up_to_the_log_odds() {
    let desk = finished("");
    let out = desk.path().join("scores.csv");
    let arguments = ["predict", "out", "table.csv", "--explain", "--out", "scores.csv"];
    assert!(fedsim_in(desk.path(), &arguments).status.success());
    assert_eq!(column(&out, "id")[..3], ["c0", "c1", "c2"]);
    let [score, base, x, k] = ["score", "contribution_base", "contribution_x", "contribution_k"].map(|name| numbers(&out, name));
    let reasons = ["reason_1", "reason_2", "reason_3"].map(|name| column(&out, name));
    for row in 0..score.len() {
        let log_odds = fedsim::numeric::math::ln(score[row] / (1.0 - score[row]));
        assert!((base[row] + x[row] + k[row] - log_odds).abs() < 1e-9, "row {row}");
        let first = if x[row].abs() >= k[row].abs() { ("x", x[row]) } else { ("k", k[row]) };
        let way = if first.1 > 0.0 { "raised" } else { "lowered" };
        assert_eq!((reasons[0][row].clone(), reasons[2][row].as_str()), (format!("{way} by {}", first.0), ""));
    }
    // The run's own test rows have the same scores, under the numbers and identifiers of their rows.
    let own = desk.path().join("out/predictions.csv");
    let (rows, ids, scores) = (column(&own, "row"), column(&own, "id"), numbers(&own, "score"));
    assert_eq!(rows.len(), 12);
    for ((row, id), value) in rows.iter().zip(&ids).zip(&scores) {
        let at = row.parse::<usize>().expect("a number") - 1;
        assert_eq!((id.clone(), *value), (format!("c{at}"), score[at]));
    }
}

#[test]
fn only_trees_go_out_to_xgboost() {
    let desk = finished("");
    let output = fedsim_in(desk.path(), &["export", "out", "--format", "xgboost", "--out", "model.json"]);
    let message = text(&output.stderr);
    assert!(output.status.code() == Some(2) && message.contains("has no trees: only boosting has"), "{message}");
    assert!(!desk.path().join("model.json").exists());
}

#[test]
fn the_threshold_is_the_best_one_where_decisions_have_prices_or_the_one_given() {
    let desk = finished("[evaluation]\ncost = { fn = 10, fp = 1 }\n");
    let out = desk.path().join("scores.csv");
    let scored = |more: &[&str]| {
        let arguments = [&["predict", "out", "table.csv", "--out", "scores.csv", "--force"], more].concat();
        let output = fedsim_in(desk.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        (numbers(&out, "score"), numbers(&out, "decision"))
    };
    let best = *numbers(&desk.path().join("out/metrics_log.csv"), "threshold_best").last().expect("a round");
    for (threshold, more) in [(best, &[][..]), (0.25, &["--threshold", "0.25"]), (1.0, &["--threshold", "1"])] {
        let (scores, decisions) = scored(more);
        assert!(scores.iter().zip(&decisions).all(|(score, decision)| (*score >= threshold) == (*decision == 1.0)), "{threshold}");
    }
    assert_ne!(best, 0.5);
    let refused = fedsim_in(desk.path(), &["predict", "out", "table.csv", "--threshold", "1.5"]);
    assert!(refused.status.code() == Some(2) && text(&refused.stderr).contains("must be a number from 0 to 1"));
}

#[test]
fn what_training_rows_had_not_is_warned_of_and_counted() {
    let desk = finished("");
    fs::write(desk.path().join("new.csv"), "x,k\n3,red\n1000000,green\n-5000,yellow\n2,green\n").expect("written");
    let output = fedsim_in(desk.path(), &["predict", "out", "new.csv"]);
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).lines().count()), (Some(0), 5), "{told}");
    assert!(told.contains("column `k`: 3 rows have texts that no training row had, such as \"green\""), "{told}");
    assert!(told.contains("10 standard deviations from the mean of the training rows: `x` (2 rows, such as 1000000)"), "{told}");
    let known = fedsim_in(desk.path(), &["predict", "out", "table.csv"]);
    assert_eq!(text(&known.stderr), "");
    fs::write(desk.path().join("less.csv"), "z\n3\n").expect("written");
    let told = text(&fedsim_in(desk.path(), &["predict", "out", "less.csv"]).stderr);
    assert!(told.contains("no columns `x`, `k` (the model was trained on them)") && told.matches("error").count() == 1, "{told}");
}

#[test]
fn the_results_stand_in_one_object_for_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let sets =
        ["rounds=6", "evaluation.cost={ fn = 10, fp = 1 }", "data.validation_fraction=0.1", "stop={ patience = 50, keep = \"best\" }"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> =
        ["run", "scenarios/credit.toml", "--json", "--no-plots", "--out", argument(&out)].into_iter().chain(sets).collect();
    let printed = text(&succeed(&arguments).stdout);
    let mut object: Value = serde_json::from_str(&printed).expect("one object");
    assert_eq!((printed.lines().count(), object["folder"].as_str()), (1, out.to_str()));
    assert_eq!((object["name"].as_str(), object["fedsim"].as_str()), (Some("credit"), Some(env!("CARGO_PKG_VERSION"))));
    object.as_object_mut().expect("an object").retain(|key, _| !["name", "fedsim", "folder"].contains(&key.as_str()));
    let saved: Value = serde_json::from_str(&fs::read_to_string(out.join("metrics.json")).expect("the file")).expect("JSON");
    assert_eq!(object, saved);
    let round = saved["model_of_round"].as_u64().expect("a round") as usize;
    assert_eq!((saved["best"]["round"].as_u64(), &saved["best"]["measured_on"]), (Some(round as u64), &"validation".into()));
    for name in ["auc", "loss", "cost", "threshold_best"] {
        assert_eq!(saved["test"][name].as_f64(), Some(numbers(&out.join("metrics_log.csv"), name)[round]), "{name}");
    }
    let watched = numbers(&out.join("validation_log.csv"), "auc");
    let best = watched.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert_eq!((saved["best"]["value"].as_f64(), watched[round]), (Some(best), best));
    let digests = column(&out.join("round_log.csv"), "state_digest");
    assert_eq!(saved["state_digest"].as_str(), digests.last().map(String::as_str));
    assert_eq!([&saved["rounds"]["planned"], &saved["rounds"]["completed"]], [6, 6]);
    // The confusion matrix is that of the scores.
    let (scores, labels) = (numbers(&out.join("predictions.csv"), "score"), column(&out.join("predictions.csv"), "label"));
    let found = scores.iter().zip(&labels).filter(|(score, label)| **score >= 0.25 && *label == "1").count();
    assert_eq!(saved["confusion"]["true_positives"].as_u64(), Some(found as u64));
}

#[test]
fn a_run_that_stops_by_its_test_rows_is_warned_and_one_with_validation_rows_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |more: &[&str]| {
        let base = ["run", "scenarios/fraud.toml", "--set", "rounds=2", "--set", "stop.patience=3", "--no-plots", "--force", "--out"];
        text(&succeed(&[&base[..], &[argument(folder.path())], more].concat()).stderr)
    };
    assert!(told(&[]).contains("[stop] watches auc on the test rows"));
    assert!(!told(&["--set", "data.validation_fraction=0.1"]).contains("warning"));
}

#[test]
fn a_seed_is_set_once_and_is_no_negative_number() {
    let desk = desk();
    let refused = |arguments: &[&str]| {
        let output = fedsim_in(desk.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    let told = refused(&["run", "scenario.toml", "--seed", "1", "--set", "seed = 2"]);
    assert!(told.contains("--seed 1 and --set seed = 2 both set the seed"), "{told}");
    for arguments in [&["run", "scenario.toml", "--seed", "-1"][..], &["generate", "fraud", "--out", "x.csv", "--seed", "-1"]] {
        let told = refused(arguments);
        assert!(told.contains("a seed is a whole number from 0 to 18446744073709551615"), "{told}");
    }
    let told = refused(&["predict", "nowhere", "table.csv"]);
    assert!(told.contains("check the spelling") && !told.contains("scenario"), "{told}");
    assert!(
        text(&fedsim(&["run", "scenarios/fraud.toml", "--set", "data.path=no.csv"]).stderr)
            .contains("relative to the scenario's own folder")
    );
}

fn raw(text: &str, is_category: bool) -> RawCell<'_> {
    match text {
        "" | "NA" => RawCell::Missing,
        text if is_category => RawCell::Text(text),
        text => RawCell::Number(text.parse().expect("a number")),
    }
}

/// Cells that no file holds have the scores that `fedsim predict` gives to the file's, missing and unknown categories too.
#[test]
fn rows_that_no_file_holds_have_the_same_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, scores) = (folder.path().join("run"), folder.path().join("scores.csv"));
    let scenario = root().join("scenarios/credit_newton.toml");
    succeed(&["run", argument(&scenario), "--out", argument(&run), "--no-plots", "--quiet"]);
    let table = root().join("data/credit.csv");
    succeed(&["predict", argument(&run), argument(&table), "--out", argument(&scores)]);
    let predictor = Predictor::open(&run).expect("a finished run");
    let mut reader = csv::Reader::from_path(&table).expect("the table");
    let header = reader.headers().expect("a header").clone();
    let columns = predictor.columns();
    let places: Vec<usize> =
        columns.iter().map(|column| header.iter().position(|name| name == column.name).expect("it is there")).collect();
    let records: Vec<csv::StringRecord> = reader.records().take(500).map(|record| record.expect("a row")).collect();
    let row = |record: &'_ csv::StringRecord| -> Vec<String> { places.iter().map(|&place| record[place].to_owned()).collect() };
    let texts: Vec<Vec<String>> = records.iter().map(row).collect();
    let cells = |texts| columns.iter().zip::<&Vec<String>>(texts).map(|(column, text)| raw(text, column.is_category)).collect();
    let rows: Vec<Vec<RawCell<'_>>> = texts.iter().map(cells).collect();
    assert!(rows.iter().flatten().any(|cell| *cell == RawCell::Missing) && columns.iter().any(|column| column.is_category));
    let found = predictor.predict(&rows).expect("the rows fit");
    let expected: Vec<f64> = column(&scores, "score").iter().take(500).map(|score| score.parse().expect("a number")).collect();
    assert_eq!(found, expected);
    assert_eq!(predictor.threshold().expect("it has one"), 0.25);
}
