//! How the rows are dealt out: clients against their rows, labels and share of positives.

use super::clients::{name_column, on_axis};
use super::convergence::level;
use super::partition_labels;
use super::rounds::counted;
use crate::charts::figure::{Axis, Figure, Format, Panel, Point, Reference, Scale, Series, Shape};
use crate::charts::palette::{BLUE, GREEN, SKY, VERMILLION};
use crate::diag::Error;
use crate::numeric::text::grouped;
use crate::runs::Saved;
use crate::tasks::Task;

/// Up to so many clients, each has a bar of its own.
const BARS_MOST: usize = 55;

/// A client's rows.
#[derive(Clone, Debug)]
struct Client {
    name: String,
    rows: f64,
    positives: f64,
}

/// The clients that stand at one place: one, or some of nearly equal size.
struct Place<'a> {
    x: f64,
    clients: &'a [Client],
}

impl Place<'_> {
    fn mean(&self, value: impl Fn(&Client) -> f64) -> f64 {
        self.clients.iter().map(value).sum::<f64>() / self.clients.len() as f64
    }

    /// The least and the greatest share of positives; none if no client has rows.
    fn shares(&self) -> Option<(f64, f64)> {
        let shares = self.clients.iter().filter(|client| client.rows > 0.0).map(|client| client.positives / client.rows);
        shares.fold(None, |ends, share| Some(ends.map_or((share, share), |(low, high): (f64, f64)| (low.min(share), high.max(share)))))
    }

    /// The share of positives of all these clients' rows; none if they have no rows.
    fn share(&self) -> Option<f64> {
        let rows = self.mean(|client| client.rows);
        (rows > 0.0).then(|| self.mean(|client| client.positives) / rows)
    }
}

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task) -> Result<Figure, Error> {
    if task.is_binary() { of_two_classes(saved) } else { partition_labels::figure(saved, task) }
}

fn of_two_classes(saved: &Saved) -> Result<Figure, Error> {
    let mut clients = Vec::new();
    let name = name_column(saved, "partition.csv")?;
    saved.rows("partition.csv", [name, "examples", "positives"], |[client, examples, positives]| {
        let (rows, ones) = (examples.count()? as f64, positives.number()?);
        if !(0.0..=rows).contains(&ones) {
            return Err(positives.problem("is not a number of the client's examples"));
        }
        clients.push(Client { name: on_axis(client.text()), rows, positives: ones });
        Ok(())
    })?;
    clients.sort_by(|a, b| b.rows.total_cmp(&a.rows));
    // Bins of one size, but for the last, so that the places are ranks.
    let size = clients.len().div_ceil(BARS_MOST).max(1);
    let middle = |bin: usize| (bin * size) as f64 + (size as f64 + 1.0) / 2.0;
    let places: Vec<Place<'_>> = clients.chunks(size).enumerate().map(|(bin, clients)| Place { x: middle(bin), clients }).collect();
    let rows: f64 = clients.iter().map(|client| client.rows).sum();
    let positives: f64 = clients.iter().map(|client| client.positives).sum();
    let share = if rows > 0.0 { positives / rows } else { 0.0 };
    let title = format!("Partition: {} rows, {:.2}% positive, dealt to {}", whole(rows), 100.0 * share, counted(clients.len(), "client"));
    let mut first = labels(&places, size);
    if let Some(words) = alike(&clients) {
        first.title = words;
        return Ok(Figure::new(title, 1, (1600, 740), vec![first]));
    }
    let panels = vec![first, sizes(&places, &clients, size), shares(&places, &clients, share, size)];
    let names = if size == 1 { 3 * 120 } else { 0 };
    Ok(Figure::new(title, 1, (1600, 1500 + names), panels))
}

/// What every client has, where none has a row or a positive more than another but for what no deal can split; nothing where they
/// differ.
fn alike(clients: &[Client]) -> Option<String> {
    let ends = |value: fn(&Client) -> f64| {
        clients.iter().map(value).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (rows, positives) = (ends(|client| client.rows), ends(|client| client.positives));
    let about = |(low, high): (f64, f64)| if low == high { whole(low) } else { format!("{} or {}", whole(low), whole(high)) };
    let is_even = |(low, high): (f64, f64)| high - low <= 1.0;
    let is_alike = clients.len() > 1 && is_even(rows) && is_even(positives);
    is_alike.then(|| format!("Every client has {} rows, {} of them positive", about(rows), about(positives)))
}

fn whole(value: f64) -> String {
    grouped(&format!("{value:.0}"))
}

/// The axis of the clients, by size: their names, or ranks where there are too many.
fn axis(places: &[Place<'_>], size: usize) -> Axis {
    if size > 1 {
        let end = (places.len() * size) as f64 + 0.5;
        let label = format!("rank of the client by size, in bins of {}", grouped(&size.to_string()));
        return Axis::new(label, Format::Count).between(0.5, end);
    }
    Axis::of_names("client, largest first", places.iter().map(|place| place.clients[0].name.clone()).collect())
}

fn per_client(size: usize) -> &'static str {
    if size == 1 { "rows" } else { "rows per client" }
}

/// Negatives and positives as bars on each other.
fn labels(places: &[Place<'_>], size: usize) -> Panel {
    let layer = |low: fn(&Client) -> f64, high: fn(&Client) -> f64| {
        let point = |place: &Place<'_>| Point { x: place.x, y: Some(place.mean(high)), low: Some(place.mean(low)), ..Point::default() };
        places.iter().map(point).collect::<Vec<_>>()
    };
    let title = if size == 1 { "Rows by label" } else { "Rows by label, mean of each bin" };
    let mut panel = Panel::new(title, axis(places, size), Axis::new(per_client(size), Format::Count).and_zero());
    panel.note = "no client has rows".to_owned();
    let (negatives, positives) =
        (layer(|_| 0.0, |client| client.rows - client.positives), layer(|client| client.rows - client.positives, |client| client.rows));
    panel.series = vec![
        Series { name: "negatives".to_owned(), look: SKY, shape: Shape::Stack, points: negatives },
        Series { name: "positives".to_owned(), look: VERMILLION, shape: Shape::Stack, points: positives },
    ];
    panel
}

/// Rows and positives, each from zero or on a logarithmic axis, so that few positives are seen beside many rows.
fn sizes(places: &[Place<'_>], clients: &[Client], size: usize) -> Panel {
    let points = |value: fn(&Client) -> f64| {
        places.iter().map(|place| Point { x: place.x, y: Some(place.mean(value)), ..Point::default() }).collect::<Vec<_>>()
    };
    let axis_y = Axis::new(per_client(size), Format::Count);
    let axis_y = axis_y.log_if_wide(clients.iter().flat_map(|client| [client.rows, client.positives])).and_zero();
    let without = clients.iter().filter(|client| client.positives == 0.0).count();
    let title = match without {
        0 => "Sizes: every client has positives".to_owned(),
        1 => "Sizes: 1 client has no positives".to_owned(),
        count => format!("Sizes: {} clients have no positives", grouped(&count.to_string())),
    };
    let mut panel = Panel::new(title, axis(places, size), axis_y);
    panel.note = "no client has rows".to_owned();
    panel.series = vec![
        Series { name: "rows".to_owned(), look: BLUE, shape: Shape::Points, points: points(|client| client.rows) },
        Series { name: "positives".to_owned(), look: VERMILLION, shape: Shape::Points, points: points(|client| client.positives) },
    ];
    panel
}

/// Each client's share of positives beside that of all rows.
fn shares(places: &[Place<'_>], clients: &[Client], share: f64, size: usize) -> Panel {
    let title = if size == 1 { "Share of positives" } else { "Share of positives, mean and range of each bin" };
    // Where the shares differ widely, the small ones are seen on a logarithmic axis alone, which has no 0.
    let of = |client: &Client| (client.rows > 0.0).then(|| client.positives / client.rows);
    let y = Axis::new("positives", Format::Percent).log_if_wider(20.0, clients.iter().filter_map(of)).and_zero();
    let without = clients.iter().filter(|client| of(client) == Some(0.0)).count();
    let title = match (y.scale, without) {
        (Scale::Linear, _) | (_, 0) => title.to_owned(),
        (Scale::Log, without) => format!("{title}; {} at 0 not shown", counted(without, "client")),
    };
    let mut panel = Panel::new(title, axis(places, size), y);
    panel.note = "no client has rows".to_owned();
    if size > 1 {
        let point = |place: &Place<'_>| {
            let (low, high) = place.shares()?;
            Some(Point { x: place.x, y: Some(high), low: Some(low), ..Point::default() })
        };
        let points = places.iter().filter_map(point).collect();
        panel.series.push(Series { name: "min to max".to_owned(), look: GREEN, shape: Shape::Band, points });
    }
    let points = places.iter().map(|place| Point { x: place.x, y: place.share(), ..Point::default() }).collect();
    let name = if size == 1 { "client" } else { "mean" };
    panel.series.push(Series { name: name.to_owned(), look: GREEN, shape: Shape::Points, points });
    let label = format!("all rows {:.2}%", 100.0 * share);
    panel.references.push(Reference { label, ..level("", share) });
    panel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_alike_up_to_what_no_deal_can_split() {
        let clients = |rows: &[(f64, f64)]| {
            rows.iter().map(|&(rows, positives)| Client { name: String::new(), rows, positives }).collect::<Vec<Client>>()
        };
        let words = alike(&clients(&[(1600.0, 16.0), (1600.0, 17.0)]));
        assert_eq!(words.as_deref(), Some("Every client has 1,600 rows, 16 or 17 of them positive"));
        assert_eq!(alike(&clients(&[(1600.0, 16.0), (1600.0, 18.0)])), None);
        assert_eq!((alike(&clients(&[(5.0, 1.0)])), alike(&[])), (None, None));
    }
}
