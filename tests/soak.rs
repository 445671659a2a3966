//! A hundred thousand rounds: memory and file handles stay as they were, and the logs are as long as they should be.

#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{argument, root};

const ROUNDS: usize = 100_000;
/// So many that the process has several megabytes: beside less, a page of the allocator's free lists is more than a hundredth.
const CLIENTS: usize = 1000;
const COHORT: usize = 4;

/// Memory that a process holds, in kilobytes, and how many files it has open.
fn holds(process: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process lives");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number");
    (kilobytes, fs::read_dir(format!("/proc/{process}/fd")).expect("the process lives").count())
}

fn lines(path: &Path) -> usize {
    BufReader::new(File::open(path).expect("the log")).lines().count()
}

#[test]
#[ignore = "takes some minutes"]
fn memory_and_file_handles_do_not_grow_with_the_rounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = (0..50 * CLIENTS).map(|row| format!("{},{},{}\n", row % 7, row % 11, u8::from(row % 3 == 0)));
    fs::write(folder.path().join("rows.csv"), ["a,b,y\n".to_owned()].into_iter().chain(rows).collect::<String>()).expect("written");
    for aggregation in ["mean", "secure"] {
        let out = folder.path().join(aggregation);
        let scenario = folder.path().join("soak.toml");
        // A secure round takes a hundred times as long.
        let rounds = if aggregation == "secure" { ROUNDS / 20 } else { ROUNDS };
        let text = format!(
            "name = 'soak'\nrounds = {rounds}\ndata = {{ path = 'rows.csv', label = 'y' }}\npartition = {{ clients = {CLIENTS} }}\n\
             cohort = {{ kind = 'uniform', size = {COHORT} }}\n\
             evaluation = {{ every = 1000 }}\naggregation = {{ kind = '{aggregation}' }}\nfaults = {{ dropout = 0.02 }}\n"
        );
        fs::write(&scenario, text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fedsim"));
        command.args(["run", argument(&scenario), "--no-plots", "--checkpoint-every", "100", "--out", argument(&out)]);
        let mut child = command.current_dir(root()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        // It tells of every twentieth part of its rounds.
        let told = BufReader::new(child.stderr.take().expect("stderr")).lines().map(|line| line.expect("text"));
        let mut samples = Vec::new();
        for line in told.filter(|line| line.starts_with("round ") && !line.starts_with(&format!("round {rounds}/"))) {
            samples.push((line, holds(child.id())));
        }
        assert!(child.wait().expect("it ends").success());
        // In the first tenth it takes the memory that it needs.
        let settled = &samples[2..];
        let memory: Vec<u64> = settled.iter().map(|(_, (kilobytes, _))| *kilobytes).collect();
        let (least, most) = (memory.iter().min().expect("samples"), memory.iter().max().expect("samples"));
        assert!(settled.len() > 15 && (most - least) * 100 <= *least, "{aggregation}: memory is not flat: {samples:?}");
        assert!(settled.iter().all(|(_, (_, files))| *files == settled[0].1.1), "{aggregation}: file handles leak: {samples:?}");
        assert_eq!(lines(&out.join("round_log.csv")), 1 + 1 + rounds);
        assert_eq!(lines(&out.join("perf_log.csv")), 1 + rounds);
        assert_eq!(lines(&out.join("client_perf.csv")), 1 + rounds * COHORT);
        assert_eq!(lines(&out.join("metrics_log.csv")), 1 + 1 + rounds / 1000);
    }
}
