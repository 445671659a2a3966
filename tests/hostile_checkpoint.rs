//! Checkpoints that are whole, sealed anew, and say what no run of the scenario can have written: each is refused with its name
//! and exit code 2, before anything of it is used.

#![cfg(unix)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{SCENARIO, Seal, begun_desk, desk, fedsim_in, text};

/// What is changed, how, and a part of the message.
type Change = (&'static str, fn(&mut Value), &'static str);

const CHECKPOINT: &str = "out/unfinished/checkpoint.json";

/// A desk whose scenario has this at its end, and in whose folder `out` a run of it has died after its first round.
fn begun(more: &str) -> tempfile::TempDir {
    let desk = desk();
    fs::write(desk.path().join("scenario.toml"), format!("{SCENARIO}{more}")).expect("written");
    begun_desk(desk.path(), "out");
    desk
}

fn refuses_all(desk: &Path, command: &str, changes: &[Change]) {
    let path = desk.join(CHECKPOINT);
    let before = fs::read(&path).expect("the checkpoint");
    for &(what, change, part) in changes {
        fs::write(&path, &before).expect("written");
        Seal::open(&path).change(change);
        let output = fedsim_in(desk, &[command, "scenario.toml", "--out", "out", "--resume", "--no-plots"]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{what}: {:?}\n{told}", output.status);
        assert!(told.contains("checkpoint.json says what no run can have written") && told.contains(part), "{what}: {told}");
        assert!(told.contains("--force") && !told.contains("panicked"), "{what}: {told}");
    }
    fs::write(&path, &before).expect("written");
}

fn resumes(desk: &Path) {
    let output = fedsim_in(desk, &["run", "scenario.toml", "--out", "out", "--resume", "--no-plots", "--quiet"]);
    assert!(output.status.success(), "as it was, it is gone on from: {}", text(&output.stderr));
}

#[test]
fn a_standing_that_the_plan_does_not_lead_to() {
    let desk = begun("");
    refuses_all(
        desk.path(),
        "run",
        &[
            ("a round beyond the plan", |c| c["standing"]["round"] = json!(1_u64 << 63), "round 9223372036854775808 of 2"),
            ("a round more than there are", |c| c["standing"]["round"] = json!(3), "round 3 of 2"),
            ("a round before", |c| c["standing"]["round"] = json!(0), "before the first round"),
            ("a parameter less", |c| drop(params(c).pop()), "parameters, and the model has"),
            ("no parameter", |c| params(c).clear(), "0 parameters"),
            ("many parameters", |c| params(c).extend(vec![json!(0.5); 100_000]), "parameters, and the model has"),
            ("a parameter that is none", |c| params(c)[0] = Value::Null, "invalid type"),
            ("a digest that is none", |c| c["standing"]["state_digest"] = json!("00"), ""),
            ("a watched metric without early stopping", |c| c["standing"]["watched"]["best"] = json!([0.5, 1]), "early stopping"),
            ("measurements without early stopping", |c| c["standing"]["watched"]["since"] = json!(usize::MAX), "early stopping"),
            ("a best model", |c| c["standing"]["best"] = json!([1.0]), "a best model where none is kept"),
            ("more rounds than there were", |c| c["standing"]["counts"]["completed"] = json!(2), "completed and aborted"),
            ("rounds beyond all numbers", |c| c["standing"]["counts"]["completed"] = json!(usize::MAX), "completed and aborted"),
            (
                "no aborted round that lacked clients",
                |c| c["standing"]["counts"]["shortfall"] = shortfall(1, &Value::Null),
                "none was aborted",
            ),
            ("a round that lacked clients later", |c| aborted(c, &shortfall(2, &Value::Null)), "none of these"),
            ("a stage that there is not", |c| aborted(c, &shortfall(1, &json!("\u{1b}[2J"))), "a stage that this run does not have"),
            ("a stage of secure sums", |c| aborted(c, &shortfall(1, &json!("share"))), "a stage that this run does not have"),
            ("time before time", |c| c["standing"]["seconds"]["wall"] = json!(-1.0), "below 0"),
        ],
    );
    resumes(desk.path());
}

#[test]
fn blocks_and_memories_that_the_strategy_does_not_keep() {
    let desk = begun("[strategy]\nkind = \"scaffold\"\n");
    refuses_all(
        desk.path(),
        "run",
        &[
            ("no blocks", |c| c["standing"]["state"]["blocks"] = json!([]), "other blocks"),
            ("a block less", |c| drop(c["standing"]["state"]["blocks"].as_array_mut().expect("a list").pop()), "other blocks"),
            ("another block", |c| c["standing"]["state"]["blocks"][1]["name"] = json!("momentum"), "other blocks"),
            ("a number too far left", |c| left_by_one(&mut c["standing"]["state"]["blocks"]), "other blocks"),
            ("a stranger's memory", |c| c["standing"]["memories"]["2"] = c["standing"]["memories"]["0"].clone(), "that there is none of"),
            ("a short memory", |c| drop(c["standing"]["memories"]["0"].as_array_mut().expect("a list").pop()), "another length"),
            ("a memory of no number", |c| c["standing"]["memories"]["x"] = json!([]), ""),
        ],
    );
    resumes(desk.path());
    let plain = begun("");
    refuses_all(plain.path(), "run", &[("a memory", |c| c["standing"]["memories"] = json!({ "0": [0.5] }), "clients that keep none")]);
}

/// One value of the first block moved to the second: as many in all.
fn left_by_one(blocks: &mut Value) {
    let value = blocks[0]["values"].as_array_mut().expect("a list").pop().expect("a value");
    blocks[1]["values"].as_array_mut().expect("a list").push(value);
}

fn params(checkpoint: &mut Value) -> &mut Vec<Value> {
    checkpoint["standing"]["state"]["blocks"][0]["values"].as_array_mut().expect("a list")
}

fn shortfall(round: usize, stage: &Value) -> Value {
    json!({ "round": round, "stage": stage, "present": 0, "needed": 1 })
}

fn aborted(checkpoint: &mut Value, shortfall: &Value) {
    checkpoint["standing"]["counts"] = json!({ "completed": 0, "aborted": 1, "shortfall": shortfall });
}

#[test]
fn marks_of_other_logs_than_the_run_keeps() {
    let desk = begun("");
    refuses_all(
        desk.path(),
        "run",
        &[
            ("no marks", |c| c["logs"]["marks"] = json!([]), "other logs"),
            ("a mark twice", |c| twice(&mut c["logs"]["marks"]), "other logs"),
            ("a log that this run does not keep", |c| c["logs"]["marks"][0]["name"] = json!("fairness.csv"), "other logs"),
            ("a name that is a path", |c| c["logs"]["marks"][0]["name"] = json!("../table.csv"), "leaves no file"),
            ("a log of a terabyte", |c| c["logs"]["marks"][0]["bytes"] = json!(1_u64 << 40), "bytes of"),
            ("secure sums in the clear", |c| c["logs"]["secure"] = json!({}), "in the clear"),
        ],
    );
    resumes(desk.path());
}

fn twice(list: &mut Value) {
    let list = list.as_array_mut().expect("a list");
    list.push(list[0].clone());
}

#[test]
fn gathered_figures_that_no_rounds_give() {
    let desk = begun("");
    refuses_all(
        desk.path(),
        "run",
        &[
            ("a stride of nothing", |c| c["gathered"]["sparkline"]["stride"] = json!(0), "a course of metrics"),
            ("a stride beyond all numbers", |c| c["gathered"]["sparkline"]["stride"] = json!(1_u64 << 63), "a course of metrics"),
            ("points that were not seen", |c| c["gathered"]["sparkline"]["seen"] = json!(usize::MAX), "a course of metrics"),
            ("selected beyond all numbers", |c| c["gathered"]["selected"] = json!(usize::MAX), "selected clients"),
            ("more dropped than selected", |c| c["gathered"]["dropped"] = json!(1), "selected clients"),
            ("more aborted than rounds", |c| c["gathered"]["aborted"] = json!(2), "aborted rounds"),
            ("a best AUC to come", |c| c["gathered"]["best"] = json!([0.5, 2]), "a best value that no round has"),
            ("a sum of more than all", |c| c["gathered"]["disclosed"] = json!([1, 3, 0]), "inputs of a sum"),
            ("a spread of nothing known", |c| c["gathered"]["fairness"] = json!([["x", spread(1)]]), "a spread over clients"),
            ("a spread over more than all", |c| c["gathered"]["fairness"] = json!([["auc", spread(3)]]), "a spread over clients"),
        ],
    );
    refuses_all(
        desk.path(),
        "compare-baseline",
        &[
            ("models that were not measured", |c| c["gathered"] = json!({ "visits": 1, "points": [] }), "other rounds than were measured"),
            ("visits beyond all numbers", |c| c["gathered"] = course(u64::MAX, [0, 1]), "more visits to rows"),
            ("visits before the first round", |c| c["gathered"] = course(1, [1, 1]), "more visits to rows"),
            ("visits that become fewer", |c| c["gathered"] = course(0, [0, 1]), "more visits to rows"),
        ],
    );
    resumes(desk.path());
}

fn spread(clients: usize) -> Value {
    json!({ "clients": clients, "worst": 0.5, "p10": 0.5, "median": 0.5, "gini": null })
}

fn course(visits: u64, of_points: [u64; 2]) -> Value {
    let metrics = json!({ "task": "binary", "values": [0.5, null, null, 0.0, 0.0, 0.0, 0.0, 0.0, null, null, 0.0, null, null, null] });
    let point = |round: usize| json!({ "round": round, "visits": of_points[round], "metrics": metrics });
    json!({ "visits": visits, "points": [point(0), point(1)] })
}

#[test]
fn early_stopping_that_no_run_has() {
    let desk = begun("\n[stop]\nmetric = \"loss\"\npatience = 3\nkeep = \"best\"\n");
    refuses_all(
        desk.path(),
        "run",
        &[
            ("a best round to come", |c| c["standing"]["watched"]["best"][1] = json!(2), "early stopping"),
            ("more measurements than rounds", |c| c["standing"]["watched"]["since"] = json!(2), "early stopping"),
            ("no best model", |c| c["standing"]["best"] = Value::Null, "none where one is"),
            ("a short best model", |c| c["standing"]["best"] = json!([0.5]), "a best model of 1 parameters"),
            ("a best model that is not this round's", |c| another_best(c), "not this round's"),
        ],
    );
    resumes(desk.path());
}

fn another_best(checkpoint: &mut Value) {
    let mut best = params(checkpoint).clone();
    best[0] = json!(1234.5);
    checkpoint["standing"]["best"] = Value::Array(best);
    checkpoint["standing"]["watched"]["best"][1] = json!(1);
    checkpoint["standing"]["watched"]["since"] = json!(0);
}

#[test]
fn secure_sums_that_no_cohort_has() {
    let desk = desk();
    let secure = SCENARIO.replace("clients = 2", "clients = 4") + "\n[aggregation]\nkind = \"secure\"\nthreshold = 3\n";
    fs::write(desk.path().join("scenario.toml"), secure).expect("written");
    begun_desk(desk.path(), "out");
    refuses_all(
        desk.path(),
        "run",
        &[
            ("none", |c| c["logs"]["secure"] = Value::Null, ""),
            ("nonsense", |c| c["logs"]["secure"] = json!({}), "can't be read"),
            ("more sums than rounds", |c| c["logs"]["secure"]["sums"] = json!(2), "more secure sums than rounds"),
            ("bytes beyond all numbers", |c| c["logs"]["secure"]["bytes"] = json!(u64::MAX), "no run reaches"),
            ("more clipped than all", |c| c["logs"]["secure"]["clipped"] = json!(u64::MAX), "clipped"),
            ("an error below 0", |c| c["logs"]["secure"]["rounding_error"] = json!(-1.0), "below 0"),
            ("more inputs than clients", |c| c["logs"]["secure"]["fewest"] = json!(usize::MAX), "than clients"),
            ("a margin above the cohort", |c| c["logs"]["secure"]["margin"] = json!(5), "than clients"),
            ("no cohort", |c| c["logs"]["secure"]["largest"] = Value::Null, "without a cohort"),
            ("a cohort of 10^15", |c| agreement(c)["clients"] = json!(1_000_000_000_000_000_u64), "another agreement"),
            ("a cohort of none", |c| agreement(c)["clients"] = json!(0), "another agreement"),
            ("another threshold", |c| agreement(c)["shape"]["Complete"]["threshold"] = json!(0), "another agreement"),
            ("another ring", |c| agreement(c)["ring"]["bits"] = json!(0), "another agreement"),
            ("another adversary", |c| agreement(c)["adversary"] = json!("Active"), "another agreement"),
            ("other rates", |c| agreement(c)["rates"]["corrupt"] = json!(1e300), "another agreement"),
            ("another length", |c| c["logs"]["secure"]["largest"]["length"] = json!(usize::MAX), "another agreement"),
        ],
    );
    resumes(desk.path());
}

fn agreement(checkpoint: &mut Value) -> &mut Value {
    &mut checkpoint["logs"]["secure"]["largest"]["agreement"]
}
