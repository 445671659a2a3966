//! Laws that every kind of a family obeys. A new kind is held to them by being listed in its catalogue.

use std::cell::Cell;

use fedsim::aggregators::{self, Aggregator, Contribution, RoundContext};
use fedsim::cohorts;
use fedsim::data::partition::{self, TrainingRows};
use fedsim::models::{self, Batch, Columns, Counts, RowWeights};
use fedsim::numeric::Params;
use fedsim::numeric::rng::{Purpose, Seeds, Stream, Streams};
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::numeric::sample::{STANDARD_NORMAL, happens, shuffle};
use fedsim::numeric::selection::Selection;
use fedsim::registry::Entry;
use fedsim::settings::{Document, Source, Table};
use fedsim::tasks::{LabelColumn, Labels, Task};
use ndarray::Array2;
use ndarray_rand::RandomExt;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

/// Builds a kind from its own example, `more` lines of TOML added.
fn build<T>(entry: &Entry, more: &str, read: impl FnOnce(&mut Table) -> T) -> T {
    let text = format!("kind = \"{}\"\n{}\n{more}\n", entry.kind, entry.example);
    let document = Document::parse(&Source::new("example", &text), &[]).expect("the example is TOML");
    let mut table = document.root();
    let built = read(&mut table);
    table.finish();
    document.finish().unwrap_or_else(|error| panic!("the example of {} has mistakes:\n{error}", entry.kind));
    built
}

fn stream(seed: u64) -> Stream {
    Streams::new(Seeds::all(seed)).stream(Purpose::Generate, 0, 0)
}

/// Deals rows of this share of positives by every kind; the column that may decide has one value a client.
fn deal(entry: &Entry, rows: usize, clients: usize, positive_share: f64, seed: u64) -> Option<Vec<Vec<u32>>> {
    let random = &mut stream(seed ^ 0xfed);
    let labels: Vec<bool> = (0..rows).map(|_| happens(positive_share, random)).collect();
    let mut codes: Vec<u32> = (0..rows as u32).map(|row| row % clients as u32).collect();
    shuffle(&mut codes, random);
    let rows = TrainingRows { labels: Labels::Binary(&labels), groups: Some(&codes) };
    build(entry, "", partition::read).deal(&rows, clients, &Streams::new(Seeds::all(seed))).ok()
}

fn cases() -> ProptestConfig {
    ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn a_deal_gives_every_row_to_one_client_and_every_client_a_row() {
    for entry in partition::CATALOGUE.kinds {
        let dealt_count = Cell::new(0);
        let settings = (1_usize..20, 3_usize..60, 0.0..1.0_f64, any::<u64>());
        let law = |(clients, each, positive_share, seed)| {
            let rows = clients * each;
            let Some(dealt) = deal(entry, rows, clients, positive_share, seed) else { return Ok(()) };
            dealt_count.set(dealt_count.get() + 1);
            prop_assert_eq!(dealt.len(), clients);
            prop_assert!(dealt.iter().all(|mine| !mine.is_empty() && mine.is_sorted_by(|a, b| a < b)));
            let mut all = dealt.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..rows as u32).collect::<Vec<u32>>());
            Ok(())
        };
        TestRunner::new(cases()).run(&settings, law).unwrap_or_else(|error| panic!("{}: {error}", entry.kind));
        // Only a deal by chance may find no way to give everyone a row, and that seldom.
        let fewest = if entry.kind == "dirichlet" { 48 } else { 64 };
        assert!(dealt_count.get() >= fewest, "{} made {} of 64 deals", entry.kind, dealt_count.get());
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_deal_is_the_same_again_for_the_same_seed(seed in any::<u64>()) {
        for entry in partition::CATALOGUE.kinds {
            let first = deal(entry, 600, 4, 0.3, seed);
            prop_assert!(first.is_some(), "{}", entry.kind);
            prop_assert_eq!(&first, &deal(entry, 600, 4, 0.3, seed));
        }
    }

    #[test]
    fn a_cohort_is_ascending_and_no_larger_than_it_says(clients in 3_usize..500, round in 1_usize..100, seed in any::<u64>()) {
        for entry in cohorts::CATALOGUE.kinds {
            let cohort = build(entry, "", cohorts::read);
            let streams = Streams::new(Seeds::all(seed));
            let selected = cohort.select(clients, round, &streams);
            prop_assert!(selected.len() <= cohort.largest(clients) && selected.is_sorted_by(|a, b| a < b));
            prop_assert!(selected.iter().all(|&client| client < clients));
            prop_assert_eq!(selected, cohort.select(clients, round, &streams));
        }
    }
}

#[test]
fn another_seed_gives_another_deal_unless_a_column_decides() {
    for entry in partition::CATALOGUE.kinds {
        // The labels must stay: only the deal's own randomness may differ.
        let labels: Vec<bool> = (0..600).map(|row| row % 3 == 0).collect();
        let codes: Vec<u32> = (0..600).map(|row| row % 4).collect();
        let rows = TrainingRows { labels: Labels::Binary(&labels), groups: Some(&codes) };
        let deal = |seed| build(entry, "", partition::read).deal(&rows, 4, &Streams::new(Seeds::all(seed))).expect("enough rows");
        assert_eq!(deal(1) == deal(2), entry.kind == "column", "{}", entry.kind);
    }
}

/// Deals of several classes and of numbers, which a deal by labels cuts into tenths: every row once as well.
#[test]
fn a_deal_works_for_classes_and_for_numbers() {
    let classes: Vec<u8> = (0..600_u32).map(|row| (row * row % 5) as u8).collect();
    let numbers: Vec<f64> = (0..600).map(|row| f64::from(row * 37 % 600)).collect();
    for entry in partition::CATALOGUE.kinds {
        for labels in [Labels::Classes(&classes), Labels::Values(&numbers)] {
            let codes: Vec<u32> = (0..600).map(|row| row % 4).collect();
            let rows = TrainingRows { labels, groups: Some(&codes) };
            let dealt = build(entry, "", partition::read).deal(&rows, 4, &Streams::new(Seeds::all(3))).expect("enough rows");
            let mut all = dealt.concat();
            all.sort_unstable();
            assert_eq!(all, (0..600).collect::<Vec<u32>>(), "{}", entry.kind);
        }
    }
}

/// Labels of so many rows as a task has them; of several classes there are four.
fn labels(task: Task, rows: usize, random: &mut Stream) -> LabelColumn {
    match task {
        Task::Binary => LabelColumn::Binary((0..rows).map(|_| happens(0.4, random)).collect()),
        Task::Multiclass => {
            LabelColumn::Classes((0..rows).map(|_| u8::from(happens(0.5, random)) + 2 * u8::from(happens(0.3, random))).collect())
        }
        Task::Regression => LabelColumn::Values(Array2::random_using((1, rows), STANDARD_NORMAL, random).into_iter().collect()),
        Task::Clusters | Task::Reconstruction => LabelColumn::Absent(rows),
    }
}

/// Central differences, whose error is of the order of the step's square.
#[test]
fn a_models_gradient_is_the_slope_of_its_loss() {
    let (rows, features) = (37, 5);
    for entry in models::CATALOGUE.kinds {
        let model = build(entry, "", models::read);
        let mut random = stream(3);
        let x = Array2::random_using((rows, features), STANDARD_NORMAL, &mut random);
        let y = labels(model.task(), rows, &mut random);
        let by_class: &[f64] = match model.task() {
            Task::Binary => &[0.5, 2.5],
            Task::Multiclass => &[0.5, 2.5, 1.0, 0.1],
            Task::Regression | Task::Clusters | Task::Reconstruction => &[],
        };
        let x = Matrix::build((rows, features), Storage::Double, |row, out| {
            out.copy_from_slice(x.row(row).as_slice().expect("rows are contiguous"));
        });
        let chosen: Vec<u32> = (0..rows as u32).rev().collect();
        let batch = Batch { x: x.rows(), y: y.all(), weights: RowWeights::new(by_class), selection: Selection::all(&chosen) };
        let names: Vec<String> = (0..features).map(|feature| format!("x{feature}")).collect();
        let classes: Vec<String> = (0..if model.task() == Task::Multiclass { 4 } else { 0 }).map(|class| class.to_string()).collect();
        let parameters = model.parameters(&Columns { features: &names, classes: &classes }, &mut random);
        let point: Vec<f64> = Array2::random_using((1, parameters.len()), STANDARD_NORMAL, &mut random).into_iter().collect();
        if let Some(model) = model.as_differentiable() {
            let mut gradient = vec![0.0; point.len()];
            model.gradient(&point, &batch, &mut gradient);
            let step = 1e-5;
            for (at, slope) in gradient.iter().enumerate() {
                let loss = |shift: f64| {
                    let mut moved = point.clone();
                    moved[at] += shift;
                    model.loss(&moved, &batch)
                };
                let difference = (loss(step) - loss(-step)) / (2.0 * step);
                assert!((slope - difference).abs() < 1e-8 * (1.0 + slope.abs()), "{}: {slope} for {difference}", entry.kind);
            }
        }
        let outputs = model.outputs(Counts { features, classes: classes.len() });
        let mut scores = vec![f64::NAN; rows * outputs];
        model.predict(&point, x.rows(), &mut scores);
        for row in scores.chunks(outputs) {
            match model.task() {
                Task::Binary => assert!((0.0..=1.0).contains(&row[0]), "{}", entry.kind),
                Task::Multiclass => assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-14 && row.iter().all(|share| *share >= 0.0)),
                Task::Regression => assert!(row[0].is_finite() && (!model.is_of_shares() || (0.0..=1.0).contains(&row[0]))),
                Task::Clusters => assert!(row.iter().all(|distance| *distance >= 0.0)),
                Task::Reconstruction => assert!(row.len() == features && row.iter().all(|cell| cell.is_finite())),
            }
        }
    }
}

fn aggregate(aggregator: &dyn Aggregator, deltas: &[(usize, u64, Vec<f64>)]) -> Params {
    let streams = Streams::new(Seeds::all(9));
    let context = RoundContext { round: 2, streams: &streams, params: deltas[0].2.len() };
    let contribution = |(client, examples, delta): &(usize, u64, Vec<f64>)| Contribution {
        client: *client,
        weight: *examples,
        values: delta.clone().into(),
    };
    aggregator.aggregate(&mut deltas.iter().map(contribution), &context)
}

/// Each way to set an aggregator up that changes its arithmetic, and how exact it is.
const ARITHMETICS: [(&str, f64); 4] = [
    ("", 1e-14),
    ("arithmetic = \"exact\"", 1e-14),
    ("arithmetic = \"fixed_point\"\nvalue_bits = 24\nclip = 4.0\nrounding = \"nearest\"", 1e-6),
    ("arithmetic = \"fixed_point\"\nvalue_bits = 24\nclip = 4.0\nrounding = \"stochastic\"", 1e-6),
];

/// Those of them that this kind has.
fn arithmetics(entry: &Entry) -> &'static [(&'static str, f64)] {
    if entry.kind == "mean" { &ARITHMETICS } else { &ARITHMETICS[..1] }
}

#[test]
fn an_aggregate_of_equals_is_their_common_value() {
    for entry in aggregators::CATALOGUE.kinds {
        for &(more, tolerance) in arithmetics(entry) {
            let delta = vec![0.25, -1.5, 3.0, 1e-3];
            let deltas: Vec<_> = (0..7).map(|client| (client, 10 + client as u64, delta.clone())).collect();
            let got = aggregate(build(entry, more, aggregators::read).as_ref(), &deltas);
            assert!(got.as_slice().iter().zip(&delta).all(|(got, wanted)| (got - wanted).abs() <= tolerance), "{}: {got:?}", entry.kind);
        }
    }
}

#[test]
fn an_aggregate_does_not_depend_on_the_clients_order() {
    for entry in aggregators::CATALOGUE.kinds {
        for &(more, tolerance) in arithmetics(entry) {
            let mut random = stream(4);
            let delta = |random: &mut Stream| {
                Array2::random_using((1, 6), STANDARD_NORMAL, random).into_iter().map(|x: f64| x.clamp(-4.0, 4.0)).collect()
            };
            let mut deltas: Vec<(usize, u64, Vec<f64>)> =
                (0..9).map(|client| (client, 1 + client as u64 * 3, delta(&mut random))).collect();
            let aggregator = build(entry, more, aggregators::read);
            let first = aggregate(aggregator.as_ref(), &deltas);
            for _ in 0..5 {
                shuffle(&mut deltas, &mut random);
                let again = aggregate(aggregator.as_ref(), &deltas);
                let close = first.as_slice().iter().zip(again.as_slice()).all(|(a, b)| (a - b).abs() <= tolerance * (1.0 + a.abs()));
                assert!(close, "{} {more}: {first:?} {again:?}", entry.kind);
                // Integers and exact sums give the same bits in any order.
                assert!(more.is_empty() || first == again, "{} {more}", entry.kind);
            }
        }
    }
}
