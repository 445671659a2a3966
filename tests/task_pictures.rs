//! The pictures of single tasks: confusion, calibration and segments, each left by the runs that have its table and by no other, and
//! each with the table's numbers.

use std::fs;
use std::path::Path;

use crate::support::{argument, column, succeed};
use fedsim::charts::HoverPanel;
use fedsim::report::pictures::{Drawn, draw_all};
use fedsim::runs::Saved;

/// Runs a scenario for two rounds into `out`.
fn run(scenario: &str, out: &Path) {
    let path = format!("scenarios/{scenario}.toml");
    succeed(&["run", &path, "--set", "rounds=2", "--quiet", "--out", argument(out)]);
}

fn numbers(table: &Path, name: &str) -> Vec<f64> {
    column(table, name).iter().map(|cell| cell.parse().expect("a number")).collect()
}

/// The picture of this name, drawn from a folder's tables.
fn drawn(folder: &Path, name: &str) -> Drawn {
    let all = draw_all(&Saved::in_folder(folder).expect("the folder")).expect("the tables are whole");
    all.into_iter().find(|picture| picture.name == name).expect("the picture")
}

fn first_panel(folder: &Path, name: &str) -> HoverPanel {
    drawn(folder, name).chart.hover.panels.into_iter().next().expect("it has data")
}

#[test]
fn each_task_leaves_its_own_picture_and_plot_draws_it_again() {
    const OF_TASKS: [&str; 4] = ["roc", "confusion", "calibration", "segments"];
    for (scenario, own) in [("credit", "roc"), ("grades", "confusion"), ("lgd", "calibration"), ("segments", "segments")] {
        let folder = tempfile::tempdir().expect("a folder");
        run(scenario, folder.path());
        let path = |name: &str| folder.path().join("plots").join(name);
        for picture in OF_TASKS {
            for ending in ["png", "svg"] {
                let name = format!("{picture}.{ending}");
                assert_eq!(path(&name).exists(), picture == own, "{scenario}: {name}");
            }
        }
        let page = fs::read_to_string(folder.path().join("report.html")).expect("the page");
        assert!(page.contains(&format!("id=\"picture-{own}\"")), "{scenario}");
        let bytes = || ["png", "svg"].map(|ending| fs::read(path(&format!("{own}.{ending}"))).expect("a picture"));
        let first = bytes();
        fs::remove_dir_all(folder.path().join("plots")).expect("removed");
        succeed(&["plot", argument(folder.path())]);
        assert!(first == bytes(), "{scenario}: the picture differs");
        assert!(page == fs::read_to_string(folder.path().join("report.html")).expect("the page"), "{scenario}: the page differs");
        if own != "roc" {
            has_the_tables_numbers(own, folder.path());
        }
    }
}

/// Wants a task's picture to tell what its table says, number by number.
fn has_the_tables_numbers(own: &str, folder: &Path) {
    let (panel, svg) = (first_panel(folder, own), drawn(folder, own).chart.svg);
    let told = |series: usize| panel.series[series].y.iter().flatten().copied().collect::<Vec<f64>>();
    match own {
        "confusion" => {
            // The table goes class by class, the picture decision by decision.
            let rows = numbers(&folder.join("confusion.csv"), "rows");
            let by_decision: Vec<f64> =
                (0..5).flat_map(|decided| (0..5).map(move |class| class * 5 + decided)).map(|at| rows[at]).collect();
            assert_eq!(told(0), by_decision);
            let of_class = |class: usize| rows[class * 5..][..5].iter().sum::<f64>();
            assert_eq!(told(1)[1], 100.0 * rows[5] / of_class(1), "of class B, what is taken for A");
            assert!(svg.contains(&format!("{:.1}%", 100.0 * rows[0] / of_class(0))));
        }
        "calibration" => {
            let table = folder.join("calibration.csv");
            assert_eq!((panel.x.clone(), told(0)), (numbers(&table, "predicted"), numbers(&table, "actual")));
        }
        _ => {
            let table = folder.join("centroids.csv");
            let names: Vec<String> =
                column(&table, "cluster").iter().zip(column(&table, "feature")).map(|(c, f)| format!("segment {c}: {f}")).collect();
            let means = numbers(&table, "centroid");
            for (name, mean) in names.iter().zip(&means) {
                let at = panel.names.iter().position(|known| known == name).unwrap_or_else(|| panic!("{name} is missing"));
                assert_eq!(panel.series[0].y[at], Some(*mean), "{name}");
            }
            // Every segment has three cells above its features.
            assert_eq!(panel.names.len(), names.len() + 3 * 5);
        }
    }
}

/// A finished run's folder with one task's table.
fn with_table(name: &str, content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).expect("written");
    write(
        "manifest.json",
        r#"{"fedsim":"0","name":"made up","identity":"","data_sha256":"","test_rows":8,"test_positives":1,"features":2,"clients":1,"parameters":3,"rounds":1,"state_digest":"","files":{}}"#,
    );
    write("metrics_log.csv", "round,loss,auc,pr_auc,f1\n0,0.5,0.5,0.5,0.5\n");
    write("round_log.csv", "round,outcome,selected,survivors\n0,completed,1,1\n");
    let perf = "round,duration_s,train_s,aggregate_s,evaluate_s,upload_bytes,download_bytes,advertise_s,share_s,masked_input_s,consistency_s,unmask_s\n";
    write("perf_log.csv", perf);
    write("client_perf.csv", "round,client,train_time_s,upload_bytes\n");
    write(name, content);
    folder
}

/// Names that would be markup, and one that is longer than a picture is wide.
#[test]
fn no_name_of_a_class_or_a_feature_breaks_a_picture() {
    let long = "very ".repeat(400);
    let names = ["</text><script>alert(1)</script>", "a & \"b\" 'c'", &long];
    let quoted = names.map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    let pairs: Vec<String> = quoted.iter().flat_map(|class| quoted.iter().map(move |decided| format!("{class},{decided},7\n"))).collect();
    let centroids: Vec<String> = quoted.iter().map(|name| format!("1,8,{name},5,0.5\n")).collect();
    for (picture, file, content) in [
        ("confusion", "confusion.csv", format!("class,decided,rows\n{}", pairs.concat())),
        ("segments", "centroids.csv", format!("cluster,rows,feature,centroid,centroid_scaled\n{}", centroids.concat())),
    ] {
        let folder = with_table(file, &content);
        let Drawn { chart, .. } = drawn(folder.path(), picture);
        assert!(chart.svg.contains("&lt;/text&gt;") && !chart.svg.contains("<script"), "{picture}");
        assert_eq!(chart.svg.matches("<text").count(), chart.svg.matches("</text>").count(), "{picture}");
        assert!(chart.svg.len() < 40_000, "{picture}: the long name is cut");
        // Whoever points at a cell reads the whole name.
        assert!(chart.hover.panels[0].names.iter().any(|told| told.contains(names[0])), "{picture}");
        assert!(chart.hover.panels[0].names.iter().any(|told| told.contains(long.trim_end())), "{picture}");
    }
}

#[test]
fn one_segment_and_an_empty_one_are_drawn_without_colour_from_nothing() {
    let header = "cluster,rows,feature,centroid,centroid_scaled\n";
    let alone = with_table("centroids.csv", &format!("{header}1,8,age,40,0.5\n1,8,home=own,0.25,0.25\n"));
    let picture = drawn(alone.path(), "segments");
    assert_eq!(picture.title, "1 segment of 8 test rows, by their means");
    let panel = &picture.chart.hover.panels[0];
    assert_eq!(panel.series[1].y.iter().flatten().copied().collect::<Vec<f64>>(), [0.0, 0.0]);
    assert!(picture.chart.svg.contains("25.0%") && picture.chart.svg.contains("100.0%"));
    // The empty segment lies 2 spreads off; the mean of all rows is that of the other one.
    let empty = with_table("centroids.csv", &format!("{header}1,8,age,40,0.5\n2,0,age,65,2.5\n"));
    let panel = first_panel(empty.path(), "segments");
    assert_eq!(panel.series[1].y.iter().flatten().copied().collect::<Vec<f64>>(), [0.0, 2.0]);
    assert!(panel.names.contains(&"segment 2: 0 test rows, 0.0%".to_owned()), "{:?}", panel.names);
    // A single class, of which no row is left, is a matrix of one cell.
    let class = with_table("confusion.csv", "class,decided,rows\nA,A,0\n");
    assert_eq!(drawn(class.path(), "confusion").title, "Confusion: no test row has a class");
}

#[test]
fn a_picture_of_many_features_and_segments_says_how_many_it_leaves_out() {
    let row =
        |cluster: usize, feature: usize| format!("{cluster},{cluster},f{feature},{},{}\n", feature * cluster, feature * (cluster % 3));
    let rows: String = (1..=40).flat_map(|cluster| (1..=35).map(move |feature| row(cluster, feature))).collect();
    let folder = with_table("centroids.csv", &format!("cluster,rows,feature,centroid,centroid_scaled\n{rows}"));
    let Drawn { title, chart, .. } = drawn(folder.path(), "segments");
    assert_eq!(title, "40 segments of 820 test rows, by their means; 5 features and 10 smaller segments left out");
    assert!(chart.svg.contains("Means of the segments; some numbers left out"));
    // Feature f35 differs most, f5 least of those that are shown; segment 11 is the smallest of the thirty largest.
    assert!(chart.svg.contains("\nf35\n") && !chart.svg.contains("\nf5\n"), "the features that differ least are left out");
    assert!(!chart.hover.panels[0].names.iter().any(|told| told.starts_with("segment 10:")));
}

#[test]
fn a_broken_table_of_a_task_is_told() {
    let rows = "cluster,rows,feature,centroid,centroid_scaled\n1,8,age,40,0.5\n1,8,debt,40,0.5\n2,8,age,65,2.5\n";
    for (content, wanted) in [
        (rows.to_owned(), "a cluster lacks features"),
        (format!("{rows}2,8,income,1,1\n"), "is not the feature that the first cluster has in this place"),
    ] {
        let folder = with_table("centroids.csv", &content);
        let error = draw_all(&Saved::in_folder(folder.path()).expect("the folder")).expect_err("it is broken").to_string();
        assert!(error.contains(wanted) && error.contains("centroids.csv"), "{error}");
    }
}
