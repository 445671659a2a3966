//! A run that is killed at any moment and resumed gives the same bytes as one that was not.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{argument, column, deterministic_files, fedsim, root, succeed, text};

/// Runs that differ in what a checkpoint has to hold.
const CASES: [(&str, &[&str]); 5] = [
    (
        "in the clear",
        &[
            "run",
            "scenarios/credit.toml",
            "--set",
            "rounds=200",
            "--set",
            "evaluation.per_client=true",
            "--set",
            "evaluation.cost={ fn = 10, fp = 1 }",
        ],
    ),
    (
        "with aborted rounds",
        &["run", "scenarios/credit.toml", "--set", "rounds=300", "--set", "faults.dropout=0.4", "--set", "faults.min_clients=4"],
    ),
    ("secure, with dropouts at every stage", &["run", "scenarios/fraud_secure_dropouts.toml"]),
    ("with clients that remember", &["run", "scenarios/fraud_noniid.toml", "--set", "rounds=200", "--set", "strategy.kind=\"scaffold\""]),
    (
        "stopped early",
        &[
            "run",
            "scenarios/fraud.toml",
            "--set",
            "rounds=200",
            "--set",
            "training.learning_rate=0.02",
            "--set",
            "stop.patience=3",
            "--set",
            "stop.min_delta=0.001",
        ],
    ),
];

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fedsim"));
    command.args(arguments).current_dir(root()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs")
}

/// A run's folder after `arguments` were run into it without a break, and how long that took.
fn reference(arguments: &[&str]) -> (tempfile::TempDir, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    succeed(&[arguments, &["--out", argument(folder.path()), "--quiet"]].concat());
    (folder, began.elapsed())
}

fn assert_same(folder: &Path, reference: &Path, what: &str) {
    let (found, wanted) = (deterministic_files(folder), deterministic_files(reference));
    for ((name, found), (wanted_name, wanted)) in found.iter().zip(&wanted) {
        assert_eq!(name, wanted_name, "{what}");
        assert!(found == wanted, "{what}: {name} differs");
    }
    assert_eq!(found.len(), wanted.len(), "{what}");
    assert!(!folder.join("unfinished").exists(), "{what}: something is left");
}

/// A number from 0 to 1 that goes on from `seed`: Knuth's linear congruential generator (TAOCP 2, 3.3.4).
fn next(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

/// Kills each case's run `times` times in all, at random moments, up to three times before it may end.
fn kill_and_resume(times: usize) {
    let mut seed = 42;
    let (mut killed, mut resumed) = (0, 0);
    for (what, arguments) in CASES {
        let (reference, duration) = reference(arguments);
        for at in 0..times.div_ceil(CASES.len()) {
            let folder = tempfile::tempdir().expect("a folder");
            let out = folder.path().join("run");
            let every = ["1", "3", "7"][at % 3];
            let all = [arguments, &["--out", argument(&out), "--checkpoint-every", every, "--resume"]].concat();
            for _ in 0..=at % 3 {
                let mut child = start(&all);
                thread::sleep(duration.mul_f64(1.2 * next(&mut seed)));
                // One that has ended in time can't be killed any more, and is then a finished run that is resumed.
                killed += usize::from(child.try_wait().expect("it can be asked").is_none());
                child.kill().expect("it can be sent");
                child.wait().expect("it ends");
            }
            let output = succeed(&all);
            resumed += usize::from(text(&output.stderr).contains("going on after round"));
            assert_same(&out, reference.path(), what);
        }
    }
    assert!(killed > 0 && resumed > 0, "{killed} killed, {resumed} resumed: the moments were not chosen well");
}

#[test]
fn a_run_that_is_killed_ten_times_and_resumed_gives_the_same_bytes() {
    kill_and_resume(10);
}

#[test]
#[ignore = "takes some minutes"]
fn a_run_that_is_killed_two_hundred_times_and_resumed_gives_the_same_bytes() {
    kill_and_resume(200);
}

/// Kills a run of so many rounds that it can't end once it has left two checkpoints, and gives its arguments.
fn killed_run(out: &Path) -> Vec<String> {
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=400", "--set", "evaluation.every=50", "--out", argument(out)];
    let mut child = start(&[&arguments[..], &["--checkpoint-every", "20"]].concat());
    while !out.join("unfinished/checkpoint_before.json").exists() {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended too soon");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it can be sent");
    child.wait().expect("it ends");
    arguments.iter().map(|&argument| argument.to_owned()).chain(["--resume".to_owned()]).collect()
}

/// What was done to a checkpoint, and what resuming says of it.
type Damage = (&'static str, fn(&Path), &'static str);

#[test]
fn a_torn_checkpoint_is_found_and_the_one_before_it_is_used() {
    fn cut(path: &Path) {
        let bytes = fs::read(path).expect("the checkpoint");
        fs::write(path, &bytes[..bytes.len() / 2]).expect("written");
    }
    fn change(path: &Path) {
        let content = fs::read_to_string(path).expect("the checkpoint");
        let digit = content.find("\"round\":").expect("a round") + "\"round\":".len();
        let other = if content.as_bytes()[digit] == b'9' { "8" } else { "9" };
        fs::write(path, format!("{}{other}{}", &content[..digit], &content[digit + 1..])).expect("written");
    }
    fn both(path: &Path) {
        cut(path);
        cut(&path.with_file_name("checkpoint_before.json"));
    }
    fn log(path: &Path) {
        let log = path.with_file_name("round_log.csv");
        let content = fs::read(&log).expect("the log");
        fs::write(&log, &content[..100]).expect("written");
    }
    let (reference, _) = reference(&["run", "scenarios/credit.toml", "--set", "rounds=400", "--set", "evaluation.every=50"]);
    let damages: [Damage; 6] = [
        ("nothing", |_| {}, "going on after round"),
        ("half is missing", cut, "this is the one before it"),
        ("a digit is another", change, "this is the one before it"),
        ("it is gone", |path| fs::remove_file(path).expect("removed"), "this is the one before it"),
        ("both are torn", both, "beginning anew"),
        ("a log is shorter than the checkpoints say", log, "beginning anew"),
    ];
    for (what, damage, told) in damages {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("run");
        let arguments = killed_run(&out);
        damage(&out.join("unfinished/checkpoint.json"));
        let output = succeed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(text(&output.stderr).contains(told), "{what}: {}", text(&output.stderr));
        assert_same(&out, reference.path(), what);
    }
}

#[test]
fn control_c_says_how_to_resume_and_resuming_gives_the_same_bytes() {
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=3000", "--set", "evaluation.every=100"];
    let (reference, _) = reference(&arguments);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let all = [&arguments[..], &["--out", argument(&out)]].concat();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fedsim"));
    let mut child = command.args(&all).current_dir(root()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    while !out.join("unfinished/round_log.csv").exists() {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended too soon");
        thread::sleep(Duration::from_millis(1));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    let command = told.lines().next_back().expect("the command");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    assert_eq!(words.last(), Some(&"--resume"), "{told}");
    assert!(out.join("unfinished/checkpoint.json").exists());
    succeed(&words);
    assert_same(&out, reference.path(), "after Ctrl-C");
}

#[test]
fn resuming_a_finished_run_says_so_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=2", "--out", argument(folder.path()), "--resume"];
    let first = succeed(&arguments);
    assert!(text(&first.stderr).contains("beginning anew"), "{}", text(&first.stderr));
    let before = deterministic_files(folder.path());
    let when = || fs::metadata(folder.path().join("manifest.json")).and_then(|found| found.modified()).expect("the manifest");
    let written = when();
    let output = succeed(&arguments);
    assert!(text(&output.stderr).contains("nothing to resume") && output.stdout.is_empty());
    assert!(deterministic_files(folder.path()) == before && when() == written);
    assert!(!folder.path().join("unfinished").exists());
    let output = fedsim(&[&arguments[..], &["--seed", "7"]].concat());
    assert_eq!(output.status.code(), Some(2), "another run's folder is not taken");
}

#[test]
fn a_comparison_that_is_killed_is_resumed_by_its_own_command_only() {
    let base = ["scenarios/credit_join.toml", "--set", "rounds=20", "--leave-one-out", "--no-plots", "--tolerance", "0.5"];
    let arguments = [&["compare-baseline"], &base[..]].concat();
    let (reference, _) = reference(&arguments);
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let all = [&arguments[..], &["--out", argument(&out), "--checkpoint-every", "5"]].concat();
    let mut child = start(&all);
    while !out.join("unfinished/checkpoint_before.json").exists() {
        assert!(child.try_wait().expect("it can be asked").is_none(), "it ended too soon");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("it can be sent");
    child.wait().expect("it ends");
    let output = fedsim(&["run", base[0], base[1], base[2], "--out", argument(&out), "--resume"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("begun by another command"), "{}", text(&output.stderr));
    succeed(&[&all[..], &["--resume"]].concat());
    assert_same(&out, reference.path(), "a comparison");
}

#[test]
fn a_run_that_diverges_keeps_its_last_good_model_and_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let arguments = ["run", "scenarios/credit.toml", "--out", argument(&out), "--checkpoint-every", "1"];
    // Of steps this large the norm leaves the doubles' range.
    let output = fedsim(&[&arguments[..], &["--set", "training.learning_rate=1e305"]].concat());
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("training diverges") && told.contains("lower training.learning_rate"), "{told}");
    let kept = out.join("unfinished");
    assert!(told.contains(argument(&kept)), "{told}");
    let last = column(&kept.join("round_log.csv"), "round").pop().expect("a round");
    assert!(told.contains(&format!("the model of round {last} ")), "{told}");
    let parameters = column(&kept.join("model.csv"), "value");
    assert!(parameters.iter().all(|value| value.parse::<f64>().expect("a number").is_finite()) && parameters.len() > 5);
    assert!(!out.join("manifest.json").exists() && !kept.join("checkpoint.json").exists());
    // It is in nobody's way.
    succeed(&["run", "scenarios/credit.toml", "--set", "rounds=1", "--out", argument(&out), "--quiet"]);
}
