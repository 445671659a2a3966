//! A portfolio's own columns: what is owed, on which terms, and how it stands.

use std::path::Path;

use super::model_rows;
use crate::data::TextColumn;
use crate::data::csv::{self, ColumnRequest, Missing, Options, Role};
use crate::data::table::{Header, Table};
use crate::diag::{Error, Problem, Problems};
use crate::losses::Retail;
use crate::numeric::text::shortest;
use crate::runs::Predictor;

/// What the columns are called where the user names no others.
pub(super) const COLUMNS: [&str; 9] = ["id", "bank", "segment", "class", "drawn", "limit", "days_past_due", "rate", "years"];

/// The column of the probability of default when the loan was made.
pub(super) const PD_AT_START: &str = "pd_at_start";

/// What holds for loans of a portfolio without a column for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub class: Retail,
    pub rate: f64,
    pub years: f64,
}

/// What the columns of each meaning are called in the file.
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// Of the user's `MEANING=COLUMN`s.
    ///
    /// # Errors
    /// When one is not of this form, or means nothing.
    pub(super) fn read(given: &[String]) -> Result<Self, Error> {
        let mut names = Vec::new();
        let mut problems = Vec::new();
        for text in given {
            let known = COLUMNS.join(", ");
            match text.split_once('=') {
                Some((meaning, column)) if COLUMNS.contains(&meaning) || meaning == PD_AT_START => {
                    names.push((meaning.to_owned(), column.to_owned()));
                }
                Some((meaning, _)) => {
                    let problem = Problem::new(format!("--column {text}: `{meaning}` is nothing that is looked at"));
                    problems.push(problem.help(format!("it is one of {known}, {PD_AT_START}")));
                }
                None => {
                    let problem = Problem::new(format!("--column {text}: a column's meaning is missing"));
                    problems.push(problem.help(format!("write it as MEANING=COLUMN; the meanings are {known}, {PD_AT_START}")));
                }
            }
        }
        Problems::none_or(problems)?;
        Ok(Self(names))
    }

    /// The column of a meaning.
    fn of<'a>(&'a self, meaning: &'a str) -> &'a str {
        self.0.iter().rfind(|(known, _)| known == meaning).map_or(meaning, |(_, column)| column)
    }

    /// Whether the user named it.
    fn is_given(&self, meaning: &str) -> bool {
        self.0.iter().any(|(known, _)| known == meaning)
    }
}

/// A portfolio, column by column.
pub(super) struct Portfolio {
    pub ids: Option<TextColumn>,
    pub banks: Option<TextColumn>,
    pub segments: Option<TextColumn>,
    /// (rows,) each.
    pub classes: Vec<Retail>,
    pub drawn: Vec<f64>,
    pub limits: Vec<f64>,
    pub days_past_due: Vec<f64>,
    pub rates: Vec<f64>,
    pub years: Vec<f64>,
    pub pd_at_start: Vec<Option<f64>>,
}

impl Portfolio {
    /// Reads the file's columns of these names; separator and missing cells are those of the run.
    ///
    /// # Errors
    /// When the file can't be read, lacks a column that was named, or a cell can't be what its column means.
    pub(super) fn read(predictor: &Predictor, path: &Path, names: &Names, defaults: &Defaults) -> Result<Self, Error> {
        let plan = predictor.plan();
        let options = Options { delimiter: plan.data.source.delimiter, na_values: &plan.data.preprocess.na_values };
        let table = csv::read(path, &options, |header| choose(header, names))?.table;
        let text = |meaning: &str| table.find(names.of(meaning)).map(|_| TextColumn::of(&table, names.of(meaning)));
        let column = |meaning: &str, what: &'static str, is_right: fn(f64) -> bool| numbers(&table, names.of(meaning), what, is_right);
        let amount = |x: f64| x >= 0.0;
        let or = |cells: Option<Vec<f64>>, default: f64| cells.unwrap_or_else(|| vec![default; table.rows()]);
        let drawn = column("drawn", "an amount, 0 or more", amount)?.expect("it was asked for");
        let limits = column("limit", "an amount, 0 or more", amount)?.unwrap_or_else(|| drawn.clone());
        let days_past_due = column("days_past_due", "a number of days, 0 or more", amount)?;
        let rates = column("rate", "a yearly rate above -1 and up to 10, as 0.05 for 5 %", |x| x > -1.0 && x <= 10.0)?;
        let years = column("years", "a number of years above 0 and up to 100", |x| x > 0.0 && x <= 100.0)?;
        let pd_at_start = column(PD_AT_START, "a probability from 0 to 1", |x| x.is_nan() || (0.0..=1.0).contains(&x))?;
        let pd_at_start = or(pd_at_start, f64::NAN).into_iter().map(|pd| (!pd.is_nan()).then_some(pd)).collect();
        Ok(Self {
            ids: text("id"),
            banks: text("bank"),
            segments: text("segment"),
            classes: classes(&table, names.of("class"), defaults.class)?,
            limits,
            days_past_due: or(days_past_due, 0.0),
            rates: or(rates, defaults.rate),
            years: or(years, defaults.years),
            pd_at_start,
            drawn,
        })
    }
}

/// How each column is read.
fn choose(header: &Header, names: &Names) -> Result<Vec<ColumnRequest>, Error> {
    let all = || COLUMNS.into_iter().chain([PD_AT_START]);
    let is_needed = |meaning: &&str| *meaning == "drawn" || names.is_given(meaning);
    let absent = all().filter(is_needed).filter(|meaning| header.find(names.of(meaning)).is_none());
    let problems = absent.map(|meaning| {
        let what = if names.is_given(meaning) { "--column" } else { "what is owed; --column drawn=COLUMN names it" };
        header.missing(names.of(meaning), what)
    });
    Problems::none_or(problems.collect())?;
    let request = |name: &String| {
        let (role, missing) = match all().find(|meaning| names.of(meaning) == name) {
            None => (Role::Skip, Missing::Allowed),
            Some("id") => (Role::Id, Missing::Allowed),
            Some("bank" | "segment") => (Role::Category, Missing::Allowed),
            Some("class") => (Role::Category, Missing::Refused),
            Some(PD_AT_START) => (Role::Number, Missing::Allowed),
            Some(_) => (Role::Number, Missing::Refused),
        };
        ColumnRequest { role, missing }
    };
    Ok(header.names().iter().map(request).collect())
}

/// A column's cells, if the table has it.
fn numbers(table: &Table, name: &str, what: &str, is_right: impl Fn(f64) -> bool) -> Result<Option<Vec<f64>>, Problem> {
    let Some(column) = table.find(name) else { return Ok(None) };
    let cells: Vec<f64> = (0..table.rows()).map(|row| table.row(row)[column]).collect();
    match cells.iter().position(|&cell| !is_right(cell)) {
        None => Ok(Some(cells)),
        Some(row) => Err(wrong(table, name, row, &shortest(cells[row]), what)),
    }
}

/// The loans' classes.
fn classes(table: &Table, name: &str, default: Retail) -> Result<Vec<Retail>, Problem> {
    if table.find(name).is_none() {
        return Ok(vec![default; table.rows()]);
    }
    let texts = TextColumn::of(table, name);
    let class = |row: usize| {
        let text = texts.at(row);
        Retail::ALL
            .into_iter()
            .find(|class| class.name() == text)
            .ok_or_else(|| wrong(table, name, row, text, "mortgage, revolving or other"))
    };
    (0..table.rows()).map(class).collect()
}

fn wrong(table: &Table, name: &str, row: usize, cell: &str, what: &str) -> Problem {
    let problem = Problem::new(format!("column `{name}` is {cell} in row {}, and not {what}", row + 1));
    let problem = match table.header.find(name) {
        Some(column) => problem.at(table.header.place(column), "this column"),
        None => problem,
    };
    problem.help("correct the cell, or name another column with --column")
}

/// What a run's model says of each loan, a number from 0 to 1, and what is strange about the loans to it.
///
/// # Errors
/// When the file lacks what the model needs.
pub(super) fn shares(predictor: &Predictor, path: &Path, what: &str) -> Result<(Vec<f64>, Vec<Problem>), Error> {
    let (mut said, mut warnings) = model_rows::scores(predictor, path).map_err(|error| error.of(what))?;
    warnings = warnings.into_iter().map(|warning| warning.of(what)).collect();
    let beyond = said.iter().filter(|share| !(0.0..=1.0).contains(*share)).count();
    if beyond > 0 {
        let problem = Problem::new(format!("{what}: the model says less than 0 or more than 1 of {beyond} rows, which count as 0 and 1"));
        let help = "a model of shares, model.kind = \"fractional\", never does";
        warnings.push(problem.help(help).as_warning());
        said.iter_mut().for_each(|share| *share = share.clamp(0.0, 1.0));
    }
    Ok((said, warnings))
}
