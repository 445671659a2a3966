//! The multi-layer perceptron: losses and gradients of PyTorch, and clear words where a scenario asks for none.

use std::path::Path;

use fedsim::models::{self, Batch, Columns, Model, RowWeights};
use fedsim::numeric::digest::Hasher;
use fedsim::numeric::rng::{Purpose, Seeds, Streams};
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::numeric::selection::Selection;
use fedsim::scenario;
use fedsim::settings::{Document, Source};
use fedsim::tasks::LabelColumn;

use serde_json::Value;

const ROWS: usize = 75;
const FEATURES: usize = 11;

fn model(task: &str, activation: &str) -> Box<dyn Model> {
    let text = format!("[model]\nkind = \"mlp\"\ntask = \"{task}\"\nhidden = [9, 6]\nactivation = \"{activation}\"\nl2 = 0.03\n");
    let document = Document::parse(&Source::new("test", &text), &[]).expect("it is TOML");
    models::read(&mut document.root().table("model"))
}

/// What a formula of mlp.py gives: `(at * factor + more) % modulus - middle`.
fn formula(at: usize, factor: usize, more: usize, modulus: i32) -> f64 {
    let number = i32::try_from(at * factor + more).expect("the formula's numbers are small");
    f64::from(number % modulus - modulus / 2)
}

/// mlp.py's labels, and what rows weigh.
fn labels(task: &str) -> (LabelColumn, &'static [f64]) {
    let class = |row: usize, classes: usize| (row * 7 % 5 % classes) as u8;
    match task {
        "binary" => (LabelColumn::Binary((0..ROWS).map(|row| class(row, 2) == 1).collect()), &[0.5, 3.0]),
        "multiclass" => (LabelColumn::Classes((0..ROWS).map(|row| class(row, 3)).collect()), &[1.5, 0.25, 2.0]),
        _ => (LabelColumn::Values((0..ROWS).map(|row| formula(row, 13, 0, 37) / 7.0).collect()), &[]),
    }
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-10 * expected.abs().max(1e-3), "{what}: {found} for {expected}");
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/mlp.json")).expect("it is JSON");
    let x = Matrix::build((ROWS, FEATURES), Storage::Double, |row, out| {
        out.iter_mut().enumerate().for_each(|(at, cell)| *cell = formula(row * 29 + at * 17, 1, 0, 101) / 31.0);
    });
    let order: Vec<u32> = (0..ROWS as u32).collect();
    let cases = vectors["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let (task, activation) = (case["task"].as_str().expect("a text"), case["activation"].as_str().expect("a text"));
        let (y, weights) = labels(task);
        let batch = Batch { x: x.rows(), y: y.all(), weights: RowWeights::new(weights), selection: Selection::all(&order) };
        let wanted: Vec<f64> = case["gradient"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
        let params: Vec<f64> = (0..wanted.len()).map(|at| formula(at, 37, 5, 89) / 97.0).collect();
        let (model, mut gradient) = (model(task, activation), vec![0.0; wanted.len()]);
        let model = model.as_differentiable().expect("it learns by gradients");
        model.gradient(&params, &batch, &mut gradient);
        let what = format!("{task} {activation}");
        near(model.loss(&params, &batch), case["loss"].as_f64().expect("a number"), &what);
        gradient.iter().zip(&wanted).for_each(|(found, wanted)| near(*found, *wanted, &what));
    }
}

/// He's variance is 2 over the inputs; Glorot's limit sqrt(6 / (inputs + outputs)), whose variance is a third of its square.
#[test]
fn starts_have_the_variances_of_their_papers_and_names_that_differ() {
    let features: Vec<String> = (0..60).map(|at| format!("x{at}")).collect();
    let classes = ["a", "b"].map(str::to_owned);
    let columns = Columns { features: &features, classes: &classes };
    for (activation, first, limit) in [("relu", 2.0 / 60.0, f64::INFINITY), ("tanh", 2.0 / 460.0, (6.0_f64 / 460.0).sqrt())] {
        let text = format!("[model]\nkind = \"mlp\"\ntask = \"multiclass\"\nhidden = [400, 100]\nactivation = \"{activation}\"\n");
        let document = Document::parse(&Source::new("test", &text), &[]).expect("it is TOML");
        let model = models::read(&mut document.root().table("model"));
        let parameters = model.parameters(&columns, &mut Streams::new(Seeds::all(3)).stream(Purpose::Init, 0, 0));
        assert_eq!(parameters.len(), 61 * 400 + 401 * 100 + 101 * 2);
        let names: std::collections::BTreeSet<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names.len(), parameters.len());
        for name in ["layer1[1] <- x0", "layer1[400] (bias)", "layer2[7] <- layer1[3]", "output[b] <- layer2[5]", "output[a] (bias)"] {
            assert!(names.contains(name), "{name}");
        }
        let weights: Vec<f64> = parameters[..61 * 400].chunks(61).flat_map(|unit| unit[..60].iter().map(|weight| weight.start)).collect();
        let variance = weights.iter().map(|weight| weight * weight).sum::<f64>() / weights.len() as f64;
        assert!((variance / first - 1.0).abs() < 0.05, "{activation}: {variance} for {first}");
        assert!(weights.iter().all(|weight| weight.abs() <= limit));
        assert!(parameters.iter().filter(|parameter| parameter.name.ends_with("(bias)")).all(|parameter| parameter.start == 0.0));
        let limit = (6.0_f64 / 102.0).sqrt();
        assert!(parameters[61 * 400 + 401 * 100..].iter().all(|parameter| parameter.start.abs() <= limit));
    }
}

/// What is wrong with a scenario with these tables.
fn refused(tables: &str) -> String {
    let text = format!("name = \"t\"\n[data]\npath = \"a.csv\"\nlabel = \"y\"\n[partition]\nclients = 3\n{tables}");
    let found = scenario::parse(&Source::new("t.toml", &text), Path::new(""), &[]);
    found.map(|_| String::new()).unwrap_or_else(|error| error.to_string())
}

#[test]
fn what_is_no_network_is_refused_with_the_way_out() {
    for (hidden, words) in [
        ("[]", "kind = \"logistic\""),
        ("[0]", "a whole number from 1 to 1024"),
        ("[5000]", "a whole number from 1 to 1024"),
        ("[1, 1, 1, 1, 1, 1, 1, 1, 1]", "8 at most"),
        ("3", "a list of whole numbers"),
    ] {
        let told = refused(&format!("[model]\nkind = \"mlp\"\nhidden = {hidden}\n"));
        assert!(told.contains(words), "{hidden}: {told}");
    }
    let told = refused("[model]\nkind = \"mlp\"\ntask = \"multiclass\"\nhidden = []\n");
    assert!(told.contains("kind = \"softmax\""), "{told}");
    assert_eq!(refused("[model]\nkind = \"mlp\"\nhidden = [3]\nactivation = \"tanh\"\n"), "");
}

#[test]
fn optimizers_and_schedules_are_refused_where_they_mean_nothing() {
    for (tables, words) in [
        ("[training]\nmomentum = 0.5\n", "only optimizer = \"momentum\" has it"),
        ("[training]\noptimizer = \"momentum\"\nbeta2 = 0.5\n", "only optimizer = \"adam\" has it"),
        ("[training]\noptimizer = \"adam\"\nbeta1 = 1.0\n", "a number from 0 to below 1"),
        ("[training]\nschedule = \"cosine\"\nstep_every = 3\n", "only schedule = \"step\" has it"),
        ("[training]\nschedule = \"step\"\nstep_factor = 2.0\n", "1 at most"),
        ("[training]\nkind = \"newton\"\noptimizer = \"adam\"\n", "nobody descends"),
        ("[training]\noptimizer = \"adam\"\n[strategy]\nkind = \"scaffold\"\n", "training.optimizer = \"sgd\""),
    ] {
        let told = refused(tables);
        assert!(told.contains(words), "{tables}: {told}");
    }
    for tables in [
        "[training]\noptimizer = \"momentum\"\nmomentum = 0.5\nschedule = \"cosine\"\n",
        "[training]\noptimizer = \"adam\"\nschedule = \"step\"\nstep_every = 3\nstep_factor = 0.1\n[strategy]\nkind = \"fed_prox\"\n",
        "[training]\nschedule = \"cosine\"\n[strategy]\nkind = \"scaffold\"\n",
    ] {
        assert_eq!(refused(tables), "");
    }
}

/// A longer run goes on from a shorter one only where that took the same steps.
#[test]
fn under_a_cosine_runs_of_other_lengths_are_other_runs() {
    let plan = |rounds: usize, schedule: &str| {
        let head = format!("name = \"t\"\nrounds = {rounds}\n[data]\npath = \"a.csv\"\nlabel = \"y\"\n[partition]\nclients = 3\n");
        let text = format!("{head}[training]\nschedule = \"{schedule}\"\n");
        scenario::parse(&Source::new("t.toml", &text), Path::new(""), &[]).expect("the scenario is right")
    };
    let data = Hasher::default().finish();
    let identity = |rounds, schedule| plan(rounds, schedule).identity_of_any_length(&data);
    assert_eq!(identity(10, "constant"), identity(20, "constant"));
    assert_eq!(identity(10, "step"), identity(20, "step"));
    assert_ne!(identity(10, "cosine"), identity(20, "cosine"));
}
