//! `fedsim expected-loss`: each loan's figures are those of the formulas, totals add up, and mistakes are told at their place.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, fedsim_in, root, succeed, text};

/// A folder with a portfolio of 400 loans and the two runs that it takes.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    for (scenario, out) in [("credit_newton", "pd"), ("lgd", "lgd")] {
        let (scenario, out) = (root().join(format!("scenarios/{scenario}.toml")), desk.path().join(out));
        succeed(&["run", argument(&scenario), "--out", argument(&out), "--quiet", "--no-plots"]);
    }
    succeed(&["generate", "portfolio", "--rows", "400", "--out", argument(&desk.path().join("portfolio.csv"))]);
    desk
}

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    column(path, name).iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))).collect()
}

/// Runs the command on the folder's portfolio: its exit code and what it tells.
fn told(desk: &Path, more: &[&str]) -> (Option<i32>, String) {
    let output = fedsim_in(desk, &[&["expected-loss", "pd", "lgd", "portfolio.csv"], more].concat());
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_loan_loses_what_both_models_say_and_totals_add_up() {
    let desk = desk();
    let (code, words) = told(desk.path(), &["--out", "losses", "--ccf", "0.5"]);
    assert!(code == Some(0) && words.contains("400 loans with an exposure of"), "{words}");
    let (loans, totals) = (desk.path().join("losses/loans.csv"), desk.path().join("losses/totals.csv"));
    for (run, score, share) in [("pd", "score", "pd"), ("lgd", "predicted", "lgd")] {
        let said = desk.path().join("said.csv");
        let arguments = ["predict", run, "portfolio.csv", "--out", "said.csv", "--force"];
        assert!(fedsim_in(desk.path(), &arguments).status.success());
        let stages = column(&loans, "stage_hint");
        for ((said, share), stage) in column(&said, score).iter().zip(column(&loans, share)).zip(stages) {
            // A loan in default has defaulted.
            assert!(*said == share || (score == "score" && stage == "3" && share == "1"), "{said} {share} {stage}");
        }
    }
    let of = |name: &str| numbers(&loans, name);
    let (pd, lgd, ead, loss) = (of("pd"), of("lgd"), of("ead"), of("expected_loss"));
    let portfolio = desk.path().join("portfolio.csv");
    let (drawn, limit) = (numbers(&portfolio, "drawn"), numbers(&portfolio, "limit"));
    for row in 0..400 {
        assert_eq!(ead[row], drawn[row] + 0.5 * (limit[row] - drawn[row]));
        assert!((loss[row] - pd[row] * lgd[row] * ead[row]).abs() <= 1e-12 * loss[row]);
    }
    let groups = column(&totals, "by");
    for figure in ["loans", "ead", "expected_loss", "capital", "loss_lifetime", "allowance_hint"] {
        let sums = numbers(&totals, figure);
        let sum = |by: &str| groups.iter().zip(&sums).filter(|(group, _)| *group == by).map(|(_, sum)| sum).sum::<f64>();
        for by in ["bank", "segment", "class", "stage_hint"] {
            assert!((sum(by) - sum("all")).abs() <= 1e-12 * sum("all") && sum(by) > 0.0, "{figure} by {by}");
        }
    }
    assert!((numbers(&totals, "expected_loss")[0] - loss.iter().sum::<f64>()).abs() < 1e-6);
    for name in ["expected_loss.png", "expected_loss.svg"] {
        assert!(fs::read(desk.path().join("losses").join(name)).expect("a picture").len() > 5000);
    }
}

/// The same bytes again; and what is there is replaced only when that is asked for.
#[test]
fn losses_are_reproducible_and_replace_nothing_unasked() {
    let desk = desk();
    assert_eq!(told(desk.path(), &["--out", "one"]).0, Some(0));
    assert_eq!(told(desk.path(), &["--out", "two", "--ccf", "0.4"]).0, Some(0));
    for name in ["loans.csv", "totals.csv", "expected_loss.png", "expected_loss.svg"] {
        let [one, two] = ["one", "two"].map(|folder| fs::read(desk.path().join(folder).join(name)).expect("it is there"));
        assert!(one == two, "{name}");
    }
    let (code, words) = told(desk.path(), &["--out", "one"]);
    assert!(code == Some(2) && words.contains("already a file"), "{words}");
    assert_eq!(told(desk.path(), &["--out", "one", "--force"]).0, Some(0));
    // Without a folder the totals are printed.
    let printed = text(&fedsim_in(desk.path(), &["expected-loss", "pd", "lgd", "portfolio.csv"]).stdout);
    assert_eq!(printed, fs::read_to_string(desk.path().join("one/totals.csv")).expect("the totals"));
}

#[test]
fn mistakes_are_told_and_nothing_is_written() {
    let desk = desk();
    let table = fs::read_to_string(desk.path().join("portfolio.csv")).expect("the portfolio");
    let (header, first) = table.split_once('\n').expect("lines");
    let row = first.lines().next().expect("a row");
    let with = |name: &str, cell: &str| {
        let at = header.split(',').position(|known| known == name).expect("a column");
        // Of this table's cells only a purpose has a comma, and none of those that are changed stands behind it.
        let cells: Vec<&str> = row.split(',').enumerate().map(|(place, known)| if place == at { cell } else { known }).collect();
        format!("{header}\n{row}\n{}\n", cells.join(","))
    };
    for (table, more, part) in [
        (with("drawn", "-5"), vec![], "column `drawn` is -5 in row 2"),
        (with("drawn", ""), vec![], "column `drawn` needs a value in every row"),
        (with("drawn", "many"), vec![], "`many` is not a number"),
        (with("class", "boat"), vec![], "column `class` is boat in row 2, and not mortgage, revolving or other"),
        (with("rate", "12"), vec![], "column `rate` is 12 in row 2"),
        (with("years", "0"), vec![], "column `years` is 0 in row 2"),
        (table.replacen("drawn", "owed", 1), vec![], "no column `drawn` (what is owed"),
        (table.replacen("utilisation", "used", 1), vec![], "PD_RUN: no column `utilisation`"),
        (table.replacen("seniority", "rank", 1), vec![], "LGD_RUN: no column `seniority`"),
        (table.clone(), vec!["--column", "drawn=owing"], "no column `owing` (--column)"),
        (table.clone(), vec!["--column", "colour=owing"], "`colour` is nothing that is looked at"),
        (table.clone(), vec!["--column", "drawn"], "a column's meaning is missing"),
        (table.clone(), vec!["--ccf-run", "pd"], "--ccf-run pd: the run's model is of task binary, and one of a share"),
        (table.clone(), vec!["--years", "0"], "must be a number above 0"),
        (table.clone(), vec!["--class", "boat"], "must be mortgage, revolving or other"),
    ] {
        fs::write(desk.path().join("portfolio.csv"), table).expect("written");
        let (code, words) = told(desk.path(), &[&["--out", "losses"], more.as_slice()].concat());
        assert!(code == Some(2) && words.contains(part), "{part}: {words}");
        assert!(!desk.path().join("losses").exists(), "{part}");
    }
    fs::write(desk.path().join("portfolio.csv"), table.replacen("drawn", "owed", 1)).expect("written");
    assert_eq!(told(desk.path(), &["--column", "drawn=owed", "--ccf-run", "lgd"]).0, Some(0));
    let output = fedsim_in(desk.path(), &["expected-loss", "lgd", "lgd", "portfolio.csv"]);
    assert!(
        output.status.code() == Some(2)
            && text(&output.stderr).contains("PD_RUN lgd: the run's model is of task regression, and one of two classes")
    );
}
