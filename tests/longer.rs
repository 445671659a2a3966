//! A finished run that is gone on with to more rounds gives the same bytes as one of so many rounds from the beginning.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Seal, argument, begun_desk, column, desk, deterministic_files, fedsim, fedsim_in, succeed, text};

/// A run's folder after these arguments, and so many rounds.
fn run(arguments: &[&str], rounds: usize, folder: &Path, more: &[&str]) -> String {
    let rounds = format!("rounds={rounds}");
    text(&succeed(&[arguments, &["--no-plots", "--set", &rounds, "--out", argument(folder)], more].concat()).stderr)
}

/// Runs to each number of rounds in turn, and wants each time what a run from the beginning gives.
fn goes_on(what: &str, arguments: &[&str], turns: &[usize]) {
    let folder = tempfile::tempdir().expect("a folder");
    run(arguments, turns[0], folder.path(), &[]);
    for &rounds in &turns[1..] {
        let told = run(arguments, rounds, folder.path(), &["--resume"]);
        assert!(told.contains("of the finished run"), "{what}: {told}");
        let reference = tempfile::tempdir().expect("a folder");
        run(arguments, rounds, reference.path(), &["--quiet"]);
        let (found, wanted) = (deterministic_files(folder.path()), deterministic_files(reference.path()));
        for ((name, found), (wanted_name, wanted)) in found.iter().zip(&wanted) {
            assert_eq!(name, wanted_name, "{what}");
            assert!(found == wanted, "{what}: {name} differs after {rounds} rounds");
        }
        assert_eq!(found.len(), wanted.len(), "{what}");
        assert!(!folder.path().join("unfinished").exists(), "{what}: something is left");
    }
}

const CREDIT: [&str; 2] = ["run", "scenarios/credit.toml"];

#[test]
fn a_run_in_the_clear_goes_on_to_the_same_bytes() {
    let per_client = ["--set", "evaluation.per_client=true", "--set", "evaluation.cost={ fn = 10, fp = 1 }"];
    goes_on("with clients and prices", &[&CREDIT[..], &per_client].concat(), &[3, 4, 9]);
    let aborting = ["--set", "faults.dropout=0.4", "--set", "faults.min_clients=4"];
    goes_on("with aborted rounds", &[&CREDIT[..], &aborting].concat(), &[12, 20]);
}

/// A last round that is measured for being the last stands in no log of a longer run.
#[test]
fn a_last_round_out_of_turn_is_forgotten() {
    let every = [&CREDIT[..], &["--set", "evaluation.every=4"]].concat();
    goes_on("measured every four rounds", &every, &[6, 13]);
    goes_on("one round", &every, &[1, 2]);
}

/// The name of a run in its sessions tells how many rounds it has, but the sums are exact, and nothing of a session is left.
#[test]
fn a_secure_run_goes_on_to_the_same_bytes() {
    goes_on("secure", &["run", "scenarios/fraud_secure_dropouts.toml"], &[6, 9]);
}

#[test]
fn a_comparison_goes_on_to_the_same_bytes() {
    goes_on("a comparison", &["compare-baseline", "scenarios/credit_join.toml", "--tolerance", "0.5"], &[4, 7]);
}

/// The round in which it stops is told by the longest run; a shorter one may end just before, in, or after that round.
#[test]
fn early_stopping_comes_in_the_same_round() {
    for keep in ["stop.keep=\"last\"", "stop.keep=\"best\""] {
        let stopping = [
            "run",
            "scenarios/fraud.toml",
            "--set",
            "training.learning_rate=0.02",
            "--set",
            "stop.patience=3",
            "--set",
            "stop.min_delta=0.001",
            "--set",
            "data.validation_fraction=0.2",
            "--set",
            keep,
        ];
        let longest = tempfile::tempdir().expect("a folder");
        run(&stopping, 200, longest.path(), &["--quiet"]);
        let rounds = column(&longest.path().join("round_log.csv"), "round").len() - 1;
        assert!((3..200).contains(&rounds), "{rounds}");
        goes_on(keep, &stopping, &[rounds - 2, rounds - 1, rounds, rounds + 1, 200]);
    }
}

/// What a run says that is refused.
fn refused(desk: &Path, arguments: &[&str]) -> String {
    let output = fedsim_in(desk, &[&["run", "scenario.toml", "--out", "out", "--no-plots"], arguments].concat());
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    assert!(told.contains("--force") && !told.contains("panicked"), "{told}");
    told
}

fn finished_desk() -> tempfile::TempDir {
    let desk = desk();
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out", "--no-plots", "--quiet"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    desk
}

#[test]
fn a_run_that_differs_is_refused_and_the_keys_are_told() {
    let desk = finished_desk();
    let told = refused(desk.path(), &["--resume", "--set", "rounds=4", "--set", "training.learning_rate=0.2"]);
    assert!(told.contains("`rounds` is 2 in that run, and 4 now"), "{told}");
    assert!(told.contains("`training.learning_rate` is 0.1 in that run, and 0.2 now"), "{told}");
    let told = refused(desk.path(), &["--resume", "--set", "rounds=1"]);
    assert!(told.contains("rounds can only be added") && told.contains("`rounds` is 2 in that run, and 1 now"), "{told}");
    let told = refused(desk.path(), &["--set", "rounds=4"]);
    assert!(told.contains("go on from that run with --resume"), "{told}");
    fs::write(desk.path().join("table.csv"), "a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n2,2,0\n3,3,1\n2,4,0\n4,7,1\n1,5,0\n6,3,1\n")
        .expect("written");
    let told = refused(desk.path(), &["--resume"]);
    assert!(told.contains("the data's SHA-256 is ") && !told.contains("`rounds`"), "{told}");
}

#[test]
fn a_run_that_died_tells_the_keys_too() {
    let desk = desk();
    begun_desk(desk.path(), "out");
    let told = refused(desk.path(), &["--resume", "--set", "rounds=4"]);
    assert!(told.contains("came as far as round 1") && told.contains("`rounds` is 2 in that run, and 4 now"), "{told}");
}

/// Its process had kept where it stood before the last round, and died in that one.
#[test]
fn a_run_that_died_in_its_last_round_goes_on_to_more() {
    let desk = desk();
    begun_desk(desk.path(), "out");
    for rounds in ["rounds=2", "rounds=4"] {
        let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out", "--no-plots", "--resume", "--set", rounds]);
        assert!(output.status.success() && text(&output.stderr).contains("going on after round 1"), "{}", text(&output.stderr));
    }
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "anew", "--no-plots", "--quiet", "--set", "rounds=4"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(deterministic_files(&desk.path().join("out")) == deterministic_files(&desk.path().join("anew")));
}

/// How a finished run's folder is changed, and a part of the message.
type Damage = (&'static str, fn(&Path), &'static str);

#[test]
fn what_the_run_did_not_leave_is_not_gone_on_from() {
    fn seal(out: &Path, change: fn(&mut Value)) {
        Seal::open(&out.join("standing.json")).change(change);
    }
    let desk = finished_desk();
    let out = desk.path().join("out");
    let [standing, log] = ["standing.json", "round_log.csv"].map(|name| fs::read(out.join(name)).expect("it is left"));
    let damages: [Damage; 9] = [
        ("it is gone", |out| fs::remove_file(out.join("standing.json")).expect("removed"), "can't be gone on from"),
        ("it is torn", |out| fs::write(out.join("standing.json"), "{\"sha256\":").expect("written"), "can't be gone on from"),
        ("a log is shorter", |out| fs::write(out.join("round_log.csv"), "round").expect("written"), "not as the run left it"),
        ("it is of another run", |out| seal(out, |c| c["identity"] = json!("0".repeat(64))), "can't be gone on from"),
        ("a round to come", |out| seal(out, |c| c["standing"]["round"] = json!(1_u64 << 63)), "can't be gone on from"),
        ("a parameter less", |out| seal(out, |c| c["standing"]["state"]["blocks"] = json!([])), "other blocks"),
        ("a log of a terabyte", |out| seal(out, |c| c["logs"]["marks"][0]["bytes"] = json!(1_u64 << 40)), "bytes of"),
        ("another log", |out| seal(out, |c| c["logs"]["marks"][0]["name"] = json!("../table.csv")), "leaves no file"),
        ("nothing gathered", |out| seal(out, |c| c["gathered"] = json!([])), "begun by another command"),
    ];
    for (what, damage, part) in damages {
        fs::write(out.join("standing.json"), &standing).expect("written");
        fs::write(out.join("round_log.csv"), &log).expect("written");
        damage(&out);
        let before = deterministic_files(&out);
        let told = refused(desk.path(), &["--resume", "--set", "rounds=4"]);
        assert!(told.contains(part), "{what}: {told}");
        assert!(deterministic_files(&out) == before && !out.join("unfinished").exists(), "{what}: the finished run stays as it was");
    }
    let output = fedsim(&["verify", argument(&out), "--files", "--quiet"]);
    assert!(output.status.success(), "no manifest lists it");
}
