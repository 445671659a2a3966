//! Rules that span tables and files: what only the number of clients tells is refused before the first round.

use std::fs;

use crate::support::{argument, fedsim, text};

/// Four clients' files, and a scenario that names their folder.
fn folder_of_clients() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let rows: String = (0..20).map(|row| format!("{},{}\n", row % 7, row % 2)).collect();
    let table = format!("x,y\n{rows}");
    for client in 1..=4 {
        let client = folder.path().join(format!("clients/client_{client}"));
        fs::create_dir_all(&client).expect("a folder");
        fs::write(client.join("train.csv"), &table).expect("written");
    }
    fs::write(folder.path().join("test.csv"), table).expect("written");
    let scenario = "name = \"s\"\nrounds = 2\n[data]\nclients_dir = \"clients\"\ntest_path = \"test.csv\"\nlabel = \"y\"\n";
    fs::write(folder.path().join("s.toml"), scenario).expect("written");
    folder
}

fn run(folder: &tempfile::TempDir, overrides: &[&str]) -> (Option<i32>, String) {
    let (scenario, out) = (folder.path().join("s.toml"), folder.path().join("out"));
    let mut arguments = vec!["run", argument(&scenario), "--out", argument(&out), "--quiet"];
    overrides.iter().for_each(|over| arguments.extend(["--set", over]));
    let output = fedsim(&arguments);
    (output.status.code(), text(&output.stderr))
}

#[test]
fn rules_on_the_number_of_clients_hold_where_the_folder_tells_it() {
    let folder = folder_of_clients();
    let refused = [
        (vec!["cohort.kind=uniform", "cohort.size=9"], "a cohort of 9 can't be drawn from 4 clients"),
        (vec!["faults.min_clients=5"], "every round would be aborted"),
        (vec!["faults.schedule=[{ round = 1, clients = [5] }]"], "the schedule speaks of client 5 of 4"),
        (vec!["partition.clients=3"], "the folder holds 4 clients"),
        (vec!["partition.kind=iid"], "`kind` has no meaning here"),
    ];
    for (overrides, message) in refused {
        let (code, told) = run(&folder, &overrides);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(message) && told.contains("--set:1:"), "{message} is missing in\n{told}");
        assert!(!folder.path().join("out").exists());
    }
    assert_eq!(run(&folder, &["cohort.kind=uniform", "cohort.size=4"]).0, Some(0));
}

#[test]
fn messages_name_every_way_out() {
    let folder = folder_of_clients();
    let told = [
        ("training.class_weight=balancd", "must be \"none\" or \"balanced\" or a number above 0"),
        ("seed=18446744073709551616", "must be a whole number from 0 to 2^64 - 1"),
        ("seed=123456789012345678901234567890123456789012345", "too many digits"),
        ("[training]", "an override needs a key and a value"),
    ];
    for (over, message) in told {
        let (code, told) = run(&folder, &[over]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(message), "{message} is missing in\n{told}");
    }
}

#[test]
fn a_partition_on_the_command_line_is_read_like_the_scenarios() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |partition: &str| {
        let output = fedsim(&["preprocess", "--partition", partition, "--out-root", argument(folder.path())]);
        assert_eq!(output.status.code(), Some(2));
        text(&output.stderr)
    };
    assert!(refused("dirichlett:0.5").contains("did you mean \"dirichlet\"?"));
    assert!(refused("dirichlet:x").contains("must be a number above 0"));
    assert!(refused("iid:3").contains("--partition iid takes no argument"));
    assert!(refused("column:2020").contains("no column `2020`"));
}

#[test]
fn the_column_that_deals_the_rows_is_no_time_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let overrides = ["--set", "data.split=time", "--set", "data.time_column=bank"];
    let output = fedsim(&[&["run", "scenarios/credit.toml", "--out", argument(&folder.path().join("out"))], &overrides[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("--set:1:18") && told.contains("can't be the time column"), "{told}");
}
