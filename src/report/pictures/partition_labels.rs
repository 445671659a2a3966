//! How the rows are dealt out where labels are no 0 and 1: clients against their rows, and against what is told of their labels.

use super::clients::{name_column, on_axis};
use super::rounds::counted;
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Series, Shape};
use crate::charts::palette::{BLUE, GREEN, SKY};
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::Saved;
use crate::tasks::Task;

/// Up to so many clients, each has its name at the axis.
const NAMED_MOST: usize = 55;

/// A client's rows.
struct Client {
    name: String,
    rows: f64,
    /// What is told of its labels.
    of_labels: [Option<f64>; 2],
}

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task) -> Result<Figure, Error> {
    let name = name_column(saved, "partition.csv")?;
    let told: &[&str] = match task {
        Task::Binary | Task::Clusters | Task::Reconstruction => &[],
        Task::Multiclass => &["classes", "largest_share"],
        Task::Regression => &["label_mean", "label_sd"],
    };
    let columns: Vec<String> = [name, "examples"].iter().chain(told).map(|column| (*column).to_owned()).collect();
    let mut clients = Vec::new();
    saved.rows_of("partition.csv", &columns, |cells| {
        let number = |at: usize| cells.get(at).map_or(Ok(None), |cell| cell.optional());
        let of_labels = [number(2)?, number(3)?];
        clients.push(Client { name: on_axis(cells[0].text()), rows: cells[1].count()? as f64, of_labels });
        Ok(())
    })?;
    clients.sort_by(|a, b| b.rows.total_cmp(&a.rows));
    let rows: f64 = clients.iter().map(|client| client.rows).sum();
    let title = format!("Partition: {} rows, dealt to {}", grouped(&format!("{rows:.0}")), counted(clients.len(), "client"));
    let mut panels = vec![sizes(&clients)];
    panels.extend(of_labels(&clients, task));
    let names = if clients.len() <= NAMED_MOST { 120 } else { 0 };
    let height = 120 + panels.len() as u32 * (500 + names);
    Ok(Figure::new(title, 1, (1600, height), panels))
}

/// The axis of the clients, by size: their names, or ranks where there are too many.
fn axis(clients: &[Client]) -> Axis {
    if clients.len() > NAMED_MOST {
        return Axis::new("rank of the client by size", Format::Count).between(0.5, clients.len() as f64 + 0.5);
    }
    Axis::of_names("client, largest first", clients.iter().map(|client| client.name.clone()).collect())
}

fn points(clients: &[Client], value: impl Fn(&Client) -> Option<f64>) -> Vec<Point> {
    (1..).zip(clients).map(|(at, client)| Point { x: f64::from(at), y: value(client), ..Point::default() }).collect()
}

fn sizes(clients: &[Client]) -> Panel {
    let mut panel = Panel::new("Rows", axis(clients), Axis::new("rows", Format::Count).and_zero());
    panel.note = "no client has rows".to_owned();
    let points = points(clients, |client| Some(client.rows)).into_iter().map(|point| Point { low: Some(0.0), ..point }).collect();
    panel.series = vec![Series { name: "rows".to_owned(), look: SKY, shape: Shape::Stack, points }];
    panel
}

/// What is told of the labels; nothing where there are none.
fn of_labels(clients: &[Client], task: Task) -> Vec<Panel> {
    let panel = |title: &str, y: Axis, look: usize, at: usize| {
        let mut panel = Panel::new(title, axis(clients), y);
        panel.note = "no client has rows".to_owned();
        let points = points(clients, |client| client.of_labels[at]);
        panel.series = vec![Series { name: "client".to_owned(), look, shape: Shape::Points, points }];
        panel
    };
    match task {
        Task::Binary | Task::Clusters | Task::Reconstruction => Vec::new(),
        Task::Multiclass => vec![
            panel("Classes that a client has rows of", Axis::new("classes", Format::Count).and_zero(), BLUE, 0),
            panel("Share of its largest class", Axis::new("share", Format::Percent).and_zero(), GREEN, 1),
        ],
        Task::Regression => vec![
            panel("Mean label", Axis::new("mean", Format::Number), BLUE, 0),
            panel("Standard deviation of the labels", Axis::new("standard deviation", Format::Number).and_zero(), GREEN, 1),
        ],
    }
}
