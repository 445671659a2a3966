//! Learners by sums beyond two classes: least squares, shares and clusters come to what statsmodels and scikit-learn find, over any deal
//! of the rows to the bit, in the clear and under masks; and softmax regression comes to scikit-learn's optimum.

use std::fs;
use std::path::Path;

use fedsim::learners::{KMeans, Learner};
use fedsim::models::RowWeights;
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::tasks::Labels;
use fedsim::training::LocalRows;

use serde_json::Value;

use crate::support::{after_a_round, argument, column, fedsim, run_in as run, text};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/summed.json")).expect("it is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// The table of the vectors with a scenario that trains on all of it, in the unit it has, for the label of this name.
fn desk(label: Option<&str>, more: &str) -> tempfile::TempDir {
    let (folder, vectors) = (tempfile::tempdir().expect("a folder"), vectors());
    let labels = ["number", "share", "grade"].map(|name| vectors[name].as_array().expect("a list").clone());
    let mut table = "a,b,c,number,share,grade\n".to_owned();
    for (at, x) in vectors["x"].as_array().expect("a list").iter().enumerate() {
        let mut cells: Vec<String> = numbers(x).iter().map(f64::to_string).collect();
        cells.extend(labels.iter().map(|labels| labels[at].to_string().replace('"', "")));
        table += &(cells.join(",") + "\n");
    }
    fs::write(folder.path().join("rows.csv"), table).expect("written");
    let others: Vec<String> =
        ["number", "share", "grade"].iter().filter(|name| Some(**name) != label).map(|name| format!("\"{name}\"")).collect();
    let label = label.map(|label| format!("label = \"{label}\"\n")).unwrap_or_default();
    let data = format!("[data]\ntrain_path = \"rows.csv\"\ntest_path = \"rows.csv\"\n{label}drop = [{}]\n", others.join(", "));
    let text = format!("name = \"summed\"\nseed = 1\nrounds = 300\n{data}[preprocess]\nscale = \"none\"\n{more}");
    fs::write(folder.path().join("scenario.toml"), text).expect("written");
    folder
}

fn near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance * (1.0 + expected.abs()), "{what}: {found} for {expected}");
    }
}

fn parsed(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|cell| cell.parse().expect("a number")).collect()
}

#[test]
fn estimates_of_numbers_and_shares_and_their_errors_are_those_of_statsmodels() {
    let vectors = vectors();
    for (kind, label, wanted) in [("linear", "number", "least_squares"), ("fractional", "share", "fractional")] {
        let folder = desk(Some(label), &format!("[partition]\nclients = 5\n[model]\nkind = \"{kind}\"\n[training]\nkind = \"newton\"\n"));
        assert!(run(folder.path(), "out", &[]).contains("settled   after round"));
        let path = folder.path().join("out/coefficients.csv");
        for name in ["estimate", "standard_error", "p_value", "estimate_low", "estimate_high"] {
            near(&parsed(&path, name), &numbers(&vectors[wanted][name]), 1e-9, &format!("{kind} {name}"));
        }
    }
    let folder = desk(Some("number"), "[partition]\nclients = 2\n[model]\nkind = \"linear\"\nl2 = 0.01\n[training]\nkind = \"newton\"\n");
    run(folder.path(), "ridge", &[]);
    near(&parsed(&folder.path().join("ridge/model.csv"), "value"), &numbers(&vectors["ridge"]), 1e-8, "ridge");
}

/// Rows are rounded one by one, so that no sum knows whose they are.
#[test]
fn any_deal_of_the_rows_gives_the_same_bits_in_the_clear_and_under_masks() {
    let newton = |kind: &str| format!("[model]\nkind = \"{kind}\"\n[training]\nkind = \"newton\"\n");
    let clusters = "[model]\nkind = \"k_means\"\nclusters = 4\n".to_owned();
    for (label, more) in [(Some("number"), newton("linear")), (Some("share"), newton("fractional")), (None, clusters)] {
        let folder = desk(label, &format!("[partition]\nclients = 1\n{more}"));
        let model = |out: &str| ["model.csv", "metrics_log.csv"].map(|file| fs::read(folder.path().join(out).join(file)).expect("a file"));
        run(folder.path(), "one", &[]);
        for (at, sets) in [
            &["partition.clients=7"][..],
            &["partition={ kind = \"quantity\", alpha = 0.5, clients = 9 }"],
            &["partition.clients=5", "aggregation={ kind = \"secure\" }"],
        ]
        .iter()
        .enumerate()
        {
            let out = format!("deal-{at}");
            run(folder.path(), &out, sets);
            assert!(model(&out) == model("one"), "{label:?} {sets:?}");
        }
    }
}

/// Lloyd's algorithm from the same start is scikit-learn's.
#[test]
fn centroids_are_those_of_scikit_learn_from_the_same_start() {
    let vectors = vectors();
    let rows: Vec<Vec<f64>> = vectors["x"].as_array().expect("a list").iter().map(numbers).collect();
    let first: Vec<f64> = vectors["start"].as_array().expect("a list").iter().flat_map(numbers).collect();
    let x = Matrix::build((rows.len(), 3), Storage::Double, |row, out| out.copy_from_slice(&rows[row]));
    let learner = KMeans { clusters: 3, reach: &[4, 4, 4], first: &first, tolerance: 1e-12 };
    let mut state = learner.start(vec![0.0; 9].into());
    for round in 1..300 {
        let rows = LocalRows { x: x.rows(), y: Labels::Absent(rows.len()), weights: RowWeights::ALIKE };
        state = after_a_round(&learner, state, round, rows);
        if learner.is_settled(&state) {
            break;
        }
    }
    assert!(learner.is_settled(&state));
    near(state.params().as_slice(), &numbers(&vectors["centroids"]), 1e-9, "centroids");
}

/// By hand: all rows are nearest to the first centroid, which moves to their mean 3; their squared distances to it, 4 and 16 from
/// 0, have a root mean square of sqrt(10), by which the empty one is put beside it.
#[test]
fn an_empty_cluster_is_put_beside_the_widest() {
    let x = Matrix::build((2, 1), Storage::Double, |row, out| out[0] = 2.0 * (row as f64 + 1.0));
    let learner = KMeans { clusters: 2, reach: &[4], first: &[0.0, 100.0], tolerance: 1e-12 };
    let state = learner.start(vec![0.0; 2].into());
    let rows = LocalRows { x: x.rows(), y: Labels::Absent(2), weights: RowWeights::ALIKE };
    let state = after_a_round(&learner, state, 1, rows);
    near(state.params().as_slice(), &[3.0, 3.0 + 10.0_f64.sqrt()], 1e-12, "centroids");
}

/// Full-batch descent of one client ends at the optimum of the penalised likelihood.
#[test]
fn softmax_regression_comes_to_the_optimum_of_scikit_learn() {
    let training = "[training]\nlearning_rate = 0.4\nbatch_size = 0\nepochs = 20\n";
    let folder = desk(Some("grade"), &format!("[partition]\nclients = 1\n[model]\nkind = \"softmax\"\nl2 = 0.01\n{training}"));
    run(folder.path(), "out", &["evaluation.every=300"]);
    let path = folder.path().join("out/model.csv");
    assert_eq!(column(&path, "name")[..5], ["A: a", "A: b", "A: c", "A: (intercept)", "B: a"]);
    near(&parsed(&path, "value"), &numbers(&vectors()["softmax"]), 1e-7, "softmax");
    // Where each row was decided to be.
    let rows: f64 = parsed(&folder.path().join("out/confusion.csv"), "rows").iter().sum();
    assert_eq!(rows, 240.0);
}

fn refused(label: Option<&str>, more: &str, words: &[&str]) {
    let folder = desk(label, more);
    let out = fedsim(&["run", argument(&folder.path().join("scenario.toml")), "--out", argument(&folder.path().join("out"))]);
    let told = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{told}");
    words.iter().for_each(|word| assert!(told.contains(word), "{word}: {told}"));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn labels_that_do_not_fit_the_model_are_refused_with_the_way_out() {
    let model = |kind: &str| format!("[partition]\nclients = 2\n[model]\nkind = \"{kind}\"\n");
    refused(Some("grade"), &model("logistic"), &["has 3 values, not two", "softmax"]);
    refused(Some("grade"), &model("linear"), &["grade"]);
    refused(Some("number"), &model("fractional"), &["not a share from 0 to 1", "linear"]);
    refused(Some("number"), &model("k_means"), &["data.drop"]);
    refused(None, &model("logistic"), &["missing key `label`"]);
    refused(None, &(model("k_means") + "clusters = 1000\n"), &["1000 clusters can't be found in 240 training rows"]);
    refused(None, &(model("k_means").replace("clients = 2", "kind = \"dirichlet\"\nclients = 2")), &["goes by labels"]);
    refused(Some("number"), &(model("linear") + "loss = \"huber\"\n[training]\nkind = \"newton\"\n"), &["Newton's method is not for"]);
    refused(Some("number"), &(model("linear") + "[evaluation]\nthreshold = 0.5\n"), &["only two classes"]);
    refused(None, &(model("k_means") + "[aggregation]\nkind = \"median\"\n"), &["no single updates"]);
}
