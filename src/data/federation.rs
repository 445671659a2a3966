//! The clients' rows as training sees them: stored, all in one matrix, or generated when a client is asked for.

use std::ops::Range;

use super::examples::Examples;
use super::population::Population;
use super::preprocess::Transform;
use crate::diag::Problem;
use crate::numeric::digest::Hash;
use crate::numeric::rows::Rows;
use crate::tasks::Labels;

/// The clients' training rows, and the test rows.
#[derive(Debug)]
pub struct Federation {
    /// What makes features of columns.
    pub transform: Transform,
    /// By how much of a column's spread its mean and its spread may be off at most: what is lost by summing on a grid.
    pub statistics_error: f64,
    /// The classes' names, by which a label is a class; none where labels are 0 and 1, numbers, or absent.
    pub classes: Vec<String>,
    /// The clients.
    pub clients: Clients,
    /// The test rows.
    pub test: Examples,
    /// What tells the test rows apart.
    pub test_marks: TestMarks,
    /// The validation rows, which no client trains on either; `None` if there are none.
    pub validation: Option<Examples>,
    /// What the user should know of the data.
    pub warnings: Vec<Problem>,
    /// SHA-256 over the files' SHA-256 values, or over what generated rows depend on.
    pub sha256: Hash,
}

/// What tells test rows apart.
#[derive(Clone, Debug, Default)]
pub struct TestMarks {
    /// Whether the data have a column for that.
    pub has_ids: bool,
    /// Each test row's place in the file that it is of, from 0, and its identifier; none for generated rows.
    pub rows: Vec<(u32, String)>,
}

/// Where the clients' rows are.
#[derive(Debug)]
pub enum Clients {
    /// In memory.
    Stored(Stored),
    /// Nowhere: each client's are made when they are asked for, the same each time.
    Generated(Population),
}

/// All clients' rows.
#[derive(Debug)]
pub struct Stored {
    /// The rows to train on.
    pub train: ByClient,
    /// The clients that have some, ascending: the others take no part.
    pub active: Vec<usize>,
    /// What the clients are called; empty where they have numbers alone.
    pub names: Vec<String>,
    /// The row that each training row has in the data, all files laid end to end, from 0.
    pub train_rows: Vec<u32>,
    /// The rows that clients hold out of training; `None` if there are none.
    pub held_out: Option<ByClient>,
}

impl Stored {
    /// The rows that a model is measured on, client by client: those held out, or the training rows where none are.
    pub fn measured(&self) -> &ByClient {
        self.held_out.as_ref().unwrap_or(&self.train)
    }
}

/// Rows that lie client after client.
#[derive(Debug)]
pub struct ByClient {
    /// All rows.
    pub rows: Examples,
    /// Each client's rows; together they are all of them.
    pub ranges: Vec<Range<usize>>,
}

/// One client's rows, lent from those of all, or made for the asker.
#[derive(Debug)]
pub enum ClientRows<'a> {
    /// Features, (rows, features), and labels, (rows,), of all clients' rows.
    Lent(Rows<'a>, Labels<'a>),
    /// Rows that are gone when the asker has done with them.
    Made(Examples),
}

impl ByClient {
    /// One client's features and labels: (rows, features) and (rows,).
    pub fn client(&self, client: usize) -> (Rows<'_>, Labels<'_>) {
        let range = self.ranges[client].clone();
        (self.rows.x.range(range.clone()), self.rows.y.all().range(range))
    }
}

impl ClientRows<'_> {
    /// Features and labels: (rows, features) and (rows,).
    pub fn parts(&self) -> (Rows<'_>, Labels<'_>) {
        match self {
            Self::Lent(x, y) => (*x, *y),
            Self::Made(examples) => (examples.x.rows(), examples.y.all()),
        }
    }
}

impl Federation {
    /// How many clients there are.
    pub fn client_count(&self) -> usize {
        match &self.clients {
            Clients::Stored(stored) => stored.train.ranges.len(),
            Clients::Generated(population) => population.clients(),
        }
    }

    /// How many clients have training rows; the others take no part.
    pub fn active_count(&self) -> usize {
        match &self.clients {
            Clients::Stored(stored) => stored.active.len(),
            Clients::Generated(population) => population.clients(),
        }
    }

    /// The client at this place among those that have training rows.
    pub fn active(&self, place: usize) -> usize {
        match &self.clients {
            Clients::Stored(stored) => stored.active[place],
            Clients::Generated(_) => place,
        }
    }

    /// What the data call a client; `None` if it has a number alone.
    pub fn name(&self, client: usize) -> Option<&str> {
        self.stored()?.names.get(client).map(String::as_str)
    }

    /// How a message calls a client: by its number from 1, and by its name if it has one.
    pub fn called(&self, client: usize) -> String {
        match self.name(client) {
            Some(name) => format!("client {} ({name})", client + 1),
            None => format!("client {}", client + 1),
        }
    }

    /// One client's training rows.
    pub fn client(&self, client: usize) -> ClientRows<'_> {
        match &self.clients {
            Clients::Stored(stored) => {
                let (x, y) = stored.train.client(client);
                ClientRows::Lent(x, y)
            }
            Clients::Generated(population) => ClientRows::Made(population.client(client)),
        }
    }

    /// How many training rows a client has.
    pub fn examples(&self, client: usize) -> usize {
        match &self.clients {
            Clients::Stored(stored) => stored.train.ranges[client].len(),
            Clients::Generated(population) => population.examples(client),
        }
    }

    /// No client has more training rows.
    pub fn examples_max(&self) -> usize {
        match &self.clients {
            Clients::Stored(stored) => stored.train.ranges.iter().map(Range::len).max().unwrap_or_default(),
            Clients::Generated(population) => population.examples_max(),
        }
    }

    /// How many training rows there are; `None` if only asking every client would tell.
    pub fn train_rows(&self) -> Option<usize> {
        match &self.clients {
            Clients::Stored(stored) => Some(stored.train.rows.y.len()),
            Clients::Generated(population) => population.train_rows(),
        }
    }

    /// All clients' rows, if they are stored.
    pub fn stored(&self) -> Option<&Stored> {
        match &self.clients {
            Clients::Stored(stored) => Some(stored),
            Clients::Generated(_) => None,
        }
    }

    /// The rows that clients hold out of training; `None` if there are none.
    pub fn held_out(&self) -> Option<&ByClient> {
        self.stored()?.held_out.as_ref()
    }

    /// All clients' rows, which `what` can't do without.
    ///
    /// # Errors
    /// When the clients are generated.
    pub fn all_rows(&self, what: &str) -> Result<&Stored, Problem> {
        self.stored().ok_or_else(|| not_stored("data.kind", what))
    }
}

/// The problem that `what`, asked for by `key`, needs all clients' rows where they are generated.
pub fn not_stored(key: &'static str, what: &str) -> Problem {
    let message = format!("{what} needs all clients' rows, and a generated client's are there only while it takes part");
    Problem::about(key, message)
}
