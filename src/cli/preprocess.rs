//! `fedsim preprocess`: split, dealt and standardised CSV files, for tools that bring their own training.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::scenario_args::seed;
use super::streams::tell;
use super::target::Overwrite;
use crate::data::preprocess::Rule;
use crate::data::{Examples, Federation, Stored, partition};
use crate::diag::{Error, Problem};
use crate::federation;
use crate::numeric::reduce;
use crate::numeric::text::shortest;
use crate::runs::{OutputFile, OutputTable};
use crate::scenario::{self, Plan};
use crate::settings::Source;
use crate::tasks::Labels;

/// Split a CSV file, deal its training rows to clients and standardise it
#[derive(Args, Debug)]
#[command(after_help = "Example: fedsim preprocess --input data/fraud.csv --label Class --clients 5 --partition dirichlet:0.3")]
pub struct Preprocess {
    /// The file to read
    #[arg(long, value_name = "CSV", default_value = "data/fraud.csv")]
    input: PathBuf,
    /// The label's column
    #[arg(long, value_name = "COL", default_value = "Class")]
    label: String,
    /// What the label is: one of two values, one of several classes, or a number
    #[arg(long, value_name = "TASK", default_value = "binary", value_parser = PossibleValuesParser::new(MODELS.map(|(task, _)| task)))]
    task: String,
    /// The label's value that counts as 1, where it isn't 0 or 1
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
    /// Columns to leave out
    #[arg(long, value_name = "COL,...", value_delimiter = ',')]
    drop: Vec<String>,
    /// Columns to make one-hot, beside those of text
    #[arg(long, value_name = "COL,...", value_delimiter = ',')]
    categorical: Vec<String>,
    /// A feature that is worked out of columns of numbers; give it several times for several
    #[arg(long, value_name = "NAME=FORMULA")]
    feature: Vec<String>,
    /// How many clients
    #[arg(long, value_name = "N", default_value_t = 3)]
    clients: usize,
    /// The folder for the results
    #[arg(long, value_name = "DIR", default_value = "data")]
    out_root: PathBuf,
    /// The seed of split and deal
    #[arg(long, value_name = "N", default_value_t = 42, allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    /// The share of rows that are test rows
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    test_size: f64,
    /// How rows are dealt: iid, dirichlet:ALPHA, quantity:ALPHA, shards:PER_CLIENT or column:NAME
    #[arg(long, value_name = "KIND[:ARG]", default_value = "iid")]
    partition: String,
    #[command(flatten)]
    overwrite: Overwrite,
}

/// The tasks, and a model of each: which of a task's it is changes nothing of the tables.
const MODELS: [(&str, &str); 3] = [("binary", "logistic"), ("multiclass", "softmax"), ("regression", "linear")];

impl Preprocess {
    pub(super) fn execute(&self) -> Result<(), Error> {
        // A path of the command line is relative to no scenario.
        fs::metadata(&self.input).map_err(|cause| Error::file("read", &self.input, &cause))?;
        let targets =
            [self.out_root.join("processed/train.csv"), self.out_root.join("processed/test.csv"), self.out_root.join("stats.csv")];
        targets.iter().chain(&self.former_clients()).try_for_each(|target| self.overwrite.check("--out-root", target, &[&self.input]))?;
        let plan = scenario::parse(&Source::new("command line", ""), Path::new(""), &self.settings()?)?;
        let federation = reduce::with_threads(None, || federation::prepare(&plan))??.federation;
        self.write(&plan, &federation)?;
        let (train, test) = (federation.train_rows().unwrap_or_default(), federation.test.y.len());
        tell(&format!(
            "{train} training rows for {} clients and {test} test rows in {}",
            federation.client_count(),
            self.out_root.display()
        ));
        Ok(())
    }

    /// The files of the clients of a former deal.
    fn former_clients(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.out_root.join("clients")).into_iter().flatten().flatten();
        let is_client = |name: &str| name.strip_prefix("client_").is_some_and(|number| number.parse::<usize>().is_ok());
        let mut clients: Vec<PathBuf> = folders
            .filter(|folder| folder.file_name().to_str().is_some_and(is_client))
            .map(|folder| folder.path().join("train.csv"))
            .collect();
        clients.sort();
        clients
    }

    /// The scenario that the arguments stand for, each under its argument's name.
    fn settings(&self) -> Result<Vec<Source>, Error> {
        let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let quote_all = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
        let categorical = [&["auto".to_owned()], self.categorical.as_slice()].concat();
        let model = MODELS.into_iter().find_map(|(task, model)| (task == self.task).then_some(model)).expect("clap knows the tasks");
        let mut settings = vec![
            Source::new("--task", &format!("model.kind={}", quote(model))),
            Source::new("command line", "name=\"preprocess\""),
            Source::new("--input", &format!("data.path={}", quote(&self.input.to_string_lossy()))),
            Source::new("--label", &format!("data.label={}", quote(&self.label))),
            Source::new("--drop", &format!("data.drop=[{}]", quote_all(&self.drop))),
            Source::new("--categorical", &format!("preprocess.categorical=[{}]", quote_all(&categorical))),
            Source::new("--test-size", &format!("data.test_fraction={}", shortest(self.test_size))),
            Source::new("--clients", &format!("partition.clients={}", self.clients)),
            Source::new("--seed", &format!("seed={}", self.seed)),
        ];
        settings.extend(self.positive.iter().map(|value| Source::new("--positive", &format!("data.positive={}", quote(value)))));
        for feature in &self.feature {
            let (name, formula) = feature.split_once('=').ok_or_else(|| {
                let problem = Problem::new(format!("--feature {feature}: a feature needs a name and a formula"));
                problem.help("write it as NAME=FORMULA, for instance --feature \"burden = credit / income\"")
            })?;
            settings.push(Source::new("--feature", &format!("features.{}={}", quote(name.trim()), quote(formula.trim()))));
        }
        let (kind, argument) =
            self.partition.split_once(':').map_or((self.partition.as_str(), None), |(kind, argument)| (kind, Some(argument)));
        settings.push(Source::new("--partition", &format!("partition.kind={}", quote(kind))));
        // An unknown kind is told of by whoever reads it.
        if let (Some(argument), Some(entry)) = (argument, partition::CATALOGUE.find(kind)) {
            let key = entry.argument.ok_or_else(|| {
                let kinds: Vec<&str> =
                    partition::CATALOGUE.kinds.iter().filter(|entry| entry.argument.is_some()).map(|entry| entry.kind).collect();
                Problem::new(format!("--partition {kind} takes no argument")).help(format!("those that do are {}", kinds.join(", ")))
            })?;
            // A column may be called 2020; every other argument is a number.
            let value = if key == "name" { quote(argument) } else { argument.to_owned() };
            settings.push(Source::new("--partition", &format!("partition.{key}={value}")));
        }
        Ok(settings)
    }

    fn write(&self, plan: &Plan, federation: &Federation) -> Result<(), Error> {
        let Stored { train, train_rows, .. } = federation.all_rows("preprocess")?;
        let processed = self.out_root.join("processed");
        let clients = self.out_root.join("clients");
        let client_folder = |client: usize| clients.join(format!("client_{client}"));
        let count = federation.client_count();
        for folder in std::iter::once(processed.clone()).chain((1..=count).map(client_folder)) {
            fs::create_dir_all(&folder).map_err(|cause| Error::file("make the folder", &folder, &cause))?;
        }
        // Row numbers of the file order the training rows as they were there.
        let mut in_file_order: Vec<usize> = (0..train_rows.len()).collect();
        in_file_order.sort_unstable_by_key(|&row| train_rows[row]);
        let label = plan.data.source.label.as_deref().expect("the command asks for a label");
        let mut files = Vec::new();
        let mut add = |path: PathBuf, examples: &Examples, rows: &mut dyn Iterator<Item = usize>| {
            files.push(examples_table(&path, federation, label, examples, rows)?);
            Ok::<(), Error>(())
        };
        add(processed.join("train.csv"), &train.rows, &mut in_file_order.into_iter())?;
        add(processed.join("test.csv"), &federation.test, &mut (0..federation.test.y.len()))?;
        for (client, rows) in train.ranges.iter().enumerate() {
            add(client_folder(client + 1).join("train.csv"), &train.rows, &mut rows.clone())?;
        }
        let mut stats = OutputTable::create(&self.out_root.join("stats.csv"), &["feature", "mean", "std"])?;
        for feature in &federation.transform.features {
            let (mean, std) = match feature.rule {
                Rule::Number { offset, scale, .. } => (offset, scale),
                Rule::Category(_) | Rule::MissingCategory | Rule::Indicator => (0.0, 1.0),
            };
            stats.row(&[feature.name.clone(), shortest(mean), shortest(std)])?;
        }
        files.push(stats.into_file());
        for file in files {
            file.publish()?;
        }
        remove_further_clients(&clients, count)
    }
}

/// Takes a former deal's clients beyond `count` away, which would otherwise be taken for this one's: the file that was
/// written for each, and its folder if nothing else lies in it.
fn remove_further_clients(clients: &Path, count: usize) -> Result<(), Error> {
    let entries = fs::read_dir(clients).map_err(|cause| Error::file("list the folder", clients, &cause))?;
    for entry in entries.flatten() {
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix("client_")?.parse::<usize>().ok());
        let train = entry.path().join("train.csv");
        if number.is_none_or(|number| number <= count) || !train.is_file() {
            continue;
        }
        fs::remove_file(&train).map_err(|cause| Error::file("remove the former", &train, &cause))?;
        match fs::remove_dir(entry.path()) {
            Err(cause) if cause.kind() != io::ErrorKind::DirectoryNotEmpty => {
                return Err(Error::file("remove the former", &entry.path(), &cause));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A table of features and label at `path`, with the given rows of `examples`.
fn examples_table(
    path: &Path,
    federation: &Federation,
    label: &str,
    examples: &Examples,
    rows: &mut dyn Iterator<Item = usize>,
) -> Result<OutputFile, Error> {
    let names = federation.transform.names();
    let header: Vec<&str> = names.iter().map(String::as_str).chain([label]).collect();
    let mut table = OutputTable::create(path, &header)?;
    for row in rows {
        let mut fields: Vec<String> = examples.x.rows().row(row).into_iter().map(shortest).collect();
        fields.push(match examples.y.all() {
            Labels::Classes(classes) => federation.classes[usize::from(classes[row])].clone(),
            labels => shortest(labels.number(row)),
        });
        table.row(&fields)?;
    }
    let mut file = table.into_file();
    // Closed, so that there may be more clients than the system lets a process open files.
    file.complete()?;
    Ok(file)
}
