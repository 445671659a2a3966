//! Scorecards: bins that are optbinning's optimum, points that are statsmodels' regression on a bank's scale, the same to the bit over
//! any deal of the rows, in the clear and under masks; and what a run of one leaves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fedsim::federation::score;
use fedsim::form::State;
use fedsim::learners::scorecard::{Carded, Counts, Least, Merged, merge};
use fedsim::learners::{Learner, Newton};
use fedsim::models::scorecard::{Card, Column, Course, Lookup, Points, Scaling};
use fedsim::models::{self, RowWeights};
use fedsim::numeric::math::ln;
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::settings::{Document, Source};
use fedsim::tasks::Labels;
use fedsim::training::LocalRows;
use serde_json::Value;

use crate::support::{after_a_round, argument, column, fedsim, real_data, root, run_in as run, succeed, text};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/scorecard.json")).expect("it is JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn counts(of: &Value) -> Vec<Counts> {
    let pairs = numbers(&of["goods"]).into_iter().zip(numbers(&of["bads"]));
    pairs.map(|(goods, bads)| Counts { goods: goods as u64, bads: bads as u64 }).collect()
}

fn course(word: &str) -> Course {
    Course::ORDERLY.into_iter().find(|course| course.word() == word).expect("a trend")
}

/// Where all bins but the last end.
fn ends(merged: &Merged) -> Vec<usize> {
    merged.bins[..merged.bins.len() - 1].iter().map(|bin| bin.end).collect()
}

#[test]
fn bins_are_the_optimum_that_optbinning_proves() {
    let vectors = vectors();
    let tables = vectors["tables"].as_array().expect("a list");
    assert_eq!(tables.len(), 144);
    for table in tables {
        let parts = counts(table);
        let rows: u64 = parts.iter().map(|part| part.rows()).sum();
        let share = table["min_size"].as_f64().expect("a share");
        let least = Least { rows: (share * rows as f64).ceil() as u64, of_class: 1 };
        let bins_max = table["max_bins"].as_u64().expect("a count") as usize;
        let found = merge(&parts, course(table["trend"].as_str().expect("a word")), &least, bins_max).expect("there are bins");
        assert!((found.value - table["iv"].as_f64().expect("a number")).abs() < 1e-9, "{table}: {}", found.value);
        assert_eq!(ends(&found), numbers(&table["ends"]).into_iter().map(|end| end as usize).collect::<Vec<_>>(), "{table}");
    }
}

/// Columns by name.
type Columns = BTreeMap<String, Vec<f64>>;

/// The columns of Give Me Some Credit by name, and its labels; missing cells are NaN.
fn public_data() -> Option<(Columns, Vec<bool>)> {
    let path = real_data("give-me-some-credit.csv")?;
    let mut reader = csv::Reader::from_path(path).expect("the file can be read");
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let mut columns = Columns::new();
    for record in reader.records() {
        let record = record.expect("a row");
        for (name, cell) in names.iter().zip(&record) {
            columns.entry(name.clone()).or_default().push(cell.parse().unwrap_or(f64::NAN));
        }
    }
    let labels = columns.remove("SeriousDlqin2yrs").expect("the label").into_iter().map(|label| label == 1.0).collect();
    Some((columns, labels))
}

/// Fifty cases of ten columns and five trends. In one of them optbinning's own choice between two directions is the worse one.
#[test]
fn bins_of_public_data_are_those_of_optbinning_or_better() {
    let Some((columns, labels)) = public_data() else { return };
    let vectors = vectors();
    let (mut cases, mut better) = (0, Vec::new());
    let all = labels.iter().fold(Counts::default(), |all, &is_bad| all.and(Counts { goods: u64::from(!is_bad), bads: u64::from(is_bad) }));
    for case in vectors["public"].as_array().expect("a list") {
        let (name, trend) = (case["column"].as_str().expect("a name"), case["trend"].as_str().expect("a word"));
        let splits = numbers(&case["pre_splits"]);
        let mut parts = vec![Counts::default(); splits.len() + 1];
        for (cell, &is_bad) in columns[name].iter().zip(&labels).filter(|(cell, _)| !cell.is_nan()) {
            let part = &mut parts[splits.partition_point(|split| split <= cell)];
            *part = part.and(Counts { goods: u64::from(!is_bad), bads: u64::from(is_bad) });
        }
        let courses = if trend == "auto_asc_desc" { vec![Course::Ascending, Course::Descending] } else { vec![course(trend)] };
        let least = Least { rows: 0, of_class: 1 };
        let found = courses.into_iter().filter_map(|course| merge(&parts, course, &least, parts.len()));
        let found = found.reduce(|best, next| if next.value > best.value { next } else { best }).expect("there are bins");
        // As optbinning tells it: of shares of all rows, also those whose cell is missing.
        let of_bin = |bin: &std::ops::Range<usize>| parts[bin.clone()].iter().fold(Counts::default(), |sum, part| sum.and(*part));
        let iv: f64 = found.bins.iter().map(|bin| of_bin(bin).iv(all)).sum();
        let (theirs, own): (Vec<f64>, Vec<f64>) = (numbers(&case["splits"]), ends(&found).into_iter().map(|end| splits[end - 1]).collect());
        let their_iv = case["iv"].as_f64().expect("a number");
        cases += 1;
        if own == theirs {
            assert!((iv - their_iv).abs() < 1e-9, "{name} {trend}: {iv} for {their_iv}");
        } else {
            assert!(iv > their_iv, "{name} {trend}: {iv} for {their_iv}, {own:?} for {theirs:?}");
            better.push((name, trend));
        }
    }
    assert_eq!((cases, better), (50, vec![("DebtRatio", "auto_asc_desc")]));
}

/// The card of the reference, its weights as given or 0.
fn reference_card(reference: &Value, has_weights: bool) -> Card {
    let columns = reference["columns"].as_array().expect("a list");
    let column = |column: &Value| Column {
        is_in: true,
        weight: if has_weights { column["weight"].as_f64().expect("a number") } else { 0.0 },
        lookup: Lookup::Number { cuts: numbers(&column["cuts"]), specials: Vec::new() },
        woe: numbers(&column["woe"]),
    };
    let intercept = if has_weights { reference["intercept"].as_f64().expect("a number") } else { 0.0 };
    Card { intercept, columns: columns.iter().map(column).collect() }
}

#[test]
fn weights_of_evidence_and_points_are_those_of_the_reference() {
    let vectors = vectors();
    let reference = &vectors["points"][0];
    let scaling = Scaling { pdo: 20.0, base_odds: 50.0, base_points: 600.0 };
    assert!((scaling.factor() - reference["factor"].as_f64().expect("a number")).abs() < 1e-12);
    assert!((scaling.offset() - reference["offset"].as_f64().expect("a number")).abs() < 1e-10);
    let points = Points::of(&reference_card(reference, true), &scaling);
    for (column, points) in reference["columns"].as_array().expect("a list").iter().zip(&points.exact) {
        let parts = counts(column);
        let all = parts.iter().fold(Counts::default(), |all, part| all.and(*part));
        for (part, woe) in parts.iter().zip(numbers(&column["woe"])) {
            assert!(part.rows() == 0 || (part.woe(all) - woe).abs() < 1e-12, "{column}");
        }
        assert!(points.iter().zip(numbers(&column["points"])).all(|(found, wanted)| (found - wanted).abs() < 1e-9), "{column}");
    }
    // As the table of the reference has them: from 127.02 points of the youngest to 166.09 of the oldest.
    assert!((points.exact[0][0] - 127.020_845_47).abs() < 1e-8 && (points.exact[0][16] - 166.085_125_68).abs() < 1e-8);
}

/// The regression on weights of evidence, by sums, against statsmodels on the same rows.
#[test]
fn the_weights_of_public_data_are_those_of_statsmodels() {
    let Some((columns, labels)) = public_data() else { return };
    let vectors = vectors();
    let reference = &vectors["points"][0];
    let card = reference_card(reference, false);
    let names: Vec<&str> =
        reference["columns"].as_array().expect("a list").iter().map(|of| of["column"].as_str().expect("a name")).collect();
    let x = Matrix::build((labels.len(), 4), Storage::Double, |row, out| {
        out.iter_mut().zip(&names).for_each(|(out, name)| *out = columns[*name][row]);
    });
    let document = Document::parse(&Source::new("test", "kind = \"scorecard\""), &[]).expect("it is TOML");
    let model = models::read(&mut document.root());
    let newton = Newton {
        model: model.as_linear().expect("it is linear"),
        names: names.iter().map(|name| (*name).to_owned()).chain(["(intercept)".to_owned()]).collect(),
        reach: &[2, 2, 2, 2],
        label_reach: 0,
        weights: RowWeights::ALIKE,
        tolerance: 1e-10,
    };
    let learner = Carded { newton, card };
    let mut state: State = learner.start(vec![0.0].into());
    for round in 1..20 {
        let rows = LocalRows { x: x.rows(), y: Labels::Binary(&labels), weights: RowWeights::ALIKE };
        state = after_a_round(&learner, state, round, rows);
        if learner.is_settled(&state) {
            break;
        }
    }
    assert!(learner.is_settled(&state));
    let found = Card::of(state.params().as_slice(), 4).linear();
    let wanted = reference_card(reference, true).linear();
    assert!(found.iter().zip(&wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-8), "{found:?} for {wanted:?}");
    let scores = score(model.as_ref(), state.params(), x.rows(), 0);
    let auc = fedsim::metrics::Ranking::of(&labels, &scores).expect("both classes").auc;
    assert!((auc - 0.806_568).abs() < 1e-6, "{auc}");
}

/// Rows with numbers, missing cells, a code for "none" and categories, of which one is rare; and a scenario beside them.
fn desk(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut table = "age,debt,home,noise,y\n".to_owned();
    for row in 0..1500_u64 {
        let [age, debt, home, noise, luck] = [7, 11, 13, 17, 19].map(|prime| (row * row * prime + row * 31 + prime * 7) % 101);
        let home = ["own", "rent", "free", "", "boat"][if row % 150 == 7 { 4 } else { (home % 13 / 4) as usize }];
        let risk = (if age < 40 { 30 } else { 10 }) + debt / 4 + if home == "own" { 0 } else { 15 };
        let debt = match debt % 10 {
            0 => "-1".to_owned(),
            1 => String::new(),
            _ => format!("{}", debt as f64 * 12.5),
        };
        table += &format!("{age},{debt},{home},{noise},{}\n", u8::from(luck < risk));
    }
    fs::write(folder.path().join("table.csv"), table).expect("written");
    let data = "[data]\npath = \"table.csv\"\nlabel = \"y\"\n";
    let model = "[model]\nkind = \"scorecard\"\nmin_size = 0.05\nspecial = { debt = [-1] }\n";
    fs::write(folder.path().join("scenario.toml"), format!("name = \"card\"\nseed = 3\nrounds = 25\n{data}{model}{more}"))
        .expect("written");
    folder
}

const TABLES: [&str; 6] = ["bins.csv", "scorecard.csv", "model.csv", "coefficients.csv", "predictions.csv", "metrics_log.csv"];

fn tables(folder: &Path, out: &str) -> Vec<Vec<u8>> {
    TABLES.iter().map(|name| fs::read(folder.join(out).join(name)).expect("a table")).collect()
}

#[test]
fn any_deal_of_the_rows_gives_the_same_scorecard_in_the_clear_and_under_masks() {
    let folder = desk("[partition]\nclients = 1\n");
    run(folder.path(), "one", &[]);
    let deals: [&[&str]; 4] = [
        &["partition.clients=7"],
        &["partition={ kind = \"quantity\", alpha = 0.5, clients = 9 }"],
        &["partition={ kind = \"dirichlet\", alpha = 0.3, clients = 5 }"],
        &["partition.clients=5", "aggregation={ kind = \"secure\" }"],
    ];
    for (at, sets) in deals.iter().enumerate() {
        let out = format!("deal-{at}");
        run(folder.path(), &out, sets);
        assert!(tables(folder.path(), &out) == tables(folder.path(), "one"), "{sets:?}");
    }
    // Where banks fail, those that are left are still summed alike.
    let failing = ["partition.clients=6", "faults.dropout=0.2", "faults.min_clients=3"];
    run(folder.path(), "clear", &failing);
    run(folder.path(), "masked", &[&failing[..], &["aggregation={ kind = \"secure\", threshold = 0.5 }"]].concat());
    let model = |out: &str| fs::read(folder.path().join(out).join("model.csv")).expect("a model");
    assert!(model("clear") == model("masked") && model("clear") != fs::read(folder.path().join("one/model.csv")).expect("a model"));
}

#[test]
fn a_run_of_more_rounds_goes_on_from_one_of_fewer() {
    let folder = desk("[partition]\nclients = 3\n");
    run(folder.path(), "whole", &[]);
    run(folder.path(), "parts", &["rounds=2"]);
    assert!(tables(folder.path(), "parts") != tables(folder.path(), "whole"));
    let (scenario, out) = (folder.path().join("scenario.toml"), folder.path().join("parts"));
    let more = succeed(&["run", argument(&scenario), "--out", argument(&out), "--no-plots", "--resume"]);
    assert!(text(&more.stderr).contains("going on after round 1 of 25"), "{}", text(&more.stderr));
    assert!(tables(folder.path(), "parts") == tables(folder.path(), "whole"));
    succeed(&["verify", argument(&out)]);
}

fn parsed(path: &Path, name: &str) -> Vec<Option<f64>> {
    column(path, name).iter().map(|cell| (!cell.is_empty()).then(|| cell.parse().expect("a number"))).collect()
}

/// The tables by hand: rows and events of the bins from the table of rows, weights of evidence from these, and a row's points from its bins.
#[test]
fn the_tables_say_what_the_rows_and_the_points_are() {
    let folder = desk("[partition]\nclients = 4\n");
    run(folder.path(), "out", &[]);
    let path = |name: &str| folder.path().join("out").join(name);
    let bins = path("bins.csv");
    let features = column(&bins, "feature");
    let kinds = column(&bins, "kind");
    let of = |name: &str| parsed(&bins, name).into_iter().map(|cell| cell.unwrap_or(0.0)).collect::<Vec<f64>>();
    let (rows, events, woes, ivs) = (of("rows"), of("events"), of("woe"), of("iv"));
    let train = 1200.0;
    let all_events: f64 = (0..features.len()).filter(|&at| features[at] == "age").map(|at| events[at]).sum();
    for feature in ["age", "debt", "home", "noise"] {
        let of_feature = || (0..features.len()).filter(|&at| features[at] == feature);
        assert_eq!(of_feature().map(|at| rows[at]).sum::<f64>(), train, "{feature}");
        assert_eq!(of_feature().map(|at| events[at]).sum::<f64>(), all_events, "{feature}");
    }
    for at in 0..features.len() {
        let [goods, bads] = [(rows[at] - events[at]) / (train - all_events), events[at] / all_events];
        let woe = if goods > 0.0 && bads > 0.0 { ln(goods / bads) } else { 0.0 };
        assert!((woes[at] - woe).abs() < 1e-12 && (ivs[at] - (goods - bads) * woe).abs() < 1e-12, "{} {at}", features[at]);
        assert!(kinds[at] != "number" && kinds[at] != "category" || rows[at] >= 0.05 * train, "{} {at}", features[at]);
    }
    let apart = |feature: &str| -> Vec<&str> {
        let of_feature = (0..features.len()).filter(|&at| features[at] == feature);
        of_feature.map(|at| kinds[at].as_str()).filter(|kind| !["number", "category"].contains(kind)).collect()
    };
    assert_eq!(
        (apart("age"), apart("debt"), apart("home")),
        (vec!["missing"], vec!["missing", "special"], vec!["rare", "missing", "unseen"])
    );

    // A test row's points are those of its bins.
    let table = fs::read_to_string(folder.path().join("table.csv")).expect("the table");
    let lines: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let (lower, upper, categories, points) = (parsed(&bins, "lower"), parsed(&bins, "upper"), column(&bins, "categories"), of("points"));
    let bin_of = |feature: &str, cell: &str| {
        let is_in = |at: usize| match kinds[at].as_str() {
            "missing" => cell.is_empty(),
            "special" => cell.parse() == Ok(lower[at].expect("the number")),
            "number" if cell == "-1" && feature == "debt" => false,
            "number" => {
                cell.parse::<f64>().is_ok_and(|cell| lower[at].is_none_or(|end| end <= cell) && upper[at].is_none_or(|end| cell < end))
            }
            "unseen" => false,
            _ => categories[at].split(" | ").any(|category| category == cell),
        };
        let found: Vec<usize> = (0..features.len()).filter(|&at| features[at] == feature && is_in(at)).collect();
        assert_eq!(found.len(), 1, "{feature} {cell:?}");
        found[0]
    };
    let (numbers, totals) = (column(&path("predictions.csv"), "row"), parsed(&path("predictions.csv"), "points"));
    let reasons = column(&path("predictions.csv"), "reason_1");
    let neutral = parsed(&path("scorecard.csv"), "points_neutral").into_iter().flatten().next().expect("a column that is in");
    let weights = parsed(&path("scorecard.csv"), "weight");
    assert!(weights.iter().all(|weight| weight.is_some_and(|weight| weight < 0.0)), "{weights:?}");
    assert_eq!(numbers.len(), 300);
    for ((number, total), reason) in numbers.iter().zip(totals).zip(reasons) {
        let row = &lines[number.parse::<usize>().expect("a number") - 1];
        let own: Vec<usize> = ["age", "debt", "home", "noise"].iter().zip(row).map(|(feature, cell)| bin_of(feature, cell)).collect();
        assert_eq!(own.iter().map(|&at| points[at]).sum::<f64>(), total.expect("points"));
        // All weights are below 0: what costs points is what is riskier than the whole.
        let lost = own.iter().filter(|&&at| woes[at] < 0.0).map(|&at| (features[at].as_str(), neutral - points[at]));
        let most = lost.filter(|(_, lost)| *lost > 0.0).reduce(|most, next| if next.1 > most.1 { next } else { most });
        match most {
            Some((feature, lost)) => {
                assert!(reason.starts_with(&format!("{feature}: ")) && reason.contains(&format!("({lost} ")), "{reason}");
            }
            None => assert!(reason.is_empty(), "{reason}"),
        }
    }
    let metrics: Value = serde_json::from_slice(&fs::read(path("metrics.json")).expect("metrics")).expect("JSON");
    let figure = |name: &str| metrics["scorecard"][name].as_f64().expect("a number");
    assert_eq!(figure("auc_lost_by_rounding"), figure("auc") - figure("auc_of_points"));
    assert!(figure("auc") > 0.6 && figure("auc_lost_by_rounding").abs() < 0.01);
}

#[test]
fn new_rows_get_the_points_and_reasons_of_the_run_and_sentences_where_there_are_some() {
    let folder = desk("[partition]\nclients = 4\n");
    run(folder.path(), "out", &[]);
    let (out, table, scored) = (folder.path().join("out"), folder.path().join("table.csv"), folder.path().join("scored.csv"));
    let predict = |more: &[&str]| {
        let arguments = ["predict", argument(&out), argument(&table), "--out", argument(&scored), "--force"];
        fedsim(&[&arguments[..], more].concat())
    };
    assert!(predict(&["--explain"]).status.success());
    let numbers: Vec<usize> = column(&out.join("predictions.csv"), "row").iter().map(|row| row.parse().expect("a number")).collect();
    for name in ["score", "points", "reason_1", "reason_2", "reason_3", "reason_4"] {
        let (of_run, of_all) = (column(&out.join("predictions.csv"), name), column(&scored, name));
        assert!(of_run.iter().zip(&numbers).all(|(cell, number)| *cell == of_all[number - 1]), "{name}");
    }
    // What columns contribute adds up to the log-odds.
    let parts: Vec<Vec<f64>> = ["contribution_base", "contribution_age", "contribution_debt", "contribution_home", "contribution_noise"]
        .iter()
        .map(|name| parsed(&scored, name).into_iter().flatten().collect())
        .collect();
    for (row, score) in parsed(&scored, "score").into_iter().flatten().enumerate() {
        let sum: f64 = parts.iter().map(|part| part[row]).sum();
        assert!((sum - ln(score / (1.0 - score))).abs() < 1e-9, "row {row}");
    }
    let sentences = folder.path().join("reasons.toml");
    fs::write(&sentences, "age = \"Too young\"\n").expect("written");
    let (before, told) = (column(&scored, "reason_1"), ["--reasons", argument(&sentences)]);
    assert!(predict(&told).status.success());
    let after = column(&scored, "reason_1");
    assert!(after.iter().any(|reason| reason == "Too young"));
    assert!(before.iter().zip(&after).all(|(before, after)| if before.starts_with("age:") {
        after == "Too young"
    } else {
        before == after
    }));
    fs::write(&sentences, "agee = \"Too young\"\n").expect("written");
    let refused = predict(&told);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        ["reasons.toml:1:1", "did you mean `age`?"].iter().all(|words| text(&refused.stderr).contains(words)),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn a_category_that_no_training_row_has_is_as_risky_as_the_whole() {
    let folder = desk("[partition]\nclients = 2\n");
    run(folder.path(), "out", &[]);
    let new = folder.path().join("new.csv");
    fs::write(&new, "age,debt,home,noise\n50,100,castle,7\n50,100,own,7\n").expect("written");
    let scored = succeed(&["predict", argument(&folder.path().join("out")), argument(&new), "--explain"]);
    let mut reader = csv::Reader::from_reader(scored.stdout.as_slice());
    let place = reader.headers().expect("a header").iter().position(|name| name == "contribution_home").expect("the column");
    let parts: Vec<f64> = reader.records().map(|row| row.expect("a row")[place].parse().expect("a number")).collect();
    assert!(parts[0] == 0.0 && parts[1] < 0.0, "{parts:?}");
}

/// A law: bins of one column say all that there is to say of their rows, so that the likeliest log-odds are the bins' own, the weight -1
/// and the intercept the log-odds of all.
#[test]
fn a_scorecard_of_one_column_has_the_odds_of_its_bins() {
    let folder = desk("[partition]\nclients = 3\n");
    run(folder.path(), "out", &["data.drop=[\"age\", \"noise\", \"home\"]"]);
    let path = |name: &str| folder.path().join("out").join(name);
    let of = |name: &str| parsed(&path("bins.csv"), name).into_iter().flatten().sum::<f64>();
    let (rows, events) = (of("rows"), of("events"));
    let weight = parsed(&path("scorecard.csv"), "weight")[0].expect("it is in");
    let intercept = parsed(&path("model.csv"), "value")[0].expect("a number");
    assert!((weight + 1.0).abs() < 1e-9 && (intercept - ln(events / (rows - events))).abs() < 1e-9, "{weight} {intercept}");
}

#[test]
fn one_bank_with_all_rows_comes_to_the_same() {
    let folder = desk("[partition]\nclients = 3\n");
    let (scenario, out) = (folder.path().join("scenario.toml"), folder.path().join("out"));
    succeed(&["compare-baseline", argument(&scenario), "--out", argument(&out), "--no-plots", "--quiet"]);
    let table = out.join("baseline_vs_fl.csv");
    let auc = column(&table, "metric").iter().position(|metric| metric == "auc").expect("a line");
    let [federated, central] = ["federated", "centralized"].map(|name| column(&table, name)[auc].clone());
    assert_eq!(federated, central);
}

fn refused(model: &str, more: &str, words: &[&str]) {
    let folder = desk(&format!("[partition]\nclients = 2\n{more}"));
    let path = folder.path().join("scenario.toml");
    let text_of = fs::read_to_string(&path).expect("the scenario");
    fs::write(&path, text_of.replace("min_size = 0.05\nspecial = { debt = [-1] }", model)).expect("written");
    let out = fedsim(&["run", argument(&path), "--out", argument(&folder.path().join("out"))]);
    let told = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{told}");
    words.iter().for_each(|word| assert!(told.contains(word), "{word}: {told}"));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn what_makes_no_scorecard_is_refused_with_the_way_out() {
    refused("", "[preprocess]\nscale = \"standard\"\n", &["scenario.toml:", "the columns' own numbers", "scale = \"none\""]);
    refused("", "[preprocess]\nfit = \"local\"\n", &["the same for all clients"]);
    refused("", "[preprocess]\nindicator = true\n", &["a bin of their own"]);
    refused("", "[preprocess]\ntransform = { debt = \"asinh\" }\n", &["take transform out"]);
    refused("trends = { home = \"peak\" }", "", &["scenario.toml:", "`home` holds categories"]);
    refused("trends = { hom = \"peak\" }", "", &["there is no feature `hom`"]);
    refused("trends = { age = \"up\" }", "", &["unknown `trends` of `age`"]);
    refused("special = { home = [1] }", "", &["`home` holds categories"]);
    refused("special = { age = 1 }", "", &["`special` of `age` is no list of numbers"]);
    refused("special = { age = [1, \"x\"] }", "", &["`special` of `age` is no list of numbers"]);
    refused("special = 3", "", &["a table in braces"]);
    refused("min_iv = 9.0", "", &["no column parts the classes", "model.min_iv"]);
    refused("min_events = 900", "", &["no column parts the classes"]);
    refused("min_size = 0.5", "", &["`min_size`"]);
    refused("trend = \"up\"", "", &["unknown `trend` \"up\""]);
    refused("pdo = 0", "", &["`pdo` is out of range"]);
    refused("", "[training]\nkind = \"sgd\"\n", &["unknown `kind` \"sgd\""]);
    refused("", "[training]\nepochs = 3\n", &["`epochs`"]);
    refused("", "[training]\nclass_weight = \"balanced\"\n", &["`class_weight`", "the odds of the rows"]);
    refused("", "[stop]\n", &["the run ends by itself"]);
    refused("", "[aggregation]\nkind = \"median\"\n", &["no single updates"]);
}

/// The file's numbers are a stranger's.
#[test]
fn a_model_file_that_is_no_scorecard_is_told_and_makes_no_panic() {
    let folder = desk("[partition]\nclients = 2\n");
    run(folder.path(), "out", &[]);
    let (model, table) = (folder.path().join("out/model.csv"), folder.path().join("table.csv"));
    let whole = fs::read_to_string(&model).expect("the model");
    let lines: Vec<&str> = whole.lines().collect();
    for (at, line) in lines.iter().enumerate().skip(1) {
        for value in ["-1", "0.5", "1e300", "999999"] {
            let name = line.rsplit_once(',').expect("a value").0;
            let changed = format!("{name},{value}");
            let text_of: Vec<&str> = lines.iter().enumerate().map(|(other, line)| if other == at { &changed } else { *line }).collect();
            fs::write(&model, text_of.join("\n") + "\n").expect("written");
            let found = fedsim(&["predict", argument(&folder.path().join("out")), argument(&table)]);
            assert!(matches!(found.status.code(), Some(0 | 2)), "{changed}: {}", text(&found.stderr));
        }
        if at > 12 {
            break;
        }
    }
    fs::write(&model, lines[..lines.len() - 1].join("\n") + "\n").expect("written");
    let found = fedsim(&["predict", argument(&folder.path().join("out")), argument(&table)]);
    assert_eq!(found.status.code(), Some(2));
    assert!(text(&found.stderr).contains("a scorecard ends too early"), "{}", text(&found.stderr));
}

#[test]
fn the_shipped_scorecard_is_as_good_as_its_head_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = root().join("scenarios/scorecard.toml");
    succeed(&["run", argument(&scenario), "--out", argument(folder.path()), "--quiet"]);
    let auc = parsed(&folder.path().join("metrics_log.csv"), "auc").into_iter().flatten().last().expect("a row");
    // scikit-learn's logistic regression on the same rows: 0.763.
    assert!(auc > 0.763, "{auc}");
    assert!(["woe.png", "woe.svg"].iter().all(|name| folder.path().join("plots").join(name).exists()));
    let page = fs::read_to_string(folder.path().join("report.html")).expect("the page");
    assert!(["Weight of evidence and event rate", "suspiciously strong"].iter().all(|words| page.contains(words)));
}
