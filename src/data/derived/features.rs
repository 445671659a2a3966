//! `[features]`: columns that are worked out of others before anything else, row by row, so that a client needs nobody for them.

use std::collections::BTreeSet;

use super::formula::Formula;
use crate::data::table::{Header, Kind, Table};
use crate::diag::{Error, Problem, Problems};
use crate::settings::{self, Written};

/// The most features that may be worked out.
const FEATURES_MAX: usize = 1000;

/// The longest name of one, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// Why a formula can't take a column, and the way out.
pub type Refused = (&'static str, &'static str);

/// The features that are worked out, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Derived(Vec<Feature>);

#[derive(Clone, Debug)]
struct Feature {
    name: String,
    formula: Formula,
    written: Written,
}

impl Feature {
    /// What is wrong with the column at this place among those that the formula names.
    fn wrong(&self, problem: Problem, column: usize, label: &str) -> Problem {
        problem.at(self.written.place_within(self.formula.columns[column].1.clone()), label)
    }
}

impl Derived {
    /// Reads `[features]` of the outermost table.
    pub fn read(root: &mut settings::Table) -> Self {
        let written = root.texts_by_name("features");
        if let Some((_, written)) = written.get(FEATURES_MAX) {
            let problem = Problem::new(format!("[features] has more than {FEATURES_MAX} features")).at(written.place(), "one too many");
            root.push(problem.help("make them columns of the table"));
            return Self::default();
        }
        let names: BTreeSet<String> = written.iter().map(|(name, _)| name.clone()).collect();
        let mut features = Vec::with_capacity(written.len());
        for (name, written) in written {
            match read_one(&name, &written, &names) {
                Ok(formula) => features.push(Feature { name, formula, written }),
                Err(problem) => root.push(problem),
            }
        }
        Self(features)
    }

    /// Whether a column of this name is worked out.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The columns that the column of this name is worked out of, if it is.
    pub fn operands(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        self.find(name).map(|feature| feature.formula.columns.iter().map(|(column, _)| column.as_str()))
    }

    /// Whether a formula names this column.
    pub fn needs(&self, column: &str) -> bool {
        self.0.iter().any(|feature| feature.formula.columns.iter().any(|(known, _)| known == column))
    }

    /// What is wrong with the formulas where the file has this header; `refused` says why a column can't be taken.
    pub fn check(&self, header: &Header, refused: &dyn Fn(&str) -> Option<Refused>) -> Vec<Problem> {
        let places = header.columns_by_name();
        let mut problems = Vec::new();
        for feature in &self.0 {
            if let Some(&column) = places.get(feature.name.as_str()) {
                let problem = Problem::new(format!("the table has a column `{}` already", feature.name))
                    .at(feature.written.place(), "gives another one of this name")
                    .against(header.place(column), "this one");
                problems.push(problem.help("give the feature a name of its own"));
            }
            for (at, (column, _)) in feature.formula.columns.iter().enumerate() {
                if let Some((why, help)) = refused(column) {
                    problems
                        .push(feature.wrong(Problem::new(format!("`{}` can't be made of `{column}`", feature.name)), at, why).help(help));
                } else if !places.contains_key(column.as_str()) {
                    let what = format!("features.{}", feature.name);
                    let help = meant(header, column);
                    let problem = header.missing(column, &what);
                    let problem = if let Some(help) = help { problem.help(help) } else { problem };
                    problems.push(feature.wrong(problem, at, "no column of the table"));
                }
            }
        }
        problems
    }

    /// Adds the features to a table that has their columns.
    ///
    /// # Errors
    /// When a column holds texts, or there is no memory.
    pub fn add_to(&self, table: &mut Table) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let places = table.columns_by_name();
        let (mut problems, mut bound) = (Vec::new(), Vec::with_capacity(self.0.len()));
        for feature in &self.0 {
            let mut columns = Vec::with_capacity(feature.formula.columns.len());
            for (at, (name, _)) in feature.formula.columns.iter().enumerate() {
                let column = *places.get(name.as_str()).expect("the table was read for the formulas");
                if table.columns[column].kind != Kind::Number {
                    let problem = Problem::new(format!("column `{name}` holds texts, with which nothing can be worked out"));
                    problems.push(
                        feature
                            .wrong(problem, at, "wants numbers")
                            .help("take it out of the formula; where it is numbers but for some texts, name those in preprocess.na_values"),
                    );
                }
                columns.push(column);
            }
            bound.push((&feature.formula.term, columns));
        }
        Problems::none_or(problems)?;
        let names = self.0.iter().map(|feature| feature.name.clone()).collect();
        table.add_numbers(names, |row, new| {
            bound.iter().zip(new).for_each(|((term, columns), new)| *new = term.at(&|place| row[columns[place]]));
        })?;
        Ok(())
    }

    /// The first row of the table in which a feature is missing, if there is one, for whoever has nothing to put there.
    pub fn refuse_missing(&self, table: &Table) -> Result<(), Problem> {
        let places = table.columns_by_name();
        for feature in &self.0 {
            let column = *places.get(feature.name.as_str()).expect("the features were added");
            if let Some(row) = (0..table.rows()).find(|&row| table.row(row)[column].is_nan()) {
                let problem = Problem::new(format!("`{}` has no value in row {}", feature.name, row + 1));
                let problem =
                    problem.at(feature.written.place(), "divides by 0, takes the logarithm of what is not above 0, or grows too large");
                return Err(problem.help("preprocess.missing says what such a cell becomes: mean, median or zero"));
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Feature> {
        self.0.binary_search_by(|feature| feature.name.as_str().cmp(name)).ok().map(|at| &self.0[at])
    }
}

/// The formula of a feature, which names none of `names`, the features themselves.
fn read_one(name: &str, written: &Written, names: &BTreeSet<String>) -> Result<Formula, Problem> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains(char::is_control) {
        let problem =
            Problem::new("a feature's name is empty, too long, or has signs that can't be shown").at(written.place(), "its formula");
        return Err(problem.help(format!("give it a name of 1 to {NAME_BYTES_MAX} bytes")));
    }
    let formula = Formula::parse(written.text()).map_err(|flaw| {
        let problem = Problem::new(format!("features.{name}: {}", flaw.message));
        problem.at(written.place_within(flaw.span), flaw.label).help(flaw.help)
    })?;
    if let Some((other, span)) = formula.columns.iter().find(|(column, _)| names.contains(column)) {
        let problem =
            Problem::new(format!("features.{name}: `{other}` is a feature itself")).at(written.place_within(span.clone()), "no column");
        return Err(problem.help("formulas look at columns of the table alone: write its arithmetic out here"));
    }
    Ok(formula)
}

/// What was meant by a name that a sign or blank cut short.
fn meant(header: &Header, name: &str) -> Option<String> {
    let rest = |known: &String| known.strip_prefix(name).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric() && c != '_'));
    let known = header.names().iter().find(|known| rest(known))?;
    Some(format!("did you mean '{known}'? A name with blanks or signs in it stands in quotes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Document, Source};

    fn derived(text: &str) -> Result<Derived, String> {
        let document = Document::parse(&Source::new("s.toml", text), &[]).expect("TOML");
        let derived = Derived::read(&mut document.root());
        document.finish().map(|_| derived).map_err(|error| error.to_string())
    }

    fn table() -> Table {
        let text = Kind::Category(vec!["x".to_owned()]);
        Table::of_test(&[("credit", Kind::Number), ("days-late", Kind::Number), ("job", text)], &[8.0, 2.0, 0.0, f64::NAN, 0.0, 0.0])
    }

    #[test]
    fn features_are_added_in_the_order_of_their_names() {
        let derived = derived("[features]\nz = \"2 * credit\"\na = \"credit / 'days-late'\"").expect("it makes sense");
        let mut table = table();
        derived.add_to(&mut table).expect("columns are numbers");
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["credit", "days-late", "job", "a", "z"]);
        assert_eq!(table.row(0)[3..], [4.0, 16.0]);
        assert!(table.row(1)[3].is_nan() && table.row(1)[4].is_nan());
        assert_eq!(derived.operands("a").map(Iterator::collect::<Vec<_>>), Some(vec!["credit", "days-late"]));
        assert!(derived.needs("days-late") && !derived.needs("job") && !derived.has("credit") && derived.operands("job").is_none());
        let refused = Error::from(derived.refuse_missing(&table).expect_err("credit is missing")).to_string();
        assert!(refused.contains("`a` has no value in row 2") && refused.contains("s.toml:3:5"), "{refused}");
    }

    #[test]
    fn mistakes_are_shown_within_the_text() {
        for (formula, position, part) in [
            ("credit / (1 +", "s.toml:2:18", "operand is missing"),
            ("credit + a", "s.toml:2:15", "is a feature itself"),
            ("", "s.toml:2:5", "empty formula"),
        ] {
            let told = derived(&format!("[features]\na = \"{formula}\"")).expect_err(formula);
            assert!(told.contains(position) && told.contains(part), "{told}");
        }
        assert!(derived("[features]\na = 1").expect_err("no text").contains("must be a text in quotes"));
        assert!(derived("features = 1").expect_err("no table").contains("[features]"));
        let many: String = (0..1001).map(|at| format!("f{at} = \"a\"\n")).collect();
        assert!(derived(&format!("[features]\n{many}")).expect_err("too many").contains("more than 1000"));
    }

    #[test]
    fn columns_that_are_not_there_are_proposed() {
        let header = Header::new("t.csv".into(), "credit,days-late".into(), vec!["credit".into(), "days-late".into()], vec![0..6, 7..16]);
        let problems = |formula: &str| {
            let derived = derived(&format!("[features]\ncredit2 = \"{formula}\"")).expect("it makes sense");
            derived.check(&header, &|column| (column == "label").then_some(("is the label", "take it out")))
        };
        assert!(problems("credit").is_empty());
        let told = |formula: &str| Problems::none_or(problems(formula)).expect_err(formula).to_string();
        assert!(told("2 * credt").contains("did you mean `credit`?") && told("2 * credt").contains("s.toml:2:16"));
        assert!(told("days - 1").contains("did you mean 'days-late'?"), "{}", told("days - 1"));
        assert!(told("label").contains("is the label"));
        let same = derived("[features]\ncredit = \"2 * 'days-late'\"").expect("it makes sense");
        assert!(Problems::none_or(same.check(&header, &|_| None)).expect_err("twice").to_string().contains("a column `credit` already"));
    }

    #[test]
    fn texts_are_refused_at_their_place() {
        let derived = derived("[features]\na = \"credit + job\"").expect("it makes sense");
        let told = derived.add_to(&mut table()).expect_err("job holds texts").to_string();
        assert!(told.contains("column `job` holds texts") && told.contains("s.toml:2:15"), "{told}");
    }
}
