//! Files of a run's folder that do not end: sparse ones of a terabyte, which take no room on the disk and more than there is in
//! memory. Each is refused within seconds and within the shell's bounds, and its name is told.

#![cfg(target_os = "linux")]

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{begun_desk, desk, fedsim_in, text};

/// 2 GiB of addresses, and a minute.
const BOUNDS: &str = "ulimit -v 2097152; exec timeout -s KILL 60";

const TERABYTE: u64 = 1 << 40;

/// Tables that `plot` reads in a run of one desk.
const PLOTTED: [&str; 5] = ["curves.csv", "metrics_log.csv", "partition.csv", "perf_log.csv", "round_log.csv"];

fn bounded(folder: &Path, arguments: &str) -> Output {
    let script = format!("{BOUNDS} \"$0\" {arguments}");
    Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_fedsim")]).current_dir(folder).output().expect("the shell runs")
}

fn refuses(folder: &Path, arguments: &str, file: &str) {
    let output = bounded(folder, arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments}, {file}: {:?}\n{told:.2000}", output.status);
    assert!(told.contains(file) && told.contains("longer than") && !told.contains("panicked"), "{arguments}, {file}: {told:.2000}");
}

/// Lets the file grow to a terabyte for the time of `check`; what it held stays its beginning.
fn grown(path: &Path, check: impl FnOnce()) {
    let before = fs::read(path).expect("the run left it");
    OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(TERABYTE)).expect("room for no bytes");
    check();
    fs::write(path, before).expect("written");
}

#[test]
fn a_terabyte_in_a_finished_runs_folder() {
    let desk = desk();
    let folder = desk.path();
    assert!(fedsim_in(folder, &["run", "scenario.toml", "--out", "out", "--quiet"]).status.success());
    let out = folder.join("out");
    let names: Vec<String> =
        fs::read_dir(&out).expect("the run").flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    let tables: Vec<&String> = names.iter().filter(|name| name.ends_with(".csv")).collect();
    assert!(tables.len() > 8, "{names:?}");
    for &name in &tables {
        grown(&out.join(name), || {
            // These differ from run to run, so that there is nothing to verify.
            if !["client_perf.csv", "perf_log.csv", "performance_summary.csv"].contains(&name.as_str()) {
                refuses(folder, "verify --files out", name);
                refuses(folder, "verify out --against out", name);
            }
            if PLOTTED.contains(&name.as_str()) {
                refuses(folder, "plot out", name);
            }
            if name == "model.csv" || name == "preprocess.csv" {
                refuses(folder, "predict out table.csv", name);
            }
        });
    }
    grown(&out.join("manifest.json"), || {
        for command in ["plot out", "verify out", "predict out table.csv"] {
            refuses(folder, command, "manifest.json");
        }
        let output = bounded(folder, "run scenario.toml --out out --resume");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    });
    for command in ["plot out", "verify out --quiet", "predict out table.csv"] {
        assert!(bounded(folder, command).status.success(), "{command}: the files are the run's own again");
    }
}

#[test]
fn a_row_that_does_not_end_within_a_file_that_may_be_long() {
    let desk = desk();
    let folder = desk.path();
    assert!(fedsim_in(folder, &["run", "scenario.toml", "--out", "out", "--quiet"]).status.success());
    // With a manifest that claims so many clients and rounds, a log of a terabyte is none too long.
    let path = folder.join("out/manifest.json");
    let manifest = fs::read_to_string(&path).expect("the manifest");
    let huge = manifest.replace("\"clients\": 2", "\"clients\": 90000000").replace("\"rounds\": 2", "\"rounds\": 9000000");
    assert_ne!(manifest, huge);
    fs::write(&path, huge).expect("written");
    for name in ["metrics_log.csv", "round_log.csv"] {
        let path = folder.join("out").join(name);
        let before = fs::read(&path).expect("the log");
        File::options().write(true).open(&path).and_then(|file| file.set_len(1 << 38)).expect("room for no bytes");
        refuses(folder, "plot out", name);
        fs::write(&path, before).expect("written");
    }
}

/// Where a run of more rounds goes on from, and the logs that it begins with.
#[test]
fn a_terabyte_where_a_longer_run_goes_on() {
    let desk = desk();
    let folder = desk.path();
    assert!(fedsim_in(folder, &["run", "scenario.toml", "--out", "out", "--quiet"]).status.success());
    for name in ["standing.json", "round_log.csv", "metrics_log.csv", "client_perf.csv"] {
        grown(&folder.join("out").join(name), || refuses(folder, "run scenario.toml --out out --resume --set rounds=4", name));
    }
    let output = bounded(folder, "run scenario.toml --out out --resume --set rounds=4");
    assert!(output.status.success() && text(&output.stderr).contains("of the finished run"), "{}", text(&output.stderr));
}

#[test]
fn a_terabyte_where_a_checkpoint_belongs() {
    let desk = desk();
    let folder = desk.path();
    begun_desk(folder, "out");
    grown(&folder.join("out/unfinished/checkpoint.json"), || {
        refuses(folder, "run scenario.toml --out out --resume", "checkpoint.json");
        refuses(folder, "run scenario.toml --out out", "checkpoint.json");
    });
    // A log may have gone on after the checkpoint; what is beyond its mark is cut off unread.
    File::options().write(true).open(folder.join("out/unfinished/round_log.csv")).and_then(|file| file.set_len(TERABYTE)).expect("sparse");
    let output = bounded(folder, "run scenario.toml --out out --resume --quiet");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(fs::metadata(folder.join("out/round_log.csv")).expect("the log").len() < 10_000);
}
