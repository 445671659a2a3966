//! The `fedsim` command.

fn main() {}
