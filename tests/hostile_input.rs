//! No input breaks it: each of these gets exit code 2 and a short message within bounded time and memory, and leaves nothing
//! behind. The bounds are the shell's, so that they hold for the whole process.

#![cfg(target_os = "linux")]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{SCENARIO, fedsim_in, text};

/// What a process may take: 2 GiB of addresses, a minute of processor time, and five minutes if it only waits.
const BOUNDS: &str = "ulimit -v 2097152; ulimit -t 60; ulimit -s 65536; exec timeout -s KILL 300";

/// Longer messages echo what they complain about.
const MESSAGE_BYTES_MAX: usize = 30_000;

/// `count` rows of two numbers and a label that takes turns.
fn rows(count: usize) -> String {
    let rows = (0..count).map(|row| format!("{}.5,{},{}\n", row % 7, row % 5, row % 2));
    format!("a,b,y\n{}", rows.collect::<String>())
}

/// A folder with a small table and a scenario that runs.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a folder") };
        desk.write("table.csv", &[rows(40).as_bytes()]);
        desk.write("scenario.toml", &[SCENARIO.as_bytes()]);
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, parts: &[&[u8]]) {
        let mut file = File::create(self.path().join(name)).expect("the file can be made");
        parts.iter().for_each(|part| file.write_all(part).expect("the file can be written"));
    }

    fn with_table(parts: &[&[u8]]) -> Self {
        let desk = Self::new();
        desk.write("table.csv", parts);
        desk
    }

    fn with_scenario(text: impl AsRef<[u8]>) -> Self {
        let desk = Self::new();
        desk.write("scenario.toml", &[text.as_ref()]);
        desk
    }

    fn with_name(name: &str) -> Self {
        Self::with_scenario(SCENARIO.replace("\"desk\"", &toml::Value::from(name).to_string()))
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the folder").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs fedsim within bounds; `arguments` are the shell's to read.
    fn bounded(&self, arguments: &str) -> Output {
        let script = format!("{BOUNDS} \"$0\" {arguments}");
        let shell = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_fedsim")]).current_dir(self.path()).output();
        shell.expect("the shell runs")
    }

    /// Wants exit code 2 from `fedsim ARGUMENTS`, a message that is short and holds `parts`, and no file made.
    fn refuses(&self, arguments: &str, parts: &[&str]) {
        let before = self.files();
        let output = self.bounded(arguments);
        let message = text(&output.stderr);
        let start: String = message.chars().take(3000).collect();
        assert_eq!(output.status.code(), Some(2), "{arguments:.200}: {:?}\n{start}", output.status);
        assert!(!message.contains("panicked") && message.len() < MESSAGE_BYTES_MAX, "{} bytes\n{start}", message.len());
        let is_odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!message.contains(is_odd), "{message:?}");
        for part in parts {
            assert!(message.contains(part), "`{part}` is missing in\n{start}");
        }
        assert_eq!(self.files(), before, "something was left behind");
    }

    fn refuses_run(&self, parts: &[&str]) {
        self.refuses(RUN, parts);
    }
}

const RUN: &str = "run scenario.toml --out out";

#[test]
fn the_desk_itself_runs_within_the_bounds() {
    let desk = Desk::new();
    let output = desk.bounded(RUN);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(desk.path().join("out/manifest.json").exists());
}

#[test]
fn a_field_of_a_hundred_megabytes() {
    let huge = vec![b'x'; 100_000_000];
    Desk::with_table(&[rows(40).as_bytes(), &huge, b",1,1\n"]).refuses_run(&["table.csv:42:1", "64 MiB", "is this a CSV file"]);
    Desk::with_table(&[rows(40).as_bytes(), b"\"", &huge, b"\",1,1\n"]).refuses_run(&["table.csv:42:1", "opened here"]);
    Desk::with_table(&[&huge]).refuses_run(&["table.csv:1:1", "64 MiB"]);
    // Within what a record may have, but no category.
    let long = &huge[..5_000_000];
    let table = Desk::with_table(&[b"a,b,y\n", long, b"1,1,0\n", long, b"2,2,1\n", long, b"3,1,0\n", long, b"4,2,1\n"]);
    table.refuses_run(&["table.csv:2:1", "a text of 5000001 bytes", "drop the column"]);
}

#[test]
fn numbers_of_millions_of_digits() {
    let digits = vec![b'1'; 10_000_000];
    Desk::with_table(&[rows(40).as_bytes(), &digits, b",1,1\n"]).refuses_run(&["table.csv:42:1", "is not a finite number", "na_values"]);
    Desk::with_table(&[rows(40).as_bytes(), b"1e", &digits, b",1,1\n"]).refuses_run(&["table.csv:42:1", "is not a finite number"]);
}

#[test]
fn a_million_columns() {
    let names: String = (0..1_000_000).map(|column| format!("c{column},")).collect();
    Desk::with_table(&[names.as_bytes(), b"y\n"]).refuses_run(&["table.csv:1:1", "more than 100000 columns", "check the delimiter"]);
    Desk::with_table(&[&vec![b','; 60_000_000], b"\n"]).refuses_run(&["table.csv:1:1", "more than 100000 columns"]);
    Desk::with_table(&[b"a,b,y\n1,2,0\n", &vec![b','; 10_000_000], b"\n"]).refuses_run(&["table.csv:3:", "10000001 fields"]);
}

#[test]
fn as_many_columns_as_there_may_be_take_no_square_of_time() {
    let names: String = (0..99_999).map(|column| format!("c{column},")).collect();
    let row = |cell: &str, label: usize| format!("{}{label}\n", cell.repeat(99_999));
    let table: String = (0..8).map(|at| row(if at % 3 == 0 { "p," } else { "q," }, at % 2)).collect();
    let desk = Desk::with_table(&[names.as_bytes(), b"y\n", table.as_bytes()]);
    let output = desk.bounded("run scenario.toml --out out --no-plots --quiet --set rounds=1");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_column_name_of_a_million_characters() {
    let name = "n".repeat(1_000_000);
    let header = rows(40).replacen("a,b", &format!("{name},b"), 1);
    Desk::with_table(&[header.replacen("3.5,3,1", "three,3,1", 1).as_bytes()]).refuses_run(&["table.csv:5:1", "mixes numbers and text"]);
    Desk::with_table(&[rows(40).replacen(",y", &format!(",{name}"), 1).as_bytes()]).refuses_run(&["table.csv:1:1", "no column `y`"]);
    Desk::with_table(&[rows(40).replacen("a,b", &format!("{name},{name}"), 1).as_bytes()]).refuses_run(&["two columns have the name"]);
    let label = "l".repeat(100_000);
    Desk::new().refuses(&format!("{RUN} --set data.label={label}"), &["table.csv:1:1", "no column `lll", "the columns are a, b, y"]);
}

#[test]
fn what_a_terminal_would_obey_in_a_table() {
    let rows = rows(40);
    let escape = "\u{1b}]0;title\u{7}\u{1b}[2J\u{202e}";
    Desk::with_table(&[rows.replacen("a,b", &format!("{escape},b"), 1).replacen("3.5,3", "x,3", 1).as_bytes()])
        .refuses_run(&["table.csv:5:1", "mixes numbers and text"]);
    Desk::with_table(&[rows.replacen("3.5,3", &format!("{escape},3"), 1).as_bytes()]).refuses_run(&["table.csv:5:1"]);
    Desk::with_table(&[rows.replace(",1\n", &format!(",{escape}\n")).as_bytes()]).refuses_run(&["table.csv:1:5", "is not 0 or 1"]);
}

#[test]
fn bytes_that_are_no_table() {
    Desk::with_table(&[rows(40).as_bytes(), b"1\0,2,1\n"]).refuses_run(&["table.csv:42:1", "mixes numbers and text"]);
    Desk::with_table(&[&[0; 1_000_000]]).refuses_run(&["table.csv:1:1", "no column `y`"]);
    Desk::with_table(&[b"a,b,y"]).refuses_run(&["table.csv", "no rows", "was it cut short?"]);
    Desk::with_table(&[b"\n\r\n\n"]).refuses_run(&["table.csv is empty"]);
    Desk::with_table(&[&vec![b'\r'; 10_000_000]]).refuses_run(&["table.csv is empty"]);
    let noise: Vec<u8> = (0..1_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 23) as u8).collect();
    Desk::with_table(&[&noise]).refuses_run(&["table.csv:"]);
}

#[test]
fn a_sparse_file_of_four_gigabytes() {
    let sparse = |start: &[u8]| {
        let desk = Desk::with_table(&[start]);
        let file = OpenOptions::new().write(true).open(desk.path().join("table.csv")).expect("the table");
        file.set_len(4 << 30).expect("room for no bytes");
        desk
    };
    sparse(b"").refuses_run(&["table.csv:1:1", "64 MiB"]);
    sparse(rows(40).as_bytes()).refuses_run(&["table.csv:42:1", "64 MiB"]);
    let desk = Desk::new();
    File::create(desk.path().join("big.toml")).and_then(|file| file.set_len(4 << 30)).expect("room for no bytes");
    desk.refuses("run big.toml --out out", &["big.toml", "longer than 1 MiB"]);
}

#[test]
fn a_gzip_file_that_swells_beyond_memory() {
    let desk = Desk::new();
    let pack = "{ echo a,b,y; yes 1,2,1 | head -c 1500000000; } | gzip -1 > table.csv";
    assert!(Command::new("sh").args(["-c", pack]).current_dir(desk.path()).status().expect("the shell runs").success());
    desk.refuses_run(&["the cells of table.csv", "GiB of memory", "split the file"]);
}

#[test]
fn more_features_than_memory_holds() {
    // 300 columns of 1000 categories make 3e5 features of 3000 rows: 7.2 GB.
    let row = |row: usize| (0..300).map(|_| format!("t{},", row % 1000)).collect::<String>() + &format!("{}\n", row % 2);
    let header: String = (0..300).map(|column| format!("c{column},")).collect();
    let table: String = (0..3000).map(row).collect();
    Desk::with_table(&[header.as_bytes(), b"y\n", table.as_bytes()]).refuses_run(&["features take", "of memory", "data.storage"]);
}

#[test]
fn what_is_no_file() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("folder")).expect("a folder");
    assert!(Command::new("mkfifo").arg(desk.path().join("pipe")).status().expect("mkfifo runs").success());
    desk.refuses("run folder --out out", &["folder", "is a directory", "name a file"]);
    desk.refuses("run pipe --out out", &["pipe", "named pipe", "name a file"]);
    desk.refuses("run /dev/zero --out out", &["/dev/zero", "longer than 1 MiB"]);
    for (path, parts) in
        [("folder", ["folder", "is a directory"]), ("pipe", ["pipe", "named pipe"]), ("/dev/zero", ["/dev/zero:1:1", "64 MiB"])]
    {
        desk.refuses(&format!("{RUN} --set data.path={path}"), &parts);
        desk.refuses(&format!("preprocess --input {path} --label y --out-root made"), &parts);
    }
    desk.refuses(&format!("{RUN} --set data.path=/dev/null"), &["/dev/null is empty"]);
}

#[test]
fn a_shells_own_pipe_is_read() {
    let desk = Desk::new();
    let table = desk.path().join("table.csv");
    for (file, arguments) in [
        ("scenario.toml", format!("run /dev/stdin --out out --set data.path={}", table.display())),
        ("table.csv", format!("{RUN} --force --set data.path=/dev/stdin")),
    ] {
        let script = format!("cat {file} | ( {BOUNDS} \"$0\" {arguments} )");
        let shell = Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_fedsim")]).current_dir(desk.path()).output();
        let output = shell.expect("the shell runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

#[test]
fn files_of_a_run_that_are_no_files() {
    let desk = Desk::new();
    assert!(desk.bounded(RUN).status.success());
    let swap = |name: &str, target: &str| {
        let path = desk.path().join("out").join(name);
        fs::remove_file(&path).expect("the run left it");
        std::os::unix::fs::symlink(target, &path).expect("a link");
    };
    swap("manifest.json", "/dev/zero");
    desk.refuses("plot out", &["manifest.json is a symbolic link"]);
    desk.refuses("predict out table.csv", &["manifest.json is a symbolic link"]);
    swap("scenario.toml", "/dev/zero");
    desk.refuses(RUN, &["scenario.toml is a symbolic link", "--out"]);
}

#[test]
fn a_table_that_shrinks_and_grows_while_it_is_read() {
    let desk = Desk::with_table(&[rows(1_000_000).as_bytes()]);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new().append(true).open(desk.path().join("table.csv")).expect("the table");
            while !ended.load(Ordering::Relaxed) {
                let length = file.metadata().expect("its length").len();
                file.set_len(length / 2).expect("it can be cut");
                file.write_all(&vec![b'1'; 1000]).expect("it can be written");
                file.set_len(length).expect("it can be drawn out");
                thread::yield_now();
            }
        });
        for _ in 0..3 {
            let output = desk.bounded(&format!("{RUN} --force --no-plots --quiet --set rounds=1"));
            let message = text(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 2)) && !message.contains("panicked"), "{message}");
        }
        ended.store(true, Ordering::Relaxed);
    });
}

#[test]
fn toml_that_nests_without_end() {
    let deep = 100_000;
    let chain = vec!["a"; deep].join(".");
    for (nested, parts) in [
        (format!("x = {}{}", "[".repeat(deep), "]".repeat(deep)), ["scenario.toml:13:", "recur"]),
        (format!("x = {}", "[".repeat(deep)), ["scenario.toml:13:", "recur"]),
        (format!("x = {}1{}", "{ a = ".repeat(deep), " }".repeat(deep)), ["scenario.toml:13:", "recur"]),
        (format!("{chain} = 1"), ["scenario.toml:13:1", "recur"]),
        (format!("[{chain}]"), ["scenario.toml:13:1", "recur"]),
        (format!("[[{chain}]]"), ["scenario.toml:13:1", "recur"]),
    ] {
        Desk::with_scenario(format!("{SCENARIO}{nested}\n")).refuses_run(&[parts[0], parts[1], "nests more than four deep"]);
    }
    Desk::new().refuses(&format!("{RUN} --set {}=1", &chain[..100_000]), &["--set:1:1", "recur"]);
}

#[test]
fn ten_megabytes_of_toml_or_a_megabyte_of_mistakes() {
    let scenario = |more: String| Desk::with_scenario(format!("{SCENARIO}{more}\n"));
    scenario(format!("# {}", "x".repeat(10_000_000))).refuses_run(&["scenario.toml", "longer than 1 MiB"]);
    scenario((0..60_000).map(|at| format!("key{at} = 1\n")).collect()).refuses_run(&["scenario.toml:13:1", "59980 more, not shown"]);
    scenario("learning_rate = 1\n".repeat(50_000)).refuses_run(&["scenario.toml:13:1", "duplicate key", "49980 more"]);
    scenario("= =\n".repeat(200_000)).refuses_run(&["scenario.toml:13:3", "more, not shown"]);
    scenario(format!("{} = 1", "k".repeat(1_000_000))).refuses_run(&["scenario.toml:13:1", "unknown key `kkk"]);
    scenario(format!("impetus = \"{}\"", "x".repeat(1_000_000))).refuses_run(&["scenario.toml:13:1", "unknown key `impetus`"]);
    let kind = format!("clients = 2\nkind = \"{}\"", "x".repeat(1_000_000));
    Desk::with_scenario(SCENARIO.replace("clients = 2", &kind)).refuses_run(&["scenario.toml:10:8", "unknown `kind`"]);
    let schedule: String = (0..30_000).map(|_| "{round=1,clients=[9]},").collect();
    scenario(format!("[faults]\nschedule=[{schedule}]")).refuses_run(&["client 9 of 2", "more, not shown"]);
    scenario(format!("[preprocess]\nna_values=[{}]", "'',".repeat(340_000))).refuses_run(&["with all its defaults", "shorten its lists"]);
    scenario("\0".to_owned()).refuses_run(&["scenario.toml:13:1", "this is not TOML"]);
}

#[test]
fn a_hundred_thousand_overrides() {
    let sets = |text: &str| format!("$(yes -- '--set {text}' | head -n 100000)");
    Desk::new().refuses(&format!("{RUN} {}", sets("rounds=0")), &["--set:1:8", "`rounds` is out of range"]);
    Desk::new().refuses(&format!("{RUN} {}", sets("rounds")), &["an override needs a key and a value", "99980 more"]);
}

#[test]
fn a_name_that_leads_out_or_that_no_folder_can_have() {
    let long = "x".repeat(5000);
    let names = [
        "..",
        ".",
        "a/b",
        "../../x",
        "/tmp/x",
        "a\\b",
        "CON",
        "nul.txt",
        "a\u{7}b",
        "a\nb",
        "a\0b",
        "a\u{202e}b",
        "\u{2066}",
        " ",
        "a.",
        &long,
    ];
    for name in names {
        Desk::with_name(name).refuses("run scenario.toml", &["scenario.toml:1:8", "can't be a folder's name", "use letters"]);
    }
    Desk::with_name("").refuses("run scenario.toml", &["scenario.toml:1:8", "`name` is empty"]);
}

#[test]
fn clients_rounds_and_cohorts_beyond_all_measure() {
    let desk = Desk::with_table(&[rows(1000).as_bytes()]);
    for (set, parts) in [
        ("partition.clients=1000000000", ["--set:1:19", "from 1 to 100000000"]),
        ("partition.clients=100000000", ["--set:1:19", "can't share 800 training rows"]),
        ("partition.clients=0", ["--set:1:19", "out of range"]),
        ("partition.clients=1e3", ["--set:1:19", "not a number"]),
        ("rounds=9223372036854775808", ["--set:1:8", "from 1 to 10000000"]),
        ("rounds=-1", ["--set:1:8", "from 1 to 10000000"]),
        ("rounds=0x8000000000000000", ["--set:1:8", "from 1 to 10000000"]),
        ("rounds=1.5", ["--set:1:8", "not a number"]),
        ("seed=18446744073709551616", ["--set:1:6", "2^64 - 1"]),
        ("seeds.data=-1", ["--set:1:12", "2^64 - 1"]),
        ("training.epochs=1000000000000", ["--set:1:17", "from 1 to 10000"]),
        ("training.learning_rate=1e400", ["--set:1:24", "above 0"]),
        ("training.learning_rate=nan", ["--set:1:24", "above 0"]),
        ("data.test_fraction=1e400", ["--set:1:20", "neither of them"]),
    ] {
        desk.refuses(&format!("{RUN} --set {set}"), &parts);
    }
    let many = "--set partition.clients=100000000";
    for kind in ["iid", "dirichlet", "quantity", "shards"] {
        desk.refuses(&format!("{RUN} {many} --set partition.kind={kind}"), &["100000000 clients"]);
    }
    let cohort = "--set cohort.kind=uniform --set cohort.size=100000000";
    desk.refuses(&format!("{RUN} {cohort}"), &["--set:1:13", "can't be drawn from 2 clients"]);
    desk.refuses(&format!("{RUN} {many} {cohort}"), &["can't share 800 training rows"]);
    desk.refuses(&format!("{RUN} --threads 0"), &["--threads", "1..=1024"]);
    desk.refuses(&format!("{RUN} --seed 18446744073709551616"), &["--seed"]);
    desk.refuses(
        "preprocess --input table.csv --label y --clients 18446744073709551615 --out-root made",
        &["--clients:1:", "out of range"],
    );
    for clients in ["1000000", "20000"] {
        desk.refuses(&format!("secagg --clients {clients} --params 1"), &["boxes, more than", "secagg_plus"]);
    }
}

#[test]
fn dirichlet_concentrations_at_both_ends_deal_or_are_refused() {
    let desk = Desk::with_table(&[rows(1000).as_bytes()]);
    for kind in ["dirichlet", "quantity"] {
        for alpha in ["1e-300", "1e-10", "1e300", "1.7e308"] {
            let sets = format!("--set partition.kind={kind} --set partition.alpha={alpha} --set partition.clients=8");
            let output = desk.bounded(&format!("{RUN} --force --no-plots {sets}"));
            let message = text(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 2)) && !message.contains("panicked"), "{kind} {alpha}\n{message}");
        }
        desk.refuses(
            &format!("run scenario.toml --out new --set partition.kind={kind} --set partition.alpha=1e-301"),
            &["at least 1e-300"],
        );
    }
}

#[test]
fn a_path_that_leads_out_is_read_but_nothing_is_written_there() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("inner")).expect("a folder");
    fs::rename(desk.path().join("scenario.toml"), desk.path().join("inner/scenario.toml")).expect("it can be moved");
    let before = desk.files();
    let output = fedsim_in(&desk.path().join("inner"), &["run", "scenario.toml", "--out", "out", "--set", "data.path=../table.csv"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(desk.files(), before);
    let run = |path: &str| fedsim_in(&desk.path().join("inner"), &["run", "scenario.toml", "--out", "new", "--set", path]);
    for path in ["data.path=../../../../../../../../etc/passwd", "data.path=../none.csv", "data.path=\"a\\u0000b\""] {
        let output = run(path);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(!desk.path().join("inner/new").exists());
    }
}
