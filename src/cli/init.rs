//! `fedsim init`: a scenario for a table that has none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::streams::{print, tell};
use super::target::Overwrite;
use crate::data::{Look, LookedAt, LookedLabel, Suspicion, look};
use crate::diag::{Error, Problem, shown};
use crate::federation;
use crate::numeric::reduce;
use crate::runs::OutputFile;
use crate::scenario;
use crate::settings::Source;
use crate::tasks::Task;

/// Look at a table and write a scenario for it that runs
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim init data/fraud.csv --label Class --out fraud.toml")]
pub struct Init {
    /// The table
    #[arg(value_name = "CSV")]
    table: PathBuf,
    /// The column to predict: two values, the rarer of which counts as 1, several classes, or numbers
    #[arg(long, value_name = "COLUMN")]
    label: String,
    /// What the column holds, where its values leave a doubt
    #[arg(long, value_name = "TASK", value_parser = PossibleValuesParser::new(SUPERVISED.map(Task::word)))]
    task: Option<String>,
    /// How many clients; 10, or fewer where they would see too few rows of the rarest class
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clients: Option<u32>,
    /// The scenario to write; the table's name with .toml in this folder if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
}

/// Where an editor looks for what a scenario may hold: what `fedsim schema` prints, beside the scenario.
const SCHEMA_LINE: &str = "#:schema ./fedsim.schema.json";

/// So many classes are told of.
const CLASSES_SHOWN: usize = 8;

/// What a label can be for.
const SUPERVISED: [Task; 3] = [Task::Binary, Task::Multiclass, Task::Regression];

/// Each client should see so many rows of the rarest class.
const OF_THE_RAREST: usize = 10;

/// Or of numbers so many rows.
const OF_NUMBERS: usize = 50;

/// With fewer rows of the rarest class none are set aside to watch the run.
const WATCHED: usize = 50;

impl Init {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let out = self.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.toml", stem(&self.table))));
        self.overwrite.check("--out", &out, &[&self.table])?;
        let task = SUPERVISED.into_iter().find(|task| self.task.as_deref() == Some(task.word()));
        let seen = reduce::with_threads(None, || look(&self.table, &self.label, task))??;
        if let Some((rarest, 1)) = classes(&seen.label).first() {
            let message = format!("only one row's label `{}` is \"{rarest}\": it can't be both trained and tested on", self.label);
            return Err(Problem::new(message).help("give more rows of this class").into());
        }
        let folder = out.parent().unwrap_or(Path::new(""));
        let text = self.scenario(&seen, folder);
        // What is written is known to run.
        let plan = scenario::parse(&Source::new(&out.display().to_string(), &text), folder, &[])?;
        let prepared = reduce::with_threads(None, || federation::prepare(&plan))??;
        plan.check_clients(&prepared.federation)?;
        let mut file = OutputFile::create(&out)?;
        file.text(&text)?;
        file.publish()?;
        print(&saw(&self.label, &seen))?;
        tell(&format!("written to {}; next: fedsim run {}", out.display(), out.display()));
        tell("an editor completes its keys once `fedsim schema > fedsim.schema.json` was run beside it");
        Ok(())
    }

    /// The scenario's text.
    fn scenario(&self, seen: &Look, folder: &Path) -> String {
        let rarest = classes(&seen.label).first().map(|(_, rows)| *rows);
        let clients = rarest.map_or(seen.rows / OF_NUMBERS, |rows| rows / OF_THE_RAREST).clamp(2, 10);
        let clients = self.clients.map_or(clients, |clients| clients as usize);
        // Newton's method ends by itself.
        let is_watched = rarest.is_some_and(|rows| rows >= WATCHED);
        let sections = [
            self.data(seen, folder, is_watched),
            preprocess(seen),
            partition(clients),
            model(seen),
            training(seen, clients),
            stop(is_watched),
        ];
        sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
    }

    fn data(&self, seen: &Look, folder: &Path, is_watched: bool) -> String {
        let (name, table) =
            (stem(&self.table), scenario::relative(&self.table, if folder.as_os_str().is_empty() { Path::new(".") } else { folder }));
        let mut text =
            format!("{SCHEMA_LINE}\n# Written by `fedsim init` after a look at {} rows; change what you know better.\n", seen.rows);
        let mut line = |words: String| writeln!(text, "{words}").expect("writing to a String");
        line(format!("name = {}\nseed = 42\nrounds = 30\n\n[data]", quote(&name)));
        line(format!("path = {}", quote(&table.to_string_lossy().replace('\\', "/"))));
        line(format!("label = {}", quote(&self.label)));
        if let LookedLabel::Two([(rarer, positives), (other, _)]) = &seen.label {
            let share = 100.0 * *positives as f64 / seen.rows as f64;
            let are_zero_and_one = [rarer, other].into_iter().all(|value| matches!(value.trim().parse::<f64>(), Ok(0.0 | 1.0)));
            if are_zero_and_one {
                line(format!("# The rarer value, \"{}\", stands in {share:.2} % of rows.", shown(rarer)));
            } else {
                line(format!("positive = {:<20} # the rarer value: {share:.2} % of rows", quote(rarer)));
            }
        }
        let suspects = |wanted: bool| {
            let of_kind = move |column: &&LookedAt| column.suspicion.is_some_and(|why| (why != Suspicion::Dates) == wanted);
            seen.columns.iter().filter(of_kind).map(|column| column.name.clone())
        };
        let mut identifiers = suspects(true);
        if let Some(id) = identifiers.next() {
            line(format!("id = {:<26} # looks like an identifier: no feature, but kept beside the scores", quote(&id)));
        }
        let dropped: Vec<String> = identifiers.chain(suspects(false)).map(|name| quote(&name)).collect();
        if !dropped.is_empty() {
            line(format!("drop = [{}] # further identifiers, and dates", dropped.join(", ")));
        }
        line("split = \"stratified\"\ntest_fraction = 0.2".to_owned());
        if is_watched {
            line("validation_fraction = 0.1       # of the training rows: [stop] looks at them".to_owned());
        }
        text
    }
}

fn preprocess(seen: &Look) -> String {
    let features = || seen.columns.iter().filter(|column| column.suspicion.is_none());
    let missing: usize = features().filter(|column| column.texts.is_none() && column.missing > 0).count();
    let heavy = features().filter(|column| column.has_heavy_tail).count();
    let texts = features().filter(|column| column.texts.is_some()).count();
    let mut text = "[preprocess]\nscale = \"standard\"\n".to_owned();
    let mut line = |words: String| writeln!(text, "{words}").expect("writing to a String");
    if let Some(na_values) = &seen.na_values {
        line(format!("na_values = [{}]", na_values.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ")));
    }
    if missing > 0 {
        line(format!("missing = \"median\"              # columns of numbers with missing cells: {missing}"));
    }
    if texts > 0 {
        line(format!("categorical = \"auto\"            # columns of texts, each of which becomes one-hot: {texts}"));
    }
    if heavy > 0 {
        // Where a class is rarer than what is cut off, it may be all that lies there.
        let is_rare = classes(&seen.label).first().is_some_and(|(_, rows)| (*rows as f64) < 0.05 * seen.rows as f64);
        let clip = if is_rare { "[0.001, 0.999]" } else { "[0.01, 0.99]" };
        line(format!("clip = {clip:<24} # columns with numbers far out: {heavy}"));
    }
    text
}

fn partition(clients: usize) -> String {
    format!(
        "[partition]\nkind = \"iid\"                    # or \"dirichlet\" with alpha = 0.5: clients whose rows differ\nclients = {clients}\n"
    )
}

/// The classes with their numbers of rows, the rarest first; none of numbers.
fn classes(label: &LookedLabel) -> &[(String, usize)] {
    match label {
        LookedLabel::Two(classes) => classes,
        LookedLabel::Several(classes) => classes,
        LookedLabel::Numbers { .. } => &[],
    }
}

fn model(seen: &Look) -> String {
    let kind = match seen.label {
        LookedLabel::Two(_) => return String::new(),
        LookedLabel::Several(_) => "softmax",
        LookedLabel::Numbers { are_shares: true, .. } => "fractional",
        LookedLabel::Numbers { are_shares: false, .. } => "linear",
    };
    let mut text = format!("[model]\nkind = \"{kind}\"\n");
    if matches!(seen.label, LookedLabel::Numbers { .. }) {
        text += "l2 = 0.0001                     # columns that depend on each other would leave their weights undetermined\n";
    }
    text
}

/// About thirty steps a round for each client; of numbers Newton's method, to which their unit is all the same.
fn training(seen: &Look, clients: usize) -> String {
    if matches!(seen.label, LookedLabel::Numbers { .. }) {
        return "[training]\nkind = \"newton\"\n".to_owned();
    }
    let rows = seen.rows * 7 / 10 / clients;
    let batch = (rows / 30).next_power_of_two().clamp(16, 256);
    format!("[training]\nlearning_rate = 0.1\nepochs = 1\nbatch_size = {batch}\n")
}

fn stop(is_watched: bool) -> String {
    if is_watched { "[stop]\nmetric = \"loss\"\npatience = 10\nkeep = \"best\"\n".to_owned() } else { String::new() }
}

/// What was seen, for people.
fn saw(label: &str, seen: &Look) -> String {
    let counted = |classes: &[(String, usize)]| {
        let words: Vec<String> = classes.iter().map(|(value, rows)| format!("\"{}\" in {rows}", shown(value))).collect();
        words.join(", ")
    };
    let held = match &seen.label {
        LookedLabel::Two([(rarer, positives), other]) => {
            format!("\"{}\" in {positives} rows, {}", shown(rarer), counted(std::slice::from_ref(other)))
        }
        LookedLabel::Several(classes) => {
            let more = if classes.len() > CLASSES_SHOWN { ", ..." } else { "" };
            format!("{} classes, {}{more}", classes.len(), counted(&classes[..classes.len().min(CLASSES_SHOWN)]))
        }
        LookedLabel::Numbers { count, are_shares } => {
            format!("{count} different numbers{}", if *are_shares { ", shares between 0 and 1" } else { "" })
        }
    };
    let mut text = format!("{} rows, {} columns beside the label\nlabel {}: {held}\n", seen.rows, seen.columns.len(), shown(label));
    for LookedAt { name, texts, missing, suspicion, has_heavy_tail } in &seen.columns {
        let notes = [
            texts.map(|count| format!("{count} texts")),
            (*missing > 0).then(|| format!("{missing} cells missing")),
            suspicion.map(|why| if why == Suspicion::Dates { "dates".to_owned() } else { "looks like an identifier".to_owned() }),
            has_heavy_tail.then(|| "numbers far out".to_owned()),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().collect();
        if !notes.is_empty() {
            writeln!(text, "{}: {}", shown(name), notes.join(", ")).expect("writing to a String");
        }
    }
    text
}

/// The table's name without its endings, if that can be a scenario's.
fn stem(table: &Path) -> String {
    let name = table.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let plain: String = stem.chars().map(|c| if c.is_alphanumeric() || "-_ ".contains(c) { c } else { '_' }).collect();
    let plain = plain.trim().to_owned();
    if !plain.is_empty() && scenario::can_be_a_folder(&plain) { plain } else { "scenario".to_owned() }
}

fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
