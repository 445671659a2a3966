//! Generated clients: what a run with them leaves, what it costs, and what can't be had of them.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, deterministic_files, fedsim, root, succeed, text};

const SCENARIO: &str = "scenarios/cross_device.toml";

/// Runs the shipped scenario for a few rounds, each of `sets` laid over it.
fn run(out: &Path, sets: &[&str], more: &[&str]) {
    let mut arguments = vec!["run", SCENARIO, "--quiet", "--out", argument(out), "--set", "rounds=4", "--set", "evaluation.every=2"];
    sets.iter().for_each(|set| arguments.extend(["--set", set]));
    arguments.extend(more);
    succeed(&arguments);
}

fn manifest(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(out.join("manifest.json")).expect("a manifest")).expect("it is JSON")
}

#[test]
fn the_number_of_threads_shows_in_no_byte_of_generated_clients() {
    let folder = tempfile::tempdir().expect("a folder");
    for sets in [&["cohort.size=100"][..], &["data.rows_sigma=1", "cohort.kind=poisson", "cohort.rate=0.0001"]] {
        let sets: Vec<&str> = sets.iter().copied().chain(["data.test_rows=500"]).collect();
        let poisson = sets.contains(&"cohort.kind=poisson");
        // A poisson cohort has no size: its scenario is its own.
        let scenario = folder.path().join("s.toml");
        let shipped = fs::read_to_string(root().join(SCENARIO)).expect("the scenario");
        fs::write(&scenario, if poisson { shipped.replace("size = 1_000", "") } else { shipped }).expect("written");
        let files = ["1", "2", "7"].map(|threads| {
            let out = folder.path().join(format!("{poisson}-{threads}"));
            let mut arguments = vec!["run", argument(&scenario), "--quiet", "--no-plots", "--out", argument(&out), "--threads", threads];
            arguments.extend(["--set", "rounds=3"]);
            sets.iter().for_each(|set| arguments.extend(["--set", set]));
            succeed(&arguments);
            deterministic_files(&out)
        });
        assert!(files[0] == files[1] && files[0] == files[2], "{sets:?}");
    }
}

#[test]
fn a_run_of_generated_clients_leaves_a_page_and_pictures_without_a_deal() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, again) = (folder.path().join("out"), folder.path().join("again"));
    run(&out, &["cohort.size=50"], &[]);
    assert!(!out.join("partition.csv").exists() && !out.join("plots/partition.svg").exists());
    assert!(out.join("plots/convergence.svg").exists());
    let page = fs::read_to_string(out.join("report.html")).expect("a page");
    assert!(page.contains("50,000,000, generated") && !page.contains("id=\"all-clients\""));
    let found = manifest(&out);
    assert_eq!((found["clients"].as_u64(), found["train_rows"].as_u64()), (Some(1_000_000), Some(50_000_000)));
    assert!(found["train_positives"].is_null() && found["files"]["partition.csv"].is_null());
    // Drawn again from the files, and run again from its own scenario.
    fs::remove_dir_all(out.join("plots")).expect("removed");
    succeed(&["plot", argument(&out)]);
    assert!(out.join("plots/performance.png").exists());
    succeed(&["run", argument(&out.join("scenario.toml")), "--quiet", "--no-plots", "--out", argument(&again)]);
    assert_eq!(deterministic_files(&out), deterministic_files(&again));
}

#[test]
fn clients_of_different_sizes_are_weighted_and_their_rows_not_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    run(&out, &["data.rows_sigma=1", "data.rows_max=120", "cohort.size=200"], &["--no-plots"]);
    assert!(manifest(&out)["train_rows"].is_null());
    let rows: Vec<u64> = column(&out.join("client_perf.csv"), "examples").iter().map(|rows| rows.parse().expect("a count")).collect();
    assert!(rows.iter().all(|&rows| (1..=120).contains(&rows)) && rows.iter().any(|&other| other != rows[0]), "{rows:?}");
    let told: u64 = column(&out.join("round_log.csv"), "examples").iter().map(|rows| rows.parse::<u64>().expect("a count")).sum();
    assert_eq!(told, rows.iter().sum::<u64>());
}

#[test]
fn secure_aggregation_takes_generated_clients() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    run(&out, &["cohort.size=20", "aggregation.kind=secure", "data.rows_sigma=0.5"], &["--no-plots"]);
    assert_eq!(column(&out.join("round_log.csv"), "outcome"), ["start", "completed", "completed", "completed", "completed"]);
}

/// The scores of raw rows are those of the model as it stands: features are not rescaled.
#[test]
fn a_model_of_generated_clients_scores_raw_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, rows, scores) = (folder.path().join("out"), folder.path().join("rows.csv"), folder.path().join("scores.csv"));
    run(&out, &["data.features=2", "cohort.size=50"], &["--no-plots"]);
    fs::write(&rows, "x2,x1,label\n0,0,1\n-2,0.5,0\n").expect("written");
    succeed(&["predict", argument(&out), argument(&rows), "--out", argument(&scores)]);
    let number = |text: &String| text.parse::<f64>().expect("a number");
    let model: Vec<f64> = column(&out.join("model.csv"), "value").iter().map(number).collect();
    let logistic = fedsim::numeric::math::sigmoid;
    let wanted = [logistic(model[2]), logistic(0.5 * model[0] - 2.0 * model[1] + model[2])];
    let found: Vec<f64> = column(&scores, "score").iter().map(number).collect();
    assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-12), "{found:?} {wanted:?}");
    assert_eq!(column(&scores, "label"), ["1", "0"]);
}

#[test]
fn what_needs_all_clients_rows_is_refused_at_its_key_with_the_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let refused = [
        ("run", "training.class_weight=balanced", "class_weight = \"balanced\" needs all clients' rows", "as a number"),
        ("run", "evaluation.per_client=true", "per_client = true needs all clients' rows", "clients that never train"),
        ("run", "evaluation.cost={ fn = 10, fp = 1 }", "the threshold that costs least needs all", "clients that never train"),
        ("run", "data.client_test_fraction=0.2", "`client_test_fraction` has no meaning here", "take `client_test_fraction` out"),
        ("run", "data.path=a.csv", "`path` has no meaning here", "generated rows come from no file"),
        ("run", "data.storage=f32", "`storage` has no meaning here", "generated rows come from no file"),
        ("run", "preprocess.scale=none", "`preprocess` has no meaning here", "in the unit they have"),
        ("run", "partition.kind=iid", "`kind` has no meaning here", "nothing is dealt"),
        ("run", "data.rows_max=60", "`rows_max` has no meaning here", "all clients have `rows` rows"),
        ("run", "data.features=10001", "`features` is out of range", "from 1 to 10000"),
        ("run", "data.similarity=1.5", "`similarity` is out of range", "from 0 to 1"),
        ("run", "cohort.size=1000001", "can't be drawn from 1000000 clients", "lower cohort.size"),
        ("run", "data.kind=synthetik", "unknown `kind`", "did you mean \"synthetic\"?"),
        ("compare-baseline", "data.kind=synthetic", "compare-baseline needs all clients' rows", "fedsim run measures"),
        ("partition", "data.kind=synthetic", "nothing is dealt", "a CSV file can be dealt"),
    ];
    for (command, set, message, help) in refused {
        let output = fedsim(&[command, SCENARIO, "--out", argument(&out), "--set", set]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{set}: {told}");
        assert!(told.contains(message) && told.contains(help) && told.contains("--set:1:"), "{set}: {told}");
        assert!(!out.exists(), "{set} left something behind");
    }
    let both = ["--set", "data.rows=10000000", "--set", "data.features=1000"];
    let output = fedsim(&[&["run", SCENARIO, "--out", argument(&out)], &both[..]].concat());
    let told = text(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("lower rows to 500000, or take fewer features"), "{told}");
}

/// A scenario of files that says so is the scenario that it was before it could.
#[test]
fn the_kind_of_data_that_is_the_default_changes_no_identity() {
    let folder = tempfile::tempdir().expect("a folder");
    let identity = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let arguments = ["run", "scenarios/fraud.toml", "--quiet", "--no-plots", "--set", "rounds=1", "--out", argument(&out)];
        succeed(&[&arguments[..], more].concat());
        manifest(&out)["identity"].clone()
    };
    assert_eq!(identity("silent", &[]), identity("said", &["--set", "data.kind=csv"]));
}

/// The most memory that a run held at once, in kB: what the system says of the process, asked until it ends.
#[cfg(target_os = "linux")]
fn peak_memory(clients: usize, out: &Path) -> u64 {
    let clients = format!("partition.clients={clients}");
    let arguments = ["run", SCENARIO, "--quiet", "--no-plots", "--threads", "2", "--out", argument(out), "--set", &clients];
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_fedsim"))
        .args(arguments)
        .args(["--set", "rounds=40"])
        .current_dir(root())
        .spawn()
        .expect("the binary runs");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        let lines = fs::read_to_string(&status).unwrap_or_default();
        let line = lines.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0).max(peak);
        match child.try_wait().expect("the child can be asked") {
            Some(code) => break code,
            None => std::thread::sleep(std::time::Duration::from_millis(1)),
        }
    };
    assert!(code.success() && peak > 0);
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn a_million_clients_need_no_more_memory_than_ten_thousand() {
    let folder = tempfile::tempdir().expect("a folder");
    let [few, many] = [10_000, 1_000_000].map(|clients| peak_memory(clients, &folder.path().join(clients.to_string())));
    assert!(many as f64 <= 1.2 * few as f64, "{many} kB for a million clients, {few} kB for ten thousand");
}
