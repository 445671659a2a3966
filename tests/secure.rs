//! Secure aggregation in a whole run: it changes nothing but what the server sees (law 14), rounds that lose too many
//! clients are aborted, and its logs add up.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{argument, column, deterministic_files, fedsim, root, succeed, text};

/// Runs a scenario with overrides and gives its folder.
fn run(scenario: &str, out: &Path, overrides: &[&str]) -> PathBuf {
    let scenario = root().join(format!("scenarios/{scenario}.toml"));
    let mut arguments = vec!["run", argument(&scenario), "--out", argument(out), "--quiet", "--force"];
    overrides.iter().for_each(|over| arguments.extend(["--set", over]));
    succeed(&arguments);
    out.to_owned()
}

/// The files of a run that do not speak of how its sums were made.
fn results(run: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let names = ["model.csv", "metrics_log.csv", "preprocess.csv", "partition.csv", "client_metrics.csv"];
    names.map(|name| (name, fs::read(run.join(name)).expect("the file is there"))).to_vec()
}

const CLEAR: [&str; 4] = [
    "aggregation={ kind = \"mean\", arithmetic = \"fixed_point\", value_bits = 24, clip = 4.0 }",
    "rounds=8",
    "evaluation.per_client=true",
    "name=x",
];

#[test]
fn secure_aggregation_gives_the_bytes_of_the_clear_mean_of_the_same_encoding() {
    let folder = tempfile::tempdir().expect("a folder");
    let secure = "aggregation={ kind = \"secure\", value_bits = 24, clip = 4.0, modulus_bits = \"auto\" }";
    let faults = "faults={ dropout = { masked_input = 0.15, unmask = 0.02 }, schedule = [{ round = 2, clients = [3] }] }";
    let plus = "aggregation={ kind = \"secure\", value_bits = 24, clip = 4.0, protocol = \"secagg_plus\", degree = 12, threshold = 7 }";
    let cases: [(&str, &str, &[&str]); 6] = [
        ("fraud", secure, &[]),
        ("fraud", secure, &[faults, "training.class_weight=balanced"]),
        ("credit", secure, &["preprocess.scale=minmax", "cohort={ kind = \"uniform\", size = 4 }"]),
        ("credit", secure, &["preprocess.fit=local", "preprocess.missing=median"]),
        ("credit", secure, &["preprocess.clip=[0.02, 0.98]", "preprocess.scale=robust", "preprocess.transform={ income = \"log1p\" }"]),
        ("fraud", plus, &["partition.clients=40", "faults.dropout=0.05"]),
    ];
    for (case, (scenario, aggregation, more)) in cases.into_iter().enumerate() {
        let clear = run(scenario, &folder.path().join(format!("clear{case}")), &[&CLEAR[..], more].concat());
        let secure = run(scenario, &folder.path().join(format!("secure{case}")), &[&[aggregation], &CLEAR[1..], more].concat());
        for ((name, clear), (_, secure)) in results(&clear).iter().zip(results(&secure)) {
            assert!(*clear == secure, "case {case}: {name} differs");
        }
        for name in ["outcome", "survivors", "state_digest"] {
            let [clear, secure] = [&clear, &secure].map(|run| column(&run.join("round_log.csv"), name));
            assert_eq!(clear, secure, "case {case}");
        }
        assert!(!clear.join("secagg_log.csv").exists());
    }
}

#[test]
fn rounds_that_lose_too_many_are_aborted_with_their_stage_and_the_model_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run("fraud_secure_dropouts", folder.path(), &[]);
    let outcomes = column(&run.join("round_log.csv"), "outcome");
    let (norms, losses) = (column(&run.join("round_log.csv"), "update_norm"), column(&run.join("metrics_log.csv"), "loss"));
    // The scenario's schedule takes five of twelve clients away before the shares that unmask; nine are needed.
    assert_eq!(outcomes[5], "aborted_unmask");
    assert!(outcomes.iter().filter(|outcome| *outcome == "completed").count() > 10, "{outcomes:?}");
    for round in 1..outcomes.len() {
        let aborted = outcomes[round].starts_with("aborted_");
        assert_eq!((aborted, aborted), (norms[round].is_empty(), losses[round] == losses[round - 1]), "round {round}");
    }
    let log = |name: &str| column(&run.join("secagg_log.csv"), name);
    let (rounds, stages, participants) = (log("round"), log("stage"), log("participants"));
    let of_round_5: Vec<(&str, &str)> =
        (0..rounds.len()).filter(|&at| rounds[at] == "5").map(|at| (stages[at].as_str(), participants[at].as_str())).collect();
    assert_eq!(
        of_round_5.iter().map(|(stage, _)| *stage).collect::<Vec<_>>(),
        ["advertise", "share", "masked_input", "consistency", "unmask"]
    );
    assert!(of_round_5.last().expect("five stages").1.parse::<usize>().expect("a number") < 9);
}

/// On a complete graph of n clients that all stay, each agrees with n - 1 others twice, for its boxes and for its masks;
/// seals and opens a box for each; and deals two secrets to n holders.
#[test]
fn operations_and_bytes_are_those_that_the_protocol_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run("fraud_secure", folder.path(), &["rounds=2"]);
    let log = |name: &str| column(&run.join("secagg_log.csv"), name);
    let of_round_1 = |name: &str| -> Vec<u64> {
        let rows = log("round").into_iter().zip(log(name));
        rows.filter(|(round, _)| round == "1").map(|(_, value)| value.parse::<f64>().expect("a number") as u64).collect()
    };
    assert_eq!(of_round_1("agreements").iter().sum::<u64>(), 2 * 10 * 9);
    assert_eq!(of_round_1("boxes").iter().sum::<u64>(), 2 * 10 * 9);
    assert_eq!(of_round_1("shares")[1], 2 * 10 * 10);
    // 31 parameters, the clip count and the weight at 48 bits each.
    assert!(of_round_1("up_bytes_mean")[2] >= 33 * 6 && of_round_1("up_bytes_mean")[2] < 33 * 6 + 16);
    let sent: u64 = of_round_1("up_bytes_mean").iter().sum::<u64>() * 10;
    assert_eq!(column(&run.join("perf_log.csv"), "upload_bytes")[0], sent.to_string());
    let summary = column(&run.join("secagg_summary.csv"), "metric");
    assert_eq!(summary.iter().filter(|metric| *metric == "collusion_is_safe").count(), 11);
    // 0.67 of 10 clients is a threshold of 7: six colluders learn nothing, seven everything.
    let safe = fs::read_to_string(run.join("secagg_summary.csv")).expect("the summary");
    assert!(safe.contains("collusion_is_safe,6,yes") && safe.contains("collusion_is_safe,7,no"));
    assert!(column(&run.join("perf_log.csv"), "masked_input_s").iter().all(|seconds| seconds.parse::<f64>().is_ok_and(|s| s > 0.0)));
}

#[test]
fn threads_show_in_no_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = |threads: &str| {
        let out = folder.path().join(threads);
        let scenario = root().join("scenarios/fraud_secure_dropouts.toml");
        succeed(&["run", argument(&scenario), "--out", argument(&out), "--quiet", "--threads", threads, "--set", "rounds=6"]);
        deterministic_files(&out)
    };
    let one = files("1");
    assert!(one.iter().any(|(name, _)| name == "secagg_log.csv"));
    assert!(one == files("2") && one == files("7"));
}

#[test]
fn what_cannot_be_summed_or_is_not_safe_is_refused_before_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |over: &str, parts: &[&str]| {
        let out = folder.path().join("out");
        let output = fedsim(&["run", "scenarios/fraud_secure.toml", "--out", argument(&out), "--set", over]);
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(!out.exists());
        parts.iter().for_each(|part| assert!(message.contains(part), "{part} is missing in\n{message}"));
    };
    refused("aggregation.modulus_bits=32", &["--set:1:", "needs 39 bits", "set modulus_bits = 39"]);
    refused("aggregation.weight_max=1000", &["a client has 1600 training rows", "set weight_max = 1600, or more"]);
    refused("preprocess.fit=pooled", &["--set:1:", "a place that sees every row", "oracle = true"]);
    refused("preprocess.oracle=true", &["only fit = \"pooled\" looks at it"]);
    refused("aggregation.max_corrupt=0.7", &["a threshold of 7 of 10 is not safe", "set threshold = 8 or more"]);
    refused("aggregation.threshold=11", &["among 10 clients"]);
    refused("aggregation.clip=auto", &["could overflow"]);
    refused("aggregation.weighting=uniform", &["unknown key `weighting`"]);
    refused("partition.clients=1", &["fraud_secure.toml:22:8", "a single client hides nothing"]);
    refused("faults.schedule=[{ round = 1, clients = [1], stage = \"input\" }]", &["unknown `stage` \"input\" in [faults.schedule]"]);
    refused("aggregation.kind=secur", &["did you mean \"secure\"?"]);
}

/// The same end as in the clear: exit code 1, the last good model kept, no panic.
#[test]
fn a_run_that_diverges_ends_as_it_does_in_the_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    let ends = ["fraud_secure.toml", "fraud.toml"].map(|scenario| {
        let out = folder.path().join(scenario);
        let scenario = format!("scenarios/{scenario}");
        let diverging = ["--set", "training.learning_rate=1e308", "--set", "model.l2=10", "--set", "training.epochs=5"];
        let output = fedsim(&[&["run", &scenario, "--out", argument(&out), "--quiet"], &diverging[..]].concat());
        let message = text(&output.stderr);
        assert!(message.contains("training diverges") && message.contains("the model of round 0"), "{message}");
        output.status.code()
    });
    assert_eq!(ends, [Some(1); 2]);
}

/// Exact extremes are single clients' values: whoever asks for them securely is told; sums over all rows are not worth a word.
#[test]
fn extremes_are_warned_of_and_means_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = |over: &[&str]| {
        let arguments = ["run", "scenarios/fraud_secure.toml", "--out", argument(folder.path()), "--force", "--set", "rounds=1"];
        text(&succeed(&[&arguments[..], over].concat()).stderr)
    };
    let warning = told(&["--set", "preprocess.scale=minmax"]);
    assert!(
        warning.contains("warning: ") && warning.contains("--set:1:") && warning.contains("a value of a single client's row"),
        "{warning}"
    );
    assert!(!told(&["--set", "preprocess.scale=standard"]).contains("warning"));
    assert!(!told(&["--quiet", "--set", "preprocess.scale=minmax"]).contains("warning"));
    let oracle = ["--set", "preprocess={ fit = \"pooled\", oracle = true, scale = \"minmax\" }"];
    assert!(!told(&oracle).contains("warning"));
}

/// What the server sees of a statistics' sum is said by its name, one line a stage; no number travels as more than it needs.
#[test]
fn every_sum_of_statistics_is_logged_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = fs::read_to_string(root().join("SECURITY.md")).expect("it says what the server learns");
    let sums = |over: &[&str]| -> Vec<String> {
        let run = run("credit", folder.path(), &[&["aggregation.kind=secure", "rounds=1"], over].concat());
        let mut sums = column(&run.join("secagg_log.csv"), "sum");
        sums.dedup();
        let stands_there = |sum: &String| told.contains(&format!("`{sum}`")) || sum.starts_with("extremes_");
        assert!(sums.iter().all(stands_there), "{sums:?}");
        sums
    };
    let plain = ["counts", "magnitudes", "moments"];
    assert_eq!(sums(&[]), [&plain[..], &["updates"]].concat());
    assert_eq!(sums(&["training.class_weight=balanced"]), [&plain[..], &["classes", "updates"]].concat());
    assert_eq!(sums(&["preprocess.fit=local"]), ["counts", "magnitudes_of_local_numbers", "local_numbers", "updates"]);
    let median = sums(&["preprocess.missing=median", "preprocess.clip=[0.01, 0.99]"]);
    assert_eq!(median, ["counts", "ranges", "ranges_of_ranges", "magnitudes", "moments", "ranges", "ranges_of_ranges", "updates"]);
    let local = sums(&["preprocess.fit=local", "preprocess.clip=[0.01, 0.99]"]);
    let bounds = ["magnitudes_of_local_bounds", "local_bounds"];
    assert_eq!(local, [&["counts", "magnitudes_of_local_numbers", "local_numbers"], &bounds[..], &["updates"]].concat());
    let extremes = ["extremes_1", "extremes_2", "extremes_3", "extremes_4", "extremes_5", "extremes_6", "extremes_7", "extremes_8"];
    assert_eq!(sums(&["preprocess.scale=minmax"]), [&plain[..], &extremes[..], &["updates"]].concat());
}

/// Three clients are left of ten in one round, two of whom may collude: one input would stand alone.
#[test]
fn a_sum_that_would_disclose_a_client_is_warned_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |schedule: &str| {
        let arguments = ["run", "scenarios/fraud_secure.toml", "--out", argument(folder.path()), "--force", "--set", "rounds=2"];
        let rest = ["--set", "aggregation.max_corrupt=0.2", "--set", "aggregation.threshold=3", "--set", schedule];
        text(&succeed(&[&arguments[..], &rest].concat()).stdout)
    };
    let told = run("faults.schedule=[{ round = 2, clients = [1, 2, 3, 4, 5, 6, 7] }]");
    let warning = "warning   hidden inputs in a sum: 1 of 3, if 2 clients tell the server theirs; below aggregation.min_honest = 2";
    assert!(told.contains(warning), "{told}");
    assert!(!run("faults.schedule=[{ round = 2, clients = [1, 2, 3, 4, 5, 6] }]").contains("warning"));
}
