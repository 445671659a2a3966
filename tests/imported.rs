//! `fedsim predict` with boosted trees of XGBoost's, and what it says of why: held to what XGBoost and the package shap say themselves.

use std::fs;
use std::path::Path;

use fedsim::numeric::math::sigmoid;
use serde_json::Value;

use crate::support::{column, fedsim_in, text};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/trees.json")).expect("it is JSON")
}

fn items(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn numbers(value: &Value) -> Vec<f64> {
    items(value).iter().map(|number| number.as_f64().expect("a number")).collect()
}

/// Rows as CSV, their columns turned around and one that the model does not know beside them; a missing cell is empty.
fn table(names: &[Value], rows: &[Value]) -> String {
    let mut header: Vec<&str> = names.iter().map(|name| name.as_str().expect("a name")).rev().collect();
    header.push("other");
    let mut table = header.join(",") + "\n";
    for row in rows {
        let cells = items(row).iter().rev().map(|cell| cell.as_f64().map_or(String::new(), |cell| cell.to_string()));
        table += &(cells.chain(["?".to_owned()]).collect::<Vec<_>>().join(",") + "\n");
    }
    table
}

/// A model and some rows in a folder.
fn desk(model: &Value, rows: &[Value]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("model.json"), model.to_string()).expect("written");
    fs::write(folder.path().join("rows.csv"), table(items(&model["learner"]["feature_names"]), rows)).expect("written");
    folder
}

fn predict(folder: &Path, more: &[&str]) {
    let output = fedsim_in(folder, &[&["predict", "model.json", "rows.csv", "--out", "scores.csv", "--force"][..], more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn scores(folder: &Path, name: &str) -> Vec<f64> {
    column(&folder.join("scores.csv"), name).iter().map(|cell| cell.parse().expect("a number")).collect()
}

fn near(found: f64, wanted: f64, what: &str) {
    assert!((found - wanted).abs() <= 1e-6, "{what}: {found} for {wanted}");
}

#[test]
fn predictions_and_contributions_are_those_of_xgboost() {
    let vectors = vectors();
    for case in items(&vectors["models"]) {
        let folder = desk(&case["model"], items(&case["rows"]));
        predict(folder.path(), &["--explain"]);
        let task = case["task"].as_str().expect("a word");
        let outputs: &[&str] = match task {
            "binary" => &["score"],
            "regression" => &["predicted"],
            _ => &["probability_0", "probability_1", "probability_2"],
        };
        for (output, name) in outputs.iter().enumerate() {
            let class = if task == "multiclass" { format!("{output}_") } else { String::new() };
            for (row, found) in scores(folder.path(), name).into_iter().enumerate() {
                near(found, numbers(&case["predictions"][row])[output], &format!("{task}, {name}, row {row}"));
            }
            for (place, column) in ["x0", "x1", "x2", "x3", "base"].into_iter().enumerate() {
                for (row, found) in scores(folder.path(), &format!("contribution_{class}{column}")).into_iter().enumerate() {
                    near(found, numbers(&case["contributions"][row][output])[place], &format!("{task}, {column} of {name}, row {row}"));
                }
            }
        }
        // The column that counts most is named, of several classes the one that is decided for.
        for row in 0..items(&case["rows"]).len() {
            let decided = if task == "multiclass" { scores(folder.path(), "decided")[row] as usize } else { 0 };
            let parts = &numbers(&case["contributions"][row][decided])[..4];
            let most = (0..4).max_by(|&a, &b| parts[a].abs().total_cmp(&parts[b].abs())).expect("four");
            let way = if parts[most] > 0.0 { "raised" } else { "lowered" };
            assert_eq!(column(&folder.path().join("scores.csv"), "reason_1")[row], format!("{way} by x{most}"), "{task}, row {row}");
        }
    }
}

/// Against background rows, which the package shap was given too.
#[test]
fn interventional_contributions_are_those_of_shap() {
    let vectors = vectors();
    let case = &vectors["explained"];
    let folder = desk(&case["model"], items(&case["rows"]));
    let names = items(&case["model"]["learner"]["feature_names"]);
    fs::write(folder.path().join("others.csv"), table(names, items(&case["background"]))).expect("written");
    predict(folder.path(), &["--explain", "--background", "others.csv"]);
    for (row, base) in scores(folder.path(), "contribution_base").into_iter().enumerate() {
        near(base, case["interventional_base"].as_f64().expect("a number"), "base");
        for (place, wanted) in numbers(&case["interventional"][row]).into_iter().enumerate() {
            let name = format!("contribution_{}", names[place].as_str().expect("a name"));
            near(scores(folder.path(), &name)[row], wanted, &format!("{name}, row {row}"));
        }
    }
}

/// Cells are of single precision for XGBoost: 0.1 is there what the cut 0.1 is, and not below it.
#[test]
fn cells_are_rounded_as_xgboost_rounds_them() {
    let mut model = vectors()["models"][0]["model"].clone();
    let trees = &mut model["learner"]["gradient_booster"]["model"];
    let tree = serde_json::json!({
        "base_weights": [0.0, -1.0, 1.0], "default_left": [0, 0, 0], "left_children": [1, -1, -1], "right_children": [2, -1, -1],
        "loss_changes": [1.0, 0.0, 0.0], "split_conditions": [0.1, -1.0, 1.0], "split_indices": [0, 0, 0], "split_type": [0, 0, 0],
        "sum_hessian": [2.0, 1.0, 1.0], "parents": [2147483647, 0, 0], "tree_param": { "num_deleted": "0", "num_feature": "4", "num_nodes": "3", "size_leaf_vector": "1" }
    });
    trees["trees"] = serde_json::json!([tree]);
    trees["tree_info"] = serde_json::json!([0]);
    let row = |cell: f64| serde_json::json!([cell, 0.0, 0.0, 0.0]);
    let folder = desk(&model, &[row(0.1), row(0.099_999), row(0.100_001)]);
    predict(folder.path(), &[]);
    let found = scores(folder.path(), "score");
    assert!(found[1] < found[0] && found[0] == found[2], "{found:?}");
}

#[test]
fn what_is_no_model_or_lacks_a_column_is_refused() {
    let vectors = vectors();
    let case = &vectors["models"][0];
    let folder = desk(&case["model"], items(&case["rows"]));
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = fedsim_in(folder.path(), &[&["predict"], arguments].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty() && parts.iter().all(|part| message.contains(part)), "{message}");
    };
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).expect("written");
    write("other.json", b"{\"learner\": {}}");
    write("binary.json", &[0xff, 0xfe, 0x00]);
    write("few.csv", b"x0,x1\n1,2\n");
    write("text.csv", b"x0,x1,x2,x3\n1,2,3,four\n");
    let mut twice = case["model"].clone();
    twice["learner"]["feature_names"] = serde_json::json!(["a", "b", "a", "c"]);
    write("twice.json", twice.to_string().as_bytes());
    refused(&["other.json", "rows.csv"], &["other.json", "no model that XGBoost saved as JSON"]);
    refused(&["binary.json", "rows.csv"], &["binary.json", "no model that XGBoost saved as JSON", "help"]);
    refused(&["twice.json", "rows.csv"], &["twice.json", "two features are called `a`"]);
    refused(&["nowhere.json", "rows.csv"], &["nowhere.json"]);
    refused(&["model.json", "few.csv"], &["x2", "the model was trained on"]);
    refused(&["model.json", "text.csv"], &["four"]);
    refused(&["model.json", "rows.csv", "--background", "rows.csv"], &["--explain"]);
    let many = "x0,x1,x2,x3\n".to_owned() + &"1,2,3,4\n".repeat(1001);
    write("many.csv", many.as_bytes());
    refused(&["model.json", "rows.csv", "--explain", "--background", "many.csv"], &["many.csv has 1001 rows", "1000 at most", "at random"]);
    refused(&["model.json", "rows.csv", "--out", "model.json"], &["model.json"]);
    assert!(!folder.path().join("scores.csv").exists());
}

/// A linear predictor against rows: each column adds its weight times its distance from the rows' mean, so that all add up to the log-odds.
#[test]
fn a_linear_predictor_is_explained_against_rows_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows: String = (0..60).map(|row| format!("{},{},{}\n", row % 7, (row * 5) % 11, u8::from(row % 7 > 3))).collect();
    fs::write(folder.path().join("table.csv"), format!("a,b,y\n{rows}")).expect("written");
    let scenario = "name = \"linear\"\nrounds = 5\n[data]\npath = \"table.csv\"\nlabel = \"y\"\n[partition]\nclients = 2\n[preprocess]\nscale = \"none\"\n";
    fs::write(folder.path().join("scenario.toml"), scenario).expect("written");
    fs::write(folder.path().join("others.csv"), "a,b\n1,2\n3,10\n").expect("written");
    let run = fedsim_in(folder.path(), &["run", "scenario.toml", "--out", "run", "--no-plots"]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let arguments = ["predict", "run", "table.csv", "--explain", "--background", "others.csv", "--out", "scores.csv"];
    let output = fedsim_in(folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let weights: Vec<f64> =
        column(&folder.path().join("run/model.csv"), "value").iter().map(|cell| cell.parse().expect("a number")).collect();
    let found = ["contribution_base", "contribution_a", "contribution_b", "score"].map(|name| scores(folder.path(), name));
    for row in 0..60 {
        let (a, b) = ((row % 7) as f64, ((row * 5) % 11) as f64);
        // The means of the other rows are 2 and 6.
        for (place, wanted) in
            [weights[2] + 2.0 * weights[0] + 6.0 * weights[1], weights[0] * (a - 2.0), weights[1] * (b - 6.0)].iter().enumerate()
        {
            assert!((found[place][row] - wanted).abs() < 1e-12, "row {row}, {place}");
        }
        let margin: f64 = found[..3].iter().map(|column| column[row]).sum();
        assert!((sigmoid(margin) - found[3][row]).abs() < 1e-12, "row {row}");
    }
}
