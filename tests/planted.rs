//! What stands in a run's folder may come from anyone: links, FIFOs, devices and folders where a run leaves files lead to
//! nothing outside the folder, keep nobody waiting, and are told of.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fedsim::numeric::digest::Hash;
use fedsim::runs::{left, made};

use crate::support::{Seal, begun_desk, desk, skipped, text};

/// Longer than any of these commands takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a command ended, and what it said.
struct Ended {
    code: Option<i32>,
    told: String,
}

/// Runs fedsim in `folder`; `planted` is done by the process that becomes fedsim, whose number it knows as `$$`.
fn fedsim_after(folder: &Path, planted: &str, arguments: &str) -> Ended {
    let mut command = Command::new(if planted.is_empty() { env!("CARGO_BIN_EXE_fedsim") } else { "sh" });
    if planted.is_empty() {
        command.args(arguments.split(' '));
    } else {
        command.args(["-c", &format!("{planted}\nexec \"$0\" {arguments}"), env!("CARGO_BIN_EXE_fedsim")]);
    }
    command.current_dir(folder).env("TMPDIR", folder);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the shell runs");
    let began = Instant::now();
    while child.try_wait().expect("it can be asked").is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().expect("it can be sent");
            panic!("after `{planted}`, `fedsim {arguments}` does not end");
        }
        thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().expect("it has ended");
    Ended { code: output.status.code(), told: text(&output.stderr) }
}

/// All below a folder: what stands where, and what is in it.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let kind = entry.file_type().expect("its kind");
            let content = match () {
                () if kind.is_file() => fs::read(entry.path()).expect("a file"),
                () if kind.is_symlink() => fs::read_link(entry.path()).expect("a link").into_os_string().into_encoded_bytes(),
                () => Vec::new(),
            };
            if kind.is_dir() {
                folders.push(entry.path());
            }
            all.insert(entry.path(), content);
        }
    }
    all
}

/// The same folder again. Of a finished run only links to its files are made, as none of them is ever written to again.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        match () {
            () if path.is_dir() => copy(&path, &target),
            () if path.parent().is_some_and(|folder| folder.ends_with("unfinished")) => fs::copy(path, target).map(drop).expect("copied"),
            () => fs::hard_link(path, target).expect("linked"),
        }
    }
}

/// A desk with a folder outside the run's, in which files lie under the names that a run would replace.
fn desk_with_victims() -> tempfile::TempDir {
    let desk = desk();
    let outside = desk.path().join("outside");
    fs::create_dir(&outside).expect("a folder");
    for name in ["victim", "roc.png", "convergence.svg", "model.csv", "lock", "checkpoint.json"] {
        fs::write(outside.join(name), format!("this {name} is mine, and none of a run's")).expect("written");
    }
    desk
}

#[test]
fn a_link_at_a_logs_place_is_not_gone_on_with() {
    let desk = desk_with_victims();
    begun_desk(desk.path(), "out");
    let unfinished = desk.path().join("out/unfinished");
    fs::remove_file(unfinished.join("round_log.csv")).expect("the log");
    symlink("../../outside/victim", unfinished.join("round_log.csv")).expect("linked");
    for name in ["checkpoint.json", "checkpoint_before.json"] {
        Seal::open(&unfinished.join(name)).change(|checkpoint| {
            let marks = checkpoint["logs"]["marks"].as_array_mut().expect("marks");
            let mark = marks.iter_mut().find(|mark| mark["name"] == "round_log.csv").expect("the mark");
            mark["bytes"] = 0.into();
            mark["sha256"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into();
        });
    }
    let before = tree(&desk.path().join("outside"));
    let ended = fedsim_after(desk.path(), "", "run scenario.toml --out out --resume --quiet");
    assert_eq!(tree(&desk.path().join("outside")), before);
    assert_eq!(ended.code, Some(2), "{}", ended.told);
    assert!(ended.told.contains("round_log.csv is a symbolic link") && ended.told.contains("take it away"), "{}", ended.told);
}

#[test]
fn a_mark_that_leads_out_of_the_folder_moves_nothing() {
    // As seen from the run's folder the first name is the victim's; as seen from the one of what is unfinished, a name for it.
    for name in ["../../outside/victim", "/etc/hostname", "manifest.json", "..", ""] {
        let desk = desk_with_victims();
        fs::create_dir(desk.path().join("deep")).expect("a folder");
        begun_desk(desk.path(), "deep/out");
        let unfinished = desk.path().join("deep/out/unfinished");
        fs::write(unfinished.join("publishing"), "").expect("written");
        let victim = fs::read(desk.path().join("outside/victim")).expect("the victim");
        for checkpoint in ["checkpoint.json", "checkpoint_before.json"] {
            Seal::open(&unfinished.join(checkpoint)).change(|checkpoint| {
                let mark = serde_json::json!({ "name": name, "bytes": victim.len(), "sha256": Hash::of(&victim) });
                checkpoint["logs"]["marks"].as_array_mut().expect("marks").push(mark);
            });
        }
        let before = tree(&desk.path().join("outside"));
        // The folder in which the victim would be put.
        fs::create_dir(desk.path().join("deep/outside")).expect("a folder");
        let ended = fedsim_after(desk.path(), "", "run scenario.toml --out deep/out --resume --quiet");
        assert_eq!(tree(&desk.path().join("outside")), before, "{name}");
        assert_eq!(ended.code, Some(2), "{name}: {}", ended.told);
        assert!(ended.told.contains("checkpoint.json") && ended.told.contains("--force"), "{name}: {}", ended.told);
    }
}

#[test]
fn a_linked_folder_of_pictures_keeps_its_files() {
    let desk = desk_with_victims();
    assert_eq!(fedsim_after(desk.path(), "", "run scenario.toml --out out --quiet").code, Some(0));
    let before = tree(&desk.path().join("outside"));
    for place in ["out/unfinished/plots", "out/plots"] {
        for arguments in ["run scenario.toml --out out --quiet", "run scenario.toml --out out --quiet --no-plots --force", "plot out"] {
            let plant = format!("mkdir -p out/unfinished; rm -rf {place}; ln -s \"$PWD/outside\" {place}");
            let ended = fedsim_after(desk.path(), &plant, arguments);
            assert_eq!(tree(&desk.path().join("outside")), before, "{place}: {arguments}");
            assert_eq!(ended.code, Some(2), "{place}: {arguments}: {}", ended.told);
            assert!(ended.told.contains("plots is a symbolic link"), "{}", ended.told);
            fs::remove_file(desk.path().join(place)).expect("the link is still there");
        }
    }
}

#[test]
fn a_planted_partial_file_is_not_written_through() {
    let desk = desk_with_victims();
    assert_eq!(fedsim_after(desk.path(), "", "run scenario.toml --out out --quiet").code, Some(0));
    let before = tree(&desk.path().join("outside"));
    for (place, arguments) in [
        ("out/plots/..tried.$$.partial", "run scenario.toml --out out --quiet"),
        ("out/plots/.tried", "run scenario.toml --out out --quiet"),
        ("out/plots/..tried.$$.partial", "plot out"),
        (".scores.csv.$$.partial", "predict out table.csv --force --out scores.csv"),
        (".rows.csv.$$.partial", "generate fraud --rows 3 --force --out rows.csv"),
        (".deal.csv.$$.partial", "partition scenario.toml --force --out deal.csv"),
    ] {
        for target in ["victim", "made"] {
            let ended = fedsim_after(desk.path(), &format!("ln -s \"$PWD/outside/{target}\" {place}"), arguments);
            assert_eq!(tree(&desk.path().join("outside")), before, "{place}: {arguments}");
            assert_eq!(ended.code, Some(0), "{place}: {arguments}: {}", ended.told);
        }
    }
}

/// What is planted. Links to FIFO and device are hard ones, so that both need be made only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plant {
    LinkToFile,
    LinkToFolder,
    Fifo,
    Device,
    Folder,
}

impl Plant {
    /// Puts it in the place of whatever stands there.
    fn put(self, desk: &Path, place: &Path) {
        fs::create_dir_all(place.parent().expect("it lies in a folder")).expect("a folder");
        match place.symlink_metadata() {
            Ok(found) if found.is_dir() => fs::remove_dir_all(place).expect("removed"),
            Ok(_) => fs::remove_file(place).expect("removed"),
            Err(_) => {}
        }
        let put = match self {
            Self::LinkToFile => symlink(desk.join("outside/victim"), place),
            Self::LinkToFolder => symlink(desk.join("outside"), place),
            Self::Fifo => fs::hard_link(desk.join("fifo"), place),
            Self::Device => fs::hard_link(desk.join("device"), place),
            Self::Folder => fs::create_dir(place),
        };
        put.expect("it can be planted");
    }
}

/// Commands that touch the run in `out`.
const COMMANDS: [&str; 10] = [
    "run scenario.toml --out out --quiet --no-plots",
    "run scenario.toml --out out --quiet --no-plots --force",
    "run scenario.toml --out out --quiet --no-plots --resume",
    "run scenario.toml --out out --quiet --no-plots --resume --set rounds=3",
    "compare-baseline scenario.toml --out out --quiet --no-plots",
    "plot out",
    "predict out table.csv",
    "verify out --quiet",
    "verify out --quiet --files",
    "verify out --quiet --against other",
];

/// Every place where a run leaves or makes something, or a process that was killed.
fn places() -> Vec<String> {
    let run = left().chain(["manifest.json", "plots", "unfinished"]).map(str::to_owned);
    let in_unfinished = made().chain(["lock", "plots"]).map(|name| format!("unfinished/{name}"));
    let leftovers = [".model.csv.1.partial", "plots/..tried.1.partial", "plots/.tried", "unfinished/.model.csv.1.partial"];
    run.chain(in_unfinished).chain(leftovers.map(str::to_owned)).collect()
}

#[test]
fn nothing_planted_at_any_place_leads_out_or_keeps_a_command_waiting() {
    plant_everywhere(2);
}

#[test]
#[ignore = "takes a minute"]
fn nothing_planted_at_any_place_leads_any_command_out_or_keeps_it_waiting() {
    plant_everywhere(1);
}

/// Plants everything at every place; of so many commands each then meets one, so that each place meets every command.
fn plant_everywhere(turns: usize) {
    let desk = desk_with_victims();
    assert_eq!(fedsim_after(desk.path(), "", "run scenario.toml --out finished --quiet").code, Some(0));
    assert_eq!(fedsim_after(desk.path(), "", "run scenario.toml --out other --quiet --no-plots").code, Some(0));
    begun_desk(desk.path(), "begun");
    let make = |command: &str, name: &str, kind: &[&str]| {
        Command::new(command).arg(desk.path().join(name)).args(kind).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    assert!(make("mkfifo", "fifo", &[]), "mkfifo runs");
    let mut plants = vec![Plant::LinkToFile, Plant::LinkToFolder, Plant::Fifo, Plant::Folder];
    match make("mknod", "device", &["c", "1", "5"]) {
        true => plants.push(Plant::Device),
        false => skipped("only root can plant devices"),
    }
    let places = places();
    let cases = places.iter().flat_map(|place| plants.iter().map(move |plant| (place, *plant)));
    let cases: Vec<(usize, (&String, Plant))> = cases.enumerate().collect();
    thread::scope(|scope| {
        for half in cases.chunks(cases.len().div_ceil(2)) {
            let desk = desk.path();
            scope.spawn(move || {
                for (at, (place, plant)) in half {
                    let commands: Vec<&str> = COMMANDS.into_iter().skip(at % turns).step_by(turns).collect();
                    plant_and_run(desk, place, *plant, &commands);
                }
            });
        }
    });
}

/// Plants something at a place of a run in a folder of its own, runs commands there, and wants each to end as it should.
fn plant_and_run(desk: &Path, place: &str, plant: Plant, commands: &[&str]) {
    let folder = tempfile::tempdir_in(desk).expect("a folder");
    for name in ["table.csv", "scenario.toml"] {
        fs::copy(desk.join(name), folder.path().join(name)).expect("copied");
    }
    copy(&desk.join("other"), &folder.path().join("other"));
    let others = || {
        let all = tree(folder.path()).into_iter();
        let others = all.filter(|(path, _)| !path.starts_with(folder.path().join("out")));
        others.chain(tree(&desk.join("outside"))).collect::<BTreeMap<_, _>>()
    };
    let before = others();
    for arguments in commands {
        let out = folder.path().join("out");
        let is_begun = place.starts_with("unfinished/") && (arguments.starts_with("run") || arguments.starts_with("compare"));
        copy(&desk.join(if is_begun { "begun" } else { "finished" }), &out);
        plant.put(desk, &out.join(place));
        let ended = fedsim_after(folder.path(), "", arguments);
        let told = format!("{plant:?} at {place}: {arguments}: {:?}: {}", ended.code, ended.told);
        assert!(others() == before, "{told}");
        assert!(matches!(ended.code, Some(0..=3)) && !ended.told.contains("panicked"), "{told}");
        fs::remove_dir_all(&out).expect("removed");
    }
}
