//! The pictures: drawn from a run's tables alone, the same each time, readable at every size, and never half there.

use std::fs;
use std::path::Path;

use crate::support::{argument, fedsim, succeed, text};
use fedsim::charts::palette::{FAINT, GRID, INK, PAPER};
use fedsim::charts::{Chart, HoverPanel, Weight, text_width};
use fedsim::numeric::reduce;
use fedsim::report::pictures::{Drawn, draw_all};
use fedsim::runs::Saved;

/// Runs the credit scenario for three rounds into `out`.
fn run(out: &Path, more: &[&str]) {
    let arguments = ["run", "scenarios/credit.toml", "--set", "rounds=3", "--out", argument(out), "--quiet"];
    succeed(&[&arguments[..], more].concat());
}

/// The pictures in a run's folder, sorted, with their bytes.
fn pictures(run: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(run.join("plots")).expect("the folder of the pictures").flatten();
    let mut files: Vec<(String, Vec<u8>)> =
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a picture"))).collect();
    files.sort();
    files
}

#[test]
fn plot_draws_what_the_run_drew() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &[]);
    let drawn = pictures(folder.path());
    let names: Vec<&str> = drawn.iter().map(|(name, _)| name.as_str()).collect();
    for name in ["convergence.png", "convergence.svg", "partition.png", "partition.svg", "performance.png", "performance.svg"] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
    let manifest = fs::read_to_string(folder.path().join("manifest.json")).expect("the manifest");
    assert!(!manifest.contains("plots"), "pictures are no part of what must come out the same");
    fs::remove_dir_all(folder.path().join("plots")).expect("removed");
    let told = succeed(&["plot", argument(folder.path())]);
    assert!(drawn == pictures(folder.path()), "the pictures differ");
    let lines = text(&told.stdout);
    // The page is made with them.
    assert!(lines.lines().count() == drawn.len() + 1 && lines.lines().all(|line| Path::new(line).is_file()), "{lines}");
}

#[test]
fn a_former_runs_tables_are_not_drawn() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &[]);
    fs::write(folder.path().join("baseline_vs_fl.csv"), "metric,centralized\nauc,0.9\n").expect("written");
    fs::write(folder.path().join("baseline_log.csv"), "model,passes,loss,auc,pr_auc,f1\ncentralized,1,0.1,0.9,0.8,0.7\n").expect("written");
    run(folder.path(), &[]);
    assert!(!fs::read_to_string(folder.path().join("plots/convergence.svg")).expect("a picture").contains("centralised"));
}

#[test]
fn no_plots_leaves_none_not_even_a_former_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &[]);
    assert!(folder.path().join("plots/convergence.svg").exists());
    run(folder.path(), &["--no-plots"]);
    assert!(!folder.path().join("plots").exists());
    // What is not a run's stays.
    run(folder.path(), &[]);
    fs::write(folder.path().join("plots/mine.txt"), "mine").expect("written");
    run(folder.path(), &["--no-plots"]);
    assert_eq!(pictures(folder.path()), [("mine.txt".to_owned(), b"mine".to_vec())]);
}

#[test]
fn broken_tables_are_named_with_their_line_and_former_pictures_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), &[]);
    let drawn = pictures(folder.path());
    let refused = |file: &str, change: &dyn Fn(String) -> String, wanted: &str| {
        let path = folder.path().join(file);
        let whole = fs::read_to_string(&path).expect("the table");
        fs::write(&path, change(whole.clone())).expect("written");
        let output = fedsim(&["plot", argument(folder.path())]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wanted}: {told}");
        assert!(told.contains(wanted), "{wanted} is missing in\n{told}");
        assert!(pictures(folder.path()) == drawn, "the former pictures changed");
        fs::write(&path, whole).expect("written");
    };
    let line = |number: usize, line: &str| {
        let line = line.to_owned();
        move |text: String| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines[number - 1] = &line;
            lines.join("\n") + "\n"
        }
    };
    refused("metrics_log.csv", &|text| text.replacen("\n0,0.", "\n0,zero", 1), "metrics_log.csv:2:");
    refused("perf_log.csv", &line(3, "2,x"), "perf_log.csv:3: the row has 2 cells");
    refused("client_perf.csv", &|text| text.replace("\n3,", "\n1,"), "rounds must ascend");
    refused("partition.csv", &line(2, "1,5,9,0.5,0").clone(), "partition.csv:2:");
    refused(
        "round_log.csv",
        &line(1, "round,result,selected,survivors,dropped,examples,update_norm,state_digest"),
        "round_log.csv:1: the column `outcome`",
    );
    fs::remove_file(folder.path().join("client_perf.csv")).expect("removed");
    let output = fedsim(&["plot", argument(folder.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("client_perf.csv"));
    fs::remove_file(folder.path().join("manifest.json")).expect("removed");
    let output = fedsim(&["plot", argument(folder.path())]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("can't find a finished run"));
    assert!(pictures(folder.path()) == drawn);
}

#[test]
fn a_file_where_the_pictures_belong_is_told_before_the_first_round() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("plots"), "mine").expect("written");
    let output = fedsim(&["run", "scenarios/credit.toml", "--set", "rounds=1", "--out", argument(folder.path()), "--quiet"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is a file, where the pictures' folder belongs"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("plots")).expect("the file"), "mine");
}

/// How large a run is made up.
#[derive(Clone, Copy, Debug)]
struct Size {
    rounds: usize,
    clients: usize,
}

/// Something between 0 and 1 that looks like chance.
fn wobble(index: usize) -> f64 {
    ((index * 7919 + 104_729) % 10_007) as f64 / 10_007.0
}

/// A folder with all the tables that pictures are made from.
fn made_up(size: Size) -> tempfile::TempDir {
    let Size { rounds, clients } = size;
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, header: &str, rows: Vec<String>| {
        fs::write(folder.path().join(name), format!("{header}\n{}\n", rows.join("\n"))).expect("written");
    };
    let manifest = r#"{"fedsim":"0","name":"made up","identity":"","data_sha256":"","test_rows":8000,"test_positives":1,"features":60,"clients":CLIENTS,"parameters":60,"rounds":ROUNDS,"state_digest":"","files":{}}"#;
    let manifest = manifest.replace("CLIENTS", &clients.to_string()).replace("ROUNDS", &rounds.to_string());
    fs::write(folder.path().join("manifest.json"), manifest).expect("written");
    let figures = |i: usize, n: usize| {
        let done = 1.0 - 1.0 / (1.0 + 9.0 * i as f64 / n as f64);
        format!(
            "{},{},{},{}",
            0.7 - 0.65 * done + 0.01 * wobble(i),
            0.5 + 0.45 * done + 0.02 * wobble(i),
            0.6 * done * wobble(i),
            done * wobble(i + 5)
        )
    };
    write("metrics_log.csv", "round,loss,auc,pr_auc,f1", (0..=rounds).map(|r| format!("{r},{}", figures(r, rounds))).collect());
    let outcome = |r: usize| if wobble(r) < 0.1 || rounds == 1 && r == 1 { "aborted_unmask" } else { "completed" };
    write(
        "round_log.csv",
        "round,outcome,selected,survivors",
        (0..=rounds).map(|r| format!("{r},{},10,{}", outcome(r), 10 - r % 3)).collect(),
    );
    let header = "round,duration_s,train_s,aggregate_s,evaluate_s,upload_bytes,download_bytes,advertise_s,share_s,masked_input_s,consistency_s,unmask_s";
    let perf = |r: usize| {
        let s = |k: usize| 12.0 * wobble(r * 13 + k);
        format!(
            "{r},{},{},0,{},{},{},{},{},{},,{}",
            s(1) + 90.0,
            s(2),
            s(3),
            (1e9 * wobble(r)) as u64 + 1,
            (3e5 * wobble(r + 1)) as u64,
            s(4),
            s(5),
            s(6),
            s(7)
        )
    };
    write("perf_log.csv", header, (1..=rounds).map(perf).collect());
    let few = clients.min(20);
    let client = |r: usize, c: usize| {
        format!("{r},{c},{},{}", 1e-5 * (1.0 + 4000.0 * wobble(r * 31 + c)), 2_000_000 + (500_000.0 * wobble(r + c)) as u64)
    };
    let rows = (1..=rounds).flat_map(|r| (1..=few).map(move |c| (r, c))).map(|(r, c)| client(r, c)).collect();
    write("client_perf.csv", "round,client,train_time_s,upload_bytes", rows);
    let rows = |c: usize| (1.0 / (1e-4 + wobble(c))) as u64 + 1;
    write("partition.csv", "client,examples,positives", (1..=clients).map(|c| format!("{c},{},{}", rows(c), rows(c) / 20)).collect());
    let curve = |i: usize| {
        let x = i as f64 / 500.0;
        format!("roc,{},{},,{}\npr,{x},{},,{}", x * x * x, x, 1.0 - x, 1.0 - 0.9 * x, 1.0 - x)
    };
    let bins = (0..10)
        .map(|b| format!("calibration,{},{},100,", 0.5_f64 / f64::from(1 << (2 * b)), 0.4 / f64::from(1 << (2 * b))))
        .collect::<Vec<_>>();
    write("curves.csv", "curve,x,y,rows,threshold", (0..=500).map(curve).chain(bins).collect());
    let model = |name: &str| (1..=rounds).map(|r| format!("{name},{r},{}", figures(r, rounds))).collect::<Vec<_>>();
    let alone = [format!("local_mean,{rounds},0.3,0.8,0.2,0.4")];
    write("baseline_log.csv", "model,passes,loss,auc,pr_auc,f1", [model("centralized"), model("federated"), alone.to_vec()].concat());
    let judged = ["auc,0.951,0.95", "pr_auc,0.6,0.6", "f1,0.5,0.5", "loss,0.04,0.05"].map(str::to_owned).to_vec();
    write("baseline_vs_fl.csv", "metric,centralized,federated", judged);
    let join = |c: usize| {
        let (alone, gain) = (0.9 - 0.2 * wobble(c), 0.1 * wobble(c + 3) - 0.03);
        let verdict = if gain > 0.02 {
            "gains"
        } else if gain < -0.02 {
            "loses"
        } else {
            "cant_tell"
        };
        format!("{c},{alone},{},{gain},{},{},{verdict},auc,test", alone + gain, gain - 0.02, gain + 0.02)
    };
    let header = "client,auc_alone,auc_federated,gain,gain_low,gain_high,verdict,decided_by,measured_on";
    write("join.csv", header, (1..=clients).map(join).collect());
    let classes = clients.min(255);
    let rows = move |class: usize, decided: usize| match class.abs_diff(decided) {
        0 => 1040,
        1 => 90,
        _ => u8::from(wobble(class * 255 + decided) < 0.02).into(),
    };
    let decisions = move |class: usize| (0..classes).map(move |decided| format!("class {class},class {decided},{}", rows(class, decided)));
    write("confusion.csv", "class,decided,rows", (0..classes).flat_map(decisions).collect());
    let group = |group: usize| format!("{group},800,{},{}", 0.07 * group as f64, 0.07 * group as f64 + 0.1 * (wobble(group) - 0.5));
    write("calibration.csv", "group,rows,predicted,actual", (1..=10).map(group).collect());
    let centroid = |cluster: usize, feature: usize| {
        let scaled = 4.0 * wobble(cluster * 41 + feature) - 2.0;
        format!("{cluster},{},quite a long name of the feature {feature},{},{scaled}", rows_of(cluster), 30_000.0 + 9000.0 * scaled)
    };
    let centroids = (1..=clients).flat_map(|cluster| (1..=40).map(move |feature| (cluster, feature)));
    write(
        "centroids.csv",
        "cluster,rows,feature,centroid,centroid_scaled",
        centroids.map(|(cluster, feature)| centroid(cluster, feature)).collect(),
    );
    let worth = |feature: usize| {
        let share = 0.5 / (1_u64 << feature.min(60)) as f64;
        format!("quite a long name of the feature {feature},{},{share},900,{}", 900.0 * share, 50 * (feature % 3))
    };
    write("importance.csv", "feature,gain,gain_share,cover,splits", (0..40).map(worth).collect());
    let added = |at: usize| {
        let (feature, sample) = (at / 200, at % 200 + 1);
        let cell = if sample.is_multiple_of(9) { String::new() } else { (1000.0 * wobble(at)).to_string() };
        format!("quite a long name of the feature {feature},{sample},{cell},{}", (wobble(at * 7) - 0.4) / (1 + feature) as f64)
    };
    write("shap.csv", "feature,sample,cell,shap", (0..3000).map(added).collect());
    let bin = |column: usize, bin: usize| {
        let (kind, categories) =
            if column.is_multiple_of(3) { ("category", "quite a long name | another long name | more") } else { ("number", "") };
        let ends = if kind == "number" { format!("{},{}", 1000.0 * wobble(bin), 30_000.5 * (bin + 1) as f64) } else { ",".to_owned() };
        let woe = 6.0 * wobble(column * 31 + bin) - 3.0;
        format!(
            "quite a long name of the column {column},{bin},{kind},{ends},{categories},{},90,0.09,{woe},0.01,{}",
            rows_of(bin) + 1,
            60 + bin
        )
    };
    let bins = (1..=14).flat_map(|column| (1..=3 + column).map(move |number| (column, number)));
    let header = "feature,bin,kind,lower,upper,categories,rows,events,rate,woe,iv,points";
    write("bins.csv", header, bins.map(|(column, number)| bin(column, number)).collect());
    // Five levels, each node split but the last.
    let node = |node: usize| match node {
        0..31 => {
            format!("1,{node},quite a long name {node},{},left,{},{},0,{},1", wobble(node), 2 * node + 1, 2 * node + 2, 64 >> level(node))
        }
        _ => format!("1,{node},,,,,,{},{},", wobble(node) - 0.5, 64 >> level(node)),
    };
    write("trees.csv", "tree,node,feature,cut,missing,left,right,value,cover,gain", (0..63).map(node).collect());
    folder
}

/// The level of a node of a tree whose nodes are numbered level by level.
fn level(node: usize) -> u32 {
    (node + 1).ilog2()
}

/// A segment's rows, of which some have none.
fn rows_of(cluster: usize) -> u64 {
    (20_000.0 * (wobble(cluster) - 0.1).max(0.0)) as u64
}

/// A text in an SVG with the box that it covers.
#[derive(Debug)]
#[expect(dead_code, reason = "the words are there to be read where a test fails")]
struct Label {
    words: String,
    size: f64,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// All texts of an SVG, as DejaVu Sans draws them.
fn labels(svg: &str) -> Vec<Label> {
    svg.split("<text ")
        .skip(1)
        .map(|rest| {
            let (head, rest) = rest.split_once('>').expect("the tag ends");
            let words = rest.split('<').next().expect("the text").trim().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let find = |name: &str| head.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
            let number = |name: &str| find(name).and_then(|value| value.parse::<f64>().ok()).expect("a number");
            let (x, y, size) = (number(" x").min(f64::MAX), number(" y"), number("font-size"));
            let weight = if find("font-weight") == Some("bold") { Weight::Bold } else { Weight::Regular };
            let width = text_width(&words, size, weight);
            let start = match find("text-anchor") {
                Some("middle") => -width / 2.0,
                Some("end") => -width,
                _ => 0.0,
            };
            // From the ascent of capitals to the descenders; the baseline lies 0.76 em below y.
            let (from, to) = (0.03 * size, size);
            match find("transform") {
                None => Label { left: x + start, right: x + start + width, top: y + from, bottom: y + to, words, size },
                Some(_) => Label { left: x + from, right: x + to, top: y - start - width, bottom: y - start, words, size },
            }
        })
        .collect()
}

/// Wants no text on another or outside of the paper, none too small, and a PNG of the same size.
fn check(folder: &Path, size: Size) {
    let drawn = draw_all(&Saved::in_folder(folder).expect("the folder")).expect("the tables are whole");
    assert_eq!(drawn.len(), 13);
    for Drawn { name, chart: Chart { svg, png, .. }, .. } in &drawn {
        assert!(svg.len() < 300_000, "{name} of {size:?} has {} bytes", svg.len());
        let decoder = png::Decoder::new(std::io::Cursor::new(png));
        let reader = decoder.read_info().expect("it is a PNG");
        let (width, height) = (reader.info().width, reader.info().height);
        assert!(svg.contains(&format!("viewBox=\"0 0 {width} {height}\"")), "{name}: SVG and PNG differ in size");
        assert_eq!(width, 1600);
        let labels = labels(&svg.replace("<text x", "<text  x"));
        assert!(labels.len() > 10, "{name}: {labels:?}");
        for (index, label) in labels.iter().enumerate() {
            assert!(label.size >= 22.0, "{name} of {size:?}: too small: {label:?}");
            assert!(
                label.left >= 0.0 && label.top >= 0.0 && label.right <= f64::from(width) && label.bottom <= f64::from(height),
                "{name} of {size:?}: outside: {label:?}"
            );
            for other in &labels[..index] {
                let meet = label.left < other.right && other.left < label.right && label.top < other.bottom && other.top < label.bottom;
                assert!(!meet, "{name} of {size:?}: {label:?} lies on {other:?}");
            }
        }
    }
}

#[test]
fn no_text_lies_on_another_at_any_size() {
    for (rounds, clients) in [(1, 1), (1, 3), (3, 30), (30, 10), (100, 61), (10_000, 3), (5, 1000)] {
        let size = Size { rounds, clients };
        check(made_up(size).path(), size);
    }
}

#[test]
fn pictures_are_the_same_on_any_number_of_threads_and_their_values_lie_where_they_are_drawn() {
    let folder = made_up(Size { rounds: 1200, clients: 40 });
    let draw = |threads| {
        let drawn =
            reduce::with_threads(Some(threads), || draw_all(&Saved::in_folder(folder.path()).expect("the folder"))).expect("threads start");
        drawn.expect("the tables are whole")
    };
    let (one, two) = (draw(1), draw(2));
    assert_eq!((one.len(), two.len()), (13, 13));
    for (a, b) in one.iter().zip(&two) {
        assert!(a.chart.svg == b.chart.svg && a.chart.png == b.chart.png, "{} differs", a.name);
        assert!(a.chart.svg.contains(&a.title.replace('\'', "&apos;")), "{}", a.title);
        for ink in [INK, FAINT, GRID, PAPER] {
            assert!(a.chart.svg.contains(ink), "{}: the page replaces {ink}", a.name);
        }
        assert!(!a.chart.hover.panels.is_empty());
        for panel in &a.chart.hover.panels {
            check_values(a.name, panel);
        }
    }
    // Picture 1 is the performance, its panel 1 the bytes, of rounds 1 to 1200.
    let bytes = &one[1].chart.hover.panels[1];
    assert_eq!((bytes.x.last(), bytes.x_label.as_str(), bytes.series[0].name.as_str()), (Some(&1200.0), "round", "upload"));
}

/// Wants the values within their panel, a place for each.
fn check_values(name: &str, panel: &HoverPanel) {
    assert!(!panel.x.is_empty() && panel.x.len() <= 500 && panel.x.len() == panel.x_px.len(), "{name}");
    assert!(panel.x.windows(2).all(|pair| pair[0] < pair[1] || panel.plane && pair[0] == pair[1]), "{name}");
    assert!(panel.names.is_empty() || panel.names.len() == panel.x.len(), "{name}");
    let (from, to) = (f64::from(panel.left) - 1.0, f64::from(panel.right) + 1.0);
    assert!(panel.x_px.iter().all(|px| (from..=to).contains(px)), "{name}");
    let (from, to) = (f64::from(panel.top) - 1.0, f64::from(panel.bottom) + 1.0);
    for series in &panel.series {
        assert!(series.y.len() == panel.x.len() && series.y_px.len() == panel.x.len(), "{name} {}", series.name);
        assert!(series.y_px.iter().flatten().all(|px| (from..=to).contains(px)), "{name} {}", series.name);
    }
}

#[test]
fn tables_without_rows_are_drawn_with_words_in_place_of_data() {
    let folder = made_up(Size { rounds: 1, clients: 1 });
    let tables = fs::read_dir(folder.path()).expect("the folder").flatten();
    for entry in tables.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "csv")) {
        let content = fs::read_to_string(entry.path()).expect("a table");
        let header = content.lines().next().expect("a header");
        fs::write(entry.path(), format!("{header}\n")).expect("written");
    }
    let drawn = draw_all(&Saved::in_folder(folder.path()).expect("the folder")).expect("the tables have their columns");
    let svg = |wanted: &str| &drawn.iter().find(|picture| picture.name == wanted).expect("the picture").chart.svg;
    assert!(svg("performance").contains("no round was run") && svg("performance").contains("no client trained"));
    assert!(svg("roc").contains("one class"));
    assert!(svg("confusion").contains("no test row has a class") && svg("segments").contains("there are no segments"));
    assert!(svg("calibration").contains("there are no test rows"));
    assert!(svg("shap").contains("no feature adds anything"));
    assert!(svg("woe").contains("there are no bins"));
    assert!(svg("tree").contains("there is no tree") && svg("importance").contains("no tree splits its rows"));
}

#[test]
fn every_picture_carries_the_runs_name() {
    let folder = made_up(Size { rounds: 5, clients: 4 });
    for Drawn { name, chart: Chart { svg, .. }, .. } in
        draw_all(&Saved::in_folder(folder.path()).expect("the folder")).expect("the tables are whole")
    {
        assert!(svg.contains("made up"), "{name}");
    }
}
