//! Whatever stands in a checkpoint that is whole is where the run stood or a mistake: going on from it never panics.

#![no_main]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use fedsim::diag::Error;
use fedsim::federation::{self, Prepared};
use fedsim::numeric::digest::Hash;
use fedsim::report::{Beginning, Opened, Pictures, Report, Summary};
use fedsim::scenario::{self, Plan};
use libfuzzer_sys::fuzz_target;

const SCENARIO: &str = r#"name = "desk"
rounds = 3

[data]
path = "table.csv"
label = "y"

[partition]
clients = 4

[training]
learning_rate = 0.1

[stop]
patience = 2
keep = "best"

[aggregation]
kind = "secure"
threshold = 3
"#;

// Where the run stands, its secure sums and what its command gathered, each after a line of `=====`.
fuzz_target!(|text: &str| {
    let mut parts = text.split("=====\n").skip(1);
    let (Some(standing), Some(secure), Some(gathered)) = (parts.next(), parts.next(), parts.next()) else { return };
    let begun = Begun::once();
    let folder = tempfile::tempdir().expect("a folder");
    let unfinished = folder.path().join("unfinished");
    fs::create_dir(&unfinished).expect("it can be made");
    for log in &begun.logs {
        fs::copy(log, unfinished.join(log.file_name().expect("a name"))).expect("it can be copied");
    }
    let Begun { start, marks, .. } = begun;
    let checkpoint = format!("{start}\"standing\":{standing},\"logs\":{{\"marks\":{marks},\"secure\":{secure}}},\"gathered\":{gathered}}}");
    let sealed = format!("{{\"sha256\":\"{}\",\"checkpoint\":{checkpoint}}}\n", Hash::of(checkpoint.as_bytes()).hex());
    fs::write(unfinished.join("checkpoint.json"), sealed).expect("it can be written");
    match begun.go_on(folder.path()) {
        Ok(()) => {}
        Err(Error::Mistake(problems)) => assert!(!problems.to_string().is_empty()),
        Err(other) => panic!("not a mistake of the user's: {other}"),
    }
});

/// A run that died after its first round.
struct Begun {
    plan: Plan,
    prepared: Prepared,
    logs: Vec<PathBuf>,
    /// The checkpoint up to where the run stands.
    start: String,
    /// How far its logs had come.
    marks: String,
    _folder: tempfile::TempDir,
}

impl Begun {
    fn once() -> &'static Self {
        static BEGUN: OnceLock<Begun> = OnceLock::new();
        BEGUN.get_or_init(Self::begin)
    }

    fn begin() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let rows: String = (0..40).map(|row| format!("{}.5,{},{}\n", row % 7, row % 5, row % 2)).collect();
        fs::write(folder.path().join("table.csv"), format!("a,b,y\n{rows}")).expect("it can be written");
        fs::write(folder.path().join("scenario.toml"), SCENARIO).expect("it can be written");
        let plan = scenario::load(&folder.path().join("scenario.toml"), &[]).expect("the scenario is right");
        let prepared = federation::prepare(&plan).expect("the table is right");
        let out = folder.path().join("out");
        let Ok(Opened::Anew(mut report)) = Report::open(&plan, &prepared, &out, Beginning::Careful) else { panic!("the folder is free") };
        let mut summary = Summary::default();
        let run = federation::run(&plan, &prepared, None, &mut |record, standing| {
            report.round(record)?;
            summary.round(record);
            if record.round == 0 {
                return Ok(ControlFlow::Continue(()));
            }
            report.checkpoint(standing, serde_json::to_value(&summary).expect("it can be written"))?;
            Ok(ControlFlow::Break(()))
        });
        run.expect("nothing fails");
        drop(report);
        let unfinished = out.join("unfinished");
        let text = fs::read_to_string(unfinished.join("checkpoint.json")).expect("the checkpoint");
        let between = |from: &str, to: &str| {
            let start = text.find(from).expect("it stands there") + from.len();
            text[start..start + text[start..].find(to).expect("it ends there")].to_owned()
        };
        let start = between("\"checkpoint\":", "\"standing\":");
        let marks = between("\"marks\":", "]") + "]";
        let files = fs::read_dir(&unfinished).expect("the folder").flatten().map(|file| file.path());
        let logs = files.filter(|path| path.extension().is_some_and(|ending| ending == "csv")).collect();
        Self { plan, prepared, logs, start, marks, _folder: folder }
    }

    /// Resumes the run in the folder, to its end.
    fn go_on(&self, folder: &Path) -> Result<(), Error> {
        let (plan, prepared) = (&self.plan, &self.prepared);
        let (report, from, gathered) = match Report::open(plan, prepared, folder, Beginning::Resumed)? {
            Opened::From(report, resumed) => (report, Some(resumed.standing), resumed.gathered),
            Opened::Anew(_) | Opened::Finished => return Ok(()),
        };
        let Ok(mut summary) = serde_json::from_value::<Summary>(gathered) else { return Ok(()) };
        let round = from.as_ref().map_or(0, |standing| standing.round);
        if summary.check(&prepared.federation, round).is_err() {
            return Ok(());
        }
        let mut report = report.with_pictures(Pictures::Skip);
        let history = federation::run(plan, prepared, from, &mut |record, _| {
            report.round(record)?;
            summary.round(record);
            Ok(ControlFlow::Continue(()))
        })?;
        if history.end == federation::End::AllRounds && history.standing.counts.completed > 0 {
            report.finish(&history)?;
        }
        assert!(!summary.render(plan, &prepared.federation, &history, folder).is_empty());
        Ok(())
    }
}
