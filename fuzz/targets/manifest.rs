//! Any files in a run's folder are a run or a mistake: reading them back, to draw them or to check them, never panics.

#![no_main]

use std::fs;
use std::path::Path;

use fedsim::diag::Error;
use fedsim::report::{page, pictures};
use fedsim::runs::{Folder, Manifest, Saved};
use libfuzzer_sys::fuzz_target;

// A run's files, each after a line that begins with `=====` and ends with its name.
fuzz_target!(|text: &str| {
    let folder = tempfile::tempdir().expect("a folder");
    for part in text.split("=====").skip(1) {
        let Some((name, content)) = part.split_once('\n') else { continue };
        if is_plain(name) {
            fs::write(folder.path().join(name), content).expect("it can be written");
        }
    }
    read_back(folder.path());
});

fn is_plain(name: &str) -> bool {
    (1..40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte)) && !name.starts_with('.')
}

fn read_back(folder: &Path) {
    if let Ok(manifest) = Manifest::load(&Folder::open(folder).expect("the folder")) {
        let again = Manifest::from_json(manifest.to_json().as_bytes()).expect("what was written can be read");
        assert_eq!(again.to_json(), manifest.to_json());
    }
    let saved = Saved::in_folder(folder).expect("the folder");
    let drawn = pictures::draw_all(&saved);
    for error in [drawn.map(|_| ()).err(), page::page(&saved, &[]).map(|_| ()).err()].into_iter().flatten() {
        match error {
            Error::Mistake(problems) => assert!(!problems.to_string().is_empty()),
            other => panic!("not a mistake of the user's: {other}"),
        }
    }
}
