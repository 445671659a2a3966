//! What the command-line tests share: running the binary, and scenarios in a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

/// A path as an argument.
pub fn argument(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// The files that must come out the same again, by name, with their contents.
pub fn deterministic_files(run: &Path) -> Vec<(String, Vec<u8>)> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("manifest.json")).expect("a manifest")).expect("it is JSON");
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
