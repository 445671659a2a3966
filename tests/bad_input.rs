//! Every mistake of the user's gets exit code 2, its place and the way out, and leaves nothing behind.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{SCENARIO, argument, fedsim, fedsim_in, skipped, text};

/// A folder with a small table and a scenario that runs.
struct Desk {
    folder: tempfile::TempDir,
}

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
    // What is looked for is mostly the rarer value.
    for rare in ["good", "bad"] {
        let words = words.replacen(if rare == "good" { ",good\n" } else { ",bad\n" }, if rare == "good" { ",bad\n" } else { ",good\n" }, 3);
        Desk::with_table(words.as_bytes()).refuses(&[], &["table.csv:1:5", &format!("positive = \"{rare}\"")]);
    }
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

impl Desk {
    /// A scenario whose training rows are in `train.csv` and test rows in `test.csv`.
    fn with_two_files(train: &str, test: &str) -> Self {
        let two = "train_path = \"train.csv\"\ntest_path = \"test.csv\"";
        let desk = Self::with_scenario(&SCENARIO.replace("path = \"table.csv\"", two));
        desk.write("train.csv", train.as_bytes());
        desk.write("test.csv", test.as_bytes());
        desk
    }

    /// A scenario whose clients have these files in the folder `clients`.
    fn with_clients(files: &[(&str, &str)]) -> Self {
        let desk = Self::with_scenario(
            "name = \"desk\"\nrounds = 1\n[data]\nclients_dir = \"clients\"\ntest_path = \"table.csv\"\nlabel = \"y\"\n",
        );
        fs::create_dir(desk.path().join("clients")).expect("a folder");
        for (client, content) in files {
            fs::create_dir(desk.path().join("clients").join(client)).expect("a folder");
            desk.write(&format!("clients/{client}/train.csv"), content.as_bytes());
        }
        desk
    }

    /// Runs the scenario, which must succeed, and reads a file of its results.
    fn runs(&self, file: &str) -> String {
        let output = fedsim_in(self.path(), &["run", "scenario.toml", "--out", "out", "--quiet", "--force"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs::read_to_string(self.path().join("out").join(file)).expect("a result")
    }
}

#[test]
fn a_cell_of_a_further_file_that_is_not_what_training_rows_have() {
    let train = "a,b,y\n1,x,0\n2,y,1\n3,x,0\n4,y,1\n";
    for (row, parts) in [
        ("inf,x,0", ["test.csv:3:1", "`inf` is not a finite number"]),
        ("low,x,0", ["test.csv:3:1", "`low` is not a number"]),
        ("lone,x,0\nlow,x,0", ["test.csv:3:1", "`lone` is not a number"]),
    ] {
        Desk::with_two_files(train, &format!("a,b,y\n,x,1\n{row}\n")).refuses(&[], &parts);
    }
    // Without a value in training rows a column is one of numbers: test rows must not make it another.
    let empty = "a,b,y\n1,,0\n2,,1\n3,,0\n4,,1\n";
    Desk::with_two_files(empty, "a,b,y\n1,x,0\n").refuses(&[], &["test.csv:2:3", "`x` is not a number"]);
}

#[test]
fn a_further_file_is_read_as_training_rows_were() {
    let train = "a,b,y\n1,x,0\n2,y,1\n3,x,0\n4,y,1\n";
    let fitted = Desk::with_two_files(train, "a,b,y\n1,x,0\n2,y,1\n").runs("preprocess.csv");
    assert!(fitted.contains("b=x") && fitted.contains("b=y"), "{fitted}");
    for test in ["a,b,y\n,x,0\n,y,1\n", "a,b,y\n1,,0\n2,,1\n", "a,b,y\n1,7,0\n2,8,1\n"] {
        assert_eq!(Desk::with_two_files(train, test).runs("preprocess.csv"), fitted, "{test}");
    }
    // Client 1 knows no value of `b`; client 2 decides what it is.
    let rows = "1,,0\n2,,1\n";
    let clients = [("client_1", format!("a,b,y\n{rows}")), ("client_2", "a,b,y\n1,p,0\n2,q,1\n".to_owned())];
    let desk = Desk::with_clients(&clients.each_ref().map(|(name, content)| (*name, content.as_str())));
    desk.write("table.csv", b"a,b,y\n1,p,0\n2,,1\n");
    assert!(desk.runs("preprocess.csv").contains("b=q"));
}

#[test]
fn the_columns_of_a_further_file_are_found_by_their_names() {
    let train = "a,b,y\n1,x,0\n2,y,1\n3,x,0\n4,y,1\n";
    let metrics = Desk::with_two_files(train, "a,b,y\n1,x,0\n5,y,1\n").runs("metrics_log.csv");
    assert_eq!(Desk::with_two_files(train, "y,note,b,a\n0,inf,x,1\n1,?,y,5\n").runs("metrics_log.csv"), metrics);
    let parts = ["test.csv:1:1", "no column `b` (as train.csv has it)", "no column `y` (data.label)"];
    Desk::with_two_files(train, "a,c\n1,2\n").refuses(&[], &parts);
}

#[test]
fn a_clients_folder_with_a_gap() {
    let rows = table();
    let files = |names: &[&'static str]| names.iter().map(|&name| (name, table())).collect::<Vec<_>>();
    for (names, parts) in [
        (&["client_1", "client_3", "client_4"][..], ["clients/client_2 is missing", "client_4 is there"]),
        (&["client_2"], ["clients/client_1 is missing", "client_2 is there"]),
        (&["client_1", "client_02"], ["clients/client_02", "is no client's number"]),
        (&["client_0"], ["clients/client_0", "is no client's number"]),
        (&["note"], ["clients/client_1/train.csv is missing", "fedsim preprocess"]),
    ] {
        let files = files(names);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, content)| (*name, content.as_str())).collect();
        Desk::with_clients(&files).refuses(&[], &parts);
    }
    let desk = Desk::with_clients(&[("client_1", &rows), ("client_3", &rows)]);
    fs::create_dir(desk.path().join("clients/client_2")).expect("a folder");
    desk.refuses(&[], &["clients/client_2/train.csv is missing"]);
    // By number, not by name: client 10 comes after client 9.
    let names: Vec<String> = (1..=10).map(|client| format!("client_{client}")).collect();
    let long = format!("{rows}1,1,1\n");
    let files: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), if name == "client_10" { long.as_str() } else { &rows })).collect();
    let partition = Desk::with_clients(&files).runs("partition.csv");
    assert!(partition.lines().last().is_some_and(|line| line.starts_with("10,41,")), "{partition}");
}

#[test]
fn dropping_the_label_or_taking_it_for_the_time() {
    let dropped = SCENARIO.replace("label = \"y\"", "label = \"y\"\ndrop = [\"a\", \"y\"]");
    Desk::with_scenario(&dropped).refuses(&[], &["scenario.toml:7:8", "the label `y` can't be dropped"]);
    let timed = SCENARIO.replace("label = \"y\"", "label = \"y\"\nsplit = \"time\"\ntime_column = \"y\"");
    Desk::with_scenario(&timed).refuses(&[], &["scenario.toml:8:15", "the label `y` can't be the time column"]);
}

#[test]
fn a_time_column_that_is_dropped_is_no_feature() {
    let timed = SCENARIO.replace("label = \"y\"", "label = \"y\"\nsplit = \"time\"\ntime_column = \"a\"");
    let features = |scenario: &str| Desk::with_scenario(scenario).runs("preprocess.csv").lines().count() - 1;
    assert_eq!(features(&timed), 2);
    assert_eq!(features(&timed.replace("time_column", "drop = [\"a\"]\ntime_column")), 1);
}

#[test]
fn training_rows_of_one_class() {
    let late: String = (0..40).map(|row| format!("{row},1,{}\n", u8::from(row >= 36))).collect();
    let desk = Desk::with_table(format!("a,b,y\n{late}").as_bytes());
    desk.write("scenario.toml", SCENARIO.replace("label = \"y\"", "label = \"y\"\nsplit = \"time\"\ntime_column = \"a\"").as_bytes());
    desk.refuses(&[], &["scenario.toml:7:9", "the label is 0 in every training row", "latest by `a`"]);
    let few: String = (0..40).map(|row| format!("{row},1,{}\n", u8::from(row < 2))).collect();
    let desk = Desk::with_table(format!("a,b,y\n{few}").as_bytes());
    desk.write("scenario.toml", SCENARIO.replace("label = \"y\"", "label = \"y\"\ntest_fraction = 0.9").as_bytes());
    desk.refuses(&[], &["scenario.toml:7:17", "the label is 0 in every training row", "lower test_fraction"]);
}

#[test]
fn a_strange_label_is_shown_in_the_file_that_has_it() {
    let train = "a,b,y\n1,1,0\n2,2,1\n3,3,0\n4,4,1\n";
    Desk::with_two_files(train, "y,a,b\n0,1,1\n2,2,2\n").refuses(&[], &["test.csv:1:1", "3 values", "\"2\""]);
    let words = |text: &str| text.replace(",0\n", ",no\n").replace(",1\n", ",yes\n");
    let desk = Desk::with_two_files(&words(train), "a,b,y\n1,1,yes\n2,2,maybe\n");
    desk.refuses(&["--set", "data.positive=yes"], &["test.csv:1:5", "3 values", "\"maybe\""]);
    let desk = Desk::with_two_files(&words(train), "a,b,y\n1,1,yes\n2,2,no\n");
    desk.refuses(&[], &["train.csv:1:5", "is not 0 or 1"]);
}

#[test]
fn a_column_of_nothing_but_nan() {
    let table = table().replace("a,b,y\n", "a,b,y,c\n").replace(",0\n", ",0,NaN\n").replace(",1\n", ",1,NaN\n");
    Desk::with_table(table.as_bytes()).refuses(&[], &["table.csv:2:", "`NaN` is not a finite number", "na_values"]);
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
        skipped("mounting a small tmpfs is not permitted here");
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
fn preprocessing_of_columns_that_it_does_not_suit() {
    let desk = |key: &str| Desk::with_scenario(&format!("{SCENARIO}[preprocess]\n{key}\n"));
    desk("clip = [0.9, 0.1]").refuses(&[], &["scenario.toml:14:8", "two numbers in brackets, each a number from 0 to 1"]);
    desk("clip = 0.01").refuses(&[], &["scenario.toml:14:8", "must be two numbers in brackets"]);
    desk("transform = { a = \"log\" }").refuses(&[], &["scenario.toml:14:19", "unknown `transform` of `a`", "log1p"]);
    desk("transform = { z = \"log1p\" }").refuses(&[], &["no column `z`", "preprocess.transform"]);
    desk("transform = { y = \"log1p\" }").refuses(&[], &["scenario.toml:14:19", "`y` is no feature"]);
    let negative = Desk::with_table(table().replacen("3.5,3,1", "3.5,-1,1", 1).as_bytes());
    negative.refuses(&["--set", "preprocess.transform={ b = \"log1p\" }"], &["column `b` is -1 in row 4", "asinh"]);
    let texts = Desk::with_table(table().replace(".5,", "x,").as_bytes());
    texts.refuses(&["--set", "preprocess.transform={ a = \"asinh\" }"], &["holds texts, which no curve takes"]);
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
        ("training.epochs=1", "round 1: the model moved farther than a number can tell"),
        ("training.epochs=5", "round 1: the parameters of client 1 are no longer finite numbers"),
    ];
    for (epochs, message) in told {
        let output = fedsim_in(desk.path(), &[&diverging[..], &["--set", epochs]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("lower training.learning_rate"));
        let out = desk.path().join("out");
        assert!(!out.join("manifest.json").exists() && out.join("unfinished/model.csv").exists(), "the last good model stays");
    }
}

#[test]
fn prices_that_no_sum_could_hold_or_that_are_none() {
    let priced = |cost: &str, parts: &[&str]| Desk::new().refuses(&["--set", &format!("evaluation.cost={cost}")], parts);
    // 20 missed positives at 1e307 each are more than the greatest number.
    priced("{ fn = 1e307, fp = 1 }", &["`fn` is out of range", "from 0 to 1e15"]);
    priced("{ fn = 10, fp = inf }", &["`fp` is out of range"]);
    priced("{ fn = 10, fp = -1 }", &["`fp` is out of range"]);
    priced("{ fn = 10 }", &["missing key `fp`", "cost = { fn = 10, fp = 1 }"]);
    let told = priced("5", &["`cost` in [evaluation] has the wrong type", "must be a table"]);
    assert!(!told.contains("missing key"), "{told}");
    let desk = Desk::new();
    let arguments = ["run", "scenario.toml", "--out", "out", "--quiet", "--set", "evaluation.cost={ fn = 1e15, fp = 1e15 }"];
    let output = fedsim_in(desk.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn an_output_folder_whose_place_is_taken() {
    let desk = Desk::new();
    desk.write("taken", b"mine");
    let run = |out: &str| fedsim_in(desk.path(), &["run", "scenario.toml", "--out", out]);
    let output = run("taken");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("a file stands there") && told.contains("name another folder"), "{told}");
    assert_eq!(fs::read(desk.path().join("taken")).expect("the file"), b"mine");
}
