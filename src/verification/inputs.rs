//! What went into two runs: version, data, terms of a comparison, and the scenario key by key.

use std::fs;

use super::evidence::Evidence;
use super::verdict::Input;
use crate::runs::{Manifest, key_differences};
use crate::scenario::PATHS;

/// The inputs in which two runs differ.
pub(super) fn differences(run: &Evidence, other: &Evidence) -> Vec<Input> {
    let (one, two) = (&run.manifest, &other.manifest);
    let mut all = Vec::new();
    let mut hold = |key: &str, run: Option<String>, other: Option<String>, decides| {
        if run != other {
            all.push(Input { key: key.to_owned(), run, other, decides });
        }
    };
    hold("fedsim", Some(one.fedsim.clone()), Some(two.fedsim.clone()), false);
    hold("data_sha256", Some(one.data_sha256.clone()), Some(two.data_sha256.clone()), true);
    for ((key, run), (_, other)) in terms(one).into_iter().zip(terms(two)) {
        hold(key, run, other, true);
    }
    if let (Some(keys), Some(others)) = (&run.keys, &other.keys) {
        let is_one_version = one.fedsim == two.fedsim;
        for (name, [one, two]) in key_differences(keys, others) {
            let pair = (one, two);
            if PATHS.contains(&name) && is_one_place(run, other, pair) {
                continue;
            }
            // A key that only one version knows has a default in the other: it is for the results to tell whether it counts.
            let is_new = !is_one_version && (pair.0.is_none() || pair.1.is_none());
            let decides = name != "name" && !PATHS.contains(&name) && !is_new;
            hold(name, pair.0.cloned(), pair.1.cloned(), decides);
        }
    }
    all
}

/// What a comparison with the baselines was asked for.
fn terms(manifest: &Manifest) -> [(&'static str, Option<String>); 3] {
    let terms = manifest.comparison.as_ref();
    [
        ("comparison.tolerance", terms.map(|terms| terms.tolerance.to_string())),
        ("comparison.seeds", terms.map(|terms| terms.seeds.to_string())),
        ("comparison.leave_one_out", terms.map(|terms| terms.leave_one_out.to_string())),
    ]
}

/// Whether two paths, each seen from its run's folder, lead to one file or folder.
fn is_one_place(run: &Evidence, other: &Evidence, pair: (Option<&String>, Option<&String>)) -> bool {
    let place = |evidence: &Evidence, value: Option<&String>| {
        let table = format!("path = {}", value?).parse::<toml::Table>().ok()?;
        fs::canonicalize(evidence.path(table.get("path")?.as_str()?)).ok()
    };
    let one = place(run, pair.0);
    one.is_some() && one == place(other, pair.1)
}
