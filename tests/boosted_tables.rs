//! What a run of boosted trees leaves for people: its trees node by node, what each feature is worth, and the pictures of both.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, root, succeed};
use fedsim::report::pictures::{Drawn, draw_all};
use fedsim::runs::Saved;

fn numbers(table: &Path, name: &str) -> Vec<f64> {
    column(table, name).iter().map(|cell| if cell.is_empty() { 0.0 } else { cell.parse().expect("a number") }).collect()
}

fn drawn(folder: &Path, name: &str) -> Drawn {
    let all = draw_all(&Saved::in_folder(folder).expect("the folder")).expect("the tables are whole");
    all.into_iter().find(|picture| picture.name == name).expect("the picture")
}

/// The credit scenario for six trees.
fn run(out: &Path, more: &[&str]) {
    let arguments = ["run", "scenarios/credit_boosting.toml", "--set", "rounds=6", "--quiet", "--out", argument(out)];
    succeed(&[&arguments[..], more].concat());
}

#[test]
fn the_tables_of_trees_say_what_the_model_is() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["--no-plots"]);
    let path = |name: &str| folder.path().join(name);
    let (names, values) = (column(&path("model.csv"), "name"), numbers(&path("model.csv"), "value"));
    let of_model = |ending: &str| -> Vec<f64> {
        names.iter().zip(&values).filter(|(name, _)| name.ends_with(ending)).map(|(_, value)| *value).collect()
    };
    for (number, told) in [(".value", "value"), (".cover", "cover"), (".gain", "gain")] {
        assert_eq!(of_model(number), numbers(&path("trees.csv"), told), "{told}");
    }
    let nodes = column(&path("trees.csv"), "node").len();
    assert_eq!((of_model(".nodes").len(), of_model(".nodes").iter().sum::<f64>()), (6, nodes as f64));

    // Of each feature the gains are those of its splits, and all features of the model are told.
    let (split_by, gains) = (column(&path("trees.csv"), "feature"), numbers(&path("trees.csv"), "gain"));
    let (features, told) = (column(&path("importance.csv"), "feature"), numbers(&path("importance.csv"), "gain"));
    let mut sorted = [features.clone(), column(&path("preprocess.csv"), "feature")];
    sorted.iter_mut().for_each(|names| names.sort());
    assert_eq!(sorted[0], sorted[1]);
    assert!(told.is_sorted_by(|a, b| a >= b) && told[0] > 0.0, "{told:?}");
    for (at, feature) in features.iter().enumerate() {
        let own: Vec<f64> = split_by.iter().zip(&gains).filter(|(name, _)| *name == feature).map(|(_, gain)| *gain).collect();
        assert_eq!(told[at], own.iter().sum::<f64>(), "{feature}");
        assert_eq!(numbers(&path("importance.csv"), "splits")[at], own.len() as f64, "{feature}");
    }
    let shares: f64 = numbers(&path("importance.csv"), "gain_share").iter().sum();
    assert!((shares - 1.0).abs() < 1e-12, "{shares}");
}

/// Label 1 where `signal` is above 50, but for every tenth row; the other columns are dealt out without regard to it.
fn planted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut table = "noise_1,signal,noise_2,y\n".to_owned();
    for row in 0..2000_u64 {
        let [one, signal, two] = [7, 11, 13].map(|prime| (row * row * prime + row * 31 + prime) % 101);
        let is_above = (signal > 50) != (row % 10 == 0);
        table += &format!("{one},{signal},{two},{}\n", u8::from(is_above));
    }
    fs::write(folder.path().join("table.csv"), table).expect("written");
    let scenario = "name = \"planted\"\nseed = 1\nrounds = 5\n[data]\npath = \"table.csv\"\nlabel = \"y\"\nvalidation_fraction = 0.2\n\
                    [partition]\nclients = 3\n[model]\nkind = \"boosting\"\ndepth = 2\n";
    fs::write(folder.path().join("scenario.toml"), scenario).expect("written");
    folder
}

#[test]
fn the_feature_that_labels_follow_is_worth_most_by_gain_and_by_permutation() {
    let folder = planted();
    let (scenario, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
    let left = |sets: &[&str]| {
        let arguments = ["run", argument(&scenario), "--out", argument(&out), "--quiet", "--force", "--no-plots"];
        succeed(&[&arguments[..], sets].concat());
        fs::read(out.join("importance.csv")).expect("a table")
    };
    let first = left(&[]);
    let table = out.join("importance.csv");
    assert_eq!(column(&table, "feature")[0], "signal");
    let (shares, permutation) = (numbers(&table, "gain_share"), numbers(&table, "permutation"));
    assert!(shares[0] > 0.9 && permutation[0] > 0.1, "{shares:?} {permutation:?}");
    assert!(permutation[1..].iter().all(|rise| rise.abs() < 0.02), "{permutation:?}");
    // The first cut lies between the numbers that the labels change at.
    let cut: f64 = column(&out.join("trees.csv"), "cut")[0].parse().expect("a number");
    assert!((50.0..=51.0).contains(&cut), "{cut}");
    assert!(first == left(&[]), "the same permutations");
    assert!(first == left(&["--set", "partition.clients=1"]), "whoever has the rows");
    assert!(first != left(&["--set", "seeds.training=9"]), "other permutations");
    // Without validation rows nothing is permuted.
    left(&["--set", "data.validation_fraction=0.0"]);
    assert!(column(&table, "permutation").iter().all(String::is_empty));
}

#[test]
fn trees_of_several_classes_and_of_numbers_are_told_too() {
    for (scenario, trees) in [("grades", 10), ("lgd", 2)] {
        let folder = tempfile::tempdir().expect("a folder");
        let text = fs::read_to_string(root().join(format!("scenarios/{scenario}.toml"))).expect("the scenario");
        let data = text.split("\n[").find(|part| part.starts_with("data]")).expect("it has data");
        let task = if scenario == "lgd" { "regression" } else { "multiclass" };
        let text = format!(
            "name = \"trees\"\nrounds = 2\n[{}\n[partition]\nclients = 4\n[model]\nkind = \"boosting\"\ntask = \"{task}\"\n",
            data.replace("../data", &root().join("data").display().to_string())
        );
        let (path, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
        fs::write(&path, text).expect("written");
        succeed(&["run", argument(&path), "--out", argument(&out), "--quiet"]);
        let numbered = numbers(&out.join("trees.csv"), "tree");
        assert_eq!(numbered.last(), Some(&f64::from(trees)), "{scenario}");
        let header = fs::read_to_string(out.join("trees.csv")).expect("a table");
        assert_eq!(header.starts_with("tree,class,node,"), scenario == "grades");
        let picture = drawn(&out, "tree");
        assert!(picture.title.starts_with(&format!("The first of {trees} trees")), "{}", picture.title);
        assert_eq!(picture.title.contains("of class A"), scenario == "grades", "{}", picture.title);
    }
}

#[test]
fn the_pictures_of_trees_are_drawn_from_the_tables_alone_and_say_what_they_say() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &[]);
    let path = |name: &str| folder.path().join("plots").join(name);
    let files = ["importance.png", "importance.svg", "shap.png", "shap.svg", "tree.png", "tree.svg"];
    let bytes = || files.map(|name| fs::read(path(name)).expect("a picture"));
    let (first, page) = (bytes(), fs::read(folder.path().join("report.html")).expect("the page"));
    fs::remove_dir_all(folder.path().join("plots")).expect("removed");
    succeed(&["plot", argument(folder.path())]);
    assert!(first == bytes() && page == fs::read(folder.path().join("report.html")).expect("the page"));
    let page = String::from_utf8(page).expect("text");
    assert!(
        page.contains("id=\"picture-tree\"")
            && page.contains("id=\"picture-shap\"")
            && page.contains("id=\"importance\"")
            && !page.contains("id=\"parameters\"")
    );

    let panel = &drawn(folder.path(), "importance").chart.hover.panels[0];
    let table = folder.path().join("importance.csv");
    let mut shares: Vec<f64> = numbers(&table, "gain_share").into_iter().filter(|share| *share > 0.0).collect();
    shares.sort_by(f64::total_cmp);
    assert!(panel.x.iter().zip(&shares).all(|(told, share)| (told - 100.0 * share).abs() < 1e-9), "{:?} {shares:?}", panel.x);
    let greatest = format!("{}: {} splits", column(&table, "feature")[0], column(&table, "splits")[0]);
    assert_eq!(panel.names.last(), Some(&greatest));

    // Of a tree of three levels every node is a box, and every leaf's value is in it.
    let Drawn { title, chart, .. } = drawn(folder.path(), "tree");
    let tree = folder.path().join("trees.csv");
    let own = column(&tree, "tree").iter().filter(|number| *number == "1").count();
    let leaves = column(&tree, "feature")[..own].iter().filter(|name| name.is_empty()).count();
    assert_eq!(title, format!("The first of 6 trees: {} splits, {leaves} leaves", own - leaves));
    let panel = &chart.hover.panels[0];
    assert_eq!((panel.names.len(), chart.svg.matches("\nvalue ").count()), (own, leaves));
    for (at, value) in numbers(&tree, "value")[..own].iter().enumerate() {
        let place = panel.names.iter().position(|told| told.starts_with(&format!("node {at}: "))).expect("a box a node");
        assert_eq!(panel.series[1].y[place], Some(*value));
    }
    assert_eq!(panel.names[0], "node 0: past_due_count < 1");
}

/// In the clear as under masks, where the sum is `aborted_`: it has not come about.
#[test]
fn a_sum_that_ends_a_tree_is_told_as_such() {
    let folder = tempfile::tempdir().expect("a folder");
    let fault = "faults.schedule=[{ round = 3, clients = [4], sum = 2 }]";
    run(folder.path(), &["--set", fault]);
    let log = fs::read_to_string(folder.path().join("exchange_log.csv")).expect("a table");
    let cut: Vec<&str> = log.lines().filter(|line| !line.contains(",completed,")).skip(1).collect();
    assert!(cut.len() == 1 && cut[0].starts_with("3,2,tree_level_2,sum,cut_short,6,0,"), "{cut:?}");
    assert_eq!(column(&folder.path().join("round_log.csv"), "outcome")[3], "tree_cut_short_1");
    let page = fs::read_to_string(folder.path().join("report.html")).expect("the page");
    assert!(page.contains("tree cut short after 1 sum<"), "the round's outcome in words");
}

/// A finished run's folder with these trees.
fn with_trees(rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &["--set", "rounds=1", "--no-plots"]);
    let content = format!("tree,node,feature,cut,missing,left,right,value,cover,gain\n{rows}");
    fs::write(folder.path().join("trees.csv"), content).expect("written");
    folder
}

#[test]
fn a_tree_that_is_a_leaf_and_one_with_a_strange_name_are_drawn() {
    let leaf = drawn(with_trees("1,0,,,,,,0.25,10,\n").path(), "tree");
    assert_eq!((leaf.title.as_str(), leaf.chart.hover.panels[0].names.len()), ("The only tree: 0 splits, 1 leaf", 1));
    let long = "very ".repeat(400);
    let name = format!("</text><script>{long}");
    let rows = format!("1,0,{name},any,right,1,2,0,10,4\n1,1,,,,,,-0.5,6,\n1,2,,,,,,0.25,4,\n");
    let Drawn { chart, .. } = drawn(with_trees(&rows).path(), "tree");
    assert!(chart.svg.contains("&lt;/text&gt;") && !chart.svg.contains("<script") && chart.svg.len() < 40_000);
    assert!(chart.svg.contains("is there") && chart.svg.contains("cover 60.0%"));
    assert!(chart.hover.panels[0].names[0].contains(long.trim_end()), "whoever points at a box reads the whole name");
}

/// A chain of ten splits: the leaf beside each is a leaf, and what lies below the third is counted.
#[test]
fn what_lies_below_the_third_level_is_counted() {
    let inner = |at: usize| format!("1,{},age,{at},left,{},{},0,{},1\n", 2 * at, 2 * at + 1, 2 * at + 2, 20 - at);
    let leaf = |at: usize| format!("1,{},,,,,,0.5,1,\n", 2 * at + 1);
    let rows: String = (0..10).map(|at| inner(at) + &leaf(at)).collect();
    let Drawn { title, chart, .. } = drawn(with_trees(&(rows + "1,20,,,,,,0.5,1,\n")).path(), "tree");
    assert_eq!(title, "The only tree: 10 splits, 11 leaves; 3 of 10 levels are drawn");
    assert!(chart.svg.contains("8 leaves below"), "three of eleven leaves are drawn");
    assert_eq!(chart.hover.panels[0].names.len(), 7);
}

#[test]
fn broken_trees_are_told() {
    for (rows, wanted) in [
        ("1,1,,,,,,0,1,\n", "is not the next node"),
        ("1,0,age,3,left,0,2,0,10,4\n", "does not come after its parent"),
        ("1,0,age,3,left,1,2,0,10,4\n", "a node lacks a child"),
        ("1,0,age,3,up,1,2,0,10,4\n", "is neither `left` nor `right`"),
        ("1,0,age,x,left,1,2,0,10,4\n", "is not a number"),
    ] {
        let folder = with_trees(rows);
        let error = draw_all(&Saved::in_folder(folder.path()).expect("the folder")).expect_err("it is broken").to_string();
        assert!(error.contains(wanted) && error.contains("trees.csv"), "{error}");
    }
}

/// On the planted table: a point for each of 200 validation rows and each feature that adds anything, `signal` first. What `predict
/// --explain` says of the rows is what the table says, its values are their own, and low cells lie left of zero and high ones right of it.
#[test]
fn the_values_of_the_picture_of_shap_are_those_of_predict() {
    let folder = planted();
    let (scenario, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
    let left = |sets: &[&str]| {
        let arguments = ["run", argument(&scenario), "--out", argument(&out), "--quiet", "--force"];
        succeed(&[&arguments[..], sets].concat());
        fs::read(out.join("shap.csv")).expect("a table")
    };
    let first = left(&[]);
    let (table, scores) = (out.join("shap.csv"), folder.path().join("scores.csv"));
    let features = column(&table, "feature");
    assert!(features[..200].iter().all(|name| name == "signal") && features[200..].iter().all(|name| name != "signal"));
    assert!(features.len().is_multiple_of(200));
    succeed(&["predict", argument(&out), argument(&folder.path().join("table.csv")), "--explain", "--out", argument(&scores)]);
    let [cells, values] = ["cell", "shap"].map(|name| numbers(&table, name));
    let (signal, told) = (column(&folder.path().join("table.csv"), "signal"), numbers(&scores, "contribution_signal"));
    let wanted: Vec<(f64, f64)> = signal.iter().map(|cell| cell.parse().expect("a number")).zip(told).collect();
    for (cell, value) in cells.iter().zip(&values).take(200) {
        let of_a_row = wanted.iter().any(|(other, shap)| cell == other && (value - shap).abs() < 1e-12);
        assert!(of_a_row && (*cell > 50.0) == (*value > 0.0), "{cell}: {value}");
    }
    let drawn = drawn(&out, "shap");
    assert!(drawn.title.starts_with("SHAP values: signal moves the log-odds by"), "{}", drawn.title);
    let panel = &drawn.chart.hover.panels[0];
    let series: Vec<&str> = panel.series.iter().map(|series| series.name.as_str()).collect();
    assert!(series.contains(&"low cell") && series.contains(&"high cell") && !series.contains(&"missing"), "{series:?}");
    // The same on any threads and of any deal; without validation rows of test rows; of other rows by another seed.
    assert!(first == left(&["--threads", "3", "--set", "partition.clients=1"]));
    let others = left(&["--set", "seeds.training=9"]);
    assert!(first != others && others.len() > 1000);
    assert!(left(&["--set", "data.validation_fraction=0.0"]) != first);
}

#[test]
fn of_several_classes_the_picture_of_shap_has_a_bar_for_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let grades = fs::read_to_string(root().join("scenarios/grades.toml")).expect("the scenario");
    let data = grades.split("\n[").find(|part| part.starts_with("data]")).expect("it has data");
    let text = format!(
        "name = \"trees\"\nrounds = 2\n[{}\n[partition]\nclients = 4\n[model]\nkind = \"boosting\"\ntask = \"multiclass\"\n",
        data.replace("../data", &root().join("data").display().to_string())
    );
    let (path, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
    fs::write(&path, text).expect("written");
    succeed(&["run", argument(&path), "--out", argument(&out), "--quiet"]);
    let table = out.join("shap.csv");
    let (features, classes, values) = (column(&table, "feature"), column(&table, "class"), numbers(&table, "shap"));
    let panel = &drawn(&out, "shap").chart.hover.panels[0];
    assert_eq!(panel.series.len(), 5);
    let means = |class: &str| {
        let own: Vec<f64> =
            (0..values.len()).filter(|&at| features[at] == features[0] && classes[at] == class).map(|at| values[at].abs()).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let all: f64 = ["A", "B", "C", "D", "E"].iter().map(|class| means(class)).sum();
    assert!(panel.x.iter().any(|end| (end - all).abs() < 1e-9), "{all}: {:?}", panel.x);
}
