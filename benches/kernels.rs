//! What a run is made of, each part by itself: `cargo bench --bench kernels`. See benches/README.md.

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fedsim::aggregators::{Aggregator, Contribution, FED_AVG, RoundContext};
use fedsim::data::csv::{self, ColumnRequest, Missing, Options, Role};
use fedsim::data::{apply_all, synthetic};
use fedsim::federation::{self, score};
use fedsim::models::Columns;
use fedsim::numeric::exp;
use fedsim::numeric::rng::{Purpose, Seeds, Streams};
use fedsim::numeric::rows::Storage;
use fedsim::scenario::{self, Plan};
use fedsim::settings::Source;
use fedsim::tasks::{Metrics, Task, View};
use fedsim::training::{Correction, LocalRows, local_train};

/// Rows of the generated table: 31 columns, about 42 MB.
const ROWS: usize = 100_000;

/// A table of the shape of the public card data, and a scenario on it.
fn table(folder: &Path) -> Plan {
    let path = folder.join("fraud.csv");
    let generator = synthetic::find("fraud").expect("there is such a generator");
    let file = BufWriter::new(File::create(&path).expect("the folder is ours"));
    synthetic::write(generator.as_ref(), ROWS, 42, &mut { file }).expect("the disk has room");
    let text = "name = \"bench\"\n[data]\npath = \"fraud.csv\"\nlabel = \"Class\"\n[partition]\nclients = 10\n";
    scenario::parse(&Source::new("bench", text), folder, &[]).expect("the scenario is right")
}

fn kernels(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = table(folder.path());
    let path = folder.path().join("fraud.csv");
    let bytes = path.metadata().expect("it was written").len();

    let mut group = criterion.benchmark_group("data");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    group.throughput(Throughput::Bytes(bytes));
    let options = Options { delimiter: None, na_values: &[] };
    let all_numbers = |header: &fedsim::data::table::Header| {
        Ok(header.names().iter().map(|_| ColumnRequest { role: Role::Number, missing: Missing::Allowed }).collect())
    };
    group.bench_function("csv", |bencher| bencher.iter(|| csv::read(&path, &options, all_numbers).expect("it is a table")));
    group.bench_function("csv_to_matrix", |bencher| bencher.iter(|| federation::prepare(&plan).expect("it can be prepared")));
    let prepared = federation::prepare(&plan).expect("it can be prepared");
    let table = csv::read(&path, &options, all_numbers).expect("it is a table").table;
    group.throughput(Throughput::Elements(table.rows() as u64));
    let transform = &prepared.federation.transform;
    group.bench_function("standardise", |bencher| {
        bencher.iter(|| apply_all(transform, &table, Storage::Double).expect("the table has the columns"));
    });
    group.finish();

    let data = &prepared.federation;
    let starts = federation::parameters(&plan, &Columns { features: &data.transform.names(), classes: &[] })
        .iter()
        .map(|parameter| parameter.start)
        .collect::<Vec<_>>();
    let model = plan.model.as_ref();
    let differentiable = model.as_differentiable().expect("logistic regression has a gradient");

    let mut group = criterion.benchmark_group("round");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    let first = data.client(0);
    let (x, y) = first.parts();
    group.throughput(Throughput::Elements(y.len() as u64));
    let rows = LocalRows { x, y, weights: prepared.weights() };
    let global = starts.clone().into();
    let stream = || plan.streams.stream(Purpose::Shuffle, 1, 0);
    group.bench_function("local_epoch", |bencher| {
        bencher.iter(|| local_train(differentiable, &global, &rows, &plan.hyper, Correction::None, stream()));
    });
    group.throughput(Throughput::Elements(data.test.y.len() as u64));
    group.bench_function("score", |bencher| bencher.iter(|| score(model, &global, data.test.x.rows(), 0)));
    let trained = local_train(differentiable, &global, &rows, &plan.hyper, Correction::None, stream()).delta;
    let scores = score(model, &trained, data.test.x.rows(), 0);
    let view = View { x: data.test.x.rows(), labels: data.test.y.all(), scores: &scores };
    group.bench_function("metrics", |bencher| bencher.iter(|| Metrics::of(Task::Binary, black_box(&view), 0.5)));
    group.finish();
}

fn arithmetic(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("arithmetic");
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    let (clients, params) = (100, 10_000);
    let streams = Streams::new(Seeds::all(42));
    let context = RoundContext { round: 1, streams: &streams, params };
    let delta: Vec<f64> = (0..params).map(|at| at as f64 * 1e-6).collect();
    let contribution = |client| Contribution { client, weight: 10 + client as u64, values: delta.clone().into() };
    group.throughput(Throughput::Elements((clients * params) as u64));
    group.bench_function("aggregate", |bencher| {
        bencher.iter(|| FED_AVG.aggregate(&mut (0..clients).map(contribution), &context));
    });
    let inputs: Vec<f64> = (0..4096).map(|at| f64::from(at) / 100.0 - 20.0).collect();
    group.throughput(Throughput::Elements(inputs.len() as u64));
    group.bench_function("exp", |bencher| bencher.iter(|| black_box(&inputs).iter().map(|&x| exp::exp(x)).sum::<f64>()));
    group.finish();
}

criterion_group!(all, kernels, arithmetic);
criterion_main!(all);
