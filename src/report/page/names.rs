//! What the columns and metrics of the CSV files are called on the page, and what they measure.

use crate::logs::{self, Unit};
use crate::metrics::Worse;
use crate::tasks::Task;

/// A column's or metric's name on the page.
pub(super) fn label(name: &str) -> String {
    logs::column(name).map_or_else(|| name.replace('_', " "), |column| column.label.to_owned())
}

/// What a column or metric measures.
pub(super) fn unit(name: &str) -> Unit {
    logs::column(name).map_or(Unit::Plain, |column| column.unit)
}

/// Which end of a metric is the bad one; `None` for what is neither good nor bad.
pub(super) fn worse(metric: &str) -> Option<Worse> {
    match metric {
        "cost" | "cost_best" => Some(Worse::Higher),
        _ => Task::ALL.iter().find_map(|task| task.metric(metric)).map(|metric| metric.worse),
    }
}

/// A round's outcome in words.
pub(super) fn outcome(word: &str) -> String {
    if let Some(sums) = word.strip_prefix("tree_cut_short_") {
        let plural = if sums == "1" { "" } else { "s" };
        return format!("tree cut short after {sums} sum{plural}");
    }
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
    fn a_column_is_called_as_its_table_calls_it_and_another_by_its_own_name() {
        assert_eq!((label("pr_auc").as_str(), unit("round_s_p95")), ("PR-AUC", Unit::Seconds));
        assert_eq!((label("not_ours").as_str(), unit("not_ours")), ("not ours", Unit::Plain));
    }

    #[test]
    fn outcomes_are_words() {
        let words = ["start", "completed", "aborted_too_few_survivors", "aborted_masked_input"].map(outcome);
        assert_eq!(words, ["start", "completed", "aborted: too few survivors", "aborted in masked input"]);
        assert_eq!(["tree_cut_short_1", "tree_cut_short_2"].map(outcome), ["tree cut short after 1 sum", "tree cut short after 2 sums"]);
    }
}
