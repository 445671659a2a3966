//! Newton's method by sums: the estimates of statsmodels, the same bits over any deal of the rows, and clear words where there is
//! no estimate.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use fedsim::federation::{self, Standing, prepare};
use fedsim::scenario;

use serde_json::Value;

use crate::support::{argument, column, fedsim, real_data, skipped, succeed, text};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/newton.json")).expect("it is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// The table of the vectors with a scenario that trains on all of it, in the unit it has.
fn desk(more: &str) -> tempfile::TempDir {
    let (folder, vectors) = (tempfile::tempdir().expect("a folder"), vectors());
    let rows = vectors["x"].as_array().expect("a list").iter().zip(numbers(&vectors["y"]));
    let line = |(x, y): (&Value, f64)| numbers(x).iter().map(f64::to_string).chain([y.to_string()]).collect::<Vec<_>>().join(",") + "\n";
    let table: String = ["a,b,c,d,y\n".to_owned()].into_iter().chain(rows.map(line)).collect();
    fs::write(folder.path().join("rows.csv"), table).expect("written");
    write(folder.path(), more);
    folder
}

fn write(folder: &Path, more: &str) {
    let head = "name = \"newton\"\nseed = 1\nrounds = 25\n[data]\ntrain_path = \"rows.csv\"\ntest_path = \"rows.csv\"\nlabel = \"y\"\n";
    let rest = "[preprocess]\nscale = \"none\"\n[training]\nkind = \"newton\"\n";
    fs::write(folder.join("scenario.toml"), format!("{head}{rest}{more}")).expect("written");
}

fn run(folder: &Path, out: &str, sets: &[&str]) -> String {
    let (scenario, out) = (folder.join("scenario.toml"), folder.join(out));
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["run", argument(&scenario), "--out", argument(&out), "--no-plots"];
    text(&succeed(&arguments.into_iter().chain(sets).collect::<Vec<_>>()).stdout).to_owned()
}

fn near(found: &[String], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let found: f64 = found.parse().expect("a number");
        assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "{what}: {found} for {expected}");
    }
}

#[test]
fn estimates_and_their_errors_are_those_of_statsmodels() {
    let (folder, vectors) = (desk("[partition]\nclients = 5\n"), vectors());
    let told = run(folder.path(), "out", &[]);
    assert!(told.contains("settled   after round") && told.contains("no parameter moves by more than"), "{told}");
    let path = folder.path().join("out/coefficients.csv");
    assert_eq!(column(&path, "name"), ["a", "b", "c", "d", "(intercept)"]);
    for name in ["estimate", "standard_error", "p_value", "estimate_low", "estimate_high"] {
        near(&column(&path, name), &numbers(&vectors[name]), 1e-9, name);
    }
    let vif = column(&path, "vif");
    near(&vif[..4], &numbers(&vectors["vif"]), 1e-9, "vif");
    assert_eq!(vif[4], "");
    let rounds = column(&folder.path().join("out/round_log.csv"), "outcome");
    assert!(rounds.len() < 12 && rounds.last().is_some_and(|outcome| outcome == "settled"), "{rounds:?}");
    // Trained and measured on the same rows: the mean loss is minus the log-likelihood over the rows.
    let loss = column(&folder.path().join("out/metrics_log.csv"), "loss");
    let expected = -vectors["log_likelihood"].as_f64().expect("a number") / 240.0;
    near(&loss[loss.len() - 1..], &[expected], 1e-12, "loss");
    // With a ridge, scikit-learn's.
    run(folder.path(), "ridge", &[&format!("model.l2={}", vectors["l2"])]);
    near(&column(&folder.path().join("ridge/model.csv"), "value"), &numbers(&vectors["ridge"]), 1e-8, "ridge");
}

/// Rows are rounded one by one, so that no sum knows whose they are.
#[test]
fn any_deal_of_the_rows_gives_the_same_bits_in_the_clear_and_under_masks() {
    let folder = desk("[partition]\nclients = 1\n");
    let model = |out: &str| {
        ["coefficients.csv", "model.csv", "metrics_log.csv"].map(|file| fs::read(folder.path().join(out).join(file)).expect("a file"))
    };
    run(folder.path(), "one", &[]);
    for (at, sets) in [
        &["partition.clients=7"][..],
        &["partition={ kind = \"quantity\", alpha = 0.5, clients = 9 }"],
        &["partition.clients=5", "aggregation={ kind = \"secure\" }"],
        &["partition={ kind = \"shards\", per_client = 1, clients = 4 }", "aggregation={ kind = \"secure\", adversary = \"active\" }"],
        &["partition.clients=7", "aggregation.arithmetic=\"exact\""],
    ]
    .iter()
    .enumerate()
    {
        let out = format!("deal-{at}");
        run(folder.path(), &out, sets);
        assert!(model(&out) == model("one"), "{sets:?}");
    }
    let sums = column(&folder.path().join("deal-2/secagg_log.csv"), "sum");
    assert!(["feature_magnitudes", "derivatives"].iter().all(|sum| sums.iter().any(|name| name == sum)), "{sums:?}");
}

/// What `compare-baseline` trains in one place is a federation of one.
#[test]
fn the_centralised_model_is_the_federations_own() {
    let folder = desk("[partition]\nclients = 3\n[model]\nl2 = 0.001\n");
    let (scenario, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
    succeed(&["compare-baseline", argument(&scenario), "--out", argument(&out), "--quiet", "--no-plots"]);
    assert!(column(&out.join("baseline_vs_fl.csv"), "difference").iter().all(|difference| ["0", "-0"].contains(&difference.as_str())));
}

/// With other rows in each round the model comes near the estimate and never settles to the last digits.
#[test]
fn rounds_with_dropouts_come_near_and_the_run_says_that_it_has_not_settled() {
    let folder = desk("[partition]\nclients = 6\n[faults]\ndropout = 0.3\n");
    let told = run(folder.path(), "out", &["rounds=9"]);
    assert!(told.contains("has not settled: raise rounds"), "{told}");
    let auc = column(&folder.path().join("out/metrics_log.csv"), "auc");
    assert!(auc[auc.len() - 1].parse::<f64>().expect("a number") > 0.7, "{auc:?}");
}

#[test]
fn a_run_goes_on_from_where_it_stood_and_an_aborted_round_leaves_nothing() {
    let faults = "[faults]\nschedule = [{ round = 2, clients = [1, 2, 3, 4], stage = \"unmask\" }]\n";
    let folder = desk(&format!("[partition]\nclients = 6\n[aggregation]\nkind = \"secure\"\n{faults}"));
    let plan = scenario::load(&folder.path().join("scenario.toml"), &[]).expect("a scenario");
    let prepared = prepare(&plan).expect("it can be prepared");
    let goes = |from: Option<Standing>, until: usize, all: &mut Vec<Standing>| {
        let history = federation::run(&plan, &prepared, from, &mut |record, standing| {
            all.push(standing.clone());
            Ok(if record.round < until { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        history.expect("it runs").standing
    };
    let mut all = Vec::new();
    let whole = goes(None, usize::MAX, &mut all);
    assert!(all[2].state == all[1].state && all[2].counts.aborted == 1 && all[3].state != all[2].state);
    for until in [1, 2, 5] {
        let part = goes(None, until, &mut Vec::new());
        let part: Standing = serde_json::from_str(&serde_json::to_string(&part).expect("it can be written")).expect("it reads back");
        part.check(&plan, &prepared).expect("it is possible");
        assert_eq!(goes(Some(part), usize::MAX, &mut Vec::new()).state_digest, whole.state_digest, "from round {until}");
    }
    // There is nothing more to learn, and no round more.
    let settled = goes(Some(whole.clone()), usize::MAX, &mut Vec::new());
    assert_eq!((settled.round, settled.state_digest), (whole.round, whole.state_digest));
}

fn refused(folder: &Path, code: i32, words: &[&str]) {
    let (scenario, out) = (folder.join("scenario.toml"), folder.join("out"));
    let output = fedsim(&["run", argument(&scenario), "--out", argument(&out), "--no-plots"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(words.iter().all(|word| told.contains(word)), "{told}");
    assert!(!out.join("manifest.json").exists());
}

#[test]
fn what_has_no_estimate_is_told_with_the_way_out() {
    let folder = desk("");
    let line = |row: usize| format!("{row},{},{},{}\n", row % 5, 2 * row + row % 5, usize::from(row * 7 % 11 < 4));
    let dependent: String = ["a,b,c,y\n".to_owned()].into_iter().chain((0..60).map(line)).collect();
    fs::write(folder.path().join("rows.csv"), dependent).expect("written");
    write(folder.path(), "[partition]\nclients = 3\n");
    refused(folder.path(), 2, &["`c` follows from the columns before it", "set model.l2"]);
    // A ridge holds it.
    write(folder.path(), "[partition]\nclients = 3\n[model]\nl2 = 0.01\n");
    assert!(run(folder.path(), "held", &[]).contains("settled"));
    assert!(column(&folder.path().join("held/coefficients.csv"), "vif").iter().all(String::is_empty));
    // Separated: a threshold tells the classes apart, and the weight grows without end.
    let separated: String = ["a,y\n".to_owned()].into_iter().chain((0..40).map(|row| format!("{row},{}\n", u8::from(row >= 20)))).collect();
    fs::write(folder.path().join("rows.csv"), separated).expect("written");
    write(folder.path(), "[partition]\nclients = 2\n");
    let path = folder.path().join("scenario.toml");
    let output = fedsim(&["run", argument(&path), "--out", argument(&folder.path().join("out")), "--no-plots", "--set", "rounds=8"]);
    let told = [text(&output.stdout), text(&output.stderr)].concat();
    assert!(told.contains("separates the classes") && told.contains("model.l2"), "{told}");
}

#[test]
fn keys_that_newton_has_no_use_for_are_refused_at_their_place() {
    let folder = desk("");
    for (more, words) in [
        ("learning_rate = 0.1\n[partition]\nclients = 3\n", &["learning_rate", "finds its step"][..]),
        ("[partition]\nclients = 3\n[strategy]\nlearning_rate = 1.0\n", &["strategy", "has its own step"]),
        ("[partition]\nclients = 3\n[stop]\npatience = 3\n", &["stop", "ends by itself"]),
        ("[partition]\nclients = 3\n[aggregation]\nkind = \"median\"\n", &["no single updates", "use kind = \"mean\""]),
    ] {
        write(folder.path(), more);
        refused(folder.path(), 2, words);
    }
}

#[test]
fn a_real_table_settles_in_as_many_sums_as_a_central_fit() {
    let Some(path) = real_data("taiwan-default.csv") else { return skipped("taiwan-default.csv is not at hand") };
    let folder = tempfile::tempdir().expect("a folder");
    let data = format!("[data]\npath = \"{}\"\nlabel = \"default.payment.next.month\"\ndrop = [\"ID\"]\n", path.display());
    let rest = "[partition]\nclients = 10\n[training]\nkind = \"newton\"\n";
    fs::write(folder.path().join("scenario.toml"), format!("name = \"taiwan\"\nseed = 42\nrounds = 25\n{data}{rest}")).expect("written");
    run(folder.path(), "out", &[]);
    let outcomes = column(&folder.path().join("out/round_log.csv"), "outcome");
    // The start, and as many sums as a central fit of these rows in NumPy takes to move by less than 1e-10: eight.
    assert!((9..=10).contains(&outcomes.len()) && outcomes.last().is_some_and(|outcome| outcome == "settled"), "{outcomes:?}");
}
