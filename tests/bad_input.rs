//! Every mistake of the user's gets exit code 2, its place and the way out, and leaves nothing behind.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{argument, fedsim, fedsim_in, text};

/// A folder with a small table and a scenario that runs.
struct Desk {
    folder: tempfile::TempDir,
}

const SCENARIO: &str = r#"name = "desk"
rounds = 2

[data]
path = "table.csv"
label = "y"

[partition]
clients = 2

[training]
learning_rate = 0.1
"#;

/// 40 rows of two numbers and a label that takes turns.
fn table() -> String {
    let rows = (0..40).map(|row| format!("{}.5,{},{}\n", row % 7, row % 5, row % 2));
    format!("a,b,y\n{}", rows.collect::<String>())
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a folder") };
        desk.write("table.csv", table().as_bytes());
        desk.write("scenario.toml", SCENARIO.as_bytes());
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path().join(name), content).expect("the file can be written");
    }

    fn with_table(content: &[u8]) -> Self {
        let desk = Self::new();
        desk.write("table.csv", content);
        desk
    }

    fn with_scenario(content: &str) -> Self {
        let desk = Self::new();
        desk.write("scenario.toml", content.as_bytes());
        desk
    }

    /// Runs the scenario and wants exit code 2, no panic, no output folder, and each of `parts` in the message.
    fn refuses(&self, more: &[&str], parts: &[&str]) -> String {
        let arguments = [&["run", "scenario.toml", "--out", "out"], more].concat();
        let output = fedsim_in(self.path(), &arguments);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        assert!(!message.contains("panicked"), "{message}");
        assert!(!self.path().join("out").exists(), "something was left behind");
        for part in parts {
            assert!(message.contains(part), "`{part}` is missing in\n{message}");
        }
        message
    }
}

#[test]
fn the_desk_itself_runs() {
    let desk = Desk::new();
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(desk.path().join("out/manifest.json").exists());
}

#[test]
fn a_missing_scenario_or_data_file() {
    let output = fedsim(&["run", "scenarios/no-such.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("scenarios/no-such.toml"), "{}", text(&output.stderr));
    Desk::with_scenario(&SCENARIO.replace("table.csv", "none.csv")).refuses(&[], &["none.csv", "no such file", "help"]);
}

#[test]
fn an_empty_file() {
    Desk::with_table(b"").refuses(&[], &["table.csv", "empty"]);
    Desk::with_table(b"\xef\xbb\xbf").refuses(&[], &["table.csv", "empty"]);
}

#[test]
fn a_header_without_rows() {
    Desk::with_table(b"a,b,y\n").refuses(&[], &["table.csv", "no rows"]);
}

#[test]
fn a_ragged_row() {
    Desk::with_table(format!("{}1,2\n", table()).as_bytes()).refuses(&[], &["table.csv:42:3", "2 fields", "3"]);
}

#[test]
fn text_in_a_column_of_numbers() {
    Desk::with_table(table().replacen("3.5,3,1", "3.5,three,1", 1).as_bytes()).refuses(&[], &["table.csv:5:5", "three", "categorical"]);
}

#[test]
fn nan_and_infinity() {
    for word in ["NaN", "inf", "-Infinity", "1e999"] {
        Desk::with_table(table().replacen("3.5,3,1", &format!("3.5,{word},1"), 1).as_bytes())
            .refuses(&[], &["table.csv:5:5", word, "finite"]);
    }
}

#[test]
fn a_label_column_that_is_not_there() {
    Desk::with_scenario(&SCENARIO.replace("\"y\"", "\"Y1\"")).refuses(&[], &["table.csv:1:1", "no column `Y1`", "did you mean `y`?"]);
}

#[test]
fn a_label_of_three_values_or_one() {
    let three = table().replacen("3.5,3,1", "3.5,3,2", 1);
    Desk::with_table(three.as_bytes()).refuses(&[], &["table.csv:1:5", "3 values", "\"0\", \"1\", \"2\""]);
    let one = table().replace(",1\n", ",0\n");
    Desk::with_table(one.as_bytes()).refuses(&[], &["table.csv:1:5", "0 in every row"]);
    let words = table().replace(",1\n", ",bad\n").replace(",0\n", ",good\n");
    Desk::with_table(words.as_bytes()).refuses(&[], &["table.csv:1:5", "positive = \"good\""]);
}

#[test]
fn a_missing_label() {
    Desk::with_table(table().replacen("3.5,3,1", "3.5,3,", 1).as_bytes()).refuses(&[], &["table.csv:5:7", "missing"]);
}

#[test]
fn more_clients_than_rows() {
    Desk::with_scenario(&SCENARIO.replace("clients = 2", "clients = 33")).refuses(&[], &["scenario.toml:9:11", "33", "32"]);
}

#[test]
fn a_client_with_no_rows() {
    let desk = Desk::new();
    for (client, content) in [(1, table()), (2, "a,b,y\n".to_owned())] {
        fs::create_dir_all(desk.path().join(format!("clients/client_{client}"))).expect("a folder");
        desk.write(&format!("clients/client_{client}/train.csv"), content.as_bytes());
    }
    desk.write("scenario.toml", b"name = \"desk\"\n[data]\nclients_dir = \"clients\"\ntest_path = \"table.csv\"\nlabel = \"y\"\n");
    desk.refuses(&[], &["client_2", "no rows"]);
}

#[test]
fn a_dirichlet_deal_that_cannot_be() {
    let impossible = SCENARIO.replace("clients = 2", "clients = 8\nkind = \"dirichlet\"\nalpha = 0.01\nmin_examples = 4");
    Desk::with_scenario(&impossible).refuses(&[], &["min_examples", "scenario.toml:12:"]);
}

#[test]
fn a_learning_rate_of_zero_or_less() {
    for rate in ["0", "-0.1", "nan", "inf"] {
        Desk::with_scenario(&SCENARIO.replace("= 0.1", &format!("= {rate}")))
            .refuses(&[], &["scenario.toml:12:17", "learning_rate", "above 0"]);
    }
}

#[test]
fn a_file_that_is_not_utf8() {
    let mut latin1 = table().into_bytes();
    latin1.extend_from_slice(b"caf\xe9,1,0\n");
    Desk::with_table(&latin1).refuses(&[], &["table.csv:42:", "UTF-8", "iconv"]);
    let desk = Desk::new();
    desk.write("scenario.toml", b"name = \"caf\xe9\"\n");
    desk.refuses(&[], &["scenario.toml", "UTF-8"]);
}

#[test]
fn two_columns_of_one_name() {
    Desk::with_table(table().replacen("a,b,y", "a,a,y", 1).as_bytes()).refuses(&[], &["table.csv:1:3", "`a`"]);
}

#[test]
fn a_folder_where_a_file_is_wanted() {
    let desk = Desk::new();
    fs::remove_file(desk.path().join("table.csv")).expect("it was there");
    fs::create_dir(desk.path().join("table.csv")).expect("a folder");
    desk.refuses(&[], &["table.csv", "directory"]);
    let output = fedsim(&["run", "scenarios"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let desk = Desk::new();
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "table.csv/out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("table.csv/out"), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("round 1"), "it trained first");
}

#[test]
fn a_disk_that_fills() {
    let desk = Desk::new();
    let disk = desk.path().join("disk");
    fs::create_dir(&disk).expect("a folder");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8k", "tmpfs", argument(&disk)]).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        support::skipped("mounting a small tmpfs is not permitted here");
        return;
    }
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "disk/out", "--set", "rounds=2000"]);
    let left: Vec<_> =
        fs::read_dir(disk.join("out")).map(|entries| entries.flatten().map(|entry| entry.file_name()).collect()).unwrap_or_default();
    let unmounted = Command::new("umount").arg(&disk).status().expect("umount runs");
    assert!(unmounted.success());
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("disk/out") && message.contains("space"), "{message}");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn all_mistakes_of_a_scenario_are_told_at_once() {
    let desk = Desk::with_scenario(
        "name = \"a/b\"\nrounds = 0\nround = 3\n\n[data]\npath = 7\n\n[partition]\nkind = \"dirichlett\"\nclients = 2\n\n\
         [training]\nlearning_rat = 0.1\nepochs = \"two\"\nclients = 3\n\n[cohort]\nkind = \"uniform\"\nsize = 5\n\n[faults]\n\
         min_clients = 9\nschedule = [{ round = 99, clients = [7] }]\n",
    );
    let parts = [
        "scenario.toml:1:8",
        "scenario.toml:2:10",
        "unknown key `round` in the scenario's first lines",
        "did you mean `rounds`?",
        "scenario.toml:6:8",
        "must be a text in quotes, not a whole number",
        "missing key `label` in [data]",
        "did you mean \"dirichlet\"?",
        "did you mean `learning_rate`?",
        "must be a whole number from 1 to 10000, not a text",
        "`clients` is a key of [partition]",
        "a cohort of 5 can't be drawn from 2 clients",
        "every round would be aborted",
        "round 99 of",
        "client 7 of 2",
    ];
    desk.refuses(&[], &parts);
}

#[test]
fn a_scenario_that_is_not_toml() {
    Desk::with_scenario("name = \"a\nrounds = = 3\n").refuses(&[], &["scenario.toml:1:", "not TOML"]);
}

#[test]
fn overrides_are_checked_like_the_file() {
    let desk = Desk::new();
    desk.refuses(&["--set", "training.learning_rate=-1"], &["--set:1:24", "learning_rate", "above 0"]);
    desk.refuses(&["--set", "training.learning_rat=1"], &["--set:1:10", "did you mean `learning_rate`?"]);
    desk.refuses(&["--set", "training"], &["--set", "table.key=value"]);
    desk.refuses(&["--set", "partition.kind=dirichlet", "--set", "partition.alpha=0"], &["--set:1:17", "alpha"]);
}

#[test]
fn preprocessing_that_sums_cannot_do() {
    Desk::with_scenario(&format!("{SCENARIO}[preprocess]\nmissing = \"median\"\n")).refuses(&[], &["scenario.toml:14:11", "median"]);
}

#[test]
fn missing_cells_where_they_are_an_error() {
    let desk = Desk::with_table(table().replacen("3.5,3,1", "3.5,,1", 1).as_bytes());
    desk.refuses(&["--set", "preprocess.missing=error"], &["table.csv:5:5", "missing"]);
}

#[test]
fn keys_that_mean_nothing_beside_others() {
    Desk::with_scenario(
        &SCENARIO.replace("path = \"table.csv\"", "train_path = \"table.csv\"\ntest_path = \"table.csv\"\ntest_fraction = 0.3"),
    )
    .refuses(&[], &["`test_fraction` has no meaning here"]);
}

#[test]
fn a_finished_run_is_not_replaced_by_another_scenario() {
    let desk = Desk::new();
    let run = |more: &[&str]| fedsim_in(desk.path(), &[&["run", "scenario.toml", "--out", "out", "--quiet"], more].concat());
    assert!(run(&[]).status.success());
    let before = fs::read(desk.path().join("out/model.csv")).expect("a model");
    let refused = run(&["--seed", "5"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--force"), "{}", text(&refused.stderr));
    assert_eq!(fs::read(desk.path().join("out/model.csv")).expect("a model"), before);
    assert!(run(&[]).status.success());
    assert!(run(&["--seed", "5", "--force"]).status.success());
    assert_ne!(fs::read(desk.path().join("out/model.csv")).expect("a model"), before);
}

#[test]
fn training_that_diverges_is_a_failure_with_its_round_and_client() {
    let desk = Desk::new();
    let diverging = ["run", "scenario.toml", "--out", "out", "--set", "training.learning_rate=1e308", "--set", "model.l2=10"];
    let told = [
        ("training.epochs=1", "round 1: the model's scores are no longer numbers"),
        ("training.epochs=5", "round 1: the parameters of client 1 are no longer finite numbers"),
    ];
    for (epochs, message) in told {
        let output = fedsim_in(desk.path(), &[&diverging[..], &["--set", epochs]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("lower training.learning_rate"));
        assert!(!desk.path().join("out").exists(), "something was left behind");
    }
}
