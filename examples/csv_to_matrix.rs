//! Seconds from a CSV file to its standardised matrices, dealt to ten clients: what the benches compare with readers of tables.
//!
//! `csv_to_matrix FILE [LABEL [THREADS]]` reads the file twice, first to warm the caches, and prints how long it took the second
//! time.

#![expect(clippy::print_stdout, reason = "the number is for the program that called this one")]

use std::error::Error;
use std::path::Path;

use fedsim::numeric::reduce;
use fedsim::settings::Source;
use fedsim::timing::WallStopwatch;
use fedsim::{federation, scenario};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("csv_to_matrix FILE [LABEL [THREADS]]")?;
    let label = arguments.next().unwrap_or_else(|| "Class".to_owned());
    let threads = arguments.next().map(|threads| threads.parse()).transpose()?;
    let text = format!("name = \"read\"\n[data]\npath = {path:?}\nlabel = {label:?}\n[partition]\nclients = 10\n");
    let plan = scenario::parse(&Source::new("read", &text), Path::new(""), &[])?;
    let seconds = reduce::with_threads(threads, || {
        federation::prepare(&plan)?;
        let stopwatch = WallStopwatch::start();
        let prepared = federation::prepare(&plan)?;
        let seconds = stopwatch.elapsed();
        drop(prepared);
        Ok::<_, fedsim::diag::Error>(seconds)
    })??;
    println!("{seconds}");
    Ok(())
}
