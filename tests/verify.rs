//! `fedsim verify`: each kind of difference is made on purpose, and found, named and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{argument, root, succeed, text};
use serde_json::Value;

/// What a command said and how it ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `fedsim verify` with `temporary` as the place of temporary files.
fn verify_in(temporary: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fedsim"));
    command.arg("verify").args(arguments).current_dir(root());
    for variable in ["TMPDIR", "TMP", "TEMP"] {
        command.env(variable, temporary);
    }
    let output = command.output().expect("the binary runs");
    assert_eq!(fs::read_dir(temporary).expect("the folder").count(), 0, "a temporary folder was left behind");
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A folder for a test, with an empty place of temporary files and a finished run.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(bench.path("temporary")).expect("it can be made");
        bench
    }

    /// With a run of `scenarios/fraud.toml` in the folder `run`.
    fn with_run(more: &[&str]) -> Self {
        let bench = Self::new();
        bench.run("run", more);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Three rounds of five clients.
    fn run(&self, name: &str, more: &[&str]) -> PathBuf {
        let out = self.path(name);
        let few = ["--set", "rounds=3", "--set", "partition.clients=5", "--no-plots", "--quiet"];
        succeed(&[&["run", "scenarios/fraud.toml", "--out", argument(&out)], &few[..], more].concat());
        out
    }

    fn verify(&self, more: &[&str]) -> Said {
        let run = self.path("run");
        verify_in(&self.path("temporary"), &[&[argument(&run)], more].concat())
    }

    /// The verdict as JSON, and the exit code that must agree with it.
    fn json(&self, more: &[&str]) -> Value {
        let said = self.verify(&[&["--json", "--quiet"], more].concat());
        let verdict: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
        let code = match verdict["verdict"].as_str() {
            Some("same") => 0,
            Some("different") => 3,
            other => panic!("{other:?}"),
        };
        assert_eq!(said.code, Some(code), "{}", said.err);
        verdict
    }

    /// Puts `new` in the place of the first `old` in a file of the run.
    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.path("run").join(file);
        let content = fs::read_to_string(&path).expect("it can be read");
        assert!(content.contains(old), "{file} has no {old}:\n{content}");
        fs::write(path, content.replacen(old, new, 1)).expect("it can be written");
    }
}

/// The keys of the inputs that differ, with both values, those that decide only.
fn deciding(verdict: &Value) -> Vec<(String, Value, Value)> {
    let inputs = verdict["inputs"].as_array().expect("a list").iter().filter(|input| input["decides"] == true);
    inputs.map(|input| (input["key"].as_str().expect("text").to_owned(), input["run"].clone(), input["other"].clone())).collect()
}

/// The files that differ, with their state in the run.
fn files(verdict: &Value) -> Vec<(&str, &str)> {
    let files = verdict["files"].as_array().expect("a list").iter();
    files.map(|file| (file["file"].as_str().expect("text"), file["run"].as_str().expect("text"))).collect()
}

#[test]
fn a_run_is_the_same_as_its_rerun_on_another_number_of_threads() {
    let bench = Bench::with_run(&["--threads", "2", "--set", "evaluation.per_client=true"]);
    let said = bench.verify(&["--threads", "1"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(said.out, format!("same: a rerun gives {} again, all 13 files to the byte\n", bench.path("run").display()));
    assert!(said.err.contains("round 3/3"), "the rerun tells of its rounds: {}", said.err);
    let quiet = bench.verify(&["--rerun", "--quiet"]);
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.err.as_str()), (Some(0), "", ""));
    assert_eq!(bench.verify(&["--files"]).code, Some(0));
    let verdict = bench.json(&[]);
    assert_eq!((&verdict["mode"], &verdict["files_compared"], &verdict["first_round"]), (&"rerun".into(), &13.into(), &Value::Null));
    assert!(verdict["inputs"].as_array().is_some_and(Vec::is_empty) && verdict["other"]["folder"].is_null());
}

#[test]
fn a_parameter_that_was_changed_is_named_with_its_distance() {
    let bench = Bench::with_run(&[]);
    let model = fs::read_to_string(bench.path("run/model.csv")).expect("the model");
    let line = model.lines().find(|line| line.starts_with("V3,")).expect("a parameter");
    let value: f64 = line[3..].parse().expect("a number");
    bench.edit("model.csv", line, &format!("V3,{}", value + 0.5));

    let verdict = bench.json(&["--files"]);
    assert_eq!(files(&verdict), [("model.csv", "changed")]);
    let said = bench.verify(&["--files"]);
    assert_eq!(said.code, Some(3));
    assert!(said.out.starts_with("different: model.csv is not as the manifest of "), "{}", said.out);
    assert!(said.err.trim_end().lines().eq(said.out.lines().take(1)), "stderr has the answer: {}", said.err);

    let verdict = bench.json(&["--rerun"]);
    assert_eq!(files(&verdict), [("model.csv", "changed")]);
    assert_eq!((&verdict["files"][0]["other"], &verdict["files"][0]["recorded_alike"]), (&"whole".into(), &true.into()));
    // Time, V1 and V2 stand before V3, and the header before them.
    assert_eq!((&verdict["files"][0]["first"]["line"], &verdict["files"][0]["first"]["column"]), (&5.into(), &"value".into()));
    let parameters = &verdict["parameters"];
    assert_eq!((&parameters["differing"], &parameters["farthest"]["name"]), (&1.into(), &"V3".into()));
    assert!((parameters["distance"].as_f64().expect("a number") - 0.5).abs() < 1e-12);
    assert!((parameters["farthest"]["difference"].as_f64().expect("a number") - 0.5).abs() < 1e-12);
    assert!(verdict["first_round"].is_null() && deciding(&verdict).is_empty());
    let said = bench.verify(&[]);
    let words = ["but model.csv is not as the run left it", "1 of 31 parameters differ", "V3, by 0.5: ", "line 5, value: "];
    assert!(words.iter().all(|words| said.out.contains(words)), "{}", said.out);
}

#[test]
fn a_file_that_was_removed_and_one_that_was_added_are_differences() {
    let bench = Bench::with_run(&[]);
    fs::remove_file(bench.path("run/curves.csv")).expect("it can be removed");
    fs::write(bench.path("run/join.csv"), "client\n").expect("it can be written");
    for mode in ["--files", "--rerun"] {
        assert_eq!(files(&bench.json(&[mode])), [("curves.csv", "missing"), ("join.csv", "unlisted")], "{mode}");
    }
    // What differs from run to run, and pictures, are no part of the result.
    let bench = Bench::with_run(&[]);
    for file in ["perf_log.csv", "client_perf.csv", "performance_summary.csv", "report.html"] {
        fs::remove_file(bench.path("run").join(file)).expect("it can be removed");
    }
    assert_eq!(bench.json(&[])["verdict"], "same");
}

#[test]
fn a_digest_that_was_changed_names_its_round() {
    let bench = Bench::with_run(&[]);
    let log = fs::read_to_string(bench.path("run/round_log.csv")).expect("the log");
    let digest = log.lines().nth(3).and_then(|line| line.rsplit(',').next()).expect("round 2 has a digest").to_owned();
    bench.edit("round_log.csv", &digest, &"0".repeat(64));
    let verdict = bench.json(&[]);
    assert_eq!(verdict["first_round"]["round"], 2);
    let columns = verdict["first_round"]["columns"].as_array().expect("a list");
    assert_eq!(columns.len(), 1);
    assert_eq!((&columns[0]["column"], &columns[0]["run"]), (&"state_digest".into(), &"0".repeat(64).into()));
    assert_eq!((&columns[0]["other"], files(&verdict)), (&digest.into(), vec![("round_log.csv", "changed")]));
}

#[test]
fn a_manifest_that_was_changed_does_not_agree_with_its_own_files() {
    let bench = Bench::with_run(&[]);
    bench.edit("manifest.json", "\"rounds\": 3", "\"rounds\": 4");
    assert_eq!(files(&bench.json(&["--files"])), [("manifest.json", "changed")]);
    let verdict = bench.json(&[]);
    assert_eq!((&verdict["results"][0]["name"], &verdict["results"][0]["run"]), (&"rounds".into(), &4.into()));
}

/// Client 1 drops out of round 2 in one of two runs that are otherwise alike: they part in round 2, and not before.
#[test]
fn two_runs_part_in_the_round_that_differs_and_the_key_is_named() {
    let bench = Bench::with_run(&[]);
    let other = bench.run("other", &["--set", "faults.schedule=[{ round = 2, clients = [1] }]"]);
    let against = ["--against", argument(&other)];
    let verdict = bench.json(&against);
    assert_eq!(verdict["first_round"]["round"], 2);
    let columns: Vec<&Value> = verdict["first_round"]["columns"].as_array().expect("a list").iter().map(|cell| &cell["column"]).collect();
    assert!(columns.contains(&&"survivors".into()) && columns.contains(&&"state_digest".into()), "{columns:?}");
    let inputs = deciding(&verdict);
    assert_eq!(inputs.iter().map(|(key, ..)| key.as_str()).collect::<Vec<_>>(), ["faults.schedule"]);
    assert!(verdict["parameters"]["distance"].as_f64().is_some_and(|distance| distance > 0.0));
    assert!(files(&verdict).iter().all(|(_, state)| *state == "whole"), "{verdict}");
    let said = bench.verify(&against);
    let words = ["are not the same run", "faults.schedule", "first round apart", "2: ", "survivors 5 | 4", "31 of 31 parameters differ"];
    assert!(words.iter().all(|words| said.out.contains(words)), "{}", said.out);
}

#[test]
fn another_seed_is_a_difference_that_is_named() {
    let bench = Bench::with_run(&[]);
    let other = bench.run("other", &["--seed", "43"]);
    let verdict = bench.json(&["--against", argument(&other)]);
    assert_eq!(deciding(&verdict), [("seed".to_owned(), "42".into(), "43".into())]);
    assert_eq!(bench.json(&["--against", argument(&bench.path("run"))])["verdict"], "same");
}

#[test]
fn another_name_and_another_place_of_the_data_are_no_difference() {
    let bench = Bench::with_run(&[]);
    let data = bench.path("elsewhere.csv");
    fs::copy(root().join("data/fraud.csv"), &data).expect("it can be copied");
    let path = format!("data.path={:?}", argument(&data));
    let other = bench.run("other", &["--set", "name=renamed", "--set", &path]);
    let against = ["--against", argument(&other)];
    let verdict = bench.json(&against);
    let keys: Vec<&Value> = verdict["inputs"].as_array().expect("a list").iter().map(|input| &input["key"]).collect();
    assert_eq!((&verdict["verdict"], keys), (&"same".into(), vec![&"data.path".into(), &"name".into()]));
    assert!(bench.verify(&against).out.contains("(by itself no difference)"));
}

#[test]
fn a_scenario_that_was_changed_is_not_that_of_its_manifest() {
    let bench = Bench::with_run(&[]);
    bench.edit("scenario.toml", "batch_size = 64", "batch_size = 65");
    assert_eq!(files(&bench.json(&["--files"])), [("scenario.toml", "changed")]);
    let verdict = bench.json(&[]);
    assert!(files(&verdict).contains(&("scenario.toml", "changed")) && verdict["first_round"]["round"] == 1, "{verdict}");
    let said = bench.verify(&[]);
    assert!(said.out.contains("not the scenario of this run"), "{}", said.out);

    fs::remove_file(bench.path("run/scenario.toml")).expect("it can be removed");
    assert_eq!(files(&bench.json(&["--files"])), [("scenario.toml", "missing")]);
    let said = bench.verify(&[]);
    assert!(said.code == Some(2) && said.err.contains("the run's scenario") && said.err.contains("is gone"), "{}", said.err);
}

#[test]
fn data_that_changed_are_told_and_data_that_are_gone_too() {
    let bench = Bench::new();
    let data = bench.path("rows.csv");
    let rows = fs::read_to_string(root().join("data/fraud.csv")).expect("the data");
    fs::write(&data, &rows).expect("it can be written");
    bench.run("run", &["--set", &format!("data.path={:?}", argument(&data))]);
    fs::write(&data, rows.trim_end().rsplit_once('\n').expect("more than one row").0).expect("it can be written");
    let verdict = bench.json(&[]);
    assert_eq!(deciding(&verdict).iter().map(|(key, ..)| key.as_str()).collect::<Vec<_>>(), ["data_sha256"]);
    assert!(verdict["results"].as_array().expect("a list").iter().any(|fact| fact["name"] == "state_digest"));

    fs::remove_file(&data).expect("it can be removed");
    let said = bench.verify(&[]);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("the run's data:") && said.err.contains("is gone") && said.err.contains("--files"), "{}", said.err);
    assert_eq!(bench.verify(&["--files"]).code, Some(0));
}

#[test]
fn another_version_is_told_and_is_no_difference_if_the_results_are_the_same() {
    let bench = Bench::with_run(&[]);
    bench.edit("manifest.json", &format!("\"fedsim\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"fedsim\": \"0.0.0\"");
    let verdict = bench.json(&[]);
    let input = &verdict["inputs"][0];
    assert_eq!((&verdict["verdict"], &input["key"], &input["run"]), (&"same".into(), &"fedsim".into(), &"0.0.0".into()));
    assert!(bench.verify(&[]).out.contains("0.0.0 | "));
}

#[test]
fn a_comparison_with_the_baselines_is_made_again_as_it_was() {
    let bench = Bench::new();
    let run = bench.path("run");
    let sets = ["--set", "rounds=2", "--set", "partition.clients=3", "--set", "data.client_test_fraction=0.2"];
    let terms = ["--tolerance", "0.9", "--seeds", "2", "--leave-one-out", "--no-plots", "--quiet"];
    succeed(&[&["compare-baseline", "scenarios/fraud.toml", "--out", argument(&run)], &sets[..], &terms].concat());
    let said = bench.verify(&[]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.ends_with("all 15 files to the byte\n"), "{}", said.out);

    // A federation that isn't equivalent any more is a difference like others, not an error of the rerun.
    bench.edit("manifest.json", "\"tolerance\": 0.9", "\"tolerance\": 0.0000000001");
    let verdict = bench.json(&[]);
    assert_eq!(files(&verdict), [("baseline_vs_fl.csv", "whole")]);
    assert_eq!(verdict["files"][0]["first"]["column"], "equivalent");
    bench.edit("manifest.json", "\"tolerance\": 0.0000000001", "\"tolerance\": 7");
    assert_eq!(bench.verify(&[]).code, Some(2));

    // The same scenario without the comparison is not the same run.
    let plain = bench.path("plain");
    succeed(&[&["run", "scenarios/fraud.toml", "--out", argument(&plain)], &sets[..], &["--no-plots", "--quiet"]].concat());
    assert!(!fs::read_to_string(plain.join("manifest.json")).expect("a manifest").contains("comparison"));
    let verdict = bench.json(&["--against", argument(&plain)]);
    assert!(deciding(&verdict).contains(&("comparison.seeds".to_owned(), "2".into(), Value::Null)), "{verdict}");
    assert!(files(&verdict).contains(&("join.csv", "whole")));
}

#[test]
fn secure_aggregation_with_aborted_rounds_comes_out_again() {
    let bench = Bench::new();
    let run = bench.path("run");
    let arguments = ["run", "scenarios/fraud_secure_dropouts.toml", "--out", argument(&run), "--set", "rounds=6", "--no-plots", "--quiet"];
    succeed(&arguments);
    assert!(fs::read_to_string(run.join("round_log.csv")).expect("the log").contains("aborted"));
    let said = bench.verify(&[]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
}

#[test]
fn what_is_no_finished_run_is_refused_with_the_way_out() {
    let bench = Bench::with_run(&[]);
    let manifest = fs::read_to_string(bench.path("run/manifest.json")).expect("a manifest");
    let hash = "0".repeat(64);
    let put = |entry: &str| manifest.replacen("\"files\": {", &format!("\"files\": {{ {entry}, "), 1);
    let cases = [
        (String::new(), "EOF while parsing"),
        ("{".to_owned(), "manifest.json:1:1"),
        ("[]".to_owned(), "manifest.json:1:"),
        (format!("{{ \"later\": {}", "[".repeat(100_000)), "EOF while parsing a list"),
        (manifest.replacen("\"rounds\": 3", "\"rounds\": -3", 1), "invalid value"),
        (manifest.replacen("\"rounds\": 3", "\"rounds\": 1e999", 1), "number out of range"),
        (put(&format!("\"../../secret.csv\": \"{hash}\"")), "\"../../secret.csv\", which no run"),
        (put(&format!("\"/etc/passwd\": \"{hash}\"")), "\"/etc/passwd\", which no run"),
        (put(&format!("\"\\u001b[2J\": \"{hash}\"")), "which no run"),
        (put("\"fairness.csv\": \"abc\""), "the value of fairness.csv is no SHA-256"),
        (manifest.replacen("\"model.csv\"", "\"fairness.csv\"", 1), "no SHA-256 of model.csv"),
        (" ".repeat(2 << 20) + &manifest, "longer than 1 MiB"),
    ];
    for (content, words) in cases {
        fs::write(bench.path("run/manifest.json"), &content).expect("it can be written");
        for mode in ["--files", "--rerun"] {
            let said = bench.verify(&[mode]);
            assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{words}: {}", said.err);
            assert!(said.err.contains(words) && said.err.contains("help: ") && !said.err.contains('\u{1b}'), "{words}: {}", said.err);
        }
    }
    fs::write(bench.path("run/manifest.json"), manifest.replacen('{', "{ \"later\": [1, 2],", 1)).expect("it can be written");
    assert_eq!(bench.verify(&["--files"]).code, Some(0), "a field of a later version is no mistake");
    fs::remove_file(bench.path("run/manifest.json")).expect("it can be removed");
    let said = bench.verify(&[]);
    assert!(said.code == Some(2) && said.err.contains("find a finished run"), "{}", said.err);
    assert_eq!(verify_in(&bench.path("temporary"), &["nowhere"]).code, Some(2));
    assert_eq!(bench.verify(&["--files", "--rerun"]).code, Some(2), "one question at a time");
}

#[test]
fn tables_that_are_no_tables_are_borne() {
    let bench = Bench::with_run(&[]);
    fs::write(bench.path("run/round_log.csv"), b"\xff\xfe\"\0\n,,,\"").expect("it can be written");
    fs::write(bench.path("run/model.csv"), "name,value\n\"V1\n").expect("it can be written");
    fs::write(bench.path("run/curves.csv"), vec![b'x'; 5 << 20]).expect("it can be written");
    fs::remove_file(bench.path("run/metrics_log.csv")).expect("it can be removed");
    fs::create_dir(bench.path("run/metrics_log.csv")).expect("it can be made");
    let verdict = bench.json(&[]);
    let wanted = [("curves.csv", "changed"), ("metrics_log.csv", "missing"), ("model.csv", "changed"), ("round_log.csv", "changed")];
    assert_eq!(files(&verdict), wanted);
    assert_eq!(bench.verify(&["--files"]).code, Some(3));
}

/// A signal ends the process without unwinding: what is temporary goes nevertheless.
#[cfg(unix)]
#[test]
fn a_signal_in_the_rerun_leaves_no_folder_behind() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let bench = Bench::with_run(&[]);
    // A rerun that takes its time: the manifest is not looked at before the end.
    bench.edit("scenario.toml", "rounds = 3", "rounds = 100000");
    for signals in [["-TERM", "-TERM"].as_slice(), &["-INT"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fedsim"));
        command.arg("verify").arg(bench.path("run")).env("TMPDIR", bench.path("temporary"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
        assert!(lines.next().expect("a line").expect("text").starts_with("round 0/"));
        assert_eq!(fs::read_dir(bench.path("temporary")).expect("the folder").count(), 1);
        for signal in signals {
            assert!(Command::new("kill").args([*signal, &child.id().to_string()]).status().expect("kill runs").success());
        }
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(child.wait().expect("it ends").code(), Some(130), "{rest:?}");
        assert_eq!(fs::read_dir(bench.path("temporary")).expect("the folder").count(), 0, "{signals:?}");
    }
}
