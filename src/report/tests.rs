//! Every change that a run makes on the disk is made to fail, one after the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Beginning, Opened, Pictures, Report, redraw};
use crate::diag::Error;
use crate::federation::{self, Prepared};
use crate::runs::disk::faults;
use crate::runs::reproducible;
use crate::scenario::{self, Plan};
use crate::settings::Source;

const SCENARIO: &str = "
name = 'faults'
rounds = 3
data = { path = 'rows.csv', label = 'y' }
partition = { kind = 'iid', clients = 4 }
evaluation = { per_client = true }
aggregation = { kind = 'secure' }
";

/// Codes of the system's errors, and what the messages call them.
const CAUSES: [(i32, &str); 3] = [(28, "no space left on device"), (13, "permission denied"), (5, "input/output error")];

fn prepared(folder: &Path) -> (Plan, Prepared) {
    let mut rows = String::from("a,b,y\n");
    for row in 0..60 {
        writeln!(rows, "{},{},{}", row % 7, row % 5, u8::from(row % 3 == 0)).expect("writing to a String");
    }
    fs::write(folder.join("rows.csv"), rows).expect("written");
    let plan = scenario::parse(&Source::new("scenario", SCENARIO), folder, &[]).expect("the scenario is right");
    let prepared = federation::prepare(&plan).expect("the rows are right");
    (plan, prepared)
}

/// Runs into the folder `run`, with a checkpoint after every round.
fn run(plan: &Plan, prepared: &Prepared, run: &Path, pictures: Pictures, beginning: Beginning) -> Result<(), Error> {
    let (mut report, from) = match Report::open(plan, prepared, run, beginning)? {
        Opened::Anew(report) => (report.with_pictures(pictures), None),
        Opened::From(report, resumed) => (report.with_pictures(pictures), Some(resumed.standing)),
        Opened::Finished => return Ok(()),
    };
    let history = federation::run(plan, prepared, from, &mut |record, standing| {
        report.round(record)?;
        report.checkpoint(standing, Value::Null)?;
        Ok(ControlFlow::Continue(()))
    })?;
    report.finish(&history).map(drop)
}

/// The run's files that are not times, by their names.
fn files(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: &str| Some((name.to_owned(), fs::read(run.join(name)).ok()?));
    let names = reproducible().chain(["manifest.json", "scenario.toml"]);
    names.filter_map(read).collect()
}

/// Makes change after change fail until a run passes by without meeting the fault, and gives the path of each as seen from the
/// run's folder.
fn fail_at_every_change(pictures: Pictures, (code, cause): (i32, &str)) -> Vec<PathBuf> {
    let folder = tempfile::tempdir().expect("a folder");
    let (plan, prepared) = prepared(folder.path());
    let whole = folder.path().join("whole");
    run(&plan, &prepared, &whole, pictures, Beginning::Careful).expect("nothing fails");
    let whole = files(&whole);
    let mut changed = Vec::new();
    for after in 0.. {
        let out = folder.path().join(format!("run_{after}"));
        faults::inject(&out, after, code);
        let result = run(&plan, &prepared, &out, pictures, Beginning::Careful);
        let Some(hit) = faults::end(&out) else {
            result.expect("nothing failed");
            return changed;
        };
        changed.push(hit.strip_prefix(&out).expect("it lies in the run's folder").to_owned());
        let message = result.expect_err("a change that fails is told of").to_string();
        let name = hit.file_name().expect("a name").to_string_lossy();
        // A checkpoint is told of as what it is to become.
        let final_name = name.replace("_new", "").replace("_before", "");
        let names_it = message.contains(&*name) || message.contains(&final_name);
        assert!(names_it && message.contains(cause), "change {after}, of {name}: {message}");
        // The results don't go down with the pictures.
        let of_picture = hit.components().any(|part| part.as_os_str() == "plots") || name == "report.html";
        let is_finished = message.contains("is finished, but for its pictures and its page: fedsim plot ");
        let has_results = out.join("manifest.json").exists();
        assert!(is_finished || !(of_picture && has_results), "change {after}, of {name}: {message}");
        assert!(!is_finished || files(&out) == whole, "change {after}, of {name}");
        for (name, content) in files(&out) {
            assert!(content == whole[&name], "change {after}: {name} is not whole under its final name");
        }
        run(&plan, &prepared, &out, pictures, Beginning::Resumed).expect("the disk is in order again");
        assert!(files(&out) == whole, "change {after}: the run that was gone on with differs");
        assert!(!out.join("unfinished").exists(), "change {after}: something is left");
    }
    unreachable!("a run makes finitely many changes")
}

#[test]
fn no_fault_of_the_disk_leaves_a_torn_file_or_goes_untold() {
    for cause in CAUSES {
        let changes = fail_at_every_change(Pictures::Skip, cause);
        // Sixteen files are begun, written, synced and renamed, beside the checkpoints.
        assert!(changes.len() > 16 * 4, "{changes:?}");
    }
}

#[test]
fn a_disk_that_is_full_when_the_pictures_come_is_told_of() {
    let changes = fail_at_every_change(Pictures::Draw, CAUSES[0]);
    assert!(changes.len() > 24 * 4);
    // The pictures' folder is made, and its names are brought to the disk; so are those of the run's own, twice: with the
    // results, and with the pictures.
    let of = |path: &str| changes.iter().filter(|changed| *changed == Path::new(path)).count();
    assert_eq!((of("plots"), of("")), (2, 3), "{changes:?}");
}

#[test]
fn pictures_that_can_not_be_made_again_leave_the_former_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plan, prepared) = prepared(folder.path());
    let out = folder.path().join("run");
    run(&plan, &prepared, &out, Pictures::Draw, Beginning::Careful).expect("nothing fails");
    let picture = out.join("plots/roc.png");
    let former = fs::read(&picture).expect("the picture");
    for after in 0.. {
        faults::inject(&out, after, CAUSES[0].0);
        let result = redraw(&out);
        if faults::end(&out).is_none() {
            result.expect("nothing failed");
            break;
        }
        assert!(result.expect_err("a change that fails is told of").to_string().contains(CAUSES[0].1));
        assert!(fs::read(&picture).expect("the picture") == former, "change {after}");
    }
    assert!(fs::read(&picture).expect("the picture") == former, "the same tables give the same picture");
}
