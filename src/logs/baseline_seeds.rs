//! `baseline_seeds.csv`.

use super::baseline_vs_fl::BY_MODEL;
use super::column::{Column, Group, Log, When};
use super::sizes::{FIGURES_MAX, Length};
use super::unit::Unit;
use crate::federation::baseline::Trial;
use crate::numeric::text::shortest_or_empty;

/// A comparison, seed by seed.
pub const LOG: Log = Log::reproducible(
    "baseline_seeds.csv",
    "Each metric under each seed. Left by `fedsim compare-baseline --seeds K`.",
    &[Group::always(&SEED), Group::always(&BY_MODEL), Group::if_there(When::Secure, &PLAIN)],
    Length::of_numbers(|sizes| sizes.seeds * FIGURES_MAX),
);

const SEED: [Column; 2] = [Column::new("seed", "Seed", Unit::Plain, ""), Column::new("metric", "Metric", Unit::Text, "")];

const PLAIN: [Column; 1] = [Column::new("plain", "Plain", Unit::Measure, "of the same updates without secure aggregation")];

/// A seed's rows, one for each metric of `names`.
pub fn rows<'a>(names: &'a [&'static str], trial: &'a Trial) -> impl Iterator<Item = Vec<String>> + 'a {
    names.iter().enumerate().map(|(at, name)| {
        let of = |values: &[Option<f64>]| values[at];
        let (centralized, federated) = (of(&trial.centralized), of(&trial.federated));
        let difference = federated.zip(centralized).map(|(federated, centralized)| federated - centralized);
        let values = [centralized, federated, of(&trial.local.mean), of(&trial.local.worst), difference];
        let plain = trial.plain.as_ref().map(|plain| of(plain));
        let cells = values.into_iter().chain(plain).map(shortest_or_empty);
        [trial.seed.to_string(), (*name).to_owned()].into_iter().chain(cells).collect()
    })
}
