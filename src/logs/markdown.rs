//! The tables and their columns as a document.

use super::column::{Group, Log, When};

/// What stands above the tables.
const HEAD: &str = "# What a run leaves: every table and its columns

Made by `cargo run --example outputs > docs/outputs.md`. A column in brackets is there only where what they say is so. Tables come
out the same to the byte wherever the scenario is run, but for those that say otherwise. An empty cell is a value that does not exist,
such as an AUC where a class is missing.
";

/// `docs/outputs.md`: every table with its columns, in Markdown.
pub fn document() -> String {
    [HEAD.to_owned()].into_iter().chain(super::ALL.iter().map(|log| table(log))).collect::<Vec<_>>().join("\n")
}

fn table(log: &Log) -> String {
    let again = if log.is_reproducible { "" } else { " Different in each run." };
    let mut text = format!("## `{}`\n\n{}{again}\n\n| column | what it tells |\n|---|---|\n", log.name, log.about);
    for Group { when, columns } in log.groups {
        let when = if *when == When::Always { String::new() } else { format!(" *({})*", when.words()) };
        for column in *columns {
            text += &format!("| `{}` | {}{when} |\n", column.name, told(column.label, column.about));
        }
    }
    if !log.figures.is_empty() {
        text += "\n| figure | what it tells |\n|---|---|\n";
        log.figures.iter().for_each(|figure| text += &format!("| `{}` | {} |\n", figure.name, told(figure.label, figure.about)));
    }
    text
}

fn told(label: &str, about: &str) -> String {
    if about.is_empty() { label.to_owned() } else { format!("{label}: {about}") }
}
