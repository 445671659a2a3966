//! The tables and their columns as a document.

use super::column::{Group, Log, When};

/// Every table with its columns, in Markdown.
pub fn markdown() -> String {
    super::ALL.iter().map(|log| table(log)).collect::<Vec<_>>().join("\n")
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
