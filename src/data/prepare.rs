//! From files to a federation: read, split, deal, fit, and lay the rows out by client.

use std::ops::Range;

use super::examples::Examples;
use super::federation::{ByClient, Clients, Federation, Stored, TestMarks};
use super::labels::{Gap, gap};
use super::partition::{Partitioner, TrainingRows};
use super::population::{Population, Process};
use super::preprocess::{Bound, Fitted, Preprocess, Transform, fit};
use super::source::{AllRows, Files, Source};
use super::split::{Marks, Split, SplitKind, TrainTest, hold_out, take_validation};
use super::table::{AHEAD, Table};
use crate::diag::{Error, Problem};
use crate::exchange::Survey;
use crate::numeric::digest::Hash;
use crate::numeric::rng::{Purpose, Streams};
use crate::numeric::rows::{Matrix, Storage};
use crate::tasks::{LabelColumn, Strata};
use crate::work::Work;

/// What the scenario says of the data.
#[derive(Debug)]
pub struct DataPlan {
    /// Which files.
    pub source: Source,
    /// How columns become features.
    pub preprocess: Preprocess,
    /// How training rows are dealt; `None` where each client has its own file, or makes its own rows.
    pub partitioner: Option<Box<dyn Partitioner>>,
    /// How many clients; `None` where the files tell.
    pub clients: Option<usize>,
}

/// Data that are read: of files, with what each client is dealt; or of generated clients, who make theirs when they are asked.
#[derive(Debug)]
pub enum Loaded {
    /// Rows, and whose they are.
    Rows(Box<AllRows>, Deal),
    /// A federation that needs nothing more.
    Generated(Box<Federation>),
}

impl Loaded {
    /// SHA-256 of the data.
    pub fn sha256(&self) -> &Hash {
        match self {
            Self::Rows(rows, _) => &rows.sha256,
            Self::Generated(federation) => &federation.sha256,
        }
    }
}

/// Training rows dealt to clients, and test rows, as row numbers.
#[derive(Debug)]
pub struct Deal {
    /// Each client's rows to train on, ascending; none for a client that takes no part.
    pub clients: Vec<Vec<u32>>,
    /// What the clients are called; empty where they have numbers alone.
    pub names: Vec<String>,
    /// Each client's rows that it holds out, ascending.
    pub held_out: Vec<Vec<u32>>,
    /// The validation rows, which no client trains on, ascending; none if none were asked for.
    pub validation: Vec<u32>,
    /// The test rows, ascending.
    pub test: Vec<u32>,
}

/// Reads the files and deals the rows, without making features.
///
/// # Errors
/// The user's mistakes in files and in the deal.
pub fn deal(plan: &DataPlan, streams: &Streams) -> Result<(AllRows, Deal), Error> {
    if let Files::Generated(_) = plan.source.files {
        let problem = Problem::about("data.kind", "nothing is dealt: a generated client makes its own rows");
        return Err(problem.help("fedsim run takes such a scenario; a CSV file can be dealt").into());
    }
    let group_column = plan.partitioner.as_ref().and_then(|partitioner| partitioner.column());
    if let Some(id) =
        plan.source.id.as_deref().filter(|&id| group_column == Some(id) || plan.source.split().and_then(Split::time_column) == Some(id))
    {
        let problem = Problem::about("data.id", format!("the identifier `{id}` can't also split the rows or deal them"));
        return Err(problem.help("take data.id out: such a column is no feature anyway").into());
    }
    if group_column.is_some() && group_column == plan.source.split().and_then(Split::time_column) {
        let problem = Problem::about("data.time_column", "the column that deals the rows can't be the time column");
        return Err(problem.help("name the column that says when each row came to be").into());
    }
    let rows = plan.source.load(&plan.preprocess, group_column)?;
    let _work = Work::begin("dealing the rows", 1);
    let strata = rows.labels.all().strata();
    let mut parts = match &plan.source.files {
        Files::One { split, .. } => {
            let parts = split.split(&strata, rows.times.as_deref(), streams)?;
            refuse_gap(split, &rows, &parts.train)?;
            parts
        }
        Files::TrainTest { .. } | Files::Clients { .. } | Files::Generated(_) => {
            let training: usize = rows.files[..rows.files.len() - 1].iter().sum();
            TrainTest { train: (0..training as u32).collect(), test: (training as u32..rows.labels.len() as u32).collect() }
        }
    };
    let validation = validate_on(&plan.source, &rows, &strata, &mut parts.train, streams)?;
    let mut clients = match &plan.partitioner {
        None => by_file(&rows, &validation, plan.clients)?,
        Some(partitioner) => by_partitioner(partitioner.as_ref(), &rows, &parts.train, plan.clients, streams)?,
    };
    let may_be_empty = plan.partitioner.as_ref().is_some_and(|partitioner| partitioner.may_leave_empty());
    if let Some(client) = clients.iter().position(Vec::is_empty).filter(|_| !may_be_empty) {
        let problem = Problem::about("partition.clients", format!("client {} has no training rows", client + 1));
        return Err(problem.help("ask for fewer clients, or for another partition").into());
    }
    let held_out = hold_rows_out(plan.source.client_test_fraction, &mut clients, &rows, &strata, streams)?;
    let names = names(&rows, &clients);
    Ok((rows, Deal { clients, names, held_out, validation, test: parts.test }))
}

/// Takes the validation rows from the training rows.
fn validate_on(source: &Source, rows: &AllRows, strata: &Strata, train: &mut Vec<u32>, streams: &Streams) -> Result<Vec<u32>, Problem> {
    if source.validation_fraction == 0.0 {
        return Ok(Vec::new());
    }
    let kind = source.split().map_or(&SplitKind::Stratified, |split| &split.kind);
    let marks = Marks { strata, times: rows.times.as_deref() };
    let validation = take_validation(source.validation_fraction, kind, train, marks, streams)?;
    for (part, words) in [(&*train, "training"), (&validation, "validation")] {
        let message = match gap(rows.labels.all(), part, &rows.classes) {
            Some(Gap::Alike(label)) => format!("the label is {label} in every {words} row that is left"),
            Some(Gap::Without(class)) if words == "training" => format!("no {words} row is left of class {class}"),
            _ => continue,
        };
        let help = "choose another validation_fraction, use split = \"stratified\", or give more rows of all classes";
        return Err(Problem::about("data.validation_fraction", message).help(help));
    }
    Ok(validation)
}

/// Takes the rows that clients hold out from their training rows.
fn hold_rows_out(
    fraction: f64,
    clients: &mut [Vec<u32>],
    rows: &AllRows,
    strata: &Strata,
    streams: &Streams,
) -> Result<Vec<Vec<u32>>, Problem> {
    if fraction == 0.0 {
        return Ok(vec![Vec::new(); clients.len()]);
    }
    let stream = |client| streams.stream(Purpose::HoldOut, 0, client);
    let held_out = clients.iter_mut().enumerate().map(|(client, mine)| hold_out(fraction, mine, strata, stream(client))).collect();
    let message = match gap(rows.labels.all(), &clients.concat(), &rows.classes) {
        None => return Ok(held_out),
        Some(Gap::Alike(label)) => {
            format!("the label is {label} in every training row: clients hold out all rows of the other class")
        }
        Some(Gap::Without(class)) => format!("no training row is of class {class}: clients hold them all out"),
    };
    let help = "lower client_test_fraction, or give more rows of all classes";
    Err(Problem::about("data.client_test_fraction", message).help(help))
}

/// Reads the files and deals the rows, or has clients generated.
///
/// # Errors
/// The user's mistakes in files and in the deal.
pub fn load(plan: &DataPlan, streams: &Streams) -> Result<Loaded, Error> {
    if let Files::Generated(process) = &plan.source.files {
        return Ok(Loaded::Generated(Box::new(generated(process, plan.clients.unwrap_or(1), streams))));
    }
    deal(plan, streams).map(|(rows, deal)| Loaded::Rows(Box::new(rows), deal))
}

/// A federation of so many clients of this process, features `x1`, `x2`, ... in the unit they have.
fn generated(process: &Process, clients: usize, streams: &Streams) -> Federation {
    let transform = Transform::unchanged((1..=process.features).map(|feature| format!("x{feature}")));
    let population = Population::new(*process, clients, streams);
    let (test, sha256) = (population.test(), process.sha256(clients, streams.seeds().data));
    Federation {
        transform,
        statistics_error: 0.0,
        classes: Vec::new(),
        clients: Clients::Generated(population),
        test,
        test_marks: TestMarks::default(),
        validation: None,
        warnings: Vec::new(),
        sha256,
    }
}

/// Lays the federation out; statistics of the clients' rows leave them through `survey`.
///
/// # Errors
/// The user's mistakes in the preprocessing.
pub fn prepare(plan: &DataPlan, loaded: Loaded, survey: &Survey<'_>) -> Result<Federation, Error> {
    let (rows, Deal { mut clients, names, mut held_out, mut validation, mut test }) = match loaded {
        Loaded::Generated(federation) => return Ok(*federation),
        Loaded::Rows(rows, deal) => (rows, deal),
    };
    let AllRows { mut table, labels, classes, ids, warnings, files, sha256, .. } = *rows;
    // Test rows of a file of their own are counted in it.
    let first = if files.len() > 1 { labels.len() - files[files.len() - 1] } else { 0 };
    let test_marks =
        test.iter().map(|&row| (row - first as u32, ids.as_ref().map_or(String::new(), |ids| ids.at(row as usize).to_owned())));
    let test_marks = TestMarks { has_ids: ids.is_some(), rows: test_marks.collect() };
    let train_rows = clients.concat();
    let dealt_labels = [&train_rows, &held_out.concat(), &validation, &test].map(|rows| labels.all().of_rows(rows));
    drop(labels);
    // From here on rows are where the walk below finds them, client after client.
    table.arrange(&mut clients.iter_mut().chain(&mut held_out).chain([&mut validation, &mut test]).collect::<Vec<_>>())?;
    let active: Vec<usize> = (0..clients.len()).filter(|&client| !clients[client].is_empty()).collect();
    let rows_of: Vec<Vec<u32>> = active.iter().map(|&client| clients[client].clone()).collect();
    let Fitted { shared, own, error } = fit(&plan.preprocess, &mut table, &rows_of, survey)?;
    let bound = shared.bind(&table)?;
    let own: Result<Vec<Bound>, Problem> = own.iter().map(|transform| transform.bind(&table)).collect();
    let own = own?;
    let ranges = ranges(&clients);
    let held_out_clients = self::ranges(&held_out);
    let own_bound = |ranges: &[Range<usize>]| -> Vec<usize> {
        let owners = active.iter().enumerate().flat_map(|(at, &client)| ranges[client].clone().map(move |_| at));
        if own.is_empty() { Vec::new() } else { owners.collect() }
    };
    let (train_of, held_of) = (own_bound(&ranges), own_bound(&held_out_clients));
    let bound_of = |owners: &[usize], row: usize| owners.get(row).map_or(&bound, |&client| &own[client]);
    let (features, storage) = (shared.features.len(), plan.source.storage);
    let rows = dealt_labels.iter().map(LabelColumn::len).sum();
    Matrix::check_room((rows, features), storage, table.bytes())?;
    let work = Work::begin("laying the rows out", rows as u64);
    let mut walk = Walk { table, steps: 0, features, storage, work };
    let [train_y, held_out_y, validation_y, test_y] = dealt_labels;
    let train = Examples { x: walk.examples(&clients.concat(), |row| bound_of(&train_of, row)), y: train_y };
    let held_out = Examples { x: walk.examples(&held_out.concat(), |row| bound_of(&held_of, row)), y: held_out_y };
    let validation = Examples { x: walk.examples(&validation, |_| &bound), y: validation_y };
    let test = Examples { x: walk.examples(&test, |_| &bound), y: test_y };
    let train = ByClient { rows: train, ranges };
    let held_out = ByClient { rows: held_out, ranges: held_out_clients };
    let held_out = (!held_out.rows.y.is_empty()).then_some(held_out);
    let stored = Stored { train, train_rows, active, names, held_out };
    let validation = (!validation.y.is_empty()).then_some(validation);
    Ok(Federation {
        transform: shared,
        statistics_error: error,
        classes,
        clients: Clients::Stored(stored),
        test,
        test_marks,
        validation,
        warnings,
        sha256,
    })
}

/// A walk along the rows of an arranged table, which gives back what it leaves behind.
struct Walk {
    table: Table,
    /// How many rows it has come.
    steps: usize,
    features: usize,
    storage: Storage,
    work: Work,
}

impl Walk {
    /// The features of the next rows, which are `rows` of the table, by what `bound` has for each.
    fn examples<'a>(&mut self, rows: &[u32], bound: impl Fn(usize) -> &'a Bound + Sync) -> Matrix {
        let mut x = Matrix::zeros((rows.len(), self.features), self.storage);
        let mut from = 0;
        while from < rows.len() {
            let until = rows.len().min(from + self.table.steps() - self.steps % self.table.steps());
            x.fill(from..until, |row, out| {
                if let Some(&soon) = rows[..until].get(row + AHEAD) {
                    self.table.prefetch(soon);
                }
                bound(row).apply(self.table.row(rows[row] as usize), out);
            });
            self.steps += until - from;
            self.work.advance((until - from) as u64);
            self.table.release(self.steps);
            from = until;
        }
        x
    }
}

/// Where each client's rows lie if all are laid end to end.
fn ranges(clients: &[Vec<u32>]) -> Vec<Range<usize>> {
    let mut end = 0;
    let range = |mine: &Vec<u32>| {
        let start = end;
        end += mine.len();
        start..end
    };
    clients.iter().map(range).collect()
}

/// A model of training rows of one class would learn nothing, one of rows that lack a class would never name it, and nothing else
/// would tell.
fn refuse_gap(split: &Split, rows: &AllRows, train: &[u32]) -> Result<(), Problem> {
    let message = match gap(rows.labels.all(), train, &rows.classes) {
        None => return Ok(()),
        Some(Gap::Alike(label)) => {
            format!("the label is {label} in every training row: all rows of the other class became test rows")
        }
        Some(Gap::Without(class)) => format!("no training row is of class {class}: all its rows became test rows"),
    };
    Err(match &split.kind {
        SplitKind::Time(column) => Problem::about("data.split", message)
            .help(format!("all these rows are among the latest by `{column}`: use split = \"stratified\", or lower data.test_fraction")),
        SplitKind::Random | SplitKind::Stratified => {
            Problem::about("data.test_fraction", message).help("lower test_fraction, or give more rows of all classes")
        }
    })
}

/// Each training file is a client, of which the rows that validate are taken.
fn by_file(rows: &AllRows, validation: &[u32], clients: Option<usize>) -> Result<Vec<Vec<u32>>, Problem> {
    let files = &rows.files[..rows.files.len() - 1];
    if let Some(wanted) = clients.filter(|&wanted| wanted != files.len()) {
        let message = format!("the folder holds {} clients, the scenario wants {wanted}", files.len());
        return Err(Problem::about("partition.clients", message).help("leave partition.clients out: the folder tells"));
    }
    let dealt = files.iter().scan(0, |end, &count| {
        let start = *end;
        *end += count as u32;
        Some((start..*end).filter(|row| validation.binary_search(row).is_err()).collect())
    });
    Ok(dealt.collect())
}

fn by_partitioner(
    partitioner: &dyn Partitioner,
    rows: &AllRows,
    train: &[u32],
    clients: Option<usize>,
    streams: &Streams,
) -> Result<Vec<Vec<u32>>, Problem> {
    let labels = rows.labels.all().of_rows(train);
    let groups: Option<Vec<u32>> = rows.groups.as_ref().map(|groups| train.iter().map(|&row| groups.codes[row as usize]).collect());
    let of_training = TrainingRows { labels: labels.all(), groups: groups.as_deref() };
    let clients = clients.or_else(|| partitioner.clients(&of_training)).expect("the scenario says how many clients, or the rows do");
    let mut dealt = partitioner.deal(&of_training, clients, streams)?;
    // A partitioner counts training rows; what follows counts rows of the table.
    dealt.iter_mut().flatten().for_each(|row| *row = train[*row as usize]);
    Ok(dealt)
}

/// What the clients are called, where each is a value of the partition's column.
fn names(rows: &AllRows, clients: &[Vec<u32>]) -> Vec<String> {
    let Some(groups) = &rows.groups else { return Vec::new() };
    let name = |mine: &Vec<u32>| groups.values[groups.codes[mine[0] as usize] as usize].clone();
    clients.iter().map(name).collect()
}

/// The matrix that a run's saved preprocessing makes of raw rows whose columns are bent, for `predict`.
///
/// # Errors
/// When the table lacks what the preprocessing needs.
pub fn apply_all(transform: &Transform, table: &Table, storage: Storage) -> Result<Matrix, Problem> {
    let bound = transform.bind(table)?;
    let shape = (table.rows(), transform.features.len());
    Matrix::check_room(shape, storage, 0)?;
    Ok(Matrix::build(shape, storage, |row, out| bound.apply(table.row(row), out)))
}
