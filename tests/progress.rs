//! Long work shows how far it is on a terminal, and there only.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{desk, fedsim_in, skipped, text};

/// What a terminal is shown of a command, through the `script` of util-linux; `None` where there is none.
fn on_a_terminal(folder: &Path, arguments: &str) -> Option<String> {
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_fedsim"));
    let output = Command::new("script").args(["-qec", &command, "/dev/null"]).env("TERM", "xterm").current_dir(folder).output();
    match output {
        Ok(output) => {
            assert!(output.status.success(), "{arguments}: {}", text(&output.stdout));
            Some(text(&output.stdout))
        }
        Err(_) => {
            skipped("no `script` to make a terminal");
            None
        }
    }
}

#[test]
fn tasks_are_shown_on_a_terminal_and_nowhere_else() {
    let desk = desk();
    let folder = desk.path();
    let rows: String = (0..40_000).map(|row| format!("{}.5,{},{}\n", row % 7, row % 5, row % 2)).collect();
    fs::write(folder.join("many.csv"), format!("a,b,y\n{rows}")).expect("written");
    for (arguments, tasks) in [
        (
            "run scenario.toml --set data.path='many.csv' --out out --no-plots",
            &["dealing the rows", "counting cells", "laying the rows out"][..],
        ),
        ("predict out many.csv --out scores.csv --force", &["reading many.csv", "writing scores"]),
        ("generate fraud --rows 20000 --out rows.csv --force", &["generating rows"]),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let quiet = text(&fedsim_in(folder, &words).stderr);
        let Some(shown) = on_a_terminal(folder, arguments) else { return };
        for task in tasks {
            assert!(shown.contains(task), "{arguments}: {task}: {shown}");
            assert!(!quiet.contains(task), "{arguments}: {quiet}");
        }
    }
}
