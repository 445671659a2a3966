//! One seam for every engine: partial sums over any split of a round's clients, in any order, carried as text, make the run's own
//! digests.

use std::ops::ControlFlow;

use fedsim::federation::{self, Partial, Seam, Standing, prepare};
use fedsim::numeric::rng::{Purpose, Seeds, Stream, Streams};
use fedsim::numeric::sample::shuffle;
use fedsim::scenario::{self, Plan};
use fedsim::settings::Source;

use crate::support::root;

fn plan(scenario: &str, overrides: &[&str]) -> Plan {
    let overrides: Vec<Source> = overrides.iter().map(|text| Source::new("--set", text)).collect();
    scenario::load(&root().join("scenarios").join(format!("{scenario}.toml")), &overrides).unwrap_or_else(|error| panic!("{error}"))
}

fn carried<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).expect("it can be written")).expect("it reads back")
}

/// A round's partial sums over parts of one to three clients, shuffled.
fn partials(seam: &Seam<'_>, standing: &Standing, random: &mut Stream) -> Vec<Partial> {
    let mut clients = seam.survivors(standing.round + 1);
    shuffle(&mut clients, random);
    let parts = clients.chunks(1 + standing.round % 3).map(|part| carried(&seam.partial(&carried(standing), part).expect("it sums")));
    let mut parts: Vec<Partial> = parts.collect();
    shuffle(&mut parts, random);
    parts
}

#[test]
fn partial_sums_in_any_order_end_with_the_runs_digest() {
    let mut random = Streams::new(Seeds::all(1)).stream(Purpose::Generate, 0, 0);
    let exact = "aggregation.arithmetic=\"exact\"";
    for (scenario, sets) in [
        ("fraud_noniid", &["rounds=6", exact][..]),
        ("fraud_noniid", &["rounds=6", exact, "strategy.kind=\"scaffold\"", "faults.min_clients=8"]),
        (
            "fraud_noniid",
            &["rounds=6", "aggregation={ kind = \"mean\", arithmetic = \"fixed_point\" }", "cohort={ kind = \"uniform\", size = 5 }"],
        ),
        ("credit_newton", &[]),
        ("scorecard", &[]),
    ] {
        let plan = plan(scenario, sets);
        let prepared = prepare(&plan).expect("it can be prepared");
        let mut digests = Vec::new();
        let whole = federation::run(&plan, &prepared, None, &mut |record, _| {
            digests.push(record.state_digest);
            Ok(ControlFlow::Continue(()))
        });
        let whole = whole.expect("it runs").standing;
        let seam = Seam::open(&plan, &prepared).expect("it has a seam");
        let mut standing = seam.start();
        let mut found = vec![standing.state_digest];
        while seam.goes_on(&standing) {
            let parts = partials(&seam, &standing, &mut random);
            standing = seam.step(standing, parts).expect("it steps");
            found.push(standing.state_digest);
        }
        assert_eq!(found, digests, "{scenario} {sets:?}");
        assert!(standing.state == whole.state && standing.memories == whole.memories, "{scenario} {sets:?}");
    }
}

#[test]
fn sums_that_are_not_the_rounds_are_refused() {
    let (plan, other) = (plan("fraud", &["aggregation.arithmetic=\"exact\""]), plan("credit_newton", &[]));
    let (prepared, of_other) = (prepare(&plan).expect("it can be prepared"), prepare(&other).expect("it can be prepared"));
    let (seam, others) = (Seam::open(&plan, &prepared).expect("a seam"), Seam::open(&other, &of_other).expect("a seam"));
    let start = seam.start();
    let [all, some] = [&(0..10).collect::<Vec<_>>()[..], &[0, 1]].map(|clients| seam.partial(&start, clients).expect("it sums"));
    let later = seam.step(seam.start(), [all.clone()]).expect("it steps");
    let of_later = seam.partial(&later, &[2, 3, 4, 5, 6, 7, 8, 9]).expect("it sums");
    let foreign = others.partial(&others.start(), &[2, 3]).expect("it sums");
    for (what, parts, words) in [
        ("too few", vec![some.clone()], "each of its survivors once"),
        ("twice", vec![all.clone(), some.clone()], "each of its survivors once"),
        ("of another round", vec![some.clone(), of_later], "is none of round 1"),
        ("of another learner", vec![some, foreign], "is none of round 1"),
    ] {
        let error = seam.step(seam.start(), parts).expect_err(what);
        assert!(error.to_string().contains(words), "{what}: {error}");
    }
}

#[test]
fn a_plan_whose_sums_have_an_order_or_a_mask_has_no_seam() {
    for (sets, words) in [
        (&[][..], "arithmetic = \"exact\""),
        (&["aggregation={ kind = \"median\" }"], "single updates"),
        (&["aggregation={ kind = \"secure\" }"], "masked sums"),
        (&["aggregation.arithmetic=\"exact\"", "stop={}"], "early stopping"),
    ] {
        let plan = plan("fraud", sets);
        let prepared = prepare(&plan).expect("it can be prepared");
        let error = Seam::open(&plan, &prepared).expect_err("it has none");
        assert!(error.to_string().contains(words), "{sets:?}: {error}");
    }
}
