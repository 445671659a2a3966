//! Names that a spreadsheet would take for formulas: written so that it does not, and read back as they were.

use std::fs;
use std::path::Path;

use crate::support::{fedsim_in, text};

/// A column of numbers, one of categories and one of clients, each with a name and with texts; rows are the same for all.
fn desk(names: [&str; 2], kinds: [&str; 2], clients: [&str; 2]) -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let row = |at: usize| format!("{}.5,{},{},{}\n", at % 7, kinds[at % 3 % 2], clients[at % 5 % 2], at % 2);
    let rows: String = (0..60).map(row).collect();
    fs::write(desk.path().join("table.csv"), format!("{},{},bank,y\n{rows}", names[0], names[1])).expect("written");
    let scenario =
        "name = \"desk\"\nrounds = 2\n\n[data]\npath = \"table.csv\"\nlabel = \"y\"\n\n[partition]\nkind = \"column\"\nname = \"bank\"\n";
    fs::write(desk.path().join("scenario.toml"), scenario).expect("written");
    desk
}

fn predictions(desk: &Path) -> String {
    for arguments in
        [&["run", "scenario.toml", "--out", "out", "--quiet", "--no-plots"][..], &["plot", "out"], &["verify", "out", "--quiet"]]
    {
        let output = fedsim_in(desk, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = fedsim_in(desk, &["predict", "out", "table.csv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn formulas_as_names_are_written_as_text_and_predict_the_same() {
    // The order of names decides that of the features: these sort alike.
    let plain = desk(["a", "b"], ["c", "d"], ["one", "two"]);
    let formulas = desk(["=1+1", "@b"], ["+c", "=d"], ["-one", "@two"]);
    assert_eq!(predictions(formulas.path()), predictions(plain.path()));
    let read = |name: &str| fs::read_to_string(formulas.path().join("out").join(name)).expect("the run left it");
    assert!(read("model.csv").contains("\n'=1+1,") && read("model.csv").contains("\n'@b=+c,"), "{}", read("model.csv"));
    assert!(read("preprocess.csv").contains("\n'@b=+c,'@b,category,'+c,"), "{}", read("preprocess.csv"));
    assert!(read("partition.csv").contains(",'-one,") && read("client_perf.csv").contains(",'@two,"));
    assert!(!read("report.html").contains("'@two") && !read("report.html").contains("&#39;@two"), "the page has the name itself");
    for name in ["model.csv", "preprocess.csv", "partition.csv", "client_perf.csv"] {
        let text = read(name);
        let cells = text.lines().flat_map(|line| line.split(','));
        let is_formula = |cell: &&str| cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
        assert_eq!(cells.filter(is_formula).collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
    }
}
