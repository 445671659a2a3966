//! Where the words go: data to stdout, talk to stderr.

use std::io::{self, Write};

use crate::diag::{Error, Problem, Styling, render_warnings};

/// Writes to stdout. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// When stdout can't be written for another reason.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Error::file("write to", "stdout".as_ref(), &cause)),
        _ => Ok(()),
    }
}

/// Shows what the user should know of.
pub(super) fn warn(warnings: &[Problem]) {
    if !warnings.is_empty() {
        // A closed stderr is no reason to stop.
        let _ = write!(io::stderr(), "{}", render_warnings(warnings, Styling::of_stderr()));
    }
}

/// Writes a line to stderr; a closed stderr is no error.
pub(super) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
