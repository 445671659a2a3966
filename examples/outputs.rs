//! Prints docs/outputs.md, which tells every table that a run leaves: `cargo run --example outputs > docs/outputs.md`.

use fedsim::logs;

#[expect(clippy::print_stdout, reason = "that is what it is for")]
fn main() {
    print!("{}", logs::document());
}
