//! The files of a folder of clients.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::diag::{Error, Problem};

/// The training files of the clients whose folders lie in `folder`, by the clients' numbers.
pub(super) fn client_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |cause: io::Error| Error::file("read the folder", folder, &cause);
    let refuse = |message: String| {
        let help = "the folder must hold client_1/train.csv, client_2/train.csv, ..., as `fedsim preprocess` writes them";
        Error::from(Problem::about("data.clients_dir", message).help(help))
    };
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix("client_"));
        let Some(digits) = digits.filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())) else {
            continue;
        };
        // Left out in silence, a client_02 would be rows that nobody misses.
        let number = digits.parse::<usize>().ok().filter(|number| *number > 0 && number.to_string() == digits);
        let number = number.ok_or_else(|| refuse(format!("{} is no client's number from 1", folder.join(&name).display())))?;
        numbers.push(number);
    }
    numbers.sort_unstable();
    let client = |number: usize| folder.join(format!("client_{number}"));
    if let Some(&last) = numbers.last()
        && let Some(gap) = (1..=last).zip(&numbers).find_map(|(wanted, &number)| (wanted != number).then_some(wanted))
    {
        return Err(refuse(format!("{} is missing, though client_{last} is there", client(gap).display())));
    }
    let paths: Vec<PathBuf> = (1..=numbers.len().max(1)).map(|number| client(number).join("train.csv")).collect();
    match paths.iter().find(|path| !path.exists()) {
        Some(absent) => Err(refuse(format!("{} is missing", absent.display()))),
        None => Ok(paths),
    }
}
