//! `fedsim compare-baseline`: the laws that tie the federation to its baselines, the decision and its exit codes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{argument, column, deterministic_files, fedsim, root, succeed, text};

/// Runs the command on a shipped scenario, with `sets` over it.
fn compare(scenario: &str, out: &Path, sets: &[&str], more: &[&str]) -> Output {
    let path = format!("scenarios/{scenario}.toml");
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let arguments: Vec<&str> =
        ["compare-baseline", &path, "--out", argument(out)].into_iter().chain(sets).chain(more.iter().copied()).collect();
    fedsim(&arguments)
}

/// The cell of `metric` in a column of `baseline_vs_fl.csv`.
fn versus(run: &Path, metric: &str, name: &str) -> String {
    let path = run.join("baseline_vs_fl.csv");
    let at = column(&path, "metric").iter().position(|row| row == metric).expect("the metric is there");
    column(&path, name)[at].clone()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|text| number(text)).collect()
}

/// The rows of one model in a column of `baseline_log.csv`.
fn log(run: &Path, model: &str, name: &str) -> Vec<String> {
    let path = run.join("baseline_log.csv");
    let models = column(&path, "model");
    column(&path, name).into_iter().zip(models).filter(|(_, of)| of == model).map(|(cell, _)| cell).collect()
}

const METRICS: [&str; 10] = ["loss", "auc", "pr_auc", "accuracy", "precision", "recall", "f1", "brier", "ks", "ece"];

/// With one client and one batch of all rows, a round is one step of gradient descent on all rows, which is a pass of the
/// centralised model, and of the client alone. The federation only adds the rounding of w + (w' - w).
#[test]
fn one_client_with_whole_batches_is_the_centralised_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let sets = ["partition.clients=1", "training.batch_size=0", "training.learning_rate=1", "training.epochs=2", "rounds=6"];
    let output = compare("fraud", &out, &sets, &["--tolerance", "1e-9"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    for metric in METRICS {
        let of = |name| number(&versus(&out, metric, name));
        assert!((of("federated") - of("centralized")).abs() < 1e-12, "{metric}");
        assert_eq!([of("local_mean"), of("local_worst")], [of("centralized"), of("centralized")], "{metric}");
    }
    assert_eq!(log(&out, "centralized", "passes"), (0..=6).map(|round| (2 * round).to_string()).collect::<Vec<_>>());
    let close = |a: &String, b: &String| (number(a) - number(b)).abs() < 1e-12;
    assert!(log(&out, "centralized", "loss").iter().zip(&log(&out, "federated", "loss")).all(|(a, b)| close(a, b)));
}

#[test]
fn the_baselines_make_as_many_passes_as_the_federation() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, part) = (folder.path().join("whole"), folder.path().join("part"));
    compare("fraud", &whole, &["rounds=4", "training.epochs=3"], &["--quiet"]);
    let passes = ["0", "3", "6", "9", "12"];
    assert_eq!(log(&whole, "federated", "passes"), passes);
    assert_eq!(log(&whole, "centralized", "passes"), passes);
    assert_eq!(log(&whole, "local_mean", "passes"), ["12"]);

    // Where a part takes part, and rounds are aborted, the centralised model is at most one batch ahead.
    compare("fraud_noniid", &part, &["rounds=8", "faults.min_clients=8"], &["--quiet"]);
    let outcomes = column(&part.join("round_log.csv"), "outcome");
    let examples = numbers(&part.join("round_log.csv"), "examples");
    assert!(outcomes.iter().any(|outcome| outcome.starts_with("aborted")) && outcomes.contains(&"completed".to_owned()));
    let mut visits = 0.0;
    let (federated, centralized) = (log(&part, "federated", "passes"), log(&part, "centralized", "passes"));
    for (round, outcome) in outcomes.iter().enumerate() {
        visits += if outcome == "completed" { examples[round] } else { 0.0 };
        assert_eq!(number(&federated[round]), visits / 16_000.0);
        let ahead = number(&centralized[round]) * 16_000.0 - visits;
        assert!((-1e-6..64.0).contains(&ahead), "round {round}: {ahead} rows ahead");
    }
}

#[test]
fn when_it_is_measured_does_not_show_in_the_baselines() {
    let folder = tempfile::tempdir().expect("a folder");
    let [often, seldom] = ["1", "5"].map(|every| {
        let out = folder.path().join(every);
        compare("fraud_noniid", &out, &["rounds=7", &format!("evaluation.every={every}")], &["--quiet"]);
        fs::read(out.join("baseline_vs_fl.csv")).expect("the table")
    });
    assert!(often == seldom);
}

#[test]
fn the_folder_is_that_of_a_plain_run_and_three_tables_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["--set", "rounds=3", "--set", "evaluation.cost={ fn = 10, fp = 1 }", "--set", "data.client_test_fraction=0.2"];
    let plain = folder.path().join("plain");
    succeed(&[&["run", "scenarios/credit.toml", "--out", argument(&plain), "--quiet"], &sets[..]].concat());
    let compared = ["1", "3"].map(|threads| {
        let out = folder.path().join(threads);
        let more = ["compare-baseline", "scenarios/credit.toml", "--out", argument(&out), "--leave-one-out", "--threads", threads];
        fedsim(&[&more[..], &sets[..]].concat());
        deterministic_files(&out)
    });
    assert!(compared[0] == compared[1], "the number of threads shows");
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    let run = deterministic_files(&plain);
    let more: Vec<String> = names(&compared[0]).difference(&names(&run)).cloned().collect();
    assert_eq!(more, ["baseline_log.csv", "baseline_vs_fl.csv", "join.csv"]);
    for (name, bytes) in run.iter().filter(|(name, _)| name != "manifest.json") {
        assert!(compared[0].iter().any(|(other, same)| other == name && same == bytes), "{name} differs");
    }
    // A plain run in its place leaves no table of the comparison behind.
    let out = folder.path().join("1");
    succeed(&[&["run", "scenarios/credit.toml", "--out", argument(&out), "--quiet"], &sets[..]].concat());
    assert!(deterministic_files(&out) == run && !out.join("join.csv").exists());
}

/// Whoever leaves a federation of two leaves the other alone in it: as if it had dropped out of every round.
#[test]
fn leaving_a_federation_of_two_leaves_the_other_to_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["partition.clients=2", "partition.alpha=0.5", "rounds=3", "faults.dropout=0"];
    let out = folder.path().join("both");
    compare("fraud_noniid", &out, &sets, &["--leave-one-out", "--quiet"]);
    let both = *numbers(&out.join("metrics_log.csv"), "auc").last().expect("a round");
    let join = out.join("join.csv");
    for leaver in 1..=2 {
        let solo = folder.path().join(leaver.to_string());
        let entries: Vec<String> = (1..=3).map(|round| format!("{{ round = {round}, clients = [{leaver}] }}")).collect();
        let schedule = format!("faults.schedule=[{}]", entries.join(", "));
        let sets = sets.iter().copied().chain([schedule.as_str()]).flat_map(|set| ["--set", set]);
        let arguments = ["run", "scenarios/fraud_noniid.toml", "--quiet", "--out", argument(&solo)];
        succeed(&arguments.into_iter().chain(sets).collect::<Vec<_>>());
        let without = *numbers(&solo.join("metrics_log.csv"), "auc").last().expect("a round");
        assert_eq!(numbers(&join, "others_lose")[leaver - 1], both - without);
    }
}

#[test]
fn gains_are_ranked_and_measured_on_own_rows_where_there_are_some() {
    let folder = tempfile::tempdir().expect("a folder");
    let (own, common) = (folder.path().join("own"), folder.path().join("common"));
    let prices = "evaluation.cost={ fn = 10, fp = 1 }";
    compare("credit", &own, &["rounds=5", prices, "data.client_test_fraction=0.25"], &["--quiet"]);
    compare("credit", &common, &["rounds=5"], &["--quiet"]);
    let join = own.join("join.csv");
    let [alone, federated, gain] = ["cost_alone", "cost_federated", "gain"].map(|name| numbers(&join, name));
    let rank = numbers(&join, "rank");
    for client in 0..gain.len() {
        assert!((gain[client] - (alone[client] - federated[client])).abs() < 1e-12, "by cost, where there are prices");
        assert_eq!(rank[client], 1.0 + gain.iter().filter(|other| **other > gain[client]).count() as f64);
    }
    assert_eq!(column(&join, "held_out"), column(&own.join("partition.csv"), "held_out"));
    assert!(column(&join, "measured_on").iter().all(|on| on == "own"));
    assert!(["cost_alone", "cost_federated", "cost_centralized"].iter().all(|name| numbers(&join, name).iter().all(|cost| *cost > 0.0)));
    // The centralised model's AUC differs from client to client on their own rows, and is one on the common ones.
    let distinct = |run: &Path| column(&run.join("join.csv"), "auc_centralized").into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!((distinct(&own), distinct(&common)), (6, 1));
    assert_eq!(column(&common.join("join.csv"), "auc_federated")[0], versus(&common, "auc", "federated"));
    let header = fs::read_to_string(common.join("join.csv")).expect("the table");
    assert!(!header.lines().next().expect("a header").contains("cost"));
    let [alone, federated, gain] = ["auc_alone", "auc_federated", "gain"].map(|name| numbers(&common.join("join.csv"), name));
    assert!(
        (0..gain.len()).all(|client| (gain[client] - (federated[client] - alone[client])).abs() < 1e-12),
        "by AUC, where there are none"
    );
    assert_eq!(column(&common.join("join.csv"), "measured_on")[0], "test");
    let local = numbers(&common.join("join.csv"), "auc_alone");
    assert_eq!(number(&versus(&common, "auc", "local_worst")), local.iter().copied().fold(f64::INFINITY, f64::min));
    assert!((number(&versus(&common, "auc", "local_mean")) - local.iter().sum::<f64>() / 6.0).abs() < 1e-15);
    assert!(number(&versus(&own, "cost", "local_worst")) >= number(&versus(&own, "cost", "local_mean")));
}

#[test]
fn the_decision_is_in_words_and_in_the_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let (wide, narrow) = (folder.path().join("wide"), folder.path().join("narrow"));
    let output = compare("credit", &wide, &["rounds=5"], &["--tolerance", "0.5"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("\nequivalent: AUC differs by ") && told.contains(", within 0.5\n"), "{told}");
    assert!(told.contains("of 6 clients gain") && told.contains("data.client_test_fraction"), "{told}");
    assert_eq!([versus(&wide, "auc", "equivalent"), versus(&wide, "f1", "equivalent")], ["yes", "yes"]);
    assert_eq!([versus(&wide, "loss", "equivalent"), versus(&wide, "auc", "p_value")], ["", ""]);

    let output = compare("credit", &narrow, &["rounds=5"], &["--tolerance", "0.000001", "--quiet"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let told = text(&output.stderr);
    assert!(
        told.starts_with("not equivalent: AUC is 0.0") && told.contains(" in the federation") && told.contains(", beyond 0.000001"),
        "{told}"
    );
    assert!(narrow.join("manifest.json").exists() && narrow.join("join.csv").exists());
}

#[test]
fn mistakes_are_told_before_anything_is_trained() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let rows: String = (0..40).map(|row| format!("{row},{}\n", row % 2)).collect();
    fs::write(folder.path().join("train.csv"), format!("x,y\n{rows}")).expect("written");
    fs::write(folder.path().join("test.csv"), "x,y\n1,0\n2,0\n").expect("written");
    let scenario = folder.path().join("s.toml");
    let content = "name = \"s\"\n[data]\ntrain_path = \"train.csv\"\ntest_path = \"test.csv\"\nlabel = \"y\"\n[partition]\nclients = 2\n";
    fs::write(&scenario, content).expect("written");
    let output = fedsim(&["compare-baseline", argument(&scenario), "--out", argument(&out)]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("the label is 0 in every test row:") && told.contains("give test rows of both classes"), "{told}");
    // Of two positive rows of 40, one or both are among the test rows under some of the seeds only.
    let lone: String = (0..40).map(|row| format!("{row},{}\n", u8::from(row < 2))).collect();
    fs::write(folder.path().join("lone.csv"), format!("x,y\n{lone}")).expect("written");
    let random = folder.path().join("random.toml");
    let one = "name = \"s\"\n[data]\npath = \"lone.csv\"\nlabel = \"y\"\nsplit = \"random\"\n[partition]\nclients = 2\n";
    fs::write(&random, one).expect("written");
    let refused: Vec<String> = (1..=8)
        .map(|seed| {
            text(&fedsim(&["compare-baseline", argument(&random), "--seed", &seed.to_string(), "--force", "--out", argument(&out)]).stderr)
        })
        .filter(|told| told.contains("in every test row"))
        .collect();
    assert!(!refused.is_empty() && refused.iter().all(|told| told.contains("in every test row under seed ")), "{refused:?}");
    let _ = fs::remove_dir_all(&out);

    let seeds_apart = ["data", "partition", "training", "cohort", "faults", "secagg"].map(|seed| format!("seeds.{seed}=1"));
    let seeds_apart: Vec<&str> = seeds_apart.iter().map(String::as_str).collect();
    let refused: [(&[&str], &[&str], &str); 8] = [
        (&[], &["--tolerance", "0"], "must be a number between 0 and 1, neither of them"),
        (&[], &["--tolerance", "nan"], "must be a number between 0 and 1, neither of them"),
        (&[], &["--seeds", "0"], "1..=1000"),
        (&[], &["--seeds", "1001"], "1..=1000"),
        (&["partition.clients=1"], &["--leave-one-out"], "without its only client there is no federation"),
        (&["faults.min_clients=10"], &["--leave-one-out"], "without one client every round would be aborted"),
        (&["seed=18446744073709551615"], &["--seeds", "2"], "there are no 2 seeds from 18446744073709551615 on"),
        (&seeds_apart, &["--seeds", "2"], "--seeds would repeat one run"),
    ];
    for (sets, more, message) in refused {
        let output = compare("fraud", &out, sets, more);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(message) && !told.contains("round 0/"), "{message} is missing in\n{told}");
        assert!(!out.exists());
    }
}

#[test]
fn a_federation_that_completed_no_round_has_nothing_to_compare() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let output = compare("fraud", &out, &["faults.dropout=1", "rounds=2"], &["--quiet"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(told.contains("no round was completed") && told.contains("(faults.min_clients)"), "{told}");
    assert!(!out.join("manifest.json").exists() && out.join("unfinished/round_log.csv").exists());
}

#[test]
fn several_seeds_are_their_single_runs_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let sets = ["rounds=4"];
    let singles = ["7", "8", "9"].map(|seed| {
        let out = folder.path().join(seed);
        compare("credit", &out, &sets, &["--seed", seed, "--quiet"]);
        out
    });
    let all = folder.path().join("all");
    let output = compare("credit", &all, &sets, &["--seed", "7", "--seeds", "3"]);
    let told = text(&output.stdout);
    assert!(told.contains("equivalent over 3 seeds (TOST at 5%): ") && told.contains("(p = "), "{told}");
    for metric in METRICS {
        for name in ["centralized", "federated", "local_mean", "local_worst", "difference"] {
            let each = singles.each_ref().map(|run| number(&versus(run, metric, name)));
            let mean = each.iter().sum::<f64>() / 3.0;
            assert!((number(&versus(&all, metric, name)) - mean).abs() < 1e-14, "{metric} {name}");
            let spread = each.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 2.0;
            if ["centralized", "federated", "difference"].contains(&name) {
                assert!((number(&versus(&all, metric, &format!("{name}_sd"))) - spread.sqrt()).abs() < 1e-13, "{metric} {name}");
            }
        }
        let [low, high, difference] = ["difference_low", "difference_high", "difference"].map(|name| number(&versus(&all, metric, name)));
        // The interval that decides is of 90%: t(0.95, 2) = 2.919986 (Abramowitz and Stegun, table 26.10: 2.920).
        let half = 2.919_985_58 * number(&versus(&all, metric, "difference_sd")) / 3.0_f64.sqrt();
        assert!((high - difference - half).abs() <= 1e-8 * half && (difference - low - half).abs() <= 1e-8 * half, "{metric}");
    }
    let verdict = |metric: &str| number(&versus(&all, metric, "p_value")) < 0.05;
    for metric in ["auc", "f1"] {
        assert_eq!(versus(&all, metric, "equivalent") == "yes", verdict(metric));
    }
    // Every seed's own figures are left.
    let seeds = all.join("baseline_seeds.csv");
    let (of, metrics, federated) = (column(&seeds, "seed"), column(&seeds, "metric"), column(&seeds, "federated"));
    for (seed, run) in ["7", "8", "9"].iter().zip(&singles) {
        let at = (0..of.len()).find(|&at| of[at] == *seed && metrics[at] == "auc").expect("the seed is there");
        assert_eq!(federated[at], versus(run, "auc", "federated"));
    }
    // The folder is the first seed's, but for what is told over all of them.
    let (first, others) = (deterministic_files(&singles[0]), deterministic_files(&all));
    let over_seeds = ["baseline_seeds.csv", "baseline_vs_fl.csv", "join.csv", "manifest.json"];
    for (name, other) in &others {
        let one = first.iter().find(|(one, _)| one == name).map(|(_, bytes)| bytes);
        assert_eq!(one == Some(other), !over_seeds.contains(&name.as_str()), "{name}");
    }
    assert!(column(&all.join("join.csv"), "interval").iter().all(|interval| interval == "seeds"));
    // The course of one seed is held against that seed's centralised model, not against the mean over seeds.
    let picture = |run: &Path| fs::read(run.join("plots/convergence.svg")).expect("a picture");
    assert!(text(&picture(&all)).contains("centralised") && picture(&all) == picture(&singles[0]));
}

/// A client alone can't hide in a sum, so without one of two there is no federation to compare with.
#[test]
fn what_others_lose_is_not_told_where_they_have_no_federation_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let output = compare("fraud_secure", &out, &["partition.clients=2", "aggregation.threshold=2", "rounds=1"], &["--leave-one-out"]);
    assert!(text(&output.stderr).contains("without client 2 no round is completed"), "{}", text(&output.stderr));
    assert_eq!(column(&out.join("join.csv"), "others_lose"), ["", ""]);
}

#[test]
fn secure_aggregation_is_held_against_plain_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let (secure, plain) = (folder.path().join("secure"), folder.path().join("plain"));
    let rounds = ["rounds=3"];
    compare("fraud_secure", &secure, &rounds, &["--quiet", "--leave-one-out"]);
    // The same scenario without secure aggregation, found from the shipped one.
    let text = fs::read_to_string(root().join("scenarios/fraud_secure.toml")).expect("the scenario");
    let (before, rest) = text.split_once("[aggregation]").expect("it aggregates securely");
    let (_, after) = rest.split_once("[evaluation]").expect("what stands behind");
    let head = format!("{before}[evaluation]{after}").replace("../data", argument(&root().join("data")));
    let scenario = folder.path().join("clear.toml");
    fs::write(&scenario, head).expect("written");
    succeed(&["run", argument(&scenario), "--out", argument(&plain), "--quiet", "--set", rounds[0]]);
    for metric in ["loss", "auc", "f1"] {
        let expected = column(&plain.join("metrics_log.csv"), metric).pop().expect("a round");
        assert_eq!(versus(&secure, metric, "plain"), expected, "{metric}");
        let difference = number(&versus(&secure, metric, "federated")) - number(&expected);
        assert_eq!(number(&versus(&secure, metric, "secure_minus_plain")), difference);
        assert!(difference.abs() < 1e-3, "{metric}: {difference}");
    }
    assert!(numbers(&secure.join("join.csv"), "others_lose").iter().all(|lost| lost.abs() < 0.1));
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_baselines_are_trained_leaves_a_checkpoint_and_no_manifest() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let arguments = ["compare-baseline", "scenarios/credit.toml", "--leave-one-out", "--set", "rounds=300", "--out", argument(&out)];
    let mut child = Command::new(env!("CARGO_BIN_EXE_fedsim"))
        .args(arguments)
        .current_dir(root())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines().map(|line| line.expect("text"));
    assert!(lines.any(|line| line.starts_with("leave one out: 1 of 6")));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs").success());
    let message = lines.collect::<String>();
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{message}");
    assert!(message.contains("interrupted while the baselines were trained; go on with"), "{message}");
    assert!(!out.join("manifest.json").exists() && !out.join("join.csv").exists());
    assert!(out.join("unfinished/round_log.csv").exists() && out.join("unfinished/checkpoint.json").exists());
}
