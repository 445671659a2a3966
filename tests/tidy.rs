//! House rules that the compiler does not know: import direction, banned names, file and function length.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the ground up: a module imports from lower layers, never from its own or a higher one.
const LAYERS: [&[&str]; 16] = [
    &["diag", "input", "registry", "settings", "stage", "work", "timing", "numeric"],
    &["metrics"],
    &["tasks"],
    &["charts", "form", "models"],
    &["training", "aggregators", "cohorts", "faults", "secagg"],
    &["strategies", "exchange"],
    &["data"],
    &["learners"],
    &["scenario"],
    &["federation"],
    &["logs"],
    &["runs"],
    &["report"],
    &["verification"],
    &["cli"],
    &["lib", "main"],
];

/// Imports on the ground layer, where modules do build on each other: who may use whom.
const GROUND: [(&str, &[&str]); 8] = [
    ("diag", &[]),
    ("input", &["diag"]),
    ("registry", &["settings"]),
    ("settings", &["diag"]),
    ("stage", &[]),
    ("work", &[]),
    ("timing", &[]),
    ("numeric", &["diag"]),
];

/// Text that may not stand in code, the files that may hold it, and what to use instead.
const BANNED: [(&str, &[&str], &str); 12] = [
    ("HashMap", &[], "BTreeMap or Vec: hash order varies"),
    ("HashSet", &[], "BTreeSet or a sorted Vec: hash order varies"),
    ("Instant", &["src/timing.rs"], "timing::Stopwatch: no clock outside timing code"),
    ("SystemTime", &[], "nothing: no clock may reach a result"),
    ("rayon::", &["src/numeric/reduce.rs"], "numeric::reduce: parallel only there"),
    ("libm::", &["src/numeric/math.rs"], "numeric::math"),
    ("thread_rng", &[], "Streams::stream"),
    ("rand::rng()", &[], "Streams::stream"),
    (".unwrap()", &[], "expect() with the invariant, or an error"),
    ("todo!(", &[], "finish it"),
    ("unimplemented!(", &[], "finish it"),
    ("#[allow(", &[], "#[expect(..., reason = \"...\")]"),
];

/// Layers that touch a run's folder: they open its files through [`fedsim::runs::Folder`] alone.
const BELOW_A_RUN: [&str; 4] = ["runs", "report", "verification", "cli"];

/// Files of these layers that may name a path to the system, and what lies there: none of it below a run's folder, but for
/// the handle's own file.
const MAY_OPEN: [(&str, &str); 12] = [
    ("src/runs/folder.rs", "the handle itself"),
    ("src/runs/found.rs", "nothing: it looks at what the handle found"),
    ("src/runs/new_folder.rs", "the run's folder and those that it lies in"),
    ("src/runs/output.rs", "single files that the user names"),
    ("src/runs/partial.rs", "single files that the user names"),
    ("src/runs/temporary.rs", "temporary folders"),
    ("src/cli/interrupt.rs", "the system's own files"),
    ("src/cli/predict.rs", "nothing: it looks at whether a model is a file"),
    ("src/cli/preprocess.rs", "the folder for the files of another tool"),
    ("src/cli/target.rs", "nothing: it looks at whether a file that the user names is there"),
    ("src/cli/verify.rs", "the data"),
    ("src/verification/inputs.rs", "where the data lie"),
];

/// What opens a path, or asks the system about one.
const OPENERS: [&str; 9] =
    ["fs::", "File::", "Dir::", ".exists()", ".is_file()", ".is_dir()", "canonicalize(", ".symlink_metadata(", ".read_link("];

/// Names of files and folders that say nothing.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "manager"];

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    all_files(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// All files in the folder and below.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { files.extend(all_files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Each source file under `src/` with its path from the root, and its code before the tests.
pub(crate) fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("the file can be read");
        let heads = ["mod tests", "mod recorder", "pub(crate) mod faults"].map(|head| format!("\n#[cfg(test)]\n{head}"));
        let end = heads.iter().filter_map(|head| text.find(head)).min().unwrap_or(text.len());
        text[..end].to_owned()
    };
    let name = |path: &PathBuf| path.strip_prefix(root).expect("it is under the root").to_string_lossy().replace('\\', "/");
    let sources: BTreeMap<String, String> = rust_files(&root.join("src")).iter().map(|path| (name(path), code(path))).collect();
    assert!(sources.len() > 30, "the sources were not found");
    sources.into_iter().filter(|(name, _)| !name.ends_with("/tests.rs")).collect()
}

/// The module below `src/` that a file belongs to.
fn module(file: &str) -> &str {
    let inner = file.strip_prefix("src/").unwrap_or(file);
    inner.split(['/', '.']).next().unwrap_or(inner)
}

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&module)).unwrap_or_else(|| panic!("src/{module} stands on no layer: add it to LAYERS"))
}

/// The modules that a text names after `crate::`, alone or in braces.
fn imports(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for rest in text.split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            let list = list.split(';').next().unwrap_or(list);
            let mut depth = 0;
            for part in list.split(',') {
                if depth == 0 {
                    found.push(part.trim());
                }
                depth += part.matches('{').count();
                depth -= part.matches('}').count().min(depth);
            }
        } else {
            found.push(rest);
        }
    }
    let word = |text: &'_ str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    found.into_iter().map(|text| &text[..word(text)]).filter(|word| word.starts_with(char::is_lowercase)).collect()
}

#[test]
fn imports_run_one_way() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let here = module(&file);
        for import in imports(&text) {
            let allowed = match () {
                () if import == here => true,
                () if layer(here) == 0 => GROUND.iter().any(|(name, allowed)| *name == here && allowed.contains(&import)),
                () => layer(import) < layer(here),
            };
            if !allowed {
                broken.push(format!("{file} imports {import}"));
            }
        }
    }
    assert!(broken.is_empty(), "a module imports from lower layers only:\n{}", broken.join("\n"));
}

#[test]
fn the_import_finder_sees_braces_and_paths() {
    let text = "use crate::diag::Error; use crate::{data, models::{Model, Batch}, cli}; let x = crate::timing::f();";
    assert_eq!(imports(text), ["diag", "data", "models", "cli", "timing"]);
}

#[test]
fn banned_names_stand_nowhere() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        for (line, code) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (banned, exceptions, instead) in BANNED {
                if code.contains(banned) && !exceptions.contains(&file.as_str()) {
                    broken.push(format!("{file}:{}: {banned}: use {instead}", line + 1));
                }
            }
        }
        if file.split(['/', '.']).any(|part| EMPTY_NAMES.contains(&part)) {
            broken.push(format!("{file}: the name says nothing"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Whether a line of code opens a path. A file that is open already may be named by its type.
fn opens_a_path(line: &str) -> bool {
    let line = line.trim();
    let is_type = ["use std::fs::File;", "use std::fs::{File, TryLockError};"].contains(&line);
    let stands_alone = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let found = |opener: &str| line.match_indices(opener).any(|(at, _)| opener.starts_with('.') || stands_alone(at));
    !is_type && !line.starts_with("//") && OPENERS.iter().any(|opener| found(opener))
}

#[test]
fn a_runs_folder_is_opened_by_its_own_type_alone() {
    let opening = |(file, text): &(String, String)| {
        let lines = text.lines().enumerate().filter(|(_, line)| opens_a_path(line));
        lines.map(|(at, line)| format!("{file}:{}: {}", at + 1, line.trim())).collect::<Vec<_>>()
    };
    let is_bound = |file: &str| BELOW_A_RUN.contains(&module(file)) && MAY_OPEN.iter().all(|(may, _)| *may != file);
    let broken: Vec<String> = sources().into_iter().filter(|(file, _)| is_bound(file)).flat_map(|source| opening(&source)).collect();
    assert!(broken.is_empty(), "use runs::Folder, or say in MAY_OPEN what else is opened:\n{}", broken.join("\n"));
    let opened = ["let x = fs::read(path);", "std::fs::write(path, x)", "if path.exists() {", "let f = File::open(path)?;"];
    assert!(opened.iter().all(|line| opens_a_path(line)));
    let others = ["OutputFile::create(path)", "use std::fs::File;", "/// fs::read", "PathBuf::new()"];
    assert!(!others.iter().any(|line| opens_a_path(line)));
}

#[test]
fn src_holds_source_files_only() {
    let files = all_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let others: Vec<&PathBuf> = files.iter().filter(|path| path.extension().is_none_or(|extension| extension != "rs")).collect();
    assert!(others.is_empty(), "left over from an editor or a patch: {others:?}");
}

#[test]
fn files_open_with_a_sentence_and_end_in_time() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        if !text.starts_with("//! ") {
            broken.push(format!("{file} does not open with //!"));
        }
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            broken.push(format!("{file} has {lines} lines before its tests"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn functions_fit_on_a_screen() {
    let mut broken = Vec::new();
    for (file, text) in sources() {
        let mut open: Vec<(usize, usize, &str)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let code = line.trim_start();
            let indent = line.len() - code.len();
            let start = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn "].iter().any(|start| code.starts_with(start));
            if start && !code.ends_with('}') && !code.ends_with(';') {
                open.push((indent, number, code));
            }
            if code == "}" && open.last().is_some_and(|(start, ..)| *start == indent) {
                let (_, first, head) = open.pop().expect("one is open");
                if number - first + 1 > FUNCTION_LINES_MAX {
                    broken.push(format!("{file}:{}: {} lines: {head}", first + 1, number - first + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
