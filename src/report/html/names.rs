//! What the columns and metrics of the CSV files are called on the page, and what they measure.

use super::unit::Unit;

/// Name in the files, name on the page, unit.
const NAMES: [(&str, &str, Unit); 74] = [
    ("round", "Round", Unit::Plain),
    ("outcome", "Outcome", Unit::Text),
    ("selected", "Selected", Unit::Plain),
    ("survivors", "Survivors", Unit::Plain),
    ("dropped", "Dropped", Unit::Plain),
    ("examples", "Examples", Unit::Plain),
    ("update_norm", "Update norm", Unit::Measure),
    ("loss", "Loss", Unit::Measure),
    ("auc", "AUC", Unit::Measure),
    ("pr_auc", "PR-AUC", Unit::Measure),
    ("accuracy", "Accuracy", Unit::Measure),
    ("precision", "Precision", Unit::Measure),
    ("recall", "Recall", Unit::Measure),
    ("f1", "F1", Unit::Measure),
    ("brier", "Brier score", Unit::Measure),
    ("ks", "KS", Unit::Measure),
    ("gini", "Gini", Unit::Measure),
    ("ece", "Calibration error", Unit::Measure),
    ("recall_at_fpr_0.001", "Recall at 0.1% FPR", Unit::Measure),
    ("recall_at_fpr_0.01", "Recall at 1% FPR", Unit::Measure),
    ("recall_at_fpr_0.05", "Recall at 5% FPR", Unit::Measure),
    ("cost", "Cost per row", Unit::Measure),
    ("cost_best", "Cost at best threshold", Unit::Measure),
    ("threshold_best", "Best threshold", Unit::Measure),
    ("client", "Client", Unit::Plain),
    ("clients", "Clients", Unit::Plain),
    ("positives", "Positives", Unit::Plain),
    ("positive_share", "Share positive", Unit::Share),
    ("held_out", "Held out", Unit::Plain),
    ("metric", "Metric", Unit::Text),
    ("worst", "Worst", Unit::Measure),
    ("p10", "10th percentile", Unit::Measure),
    ("median", "Median", Unit::Measure),
    ("centralized", "Centralised", Unit::Measure),
    ("federated", "Federated", Unit::Measure),
    ("local_mean", "Alone, mean", Unit::Measure),
    ("local_worst", "Alone, worst", Unit::Measure),
    ("difference", "Difference", Unit::Measure),
    ("equivalent", "Equivalent", Unit::Text),
    ("seeds", "Seeds", Unit::Plain),
    ("centralized_sd", "Centralised, SD", Unit::Measure),
    ("federated_sd", "Federated, SD", Unit::Measure),
    ("difference_sd", "Difference, SD", Unit::Measure),
    ("difference_low", "Difference, low", Unit::Measure),
    ("difference_high", "Difference, high", Unit::Measure),
    ("p_value", "p value", Unit::Measure),
    ("plain", "Plain", Unit::Measure),
    ("secure_minus_plain", "Secure \u{2212} plain", Unit::Measure),
    ("auc_alone", "AUC alone", Unit::Measure),
    ("auc_federated", "AUC federated", Unit::Measure),
    ("auc_centralized", "AUC centralised", Unit::Measure),
    ("cost_alone", "Cost alone", Unit::Measure),
    ("cost_federated", "Cost federated", Unit::Measure),
    ("cost_centralized", "Cost centralised", Unit::Measure),
    ("gain", "Gain", Unit::Measure),
    ("rank", "Rank", Unit::Plain),
    ("measured_on", "Measured on", Unit::Text),
    ("others_lose", "Others lose without it", Unit::Measure),
    ("rounds_aborted", "Rounds aborted", Unit::Plain),
    ("wall_s", "Wall time", Unit::Seconds),
    ("cpu_s", "CPU time", Unit::Seconds),
    ("clients_per_s", "Clients per second", Unit::Measure),
    ("clip_rate", "Values clipped", Unit::Share),
    ("rounding_error_max", "Largest rounding error", Unit::Measure),
    ("expansion", "Bytes against plain updates, times", Unit::Measure),
    ("expansion_by_the_papers_formula", "The same by the paper's formula", Unit::Measure),
    ("margin_least", "Least margin above the threshold, clients", Unit::Plain),
    ("duration_s", "Time", Unit::Seconds),
    ("round_s_median", "Time per round, median", Unit::Seconds),
    ("round_s_p95", "Time per round, 95th percentile", Unit::Seconds),
    ("upload_bytes", "Uploaded", Unit::Bytes),
    ("download_bytes", "Downloaded", Unit::Bytes),
    ("upload_bytes_per_round", "Uploaded per round", Unit::Bytes),
    ("download_bytes_per_round", "Downloaded per round", Unit::Bytes),
];

/// A column's or metric's name on the page.
pub(super) fn label(name: &str) -> String {
    if let Some((_, label, _)) = NAMES.iter().find(|(known, ..)| *known == name) {
        return (*label).to_owned();
    }
    // Seconds are told beside each number, so their name need not.
    let words = match name.strip_suffix("_per_s") {
        Some(what) => format!("{what}_per_second"),
        None => name.strip_suffix("_s").unwrap_or(name).replace("_s_", "_"),
    };
    let words = words.replace('_', " ").replace("cpu", "CPU").replace(" p95", ", 95th percentile").replace(" median", ", median");
    let mut characters = words.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// What a column or metric measures.
pub(super) fn unit(name: &str) -> Unit {
    if let Some((.., unit)) = NAMES.iter().find(|(known, ..)| *known == name) {
        return *unit;
    }
    match () {
        () if name.contains("bytes") => Unit::Bytes,
        () if name.contains("per_s") => Unit::Measure,
        () if name.ends_with("_s") || name.contains("_s_") => Unit::Seconds,
        () => Unit::Plain,
    }
}

/// Whether a smaller number is a better one; `None` for what is neither good nor bad.
pub(super) fn is_better_small(metric: &str) -> Option<bool> {
    match metric {
        "threshold_best" => None,
        "loss" | "brier" | "ece" | "cost" | "cost_best" => Some(true),
        _ => Some(false),
    }
}

/// A round's outcome in words.
pub(super) fn outcome(word: &str) -> String {
    match word.strip_prefix("aborted_") {
        Some("too_few_survivors") => "aborted: too few survivors".to_owned(),
        Some(stage) => format!("aborted in {}", stage.replace('_', " ")),
        None => word.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_not_listed_are_read_from_their_parts() {
        for (name, wanted, measure) in [
            ("pr_auc", "PR-AUC", Unit::Measure),
            ("fold_s_p95", "Fold, 95th percentile", Unit::Seconds),
            ("cpu_s_median", "CPU, median", Unit::Seconds),
            ("masked_input_s", "Masked input", Unit::Seconds),
            ("upload_bytes_per_client", "Upload bytes per client", Unit::Bytes),
            ("rounds_per_s", "Rounds per second", Unit::Measure),
            ("modulus_bits", "Modulus bits", Unit::Plain),
        ] {
            assert_eq!((label(name).as_str(), unit(name)), (wanted, measure), "{name}");
        }
    }

    #[test]
    fn outcomes_are_words() {
        let words = ["start", "completed", "aborted_too_few_survivors", "aborted_masked_input"].map(outcome);
        assert_eq!(words, ["start", "completed", "aborted: too few survivors", "aborted in masked input"]);
    }
}
