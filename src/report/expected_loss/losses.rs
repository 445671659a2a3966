//! What a portfolio's losses come to, loan by loan and in total, as tables.

use std::path::Path;

use crate::data::TextColumn;
use crate::diag::{Error, Problem};
use crate::losses::{Figures, Loan, Stage, Total, totals};
use crate::numeric::cell::shielded;
use crate::numeric::text::{grouped, shortest, shortest_or_empty};
use crate::runs::{OutputFile, OutputTable};

/// The columns of `loans.csv` behind those that tell which loan it is.
const LOAN: [&str; 12] = [
    "class",
    "stage_hint",
    "pd",
    "lgd",
    "ead",
    "expected_loss",
    "capital",
    "risk_weighted_assets",
    "loss_12_months",
    "loss_lifetime",
    "allowance_hint",
    "years",
];

/// The columns of `totals.csv`.
const TOTAL: [&str; 15] = [
    "by",
    "name",
    "loans",
    "ead",
    "pd",
    "lgd",
    "expected_loss",
    "capital",
    "risk_weighted_assets",
    "loss_12_months",
    "loss_lifetime",
    "allowance_hint",
    "stage_1",
    "stage_2",
    "stage_3",
];

/// What loans without a bank or a segment are summed under.
const UNNAMED: &str = "(missing)";

/// A portfolio's loans with what they come to.
#[derive(Debug)]
pub struct Losses {
    loans: Vec<(Loan, Figures)>,
    /// Identifiers, banks, segments, where there are some.
    texts: [Option<TextColumn>; 3],
    /// What the loans are grouped by, and the groups' names and totals; the first is all of them.
    groups: Vec<(&'static str, Vec<(String, Total)>)>,
}

impl Losses {
    /// Of these loans, with their identifiers, banks and segments, where they have some.
    ///
    /// # Errors
    /// When a sum is no number.
    pub fn new(loans: &[Loan], texts: [Option<TextColumn>; 3]) -> Result<Self, Error> {
        let loans: Vec<(Loan, Figures)> = loans.iter().map(|loan| (*loan, loan.figures())).collect();
        let mut groups = vec![("all", totals(&loans, |_| "all"))];
        let [_, banks, segments] = &texts;
        for (by, column) in [("bank", banks), ("segment", segments)] {
            let Some(column) = column else { continue };
            let name = |row: usize| if column.at(row).is_empty() { UNNAMED } else { column.at(row) };
            groups.push((by, totals(&loans, name)));
        }
        groups.push(("class", totals(&loans, |row| loans[row].0.class.name())));
        groups.push(("stage_hint", totals(&loans, |row| stage_name(loans[row].1.stage))));
        let all = groups[0].1[0].1;
        if !(all.ead.is_finite() && all.risk_weighted_assets.is_finite() && all.loss_lifetime.is_finite()) {
            let problem = Problem::new("the loans' amounts are too large to be added");
            return Err(problem.help("give them in a larger unit").into());
        }
        Ok(Self { loans, texts, groups })
    }

    /// The totals of all loans.
    pub fn all(&self) -> &Total {
        &self.groups[0].1[0].1
    }

    /// Groups by what they are grouped by.
    pub(super) fn groups(&self) -> &[(&'static str, Vec<(String, Total)>)] {
        &self.groups
    }

    /// The whole in a sentence.
    pub fn headline(&self) -> String {
        let all = self.all();
        let whole = |amount: f64| grouped(&format!("{amount:.0}"));
        format!(
            "{} loans with an exposure of {} at default: {} are expected to be lost in a year ({:.2} %), capital {}; stages 1 to 3 by the hint: {}",
            grouped(&all.loans.to_string()),
            whole(all.ead),
            whole(all.expected_loss),
            if all.ead > 0.0 { 100.0 * all.expected_loss / all.ead } else { 0.0 },
            whole(all.capital),
            all.stages.map(|loans| grouped(&loans.to_string())).join(", "),
        )
    }

    /// `totals.csv`.
    pub fn totals_csv(&self) -> String {
        let rows = self.groups.iter().flat_map(|(by, groups)| groups.iter().map(|(name, total)| total_row(by, name, total)));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(TOTAL).expect("writing to memory");
        rows.for_each(|row| writer.write_record(&row).expect("writing to memory"));
        String::from_utf8(writer.into_inner().expect("writing to memory")).expect("every field is UTF-8")
    }

    /// `loans.csv`, to stand at `path`.
    pub(super) fn write_loans(&self, path: &Path) -> Result<OutputFile, Error> {
        let known = ["id", "bank", "segment"].into_iter().zip(&self.texts).filter(|(_, column)| column.is_some()).map(|(name, _)| name);
        let header: Vec<&str> = ["row"].into_iter().chain(known).chain(LOAN).collect();
        let mut table = OutputTable::create(path, &header)?;
        for (row, (loan, figures)) in self.loans.iter().enumerate() {
            let texts = self.texts.iter().flatten().map(|column| shielded(column.at(row)).into_owned());
            let cells: Vec<String> = [(row + 1).to_string()].into_iter().chain(texts).chain(loan_row(loan, figures)).collect();
            table.row(&cells)?;
        }
        Ok(table.into_file())
    }
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Performing => "1",
        Stage::Risen => "2",
        Stage::Defaulted => "3",
    }
}

fn loan_row(loan: &Loan, figures: &Figures) -> [String; 12] {
    [
        loan.class.name().to_owned(),
        figures.stage.number().to_string(),
        shortest(figures.pd),
        shortest(loan.lgd),
        shortest(loan.ead),
        shortest(figures.expected_loss),
        shortest(figures.capital),
        shortest(figures.risk_weighted_assets),
        shortest(figures.loss_12_months),
        shortest(figures.loss_lifetime),
        shortest(figures.allowance),
        shortest(loan.years),
    ]
}

fn total_row(by: &str, name: &str, total: &Total) -> [String; 15] {
    let [first, second, third] = total.stages.map(|loans| loans.to_string());
    [
        by.to_owned(),
        shielded(name).into_owned(),
        total.loans.to_string(),
        shortest(total.ead),
        shortest_or_empty(total.pd()),
        shortest_or_empty(total.lgd()),
        shortest(total.expected_loss),
        shortest(total.capital),
        shortest(total.risk_weighted_assets),
        shortest(total.loss_12_months),
        shortest(total.loss_lifetime),
        shortest(total.allowance),
        first,
        second,
        third,
    ]
}
