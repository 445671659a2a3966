//! `[data]`: which files hold the rows, what their label is, and how they are read into one table.

use std::fs;
use std::path::{Path, PathBuf};

use super::csv::{self, ColumnRequest, Loaded, Missing, Options, Role};
use super::preprocess::{Fill, Preprocess};
use super::split::Split;
use super::table::{Header, Kind, Table as Rows};
use crate::diag::{Error, Problem};
use crate::numeric::digest::{Hash, Hasher};
use crate::settings::Table;

/// `[data]`.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where the rows lie.
    pub files: Files,
    /// The label's column.
    pub label: String,
    /// The label's value that counts as 1; without it labels are 0 and 1.
    pub positive: Option<String>,
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
}

/// All rows, training and test, and what is not a feature beside them.
#[derive(Debug)]
pub struct AllRows {
    /// The features' columns.
    pub table: Rows,
    /// 0 or 1, (rows,).
    pub labels: Vec<f64>,
    /// The time column, (rows,), if the split looks at it.
    pub times: Option<Vec<f64>>,
    /// The partition's column: its categories and each row's, if the partition looks at one.
    pub groups: Option<(Vec<String>, Vec<u32>)>,
    /// How many rows each file has, in the order in which they were read: training files first, the test file last.
    pub files: Vec<usize>,
    /// SHA-256 over the files' SHA-256 values.
    pub sha256: Hash,
}

impl Source {
    /// Reads `[data]`; paths are relative to `folder`.
    pub fn read(table: &mut Table, folder: &Path) -> Self {
        let path = |table: &mut Table, key: &str| folder.join(table.required_text(key));
        let files = if table.is_given("clients_dir") {
            Files::Clients { folder: path(table, "clients_dir"), test: path(table, "test_path") }
        } else if table.is_given("train_path") || table.is_given("test_path") {
            Files::TrainTest { train: path(table, "train_path"), test: path(table, "test_path") }
        } else {
            Files::One { path: path(table, "path"), split: Split::read(table) }
        };
        match &files {
            Files::One { .. } => {}
            Files::TrainTest { .. } | Files::Clients { .. } => {
                for key in ["path", "test_fraction", "split", "time_column"] {
                    table.refuse_if_given(key, "training and test rows are given apart");
                }
            }
        }
        if let Files::Clients { .. } = files {
            table.refuse_if_given("train_path", "clients_dir gives the training rows");
        }
        let label = table.required_text("label");
        let positive = table.optional_text("positive");
        let drop = table.texts("drop", &[]);
        let delimiters = [("auto", None), ("comma", Some(b',')), ("semicolon", Some(b';')), ("tab", Some(b'\t'))];
        let delimiter = table.word("delimiter", "auto", &delimiters);
        Self { files, label, positive, drop, delimiter }
    }

    /// Reads all files into one table; `group_column` is the partition's column.
    ///
    /// # Errors
    /// When a file can't be read, isn't a proper CSV, or its label isn't one of two values.
    pub fn load(&self, preprocess: &Preprocess, group_column: Option<&str>) -> Result<AllRows, Error> {
        let options = Options { delimiter: self.delimiter, na_values: &preprocess.na_values };
        let mut all: Option<Rows> = None;
        let (mut files, mut hasher) = (Vec::new(), Hasher::default());
        for path in self.paths()? {
            let Loaded { table, sha256 } = csv::read(&path, &options, |header| self.choose(header, preprocess, group_column))?;
            files.push(table.rows());
            hasher.update(sha256.hex().as_bytes());
            match &mut all {
                None => all = Some(table),
                Some(all) => all.append(&table)?,
            }
        }
        let mut table = all.expect("there is at least one file");
        let training: usize = if files.len() > 1 { files[..files.len() - 1].iter().sum() } else { files[0] };
        let labels = self.labels(&table, training)?;
        let time_column = self.split().and_then(Split::time_column);
        let times = time_column.map(|name| column(&table, name));
        let groups = group_column.map(|name| {
            let index = table.find(name).expect("the column was asked for");
            let Kind::Category(names) = &table.columns[index].kind else { unreachable!("it was read as text") };
            (names.clone(), column(&table, name).iter().map(|&code| code as u32).collect())
        });
        for name in [Some(self.label.as_str()), group_column].into_iter().flatten() {
            table.remove(name);
        }
        Ok(AllRows { table, labels, times, groups, files, sha256: hasher.finish() })
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
                fs::read_dir(folder).map_err(|cause| Error::file("read the folder", folder, &cause))?;
                let client = |number: usize| folder.join(format!("client_{number}")).join("train.csv");
                let mut paths: Vec<PathBuf> = (1..).map(client).take_while(|path| path.exists()).collect();
                if paths.is_empty() {
                    let problem = Problem::about("data.clients_dir", format!("{} is missing", client(1).display()));
                    return Err(problem
                        .help("the folder must hold client_1/train.csv, client_2/train.csv, ..., as `fedsim preprocess` writes them")
                        .into());
                }
                paths.push(test.clone());
                Ok(paths)
            }
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
        need(&self.label, "data.label");
        group_column.iter().for_each(|name| need(name, "partition.name"));
        time_column.iter().for_each(|name| need(name, "data.time_column"));
        self.drop.iter().for_each(|name| need(name, "data.drop"));
        preprocess.categorical.columns.iter().for_each(|name| need(name, "preprocess.categorical"));
        crate::diag::Problems::none_or(missing)?;
        let forced = |name: &String| preprocess.categorical.columns.contains(name);
        let request = |name: &String| {
            if *name == self.label || group_column == Some(name) {
                return ColumnRequest { role: Role::Category, missing: Missing::Refused };
            }
            let is_time = time_column == Some(name);
            let role = match () {
                () if is_time => Role::Number,
                () if self.drop.contains(name) => Role::Skip,
                () if forced(name) => Role::Category,
                () if preprocess.categorical.auto => Role::Infer,
                () => Role::Number,
            };
            let refused = is_time || preprocess.missing == Fill::Error;
            ColumnRequest { role, missing: if refused { Missing::Refused } else { Missing::Allowed } }
        };
        Ok(header.names().iter().map(request).collect())
    }

    /// Each row's label as 0 or 1; the first `training` rows must have both.
    fn labels(&self, table: &Rows, training: usize) -> Result<Vec<f64>, Problem> {
        let index = table.find(&self.label).expect("the label was asked for");
        let Kind::Category(values) = &table.columns[index].kind else { unreachable!("the label was read as text") };
        let meanings: Vec<Option<f64>> = values.iter().map(|value| self.meaning(value)).collect();
        let place = table.header.find(&self.label).map(|column| table.header.place(column));
        let refuse = |message: String, help: String| {
            let problem = Problem::about("data.label", message).help(help);
            match &place {
                Some(place) => problem.at(place.clone(), "the label"),
                None => problem,
            }
        };
        let shown = |values: &[String]| {
            let more = if values.len() > 5 { ", ..." } else { "" };
            format!("{}{more}", values.iter().take(5).map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(", "))
        };
        let column = &self.label;
        if values.len() > 2 && (self.positive.is_some() || meanings.contains(&None)) {
            let message = format!("the label `{column}` has {} values, not two: {}", values.len(), shown(values));
            return Err(refuse(message, "a label has two values; check data.label, or leave the other rows out of the file".to_owned()));
        }
        if let Some(positive) = self.positive.as_ref().filter(|_| !meanings.contains(&Some(1.0))) {
            let message = format!("no row's label `{column}` is \"{positive}\"; there are {}", shown(values));
            return Err(Problem::about("data.positive", message).help("set data.positive to the value that counts as 1"));
        }
        if meanings.contains(&None) {
            let message = format!("the label `{column}` is not 0 or 1 but {}", shown(values));
            let last = values.last().expect("there are rows");
            return Err(refuse(message, format!("say which value counts as 1: data.positive = \"{last}\", for instance")));
        }
        let labels: Vec<f64> = self::column(table, column).iter().map(|&code| meanings[code as usize].expect("checked above")).collect();
        let first = labels.first().copied().unwrap_or_default();
        if labels[..training].iter().all(|&label| label == first) {
            let message = format!("the label `{column}` is {first} in every row: there is nothing to tell apart");
            return Err(refuse(message, "check data.label, or give rows of both classes".to_owned()));
        }
        Ok(labels)
    }

    /// 0 or 1 for a label's value; `None` if it is neither and no positive value was named.
    pub fn meaning(&self, value: &str) -> Option<f64> {
        let same = |a: &str, b: &str| a == b || matches!((a.trim().parse::<f64>(), b.trim().parse::<f64>()), (Ok(a), Ok(b)) if a == b);
        match &self.positive {
            Some(positive) => Some(f64::from(same(value, positive))),
            None if same(value, "1") => Some(1.0),
            None if same(value, "0") => Some(0.0),
            None => None,
        }
    }
}

/// A column's cells, (rows,).
fn column(table: &Rows, name: &str) -> Vec<f64> {
    let index = table.find(name).expect("the column was asked for");
    (0..table.rows()).map(|row| table.row(row)[index]).collect()
}
