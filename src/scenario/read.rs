//! Reads a scenario table by table, then checks the rules that span tables; every mistake is reported at once.

use std::fs;
use std::path::Path;

use super::aggregation::Aggregation;
use super::plan::Plan;
use super::rules;
use crate::cohorts;
use crate::data::preprocess::Preprocess;
use crate::data::{self, DataPlan, Files};
use crate::diag::{Error, Problem};
use crate::faults::{Faults, ROUNDS_MAX};
use crate::metrics::{Evaluation, Stop};
use crate::models;
use crate::numeric::rng::{Seeds, Streams};
use crate::settings::{Document, Source, Table};
use crate::strategies;
use crate::training::Hyper;

/// Loads the scenario at `path`, each of `overrides` laid over it.
///
/// # Errors
/// When the file can't be read, or all mistakes in it.
pub fn load(path: &Path, overrides: &[Source]) -> Result<Plan, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::file("read the scenario", path, &cause))?;
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
    let document = Document::parse(source, overrides)?;
    let mut root = document.root();
    let name = read_name(&mut root);
    let seed = root.seed("seed", 42);
    let rounds = root.count("rounds", 30, 1..=ROUNDS_MAX);
    let seeds = read_seeds(root.table("seeds"), seed);

    let source = section(&mut root, "data", |table| data::Source::read(table, folder));
    let generated = matches!(source.files, Files::Generated(_));
    let preprocess = if generated {
        root.refuse_if_given("preprocess", "generated features are taken in the unit they have");
        Preprocess::unchanged()
    } else {
        section(&mut root, "preprocess", Preprocess::read)
    };
    let (partitioner, clients) = section(&mut root, "partition", |table| read_partition(table, &source));
    let model = section(&mut root, "model", models::read);
    let hyper = section(&mut root, "training", |table| {
        let hyper = Hyper::read(table);
        if generated {
            rules::check_generated_training(&hyper).into_iter().for_each(|problem| table.push(problem));
        }
        hyper
    });
    let cohort = section(&mut root, "cohort", |table| {
        let cohort = cohorts::read(table);
        clients.iter().flat_map(|&clients| rules::check_cohort(cohort.as_ref(), clients)).for_each(|problem| table.push(problem));
        cohort
    });
    let strategy = section(&mut root, "strategy", strategies::read);
    let aggregation = section(&mut root, "aggregation", Aggregation::read);
    let faults = section(&mut root, "faults", |table| {
        let faults = Faults::read(table);
        faults.check_rounds(rounds).into_iter().for_each(|problem| table.push(problem));
        clients.iter().flat_map(|&clients| rules::check_faults(&faults, cohort.as_ref(), clients)).for_each(|problem| table.push(problem));
        faults
    });
    let evaluation = section(&mut root, "evaluation", |table| {
        let evaluation = Evaluation::read(table);
        if generated {
            rules::check_generated_evaluation(&evaluation).into_iter().for_each(|problem| table.push(problem));
        }
        evaluation
    });
    let stop = Stop::read(&mut root);
    root.finish();
    let resolved = document.finish()?;
    let data = DataPlan { source, preprocess, partitioner, clients };
    let (streams, folder) = (Streams::new(seeds), folder.to_owned());
    Ok(Plan { name, seed, rounds, streams, data, model, hyper, cohort, strategy, aggregation, faults, evaluation, stop, resolved, folder })
}

/// Reads one table and ends it.
fn section<T>(root: &mut Table, name: &str, read: impl FnOnce(&mut Table) -> T) -> T {
    let mut table = root.table(name);
    let value = read(&mut table);
    table.finish();
    value
}

/// The longest name of a scenario.
const NAME_LENGTH_MAX: usize = 100;

fn read_name(root: &mut Table) -> String {
    let name = root.required_text("name");
    let fits = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
    if !name.chars().all(fits) || name.starts_with('.') || name.chars().count() > NAME_LENGTH_MAX {
        let problem =
            Problem::new("`name` can't be a folder's name").at(root.place_of("name"), "the outputs are put into a folder of this name");
        root.push(
            problem.help(format!("use letters, digits, `-`, `_`, `.` and blanks, no dot first, {NAME_LENGTH_MAX} characters at most")),
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
    (Some(partitioner), Some(table.required_count("clients", 1..=CLIENTS_MAX)))
}
