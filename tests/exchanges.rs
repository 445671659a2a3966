//! What leaves the clients: every sum is in the log, bytes and dropouts are counted for each, and metrics that clients sum up are those
//! of their rows, however these were dealt and whatever they went through.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{argument, column, fedsim, root, succeed, text};

/// Runs a shipped scenario with these keys, into a folder of this name.
fn run(scenario: &str, folder: &Path, name: &str, sets: &[&str]) -> PathBuf {
    let (path, out) = (root().join("scenarios").join(scenario), folder.join(name));
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["run", argument(&path), "--out", argument(&out), "--no-plots", "--quiet"];
    succeed(&arguments.into_iter().chain(sets).collect::<Vec<_>>());
    out
}

fn numbers(run: &Path, file: &str, name: &str) -> Vec<f64> {
    column(&run.join(file), name).iter().map(|cell| cell.parse().expect("a number")).collect()
}

const MEASURED: &str = "evaluation.federated=true";
const SECURE: &str = "aggregation={ kind = \"secure\", threshold = 0.5 }";

/// Newton's method leads to the same model whatever its sums go through, so that the metrics can be compared to the bit.
#[test]
fn metrics_of_sums_are_the_same_in_the_clear_and_under_masks() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["data.client_test_fraction=0.2", MEASURED];
    let clear = run("credit_newton.toml", folder.path(), "clear", &sets);
    let secure = run("credit_newton.toml", folder.path(), "secure", &[&sets[..], &[SECURE]].concat());
    let [clear, secure] = [clear, secure].map(|run| fs::read_to_string(run.join("federated_metrics.csv")).expect("the metrics"));
    assert!(clear == secure && clear.lines().count() > 5, "{clear}\n{secure}");
}

/// Trained and measured on all training rows, by one client or by eight.
#[test]
fn metrics_of_sums_do_not_depend_on_the_deal() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = fs::read_to_string(root().join("scenarios/credit_newton.toml")).expect("the scenario");
    let data = root().join("data/credit.csv");
    let dealt = |name: &str, partition: &str| {
        let text = text
            .replace("../data/credit.csv", argument(&data))
            .replace("name = \"bank\"\n", "")
            .replace("kind = \"column\"                  # one client a bank", partition);
        let (path, out) = (folder.path().join(format!("{name}.toml")), folder.path().join(name));
        fs::write(&path, text).expect("written");
        succeed(&["run", argument(&path), "--out", argument(&out), "--no-plots", "--quiet", "--set", MEASURED]);
        ["loss", "auc", "f1", "ece", "measured_rows"].map(|name| column(&out.join("federated_metrics.csv"), name))
    };
    let one = dealt("one", "clients = 1");
    assert_eq!(one, dealt("eight", "kind = \"dirichlet\"\nalpha = 0.5\nclients = 8"));
}

/// The clients' own metrics, which a simulation can look at, weighted by their rows.
#[test]
fn metrics_of_sums_are_the_means_of_the_clients_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["rounds=3", "data.client_test_fraction=0.25", "evaluation.per_client=true", MEASURED];
    let run = run("fraud.toml", folder.path(), "run", &sets);
    let held_out = numbers(&run, "partition.csv", "held_out");
    let rounds = column(&run.join("client_metrics.csv"), "round");
    for (name, error) in [("loss", 1e-7), ("brier", 1e-7), ("accuracy", 1e-15)] {
        let own = numbers(&run, "client_metrics.csv", name);
        let found = numbers(&run, "federated_metrics.csv", name);
        assert_eq!(found.len(), 3);
        for (round, found) in (1..).zip(found) {
            let of_round = rounds.iter().zip(&own).filter(|(of, _)| **of == round.to_string()).map(|(_, value)| value);
            let sum: f64 = of_round.zip(&held_out).map(|(value, rows)| value * rows).sum();
            let expected = sum / held_out.iter().sum::<f64>();
            assert!((found - expected).abs() < error, "{name} in round {round}: {found} for {expected}");
        }
    }
    assert_eq!(numbers(&run, "federated_metrics.csv", "measured_rows")[0], held_out.iter().sum::<f64>());
}

/// Measuring changes no model, and who is lost between two sums is missing from the second alone.
#[test]
fn a_second_sum_has_dropouts_of_its_own_and_leaves_the_model_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    for (scenario, few) in [("fraud.toml", 2), ("fraud_secure_dropouts.toml", 5)] {
        let sets = ["rounds=8", "faults.dropout=0.2", "faults.schedule=[]", &format!("faults.min_clients={few}")];
        let [plain, measured] = [("plain", None), ("measured", Some(MEASURED))]
            .map(|(name, more)| run(scenario, &folder.path().join(scenario), name, &[&sets[..], more.as_slice()].concat()));
        let digests = [&plain, &measured].map(|run| column(&run.join("round_log.csv"), "state_digest"));
        assert_eq!(digests[0], digests[1]);
        let log = |name: &str| column(&measured.join("exchange_log.csv"), name);
        let sums: Vec<(String, String, usize, usize)> = log("round")
            .into_iter()
            .zip(log("sum"))
            .zip(log("asked").into_iter().zip(log("answered")))
            .map(|((round, sum), (asked, answered))| (round, sum, asked.parse().expect("a count"), answered.parse().expect("a count")))
            .collect();
        let of = |name: &str| sums.iter().filter(|(_, sum, ..)| sum == name).collect::<Vec<_>>();
        assert!(of("metrics").len() >= 6, "{sums:?}");
        for (round, _, asked, answered) in of("metrics") {
            let updates = of("updates").into_iter().find(|(of, ..)| of == round).expect("the first sum of the round");
            assert!(*asked == updates.3 && answered <= asked, "{sums:?}");
        }
        assert!(of("metrics").iter().any(|(.., asked, answered)| answered < asked), "{sums:?}");
    }
}

/// Round by round the bytes of all sums are those that the clients' log has.
#[test]
fn every_byte_is_counted_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for scenario in ["fraud.toml", "fraud_secure.toml", "credit_newton.toml"] {
        let run = run(scenario, folder.path(), scenario, &["rounds=3", MEASURED]);
        let rounds = numbers(&run, "exchange_log.csv", "round");
        for name in ["upload_bytes", "download_bytes"] {
            let bytes = numbers(&run, "exchange_log.csv", name);
            let of_round = |round: f64| bytes.iter().zip(&rounds).filter(|(_, of)| **of == round).map(|(bytes, _)| bytes).sum::<f64>();
            for (round, all) in numbers(&run, "perf_log.csv", "round").into_iter().zip(numbers(&run, "perf_log.csv", name)) {
                assert_eq!(of_round(round), all, "{scenario}: {name} in round {round}");
            }
        }
        assert!(rounds[0] == 0.0, "{scenario}: statistics come first");
    }
}

/// Counts have 33 bits, whatever they go through, and the words in which clients say which levels they reach 64 at most.
#[test]
fn statistics_are_asked_for_alike_in_the_clear_and_under_masks() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["rounds=1", "preprocess.clip=[0.01, 0.99]", "preprocess.scale=\"robust\"", "training.class_weight=\"balanced\""];
    let clear = run("fraud.toml", folder.path(), "clear", &sets);
    let secure = run("fraud.toml", folder.path(), "secure", &[&sets[..], &[SECURE]].concat());
    let of = |run: &Path| ["round", "sum", "read", "numbers"].map(|name| column(&run.join("exchange_log.csv"), name));
    assert_eq!(of(&clear), of(&secure));
    let secure = |name: &str| column(&secure.join("exchange_log.csv"), name);
    let bits = secure("sum").into_iter().zip(secure("bits")).collect::<Vec<_>>();
    let has = |sum: &str, bits_max: u32| {
        let of: Vec<u32> = bits.iter().filter(|(of, _)| of == sum).map(|(_, bits)| bits.parse().expect("a number")).collect();
        assert!(!of.is_empty() && of.iter().all(|bits| *bits <= bits_max), "{sum}: {bits:?}");
    };
    ["counts", "ranges", "ranges_of_ranges", "classes"].into_iter().for_each(|sum| has(sum, 33));
    has("magnitudes", 64);
}

#[test]
fn metrics_without_bounds_are_not_summed() {
    let folder = tempfile::tempdir().expect("a folder");
    for scenario in ["segments.toml", "lgd.toml"] {
        let (path, out) = (root().join("scenarios").join(scenario), folder.path().join("out"));
        let output = fedsim(&["run", argument(&path), "--out", argument(&out), "--set", MEASURED]);
        assert_eq!(output.status.code(), Some(2));
        let told = text(&output.stderr);
        assert!(told.contains("nothing bounds what a row would add") && told.contains("per_client = true"), "{told}");
        assert!(!out.exists());
    }
}
