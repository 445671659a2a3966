//! The same scenario gives the same bytes: on any number of threads, from its saved copy, and as the golden digests say.

use std::fs;
use std::path::Path;

use crate::support::{argument, deterministic_files, root, succeed};
use fedsim::numeric::digest::Hash;

/// The shipped scenarios whose data are shipped too.
const SHIPPED: [&str; 15] = [
    "fraud",
    "fraud_noniid",
    "credit",
    "credit_join",
    "credit_newton",
    "credit_mlp",
    "grades",
    "lgd",
    "segments",
    "credit_autoencoder",
    "credit_boosting",
    "fraud_boosting",
    "scorecard",
    "fraud_secure",
    "fraud_secure_dropouts",
];

fn run(scenario: &Path, out: &Path, more: &[&str]) {
    let arguments = [&["run", argument(scenario), "--out", argument(out), "--quiet"], more].concat();
    succeed(&arguments);
}

fn shipped(name: &str) -> std::path::PathBuf {
    root().join("scenarios").join(format!("{name}.toml"))
}

#[test]
fn the_number_of_threads_shows_in_no_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in SHIPPED {
        let runs = ["1", "2", "7"].map(|threads| {
            let out = folder.path().join(format!("{name}-{threads}"));
            run(&shipped(name), &out, &["--threads", threads, "--set", "rounds=8", "--set", "evaluation.per_client=true"]);
            deterministic_files(&out)
        });
        assert!(runs[0].iter().any(|(file, _)| file == "client_metrics.csv"));
        for other in &runs[1..] {
            let names = |run: &[(String, Vec<u8>)]| run.iter().map(|(file, _)| file.clone()).collect::<Vec<String>>();
            assert_eq!(names(&runs[0]), names(other), "{name}");
            for ((file, one), (_, other)) in runs[0].iter().zip(other) {
                assert!(one == other, "{name}: {file} differs between numbers of threads");
            }
        }
    }
}

#[test]
fn a_saved_scenario_gives_its_own_folder_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, again) = (folder.path().join("first"), folder.path().join("deeper/again"));
    run(&shipped("credit"), &first, &["--set", "rounds=3", "--seed", "7"]);
    run(&first.join("scenario.toml"), &again, &[]);
    assert_eq!(deterministic_files(&first), deterministic_files(&again));
}

/// `tests/golden/digests.txt`: on each line a scenario, its run's last state digest, and the SHA-256 of its manifest, which
/// lists that of every other file. A change here is a change of results: `scripts/golden.sh` writes the file anew, and the
/// commit says why.
#[test]
fn shipped_scenarios_give_their_golden_digests() {
    let golden = fs::read_to_string(root().join("tests/golden/digests.txt")).expect("the golden digests are there");
    let folder = tempfile::tempdir().expect("a folder");
    let mut found = String::new();
    // The last needs no data.
    for name in SHIPPED.into_iter().chain(["cross_device"]) {
        let out = folder.path().join(name);
        run(&shipped(name), &out, &[]);
        let manifest = fs::read(out.join("manifest.json")).expect("a manifest");
        let content: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
        let state = content["state_digest"].as_str().expect("a digest");
        found += &format!("{name} {state} {}\n", Hash::of(&manifest).hex());
    }
    assert_eq!(found, golden);
}

#[test]
fn a_seed_set_apart_changes_only_its_own_part() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = |out: &Path, file: &str| fs::read(out.join(file)).expect("the file is there");
    let (plain, apart) = (folder.path().join("plain"), folder.path().join("apart"));
    run(&shipped("fraud_noniid"), &plain, &["--set", "rounds=3"]);
    run(&shipped("fraud_noniid"), &apart, &["--set", "rounds=3", "--set", "seeds.faults=99"]);
    for same in ["partition.csv", "preprocess.csv"] {
        assert_eq!(read(&plain, same), read(&apart, same), "{same}");
    }
    assert_ne!(read(&plain, "round_log.csv"), read(&apart, "round_log.csv"));
}
