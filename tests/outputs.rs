//! What the commands do to files that are there already, and what they leave when they are stopped.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{argument, column, fedsim, root, succeed, text};

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fedsim"));
    command.args(arguments).current_dir(root()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs")
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs").success());
}

/// The first line that a run tells of its rounds.
fn wait_for_a_round(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let mut lines = lines.map(|line| line.expect("text"));
    assert!(lines.next().expect("a line").starts_with("round 0/"));
    lines
}

/// A run of so many rounds that only a signal ends it.
const ENDLESS: [&str; 4] = ["run", "scenarios/credit.toml", "--set", "rounds=10000000"];

/// Runs the credit scenario until Ctrl-C ends it, and gives what it said.
fn interrupt(more: &[&str]) -> String {
    let mut child = start(&[&ENDLESS[..], more].concat());
    let lines = wait_for_a_round(&mut child);
    send("-INT", &child);
    let told: String = lines.collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{told}");
    told
}

#[test]
fn a_finished_run_outlives_the_interruption_of_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = argument(folder.path());
    succeed(&["run", "scenarios/credit.toml", "--set", "rounds=1", "--out", out, "--quiet"]);
    let all = [folder.path().to_owned(), folder.path().join("plots")];
    let paths = || all.iter().flat_map(|folder| names(folder).into_iter().map(|name| folder.join(name)));
    let contents = || paths().filter(|path| path.is_file()).map(|path| fs::read(path).expect("a file")).collect::<Vec<_>>();
    let before = (names(folder.path()), contents());
    let told = interrupt(&["--out", out, "--force"]);
    assert!(told.contains("go on with") && told.contains("--resume"), "{told}");
    assert_eq!(names(&folder.path().join("unfinished")).iter().filter(|name| name.starts_with("checkpoint")).count(), 1);
    fs::remove_dir_all(folder.path().join("unfinished")).expect("removed");
    assert!((names(folder.path()), contents()) == before, "the finished run changed");
}

#[test]
fn a_run_that_could_be_resumed_is_given_up_by_force_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = argument(folder.path());
    interrupt(&["--out", out]);
    assert_eq!(names(folder.path()), ["unfinished"]);
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=1", "--out", out, "--quiet"];
    let output = fedsim(&arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("came as far as round") && told.contains("--resume") && told.contains("--force"), "{told}");
    let output = fedsim(&[&arguments[..], &["--resume"]].concat());
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("of another scenario") && told.contains("begin anew with --force"), "{told}");
    assert_eq!(names(folder.path()), ["unfinished"]);
    succeed(&[&arguments[..], &["--force"]].concat());
    assert!(folder.path().join("manifest.json").exists() && !folder.path().join("unfinished").exists());
}

#[test]
fn files_that_no_run_left_are_not_replaced_unless_forced() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut scenario = fs::read_to_string(root().join("scenarios/credit.toml")).expect("the scenario");
    scenario = scenario.replace("../data", argument(&root().join("data")));
    let path = folder.path().join("scenario.toml");
    fs::write(&path, &scenario).expect("written");
    fs::write(folder.path().join("client_metrics.csv"), "mine").expect("written");
    let arguments = ["run", argument(&path), "--set", "rounds=1", "--out", argument(folder.path()), "--quiet"];
    let output = fedsim(&arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("client_metrics.csv, scenario.toml") && told.contains("--force"), "{told}");
    assert_eq!(fs::read_to_string(&path).expect("the scenario"), scenario);
    assert_eq!(names(folder.path()), ["client_metrics.csv", "scenario.toml"]);
    succeed(&[&arguments[..], &["--force"]].concat());
    assert!(folder.path().join("manifest.json").exists());
}

#[test]
fn preprocess_takes_away_only_what_it_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = argument(folder.path());
    succeed(&["preprocess", "--input", "data/credit.csv", "--label", "default", "--out-root", out, "--clients", "5"]);
    let clients = folder.path().join("clients");
    fs::create_dir(clients.join("client_4/mine")).expect("a folder");
    fs::write(clients.join("client_4/mine/notes.txt"), "mine").expect("written");
    // A gap must not end the search.
    fs::remove_dir_all(clients.join("client_3")).expect("removed");
    fs::create_dir(clients.join("client_9")).expect("a folder");
    succeed(&["preprocess", "--input", "data/credit.csv", "--label", "default", "--out-root", out, "--clients", "2", "--force"]);
    assert_eq!(names(&clients), ["client_1", "client_2", "client_4", "client_9"]);
    assert_eq!(names(&clients.join("client_4")), ["mine"]);
    assert_eq!(fs::read_to_string(clients.join("client_4/mine/notes.txt")).expect("the notes"), "mine");
}

/// Its training and test rows are all rows: their labels are those of the table, as texts or as numbers.
#[test]
fn preprocess_deals_classes_and_numbers_too() {
    for (table, label, task) in [("data/grades.csv", "grade", "multiclass"), ("data/lgd.csv", "lgd", "regression")] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = argument(folder.path());
        succeed(&["preprocess", "--input", table, "--label", label, "--task", task, "--out-root", out, "--clients", "3"]);
        let labels = |path: &Path| column(path, label);
        let spelt = |label: String| label.parse().map_or(label, |number: f64| number.to_string());
        let mut wanted: Vec<String> = labels(&root().join(table)).into_iter().map(spelt).collect();
        let train = labels(&folder.path().join("processed/train.csv"));
        let dealt = (1..=3).flat_map(|client| labels(&folder.path().join(format!("clients/client_{client}/train.csv"))));
        let mut found: Vec<String> = dealt.chain(labels(&folder.path().join("processed/test.csv"))).collect();
        assert!(train.len() < found.len());
        wanted.sort();
        found.sort();
        assert!(found == wanted, "{table}");
    }
}

#[test]
fn a_second_control_c_ends_the_run_at_once_and_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let mut child = start(&[&ENDLESS[..], &["--set", "training.epochs=10000", "--out", argument(&out)]].concat());
    let _lines = wait_for_a_round(&mut child);
    assert!(out.join("unfinished/round_log.csv").is_file());
    send("-INT", &child);
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("it can be asked").is_none(), "the first signal waits for the round");
    send("-INT", &child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(names(&out), Vec::<String>::new());
}

#[test]
fn a_terminated_command_leaves_nothing_half_written() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("fraud.csv");
        let mut child = start(&["generate", "fraud", "--rows", "4000000000", "--out", argument(&out)]);
        while names(folder.path()).is_empty() {
            assert!(child.try_wait().expect("it can be asked").is_none());
            thread::sleep(Duration::from_millis(5));
        }
        send(signal, &child);
        assert_eq!(child.wait().expect("it ends").code(), Some(130), "{signal}");
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{signal}");
    }
}

#[test]
fn a_folder_is_one_processs_at_a_time_and_a_killed_one_holds_it_no_longer() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = start(&[&ENDLESS[..], &["--set", "evaluation.per_client=true", "--out", argument(folder.path())]].concat());
    let _lines = wait_for_a_round(&mut child);
    let alive = names(&folder.path().join("unfinished"));
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=1", "--out", argument(folder.path()), "--quiet"];
    for more in [&[][..], &["--force"], &["--resume"]] {
        let output = fedsim(&[&arguments[..], more].concat());
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("another process is writing") && told.contains("--out"), "{told}");
    }
    assert_eq!(names(&folder.path().join("unfinished")), alive);
    send("-KILL", &child);
    child.wait().expect("it ends");
    assert!(folder.path().join("unfinished").exists());
    succeed(&arguments);
    assert!(!folder.path().join("unfinished").exists() && folder.path().join("manifest.json").exists());
}

#[test]
fn a_symbolic_link_stays_and_its_file_takes_the_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("deep")).expect("a folder");
    for before in ["former", ""] {
        let (link, file) = (folder.path().join(format!("link{before}")), folder.path().join(format!("deep/file{before}")));
        symlink(format!("deep/file{before}"), &link).expect("linked");
        if !before.is_empty() {
            fs::write(&file, before).expect("written");
        }
        succeed(&["generate", "fraud", "--rows", "3", "--force", "--out", argument(&link)]);
        assert!(link.symlink_metadata().expect("the link").is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("the file").lines().count(), 4);
    }
    assert_eq!(names(&folder.path().join("deep")), ["file", "fileformer"]);
}

#[test]
fn a_fifo_is_written_to_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs").success());
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read_to_string(fifo).expect("the bytes")
    });
    succeed(&["generate", "fraud", "--rows", "3", "--out", argument(&fifo)]);
    assert_eq!(reader.join().expect("it reads").lines().count(), 4);
    assert!(fifo.symlink_metadata().expect("the FIFO").file_type().is_fifo());
    assert_eq!(names(folder.path()), ["fifo"]);
}

/// The shipped credit scenario for two rounds, forced into `folder`.
fn run_forced(folder: &Path, more: &[&str]) -> Output {
    fedsim(&[&["run", "scenarios/credit.toml", "--set", "rounds=2", "--force", "--out", argument(folder)], more].concat())
}

#[test]
fn what_could_not_be_replaced_at_the_end_is_told_before_the_first_round() {
    for name in ["join.csv", "model.csv", "report.html", "manifest.json", "plots/roc.svg"] {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join(name)).expect("a folder");
        for more in [&[][..], &["--no-plots"]] {
            let output = run_forced(folder.path(), more);
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name}: {told}");
            assert!(told.contains(&format!("{name} is a folder")) && told.contains("--out") && !told.contains("round 0"), "{told}");
            assert_eq!(names(folder.path()), [name.split('/').next().expect("a name")]);
        }
    }
}

#[test]
fn a_run_writes_nothing_through_a_symbolic_link_in_its_folder() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let target = elsewhere.path().join("target");
    for name in ["model.csv", "manifest.json", "report.html", "plots", "plots/roc.png", "unfinished", "unfinished/lock"] {
        for is_there in [false, true] {
            let folder = tempfile::tempdir().expect("a folder");
            let is_folder = ["plots", "unfinished"].contains(&name);
            match (is_there, is_folder) {
                (false, _) => {}
                (true, true) => fs::create_dir(&target).expect("a folder"),
                (true, false) => fs::write(&target, "mine").expect("written"),
            }
            let link = folder.path().join(name);
            fs::create_dir_all(link.parent().expect("a folder")).expect("a folder");
            symlink(&target, &link).expect("linked");
            for more in [&[][..], &["--no-plots"]] {
                let output = run_forced(folder.path(), more);
                let told = text(&output.stderr);
                assert_eq!(output.status.code(), Some(2), "{name}: {told}");
                assert!(told.contains(name) && told.contains("take it away") && !told.contains("round 0"), "{told}");
            }
            assert!(link.symlink_metadata().expect("the link").is_symlink(), "{name} was replaced");
            match (is_there, is_folder) {
                (false, _) => assert!(!target.exists(), "{name} led to a new file"),
                (true, true) => fs::remove_dir(&target).expect("it is empty"),
                (true, false) => {
                    assert_eq!(fs::read_to_string(&target).expect("the file"), "mine");
                    fs::remove_file(&target).expect("removed");
                }
            }
        }
    }
}

#[test]
fn the_folder_of_a_run_may_itself_be_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("disk")).expect("a folder");
    symlink("disk", folder.path().join("run")).expect("linked");
    assert!(run_forced(&folder.path().join("run"), &[]).status.success());
    assert!(folder.path().join("disk/manifest.json").exists());
}

#[test]
fn plot_misses_every_table_that_the_run_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["compare-baseline", "scenarios/credit.toml", "--set", "rounds=2", "--out", argument(folder.path()), "--quiet"];
    fedsim(&arguments);
    succeed(&["plot", argument(folder.path())]);
    let tables = names(folder.path()).into_iter().filter(|name| name.ends_with(".csv"));
    let mut seen = 0;
    for name in tables {
        let (path, aside) = (folder.path().join(&name), folder.path().join("aside"));
        fs::rename(&path, &aside).expect("renamed");
        let output = fedsim(&["plot", argument(folder.path())]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(told.contains(&name) && told.contains("run the scenario again"), "{told}");
        fs::rename(&aside, &path).expect("renamed");
        seen += 1;
    }
    assert!(seen >= 14 && folder.path().join("plots/join.png").exists());
}

#[test]
fn plot_says_that_an_interrupted_run_has_nothing_to_draw() {
    let folder = tempfile::tempdir().expect("a folder");
    interrupt(&["--out", argument(folder.path())]);
    let output = fedsim(&["plot", argument(folder.path())]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(told.contains("is not finished") && told.contains("--resume"), "{told}");
}
