//! `fedsim secagg`: the protocol alone on random vectors, for people who size a deployment.

use std::fmt::Write;

use clap::Args;

use super::streams::print;
use crate::diag::{Error, Problem, Problems};
use crate::faults::{Fate, Faults};
use crate::numeric::digest::Hash;
use crate::numeric::reduce::{self, thread_count};
use crate::numeric::rng::{Purpose, Seeds, Streams};
use crate::numeric::sample::{below, unit};
use crate::report::table;
use crate::secagg::agreement::{Adversary, Agreement, Shape};
use crate::secagg::encoding::Encoding;
use crate::secagg::floor::{Costs, PerOperation};
use crate::secagg::occasion::Occasion;
use crate::secagg::protocol::{Call, Outcome, run};
use crate::secagg::ring::Words;
use crate::secagg::server::Sum;
use crate::secagg::settings::{Load, SecAggPlan, SecAggSpec};
use crate::secagg::tally::{StageRow, Tally, paper_expansion};
use crate::settings::{Document, Source};
use crate::stage::Stage;
use crate::timing::{Seconds, Stopwatch};

/// Run one round of secure aggregation on random vectors: what it counts, sends and takes
#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "Example: fedsim secagg --clients 100 --params 10000 --dropout masked_input=0.05,unmask=0.03\n\
                  Times vary between runs; all other numbers follow from the arguments."
)]
pub struct Secagg {
    /// How many clients
    #[arg(long, value_name = "N")]
    clients: String,
    /// Parameters of the model: a vector has two coordinates more
    #[arg(long, value_name = "D")]
    params: String,
    /// The graph: bonawitz is the complete one, secagg_plus the k-regular one [default: bonawitz]
    #[arg(long, value_name = "bonawitz|secagg_plus")]
    protocol: Option<String>,
    /// What the server is trusted with: semi_honest follows the protocol [default: semi_honest]
    #[arg(long, value_name = "semi_honest|active")]
    adversary: Option<String>,
    /// Shares that give a secret back: a share of the holders, or a count [default: what the theorems ask for]
    #[arg(long, value_name = "SHARE|COUNT")]
    threshold: Option<String>,
    /// Neighbours of each client in secagg_plus [default: the fewest that the rates allow]
    #[arg(long, value_name = "K")]
    degree: Option<String>,
    /// The share of clients that may collude with the server [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    max_corrupt: Option<String>,
    /// The share of clients that secagg_plus must let drop out [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    max_dropout: Option<String>,
    /// The probability of dropping out before the masked input, or that of each stage [default: 0]
    #[arg(long, value_name = "P|STAGE=P,...")]
    dropout: Option<String>,
    /// Bits of a coordinate before weighting [default: 24]
    #[arg(long, value_name = "BITS")]
    value_bits: Option<String>,
    /// Coordinates are clipped to this magnitude [default: 4.0]
    #[arg(long, value_name = "C")]
    clip: Option<String>,
    /// Bits of the ring [default: the fewest that have headroom]
    #[arg(long, value_name = "BITS|auto")]
    modulus_bits: Option<String>,
    /// The greatest weight of a client: its number of examples
    #[arg(long, value_name = "W", default_value = "1000")]
    weight_max: String,
    /// The seed of vectors, dropouts and keys
    #[arg(long, value_name = "N", default_value = "42")]
    seed: String,
    /// Worker threads; only times depend on it [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Measure what each operation costs here, and compare the time with the least possible
    #[arg(long)]
    floor: bool,
}

/// What the arguments ask for.
struct Request {
    load: Load,
    plan: SecAggPlan,
    faults: Faults,
    streams: Streams,
}

/// A round that was held.
struct Held<'a> {
    request: &'a Request,
    agreement: Agreement,
    outcome: Outcome,
    tally: Tally,
    time: Seconds,
}

/// Words of 8 bytes that all vectors together may take: 2 GiB.
const WORDS_MAX: usize = 1 << 28;

impl Secagg {
    pub(super) fn execute(&self) -> Result<(), Error> {
        let request = self.request()?;
        print(&reduce::with_threads(self.threads.map(usize::from), || self.hold(&request))??)
    }

    /// The settings that the arguments stand for, each under its argument's name.
    fn settings(&self) -> Vec<Source> {
        let given = [
            ("--clients", "clients", Some(&self.clients)),
            ("--params", "params", Some(&self.params)),
            ("--weight-max", "aggregation.weight_max", Some(&self.weight_max)),
            ("--seed", "seed", Some(&self.seed)),
            ("--protocol", "aggregation.protocol", self.protocol.as_ref()),
            ("--adversary", "aggregation.adversary", self.adversary.as_ref()),
            ("--threshold", "aggregation.threshold", self.threshold.as_ref()),
            ("--degree", "aggregation.degree", self.degree.as_ref()),
            ("--max-corrupt", "aggregation.max_corrupt", self.max_corrupt.as_ref()),
            ("--max-dropout", "aggregation.max_dropout", self.max_dropout.as_ref()),
            ("--value-bits", "aggregation.value_bits", self.value_bits.as_ref()),
            ("--clip", "aggregation.clip", self.clip.as_ref()),
            ("--modulus-bits", "aggregation.modulus_bits", self.modulus_bits.as_ref()),
        ];
        let source = |(flag, key, value): (&str, &str, Option<&String>)| Some(Source::new(flag, &format!("{key}={}", value?)));
        let dropout = self.dropout.iter().flat_map(|text| text.split(',')).map(|part| {
            let path = if part.contains('=') { format!("faults.dropout.{part}") } else { format!("faults.dropout={part}") };
            Source::new("--dropout", &path)
        });
        given.into_iter().filter_map(source).chain(dropout).collect()
    }

    fn request(&self) -> Result<Request, Error> {
        let document = Document::parse(&Source::new("command line", ""), &self.settings())?;
        let mut root = document.root();
        let clients = root.required_count("clients", 2..=1_000_000);
        let params = root.required_count("params", 1..=1_000_000_000);
        let seeds = Seeds::all(root.seed("seed", 42));
        let mut aggregation = root.table("aggregation");
        let spec = SecAggSpec::read(&mut aggregation);
        aggregation.finish();
        let mut faults_table = root.table("faults");
        let faults = Faults::read(&mut faults_table);
        faults_table.finish();
        let vectors_fit = clients.saturating_mul(params) <= WORDS_MAX;
        if !vectors_fit {
            let words = format!("{clients} vectors of {params} coordinates take more than 2 GiB");
            let most = (WORDS_MAX / clients).max(1);
            root.push(Problem::about("params", words).at(root.place_of("params"), "").help(format!("give --params {most} or less")));
        }
        root.finish();
        let resolved = document.finish()?;
        let load = Load { clients, weight: 1, params, magnitude_max: None };
        let find = |key: &str| resolved.place(key);
        let plan = spec.plan(&load).map_err(|problems| Problems::none_or(problems).expect_err("there is at least one").located(find))?;
        Ok(Request { load, plan, faults, streams: Streams::new(seeds) })
    }

    /// Holds the round, and checks that what came out is the sum of what went in.
    fn hold(&self, request: &Request) -> Result<String, Error> {
        let Load { clients, params, .. } = request.load;
        let weight_max = request.plan.weight_max();
        let agreement = request.plan.agreement(clients);
        let cohort: Vec<usize> = (0..clients).collect();
        let encoding = request.plan.encoding();
        let vectors = reduce::map(&cohort, |&client| vector(encoding, params, weight_max, client, &request.streams));
        let fates = request.faults.decide(&cohort, ROUND, &request.streams);
        let drops: Vec<Option<Stage>> = fates
            .iter()
            .map(|fate| match fate {
                Fate::Survives => None,
                Fate::Drops(stage) => Some(*stage),
            })
            .collect();
        let occasion = Occasion { run: "secagg", purpose: "random vectors", round: ROUND as u64, exchange: 0 };
        let length = request.plan.length(params);
        let call = Call {
            occasion,
            broadcast: Hash::of(b""),
            cohort: &cohort,
            drops: &drops,
            length,
            is_frozen: false,
            streams: &request.streams,
        };
        let watch = Stopwatch::start();
        let (outcome, tally) = run(&agreement, &call, |place| Words::new(agreement.ring(), vectors[place].clone()));
        let time = watch.elapsed();
        if let Outcome::Sum(sum) = &outcome {
            check(sum, &vectors, length, encoding, agreement.ring().bits())?;
        }
        drop(vectors);
        let needed = PerOperation::needed(&agreement, &call, &tally);
        let held = Held { request, agreement, outcome, tally, time };
        let mut text = held.render();
        if self.floor {
            text += &floor(&needed, &PerOperation::measure(&agreement), time);
        }
        Ok(text)
    }
}

/// Only one round is held.
const ROUND: usize = 1;

/// A random update of random weight, encoded; of a hundred coordinates about one is clipped.
fn vector(encoding: &Encoding, params: usize, weight_max: u64, client: usize, streams: &Streams) -> Vec<u64> {
    let mut random = streams.stream(Purpose::Generate, ROUND, client);
    let reach = 1.01 * encoding.clip();
    let weight = 1 + below(weight_max as usize, &mut random) as u64;
    let values: Vec<f64> = (0..params).map(|_| reach * (2.0 * unit(&mut random) - 1.0)).collect();
    encoding.encode(&values, weight, &mut streams.stream(Purpose::Rounding, ROUND, client))
}

/// Law 1: the sum is that of the survivors' vectors, coordinate by coordinate, and decodes as it does.
fn check(sum: &Sum, vectors: &[Vec<u64>], length: usize, encoding: &Encoding, bits: u32) -> Result<(), Error> {
    let mut expected = vec![0_u64; length];
    for &survivor in &sum.survivors {
        expected.iter_mut().zip(&vectors[survivor]).for_each(|(total, &word)| *total = total.wrapping_add(word));
    }
    expected.iter_mut().for_each(|word| *word &= u64::MAX >> (64 - bits));
    let found = sum.words.values();
    if found == expected && encoding.decode(&found) == encoding.decode(&expected) {
        return Ok(());
    }
    let wrong = found.iter().zip(&expected).filter(|(found, expected)| found != expected).count();
    Err(Error::Failure(format!("the sum differs from that of the survivors' vectors in {wrong} of {length} coordinates")))
}

impl Held<'_> {
    fn render(&self) -> String {
        let mut text = self.headline() + "\n\n";
        let rows: Vec<Vec<String>> = self.tally.stages.iter().zip(&self.tally.seconds).map(|(row, time)| cells(row, *time)).collect();
        let header = [
            "stage",
            "clients",
            "dropped",
            "up_mean",
            "up_max",
            "down_mean",
            "down_max",
            "agreements",
            "prg_bytes",
            "boxes",
            "shares",
            "wall_s",
            "cpu_s",
        ];
        text += &table(&header, &rows);
        text.push('\n');
        text += &self.closing().into_iter().fold(String::new(), |text, line| text + &line + "\n");
        text
    }

    fn headline(&self) -> String {
        let Load { clients, params, .. } = self.request.load;
        let (graph, degree) = match self.agreement.shape() {
            Shape::Complete { .. } => ("complete graph", clients - 1),
            Shape::Regular(degree) => ("regular graph", degree.degree),
        };
        let adversary = match self.agreement.adversary() {
            Adversary::SemiHonest => "semi-honest",
            Adversary::Active => "active",
        };
        let (threshold, bits) = (self.agreement.threshold(), self.agreement.ring().bits());
        let headroom = self.request.plan.headroom_bits();
        format!(
            "{clients} clients, {params} parameters, {adversary} server: {graph}, degree {degree}, threshold {threshold}, \
             ring of {bits} bits, {headroom} of them headroom"
        )
    }

    /// Totals, and what they mean.
    fn closing(&self) -> Vec<String> {
        let (tally, counts) = (&self.tally, self.tally.counts());
        let Load { clients, params, .. } = self.request.load;
        let weight_max = self.request.plan.weight_max();
        let length = self.request.plan.length(params);
        let largest = u128::from(weight_max) * u128::from(self.request.plan.encoding().fixed_point().max_magnitude().unsigned_abs());
        let clear_bits = 128 - (2 * largest).leading_zeros();
        let mut lines = vec![
            match &self.outcome {
                Outcome::Sum(sum) => {
                    format!("sum: of {} clients, equal to the sum of what they sent in", sum.survivors.len())
                }
                Outcome::Aborted(abort) => format!(
                    "aborted: after stage {} a client had {} live holders of its shares, and {} are needed; the server learned no sum",
                    abort.stage.name(),
                    abort.present,
                    abort.needed
                ),
            },
            format!("bytes: {} up, {} down, {} of clients that are in no sum", tally.bytes_up(), tally.bytes_down(), tally.wasted_bytes),
            format!(
                "operations: {} agreements, {} bytes of key stream, {} boxes, {} shares, {} signatures",
                counts.agreements, counts.prg_bytes, counts.boxes, counts.shares, counts.signatures
            ),
        ];
        if let Outcome::Sum(_) = self.outcome {
            let (ours, paper) = (tally.expansion(clients, length, clear_bits), paper_expansion(clients, length, clear_bits));
            lines.push(format!("expansion: {ours:.3} over {clear_bits} bits a coordinate in the clear, {paper:.3} by the paper's formula for the complete graph"));
        }
        lines.push(match colluders_max(&self.agreement) {
            Some(most) => format!("collusion: safe while at most {most} of {clients} clients tell the server what they know"),
            None => "collusion: not safe, not even if no client colludes".to_owned(),
        });
        lines.push(format!("time: {:.4} s wall, {:.4} s cpu, {} threads", self.time.wall, self.time.cpu, thread_count()));
        lines
    }
}

fn cells(row: &StageRow, time: Seconds) -> Vec<String> {
    let StageRow { stage, participants, up, down, counts, .. } = row;
    let whole = [counts.agreements, counts.prg_bytes, counts.boxes, counts.shares];
    let mut cells = vec![stage.name().to_owned(), participants.to_string(), row.dropped().to_string()];
    cells.extend([format!("{:.1}", row.up_mean()), up.max.to_string(), format!("{:.1}", row.down_mean()), down.max.to_string()]);
    cells.extend(whole.map(|count| count.to_string()));
    cells.extend([time.wall, time.cpu].map(|seconds| format!("{seconds:.4}")));
    cells
}

/// The most colluders that the agreement stands, if it stands none at all. More are never safer than fewer.
fn colluders_max(agreement: &Agreement) -> Option<usize> {
    let (mut safe, mut unsafe_from) = (0, agreement.clients() + 1);
    if !agreement.is_safe_from(0) {
        return None;
    }
    while unsafe_from - safe > 1 {
        let middle = usize::midpoint(safe, unsafe_from);
        if agreement.is_safe_from(middle) {
            safe = middle;
        } else {
            unsafe_from = middle;
        }
    }
    Some(safe)
}

/// What the round must have computed, what each of it costs here, and how the time compares.
fn floor(needed: &PerOperation, costs: &Costs, time: Seconds) -> String {
    let threads = thread_count();
    let each = needed.named().into_iter().zip(costs.wall.named()).zip(costs.cpu.named());
    let rows = each.filter(|(((_, count), _), _)| *count > 0.0).map(|(((name, count), (_, wall)), (_, cpu))| {
        let seconds = [wall * 1e6, cpu * 1e6, count * wall / threads as f64, count * cpu].map(|number| format!("{number:.5}"));
        [vec![name.to_owned(), count.to_string()], seconds.to_vec()].concat()
    });
    let header = ["operation", "needed", "wall_us_each", "cpu_us_each", "floor_wall_s", "floor_cpu_s"];
    let mut text = "\n".to_owned() + &table(&header, &rows.collect::<Vec<_>>());
    let (least, key_stream) = (costs.floor(needed, threads), 1e-9 / costs.cpu.prg_byte);
    let Seconds { wall, cpu } = least;
    writeln!(text, "\nfloor: {wall:.4} s wall, {cpu:.4} s cpu, {threads} threads; masks at {key_stream:.1} GB/s").expect("to a String");
    writeln!(text, "ratio: {:.2} of wall times, {:.2} of cpu times", time.wall / wall, time.cpu / cpu).expect("to a String");
    text
}
