//! What the command-line tests share: running the binary, and scenarios in a folder of their own.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fedsim::federation;
use fedsim::form::{State, Sum, Values};
use fedsim::learners::{Client, Learner};
use fedsim::numeric::digest::Hash;
use fedsim::numeric::rng::{Purpose, Seeds, Streams};
use fedsim::report::{Beginning, Opened, Report, Summary};
use fedsim::scenario;
use fedsim::training::LocalRows;
use serde_json::Value;

/// A scenario that runs beside a `table.csv` with a label `y`.
pub const SCENARIO: &str = r#"name = "desk"
rounds = 2

[data]
path = "table.csv"
label = "y"

[partition]
clients = 2

[training]
learning_rate = 0.1
"#;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs fedsim in `folder`.
pub fn fedsim_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fedsim")).args(arguments).current_dir(folder).output().expect("the binary runs")
}

/// Runs fedsim in the repository.
pub fn fedsim(arguments: &[&str]) -> Output {
    fedsim_in(root(), arguments)
}

/// Runs fedsim and wants exit code 0.
pub fn succeed(arguments: &[&str]) -> Output {
    let output = fedsim(arguments);
    assert!(output.status.success(), "fedsim {}\n{}", arguments.join(" "), text(&output.stderr));
    output
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `scenario.toml` of a folder into `out` beside it, with `sets` over it; what it prints.
pub fn run_in(folder: &Path, out: &str, sets: &[&str]) -> String {
    let (scenario, out) = (folder.join("scenario.toml"), folder.join(out));
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["run", argument(&scenario), "--out", argument(&out), "--no-plots"];
    text(&succeed(&arguments.into_iter().chain(sets).collect::<Vec<_>>()).stdout).to_owned()
}

/// A path as an argument.
pub fn argument(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// The files that must come out the same again, by name, with their contents.
pub fn deterministic_files(run: &Path) -> Vec<(String, Vec<u8>)> {
    let manifest: Value = serde_json::from_slice(&fs::read(run.join("manifest.json")).expect("a manifest")).expect("it is JSON");
    let files = manifest["files"].as_object().expect("it lists files");
    assert!(files.len() >= 5, "{files:?}");
    let names = files.keys().cloned().chain(["manifest.json".to_owned()]);
    names.map(|name| (name.clone(), fs::read(run.join(&name)).expect("the file is there"))).collect()
}

/// A CSV file's column.
pub fn column(path: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).expect("the file can be read");
    let index = reader.headers().expect("a header").iter().position(|header| header == name).expect("the column is there");
    reader.records().map(|record| record.expect("a row")[index].to_owned()).collect()
}

/// The real data sets, if they lie beside the repository; else says that the test is skipped.
pub fn real_data(file: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data/real").join(file);
    if path.exists() {
        return Some(path);
    }
    skipped(&format!("{} is missing", path.display()));
    None
}

/// Says that a test did nothing, and why.
#[expect(clippy::print_stderr, reason = "this is how a test speaks")]
pub fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// A folder with a small table and the scenario beside it.
pub fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let rows: String = (0..40).map(|row| format!("{}.5,{},{}\n", row % 7, row % 5, row % 2)).collect();
    fs::write(desk.path().join("table.csv"), format!("a,b,y\n{rows}")).expect("written");
    fs::write(desk.path().join("scenario.toml"), SCENARIO).expect("written");
    desk
}

/// Leaves in the folder `out` of a desk what a run of its scenario leaves that dies in its second round: two checkpoints of the
/// first.
pub fn begun_desk(desk: &Path, out: &str) {
    let plan = scenario::load(&desk.join("scenario.toml"), &[]).expect("the scenario is right");
    let prepared = federation::prepare(&plan).expect("the table is right");
    let opened = Report::open(&plan, &prepared, &desk.join(out), Beginning::Careful).expect("the folder is free");
    let Opened::Anew(mut report) = opened else { panic!("there is nothing to resume") };
    let run = federation::run(&plan, &prepared, None, &mut |record, standing| {
        report.round(record)?;
        if record.round == 1 {
            report.keep_for_more_rounds(standing, serde_json::to_value(Summary::default()).expect("it can be written"))?;
            report.checkpoint(standing, serde_json::to_value(Summary::default()).expect("it can be written"))?;
            report.checkpoint(standing, serde_json::to_value(Summary::default()).expect("it can be written"))?;
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    });
    run.expect("nothing fails");
}

/// A checkpoint's file, to be changed and sealed again.
pub struct Seal {
    path: PathBuf,
    checkpoint: Value,
}

impl Seal {
    /// The checkpoint at `path`.
    pub fn open(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("the checkpoint");
        let mut sealed: Value = serde_json::from_str(&text).expect("it is JSON");
        Self { path: path.to_owned(), checkpoint: sealed["checkpoint"].take() }
    }

    /// Writes it again, changed.
    pub fn change(mut self, change: impl FnOnce(&mut Value)) {
        change(&mut self.checkpoint);
        self.write(&self.checkpoint.to_string());
    }

    /// Puts a text in its place, under a seal that is right.
    pub fn write(&self, checkpoint: &str) {
        let sealed = format!("{{\"sha256\":\"{}\",\"checkpoint\":{checkpoint}}}\n", Hash::of(checkpoint.as_bytes()).hex());
        fs::write(&self.path, sealed).expect("written");
    }
}

/// Where a learner of one sum a round stands after a round of a federation of one client with these rows.
pub fn after_a_round(learner: &dyn Learner, state: State, round: usize, rows: LocalRows<'_>) -> State {
    let stream = Streams::new(Seeds::all(1)).stream(Purpose::Shuffle, round, 0);
    let answer = learner.answer(&state, 0, Client { rows, memory: None, stream, round, number: 0 }).expect("finite numbers");
    let Values::Total(numbers) = answer.values else { panic!("it sums") };
    learner.learn(state, 0, &Sum::Total(&numbers)).expect("it can be learned from")
}
