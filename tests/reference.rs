//! Results that other software computed: FedAvg in NumPy, metrics in scikit-learn (`tests/vectors/`).

use std::fs;

use crate::support::{argument, column, root, succeed};
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::tasks::{Labels, Metrics, Task, View};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = root().join("tests/vectors").join(name);
    serde_json::from_slice(&fs::read(path).expect("the vectors are there")).expect("they are JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// The tolerance is relative: a number that is to be 0 must be 0.
fn assert_close(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((got - expected).abs() <= tolerance * expected.abs(), "{what}: {got} for {expected}");
}

const SCENARIO: &str = r#"
name = "numpy"
rounds = 15

[data]
train_path = "fedavg_train.csv"
test_path = "fedavg_test.csv"
label = "y"

[partition]
kind = "column"
name = "bank"
clients = 5

[model]
l2 = 0.01

[training]
learning_rate = 0.3
epochs = 2
batch_size = 0
class_weight = "balanced"

[strategy]
learning_rate = 0.7

[faults]
schedule = [{ round = 3, clients = [2, 5] }, { round = 7, clients = [1, 2, 3, 4, 5] }]
"#;

/// Runs the vectors' federation for `rounds` rounds and gives its folder.
fn run(folder: &tempfile::TempDir, rounds: usize, preprocess: &str) -> std::path::PathBuf {
    for file in ["fedavg_train.csv", "fedavg_test.csv"] {
        fs::copy(root().join("tests/vectors").join(file), folder.path().join(file)).expect("the vectors can be copied");
    }
    let scenario = folder.path().join("numpy.toml");
    fs::write(&scenario, format!("{SCENARIO}\n[preprocess]\n{preprocess}\n")).expect("the scenario can be written");
    let out = folder.path().join("run");
    // The schedule speaks of rounds up to 7: shorter runs leave the later entries out.
    let rounds_set = format!("rounds={rounds}");
    let schedule = match rounds {
        1..=2 => "faults.schedule=[]",
        3..=6 => "faults.schedule=[{ round = 3, clients = [2, 5] }]",
        _ => "faults.schedule=[{ round = 3, clients = [2, 5] }, { round = 7, clients = [1, 2, 3, 4, 5] }]",
    };
    succeed(&["run", argument(&scenario), "--out", argument(&out), "--quiet", "--force", "--set", &rounds_set, "--set", schedule]);
    out
}

#[test]
fn fed_avg_with_full_batches_is_what_numpy_computes() {
    let expected = vectors("fedavg_expected.json");
    for preprocess in ["fit = \"federated\"", "fit = \"pooled\""] {
        for rounds in [1, 3, 6, 7, 15] {
            let folder = tempfile::tempdir().expect("a folder");
            let run = run(&folder, rounds, preprocess);
            let params: Vec<f64> = column(&run.join("model.csv"), "value").iter().map(|value| value.parse().expect("a number")).collect();
            let wanted = numbers(&expected["rounds"][rounds - 1]);
            assert_eq!(params.len(), wanted.len());
            for ((got, wanted), name) in params.iter().zip(&wanted).zip(column(&run.join("model.csv"), "name")) {
                assert!((got - wanted).abs() <= 1e-10 * wanted.abs(), "round {rounds}, {name}: {got} for {wanted}");
            }
        }
    }
}

#[test]
fn a_round_without_survivors_is_aborted_and_the_model_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run(&folder, 15, "");
    let outcomes = column(&run.join("round_log.csv"), "outcome");
    assert_eq!(outcomes[7], "aborted_too_few_survivors");
    assert!(outcomes.iter().skip(1).enumerate().all(|(at, outcome)| (at + 1 == 7) != (outcome == "completed")));
    let norms = column(&run.join("round_log.csv"), "update_norm");
    assert!(norms[7].is_empty() && !norms[6].is_empty());
    let losses = column(&run.join("metrics_log.csv"), "loss");
    assert_eq!(losses[6], losses[7]);
    assert_ne!(losses[7], losses[8]);
}

#[test]
fn the_test_rows_are_measured_as_scikit_learn_measures_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run(&folder, 15, "");
    let expected = &vectors("fedavg_expected.json")["test_metrics"];
    for name in ["loss", "auc", "pr_auc", "accuracy", "precision", "recall", "f1", "brier"] {
        let got = column(&run.join("metrics_log.csv"), name);
        let got: f64 = got.last().expect("a row").parse().expect("a number");
        assert_close(got, expected[name].as_f64().expect("a number"), 1e-10, name);
    }
}

#[test]
fn statistics_are_the_population_statistics_of_the_training_rows() {
    let expected = &vectors("fedavg_expected.json")["standardise"];
    for preprocess in ["fit = \"federated\"", "fit = \"pooled\""] {
        let folder = tempfile::tempdir().expect("a folder");
        let run = run(&folder, 1, preprocess);
        for (name, wanted) in [("mean", numbers(&expected["mean"])), ("scale", numbers(&expected["std"]))] {
            let got = column(&run.join("preprocess.csv"), name);
            for (got, wanted) in got.iter().zip(wanted) {
                assert_close(got.parse().expect("a number"), wanted, 1e-12, name);
            }
        }
    }
}

#[test]
fn metrics_are_those_of_scikit_learn() {
    let cases = vectors("metrics_expected.json");
    let cases = cases.as_array().expect("a list");
    assert!(cases.len() >= 12);
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let threshold = case["threshold"].as_f64().expect("a number");
        let labels: Vec<bool> = numbers(&case["labels"]).iter().map(|&label| label == 1.0).collect();
        let (x, scores) = (Matrix::zeros((labels.len(), 1), Storage::Double), numbers(&case["scores"]));
        let view = View { x: x.rows(), labels: Labels::Binary(&labels), scores: &scores };
        for (metric, got) in Metrics::of(Task::Binary, &view, threshold).named() {
            match (got, case["expected"][metric].as_f64()) {
                (Some(got), Some(wanted)) => assert_close(got, wanted, 1e-12, &format!("{name}: {metric}")),
                (got, wanted) => assert_eq!(got, wanted, "{name}: {metric}"),
            }
        }
    }
}
