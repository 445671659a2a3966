//! `evaluation.psi`: what is counted is what there is, sums know no banks, and a shift is told from noise.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, fedsim_in, root, run_in, text};

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))).collect()
}

/// A folder with the shipped loans and a scenario of Newton's method, whose model is the same however rows are dealt.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let table = root().join("data/credit.csv");
    let scenario = format!(
        "name = \"desk\"\nrounds = 12\n[data]\npath = \"{}\"\nlabel = \"default\"\n[model]\nl2 = 0.0001\n[training]\nkind = \"newton\"\n\
         [partition]\nclients = 4\n[preprocess]\nindicator = true\n[evaluation]\npsi = true\n",
        argument(&table)
    );
    fs::write(desk.path().join("scenario.toml"), scenario).expect("written");
    desk
}

fn test_block(run: &Path) -> Vec<String> {
    let lines = fs::read_to_string(run.join("psi.csv")).expect("the table");
    lines.lines().filter(|line| line.starts_with("test,")).map(str::to_owned).collect()
}

/// Law: what is summed is the same over any deal, in the clear and under masks.
#[test]
fn sums_of_bins_know_no_banks() {
    let desk = desk();
    run_in(desk.path(), "four", &[]);
    run_in(desk.path(), "one", &["partition.clients=1"]);
    run_in(desk.path(), "secure", &["aggregation.kind=secure"]);
    let [four, one, secure] = ["four", "one", "secure"].map(|run| test_block(&desk.path().join(run)));
    assert!(four == one && four == secure && four.len() > 20);
    let all = |run: &str| fs::read(desk.path().join(run).join("psi.csv")).expect("the table");
    assert!(all("four") == all("secure"));
    let bins = |run: &str| fs::read(desk.path().join(run).join("psi_bins.csv")).expect("the table");
    assert!(bins("four") == bins("secure"));
    // A federation of one is no part of itself.
    let one = desk.path().join("one/psi.csv");
    let of_client: Vec<f64> =
        column(&one, "compared").iter().zip(numbers(&one, "psi")).filter(|(s, _)| *s == "client").map(|(_, psi)| psi).collect();
    assert!(!of_client.is_empty() && of_client.iter().all(|psi| *psi == 0.0));
}

/// The bins of the scores are counted again from `predictions.csv`, and the index from the bins by its formula.
#[test]
fn bins_hold_the_rows_that_lie_in_them_and_give_the_index() {
    let desk = desk();
    run_in(desk.path(), "out", &[]);
    let (bins, psi) = (desk.path().join("out/psi_bins.csv"), desk.path().join("out/psi.csv"));
    let scores = numbers(&desk.path().join("out/predictions.csv"), "score");
    let [sample, of, feature, from, to] = ["compared", "of", "feature", "from", "to"].map(|name| column(&bins, name));
    let [number, expected, rows, terms] = ["bin", "training_rows", "rows", "psi"].map(|name| numbers(&bins, name));
    let is_score: Vec<usize> = (0..of.len()).filter(|&at| sample[at] == "test" && of[at] == "score").collect();
    assert_eq!(is_score.len(), 10);
    for &at in &is_score {
        let low = from[at].parse().unwrap_or(f64::NEG_INFINITY);
        let high = to[at].parse().unwrap_or(f64::INFINITY);
        assert_eq!(rows[at], scores.iter().filter(|score| (low..high).contains(*score)).count() as f64, "bin {}", number[at]);
        // About a tenth of 8,000: ranges of less than half a bin are not opened.
        assert!((400.0..1300.0).contains(&expected[at]), "{}", expected[at]);
    }
    let names = column(&psi, "feature");
    let (samples, indices) = (column(&psi, "compared"), numbers(&psi, "psi"));
    for (at, name) in names.iter().enumerate().filter(|(at, _)| samples[*at] == "test") {
        let own: Vec<usize> = (0..of.len()).filter(|&bin| sample[bin] == "test" && feature[bin] == *name).collect();
        let total = |counts: &[f64]| own.iter().map(|&bin| counts[bin]).sum::<f64>();
        assert_eq!((total(&expected), total(&rows)), (8000.0, 2000.0), "{name}");
        let term = |bin: usize| {
            let (a, e) = (rows[bin].max(0.5) / 2000.0, expected[bin].max(0.5) / 8000.0);
            (a - e) * fedsim::numeric::math::ln(a / e)
        };
        let sum: f64 = own.iter().map(|&bin| term(bin)).sum();
        assert!((sum - indices[at]).abs() < 1e-12 && (total(&terms) - indices[at]).abs() < 1e-12, "{name}: {sum} for {}", indices[at]);
    }
}

/// The latest rows have a column that went up by one of its standard deviations, and another that stayed: the index of two normal
/// distributions a standard deviation apart is about 1 (twice half the squared distance).
#[test]
fn a_shift_is_told_from_noise() {
    let desk = tempfile::tempdir().expect("a folder");
    // A hash of the two (a round of MurmurHash3's finaliser), as a number from 0 to 1.
    let noise = |row: u32, salt: u32| {
        let mixed = (row ^ salt.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35);
        f64::from(mixed ^ mixed >> 16) / f64::from(u32::MAX)
    };
    let normal = |row: u32, salt: u32| (0..12).map(|part| noise(row, salt + 977 * part)).sum::<f64>() - 6.0;
    let row = |row: u32| {
        let drift = if row >= 3200 { 1.0 } else { 0.0 };
        let (moved, stayed) = (normal(row, 1) + drift, normal(row, 5));
        format!("{row},{moved},{stayed},{},{}\n", u8::from(noise(row, 77) < 0.5), u8::from(moved + noise(row, 3) > 0.5))
    };
    let rows: String = (0..4000).map(row).collect();
    fs::write(desk.path().join("table.csv"), format!("t,moved,stayed,flag,y\n{rows}")).expect("written");
    let scenario = "name = \"d\"\nrounds = 3\n[data]\npath = \"table.csv\"\nlabel = \"y\"\nsplit = \"time\"\ntime_column = \"t\"\ndrop = [\"t\"]\n\
                    [partition]\nclients = 3\n[evaluation]\npsi = true\n";
    fs::write(desk.path().join("scenario.toml"), scenario).expect("written");
    let output = fedsim_in(desk.path(), &["run", "scenario.toml", "--out", "out", "--quiet"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let psi = desk.path().join("out/psi.csv");
    let [sample, feature, shift] = ["compared", "feature", "shift"].map(|name| column(&psi, name));
    let indices = numbers(&psi, "psi");
    let of = |name: &str| (0..feature.len()).find(|&at| sample[at] == "test" && feature[at] == name).expect("it is there");
    assert!((0.6..1.4).contains(&indices[of("moved")]), "{}", indices[of("moved")]);
    assert_eq!([of("moved"), of("")].map(|at| shift[at].as_str()), ["large", "large"]);
    assert!(indices[of("stayed")] < 0.05 && indices[of("flag")] < 0.05);
    // The greatest comes first, behind the score.
    assert_eq!(feature[..2], ["", "moved"]);
    let page = fs::read_to_string(desk.path().join("out/report.html")).expect("the page");
    assert!(page.contains("Population shift") && page.contains("a large shift") && page.contains("Of 3 features"), "the verdict");
    assert!(fs::read(desk.path().join("out/plots/psi.png")).expect("a picture").len() > 5000);
}

#[test]
fn what_has_no_score_to_compare_is_refused() {
    let desk = desk();
    let scenario = desk.path().join("scenario.toml");
    for (sets, part) in [
        (vec!["model={kind=\"k_means\"}", "training={kind=\"lloyd\"}", "data={path=\"x.csv\",label=\"default\"}"], "scores to compare"),
        (vec!["data={kind=\"synthetic\"}", "training={kind=\"sgd\"}"], "psi = true needs all clients' rows"),
    ] {
        let sets = sets.into_iter().flat_map(|set| ["--set", set]);
        let arguments: Vec<&str> = ["run", argument(&scenario), "--out", "none"].into_iter().chain(sets).collect();
        let told = text(&fedsim_in(desk.path(), &arguments).stderr);
        assert!(told.contains(part), "{told}");
        assert!(!desk.path().join("none").exists());
    }
}

/// Labels drawn by the scores are no surprise, those of twice as many positives are one; groups add up to the test rows.
#[test]
fn calibration_is_tested_where_it_is_asked_for() {
    let desk = desk();
    run_in(desk.path(), "out", &["evaluation.calibration=true"]);
    let table = desk.path().join("out/calibration_tests.csv");
    let (rows, p_values, tests) = (numbers(&table, "rows"), numbers(&table, "p_value"), column(&table, "test"));
    assert_eq!((tests.len(), tests[10].as_str(), rows[10]), (11, "hosmer_lemeshow", 2000.0));
    assert_eq!(rows[..10].iter().sum::<f64>(), 2000.0);
    assert!(p_values.iter().all(|p| (0.0..=1.0).contains(p)) && p_values[10] > 1e-4, "{p_values:?}");
    // A model that was taught to weigh positives twice says too much.
    run_in(desk.path(), "heavy", &["evaluation.calibration=true", "training.class_weight=4.0"]);
    assert!(numbers(&desk.path().join("heavy/calibration_tests.csv"), "p_value")[10] < 1e-9);
    let page = fs::read_to_string(desk.path().join("heavy/report.html")).expect("the page");
    assert!(page.contains("not the probabilities that they claim to be"));
}
