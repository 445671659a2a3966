//! Reads a scenario table by table, then checks the rules that span tables; every mistake is reported at once.

use std::path::Path;

use super::aggregation::Aggregation;
use super::plan::Plan;
use super::rules;
use crate::cohorts::{self, Cohort, InTurn};
use crate::data::preprocess::Preprocess;
use crate::data::{self, DataPlan, Derived, Files, Labelling};
use crate::diag::{Error, Problem, Problems};
use crate::faults::{Faults, ROUNDS_MAX};
use crate::input;
use crate::metrics::Evaluation;
use crate::models::boosting::TreesOf;
use crate::models::{self, Model};
use crate::numeric::rng::{Seeds, Streams};
use crate::settings::{Document, Resolved, Source, Table};
use crate::strategies::{self, Strategy};
use crate::tasks::{Stop, Task};
use crate::training::{Hyper, Solver};

/// The longest scenario: a schedule of thousands of faults is shorter.
pub const MEBIBYTES_MAX: u64 = 1;

/// Loads the scenario at `path`, each of `overrides` laid over it.
///
/// # Errors
/// When the file can't be read, or all mistakes in it.
pub fn load(path: &Path, overrides: &[Source]) -> Result<Plan, Error> {
    let bytes = input::read("read the scenario", path, MEBIBYTES_MAX)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::new(format!("the scenario {} is not UTF-8", path.display())).help("save it as UTF-8, as TOML must be"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&Source::new(&path.display().to_string(), &text), folder, overrides)
}

/// Reads a scenario whose paths are relative to `folder`.
///
/// # Errors
/// All mistakes in it.
pub fn parse(source: &Source, folder: &Path, overrides: &[Source]) -> Result<Plan, Error> {
    read(Document::parse(source, overrides)?, folder)
}

/// Reads a document, table by table.
pub(super) fn read(document: Document, folder: &Path) -> Result<Plan, Error> {
    let mut root = document.root();
    let name = read_name(&mut root);
    let seed = root.seed("seed", 42);
    let rounds = root.count("rounds", 30, 1..=ROUNDS_MAX);
    let seeds = read_seeds(root.table("seeds"), seed);

    let mut data_table = root.table("data");
    let mut source = data::Source::read(&mut data_table, folder);
    let generated = matches!(source.files, Files::Generated(_));
    let preprocess = read_preprocess(&mut root, generated);
    let (partitioner, clients) = section(&mut root, "partition", |table| read_partition(table, &source));
    let model = section(&mut root, "model", models::read);
    let task = model.task();
    source.label_as(Labelling { task, is_of_shares: model.is_of_shares() }, &mut data_table);
    data_table.finish();
    rules::check_labels_to_deal_by(partitioner.as_deref(), task).into_iter().for_each(|problem| root.push(problem));
    let hyper = section(&mut root, "training", |table| {
        let hyper = Hyper::read(table, model.as_ref(), rounds);
        if generated {
            rules::check_generated_training(&hyper, model.as_ref()).into_iter().for_each(|problem| table.push(problem));
        }
        hyper
    });
    let cohort = read_cohort(&mut root, model.as_ref(), clients);
    let strategy = read_strategy(&mut root, &hyper);
    let aggregation = read_aggregation(&mut root, &hyper, model.as_ref());
    let faults = section(&mut root, "faults", |table| read_faults(table, rounds, clients, cohort.as_ref()));
    let evaluation = section(&mut root, "evaluation", |table| {
        let evaluation = Evaluation::read(table, task == Task::Binary);
        let refused = [rules::check_federated_evaluation(&evaluation, task), rules::check_stability(&evaluation, task)];
        refused.into_iter().flatten().for_each(|problem| table.push(problem));
        if generated {
            rules::check_generated_evaluation(&evaluation).into_iter().for_each(|problem| table.push(problem));
        }
        evaluation
    });
    let watched = if hyper.solver == Solver::Boosting { task.loss() } else { task.headline() };
    let stop = Stop::read(&mut root, task, watched.name);
    root.finish();
    let resolved = document.finish()?;
    check_length(&resolved)?;
    let mut warnings = check_statistics(&preprocess, model.as_ref(), &aggregation, &resolved)?;
    let looks_at_test = stop.filter(|_| !generated && source.validation_fraction == 0.0).map(|stop| rules::warn_of_stop(&stop));
    warnings.extend(looks_at_test.map(|problem| problem.located(|key| resolved.place(key))));
    let data = DataPlan { source, preprocess, partitioner, clients };
    Ok(Plan {
        name,
        seed,
        rounds,
        streams: Streams::new(seeds),
        data,
        model,
        hyper,
        cohort,
        strategy,
        aggregation,
        faults,
        evaluation,
        stop,
        warnings,
        resolved,
        folder: folder.to_owned(),
    })
}

/// How columns become features; generated ones are, already.
fn read_preprocess(root: &mut Table, generated: bool) -> Preprocess {
    if generated {
        root.refuse_if_given("preprocess", "generated features are taken in the unit they have");
        root.refuse_if_given("features", "generated features have no columns to be worked out of");
        return Preprocess::unchanged();
    }
    let keeps_gaps = root.peek("model", "kind").is_some_and(models::keeps_gaps);
    let preprocess = section(root, "preprocess", |table| Preprocess::read(table, keeps_gaps));
    Preprocess { derived: Derived::read(root), ..preprocess }
}

fn read_aggregation(root: &mut Table, hyper: &Hyper, model: &dyn Model) -> Aggregation {
    section(root, "aggregation", |table| {
        let aggregation = Aggregation::read(table);
        rules::check_summed(hyper, &aggregation).into_iter().for_each(|problem| table.push(problem));
        rules::check_single_trees(model, &aggregation).into_iter().for_each(|problem| table.push(problem));
        aggregation
    })
}

fn read_strategy(root: &mut Table, hyper: &Hyper) -> Box<dyn Strategy> {
    if hyper.solver == Solver::Sgd {
        return section(root, "strategy", |table| {
            let strategy = strategies::read(table);
            rules::check_steps(hyper, strategy.as_ref()).into_iter().for_each(|problem| table.push(problem));
            strategy
        });
    }
    root.refuse_if_given("strategy", "the server has its own step");
    if hyper.solver != Solver::Boosting {
        root.refuse_if_given("stop", "the run ends by itself, when the model has settled");
    }
    strategies::plain()
}

/// The warnings of what statistics show where the federation aggregates securely; and that they are those that the model wants.
fn check_statistics(
    preprocess: &Preprocess,
    model: &dyn Model,
    aggregation: &Aggregation,
    resolved: &Resolved,
) -> Result<Vec<Problem>, Error> {
    let located = |problem: Problem| problem.located(|key| resolved.place(key));
    let broken = rules::check_scorecard(model, preprocess).into_iter().chain(rules::check_pooled_fit(preprocess, aggregation));
    Problems::none_or(broken.map(located).collect())?;
    Ok(rules::warn_of_extremes(preprocess, model, aggregation).into_iter().map(located).collect())
}

/// What is saved with a run must be short enough to be run again.
fn check_length(resolved: &Resolved) -> Result<(), Problem> {
    if resolved.to_toml(|_, value| Some(value.to_owned())).len() as u64 <= MEBIBYTES_MAX << 20 {
        return Ok(());
    }
    Err(Problem::new(format!("the scenario with all its defaults is longer than {MEBIBYTES_MAX} MiB")).help("shorten its lists"))
}

/// Reads one table and ends it.
fn section<T>(root: &mut Table, name: &str, read: impl FnOnce(&mut Table) -> T) -> T {
    let mut table = root.table(name);
    let value = read(&mut table);
    table.finish();
    value
}

/// The longest name of a scenario, in characters, and in bytes, which file systems count.
const NAME_LENGTH_MAX: usize = 100;
const NAME_BYTES_MAX: usize = 255;

/// Names that mean a device on Windows, with any ending, and with a digit after the last two.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// Whether a name can be a folder's on every system: the same scenario is to run on all of them.
pub fn can_be_a_folder(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = stem.strip_suffix(|c: char| c.is_ascii_digit()).is_some_and(|stem| NUMBERED_DEVICES.contains(&stem));
    let is_device = DEVICES.contains(&stem.as_str()) || numbered;
    let is_long = name.chars().count() > NAME_LENGTH_MAX || name.len() > NAME_BYTES_MAX;
    name.chars().all(fits) && !name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']) && !is_device && !is_long
}

fn read_name(root: &mut Table) -> String {
    let name = root.required_text("name");
    // One that is missing or empty was told of.
    if !name.is_empty() && !can_be_a_folder(&name) {
        let problem =
            Problem::new("`name` can't be a folder's name").at(root.place_of("name"), "the outputs are put into a folder of this name");
        root.push(
            problem.help(format!(
                "use letters, digits, `-`, `_`, `.` and blanks, no dot or blank at an end, no device's name such as `nul`, {NAME_LENGTH_MAX} characters at most"
            )),
        );
    }
    name
}

fn read_seeds(mut table: Table, seed: u64) -> Seeds {
    let mut one = |key| table.optional_seed(key).unwrap_or(seed);
    let seeds = Seeds {
        data: one("data"),
        partition: one("partition"),
        training: one("training"),
        cohort: one("cohort"),
        faults: one("faults"),
        secagg: one("secagg"),
    };
    table.finish();
    seeds
}

fn read_cohort(root: &mut Table, model: &dyn Model, clients: Option<usize>) -> Box<dyn Cohort> {
    if model.as_boosting().is_some_and(|growth| growth.federation == TreesOf::EachInTurn) {
        root.refuse_if_given("cohort", "cyclic trees are grown by one client a round, each in its turn");
        return Box::new(InTurn);
    }
    section(root, "cohort", |table| {
        let cohort = cohorts::read(table);
        clients.and_then(|clients| rules::check_cohort(cohort.as_ref(), clients)).into_iter().for_each(|problem| table.push(problem));
        cohort
    })
}

fn read_faults(table: &mut Table, rounds: usize, clients: Option<usize>, cohort: &dyn Cohort) -> Faults {
    let faults = Faults::read(table);
    let mut problems = faults.check_rounds(rounds);
    if let Some(clients) = clients {
        problems.extend(rules::check_faults(&faults, cohort, clients));
        problems.extend(faults.check_clients(clients));
    }
    problems.into_iter().for_each(|problem| table.push(problem));
    faults
}

/// The most clients that a federation may have.
const CLIENTS_MAX: usize = 100_000_000;

type Partition = (Option<Box<dyn data::partition::Partitioner>>, Option<usize>);

fn read_partition(table: &mut Table, source: &data::Source) -> Partition {
    if let Files::Clients { .. } = source.files {
        table.refuse_if_given("kind", "data.clients_dir has a file for each client: nothing is dealt");
        return (None, table.optional_count("clients", 1..=CLIENTS_MAX));
    }
    if let Files::Generated(_) = source.files {
        table.refuse_if_given("kind", "a generated client makes its own rows: nothing is dealt");
        return (None, Some(table.required_count("clients", 1..=CLIENTS_MAX)));
    }
    let partitioner = data::partition::read(table);
    let clients = match partitioner.column() {
        // Each value of the column is a client.
        Some(_) => table.optional_count("clients", 1..=CLIENTS_MAX),
        None => Some(table.required_count("clients", 1..=CLIENTS_MAX)),
    };
    (Some(partitioner), clients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folders_on_every_system() {
        let longest = "é".repeat(100);
        for name in ["fraud", "fraud 2", "a.b-c_d", "-x", "connect", "com", "com10", "nul_", "Überfall", &longest] {
            assert!(can_be_a_folder(name), "{name}");
        }
        let (long, heavy) = ("x".repeat(101), "\u{20000}".repeat(100));
        let devices = ["CON", "nul", "aux.txt", "COM1", "lpt9.log", "Prn .x"];
        let others =
            ["..", ".", ".a", "a.", " a", "a ", "a/b", "a\\b", "a\u{7}b", "a\nb", "a\0", "a:b", "\u{202e}a", "a\u{2066}", &long, &heavy];
        for name in devices.iter().chain(&others) {
            assert!(!can_be_a_folder(name), "{name:?}");
        }
    }
}
