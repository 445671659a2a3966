//! Boosted trees are XGBoost's, whoever has the rows, in the clear and under masks; and where a client is lost, a tree ends there.

use std::env;
use std::fs;

use fedsim::diag::Place;
use fedsim::form::{State, Sum, Values};
use fedsim::learners::boosting::{AtHand, Boosted, Cuts, Ground};
use fedsim::learners::{Client, Learner};
use fedsim::models::RowWeights;
use fedsim::models::boosting::xgboost::XgboostModel;
use fedsim::models::boosting::{CutRule, Draw, Forest, Growth, Splits, Tree, TreesOf, Trend};
use fedsim::numeric::math::ln;
use fedsim::numeric::rng::{Purpose, Seeds, Streams};
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::runs::Predictor;
use fedsim::tasks::{Labels, Task};
use fedsim::training::LocalRows;
use serde_json::Value;

use crate::support::{argument, column, fedsim, fedsim_in, root, run_in as run, succeed, text};

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

/// What a case of the vectors was trained with.
fn growth(params: &Value) -> Growth {
    let given = |name: &str, default: f64| params[name].as_f64().unwrap_or(default);
    Growth {
        depth: given("max_depth", 6.0) as usize,
        learning_rate: given("eta", 0.3) as f32,
        l2: given("reg_lambda", 1.0),
        l1: given("alpha", 0.0),
        min_child_weight: given("min_child_weight", 1.0),
        min_gain: given("gamma", 0.0),
        bins: 254,
        federation: TreesOf::All,
        cuts: CutRule::Quantiles,
        splits: Splits::Histogram,
        draw: Draw::Uniform,
        monotone: Vec::<(String, Trend, Place)>::new(),
        row_share: 1.0,
        column_share: 1.0,
        // Of the card table, 254 bins, two splits of tree 5 are so alike that 24 bits decide otherwise.
        gradient_bits: if env::var_os(LARGER).is_some() { 30 } else { 24 },
        base_score: None,
    }
}

/// The labels of a case, as its task has them.
enum Owned {
    Binary(Vec<bool>),
    Classes(Vec<u8>),
    Values(Vec<f64>),
}

impl Owned {
    fn slice(&self) -> Labels<'_> {
        match self {
            Self::Binary(labels) => Labels::Binary(labels),
            Self::Classes(labels) => Labels::Classes(labels),
            Self::Values(labels) => Labels::Values(labels),
        }
    }
}

/// Grows trees on rows that are dealt to so many clients in turn, which every client answers.
fn grow(learner: &Boosted<'_>, x: &Matrix, labels: Labels<'_>, rounds: usize, clients: usize) -> State {
    let rows = x.rows().len();
    let ranges: Vec<_> = (0..clients).map(|client| rows * client / clients..rows * (client + 1) / clients).collect();
    let mut state = learner.start(Vec::new().into());
    for round in 1..=rounds {
        let mut phase = 0;
        while let Some(form) = learner.next(&state, phase) {
            let mut sums = vec![0_i128; form.numbers];
            for (number, range) in ranges.iter().enumerate() {
                let rows = LocalRows { x: x.range(range.clone()), y: labels.range(range.clone()), weights: learner.weights };
                let stream = Streams::new(Seeds::all(1)).stream(Purpose::Shuffle, round, number);
                let answer = learner.answer(&state, phase, Client { round, number, rows, memory: None, stream }).expect("finite");
                let Values::Total(numbers) = answer.values else { panic!("it sums") };
                sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
            }
            state = learner.learn(state, phase, &Sum::Total(&sums)).expect("it can be learned from");
            phase += 1;
        }
    }
    state
}

/// A tree's nodes in preorder, as the vectors have them.
fn walk(tree: &Tree, at: usize, found: &mut Vec<Vec<f64>>) {
    let node = &tree.nodes[at];
    match &node.split {
        None => found.push(vec![node.value, node.cover]),
        Some(split) => {
            let missing_left = f64::from(u8::from(split.missing_left));
            found.push(vec![split.feature as f64, split.cut, missing_left, split.gain, node.cover]);
            walk(tree, split.left, found);
            walk(tree, split.left + 1, found);
        }
    }
}

/// One case against XGBoost: the same structure, cuts and missing sides, leaves and margins.
fn check_case(x: &Matrix, case: &Value, clients: usize) {
    let (name, params) = (case["name"].as_str().expect("a name"), &case["params"]);
    let y = numbers(&case["y"]);
    assert!(y.iter().all(|y| y.abs() <= 8.0), "labels are below 2^3");
    let (task, owned, outputs) = match params["objective"].as_str().expect("an objective") {
        "binary:logistic" => (Task::Binary, Owned::Binary(y.iter().map(|&y| y == 1.0).collect()), 1),
        "reg:squarederror" => (Task::Regression, Owned::Values(y), 1),
        _ => (Task::Multiclass, Owned::Classes(y.iter().map(|&y| y as u8).collect()), 3),
    };
    // XGBoost's last cut lies behind all cells.
    let own: Vec<Vec<f64>> = case["cuts"].as_array().expect("a list").iter().map(numbers).collect();
    let cuts = Cuts::new(own.iter().map(|cuts| cuts[..cuts.len() - 1].to_vec()).collect());
    let base = vec![if task == Task::Regression { 0.5 } else { 0.0 }; outputs];
    let ground = Ground { cuts, base, rows: x.rows().len() as u64, label_power: 3, information: Vec::new() };
    let growth = growth(params);
    let weight = params["scale_pos_weight"].as_f64().map(|weight| vec![1.0, weight]).unwrap_or_default();
    let constraints = params["monotone_constraints"].as_str().unwrap_or_default();
    let trend = |word: &str| match word {
        "1" => Some(Trend::Up),
        "-1" => Some(Trend::Down),
        _ => None,
    };
    let learner = Boosted {
        task,
        growth: &growth,
        ground: &ground,
        weights: RowWeights::new(&weight),
        trends: constraints.trim_matches(['(', ')']).split(',').map(trend).collect(),
        streams: Streams::new(Seeds::all(1)),
        at_hand: AtHand::default(),
    };
    let state = grow(&learner, x, owned.slice(), case["rounds"].as_u64().expect("a count") as usize, clients);
    let forest = Forest::of(state.params().as_slice(), outputs, ground.cuts.features());
    let trees = case["trees"].as_array().expect("a list");
    assert_eq!(forest.trees.len(), trees.len(), "{name}");
    for (at, (tree, wanted)) in forest.trees.iter().zip(trees).enumerate() {
        let mut found = Vec::new();
        walk(tree, 0, &mut found);
        let wanted: Vec<Vec<f64>> = wanted.as_array().expect("a list").iter().map(numbers).collect();
        let shape = |nodes: &[Vec<f64>]| {
            let of = |node: &Vec<f64>| if node.len() == 2 { None } else { Some((node[0], node[2])) };
            nodes.iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(shape(&found), shape(&wanted), "{name}, tree {at}: features and missing sides");
        for (found, wanted) in found.iter().zip(&wanted) {
            if let ([_, found, _, gain, cover], [feature, wanted, _, gained, covered]) = (&found[..], &wanted[..]) {
                // Both are of single precision, and written in other ways.
                let is_last = own[*feature as usize].last().map(|cut| *cut as f32) == Some(*wanted as f32);
                assert!(
                    if is_last { *found == f64::MAX } else { *found as f32 == *wanted as f32 },
                    "{name}, tree {at}: cut {found} for {wanted}"
                );
                assert!((cover - covered).abs() <= 20.0 * tolerance() * covered.max(1.0), "{name}, tree {at}: cover {cover} for {covered}");
                assert!((gain - gained).abs() <= 2e-2 * gained.max(0.1), "{name}, tree {at}: gain {gain} for {gained}");
            } else {
                assert!((found[0] - wanted[0]).abs() <= tolerance(), "{name}, tree {at}: leaf {} for {}", found[0], wanted[0]);
            }
        }
    }
    let mut margins = vec![0.0; x.rows().len() * outputs];
    forest.margins(x.rows(), &mut margins);
    for (found, wanted) in margins.iter().zip(numbers(&case["margins"])) {
        // Of several classes XGBoost starts at the same number for each.
        let start = if task == Task::Multiclass { 0.5 } else { 0.0 };
        assert!((found + start - wanted).abs() <= 10.0 * tolerance(), "{name}: margin {found} for {wanted}");
    }
}

/// By how much leaves may differ: XGBoost's derivatives are of single precision. Of the real tables, whose leaves have thousands of
/// rows each or one alone, by three times as much.
fn tolerance() -> f64 {
    if env::var_os(LARGER).is_some() { 3e-6 } else { 1e-6 }
}

/// A file of larger cases, made by vectors/boosting.py, that takes the place of the committed one.
const LARGER: &str = "FEDSIM_BOOSTING_VECTORS";

fn vectors() -> Value {
    match env::var_os(LARGER) {
        Some(path) => serde_json::from_slice(&fs::read(path).expect("the file can be read")).expect("it is JSON"),
        None => serde_json::from_str(include_str!("vectors/boosting.json")).expect("it is JSON"),
    }
}

#[test]
fn trees_are_those_that_xgboost_grows_with_the_same_cuts() {
    for table in vectors().as_array().expect("a list") {
        let rows: Vec<Vec<f64>> = table["x"].as_array().expect("a list").iter().map(numbers).collect();
        let x = Matrix::build((rows.len(), rows[0].len()), Storage::Double, |row, out| out.copy_from_slice(&rows[row]));
        for case in table["cases"].as_array().expect("a list") {
            check_case(&x, case, 1);
            check_case(&x, case, 7);
        }
    }
}

/// The credit table with a scenario of so many trees.
fn desk(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let table = root().join("data/credit.csv");
    let data = format!("[data]\npath = '{}'\nlabel = \"default\"\nvalidation_fraction = 0.1\ndrop = [\"bank\"]\n", table.display());
    let model = "[model]\nkind = \"boosting\"\ndepth = 3\nlearning_rate = 0.3\n";
    let text = format!("name = \"trees\"\nseed = 3\nrounds = 4\n{data}{model}[preprocess]\nna_values = [\"\", \"own\"]\n{more}");
    fs::write(folder.path().join("scenario.toml"), text).expect("written");
    folder
}

#[test]
fn any_deal_of_the_rows_gives_the_same_trees_in_the_clear_and_under_masks() {
    let classes = ["data.label=\"housing\"", "model.task=\"multiclass\"", "preprocess.na_values=[\"\"]"];
    let numbers = ["data.label=\"loan_amount\"", "model.task=\"regression\""];
    let drawn = ["model={ kind = \"boosting\", splits = \"random\", depth = 5 }"];
    let chosen = ["model={ kind = \"boosting\", splits = \"random\", depth = 5, draw = \"information_value\" }"];
    let even = ["model.cuts=\"equal_width\""];
    for task in [&[][..], &classes, &numbers, &drawn, &chosen, &even] {
        let folder = desk("[partition]\nclients = 1\n");
        let left = |out: &str| ["model.csv", "metrics_log.csv"].map(|file| fs::read(folder.path().join(out).join(file)).expect("a file"));
        run(folder.path(), "one", task);
        assert!(fs::read_to_string(folder.path().join("one/model.csv")).expect("a file").lines().count() > 100);
        for (at, sets) in [
            &["partition.clients=7"][..],
            &["partition={ kind = \"quantity\", alpha = 0.5, clients = 9 }"],
            &["partition.clients=5", "aggregation={ kind = \"secure\" }"],
        ]
        .iter()
        .enumerate()
        {
            let out = format!("deal-{at}");
            run(folder.path(), &out, &[sets, task].concat());
            assert!(left(&out) == left("one"), "{task:?} {sets:?}");
        }
    }
}

/// A table of one feature with these cells, each with a label of its own kind, at two clients.
fn two_banks(cells: [&[f64]; 2], bins: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut table = "x,bank,y\n".to_owned();
    for (bank, cells) in cells.into_iter().enumerate() {
        cells.iter().for_each(|cell| table += &format!("{cell},{bank},{cell}\n"));
    }
    fs::write(folder.path().join("table.csv"), table).expect("written");
    let text = format!(
        "name = \"cuts\"\nrounds = 1\n[data]\ntrain_path = \"table.csv\"\ntest_path = \"table.csv\"\nlabel = \"y\"\n[partition]\nkind = \"column\"\n\
         name = \"bank\"\n[model]\nkind = \"boosting\"\ntask = \"regression\"\ndepth = 5\nmin_child_weight = 1.0\nbins = {bins}\n"
    );
    fs::write(folder.path().join("scenario.toml"), text).expect("written");
    folder
}

/// The cuts between cells that are all unlike are all taken by a tree that is deep enough. By hand: from 0 to 8 in four bins of one width;
/// and quarters 1, 2, 3 of four cells and 30, 60, 90 of twelve, so that 22.75 = (4 * 1 + 12 * 30) / 16.
#[test]
fn cuts_lie_evenly_between_extremes_or_at_means_of_the_clients_quantiles() {
    let cuts = |folder: &tempfile::TempDir, out: &str| {
        let path = folder.path().join(out).join("trees.csv");
        let mut cuts: Vec<f64> = column(&path, "cut").iter().filter_map(|cut| cut.parse().ok()).collect();
        cuts.sort_by(f64::total_cmp);
        cuts
    };
    let even = two_banks([&[0.0, 1.0, 3.0, 4.5], &[0.5, 5.0, 6.5, 8.0]], 4);
    let tens: Vec<f64> = (1..=12).map(|cell| 10.0 * f64::from(cell)).collect();
    let means = two_banks([&[1.0, 2.0, 3.0, 4.0], &tens], 4);
    for (folder, rule, wanted) in [(even, "equal_width", [2.0, 4.0, 6.0]), (means, "local_quantiles", [22.75, 45.5, 68.25])] {
        let rule = format!("model.cuts=\"{rule}\"");
        for (out, more, is_told) in [("clear", "seed=1", false), ("secure", "aggregation={ kind = \"secure\" }", rule.contains("width"))] {
            let output = fedsim_in(folder.path(), &["run", "scenario.toml", "--out", out, "--no-plots", "--set", &rule, "--set", more]);
            let told = text(&output.stderr);
            assert!(output.status.success(), "{told}");
            assert_eq!(cuts(&folder, out), wanted, "{rule} {out}");
            // Only where masks are to hide single cells is it worth a word.
            assert_eq!(told.contains("each is a value of a single client's row"), is_told, "{told}");
        }
    }
}

/// A client that is lost in the second, third or any later sum of a round ends the tree there: it has as many levels as sums came
/// about. That is so in the clear and under masks, the other trees' clients are all there again, and nothing of the broken sum is left.
#[test]
fn a_lost_client_ends_the_tree_at_its_level() {
    let folder = desk("[partition]\nclients = 5\n");
    let out = |out: &str, file: &str| fs::read_to_string(folder.path().join(out).join(file)).expect("a file");
    for level in [2, 3] {
        let fault = format!("faults.schedule=[{{ round = 2, clients = [4], sum = {level} }}]");
        run(folder.path(), "clear", &["aggregation={ kind = \"mean\" }", &fault]);
        run(folder.path(), "secure", &["aggregation={ kind = \"secure\" }", &fault]);
        for file in ["model.csv", "metrics_log.csv"] {
            assert!(out("clear", file) == out("secure", file), "level {level}: {file}");
        }
        let outcomes = column(&folder.path().join("secure/round_log.csv"), "outcome");
        assert_eq!(outcomes, ["start", "completed", &format!("tree_cut_short_{}", level - 1), "completed", "completed"]);
        let names = column(&folder.path().join("clear/model.csv"), "name");
        let values = column(&folder.path().join("clear/model.csv"), "value");
        let nodes = |tree: usize| {
            let at = names.iter().position(|name| *name == format!("tree{tree}.nodes")).expect("the tree is there");
            values[at].parse::<usize>().expect("a count")
        };
        assert!(nodes(2) < 1 << level && nodes(2) > 1 && nodes(1) >= 1 << level && nodes(3) >= 1 << level, "level {level}");
        let log = out("secure", "exchange_log.csv");
        let broken: Vec<&str> = log.lines().filter(|line| line.contains("aborted")).collect();
        assert!(
            broken.len() == 1 && broken[0].starts_with(&format!("2,{level},tree_level_{level},sum,aborted_masked_input,5,0,")),
            "{log}"
        );
        fs::remove_dir_all(folder.path().join("clear")).expect("removed");
        fs::remove_dir_all(folder.path().join("secure")).expect("removed");
    }
}

/// Whoever is lost after its vector is in is missed by the next sum alone: its tree has one level more.
#[test]
fn a_client_lost_after_its_vector_ends_the_tree_one_level_later() {
    let folder = desk("[partition]\nclients = 5\n[aggregation]\nkind = \"secure\"\n");
    run(folder.path(), "out", &["faults.schedule=[{ round = 1, clients = [2], stage = \"unmask\" }]"]);
    let outcomes = column(&folder.path().join("out/round_log.csv"), "outcome");
    assert_eq!(outcomes[1], "tree_cut_short_1");
}

/// With the direction given, no score falls as the column grows, whatever the rest.
#[test]
fn scores_go_one_way_with_a_monotone_column() {
    let folder = desk("[partition]\nclients = 3\n");
    run(folder.path(), "out", &["rounds=30", "model.monotone={ utilisation = \"+\", income = \"-\" }"]);
    let table = fs::read_to_string(root().join("data/credit.csv")).expect("a file");
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).expect("a column");
    for (name, values, is_up) in
        [("utilisation", ["0.0", "0.3", "0.7", "1.2"], true), ("income", ["9000", "30000", "60000", "200000"], false)]
    {
        let mut varied = header.join(",") + "\n";
        for line in lines.clone().filter(|line| !line.contains('"')).take(50) {
            for value in values {
                let mut cells: Vec<&str> = line.split(',').collect();
                cells[place(name)] = value;
                varied += &(cells.join(",") + "\n");
            }
        }
        fs::write(folder.path().join("varied.csv"), varied).expect("written");
        let (run, rows, scores) = (folder.path().join("out"), folder.path().join("varied.csv"), folder.path().join("scores.csv"));
        succeed(&["predict", argument(&run), argument(&rows), "--out", argument(&scores), "--force"]);
        let scores: Vec<f64> = column(&scores, "score").iter().map(|score| score.parse().expect("a number")).collect();
        for of_row in scores.chunks(values.len()) {
            assert!(of_row.windows(2).all(|pair| if is_up { pair[0] <= pair[1] } else { pair[0] >= pair[1] }), "{name}: {of_row:?}");
        }
        assert!(scores.chunks(values.len()).any(|of_row| of_row[0] != of_row[3]), "{name} tells nothing");
    }
}

/// A federation's trees are those of all rows in one place.
#[test]
fn the_central_baseline_is_the_federation_to_the_bit() {
    let folder = desk("[partition]\nclients = 4\n");
    let (scenario, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
    succeed(&["compare-baseline", argument(&scenario), "--out", argument(&out), "--no-plots"]);
    let table = out.join("baseline_vs_fl.csv");
    let [central, federated] = ["centralized", "federated"].map(|name| column(&table, name));
    assert_eq!(central, federated);
    assert!(column(&table, "local_mean") != central && central.len() > 5);
}

/// Draws of rows and features belong to a round, a client and a tree, and to no thread.
#[test]
fn drawn_rows_and_features_are_the_same_on_any_threads() {
    let folder = desk("[partition]\nclients = 4\n");
    let scenario = folder.path().join("scenario.toml");
    let run = |out: &str, threads: &str, sets: &[&str]| {
        let out = folder.path().join(out);
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let arguments = ["run", argument(&scenario), "--out", argument(&out), "--no-plots", "--threads", threads];
        succeed(&arguments.into_iter().chain(sets).collect::<Vec<_>>());
        fs::read(out.join("model.csv")).expect("the model")
    };
    let drawn = ["model.row_share=0.5", "model.column_share=0.4"];
    let one = run("one", "1", &drawn);
    assert!(one == run("four", "4", &drawn));
    assert!(one != run("all", "1", &[]) && one != run("columns", "1", &drawn[1..]));
}

/// What the columns add is the log-odds less what is expected of a row of which nothing is known; and what goes out to XGBoost is the
/// same forest in single precision.
#[test]
fn scores_are_explained_and_trees_exported() {
    let folder = desk("[partition]\nclients = 4\n");
    run(folder.path(), "out", &[]);
    let (out, scores, model) = (folder.path().join("out"), folder.path().join("scores.csv"), folder.path().join("model.json"));
    let rows = root().join("data/credit.csv");
    succeed(&["predict", argument(&out), argument(&rows), "--explain", "--out", argument(&scores)]);
    let mut reader = csv::Reader::from_path(&scores).expect("a file");
    let header = reader.headers().expect("a header").clone();
    let mut count = 0;
    for record in reader.records().map(|record| record.expect("a row")).take(500) {
        let cell = |at: usize| record[at].parse::<f64>().expect("a number");
        let parts = header.iter().enumerate().filter(|(_, name)| name.starts_with("contribution_"));
        let sum: f64 = parts.map(|(at, _)| cell(at)).sum();
        let score = cell(header.iter().position(|name| name == "score").expect("a score"));
        assert!((sum - ln(score / (1.0 - score))).abs() < 1e-9, "{record:?}");
        count += 1;
    }
    assert_eq!(count, 500);
    succeed(&["export", argument(&out), "--format", "xgboost", "--out", argument(&model)]);
    let exported = XgboostModel::from_json(&fs::read_to_string(&model).expect("a file")).expect("it was written so").forest;
    let predictor = Predictor::open(&out).expect("a run");
    let own = Forest::of(predictor.params().as_slice(), 1, predictor.transform().features.len());
    assert_eq!(exported.trees.len(), own.trees.len());
    for (exported, own) in exported.trees.iter().zip(&own.trees) {
        let shape = |tree: &Tree| tree.nodes.iter().map(|node| node.split.map(|split| (split.feature, split.left))).collect::<Vec<_>>();
        assert_eq!(shape(exported), shape(own));
    }
}

#[test]
fn mistakes_have_their_places() {
    let folder = desk("[partition]\nclients = 3\n");
    let scenario = folder.path().join("scenario.toml");
    for (set, part) in [
        ("model.trees=100", "a round is a tree"),
        ("model.monotone={ employment = \"+\" }", "holds categories"),
        ("model.monotone={ nothing = \"+\" }", "there is no feature `nothing`"),
        ("model.monotone={ income = \"up\" }", "must be \"+\" or \"-\""),
        ("model.bins=300", "must be a whole number from 2 to 254"),
        ("model.base_score=1.0", "a number between 0 and 1"),
        ("training.learning_rate=0.1", "trees do not descend"),
        ("strategy.kind=\"fed_prox\"", "the server has its own step"),
        ("aggregation={ kind = \"median\" }", "no single updates"),
        ("model={ kind = \"logistic\" }", ""),
    ] {
        let out = folder.path().join("out");
        let arguments = ["run", argument(&scenario), "--out", argument(&out), "--set", set, "--set", "preprocess.missing=\"keep\""];
        let output = fedsim(&arguments);
        let told = text(&output.stderr);
        let part = if part.is_empty() { "the model wants a number in every cell" } else { part };
        assert!(output.status.code() == Some(2) && told.contains(part), "{set}: {told}");
        assert!(!out.exists(), "{set}");
    }
}
