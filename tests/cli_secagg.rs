//! `fedsim secagg` as a user calls it: its counts are those that the protocol's table gives.

use crate::support::{fedsim, succeed, text};

/// What a call prints.
fn printed(arguments: &str) -> String {
    let arguments: Vec<&str> = ["secagg"].into_iter().chain(arguments.split_whitespace()).collect();
    text(&succeed(&arguments).stdout)
}

/// A cell of the table of stages.
fn cell(printed: &str, stage: &str, column: &str) -> f64 {
    let words = |start: &str| -> Vec<String> {
        let line = printed.lines().find(|line| line.split_whitespace().next() == Some(start));
        line.unwrap_or_else(|| panic!("no line {start} in\n{printed}")).split_whitespace().map(str::to_owned).collect()
    };
    let place = words("stage").iter().position(|name| name == column).expect("the column is there");
    words(stage)[place].parse().expect("a number")
}

/// What is printed without the times: the table's last two columns and the line of the whole round.
fn without_times(printed: &str) -> Vec<Vec<String>> {
    let mut is_table = false;
    let mut lines = Vec::new();
    for line in printed.lines().filter(|line| !line.starts_with("time:")) {
        is_table = line.starts_with("stage") || is_table && !line.is_empty();
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let kept = words.len() - if is_table { 2 } else { 0 };
        lines.push(words[..kept].to_vec());
    }
    lines
}

/// Among n clients everyone agrees with everyone twice, and both ends are charged; a client seals n - 1 boxes and opens as
/// many, deals 2n shares, and lays n masks of d + 2 words of 8 bytes; the server combines n secrets of t shares and takes
/// n masks off.
#[test]
fn counts_are_those_of_the_complete_graph() {
    let (n, d) = (20.0, 50.0);
    let shown = printed("--clients 20 --params 50");
    assert!(shown.contains("complete graph, degree 19, threshold 11, ring of 39 bits, 0 of them headroom"), "{shown}");
    let masks = n * n * (d + 2.0) * 8.0;
    for (stage, agreements, prg_bytes, boxes, shares) in [
        ("advertise", 0.0, 0.0, 0.0, 0.0),
        ("share", n * (n - 1.0), 0.0, n * (n - 1.0), 2.0 * n * n),
        ("masked_input", n * (n - 1.0), masks, 0.0, 0.0),
        ("unmask", 0.0, masks / n, n * (n - 1.0), n * 11.0),
    ] {
        let found = ["agreements", "prg_bytes", "boxes", "shares"].map(|column| cell(&shown, stage, column));
        assert_eq!(found, [agreements, prg_bytes, boxes, shares], "{stage}");
        assert_eq!(["clients", "dropped"].map(|column| cell(&shown, stage, column)), [n, 0.0]);
    }
    // 52 coordinates of 39 bits are 254 bytes; the rest says who sent them, in which ring and how many.
    let up = cell(&shown, "masked_input", "up_max");
    assert!((254.0..270.0).contains(&up) && cell(&shown, "masked_input", "up_mean") == up, "{up}");
    for part in ["sum: of 20 clients, equal to", "expansion: ", "by the paper's formula", "at most 10 of 20 clients"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
}

#[test]
fn an_active_server_costs_a_stage_more_and_stands_fewer_colluders() {
    let shown = printed("--clients 10 --params 3 --adversary active");
    assert_eq!(cell(&shown, "consistency", "clients"), 10.0);
    // t = 7 of 10: 14 > 10 + 3. Each client signs twice, and checks nine others' keys and all ten signatures.
    assert!(shown.contains("at most 3 of 10 clients") && shown.contains(" 210 signatures"), "{shown}");
    let shown = printed("--clients 10 --params 3 --adversary active --threshold 9 --max-corrupt 0.3");
    assert!(shown.contains("threshold 9") && shown.contains("at most 7 of 10 clients"), "{shown}");
}

/// The reference degree of 100 clients at a tenth corrupt and a tenth dropping.
#[test]
fn secagg_plus_asks_the_neighbours_alone() {
    let shown = printed("--clients 100 --params 3 --protocol secagg_plus");
    assert!(shown.contains("regular graph, degree 22, threshold 11"), "{shown}");
    assert_eq!(cell(&shown, "share", "agreements"), 100.0 * 22.0);
    assert_eq!(cell(&shown, "share", "shares"), 100.0 * 2.0 * 22.0);
    let shown = printed("--clients 100 --params 3 --protocol secagg_plus --degree 30 --threshold 15");
    assert!(shown.contains("regular graph, degree 30, threshold 15"), "{shown}");
}

#[test]
fn who_drops_out_follows_from_the_seed() {
    let call = "--clients 40 --params 5 --dropout share=0.1,masked_input=0.1,unmask=0.1";
    let first = printed(call);
    assert_eq!(without_times(&first), without_times(&printed(call)));
    assert_ne!(without_times(&first), without_times(&printed(&format!("{call} --seed 7"))));
    let left = ["share", "masked_input", "unmask"].map(|stage| cell(&first, stage, "clients"));
    assert!(left[0] < 40.0 && left.is_sorted_by(|a, b| a > b), "{left:?}");
    assert!(first.contains(&format!("sum: of {} clients", left[1])), "{first}");
    let plain = printed("--clients 40 --params 5 --dropout 0.2");
    assert_eq!(without_times(&plain), without_times(&printed("--clients 40 --params 5 --dropout masked_input=0.2")));
}

/// Whatever stage clients drop out of, threads show in times alone.
#[test]
fn one_thread_and_two_print_the_same_but_for_the_times() {
    for call in [
        "--clients 60 --params 700 --dropout share=0.05,masked_input=0.1,unmask=0.05",
        "--clients 60 --params 700 --protocol secagg_plus --dropout masked_input=0.05",
        "--clients 12 --params 9 --adversary active --dropout consistency=0.1",
    ] {
        let [one, two] = [1, 2].map(|threads| without_times(&printed(&format!("{call} --threads {threads}"))));
        assert_eq!(one, two);
    }
}

#[test]
fn a_round_with_too_few_clients_is_reported_and_is_no_error() {
    let shown = printed("--clients 10 --params 5 --dropout masked_input=1");
    assert!(shown.contains("aborted: after stage masked_input a client had 0 live holders of its shares, and 6 are needed"), "{shown}");
    assert!(!shown.contains("sum: of") && !shown.contains("expansion"), "{shown}");
    assert_eq!(cell(&shown, "masked_input", "dropped"), 10.0);
    assert!(!shown.lines().any(|line| line.starts_with("unmask")), "{shown}");
}

#[test]
fn the_floor_is_what_must_be_computed_at_what_it_costs_here() {
    let shown = printed("--clients 20 --params 50 --floor");
    let count = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("no {name} in\n{shown}"));
        line.split_whitespace().nth(1).expect("a count").parse::<f64>().expect("a number")
    };
    // A pair's secret once: 190 pairs, one secret for boxes and one for masks.
    assert_eq!((count("agreement"), count("box"), count("deal"), count("combination")), (380.0, 760.0, 20.0, 20.0));
    assert!(shown.contains("\nfloor: ") && shown.contains("\nratio: "), "{shown}");
}

#[test]
fn mistakes_point_at_the_argument() {
    for (arguments, parts) in [
        ("--clients 1 --params 5", &["--clients:1", "`clients` is out of range"][..]),
        ("--clients ten --params 5", &["--clients:1"]),
        ("--clients 10 --params 0", &["--params:1"]),
        ("--clients 100000 --params 100000", &["--params:1", "more than 2 GiB", "--params 2684 or less"]),
        ("--clients 10 --params 5 --protocol shamir", &["--protocol:1"]),
        ("--clients 10 --params 5 --threshold 11", &["--threshold:1", "threshold = 10 or less"]),
        ("--clients 10 --params 5 --modulus-bits 20", &["--modulus-bits:1", "modulus_bits = 38"]),
        ("--clients 10 --params 5 --value-bits 40 --clip -1", &["--value-bits:1", "--clip:1"]),
        ("--clients 10 --params 5 --clip auto", &["--clip:1", "clip = 4.0"]),
        ("--clients 10 --params 5 --max-dropout 0.2", &["--max-dropout:1", "has no meaning here"]),
        ("--clients 10 --params 5 --dropout 1.5", &["--dropout:1"]),
        ("--clients 10 --params 5 --dropout masked=0.1", &["--dropout:1", "unknown key"]),
        ("--clients 10 --params 5 --threads 0", &["--threads"]),
        ("--params 5", &["--clients"]),
    ] {
        let given: Vec<&str> = ["secagg"].into_iter().chain(arguments.split_whitespace()).collect();
        let output = fedsim(&given);
        let shown = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {shown}");
        assert!(parts.iter().all(|part| shown.contains(part)), "{arguments}: {shown}");
        assert!(output.stdout.is_empty());
    }
}
