//! Trees that single clients grow: those that a federation of that client alone would have grown, each counting its part; and never under
//! masks.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, fedsim_in, root, run_in as run, succeed, text};

/// The credit table dealt to so many banks, with a scenario of four trees.
fn desk(clients: usize, more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let table = root().join("data/credit.csv");
    let data = format!("[data]\npath = '{}'\nlabel = \"default\"\ndrop = [\"bank\"]\n[partition]\nclients = {clients}\n", table.display());
    let model = "[model]\nkind = \"boosting\"\ndepth = 3\nlearning_rate = 0.3\nmin_child_weight = 1.0\n";
    fs::write(folder.path().join("scenario.toml"), format!("name = \"single\"\nseed = 3\nrounds = 4\n{data}{model}{more}"))
        .expect("written");
    folder
}

fn left(folder: &Path, out: &str, file: &str) -> String {
    fs::read_to_string(folder.join(out).join(file)).expect("a file")
}

/// The trees of a run, each as its lines of trees.csv without its number.
fn trees(folder: &Path, out: &str) -> Vec<Vec<String>> {
    let mut trees: Vec<Vec<String>> = Vec::new();
    for line in left(folder, out, "trees.csv").lines().skip(1) {
        let (number, rest) = line.split_once(',').expect("two columns at least");
        let number: usize = number.parse().expect("a number");
        trees.resize(trees.len().max(number), Vec::new());
        trees[number - 1].push(rest.to_owned());
    }
    trees
}

/// A line of a tree without its value, and the value.
fn parts(line: &str) -> (Vec<&str>, f64) {
    let cells: Vec<&str> = line.split(',').collect();
    let others = [&cells[..6], &cells[7..]].concat();
    (others, cells[6].parse().expect("a value"))
}

#[test]
fn a_single_client_grows_the_same_trees_in_any_federation() {
    let folder = desk(1, "");
    for way in ["summed", "bagging", "cyclic"] {
        run(folder.path(), way, &[&format!("model.federation=\"{way}\"")]);
        assert!(left(folder.path(), way, "model.csv") == left(folder.path(), "summed", "model.csv"), "{way}");
    }
    assert_eq!(trees(folder.path(), "summed").len(), 4);
}

/// Two banks with the same rows grow the same tree, and each counts half, so that the scores are those of one of them; in turn, each
/// counts whole.
#[test]
fn of_so_many_trees_a_round_each_counts_its_part() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, banks: &[&str]| {
        let row =
            |row: usize, bank: &str| format!("{},{},{bank},{}\n", row % 13, (row * row) % 17, u8::from((row * row) % 17 + row % 13 > 12));
        let rows: String = (0..400).flat_map(|at| banks.iter().map(move |bank| row(at, bank))).collect();
        fs::write(folder.path().join(name), format!("a,b,bank,y\n{rows}")).expect("written");
    };
    write("one.csv", &["x"]);
    write("two.csv", &["x", "z"]);
    let scenario = "name = \"halves\"\nrounds = 2\n[data]\ntrain_path = \"one.csv\"\ntest_path = \"one.csv\"\nlabel = \"y\"\n[partition]\nkind = \"column\"\n\
                    name = \"bank\"\n[model]\nkind = \"boosting\"\ndepth = 3\nmin_child_weight = 1.0\nlearning_rate = 0.5\n";
    fs::write(folder.path().join("scenario.toml"), scenario).expect("written");
    run(folder.path(), "one", &[]);
    let two = "data={ train_path = \"two.csv\", test_path = \"one.csv\", label = \"y\" }";
    run(folder.path(), "two", &[two, "model.federation=\"bagging\""]);
    run(folder.path(), "turns", &[two, "model.federation=\"cyclic\""]);
    let [one, two, turns] = ["one", "two", "turns"].map(|out| trees(folder.path(), out));
    assert_eq!([one.len(), two.len(), turns.len()], [2, 4, 2]);
    assert!(two[0] == two[1] && two[2] == two[3] && one[0].len() > 8 && turns == one);
    for (single, half) in one[0].iter().zip(&two[0]) {
        let ((wanted, value), (found, part)) = (parts(single), parts(half));
        assert_eq!((wanted, value), (found, 2.0 * part));
    }
    let scores = |out: &str| column(&folder.path().join(out).join("predictions.csv"), "score");
    for (one, two) in scores("one").iter().zip(scores("two")) {
        let [one, two]: [f64; 2] = [one, &two].map(|score| score.parse().expect("a number"));
        assert!((one - two).abs() < 1e-12, "{one} {two}");
    }
}

/// Each client's tree goes to the server as it is, and no other numbers: seven for each node, and how many there are.
#[test]
fn the_log_tells_that_the_server_sees_each_tree() {
    let folder = desk(5, "");
    run(folder.path(), "out", &["model.federation=\"bagging\"", "faults.schedule=[{ round = 2, clients = [2, 5] }]"]);
    let path = folder.path().join("out/exchange_log.csv");
    let of_rounds = |name: &str| -> Vec<String> {
        let rounds = column(&path, "round");
        column(&path, name).into_iter().zip(rounds).filter(|(_, round)| round != "0").map(|(cell, _)| cell).collect()
    };
    assert_eq!(of_rounds("read"), ["apart"; 4]);
    assert_eq!((of_rounds("sum")[0].as_str(), of_rounds("answered")), ("trees", ["5", "3", "5", "5"].map(str::to_owned).to_vec()));
    let trees = trees(folder.path(), "out");
    assert_eq!(trees.len(), 5 + 3 + 5 + 5);
    let mut rest = trees.iter();
    for (count, bytes) in [5, 3, 5, 5].into_iter().zip(of_rounds("upload_bytes")) {
        let numbers: usize = rest.by_ref().take(count).map(|tree| 1 + 7 * tree.len()).sum();
        assert_eq!(bytes, (8 * numbers).to_string());
    }
}

#[test]
fn in_turn_one_client_a_round_grows_a_tree_and_who_is_lost_misses_its_turn() {
    let folder = desk(3, "");
    run(folder.path(), "out", &["model.federation=\"cyclic\"", "rounds=5", "faults.schedule=[{ round = 2, clients = [2] }]"]);
    let clients = |out: &str| column(&folder.path().join(out).join("client_perf.csv"), "client");
    assert_eq!(clients("out"), ["1", "2", "3", "1", "2"]);
    let outcomes = column(&folder.path().join("out/round_log.csv"), "outcome");
    assert_eq!(outcomes, ["start", "completed", "aborted_too_few_survivors", "completed", "completed", "completed"]);
    assert_eq!(trees(folder.path(), "out").len(), 4);
    // Clients in turn are a cohort of their own kind too.
    run(folder.path(), "turns", &["model.federation=\"bagging\"", "cohort.kind=\"in_turn\"", "rounds=5"]);
    run(folder.path(), "cyclic", &["model.federation=\"cyclic\"", "rounds=5"]);
    assert_eq!(left(folder.path(), "turns", "model.csv"), left(folder.path(), "cyclic", "model.csv"));
}

#[test]
fn threads_classes_numbers_and_baselines_go_with_single_trees() {
    let folder = desk(4, "");
    let scenario = folder.path().join("scenario.toml");
    for task in [
        &[][..],
        &["--set", "data.label=\"housing\"", "--set", "model.task=\"multiclass\""],
        &["--set", "data.label=\"loan_amount\"", "--set", "model.task=\"regression\""],
    ] {
        let [one, two] = ["1", "3"].map(|threads| {
            let out = folder.path().join(threads);
            let arguments = ["run", argument(&scenario), "--out", argument(&out), "--no-plots", "--force", "--threads", threads];
            let sets = ["--set", "model.federation=\"bagging\"", "--set", "model.row_share=0.7", "--set", "model.column_share=0.6"];
            succeed(&[&arguments[..], &sets, task].concat());
            fs::read(out.join("manifest.json")).expect("a manifest")
        });
        assert!(one == two, "{task:?}");
    }
    // All rows in one place grow what sums over the federation grow, and each bank alone what it grows there.
    let [bagging, summed] = ["bagging", "summed"].map(|way| {
        let out = folder.path().join(way);
        let set = format!("model.federation=\"{way}\"");
        succeed(&[
            "compare-baseline",
            argument(&scenario),
            "--out",
            argument(&out),
            "--no-plots",
            "--gate",
            "non_inferiority",
            "--tolerance",
            "0.9",
            "--set",
            &set,
        ]);
        ["centralized", "local_mean", "federated"].map(|name| column(&out.join("baseline_vs_fl.csv"), name))
    });
    assert!(bagging[..2] == summed[..2] && bagging[2] != summed[2] && summed[0] == summed[2]);
}

#[test]
fn what_single_trees_do_not_go_with_is_refused() {
    for (more, parts) in [
        (
            "federation = \"bagging\"\n[aggregation]\nkind = \"secure\"\n",
            &["federation = \"bagging\"", "each client's own trees", "\"summed\""][..],
        ),
        ("federation = \"cyclic\"\n[cohort]\nkind = \"all\"\n", &["cohort", "each in its turn"]),
        ("federation = \"rounds\"\n", &["\"summed\" or \"bagging\" or \"cyclic\""]),
        ("cuts = \"width\"\n", &["\"equal_width\"", "\"local_quantiles\""]),
        ("draw = \"uniform\"\n", &["draw", "splits = \"random\""]),
    ] {
        let folder = desk(4, more);
        let output = fedsim_in(folder.path(), &["run", "scenario.toml", "--out", "out"]);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(2) && !folder.path().join("out").exists(), "{message}");
        assert!(parts.iter().all(|part| message.contains(part)) && !message.contains("panicked"), "{more}: {message}");
    }
    for (model, parts) in [
        ("splits = \"random\", federation = \"bagging\"", &["federation", "look at no rows"][..]),
        ("splits = \"random\", draw = \"information_value\", task = \"regression\"", &["information value", "two classes"]),
    ] {
        let folder = desk(4, "");
        let set = format!("model={{ kind = \"boosting\", {model} }}");
        let output = fedsim_in(folder.path(), &["run", "scenario.toml", "--out", "out", "--set", &set]);
        let message = text(&output.stderr);
        assert!(output.status.code() == Some(2) && parts.iter().all(|part| message.contains(part)), "{model}: {message}");
    }
}
