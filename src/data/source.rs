//! `[data]`: which files hold the rows, what their label is, and how they are read into one table.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::client_files::client_files;
use super::columns::{TextColumn, column};
use super::csv::{self, ColumnRequest, Loaded, Missing, Options, Role};
use super::derived::Refused;
use super::labelling::Labelling;
use super::population::Process;
use super::preprocess::{Fill, Preprocess};
use super::split::Split;
use super::suspects::suspects;
use super::table::{Header, Kind, Table as Rows};
use crate::diag::{Error, Problem, Problems};
use crate::numeric::digest::{Hash, Hasher};
use crate::numeric::rows::Storage;
use crate::settings::{FRACTION, Table};
use crate::tasks::{LabelColumn, Task};

/// `[data]`.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where the rows lie.
    pub files: Files,
    /// The label's column; `None` where the model asks for none.
    pub label: Option<String>,
    /// How it is read.
    pub labelling: Labelling,
    /// The label's value that counts as 1; without it labels are 0 and 1.
    pub positive: Option<String>,
    /// The share of the training rows, rounded up, that no client trains on: early stopping and thresholds look at them.
    pub validation_fraction: f64,
    /// The share of its rows that each client holds out of training, rounded up, to be measured on.
    pub client_test_fraction: f64,
    /// In which precision rows are kept; all arithmetic is in double precision.
    pub storage: Storage,
    /// The column that tells rows apart; it is no feature, and stands beside scores.
    pub id: Option<String>,
    /// Columns that are not read.
    pub drop: Vec<String>,
    /// The separator, found in the header if not given.
    pub delimiter: Option<u8>,
}

/// Where the rows lie.
#[derive(Clone, Debug)]
pub enum Files {
    /// One file, split into training and test rows.
    One {
        /// The file.
        path: PathBuf,
        /// How it is split.
        split: Split,
    },
    /// A file of training rows and one of test rows.
    TrainTest {
        /// Training rows.
        train: PathBuf,
        /// Test rows.
        test: PathBuf,
    },
    /// A folder with `client_1/train.csv`, `client_2/train.csv`, ..., and a file of test rows.
    Clients {
        /// The folder.
        folder: PathBuf,
        /// Test rows.
        test: PathBuf,
    },
    /// No file: each client's rows are generated when it is asked for them.
    Generated(Process),
}

/// All rows, training and test, and what is not a feature beside them.
#[derive(Debug)]
pub struct AllRows {
    /// The features' columns.
    pub table: Rows,
    /// (rows,).
    pub labels: LabelColumn,
    /// The classes' names, by which a label is a class; none where labels are 0 and 1, numbers, or absent.
    pub classes: Vec<String>,
    /// The time column, (rows,), if the split looks at it.
    pub times: Option<Vec<f64>>,
    /// The partition's column, if the partition looks at one.
    pub groups: Option<TextColumn>,
    /// The column of `data.id`, if there is one.
    pub ids: Option<TextColumn>,
    /// Columns that the user may not have meant to be features.
    pub warnings: Vec<Problem>,
    /// How many rows each file has, in the order in which they were read: training files first, the test file last.
    pub files: Vec<usize>,
    /// SHA-256 over the files' SHA-256 values.
    pub sha256: Hash,
}

impl Source {
    /// Reads `[data]`; paths are relative to `folder`.
    pub fn read(table: &mut Table, folder: &Path) -> Self {
        match table.kind(&["csv", "synthetic"]) {
            "synthetic" => Self::generated(table),
            _ => Self::read_csv(table, folder),
        }
    }

    fn generated(table: &mut Table) -> Self {
        Self {
            files: Files::Generated(Process::read(table)),
            label: Some("label".to_owned()),
            labelling: Labelling::BINARY,
            positive: None,
            validation_fraction: 0.0,
            client_test_fraction: 0.0,
            storage: Storage::Double,
            id: None,
            drop: Vec::new(),
            delimiter: None,
        }
    }

    fn read_csv(table: &mut Table, folder: &Path) -> Self {
        let path = |table: &mut Table, key: &str| folder.join(table.required_text(key));
        let files = if table.is_given("clients_dir") {
            Files::Clients { folder: path(table, "clients_dir"), test: path(table, "test_path") }
        } else if table.is_given("train_path") || table.is_given("test_path") {
            Files::TrainTest { train: path(table, "train_path"), test: path(table, "test_path") }
        } else {
            Files::One { path: path(table, "path"), split: Split::read(table) }
        };
        match &files {
            Files::One { .. } | Files::Generated(_) => {}
            Files::TrainTest { .. } | Files::Clients { .. } => {
                for key in ["path", "test_fraction", "split", "time_column"] {
                    table.refuse_if_given(key, "training and test rows are given apart");
                }
            }
        }
        if let Files::Clients { .. } = files {
            table.refuse_if_given("train_path", "clients_dir gives the training rows");
        }
        let label = table.optional_text("label");
        let positive = table.optional_text("positive");
        let drop = table.texts("drop", &[]);
        let id = table.optional_text("id");
        if let Some(id) = id.as_ref().filter(|&id| label.as_ref() == Some(id) || drop.contains(id)) {
            let other = if label.as_ref() == Some(id) { "data.label" } else { "data.drop" };
            let problem = Problem::new(format!("`{id}` can't be the identifier and stand in {other}"));
            table.push(problem.at(table.place_of("id"), "names the same column").help("take it out of one of the two"));
        }
        if let Some(label) = label.as_ref().filter(|label| drop.contains(label)) {
            let problem = Problem::new(format!("the label `{label}` can't be dropped"))
                .at(table.place_of("drop"), "names the label")
                .help("take it out of data.drop: the label is no feature anyway");
            table.push(problem);
        }
        if let Files::One { split, .. } = &files
            && let Some(label) = label.as_deref().filter(|&label| split.time_column() == Some(label))
        {
            let problem = Problem::new(format!("the label `{label}` can't be the time column"))
                .at(table.place_of("time_column"), "names the label")
                .help("name the column that says when each row came to be");
            table.push(problem);
        }
        let validation_fraction = table.number("validation_fraction", 0.0, FRACTION);
        let client_test_fraction = table.number("client_test_fraction", 0.0, FRACTION);
        let storage = table.word("storage", "f64", &[("f64", Storage::Double), ("f32", Storage::Single)]);
        let delimiters = [("auto", None), ("comma", Some(b',')), ("semicolon", Some(b';')), ("tab", Some(b'\t'))];
        let delimiter = table.word("delimiter", "auto", &delimiters);
        let labelling = Labelling::BINARY;
        Self { files, label, labelling, positive, validation_fraction, client_test_fraction, storage, id, drop, delimiter }
    }

    /// Has the label read as a model's task wants it; `table` is `[data]`.
    pub fn label_as(&mut self, labelling: Labelling, table: &mut Table) {
        if labelling.task.is_labelled() && self.label.is_none() {
            let problem = Problem::new("missing key `label` in [data]").at(table.place(), "names no label");
            table.push(problem.help("name the column that the model is to predict, for instance label = \"default\""));
            // So that nothing else is told of it.
            self.label = Some(String::new());
        }
        if !labelling.task.is_labelled() {
            let is_read = !matches!(self.files, Files::Generated(_));
            if let Some(label) = self.label.take_if(|_| is_read) {
                let problem = Problem::new("the model looks at no label").at(table.place_of("label"), "names one");
                table.push(problem.help(format!("take it out, and leave the column out: data.drop = [\"{label}\"]")));
            }
        }
        if labelling.task != Task::Binary {
            if self.positive.is_some() {
                let problem = Problem::new("only a label of two classes has a value that counts as 1");
                table.push(problem.at(table.place_of("positive"), "names one").help("take data.positive out"));
            }
            if let Files::Generated(_) = self.files {
                let problem = Problem::new("generated rows have labels 0 and 1").at(table.place_of("kind"), "makes these rows");
                table.push(problem.help("use model.kind = \"logistic\", or give a CSV file"));
            }
        }
        self.labelling = labelling;
    }

    /// Reads all files into one table; `group_column` is the partition's column.
    ///
    /// # Errors
    /// When a file can't be read, isn't a proper CSV, or its label isn't one of two values.
    pub fn load(&self, preprocess: &Preprocess, group_column: Option<&str>) -> Result<AllRows, Error> {
        let options = Options { delimiter: self.delimiter, na_values: &preprocess.na_values };
        let paths = self.paths()?;
        if let Some(path) = paths.iter().find(|path| fs::metadata(path).is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound)) {
            let problem = Problem::new(format!("can't read {}: no such file or directory", path.display()));
            return Err(problem.help("check the spelling; a path in a scenario is relative to the scenario's own folder").into());
        }
        let mut all: Option<Rows> = None;
        let (mut files, mut hasher) = (Vec::new(), Hasher::default());
        for (at, path) in paths.iter().enumerate() {
            // Test rows must not decide what a column is.
            let undecided = if at + 1 == paths.len() { Role::Number } else { Role::Infer };
            let choose = |header: &Header| match &all {
                None => self.choose(header, preprocess, group_column),
                Some(read) => self.choose_alike(header, read, undecided, preprocess, group_column),
            };
            let Loaded { table, sha256 } = csv::read(path, &options, choose)?;
            files.push((table.header.clone(), table.rows()));
            hasher.update(sha256.hex().as_bytes());
            match &mut all {
                None => all = Some(table),
                Some(all) => all.append(&table)?,
            }
        }
        let mut table = all.expect("there is at least one file");
        let (labels, classes) = self.labels(&table, &files)?;
        let time_column = self.split().and_then(Split::time_column);
        let times = time_column.map(|name| column(&table, name));
        let [groups, ids] = [group_column, self.id.as_deref()].map(|name| name.map(|name| TextColumn::of(&table, name)));
        // The split had to see the time column, and formulas theirs, even if they are to be no features.
        for name in [self.label.as_deref(), group_column, self.id.as_deref()].into_iter().flatten() {
            table.remove(name);
        }
        preprocess.derive(&mut table)?;
        self.drop.iter().for_each(|name| table.remove(name));
        let warnings = suspects(&table);
        preprocess.curves.iter().try_for_each(|(name, curve, place)| curve.bend(&mut table, name, Some(place)))?;
        let files = files.into_iter().map(|(_, rows)| rows).collect();
        Ok(AllRows { table, labels, classes, times, groups, ids, warnings, files, sha256: hasher.finish() })
    }

    /// The files that the scenario names; of a folder of clients, none of theirs.
    pub fn named(&self) -> Vec<&Path> {
        match &self.files {
            Files::One { path, .. } => vec![path],
            Files::TrainTest { train, test } => vec![train, test],
            Files::Clients { test, .. } => vec![test],
            Files::Generated(_) => Vec::new(),
        }
    }

    /// The split, where there is one file.
    pub fn split(&self) -> Option<&Split> {
        match &self.files {
            Files::One { split, .. } => Some(split),
            _ => None,
        }
    }

    /// The files in the order in which they are read: training files first, the test file last.
    fn paths(&self) -> Result<Vec<PathBuf>, Error> {
        match &self.files {
            Files::One { path, .. } => Ok(vec![path.clone()]),
            Files::TrainTest { train, test } => Ok(vec![train.clone(), test.clone()]),
            Files::Clients { folder, test } => {
                let mut paths = client_files(folder)?;
                paths.push(test.clone());
                Ok(paths)
            }
            Files::Generated(_) => Ok(Vec::new()),
        }
    }

    /// What each column of a file is read as.
    fn choose(&self, header: &Header, preprocess: &Preprocess, group_column: Option<&str>) -> Result<Vec<ColumnRequest>, Error> {
        let time_column = self.split().and_then(Split::time_column);
        let mut missing = Vec::new();
        let mut need = |name: &str, what: &str| {
            if header.find(name).is_none() {
                missing.push(header.missing(name, what));
            }
        };
        self.label.iter().for_each(|name| need(name, "data.label"));
        group_column.iter().for_each(|name| need(name, "partition.name"));
        time_column.iter().for_each(|name| need(name, "data.time_column"));
        self.id.iter().for_each(|name| need(name, "data.id"));
        self.drop.iter().for_each(|name| need(name, "data.drop"));
        preprocess.categorical.columns.iter().for_each(|name| need(name, "preprocess.categorical"));
        let curves = preprocess.curves.iter().filter(|(name, ..)| !preprocess.derived.has(name));
        curves.for_each(|(name, ..)| need(name, "preprocess.transform"));
        missing.extend(preprocess.derived.check(header, &|column| self.refuse_operand(column, group_column)));
        Problems::none_or(missing)?;
        Ok(header.names().iter().map(|name| self.request(name, preprocess, group_column)).collect())
    }

    /// Why no feature can be worked out of a column, and the way out.
    fn refuse_operand(&self, column: &str, group_column: Option<&str>) -> Option<Refused> {
        let help = "take it out of the formula";
        match Some(column) {
            name if name == self.label.as_deref() => Some(("is the label, which nobody knows of new rows", help)),
            name if name == self.id.as_deref() => Some(("is the identifier, which is read as text", help)),
            name if name == group_column => Some(("deals the rows, and is read as text", help)),
            _ => None,
        }
    }

    /// What a column is read as, before any cell was seen.
    fn request(&self, name: &String, preprocess: &Preprocess, group_column: Option<&str>) -> ColumnRequest {
        if self.label.as_ref() == Some(name) {
            return ColumnRequest { role: self.labelling.role(), missing: Missing::Refused };
        }
        if group_column == Some(name) {
            return ColumnRequest { role: Role::Category, missing: Missing::Refused };
        }
        if self.id.as_ref() == Some(name) {
            return ColumnRequest { role: Role::Id, missing: Missing::Allowed };
        }
        let is_time = self.split().and_then(Split::time_column) == Some(name);
        let role = match () {
            () if is_time => Role::Number,
            () if self.drop.contains(name) && preprocess.derived.needs(name) => Role::Infer,
            () if self.drop.contains(name) => Role::Skip,
            () if preprocess.categorical.columns.contains(name) => Role::Category,
            () if preprocess.categorical.auto => Role::Infer,
            () => Role::Number,
        };
        let refused = is_time || preprocess.missing == Fill::Error;
        ColumnRequest { role, missing: if refused { Missing::Refused } else { Missing::Allowed } }
    }

    /// What each column of a further file is read as: what it was in the files `read` so far, and as `undecided` if it had no
    /// value in them. Columns are found by their names; those that no file before had are not read.
    fn choose_alike(
        &self,
        header: &Header,
        read: &Rows,
        undecided: Role,
        preprocess: &Preprocess,
        group_column: Option<&str>,
    ) -> Result<Vec<ColumnRequest>, Error> {
        let (places, read_places) = (header.columns_by_name(), read.columns_by_name());
        let absent = read.columns.iter().filter(|column| !places.contains_key(column.name.as_str()));
        let known = format!("as {} has it", read.header.file());
        let missing = absent
            .map(|column| header.missing(&column.name, if self.label.as_ref() == Some(&column.name) { "data.label" } else { &known }));
        Problems::none_or(missing.collect())?;
        let request = |name: &String| {
            let ColumnRequest { role, missing } = self.request(name, preprocess, group_column);
            let role = match (role, read_places.get(name.as_str()).copied()) {
                (_, None) => Role::Skip,
                (Role::Infer, Some(column)) => match read.columns[column].kind {
                    Kind::Category(_) => Role::Category,
                    Kind::Number if read.has_value(column) => Role::Number,
                    Kind::Number => undecided,
                },
                (role, Some(_)) => role,
            };
            ColumnRequest { role, missing }
        };
        Ok(header.names().iter().map(request).collect())
    }
}
