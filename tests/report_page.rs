//! `report.html` as a browser shows it: no error, no request, every row there, tables that sort, pictures that tell values.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{argument, column, root, skipped, succeed, text};

use fedsim::report::page::{Picture, page};
use fedsim::runs::{PAGE, Saved};
use serde_json::{Value, json};

/// Runs before everything else on the page: remembers every error.
const WATCH: &str = "<script nonce=test>window.problems = []; \
    addEventListener('error', (event) => problems.push(String(event.message))); \
    addEventListener('securitypolicyviolation', (event) => problems.push('policy: ' + event.blockedURI));</script>";

/// Runs after everything else on the page: clicks, points, presses keys, and leaves what it saw in `<pre id="verdict">`.
const DRIVE: &str = r#"<script nonce=test>
const cells = (table, at) => [...table.tBodies[0].rows].map((row) => row.cells[at].title || row.cells[at].textContent);
const tables = {};
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  const columns = heads.map((head, at) => {
    const button = head.querySelector("button");
    const seen = { label: head.textContent, words: head.classList.contains("t"), before: head.ariaSort };
    button.click();
    seen.up = cells(table, at);
    seen.upSort = head.ariaSort;
    button.click();
    seen.down = cells(table, at);
    seen.downSort = head.ariaSort;
    return seen;
  });
  const sorted = heads.filter((head) => head.ariaSort !== "none").length;
  tables[table.id] = { columns, sorted, rows: table.tBodies[0].rows.length };
}
const pictures = [...document.querySelectorAll("figure.picture")].map((figure) => {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const canvas = figure.querySelector(".canvas");
  const svg = canvas.querySelector("svg");
  const tip = canvas.querySelector(".tip");
  const views = [...canvas.querySelectorAll("svg")].filter((view) => view.getClientRects().length > 0);
  const told = () => (tip.hidden ? null : tip.innerText.replace(/\s+/g, " ").trim());
  const point = (x, y) => {
    const frame = (view) => view.viewBox.baseVal;
    const isWithin = ({ x: left, y: top, width, height }) => x >= left && x <= left + width && y >= top && y <= top + height;
    const view = views.find((view) => isWithin(frame(view))) ?? views[0];
    const box = view.getBoundingClientRect();
    const [across, down] = [(x - frame(view).x) / frame(view).width, (y - frame(view).y) / frame(view).height];
    const at = { clientX: box.left + across * box.width, clientY: box.top + down * box.height };
    view.dispatchEvent(new PointerEvent("pointermove", { bubbles: true, ...at }));
    return told();
  };
  const press = (key) => {
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    return told();
  };
  const hover = data.panels.map((panel) => point(panel.x_px[0] + 1, (panel.top + panel.bottom) / 2));
  const last = data.panels.map((panel) => point(panel.right - 1, panel.bottom - 1));
  const marks = svg.querySelectorAll(".mark").length;
  const away = point(0, 0);
  const keys = ["ArrowRight", "ArrowRight", "End", "Home", "Escape"].map(press);
  const tips = data.panels.map((panel) => {
    point(panel.x_px[0] + 1, (panel.top + panel.bottom) / 2);
    const [box, of] = [tip.getBoundingClientRect(), canvas.getBoundingClientRect()];
    return { left: box.left - of.left, top: (box.top - of.top) / of.height, right: of.right - box.right };
  });
  const enlarged = [...canvas.querySelectorAll(".stack button")].filter((button) => button.offsetParent).map((button) => {
    const frame = button.previousElementSibling;
    const isCut = () => frame.scrollWidth > frame.clientWidth;
    return [isCut(), (button.click(), isCut()), (button.click(), isCut())];
  });
  return { id: figure.id, hover, last, marks, away, keys, tips, enlarged, views: views.length, label: canvas.getAttribute("aria-label") };
});
const verdict = document.createElement("pre");
verdict.id = "verdict";
verdict.textContent = JSON.stringify({
  problems,
  tables,
  pictures,
  requests: performance.getEntriesByType("resource").map((entry) => entry.name),
  width: innerWidth,
  sideways: [...document.querySelectorAll("main *")]
    .filter((box) => box.scrollWidth > box.clientWidth && ["auto", "scroll"].includes(getComputedStyle(box).overflowX))
    .map((box) => ({ table: box.querySelector(":scope > table")?.id, cue: getComputedStyle(box).backgroundImage.includes("gradient") })),
  widest: Math.max(...[...document.querySelectorAll("main section > *")].map((box) => box.getBoundingClientRect().right)) / innerWidth,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
});
document.body.append(verdict);
</script>"#;

/// How long a browser may take, in tenths of a second.
const PATIENCE_TENTHS: u32 = 1200;

/// The browser that `$CHROME` names, or the first one on the path.
fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROME").map(PathBuf::from).filter(|path| path.is_file());
    let folders: Vec<PathBuf> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
    let installed = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        named.or_else(|| installed.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file()));
    if found.is_none() {
        skipped("no browser: install chromium, or name one in CHROME");
    }
    found
}

/// What the page's driver saw in a window of that width, once the browser has said nothing on its console.
fn drive(browser: &Path, html: &str, width: u32) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.html");
    // The page allows no script but its own: the driver's are let in by a word of their own.
    let allowed = html.replacen("script-src 'sha256-", "script-src 'nonce-test' 'sha256-", 1);
    let watched = allowed.replacen("<style>", &format!("{WATCH}<style>"), 1).replace("</body>", &format!("{DRIVE}</body>"));
    fs::write(&copy, watched).expect("the copy can be written");
    let (said, shown) = (folder.path().join("stderr"), folder.path().join("stdout"));
    let file = |path: &Path| Stdio::from(fs::File::create(path).expect("a file"));
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", argument(&folder.path().join("profile"))))
        .arg(format!("--window-size={width},900"))
        .arg(format!("file://{}", argument(&copy)))
        .stdin(Stdio::null())
        .stdout(file(&shown))
        .stderr(file(&said))
        .spawn()
        .expect("the browser runs");
    for waited in 0.. {
        if child.try_wait().expect("it can be asked").is_some() {
            break;
        }
        if waited == PATIENCE_TENTHS {
            child.kill().expect("it can be ended");
            panic!("the browser hangs\n{}", fs::read_to_string(&said).unwrap_or_default());
        }
        thread::sleep(Duration::from_millis(100));
    }
    let [talk, dom] = [&said, &shown].map(|path| text(&fs::read(path).expect("it can be read")));
    // What the policy stops is among the problems.
    let console: Vec<&str> = talk.lines().filter(|line| line.contains("CONSOLE") && !line.contains("Content Security Policy")).collect();
    assert!(console.is_empty(), "{console:?}");
    let verdict = dom.split("<pre id=\"verdict\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let verdict = verdict.unwrap_or_else(|| panic!("the driver left no verdict\n{talk}"));
    let verdict = verdict.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
    serde_json::from_str(&verdict).expect("the verdict is JSON")
}

/// A run of four clients, one of which fails in round 2, with everything on the page that a run alone can bring.
fn run(folder: &Path) -> PathBuf {
    let out = folder.join("run");
    let schedule = "faults.schedule=[{ round = 2, clients = [3] }]";
    let arguments =
        ["run", "scenarios/fraud_secure.toml", "--set", "rounds=11", "--set", "evaluation.every=2", "--set", schedule, "--quiet"];
    succeed(&[&arguments[..], &["--set", "evaluation.per_client=true", "--out", argument(&out)]].concat());
    out
}

/// Two panels, one over the other, each in a cell of its own: (0, 0.25), (1, nothing), (2, 0.75) and beneath it (0, 1000), (2, 3000).
fn picture() -> Picture<'static> {
    let svg = "<svg width=\"400\" height=\"300\" viewBox=\"0 0 400 300\" xmlns=\"http://www.w3.org/2000/svg\">\
               <rect width=\"400\" height=\"300\" fill=\"#FFFFFF\"/></svg>";
    let upper = json!({ "left": 50, "top": 10, "right": 390, "bottom": 140, "x_label": "Round", "x": [0, 1, 2], "x_px": [60, 200, 340],
        "series": [{ "name": "AUC", "unit": "", "y": [0.25, null, 0.75], "y_px": [110, null, 40] }] });
    let lower = json!({ "left": 50, "top": 160, "right": 390, "bottom": 290, "x_label": "Round", "x": [0, 2], "x_px": [60, 340],
        "series": [{ "name": "up", "unit": "bytes", "y": [1000, 3000], "y_px": [250, 180] }] });
    let cells = json!([[0, 0, 400, 150], [0, 150, 400, 300]]);
    let hover = json!({ "width": 400, "height": 300, "cells": cells, "panels": [upper, lower] }).to_string();
    Picture { name: "small", title: "Two <b>panels</b>", svg, hover }
}

fn array<'a>(value: &'a Value, what: &str) -> &'a Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("{what} is no list: {value}"))
}

/// The number at the beginning of a cell, as the page sorts by it.
fn number(cell: &Value) -> Option<f64> {
    let text = cell.as_str().expect("a cell is text").replace(',', "");
    text.split(' ').next().and_then(|number| number.parse().ok())
}

/// A column sorts one way, then the other, its empty cells last in both.
fn sorts(table: &str, column: &Value) {
    assert_eq!([&column["before"], &column["upSort"], &column["downSort"]], ["none", "ascending", "descending"], "{table}");
    for (cells, direction) in [(&column["up"], 1.0), (&column["down"], -1.0)] {
        let cells = array(cells, "cells");
        let filled: Vec<&Value> = cells.iter().take_while(|cell| *cell != "").collect();
        assert!(cells[filled.len()..].iter().all(|cell| cell == ""), "{table}: {column}");
        if column["words"] == json!(true) {
            continue;
        }
        let numbers: Vec<f64> = filled.iter().map(|cell| number(cell).unwrap_or_else(|| panic!("{table}: no number: {cell}"))).collect();
        assert!(numbers.windows(2).all(|pair| (pair[1] - pair[0]) * direction >= 0.0), "{table}: {column}");
    }
}

fn cells<'a>(verdict: &'a Value, table: &str, label: &str) -> &'a Vec<Value> {
    let columns = array(&verdict["tables"][table]["columns"], table);
    let found = columns.iter().find(|column| column["label"].as_str().is_some_and(|text| text.trim() == label));
    array(&found.unwrap_or_else(|| panic!("{table} has no column {label}"))["up"], label)
}

/// Markup that a run's files could bring, should it ever get past the escaping.
#[test]
fn no_script_runs_but_the_pages_own() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = fs::read_to_string(run(folder.path()).join(PAGE)).expect("a run leaves its page");
    let smuggled = "<script>problems.push('it ran')</script></body>";
    let problems = |page: &str| drive(&browser, &page.replace("</body>", smuggled), 1200)["problems"].clone();
    assert_eq!(problems(&page), json!([]));
    // It would, were it not for the policy.
    let (before, rest) = page.split_once("script-src 'sha256-").expect("a policy");
    let (_, after) = rest.split_once(';').expect("it goes on");
    assert_eq!(problems(&format!("{before}script-src 'unsafe-inline';{after}")), json!(["it ran"]));
}

#[test]
fn the_page_of_a_run_works_in_a_browser() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let out = run(folder.path());
    let page = fs::read_to_string(out.join(PAGE)).expect("a run leaves its page");
    let verdict = drive(&browser, &page, 1200);
    assert_eq!(verdict["problems"], json!([]));
    assert_eq!(verdict["requests"], json!([]), "the page asked for something");

    let rows = |table: &str| verdict["tables"][table]["rows"].as_u64();
    let file = |name: &str, of: &str| column(&out.join(name), of);
    let clients = file("partition.csv", "client").len();
    assert_eq!((rows("rounds"), rows("clients"), rows("metrics")), (Some(12), Some(clients as u64), Some(metric_columns(&out))));
    let colluders = file("secagg_summary.csv", "metric").iter().filter(|metric| *metric == "collusion_is_safe").count();
    assert_eq!(rows("collusion"), Some(colluders as u64));
    let tables = verdict["tables"].as_object().expect("tables by name");
    for (name, table) in tables {
        assert_eq!(table["sorted"], 1, "{name}: sorted by one column at a time");
        array(&table["columns"], name).iter().for_each(|column| sorts(name, column));
    }

    // Each number on the page is the one in the file, whatever of it is shown.
    let mut aucs: Vec<f64> = file("metrics_log.csv", "auc").iter().map(|cell| cell.parse().expect("a number")).collect();
    aucs.sort_by(f64::total_cmp);
    let shown = cells(&verdict, "rounds", "AUC");
    assert_eq!(shown.iter().filter_map(number).collect::<Vec<_>>(), aucs);
    assert_eq!(shown.len() - aucs.len(), 5, "rounds 1, 3, 5, 7 and 9 are not measured");
    let dropped: Vec<f64> = cells(&verdict, "clients", "Dropped").iter().filter_map(number).collect();
    assert_eq!(dropped.iter().sum::<f64>(), 1.0, "client 3 in round 2");
    let uploads = |name: &str| file(name, "upload_bytes").iter().map(|cell| cell.parse::<f64>().expect("a number")).sum::<f64>();
    assert_eq!(cells(&verdict, "clients", "Uploaded").iter().filter_map(number).sum::<f64>(), uploads("perf_log.csv"));
    for picture in array(&verdict["pictures"], "pictures") {
        let told = array(&picture["keys"], "keys").iter().filter(|told| told.is_string()).count();
        assert_eq!(told, 4, "{}: each arrow key tells a value, Escape hides it", picture["id"]);
        assert!(array(&picture["hover"], "hover").iter().all(Value::is_string), "{picture}");
    }
}

/// Metrics in the log, beside the round.
fn metric_columns(out: &Path) -> u64 {
    let log = fs::read_to_string(out.join("metrics_log.csv")).expect("the log");
    log.lines().next().unwrap_or_default().split(',').count() as u64 - 1
}

#[test]
fn pictures_tell_their_values_to_pointer_and_keyboard() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let out = run(folder.path());
    let html = page(&Saved::in_folder(&out).expect("the folder"), &[picture()]).expect("the page can be made");
    // On a wide window the picture is whole, on a narrow one its panels stand one below the other.
    for (width, views) in [(1200, 1), (500, 2)] {
        let verdict = drive(&browser, &html, width);
        assert_eq!((&verdict["problems"], &verdict["requests"]), (&json!([]), &json!([])));
        let picture = &verdict["pictures"][0];
        assert_eq!(picture["views"], views, "{width}");
        tells_its_values(picture);
    }
}

fn tells_its_values(picture: &Value) {
    assert_eq!(picture["hover"], json!(["Round 0 AUC 0.2500", "Round 0 up 1,000 bytes"]));
    assert_eq!(picture["last"], json!(["Round 2 AUC 0.7500", "Round 2 up 3,000 bytes"]));
    assert_eq!((&picture["marks"], &picture["away"]), (&json!(1), &Value::Null));
    // Round 1 has no value, and still a place.
    assert_eq!(picture["keys"], json!(["Round 0 AUC 0.2500", "Round 1", "Round 2 AUC 0.7500", "Round 0 AUC 0.2500", null]));
    assert_eq!(picture["label"], "Two <b>panels</b>: arrow keys tell the values");
    let tips = array(&picture["tips"], "tips");
    let share = |tip: &Value| tip["top"].as_f64().expect("a number");
    assert!(share(&tips[0]) < 0.3 && share(&tips[1]) > 0.45, "each value stands in its own panel: {tips:?}");
    assert!(tips.iter().all(|tip| tip["left"].as_f64() >= Some(0.0) && tip["right"].as_f64() >= Some(0.0)), "{tips:?}");
}

#[test]
fn on_a_narrow_window_only_wide_tables_scroll_and_their_edges_show_it() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = fs::read_to_string(run(folder.path()).join(PAGE)).expect("a run leaves its page");
    let verdict = drive(&browser, &page, 400);
    assert!(verdict["width"].as_u64() <= Some(500), "{}", verdict["width"]);
    assert_eq!(verdict["overflow"], 0, "the page itself does not scroll sideways");
    let sideways = array(&verdict["sideways"], "what scrolls");
    assert!(sideways.iter().any(|frame| frame["table"] == "rounds"), "{sideways:?}");
    assert!(sideways.iter().all(|frame| frame["table"].is_string() && frame["cue"] == true), "{sideways:?}");
    for picture in array(&verdict["pictures"], "pictures") {
        assert!(picture["views"].as_u64() > Some(1), "{}: its panels stand one below the other", picture["id"]);
        assert!(array(&picture["hover"], "hover").iter().all(Value::is_string), "{picture}");
        let enlarged = array(&picture["enlarged"], "enlarged");
        assert!(enlarged.iter().all(|cut| *cut == json!([false, true, false])), "only what was made larger scrolls: {enlarged:?}");
        assert_eq!(enlarged.is_empty(), picture["id"] == "picture-performance", "{}: parts as wide as the whole", picture["id"]);
    }
}

/// A picture of cells is pointed at cell by cell: the first of the first column is what grade A is taken for itself.
#[test]
fn cells_tell_their_numbers_to_pointer_and_keyboard() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run");
    succeed(&["run", "scenarios/grades.toml", "--set", "rounds=2", "--quiet", "--out", argument(&out)]);
    let page = fs::read_to_string(out.join(PAGE)).expect("a run leaves its page");
    let rows = column(&out.join("confusion.csv"), "rows");
    for (width, views) in [(1200, 1), (400, 2)] {
        let verdict = drive(&browser, &page, width);
        assert_eq!((&verdict["problems"], &verdict["overflow"]), (&json!([]), &json!(0)));
        let pictures = array(&verdict["pictures"], "pictures");
        let picture = pictures.iter().find(|picture| picture["id"] == "picture-confusion").expect("the picture");
        assert_eq!(picture["views"], views);
        let told = |at: usize, words: &str| {
            let told = picture["keys"][at].as_str().expect("a key tells a value");
            assert!(told.starts_with(&format!("{words} test rows {}", rows[at * 5])), "{told} of {rows:?}");
        };
        told(0, "A, taken for itself");
        told(1, "B, taken for A");
        assert!(array(&picture["hover"], "hover").iter().all(Value::is_string), "{picture}");
    }
}

#[test]
fn a_wide_window_is_used_to_its_edge() {
    let Some(browser) = browser() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let page = fs::read_to_string(run(folder.path()).join(PAGE)).expect("a run leaves its page");
    let verdict = drive(&browser, &page, 1900);
    assert_eq!((&verdict["overflow"], &verdict["problems"]), (&json!(0), &json!([])));
    assert!(verdict["widest"].as_f64() > Some(0.93), "{}", verdict["widest"]);
}

#[test]
fn the_page_names_no_address_to_fetch_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = run(folder.path());
    let html = page(&Saved::in_folder(&out).expect("the folder"), &[picture()]).expect("the page can be made");
    for banned in [" src=", "url(", "@import", "<link", "<base", "https://", "fetch(", "XMLHttpRequest", "import("] {
        assert!(!html.contains(banned), "{banned}");
    }
    // The name of SVG's elements looks like an address; nothing is fetched from it.
    assert!(!html.replace("http://www.w3.org/2000/svg", "").contains("http://"));
    assert!(html.split(" href=\"").skip(1).all(|rest| rest.starts_with('#')), "a link leaves the page");
    assert!(html.contains("default-src 'none'"));
    assert!(root().join("assets/report.js").is_file());
}
