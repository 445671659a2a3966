//! What a pass of local training of a multi-layer perceptron costs on a table of the public card data's shape: `cargo bench --bench
//! mlp`. See benches/README.md.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fedsim::models::{self, Batch, Columns, RowWeights};
use fedsim::numeric::rng::{Purpose, Seeds, Streams};
use fedsim::numeric::rows::{Matrix, Storage};
use fedsim::numeric::sample::{shuffle, unit};
use fedsim::numeric::selection::Selection;
use fedsim::settings::{Document, Source};
use fedsim::tasks::Labels;

const ROWS: usize = 284_807;
const FEATURES: usize = 30;
const BATCH: usize = 512;

fn mlp(criterion: &mut Criterion) {
    let streams = Streams::new(Seeds::all(1));
    let x = Matrix::build((ROWS, FEATURES), Storage::Double, |row, out| {
        let mut stream = streams.stream(Purpose::Population, 0, row);
        out.iter_mut().for_each(|cell| *cell = 2.0 * unit(&mut stream) - 1.0);
    });
    let y: Vec<bool> = (0..ROWS).map(|row| row % 10 == 0).collect();
    let classes: Vec<u8> = (0..ROWS).map(|row| (row % 10) as u8).collect();
    let mut order: Vec<u32> = (0..ROWS as u32).collect();
    shuffle(&mut order, &mut streams.stream(Purpose::Shuffle, 0, 0));
    let names: Vec<String> = (0..FEATURES).map(|at| format!("x{at}")).collect();

    let mut group = criterion.benchmark_group("mlp");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).warm_up_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(ROWS as u64));
    for (name, text, labels) in [
        ("relu_64_32", "[model]\nkind = \"mlp\"\n", Labels::Binary(&y)),
        ("tanh_64_32", "[model]\nkind = \"mlp\"\nactivation = \"tanh\"\n", Labels::Binary(&y)),
        ("ten_classes", "[model]\nkind = \"mlp\"\ntask = \"multiclass\"\n", Labels::Classes(&classes)),
    ] {
        let document = Document::parse(&Source::new("bench", text), &[]).expect("it is TOML");
        let model = models::read(&mut document.root().table("model"));
        let classes: Vec<String> = (0..10).map(|at| format!("c{at}")).collect();
        let columns = Columns { features: &names, classes: &classes };
        let start = model.parameters(&columns, &mut streams.stream(Purpose::Init, 0, 0));
        let mut params: Vec<f64> = start.iter().map(|parameter| parameter.start).collect();
        let mut gradient = vec![0.0; params.len()];
        let model = model.as_differentiable().expect("it learns by gradients");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for from in (0..ROWS).step_by(BATCH) {
                    let selection = Selection::first(&order[from..], BATCH.min(ROWS - from));
                    let batch = Batch { x: x.rows(), y: labels, weights: RowWeights::ALIKE, selection };
                    model.gradient(&params, &batch, &mut gradient);
                    params.iter_mut().zip(&gradient).for_each(|(param, slope)| *param -= 0.05 * slope);
                }
                black_box(&params);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, mlp);
criterion_main!(benches);
