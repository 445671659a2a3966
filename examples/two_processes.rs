//! A federation over two processes: each sums half of a round's clients, in an order of its own, and a third one steps. In the third
//! round one process is killed and started again. The run ends with the digest of `fedsim run`.
//!
//! ```sh
//! cargo run --release --example two_processes -- scenarios/fraud.toml --set 'aggregation.arithmetic="exact"'
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the terminal, and to its other half")]

use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fedsim::federation::{self, Partial, Prepared, Seam, Standing};
use fedsim::scenario::{self, Plan};
use fedsim::settings::Source;

/// One process that sums.
struct Worker {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts this program anew, as a worker.
    fn start(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.arg("--worker").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = (process.stdin.take().ok_or("no stdin")?, process.stdout.take().ok_or("no stdout")?);
        Ok(Self { process, to, from: BufReader::new(from) })
    }

    fn ask(&mut self, standing: &Standing, clients: &[usize]) -> Result<(), Box<dyn Error>> {
        Ok(writeln!(self.to, "{}", serde_json::to_string(&(standing, clients))?)?)
    }

    fn answer(&mut self) -> Result<Partial, Box<dyn Error>> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }
}

/// Sums whatever it is asked to, until nobody asks.
fn work(seam: &Seam<'_>) -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lock().lines() {
        let (standing, clients): (Standing, Vec<usize>) = serde_json::from_str(&line?)?;
        println!("{}", serde_json::to_string(&seam.partial(&standing, &clients)?)?);
    }
    Ok(())
}

fn lead(seam: &Seam<'_>, arguments: &[String]) -> Result<Standing, Box<dyn Error>> {
    let mut workers = [Worker::start(arguments)?, Worker::start(arguments)?];
    let mut standing = seam.start();
    while seam.goes_on(&standing) {
        let (even, odd): (Vec<usize>, Vec<usize>) =
            seam.survivors(standing.round + 1).into_iter().rev().partition(|client| client % 2 == 0);
        workers[0].ask(&standing, &even)?;
        workers[1].ask(&standing, &odd)?;
        if standing.round == 2 {
            workers[0].process.kill()?;
            workers[0].process.wait()?;
            workers[0] = Worker::start(arguments)?;
            workers[0].ask(&standing, &even)?;
            eprintln!("round 3: one process was killed, and its clients were asked again");
        }
        let [first, second] = &mut workers;
        standing = seam.step(standing, [second.answer()?, first.answer()?])?;
    }
    Ok(standing)
}

fn in_one_process(plan: &Plan, prepared: &Prepared) -> Result<Standing, Box<dyn Error>> {
    Ok(federation::run(plan, prepared, None, &mut |_, _| Ok(ControlFlow::Continue(())))?.standing)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_worker = arguments.first().is_some_and(|first| first == "--worker");
    if is_worker {
        arguments.remove(0);
    }
    let (path, sets) = arguments.split_first().ok_or("name a scenario, and changes to it with --set")?;
    let overrides: Vec<Source> = sets.iter().filter(|set| *set != "--set").map(|set| Source::new("--set", set)).collect();
    let plan = scenario::load(Path::new(path), &overrides)?;
    let prepared = federation::prepare(&plan)?;
    let seam = Seam::open(&plan, &prepared)?;
    if is_worker {
        return work(&seam);
    }
    let (split, whole) = (lead(&seam, &arguments)?, in_one_process(&plan, &prepared)?);
    println!("two processes  {}\none process    {}", split.state_digest.hex(), whole.state_digest.hex());
    if split.state_digest == whole.state_digest { Ok(()) } else { Err("the digests differ".into()) }
}
