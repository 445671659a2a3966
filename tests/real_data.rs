//! The scenarios for public data sets: each ends as well as a centralised logistic regression does on the same rows.

use std::fs;

use crate::support::{argument, column, real_data, root, skipped, succeed};
use fedsim::numeric::digest::Hash;

/// Scenario, its file, and the test AUC of scikit-learn 1.9.1's `LogisticRegression` (C = 1e6) fitted on the same training
/// rows: `fedsim preprocess` with the scenario's seed, label and columns, then `scripts/centralised_auc.py`, with
/// the scenario's quantiles where it clips, and its features.
const SCENARIOS: [(&str, &str, f64); 6] = [
    ("creditcard", "creditcard-sample.csv.gz", 0.985_156),
    ("give_me_some_credit", "give-me-some-credit.csv", 0.850_952),
    ("german_credit", "german-credit.csv", 0.795_952),
    ("german_credit_uci", "german-credit-uci.csv", 0.810_000),
    ("taiwan_default", "taiwan-default.csv", 0.734_927),
    ("home_credit", "home-credit-sample.csv.gz", 0.724_284),
];

#[test]
fn federated_and_centralised_auc_agree_within_a_hundredth_on_public_data() {
    for (name, file, centralised) in SCENARIOS {
        if real_data(file).is_none() {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let scenario = root().join(format!("scenarios/{name}.toml"));
        succeed(&["run", argument(&scenario), "--out", argument(folder.path()), "--quiet"]);
        let auc = column(&folder.path().join("metrics_log.csv"), "auc");
        let auc: f64 = auc.last().expect("a row").parse().expect("a number");
        assert!((auc - centralised).abs() < 0.01, "{name}: {auc} for {centralised}");
    }
}

/// `tests/golden/public_digests.txt`, whose head tells its columns. A change there is a change of results: `scripts/golden.sh`
/// writes the file anew, and the commit says why.
#[test]
fn scenarios_on_public_data_give_their_golden_digests() {
    let golden = fs::read_to_string(root().join("tests/golden/public_digests.txt")).expect("the golden digests are there");
    let lines: Vec<[&str; 5]> = golden
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' ').collect::<Vec<_>>().try_into().expect("five columns"))
        .collect();
    assert_eq!(lines.iter().map(|[name, ..]| *name).collect::<Vec<_>>(), SCENARIOS.map(|(name, ..)| name));
    for [name, file, data, state, manifest] in lines {
        let Some(path) = real_data(file) else { continue };
        if Hash::of(&fs::read(&path).expect("it can be read")).hex() != data {
            skipped(&format!("{} is another file than the golden digest is of", path.display()));
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        succeed(&[
            "run",
            argument(&root().join(format!("scenarios/{name}.toml"))),
            "--out",
            argument(folder.path()),
            "--quiet",
            "--no-plots",
        ]);
        let found = fs::read(folder.path().join("manifest.json")).expect("a manifest");
        let content: serde_json::Value = serde_json::from_slice(&found).expect("JSON");
        assert_eq!((content["state_digest"].as_str(), Hash::of(&found).hex().as_str()), (Some(state), manifest), "{name}");
    }
}

#[test]
fn preprocessing_agrees_with_the_data_sets_descriptions() {
    // File, label, its positive value, and the rows that the data sets' publishers count.
    let described = [("german-credit-uci.csv", "class", "2", 1000), ("taiwan-default.csv", "default.payment.next.month", "1", 30_000)];
    for (file, label, positive, rows) in described {
        let Some(path) = real_data(file) else { continue };
        let folder = tempfile::tempdir().expect("a folder");
        let out = argument(folder.path());
        succeed(&["preprocess", "--input", argument(&path), "--label", label, "--positive", positive, "--clients", "2", "--out-root", out]);
        let count = |part: &str| column(&folder.path().join(format!("processed/{part}.csv")), label).len();
        assert_eq!((count("train"), count("test")), (rows * 4 / 5, rows / 5), "{file}");
    }
}

fn last(run: &std::path::Path, name: &str) -> f64 {
    column(&run.join("metrics_log.csv"), name).last().expect("a row").parse().expect("a number")
}

/// Runs a scenario on public data with these keys; `None` where the data are not at hand.
fn learned(name: &str, file: &str, sets: &[&str]) -> Option<tempfile::TempDir> {
    real_data(file)?;
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = root().join(format!("scenarios/{name}.toml"));
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["run", argument(&scenario), "--out", argument(folder.path()), "--quiet", "--no-plots"];
    succeed(&arguments.into_iter().chain(sets).collect::<Vec<_>>());
    Some(folder)
}

/// The logistic regression's bars are those above; a perceptron finds what is not linear in the months of repayment.
#[test]
fn newton_and_a_perceptron_do_what_they_are_for_on_public_data() {
    if let Some(run) = learned("give_me_some_credit_newton", "give-me-some-credit.csv", &[]) {
        assert!((last(run.path(), "auc") - 0.850_952).abs() < 1e-3);
        assert_eq!(column(&run.path().join("round_log.csv"), "outcome").last().expect("a round"), "settled");
    }
    if let Some(run) = learned("taiwan_mlp", "taiwan-default.csv", &[]) {
        assert!(last(run.path(), "auc") > 0.734_927 + 0.03);
    }
}

/// scikit-learn's logistic regression decides 80.4 % of the held-out rows rightly, of a split of its own; the largest class has 49 %.
#[test]
fn several_classes_are_told_apart_as_well_as_centrally_on_public_data() {
    if let Some(run) = learned("taiwan_repayment", "taiwan-default.csv", &[]) {
        assert!((last(run.path(), "accuracy") - 0.804).abs() < 0.01);
    }
}

/// Sums of rows rounded one by one know no banks.
#[test]
fn segments_of_public_data_are_those_of_one_bank() {
    let of = |clients: &str| learned("taiwan_segments", "taiwan-default.csv", &[clients, "evaluation.every=100"]);
    let Some(ten) = of("partition.clients=10") else { return };
    let one = of("partition.clients=1").expect("the data are at hand");
    let [ten, one] = [ten, one].map(|run| fs::read(run.path().join("centroids.csv")).expect("the centroids"));
    assert!(ten == one && ten.len() > 1000);
}

/// Boosting is as good as the best of XGBoost and LightGBM, tuned by cross-validation on the training rows of seed 42: mean test AUC over
/// the splits of seeds 42 to 46, within what their spread leaves open.
#[test]
fn boosted_trees_are_as_good_as_tuned_ones_on_public_data() {
    for (name, file, bar, slack) in [
        ("taiwan_boosting", "taiwan-default.csv", 0.7829, 0.002),
        ("home_credit_boosting", "home-credit-sample.csv.gz", 0.7501, 0.002),
        ("give_me_some_credit_boosting", "give-me-some-credit.csv", 0.8650, 0.002),
        ("creditcard_boosting", "creditcard-sample.csv.gz", 0.9796, 0.002),
        ("german_credit_boosting", "german-credit.csv", 0.7863, 0.004),
        ("german_credit_uci_boosting", "german-credit-uci.csv", 0.8032, 0.004),
    ] {
        let aucs: Option<Vec<f64>> = (42..=46)
            .map(|seed| Some(last(learned(name, file, &[&format!("seed={seed}"), "evaluation.every=1000"])?.path(), "auc")))
            .collect();
        let Some(aucs) = aucs else { continue };
        let mean = aucs.iter().sum::<f64>() / aucs.len() as f64;
        assert!(mean >= bar - slack, "{name}: {mean} for {bar}");
    }
}

/// The bars are of scorecards from pooled rows: pre-bins at exact quantiles, merged to optbinning's optimum, every category by itself, and
/// scikit-learn's logistic regression on the weights of evidence, on the very same rows: mean test AUC over the splits of seeds 42 to 46.
#[test]
fn scorecards_are_as_good_as_those_of_pooled_rows_on_public_data() {
    for (name, file, bar) in [
        ("give_me_some_credit_scorecard", "give-me-some-credit.csv", 0.8566),
        ("taiwan_scorecard", "taiwan-default.csv", 0.7719),
        ("home_credit_scorecard", "home-credit-sample.csv.gz", 0.7493),
        ("creditcard_scorecard", "creditcard-sample.csv.gz", 0.9806),
        ("german_credit_uci_scorecard", "german-credit-uci.csv", 0.8064),
        ("german_credit_scorecard", "german-credit.csv", 0.7849),
    ] {
        let aucs: Option<Vec<f64>> = (42..=46)
            .map(|seed| Some(last(learned(name, file, &[&format!("seed={seed}"), "evaluation.every=1000"])?.path(), "auc")))
            .collect();
        let Some(aucs) = aucs else { continue };
        let mean = aucs.iter().sum::<f64>() / aucs.len() as f64;
        assert!(mean >= bar - 0.002, "{name}: {mean} for {bar}");
    }
}
