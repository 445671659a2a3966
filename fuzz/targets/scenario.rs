//! Any text is a scenario or a list of mistakes: reading it never panics, and what was read reads back the same.

#![no_main]

use std::path::Path;

use fedsim::diag::{Error, Styling};
use fedsim::numeric::digest::Hash;
use fedsim::scenario;
use fedsim::settings::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let folder = Path::new("folder");
    match scenario::parse(&Source::new("fuzzed.toml", text), folder, &[]) {
        Ok(plan) => {
            let (data, written) = (Hash::of(b"data"), plan.to_toml(folder));
            let again = scenario::parse(&Source::new("written.toml", &written), folder, &[]);
            let again = again.unwrap_or_else(|error| panic!("what was written can't be read:\n{written}\n{error}"));
            assert_eq!(again.identity(&data), plan.identity(&data), "{written}");
            assert_eq!(again.to_toml(folder), written);
        }
        Err(Error::Mistake(problems)) => {
            assert!(!problems.as_slice().is_empty());
            for styling in [Styling::Plain, Styling::Colour] {
                assert!(problems.render(styling).contains("error"));
            }
        }
        Err(other) => panic!("not a mistake of the user's: {other}"),
    }
});
