//! Secure aggregation over whole runs: in no scenario, comparison or resumed run does a key serve two plaintexts.

use std::ops::ControlFlow;
use std::path::Path;

use super::baseline::{self, Course, Trained, Watch};
use super::{Prepared, Standing, prepare, run};
use crate::scenario::{self, Plan};
use crate::secagg::key_use::{Uses, watch};
use crate::settings::Source;

fn plan(scenario: &str, overrides: &[&str]) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario);
    let overrides: Vec<Source> = overrides.iter().map(|text| Source::new("--set", text)).collect();
    scenario::load(&path, &overrides).unwrap_or_else(|error| panic!("{scenario}: {error}"))
}

const SILENT: Watch<'static> = Watch { tell: &|_| (), is_ended: &|| false };

/// The run; stopped after `until` rounds and gone on with, if it is so long.
fn federate(plan: &Plan, prepared: &Prepared, until: usize) -> (Standing, Course) {
    let mut course = Course::default();
    let mut go = |from: Option<Standing>, until: usize| {
        let history = run(plan, prepared, from, &mut |record, standing| {
            course.round(record, plan.hyper.epochs);
            Ok(if standing.round == until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        history.expect("the run ends").standing
    };
    let before = go(None, until);
    let end = go(Some(before), usize::MAX);
    (end, course)
}

/// A run, and its comparison with all that belongs to it.
fn compare(plan: &Plan, prepared: &Prepared) {
    let (standing, course) = federate(plan, prepared, usize::MAX);
    let federated = Trained { params: standing.state.into_params(), course };
    let mut found = baseline::compare(plan, prepared, &federated, &SILENT).expect("it can be compared");
    baseline::leave_one_out(plan, prepared, &mut found, &SILENT).expect("each can be left out");
}

fn hold(uses: &Uses, sessions: usize) {
    assert!(uses.sessions() >= sessions && uses.keys() > 10 * sessions, "{} sessions, {} keys", uses.sessions(), uses.keys());
    let (count, first) = (uses.conflicts.len(), uses.conflicts.first());
    assert!(uses.conflicts.is_empty(), "{count} of {} keys served another plaintext before: {first:?}", uses.keys());
}

#[test]
fn a_comparison_that_leaves_each_client_out_once_uses_no_key_twice() {
    let plan = plan("fraud_secure.toml", &["rounds=2", "partition.clients=5", "aggregation.threshold=0.6"]);
    let prepared = prepare(&plan).expect("it can be prepared");
    // Two rounds with all clients, and two without each of the five.
    hold(&watch(|| compare(&plan, &prepared)), 12);
}

#[test]
fn a_run_that_is_resumed_uses_no_key_twice() {
    let plan = plan("fraud_secure_dropouts.toml", &["rounds=6"]);
    let prepared = prepare(&plan).expect("it can be prepared");
    hold(&watch(|| drop((federate(&plan, &prepared, usize::MAX), federate(&plan, &prepared, 3)))), 6);
}

#[test]
fn a_run_that_measures_by_sums_uses_no_key_twice() {
    let plan = plan("fraud_secure_dropouts.toml", &["rounds=5", "evaluation.federated=true"]);
    let prepared = prepare(&plan).expect("it can be prepared");
    hold(&watch(|| drop(federate(&plan, &prepared, usize::MAX))), 8);
}

/// The clients of one scenario bring other rows in the next quarter.
#[test]
fn two_data_sets_share_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = |seed: &str| {
        let path = folder.path().join(seed);
        let fraud = include_str!("../../data/fraud.csv");
        let kept = fraud.lines().enumerate().filter(|(at, line)| *at == 0 || !line.ends_with(seed) || at % 7 == 0);
        let text: String = kept.map(|(_, line)| format!("{line}\n")).take(3000).collect();
        std::fs::write(&path, text).expect("it can be written");
        format!("data.path=\"{}\"", path.display())
    };
    let [first, second] = ["1", "0"].map(table);
    let uses = watch(|| {
        for path in [&first, &second] {
            let plan = plan("fraud_secure.toml", &["rounds=1", path, "preprocess.scale=minmax", "training.class_weight=balanced"]);
            let prepared = prepare(&plan).expect("it can be prepared");
            federate(&plan, &prepared, usize::MAX);
        }
    });
    hold(&uses, 8);
}

/// Every shipped scenario, by secure aggregation whatever it says itself; interrupted, resumed, compared, each client left out.
#[test]
#[ignore = "takes minutes"]
fn no_shipped_scenario_uses_a_key_twice() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let names = std::fs::read_dir(folder).expect("the scenarios").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut held = 0;
    for name in names.filter(|name| name.ends_with(".toml")) {
        let secure = name.contains("secure");
        let overrides: &[&str] = match name.as_str() {
            "cross_device.toml" => &["rounds=2", "aggregation={ kind = \"secure\", protocol = \"secagg_plus\" }"],
            _ if secure => &[],
            _ => &["rounds=3", "aggregation={ kind = \"secure\" }"],
        };
        let plan = plan(&name, overrides);
        let uses = watch(|| {
            // Public data may not be at hand.
            let Ok(prepared) = prepare(&plan) else { return };
            drop(federate(&plan, &prepared, plan.rounds / 2));
            if prepared.federation.stored().is_some() {
                compare(&plan, &prepared);
            }
        });
        if uses.sessions() > 0 {
            hold(&uses, plan.rounds);
            held += 1;
        }
    }
    assert!(held >= 7, "{held} scenarios");
}
