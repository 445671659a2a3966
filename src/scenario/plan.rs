//! The checked scenario that everything else runs from.

use std::path::{Component, Path, PathBuf};

use super::aggregation::Aggregation;
use super::rules;
use crate::cohorts::Cohort;
use crate::data::{DataPlan, Federation};
use crate::diag::{Error, Place, Problem, Problems};
use crate::faults::Faults;
use crate::metrics::Evaluation;
use crate::models::Model;
use crate::numeric::digest::{Hash, Hasher};
use crate::numeric::rng::Streams;
use crate::settings::Resolved;
use crate::strategies::Strategy;
use crate::tasks::Stop;
use crate::training::Hyper;

/// A scenario without mistakes. Only [`super::load`] and [`super::parse`] make one.
#[derive(Debug)]
pub struct Plan {
    /// The scenario's name, fit to be a folder's.
    pub name: String,
    /// The seed of everything whose seed is not set apart.
    pub seed: u64,
    /// How many rounds, aborted ones included.
    pub rounds: usize,
    /// Where all randomness comes from.
    pub streams: Streams,
    /// The data and how they are dealt.
    pub data: DataPlan,
    /// What is trained.
    pub model: Box<dyn Model>,
    /// How a client trains.
    pub hyper: Hyper,
    /// Who takes part.
    pub cohort: Box<dyn Cohort>,
    /// How the server moves.
    pub strategy: Box<dyn Strategy>,
    /// How updates become one.
    pub aggregation: Aggregation,
    /// Who fails.
    pub faults: Faults,
    /// What is measured.
    pub evaluation: Evaluation,
    /// When the run ends before its last round; `None` if it doesn't.
    pub stop: Option<Stop>,
    /// What the user should know of before the run.
    pub warnings: Vec<Problem>,
    pub(super) resolved: Resolved,
    /// The folder that the scenario's paths are relative to.
    pub(super) folder: PathBuf,
}

/// The key that says how many rounds there are.
pub const ROUNDS: &str = "rounds";

/// Keys whose values are paths: they say where the data lie, not what they are.
pub const PATHS: [&str; 4] = ["data.path", "data.train_path", "data.test_path", "data.clients_dir"];

/// Keys that say nothing at these values: runs were known by their identity before there were others.
const SILENT: [(&str, &str); 8] = [
    ("data.kind", "\"csv\""),
    ("model.cuts", "\"quantiles\""),
    ("model.federation", "\"summed\""),
    ("model.draw", "\"uniform\""),
    ("training.kind", "\"sgd\""),
    ("training.optimizer", "\"sgd\""),
    ("training.schedule", "\"constant\""),
    ("evaluation.federated", "false"),
];

impl Plan {
    /// What makes the run's results: SHA-256 over the whole scenario, but for its name and paths, and the data's own
    /// SHA-256.
    pub fn identity(&self, data: &Hash) -> Hash {
        self.identity_without(data, None)
    }

    /// The same for all runs that differ in how many rounds they have and in nothing else: the longer one begins with all that
    /// the shorter one does, but where a round's learning rate depends on how many there will be.
    pub fn identity_of_any_length(&self, data: &Hash) -> Hash {
        self.identity_without(data, (!self.hyper.schedule.is_of_all_rounds()).then_some(ROUNDS))
    }

    fn identity_without(&self, data: &Hash, key_aside: Option<&str>) -> Hash {
        let is_silent =
            |key: &str, value: &str| Some(key) == key_aside || key == "name" || PATHS.contains(&key) || SILENT.contains(&(key, value));
        let content = self.resolved.to_toml(|key, value| (!is_silent(key, value)).then(|| value.to_owned()));
        let mut hasher = Hasher::default();
        hasher.update(content.as_bytes());
        hasher.update(data.hex().as_bytes());
        hasher.finish()
    }

    /// The whole scenario, defaults spelled out, with paths that hold from the folder `from`.
    pub fn to_toml(&self, from: &Path) -> String {
        self.resolved.to_toml(|key, value| {
            if !PATHS.contains(&key) {
                return Some(value.to_owned());
            }
            let path = format!("path = {value}").parse::<toml::Table>().ok()?;
            let path = path.get("path")?.as_str()?;
            let moved = relative(&self.folder.join(path), from);
            Some(toml::Value::String(moved.to_string_lossy().replace('\\', "/")).to_string())
        })
    }

    /// Gives problems that name a key the place where the user set it.
    pub fn locate(&self, error: Error) -> Error {
        error.located(|key| self.place(key))
    }

    /// The rules that need to know the clients and their features, once the files have told them.
    ///
    /// # Errors
    /// All that do not hold.
    pub fn check_clients(&self, federation: &Federation) -> Result<(), Error> {
        // Who has no rows takes no part.
        let taking_part = federation.active_count();
        let mut problems: Vec<Problem> = rules::check_faults(&self.faults, self.cohort.as_ref(), taking_part).into_iter().collect();
        problems.extend(self.faults.check_clients(federation.client_count()));
        problems.extend(rules::check_cohort(self.cohort.as_ref(), taking_part));
        problems.extend(rules::check_code(self.model.as_ref(), federation.transform.features.len()));
        Problems::none_or(problems).map_err(|error| self.locate(error))
    }

    /// Where the user set a key.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.resolved.place(key)
    }
}

/// `path` as seen from the folder `from`; absolute if they share nothing.
pub fn relative(path: &Path, from: &Path) -> PathBuf {
    let (path, from) = (absolute(path), absolute(from));
    let (path_parts, from_parts): (Vec<_>, Vec<_>) = (path.components().collect(), from.components().collect());
    let shared = path_parts.iter().zip(&from_parts).take_while(|(a, b)| a == b).count();
    // What is shared is the root alone, or less.
    if shared < 2 {
        return path;
    }
    let up = from_parts[shared..].iter().map(|_| Component::ParentDir);
    up.chain(path_parts[shared..].iter().copied()).collect()
}

/// The absolute path, links resolved as far as it exists, `.` and `..` taken out.
fn absolute(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return without_verbatim_prefix(path);
    }
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// `C:\data` for `\\?\C:\data`, which is how Windows resolves it: after that prefix it takes no forward slashes.
fn without_verbatim_prefix(path: PathBuf) -> PathBuf {
    let plain = path.to_str().and_then(|text| text.strip_prefix(r"\\?\")).filter(|rest| rest.get(1..3) == Some(r":\"));
    plain.map(PathBuf::from).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolved_path_of_windows_loses_its_prefix_only_before_a_drive() {
        let plain = |text: &str| without_verbatim_prefix(PathBuf::from(text));
        assert_eq!(plain(r"\\?\C:\data\a.csv"), Path::new(r"C:\data\a.csv"));
        assert_eq!(plain(r"\\?\UNC\server\data"), Path::new(r"\\?\UNC\server\data"));
        assert_eq!(plain("/data/a.csv"), Path::new("/data/a.csv"));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_seen_from_another_folder() {
        assert_eq!(relative(Path::new("/p/data/a.csv"), Path::new("/p/outputs/run")), Path::new("../../data/a.csv"));
        assert_eq!(relative(Path::new("/p/scenarios/../data/a.csv"), Path::new("/p/outputs")), Path::new("../data/a.csv"));
        assert_eq!(relative(Path::new("/other/a.csv"), Path::new("/p/outputs")), Path::new("/other/a.csv"));
    }
}
