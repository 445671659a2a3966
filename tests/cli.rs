//! The subcommands as a user calls them.

use std::fs;
use std::path::Path;

use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::tasks::{Labels, Metrics, Task, View};

use crate::support::{argument, column, fedsim, fedsim_in, root, succeed, text};

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|value| value.parse().expect("a number")).collect()
}

#[test]
fn the_shipped_tables_come_out_of_the_command_that_made_them() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, rows) in [("fraud", "20000"), ("credit", "10000"), ("grades", "5000"), ("lgd", "4000")] {
        let out = folder.path().join(format!("{kind}.csv"));
        succeed(&["generate", kind, "--rows", rows, "--seed", "42", "--out", argument(&out)]);
        let shipped = root().join("data").join(format!("{kind}.csv"));
        assert!(fs::read(&out).expect("the table") == fs::read(&shipped).expect("the shipped table"), "data/{kind}.csv differs");
        assert!(fs::metadata(shipped).expect("the shipped table").len() < 5_000_000);
    }
    let positives: f64 = numbers(&root().join("data/fraud.csv"), "Class").iter().sum();
    assert!(positives >= 150.0);
}

#[test]
fn preprocess_writes_standardised_files_that_a_run_can_take() {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(&["preprocess", "--out-root", argument(folder.path()), "--clients", "3", "--partition", "dirichlet:0.5"]);
    let train = folder.path().join("processed/train.csv");
    let clients = (1..=3).map(|client| folder.path().join(format!("clients/client_{client}/train.csv")));
    let mut rows: Vec<String> = clients
        .flat_map(|path| fs::read_to_string(path).expect("a client's file").lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut all: Vec<String> = fs::read_to_string(&train).expect("the training rows").lines().skip(1).map(str::to_owned).collect();
    rows.sort();
    all.sort();
    assert!(rows == all, "the clients' rows are not the training rows");
    let test = fs::read_to_string(folder.path().join("processed/test.csv")).expect("the test rows");
    assert_eq!((all.len(), test.lines().count() - 1), (16_000, 4_000));

    let v1 = numbers(&train, "V1");
    let n = v1.len() as f64;
    let mean = v1.iter().sum::<f64>() / n;
    let variance = v1.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12, "{mean} {variance}");
    assert_eq!(column(&folder.path().join("stats.csv"), "feature").len(), 30);

    // Fewer clients: the former deal's third must not stay.
    succeed(&["preprocess", "--out-root", argument(folder.path()), "--clients", "2", "--force"]);
    assert!(!folder.path().join("clients/client_3").exists());
    let scenario = folder.path().join("by_folder.toml");
    let text =
        "name = \"by_folder\"\nrounds = 2\n[data]\nclients_dir = \"clients\"\ntest_path = \"processed/test.csv\"\nlabel = \"Class\"\n";
    fs::write(&scenario, text).expect("the scenario can be written");
    let out = folder.path().join("out");
    succeed(&["run", argument(&scenario), "--out", argument(&out), "--quiet"]);
    assert_eq!(numbers(&out.join("partition.csv"), "examples"), [8000.0, 8000.0]);
}

#[test]
fn predict_scores_test_rows_as_the_run_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = fs::read_to_string(root().join("data/credit.csv")).expect("the shipped table");
    let lines: Vec<&str> = table.lines().collect();
    // Training rows without a line break inside quotes: the shipped table has none.
    fs::write(folder.path().join("train.csv"), lines[..8001].join("\n")).expect("written");
    fs::write(folder.path().join("test.csv"), [&lines[..1], &lines[8001..]].concat().join("\n")).expect("written");
    let scenario = folder.path().join("s.toml");
    let content = "name = \"s\"\nrounds = 3\n[data]\ntrain_path = \"train.csv\"\ntest_path = \"test.csv\"\nlabel = \"default\"\n\
                   [preprocess]\nindicator = true\n[partition]\nclients = 4\n[evaluation]\nthreshold = 0.2\n";
    fs::write(&scenario, content).expect("written");
    let (run, scores) = (folder.path().join("run"), folder.path().join("scores.csv"));
    succeed(&["run", argument(&scenario), "--out", argument(&run), "--quiet"]);
    succeed(&["predict", argument(&run), argument(&folder.path().join("test.csv")), "--out", argument(&scores)]);
    let labels: Vec<bool> = numbers(&scores, "label").iter().map(|&label| label == 1.0).collect();
    let (x, said) = (Matrix::zeros((labels.len(), 1), Storage::Double), numbers(&scores, "score"));
    let view = View { x: x.rows(), labels: Labels::Binary(&labels), scores: &said };
    for (name, value) in Metrics::of(Task::Binary, &view, 0.2).named() {
        let logged = numbers(&run.join("metrics_log.csv"), name);
        assert_eq!(value, logged.last().copied(), "{name}");
    }
    let decisions = numbers(&scores, "decision");
    assert!(numbers(&scores, "score").iter().zip(decisions).all(|(score, decision)| (*score >= 0.2) == (decision == 1.0)));
    assert_eq!(numbers(&scores, "row")[..2], [1.0, 2.0]);

    // Without a label, with columns turned round and a category that training never saw.
    let header: Vec<&str> = lines[0].split(',').collect();
    let mut reader = csv::Reader::from_path(folder.path().join("test.csv")).expect("a table");
    let record = reader.records().next().expect("a row").expect("a row");
    let label = header.iter().position(|name| *name == "default").expect("a label");
    let housing = header.iter().position(|name| *name == "housing").expect("a column");
    let order: Vec<usize> = (0..header.len()).rev().filter(|&at| at != label).collect();
    let mut writer = csv::Writer::from_path(folder.path().join("raw.csv")).expect("written");
    writer.write_record(order.iter().map(|&at| header[at])).expect("written");
    writer.write_record(order.iter().map(|&at| if at == housing { "igloo" } else { &record[at] })).expect("written");
    writer.flush().expect("written");
    let output = succeed(&["predict", argument(&run), argument(&folder.path().join("raw.csv"))]);
    let printed = text(&output.stdout);
    assert!(printed.starts_with("row,score,decision\n1,") && printed.lines().count() == 2, "{printed}");
}

#[test]
fn predict_says_what_the_input_lacks() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    succeed(&["run", "scenarios/credit.toml", "--set", "rounds=1", "--out", argument(&run), "--quiet"]);
    let input = folder.path().join("input.csv");
    fs::write(&input, "age,income\n1,2\n").expect("written");
    let output = fedsim(&["predict", argument(&run), argument(&input)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no columns `loan_amount`"), "{}", text(&output.stderr));
    let output = fedsim(&["predict", argument(folder.path()), argument(&input)]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("finished run"), "{}", text(&output.stderr));
}

#[test]
fn predict_takes_no_cell_that_the_run_would_not_have_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows: String = (0..40).map(|row| format!("{},{},{}\n", row % 7, row % 5, ["no", "yes"][row % 2])).collect();
    fs::write(folder.path().join("t.csv"), format!("a,b,y\n{rows}")).expect("written");
    let (scenario, input) = (folder.path().join("s.toml"), folder.path().join("input.csv"));
    let predicted = |missing: &str, input_rows: &str| {
        let content = format!(
            "name = \"s\"\nrounds = 1\n[data]\npath = \"t.csv\"\nlabel = \"y\"\npositive = \"yes\"\n\
             [preprocess]\nmissing = \"{missing}\"\n[partition]\nclients = 2\n"
        );
        fs::write(&scenario, content).expect("written");
        let run = folder.path().join(missing);
        succeed(&["run", argument(&scenario), "--out", argument(&run), "--quiet", "--force"]);
        fs::write(&input, format!("a,b,y\n{input_rows}")).expect("written");
        let output = fedsim(&["predict", argument(&run), argument(&input)]);
        (output.status.code(), text(&output.stderr) + &text(&output.stdout))
    };
    let (code, message) = predicted("error", "1,2,yes\n3,,no\n");
    assert!(code == Some(2) && message.contains("input.csv:3:3") && message.contains("needs a value"), "{message}");
    assert_eq!(predicted("error", "1,2,yes\n3,4,\n").0, Some(0));
    assert_eq!(predicted("mean", "1,2,yes\n3,,no\n").0, Some(0));
    // Training rows had one text beside "yes", so that of two others at least one is none that they had.
    let (code, message) = predicted("mean", "1,2,yes\n3,4,no\n5,6,maybe\n");
    assert!(code == Some(2) && message.contains("\"maybe\" and \"no\""), "{message}");
}

#[test]
fn partition_shows_the_deal_and_writes_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("deal.csv");
    let output = succeed(&["partition", "scenarios/fraud_noniid.toml", "--out", argument(&out)]);
    let examples = numbers(&out, "examples");
    assert_eq!((examples.len(), examples.iter().sum::<f64>()), (10, 16_000.0));
    assert_eq!(text(&output.stdout).lines().count(), 11);
}

#[test]
fn every_subcommand_shows_an_example_and_the_lists_are_whole() {
    for command in ["run", "preprocess", "predict", "export", "generate", "init", "partition", "secagg", "list", "schema", "completions"] {
        let help = text(&succeed(&[command, "--help"]).stdout);
        assert!(help.contains(&format!("Example: fedsim {command}")), "{help}");
    }
    let list = text(&succeed(&["list"]).stdout);
    for kind in [
        "iid",
        "dirichlet",
        "quantity",
        "shards",
        "column",
        "logistic",
        "all",
        "uniform",
        "poisson",
        "fed_avg",
        "mean",
        "secure",
        "fraud",
        "credit",
        "grades",
        "lgd",
    ] {
        assert!(list.lines().any(|line| line.trim_start().starts_with(kind)), "{kind} is missing in\n{list}");
    }
    assert!(text(&succeed(&["--version"]).stdout).starts_with("fedsim "));
    assert!(text(&succeed(&["completions", "bash"]).stdout).contains("fedsim"));
    assert_eq!(fedsim(&["no-such"]).status.code(), Some(2));
}

#[test]
fn the_bare_commands_work_in_the_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["data", "scenarios"] {
        let (from, to) = (root().join(name), folder.path().join(name));
        fs::create_dir(&to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").flatten().filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
    for command in ["preprocess", "run", "partition"] {
        let output = fedsim_in(folder.path(), &[command]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    assert!(folder.path().join("outputs/fraud/manifest.json").exists());
    assert!(folder.path().join("data/clients/client_3/train.csv").exists());
}

#[test]
fn plain_lines_tell_of_the_run_and_quiet_tells_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |more: &[&str]| {
        succeed(&[&["run", "scenarios/credit.toml", "--set", "rounds=3", "--out", argument(folder.path()), "--force"], more].concat())
    };
    let loud = run(&[]);
    assert_eq!(text(&loud.stderr).lines().filter(|line| line.starts_with("round ")).count(), 4);
    assert!(!text(&loud.stderr).contains('\u{1b}') && !text(&loud.stdout).contains('\u{1b}'));
    assert!(text(&loud.stdout).contains("auc") && text(&loud.stdout).contains(argument(folder.path())));
    let quiet = run(&["--quiet"]);
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[cfg(unix)]
#[test]
fn control_c_leaves_whole_logs_and_exit_code_130() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=10000000", "--set", "evaluation.every=1", "--out", argument(&out)];
    let mut child = Command::new(env!("CARGO_BIN_EXE_fedsim"))
        .args(arguments)
        .current_dir(root())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    assert!(lines.next().expect("a line").expect("text").starts_with("round 0/"));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
    let message = lines.map(|line| line.expect("text")).collect::<String>();
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{message}");
    assert!(message.contains("interrupted after round"), "{message}");
    assert!(!out.join("manifest.json").exists());
    let rounds = numbers(&out.join("unfinished/round_log.csv"), "round");
    assert!(rounds.iter().enumerate().all(|(at, round)| at as f64 == *round));
    assert_eq!(fs::read_dir(&out).expect("the folder").count(), 1, "only what is not finished is there");
}

#[test]
fn the_document_of_outputs_is_that_of_the_tables() {
    let written = fs::read_to_string(root().join("docs/outputs.md")).expect("the document");
    assert!(written == fedsim::logs::document(), "cargo run --example outputs > docs/outputs.md");
}

#[test]
fn logs_have_the_columns_that_their_readers_know() {
    let folder = tempfile::tempdir().expect("a folder");
    succeed(&[
        "run",
        "scenarios/credit.toml",
        "--set",
        "rounds=4",
        "--set",
        "evaluation.every=2",
        "--out",
        argument(folder.path()),
        "--quiet",
    ]);
    let metrics = "loss,auc,pr_auc,accuracy,precision,recall,f1,brier,ks,gini,ece,\
                   recall_at_fpr_0.001,recall_at_fpr_0.01,recall_at_fpr_0.05";
    let headers = [
        ("preprocess.csv", "feature,source,kind,category,fill,mean,scale,transform,low,high".to_owned()),
        ("partition.csv", "client,name,examples,positives,positive_share,held_out".to_owned()),
        ("round_log.csv", "round,outcome,selected,survivors,dropped,examples,update_norm,state_digest".to_owned()),
        ("metrics_log.csv", format!("round,{metrics}")),
        ("client_metrics.csv", format!("round,client,name,{metrics}")),
        ("fairness.csv", "round,metric,clients,worst,p10,median,gini".to_owned()),
        ("curves.csv", "curve,x,y,rows,threshold".to_owned()),
        ("predictions.csv", "row,label,score".to_owned()),
        ("scores.csv", "score_from,score_to,negatives,positives".to_owned()),
        ("gains.csv", "group,rows,positives,positive_share,lift,positives_so_far,threshold".to_owned()),
        ("model.csv", "name,value".to_owned()),
        ("perf_log.csv", "round,duration_s,cpu_time_s,train_s,aggregate_s,evaluate_s,upload_bytes,download_bytes".to_owned()),
        ("client_perf.csv", "round,client,name,fate,examples,train_time_s,cpu_time_s,upload_bytes,download_bytes".to_owned()),
        ("performance_summary.csv", "metric,value".to_owned()),
    ];
    for (file, header) in headers {
        let content = fs::read_to_string(folder.path().join(file)).expect("the file is there");
        assert_eq!(content.lines().next(), Some(header.as_str()), "{file}");
    }
    assert_eq!(numbers(&folder.path().join("metrics_log.csv"), "round"), [0.0, 2.0, 4.0]);
    assert_eq!(column(&folder.path().join("client_metrics.csv"), "client").len(), 18);
    let parameters = column(&folder.path().join("model.csv"), "name").len() as f64;
    assert_eq!(numbers(&folder.path().join("perf_log.csv"), "download_bytes")[0], 6.0 * 8.0 * parameters);
    assert_eq!(numbers(&folder.path().join("perf_log.csv"), "upload_bytes")[0], 6.0 * (8.0 * parameters + 8.0));
}

#[test]
fn money_and_held_out_rows_stand_in_the_logs() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path();
    let sets = ["rounds=3", "evaluation.cost={ fn = 10, fp = 1 }", "data.client_test_fraction=0.25", "evaluation.per_client=true"];
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> = ["run", "scenarios/fraud.toml", "--out", argument(out), "--quiet"].into_iter().chain(sets).collect();
    succeed(&arguments);
    // 20000 rows, a fifth for the test; each of ten clients holds a quarter of 1600 out.
    assert_eq!(numbers(&out.join("partition.csv"), "examples"), [1200.0; 10]);
    assert_eq!(numbers(&out.join("partition.csv"), "held_out"), [400.0; 10]);
    let log = |name| numbers(&out.join("metrics_log.csv"), name);
    // At the threshold 0.5 the model at its start, whose scores are all 0.5, decides every row to be 1.
    let share = numbers(&out.join("partition.csv"), "positive_share").iter().sum::<f64>() / 10.0;
    assert!((log("cost")[0] - (1.0 - share)).abs() < 0.005, "{} {share}", log("cost")[0]);
    // Found on training rows, the best threshold is nearly the best on test rows, which come from the same process: here it
    // must not lose against deciding 1 always, or 0 always.
    assert!(log("cost_best")[3] < (1.0 - share).min(10.0 * share));
    assert!(log("threshold_best").iter().all(|threshold| (0.0..=1.0).contains(threshold)));
    assert_eq!(column(&out.join("fairness.csv"), "metric"), ["auc", "loss"].repeat(4));
    let spreads = ["worst", "p10", "median"].map(|name| numbers(&out.join("fairness.csv"), name)[6]);
    assert!(spreads[0] <= spreads[1] && spreads[1] <= spreads[2] && spreads[2] < 1.0, "{spreads:?}");
}

#[test]
fn test_rows_shape_no_statistic_and_no_category() {
    let folder = tempfile::tempdir().expect("a folder");
    let train: String = (0..60).map(|row| format!("{},{},{}\n", row % 7, ["u", "v"][row % 2], row % 3 / 2)).collect();
    fs::write(folder.path().join("train.csv"), format!("x,k,y\n{train}")).expect("written");
    let scenario = folder.path().join("s.toml");
    let content =
        "name = \"s\"\nrounds = 1\n[data]\ntrain_path = \"train.csv\"\ntest_path = \"test.csv\"\nlabel = \"y\"\n[partition]\nclients = 3\n";
    fs::write(&scenario, content).expect("written");
    let fitted = |test: &str| {
        fs::write(folder.path().join("test.csv"), format!("x,k,y\n{test}")).expect("written");
        let out = folder.path().join("out");
        succeed(&["run", argument(&scenario), "--out", argument(&out), "--quiet", "--force"]);
        ["preprocess.csv", "model.csv"].map(|file| fs::read_to_string(out.join(file)).expect("the file"))
    };
    let plain = fitted("1,u,0\n2,v,1\n");
    assert_eq!(plain, fitted("1e6,w,0\n,u,1\n"));
    assert!(plain[0].contains("k=v") && !plain[0].contains("k=w"));
}

#[test]
fn a_client_that_fails_after_its_update_is_in_the_sum() {
    let folder = tempfile::tempdir().expect("a folder");
    let survivors = |stage: &str| {
        let schedule = format!("faults.schedule=[{{ round = 1, clients = [2, 5], stage = \"{stage}\" }}]");
        let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=1", "--set", &schedule, "--quiet", "--force"];
        succeed(&[&arguments[..], &["--out", argument(folder.path())]].concat());
        numbers(&folder.path().join("round_log.csv"), "survivors")[1]
    };
    assert_eq!(["advertise", "share", "masked_input", "consistency", "unmask"].map(survivors), [4.0, 4.0, 4.0, 6.0, 6.0]);
}
