//! Boosted trees as XGBoost's JSON model, out and in: what its `Booster.save_model` writes and `load_model` reads
//! (<https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html>). What is written is for version 3.1 and later, and of one
//! output for earlier ones, too; what is read is of 2.0 and later.
//!
//! XGBoost holds cells, cuts and values in single precision, and sends a cell below the cut left. A cut that is rounded up to single
//! precision divides the cells of single precision as it did before; a cell that is not such a number is rounded by XGBoost, and may
//! come to lie on the other side of a cut beside it. Margins are sums of single precision there, of double precision here.

use std::collections::BTreeSet;

use super::file::{
    Attributes, Booster, File, Kind, Learner, LearnerKind, Objective, RegLoss, Shape, Softmax, TreeCounts, TreeFile, Trees, one,
};
use super::wrong::{beyond, refused, strange};
use crate::diag::Problem;
use crate::models::boosting::{Forest, Node, Tree};
use crate::numeric::math::{ln, sigmoid};
use crate::tasks::{CLASSES_MAX, Task};

/// The longest text that is read, in bytes.
const TEXT_MAX: usize = 1 << 28;

/// The most features that are read.
const FEATURES_MAX: usize = 100_000;

/// XGBoost takes base scores for no closer to 0 and 1 than this.
const PROBABILITY_MIN: f32 = 1e-6;

/// Boosted trees with all that XGBoost must know of them.
#[derive(Clone, Debug, PartialEq)]
pub struct XgboostModel {
    /// What they are asked.
    pub task: Task,
    /// The features' names, (features,).
    pub features: Vec<String>,
    /// The trees.
    pub forest: Forest,
}

fn objective(task: Task) -> Option<&'static str> {
    match task {
        Task::Binary => Some("binary:logistic"),
        Task::Regression => Some("reg:squarederror"),
        Task::Multiclass => Some("multi:softprob"),
        Task::Clusters | Task::Reconstruction => None,
    }
}

impl XgboostModel {
    /// The model as JSON. Characters that XGBoost takes in no feature's name, `[`, `]` and `<`, become `_`. What a base score of single
    /// precision does not tell of the margins that rows start with goes into the leaves of the first trees.
    ///
    /// # Errors
    /// When a number is beyond single precision, or XGBoost has no such objective.
    pub fn to_json(&self) -> Result<String, Problem> {
        let no_objective = || Problem::new(format!("XGBoost has no objective for the task {}", self.task.word()));
        let name = objective(self.task).ok_or_else(no_objective)?.to_owned();
        let Forest { base, trees } = &self.forest;
        let (outputs, features) = (base.len(), self.features.len());
        let is_classes = self.task == Task::Multiclass;
        let scores: Vec<f32> = base.iter().map(|&margin| base_score(self.task, margin)).collect();
        let rest = |output: usize| base[output] - start(self.task, scores[output]);
        let leaves = Tree { nodes: vec![Node { split: None, value: 0.0, cover: 0.0 }] };
        let given = if trees.is_empty() { &vec![leaves; outputs] } else { trees };
        let written = |(at, tree)| TreeFile::of(tree, if at < outputs { rest(at) } else { 0.0 }, (at, features));
        let trees = given.iter().enumerate().map(written).collect::<Result<Vec<_>, Problem>>()?;
        let classes = if is_classes { outputs } else { 0 }.to_string();
        let file = File {
            learner: Learner {
                attributes: Attributes {},
                feature_names: feature_names(&self.features),
                gradient_booster: Booster {
                    model: Trees {
                        gbtree_model_param: TreeCounts { num_parallel_tree: one(), num_trees: trees.len().to_string() },
                        tree_info: (0..trees.len()).map(|at| at % outputs).collect(),
                        trees,
                    },
                    name: "gbtree".to_owned(),
                },
                learner_model_param: Shape {
                    base_score: written_scores(&scores)?,
                    boost_from_average: "0".to_owned(),
                    num_class: classes.clone(),
                    num_feature: features.to_string(),
                    num_target: one(),
                },
                objective: Objective {
                    name,
                    reg_loss_param: (!is_classes).then(|| RegLoss { scale_pos_weight: one() }),
                    softmax_multiclass_param: is_classes.then_some(Softmax { num_class: classes }),
                },
            },
            version: [3, 1, 0],
        };
        Ok(serde_json::to_string(&file).expect("the file's numbers are finite and its keys texts") + "\n")
    }

    /// The model of a JSON text. Its inner nodes' values are as XGBoost wrote them: not yet times the learning rate, which it keeps to
    /// itself.
    ///
    /// # Errors
    /// When it is not a model of XGBoost, or one that can't be said in trees like these; tells why.
    pub fn from_json(text: &str) -> Result<Self, Problem> {
        if text.len() > TEXT_MAX {
            return Err(Problem::new(format!("an XGBoost model of {} bytes is too large: at most {TEXT_MAX} are read", text.len())));
        }
        let broken = |cause: serde_json::Error| Problem::new(format!("this is no model that XGBoost saved as JSON: {cause}"));
        let Kind { learner: kind } = serde_json::from_str(text).map_err(broken)?;
        let task = task_of(&kind)?;
        let File { learner, .. } = serde_json::from_str(text).map_err(broken)?;
        let Learner { feature_names, gradient_booster: Booster { model, .. }, learner_model_param: shape, .. } = learner;
        if shape.num_target != "1" && shape.num_target != "0" {
            return Err(refused(&format!("it has {} targets", shape.num_target), "train a model a target"));
        }
        let count = number("num_feature", &shape.num_feature, FEATURES_MAX)?;
        let features = if feature_names.is_empty() { (0..count).map(|at| format!("f{at}")).collect() } else { feature_names };
        if features.len() != count {
            return Err(strange(&format!("it has {count} features, but names for {}", features.len())));
        }
        let outputs = if task == Task::Multiclass { number("num_class", &shape.num_class, CLASSES_MAX)?.max(1) } else { 1 };
        let base = read_scores(task, &shape.base_score, outputs)?;
        let trees = model.trees.iter().enumerate().map(|(at, tree)| tree.read(at, count)).collect::<Result<Vec<_>, Problem>>()?;
        Ok(Self { task, features, forest: Forest { base, trees: in_turn(trees, &model.tree_info, outputs)? } })
    }
}

/// The names without what XGBoost does not take, still all different.
fn feature_names(names: &[String]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let named = |name: &String| {
        let mut name = name.replace(['[', ']', '<'], "_");
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        name
    };
    names.iter().map(named).collect()
}

/// What XGBoost should take for the score of rows that start with this margin.
fn base_score(task: Task, margin: f64) -> f32 {
    match task {
        Task::Binary => (sigmoid(margin) as f32).clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN),
        _ => margin as f32,
    }
}

/// The margin that rows start with by XGBoost, which reckons in single precision.
fn start(task: Task, score: f32) -> f64 {
    match task {
        Task::Binary => f64::from(-ln(f64::from(1.0 / score.clamp(PROBABILITY_MIN, 1.0 - PROBABILITY_MIN) - 1.0)) as f32),
        _ => f64::from(score),
    }
}

/// As XGBoost writes them: `5E-1`, or `[1E0,2.5E0]` where there are several.
fn written_scores(scores: &[f32]) -> Result<String, Problem> {
    if !scores.iter().all(|score| score.is_finite()) {
        return Err(beyond("a margin that rows start with"));
    }
    let texts: Vec<String> = scores.iter().map(|score| format!("{score:E}")).collect();
    Ok(if let [text] = &texts[..] { text.clone() } else { format!("[{}]", texts.join(",")) })
}

/// The margins that rows start with, (outputs,).
fn read_scores(task: Task, text: &str, outputs: usize) -> Result<Vec<f64>, Problem> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let score = |text: &str| text.trim().parse().ok().filter(|score: &f32| score.is_finite());
    let scores: Option<Vec<f32>> = inner.split(',').take(outputs + 1).map(score).collect();
    let scores = scores.ok_or_else(|| strange("its base_score is not of numbers"))?;
    if task == Task::Binary && !scores.iter().all(|score| (0.0..=1.0).contains(score)) {
        return Err(strange("its base_score is no probability"));
    }
    match scores[..] {
        [score] => Ok(vec![start(task, score); outputs]),
        _ if scores.len() == outputs => Ok(scores.into_iter().map(|score| start(task, score)).collect()),
        _ => Err(strange(&format!("its base_score is not of {outputs} numbers"))),
    }
}

/// The task that the model is for.
fn task_of(LearnerKind { gradient_booster, objective: wanted }: &LearnerKind) -> Result<Task, Problem> {
    match gradient_booster.name.as_str() {
        "gbtree" => {}
        "dart" => return Err(refused("its booster is dart, which weighs its trees", "train it with booster = gbtree")),
        "gblinear" => return Err(refused("its booster is gblinear, which has no trees", "train it with booster = gbtree")),
        _ => return Err(strange("its booster is none of gbtree, dart and gblinear")),
    }
    let tasks = [Task::Binary, Task::Regression, Task::Multiclass];
    tasks.into_iter().find(|task| objective(*task) == Some(wanted.name.as_str())).ok_or_else(|| {
        let names: Vec<&str> = tasks.into_iter().filter_map(objective).collect();
        let name: String = wanted.name.chars().take(40).collect();
        refused(&format!("its objective is {name}"), &format!("train it with one of {}", names.join(", ")))
    })
}

/// The trees in the outputs' turn: those of an output keep their order.
fn in_turn(trees: Vec<Tree>, outputs_of: &[usize], outputs: usize) -> Result<Vec<Tree>, Problem> {
    if outputs_of.len() != trees.len() || !trees.len().is_multiple_of(outputs) {
        return Err(strange("its trees don't go round its outputs"));
    }
    let mut counts = vec![0; outputs];
    let mut placed: Vec<(usize, Tree)> = Vec::with_capacity(trees.len());
    for (tree, &output) in trees.into_iter().zip(outputs_of) {
        let count = counts.get_mut(output).ok_or_else(|| strange("a tree is of no output"))?;
        placed.push((*count * outputs + output, tree));
        *count += 1;
    }
    if counts.iter().any(|&count| count != counts[0]) {
        return Err(strange("an output has more trees than others"));
    }
    placed.sort_by_key(|(place, _)| *place);
    Ok(placed.into_iter().map(|(_, tree)| tree).collect())
}

fn number(name: &str, text: &str, max: usize) -> Result<usize, Problem> {
    text.parse().ok().filter(|number| *number <= max).ok_or_else(|| strange(&format!("its {name} is no number up to {max}")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;
    use crate::models::boosting::{Split, finish};
    use crate::numeric::rng::{Purpose, Seeds, Stream, Streams};
    use crate::numeric::rows::{Matrix, Storage};
    use crate::numeric::sample::{below, happens, unit};

    fn saved() -> Value {
        serde_json::from_str(include_str!("../../../../tests/vectors/trees.json")).expect("it is as its maker wrote it")
    }

    fn cells(rows: &Value) -> Vec<Vec<f64>> {
        let row = |row: &Value| row.as_array().expect("a row").iter().map(|cell| cell.as_f64().unwrap_or(f64::NAN)).collect();
        rows.as_array().expect("rows").iter().map(row).collect()
    }

    fn margins(forest: &Forest, rows: &[Vec<f64>]) -> Vec<f64> {
        let x = Matrix::build((rows.len(), rows[0].len()), Storage::Double, |row, out| out.copy_from_slice(&rows[row]));
        let mut margins = vec![0.0; rows.len() * forest.outputs()];
        forest.margins(x.rows(), &mut margins);
        margins
    }

    fn leaf(value: f64) -> Node {
        Node { split: None, value, cover: 1.5 }
    }

    /// Two levels; a missing cell goes left at the root, and below it any other does.
    fn tree() -> Tree {
        let split = |feature, cut, missing_left, left| Some(Split { feature, cut, missing_left, left, gain: 0.5 });
        let inner = |split| Node { split, value: 0.125, cover: 3.0 };
        let nodes = vec![inner(split(1, -0.25, true, 1)), inner(split(0, f64::MAX, false, 3)), leaf(2.0), leaf(-1.0), leaf(0.5)];
        Tree { nodes }
    }

    fn model(task: Task, base: &[f64], trees: usize) -> XgboostModel {
        let forest = Forest { base: base.to_vec(), trees: vec![tree(); trees] };
        XgboostModel { task, features: vec!["age".to_owned(), "purpose=car".to_owned()], forest }
    }

    fn back(model: &XgboostModel) -> XgboostModel {
        XgboostModel::from_json(&model.to_json().expect("it can be written")).expect("it was written so")
    }

    /// Predictions by XGBoost itself, on rows with missing cells and cells on the cuts.
    #[test]
    fn a_model_that_xgboost_saved_says_what_it_says_there() {
        for case in saved()["models"].as_array().expect("models") {
            let model = XgboostModel::from_json(&case["model"].to_string()).expect("XGBoost wrote it");
            assert_eq!((model.task.word(), &model.features[3]), (case["task"].as_str().expect("a word"), &"x3".to_owned()));
            let mut scores = margins(&model.forest, &cells(&case["rows"]));
            finish(model.task, &mut scores, model.forest.outputs());
            let expected = cells(&case["predictions"]).concat();
            assert_eq!(scores.len(), expected.len());
            assert!(scores.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{}: {scores:?}\n{expected:?}", model.task.word());
        }
    }

    #[test]
    fn what_goes_out_comes_back() {
        let numbers = model(Task::Regression, &[0.25], 2);
        assert_eq!(back(&numbers), numbers);
        let classes = model(Task::Multiclass, &[0.25, -1.0, 3.5], 6);
        assert_eq!(back(&classes), classes);
        for case in saved()["models"].as_array().expect("models") {
            let model = XgboostModel::from_json(&case["model"].to_string()).expect("XGBoost wrote it");
            let again = back(&model);
            assert_eq!(again.forest.trees.len(), model.forest.trees.len());
            let rows = cells(&case["rows"]);
            let (a, b) = (margins(&again.forest, &rows), margins(&model.forest, &rows));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-7));
        }
    }

    /// Beside 1 a probability of single precision says little of its log-odds: the leaves make up for it.
    #[test]
    fn rows_start_where_they_did_whatever_a_base_score_can_say() {
        for base in [0.0, 0.3, -4.0, 9.5, 12.25, 30.0, -30.0] {
            for trees in [0, 1, 2] {
                let model = model(Task::Binary, &[base], trees);
                let rows = [vec![1.0, -0.25], vec![f64::NAN, f64::NAN], vec![7.0, -1.0]];
                let (a, b) = (margins(&back(&model).forest, &rows), margins(&model.forest, &rows));
                assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6 * (1.0 + base.abs())), "{base}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn names_that_xgboost_does_not_take_are_changed_and_stay_different() {
        let names = ["a<1", "a_1", "a[1", "b"].map(str::to_owned);
        assert_eq!(feature_names(&names), ["a_1", "a_1_", "a_1__", "b"]);
    }

    #[test]
    fn numbers_beyond_single_precision_and_tasks_without_an_objective_do_not_go_out() {
        assert!(model(Task::Regression, &[1e39], 1).to_json().is_err());
        assert!(model(Task::Clusters, &[0.0], 1).to_json().is_err());
        let mut wide = model(Task::Regression, &[0.0], 1);
        wide.forest.trees[0].nodes[2].value = 1e39;
        assert!(wide.to_json().is_err());
    }

    #[test]
    fn trees_of_an_output_keep_their_order_where_xgboost_grew_several_a_round() {
        let trees: Vec<Tree> = (0..4).map(|at| Tree { nodes: vec![leaf(f64::from(at))] }).collect();
        let values = |trees: Vec<Tree>| trees.iter().map(|tree| tree.nodes[0].value).collect::<Vec<_>>();
        assert_eq!(in_turn(trees.clone(), &[0, 0, 1, 1], 2).map(values).ok(), Some(vec![0.0, 2.0, 1.0, 3.0]));
        for outputs_of in [&[0, 0, 0, 1][..], &[0, 1, 0], &[0, 1, 2, 1]] {
            assert!(in_turn(trees.clone(), outputs_of, 2).is_err());
        }
    }

    /// One thing at a time is changed, and the error names it.
    #[test]
    fn what_is_no_such_model_is_refused_with_the_reason() {
        let good: Value = serde_json::from_str(&model(Task::Binary, &[0.5], 1).to_json().expect("it can be written")).expect("JSON");
        let learner = |key: &str| format!("/learner/{key}");
        let tree = |key: &str| format!("/learner/gradient_booster/model/trees/0/{key}");
        let changes = [
            (learner("gradient_booster/name"), json!("dart"), "weighs its trees"),
            (learner("gradient_booster/name"), json!("gblinear"), "no trees"),
            (learner("gradient_booster/name"), json!("forest"), "none of gbtree"),
            (learner("objective/name"), json!("rank:ndcg"), "rank:ndcg"),
            (learner("feature_names"), json!(["age"]), "names for 1"),
            (learner("learner_model_param/num_feature"), json!("4000000000"), "num_feature"),
            (learner("learner_model_param/num_target"), json!("2"), "2 targets"),
            (learner("learner_model_param/base_score"), json!("[1E-1,2E-1]"), "base_score"),
            (learner("learner_model_param/base_score"), json!("nan"), "base_score"),
            (learner("learner_model_param/base_score"), json!("2E0"), "no probability"),
            (learner("gradient_booster/model/tree_info"), json!([1]), "no output"),
            (learner("gradient_booster/model/tree_info"), json!([]), "don't go round"),
            (tree("split_type/1"), json!(1), "categories"),
            (tree("tree_param/size_leaf_vector"), json!("3"), "vector"),
            (tree("left_children"), json!([1, -1]), "one length"),
            (tree("left_children/0"), json!(-2), "none of its nodes"),
            (tree("right_children/1"), json!(5), "none of its nodes"),
            (tree("right_children/1"), json!(0), "child of two"),
            (tree("split_indices/0"), json!(2), "no feature"),
            (tree("split_conditions/0"), json!(1e300), "out of range"),
            (tree("sum_hessian/0"), json!(-1.0), "negative"),
            (tree("sum_hessian/0"), json!("x"), "no model"),
            (learner("objective"), json!({}), "no model"),
        ];
        for (pointer, value, reason) in changes {
            let mut bad = good.clone();
            *bad.pointer_mut(&pointer).expect("it is there") = value.clone();
            let problem = XgboostModel::from_json(&bad.to_string()).expect_err("it was changed");
            let message = format!("{problem:?}");
            assert!(message.contains(reason), "{pointer} {value}: {message}");
        }
        assert!(XgboostModel::from_json(&good.to_string()[1..]).is_err() && XgboostModel::from_json("").is_err());
    }

    #[test]
    fn a_tree_that_is_deeper_than_trees_may_be_is_refused() {
        let mut deep = model(Task::Regression, &[0.0], 0);
        let split = |level: usize| Some(Split { feature: 0, cut: 0.0, missing_left: false, left: 2 * level + 1, gain: 0.0 });
        let mut nodes = vec![Node { split: split(0), ..leaf(0.0) }];
        (1..13).for_each(|level| nodes.extend([Node { split: split(level), ..leaf(0.0) }, leaf(0.0)]));
        nodes.extend([leaf(0.0), leaf(1.0)]);
        deep.forest.trees.push(Tree { nodes });
        let problem = XgboostModel::from_json(&deep.to_json().expect("it can be written")).expect_err("13 levels are too many");
        assert!(format!("{problem:?}").contains("13 levels"), "{problem:?}");
    }

    /// A whole tree of three levels: cuts of double precision, some that no cell reaches.
    fn random_tree(random: &mut Stream) -> Tree {
        let mut node = |at: usize| {
            let cut = if happens(0.2, random) { f64::MAX } else { 2.0 * unit(random) - 1.0 };
            let split = Split { feature: below(4, random), cut, missing_left: happens(0.5, random), left: 2 * at + 1, gain: 1.0 };
            Node { split: (at < 7).then_some(split), value: unit(random) - 0.5, cover: 1.0 }
        };
        Tree { nodes: (0..15).map(&mut node).collect() }
    }

    #[test]
    #[ignore = "for scripts/xgboost_export.py, which has XGBoost load what is written here"]
    fn models_are_written_for_xgboost_itself() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/xgboost_export");
        fs::create_dir_all(&folder).expect("a folder");
        let mut random = Streams::new(Seeds::all(3)).stream(Purpose::Generate, 0, 0);
        let cell = |random: &mut Stream| if happens(0.2, random) { f64::NAN } else { f64::from((2.0 * unit(random) - 1.0) as f32) };
        let cases: [(Task, &[f64]); 6] = [
            (Task::Binary, &[-1.25]),
            (Task::Binary, &[11.0]),
            (Task::Binary, &[-25.0]),
            (Task::Regression, &[3.1]),
            (Task::Multiclass, &[0.5, -2.0, 1.0]),
            (Task::Multiclass, &[-0.1, 0.1]),
        ];
        for (number, (task, base)) in cases.into_iter().enumerate() {
            for rounds in [0, 1, 8] {
                let trees: Vec<Tree> = (0..rounds * base.len()).map(|_| random_tree(&mut random)).collect();
                let forest = Forest { base: base.to_vec(), trees };
                let mut rows: Vec<Vec<f64>> = (0..200).map(|_| (0..4).map(|_| cell(&mut random)).collect()).collect();
                // Rows on the cuts, as XGBoost has them.
                let splits = forest.trees.iter().flat_map(|tree| &tree.nodes).filter_map(|node| node.split);
                let cuts: Vec<f64> = splits.filter(|split| split.cut < 1.0).map(|split| split.cut).collect();
                let on_cuts = |cut: &f64| vec![f64::from(*cut as f32); 4];
                rows.extend(cuts.iter().map(on_cuts).chain(cuts.iter().map(|cut| vec![f64::from((*cut as f32).next_up()); 4])));
                let mut scores = margins(&forest, &rows);
                finish(task, &mut scores, base.len());
                let features = ["a", "b<1", "c d", "\"e\""].map(str::to_owned).to_vec();
                let model = XgboostModel { task, features, forest }.to_json().expect("it can be written");
                let saved = json!({ "model": model, "rows": rows, "scores": scores });
                fs::write(folder.join(format!("{number}_{rounds}.json")), saved.to_string()).expect("written");
            }
        }
    }
}
