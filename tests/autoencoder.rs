//! The autoencoder: what it says and its gradients are PyTorch's, without hidden layers it ends at the principal components, every
//! command works for it, and clear words where a scenario asks for none.

use std::fs;
use std::path::Path;

use fedsim::models::{self, Batch, Columns, Model, RowWeights};
use fedsim::numeric::rng::{Purpose, Seeds, Streams};
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::numeric::selection::Selection;
use fedsim::scenario;
use fedsim::settings::{Document, Source};
use fedsim::tasks::Labels;

use serde_json::Value;

use crate::support::{argument, column, deterministic_files, fedsim, succeed, text};

const ROWS: usize = 75;
const FEATURES: usize = 11;

fn model(keys: &str) -> Box<dyn Model> {
    let text = format!("[model]\nkind = \"autoencoder\"\n{keys}\n");
    let document = Document::parse(&Source::new("test", &text), &[]).expect("it is TOML");
    models::read(&mut document.root().table("model"))
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/autoencoder.json")).expect("it is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn near(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() <= 1e-10 * wanted.abs().max(1e-3), "{what}: {found} for {wanted}");
    }
}

/// What a formula of autoencoder.py gives: `(at * factor + more) % modulus - middle`.
fn formula(at: usize, factor: usize, more: usize, modulus: i32) -> f64 {
    let number = i32::try_from(at * factor + more).expect("the formula's numbers are small");
    f64::from(number % modulus - modulus / 2)
}

#[test]
fn losses_gradients_and_codes_are_those_of_pytorch() {
    let x = Matrix::build((ROWS, FEATURES), Storage::Double, |row, out| {
        out.iter_mut().enumerate().for_each(|(at, cell)| *cell = formula(row * 29 + at * 17, 1, 0, 101) / 31.0);
    });
    let order: Vec<u32> = (0..ROWS as u32).collect();
    let batch = Batch { x: x.rows(), y: Labels::Absent(ROWS), weights: RowWeights::ALIKE, selection: Selection::all(&order) };
    let vectors = vectors();
    let cases = vectors["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let what = format!("hidden = {}\nactivation = {}", case["hidden"], case["activation"]);
        let model = model(&format!("{what}\ncode = 3\nl2 = 0.03"));
        let wanted = numbers(&case["gradient"]);
        let params: Vec<f64> = (0..wanted.len()).map(|at| formula(at, 37, 5, 89) / 97.0).collect();
        let mut said = vec![0.0; ROWS * FEATURES];
        model.predict(&params, x.rows(), &mut said);
        near(&said[said.len() - FEATURES..], &numbers(&case["said"]), &what);
        let encoder = model.as_encoder().expect("it has a code");
        let mut codes = vec![0.0; ROWS * encoder.code()];
        encoder.encode(&params, x.rows(), &mut codes);
        near(&codes[codes.len() - encoder.code()..], &numbers(&case["code"]), &what);
        let (model, mut gradient) = (model.as_differentiable().expect("it learns by gradients"), vec![0.0; wanted.len()]);
        model.gradient(&params, &batch, &mut gradient);
        near(&[model.loss(&params, &batch)], &[case["loss"].as_f64().expect("a number")], &what);
        near(&gradient, &wanted, &what);
    }
}

/// Baldi and Hornik, Neural Networks 1989: a linear autoencoder has no minima but the best one, where rows come back as their
/// projections onto the first principal components. What is left is the sum of the other eigenvalues of the covariance: a mean over
/// cells is that sum over the features. Descent with momentum, all rows a step.
#[test]
fn without_hidden_layers_it_leaves_what_the_principal_components_leave() {
    let vectors = vectors();
    let rows: Vec<Vec<f64>> = vectors["principal"]["x"].as_array().expect("a list").iter().map(numbers).collect();
    let x = Matrix::build((rows.len(), rows[0].len()), Storage::Double, |row, out| out.copy_from_slice(&rows[row]));
    let order: Vec<u32> = (0..rows.len() as u32).collect();
    let batch = Batch { x: x.rows(), y: Labels::Absent(rows.len()), weights: RowWeights::ALIKE, selection: Selection::all(&order) };
    let names: Vec<String> = (0..rows[0].len()).map(|at| format!("x{at}")).collect();
    for (code, left) in numbers(&vectors["principal"]["left"]).into_iter().enumerate().skip(1) {
        let model = model(&format!("hidden = []\ncode = {code}"));
        let mut stream = Streams::new(Seeds::all(7)).stream(Purpose::Init, 0, 0);
        let columns = Columns { features: &names, classes: &[] };
        let mut params: Vec<f64> = model.parameters(&columns, &mut stream).iter().map(|parameter| parameter.start).collect();
        let model = model.as_differentiable().expect("it learns by gradients");
        let (mut gradient, mut step) = (vec![0.0; params.len()], vec![0.0; params.len()]);
        for _ in 0..10_000 {
            model.gradient(&params, &batch, &mut gradient);
            step.iter_mut().zip(&gradient).for_each(|(step, slope)| *step = 0.9 * *step - 0.05 * slope);
            params.iter_mut().zip(&step).for_each(|(param, step)| *param += step);
        }
        let found = 2.0 * model.loss(&params, &batch);
        assert!((found - left).abs() < 1e-9, "a code of {code}: {found} for {left}");
    }
}

/// What is wrong with a scenario with these tables.
fn refused(data: &str, tables: &str) -> String {
    let text = format!("name = \"t\"\n[data]\npath = \"a.csv\"\n{data}[partition]\nclients = 3\n{tables}");
    let found = scenario::parse(&Source::new("t.toml", &text), Path::new(""), &[]);
    found.map(|_| String::new()).unwrap_or_else(|error| error.to_string())
}

#[test]
fn what_is_no_autoencoder_is_refused_with_the_way_out() {
    let head = "[model]\nkind = \"autoencoder\"\n";
    for (more, words) in [
        ("code = 0\n", "a whole number from 1 to 1024"),
        ("hidden = [0]\n", "a whole number from 1 to 1024"),
        ("hidden = [1, 1, 1, 1, 1, 1, 1, 1, 1]\n", "8 at most"),
        ("hidden = 3\n", "a list of whole numbers"),
        ("activation = \"sigmoid\"\n", "tanh"),
        ("task = \"binary\"\n", "task"),
        ("[training]\nkind = \"newton\"\n", "Newton's method is not for this model"),
        ("[training]\nclass_weight = \"balanced\"\n", "rows have no classes"),
        ("[evaluation]\nthreshold = 0.5\n", "only two classes"),
        ("[stop]\nmetric = \"auc\"\n", "error_p95"),
    ] {
        let told = refused("", &format!("{head}{more}"));
        assert!(told.contains(words), "{more}: {told}");
    }
    let told = refused("label = \"y\"\n", head);
    assert!(told.contains("looks at no label") && told.contains("data.drop = [\"y\"]"), "{told}");
    let told = refused("", &head.replace("[model]", "kind = \"dirichlet\"\n[model]"));
    assert!(told.contains("goes by labels"), "{told}");
    for more in ["", "hidden = []\ncode = 1\n", "hidden = [8, 8]\nl2 = 0.1\n[stop]\nmetric = \"mse\"\n[strategy]\nkind = \"fed_prox\"\n"] {
        assert_eq!(refused("", &format!("{head}{more}")), "");
    }
}

const CREDIT: &str = "scenarios/credit_autoencoder.toml";

fn run(out: &Path, sets: &[&str], more: &[&str]) -> String {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments = ["run", CREDIT, "--out", argument(out), "--no-plots"].into_iter().chain(sets).chain(more.iter().copied());
    text(&succeed(&arguments.collect::<Vec<_>>()).stdout)
}

fn parsed(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|cell| cell.parse().unwrap_or_else(|_| panic!("{name}: {cell:?} is no number"))).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

#[test]
fn a_code_as_wide_as_the_rows_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let found = fedsim(&["run", CREDIT, "--out", argument(&out), "--set", "model.code=100"]);
    let told = text(&found.stderr);
    assert!(found.status.code() == Some(2) && told.contains("is no bottleneck") && told.contains("lower model.code to"), "{told}");
    assert!(!out.exists());
}

#[test]
fn what_a_run_and_predict_tell_of_its_errors_agrees() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, scores) = (folder.path().join("out"), folder.path().join("scores.csv"));
    run(&out, &["rounds=3"], &[]);
    let last = |name: &str| *parsed(&out.join("metrics_log.csv"), name).last().expect("a round");
    let errors = parsed(&out.join("predictions.csv"), "error");
    assert!((mean(&errors) - last("mse")).abs() < 1e-12);
    let by_feature = parsed(&out.join("reconstruction.csv"), "mse");
    assert!((mean(&by_feature) - last("mse")).abs() < 1e-12);
    assert_eq!(column(&out.join("reconstruction.csv"), "feature"), column(&out.join("preprocess.csv"), "feature"));
    let above = errors.iter().filter(|error| **error > last("error_p95")).count();
    assert_eq!(above, errors.len() / 20);
    // The run's own test rows have the same errors, and each row a code of the scenario's length.
    succeed(&["predict", argument(&out), "data/credit.csv", "--embed", "--out", argument(&scores)]);
    let said = parsed(&scores, "error");
    for (row, error) in parsed(&out.join("predictions.csv"), "row").iter().zip(&errors) {
        assert_eq!(said[*row as usize - 1], *error);
    }
    let header = fs::read_to_string(&scores).expect("a file").lines().next().map(str::to_owned);
    assert_eq!(header.as_deref(), Some("row,error,code_1,code_2,code_3,code_4"));
    assert!(parsed(&scores, "code_4").iter().any(|number| *number != 0.0));
    // Columns' parts of an error add up to it, and the first reason is the greatest.
    succeed(&["predict", argument(&out), "data/credit.csv", "--explain", "--force", "--out", argument(&scores)]);
    let header = fs::read_to_string(&scores).expect("a file").lines().next().unwrap_or_default().to_owned();
    let names: Vec<&str> = header.split(',').filter_map(|name| name.strip_prefix("contribution_")).collect();
    let contributions: Vec<Vec<f64>> = names.iter().map(|name| parsed(&scores, &format!("contribution_{name}"))).collect();
    for (row, (error, reason)) in said.iter().zip(column(&scores, "reason_1")).enumerate() {
        let of_row: Vec<f64> = contributions.iter().map(|column| column[row]).collect();
        assert!((of_row.iter().sum::<f64>() - error).abs() < 1e-12 * (1.0 + error), "row {row}");
        let greatest = (0..names.len()).fold(0, |best, at| if of_row[at] > of_row[best] { at } else { best });
        assert_eq!(reason, format!("raised by {}", names[greatest]));
    }
    let plain = succeed(&["predict", argument(&out), "data/credit.csv"]);
    assert!(text(&plain.stdout).starts_with("row,error\n"));
    succeed(&["verify", argument(&out)]);
}

#[test]
fn codes_are_refused_of_models_that_have_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    succeed(&["run", "scenarios/credit.toml", "--out", argument(&out), "--no-plots", "--set", "rounds=1"]);
    let found = fedsim(&["predict", argument(&out), "data/credit.csv", "--embed"]);
    let told = text(&found.stderr);
    assert!(found.status.code() == Some(2) && told.contains("only an autoencoder has"), "{told}");
}

#[test]
fn a_longer_run_goes_on_from_a_shorter_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let [parts, whole] = ["parts", "whole"].map(|name| folder.path().join(name));
    run(&parts, &["rounds=2"], &[]);
    run(&parts, &["rounds=4"], &["--resume"]);
    run(&whole, &["rounds=4"], &[]);
    assert!(deterministic_files(&parts) == deterministic_files(&whole));
}

#[test]
fn under_masks_it_is_what_the_same_whole_numbers_give_in_the_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    let [secure, clear] = ["secure", "clear"].map(|name| folder.path().join(name));
    let sums = "value_bits = 24, clip = 1.0";
    run(&secure, &["rounds=2", &format!("aggregation={{ kind = \"secure\", {sums} }}")], &[]);
    run(&clear, &["rounds=2", &format!("aggregation={{ arithmetic = \"fixed_point\", {sums} }}")], &[]);
    let said = |out: &Path| ["model.csv", "reconstruction.csv"].map(|file| fs::read(out.join(file)).expect("a file"));
    // Statistics of the rows come through masks as exactly.
    assert!(said(&secure) == said(&clear));
}

#[test]
fn a_comparison_says_what_joining_brings() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let arguments = ["compare-baseline", CREDIT, "--out", argument(&out), "--no-plots", "--set", "rounds=4"];
    // Four rounds are too few to be as good as one place.
    let found = fedsim(&arguments);
    assert_eq!(found.status.code(), Some(3), "{}", text(&found.stderr));
    assert!(text(&found.stdout).contains("explained"));
    let join = out.join("join.csv");
    assert_eq!(column(&join, "decided_by")[0], "loss");
    let [alone, federated] = ["explained_alone", "explained_federated"].map(|name| parsed(&join, name));
    let gains = parsed(&join, "gain");
    // On the same rows the share explained and the mean squared error rank two models alike.
    for ((alone, federated), gain) in alone.iter().zip(&federated).zip(&gains) {
        assert_eq!(federated > alone, *gain > 0.0, "{alone} {federated} {gain}");
    }
}
