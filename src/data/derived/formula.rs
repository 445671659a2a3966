//! Formulas as users write them, `"-DAYS_BIRTH / 365.25"`, read by recursive descent.

use std::ops::Range;

use super::scan::{Flaw, Scanned, Token, scan};
use super::term::{Function, Operation, Term};

/// The longest formula, in bytes.
pub(super) const BYTES_MAX: usize = 1000;

/// How deep parentheses and signs may nest.
const DEPTH_MAX: usize = 32;

/// The functions: how many numbers each takes, and what it makes of them.
const FUNCTIONS: [(&str, Call); 4] = [
    ("abs", Call::One(Function::Abs)),
    ("log", Call::One(Function::Log)),
    ("min", Call::Two(Operation::Min)),
    ("max", Call::Two(Operation::Max)),
];

#[derive(Clone, Copy, Debug)]
enum Call {
    One(Function),
    Two(Operation),
}

/// A formula that makes sense by itself; whether there are such columns is for a table to say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Formula {
    /// What it says.
    pub term: Term,
    /// The columns that it names, each once, and where it names them first, in bytes.
    pub columns: Vec<(String, Range<usize>)>,
}

impl Formula {
    /// Reads a formula.
    ///
    /// # Errors
    /// The first thing in it that makes no sense.
    pub(super) fn parse(text: &str) -> Result<Self, Flaw> {
        if text.len() > BYTES_MAX {
            let help = "make two features of it, or a column of the table";
            return Err(Flaw::new(0..text.len(), format!("a formula of {} bytes, more than {BYTES_MAX}", text.len()), "too long", help));
        }
        let mut parser = Parser { tokens: scan(text)?, at: 0, depth: 0, columns: Vec::new() };
        if parser.tokens.is_empty() {
            let help = "write arithmetic over columns, such as \"credit / income\"";
            return Err(Flaw::new(0..text.len(), "an empty formula", "says nothing", help));
        }
        let term = parser.sum()?;
        match parser.next() {
            None if parser.columns.is_empty() => {
                let help = "name a column, or take the feature out: a number that is always the same tells rows apart by nothing";
                Err(Flaw::new(0..text.len(), "the formula looks at no column", "the same for every row", help))
            }
            None => Ok(Self { term, columns: parser.columns }),
            Some(Scanned { token: Token::Close, span }) => {
                Err(Flaw::new(span, "a parenthesis is closed that was not opened", "this one", "take it out, or open one before"))
            }
            Some(Scanned { token: Token::Comma, span }) => {
                Err(Flaw::new(span, "a comma outside of a function", "here", "a decimal point is a dot: 0.5; min and max take two numbers"))
            }
            Some(Scanned { span, .. }) => {
                let help = "put one of + - * / before it; a column's name with blanks or signs in it stands in quotes: 'credit amount'";
                Err(Flaw::new(span, "no sign stands between this and what is before", "follows without a sign", help))
            }
        }
    }
}

/// Tokens, and how far they were read.
struct Parser {
    tokens: Vec<Scanned>,
    at: usize,
    depth: usize,
    columns: Vec<(String, Range<usize>)>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|scanned| &scanned.token)
    }

    fn next(&mut self) -> Option<Scanned> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    /// sum = product { ("+" | "-") product }.
    fn sum(&mut self) -> Result<Term, Flaw> {
        let mut left = self.product()?;
        while let Some(Token::Sign(sign @ ('+' | '-'))) = self.peek() {
            let operation = if *sign == '+' { Operation::Sum } else { Operation::Difference };
            self.at += 1;
            left = Term::Pair(operation, Box::new([left, self.product()?]));
        }
        Ok(left)
    }

    /// product = signed { ("*" | "/") signed }.
    fn product(&mut self) -> Result<Term, Flaw> {
        let mut left = self.signed()?;
        while let Some(Token::Sign(sign @ ('*' | '/'))) = self.peek() {
            let operation = if *sign == '*' { Operation::Product } else { Operation::Quotient };
            self.at += 1;
            left = Term::Pair(operation, Box::new([left, self.signed()?]));
        }
        Ok(left)
    }

    /// signed = "-" signed | "+" signed | atom.
    fn signed(&mut self) -> Result<Term, Flaw> {
        let Some(Token::Sign(sign @ ('+' | '-'))) = self.peek() else { return self.atom() };
        let is_negated = *sign == '-';
        let span = self.tokens[self.at].span.clone();
        self.at += 1;
        let inner = self.deeper(span, Self::signed)?;
        Ok(if is_negated { Term::Of(Function::Negated, Box::new(inner)) } else { inner })
    }

    /// atom = number | name | name "(" sum { "," sum } ")" | "(" sum ")".
    fn atom(&mut self) -> Result<Term, Flaw> {
        let Some(Scanned { token, span }) = self.next() else { return Err(self.ended()) };
        match token {
            Token::Number(number) => Ok(Term::Number(number)),
            Token::Quoted(name) => Ok(self.column(name, span)),
            Token::Name(name) if self.peek() == Some(&Token::Open) => self.call(&name, span),
            Token::Name(name) => Ok(self.column(name, span)),
            Token::Open => {
                let inner = self.deeper(span.clone(), Self::sum)?;
                self.close(span)?;
                Ok(inner)
            }
            Token::Sign(_) | Token::Close | Token::Comma => Err(Flaw::new(
                span,
                "an operand is missing",
                "a number or a column must stand before this",
                "write one, or take the sign out",
            )),
        }
    }

    fn column(&mut self, name: String, span: Range<usize>) -> Term {
        let known = self.columns.iter().position(|(column, _)| *column == name);
        Term::Column(known.unwrap_or_else(|| {
            self.columns.push((name, span));
            self.columns.len() - 1
        }))
    }

    /// A function's numbers in parentheses, of which the first is next.
    fn call(&mut self, name: &str, span: Range<usize>) -> Result<Term, Flaw> {
        let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let Some((_, call)) = known else {
            let help = "the functions are abs(a), log(a), which is the natural logarithm, min(a, b) and max(a, b)";
            return Err(Flaw::new(span, format!("unknown function `{name}`"), "followed by a parenthesis", help));
        };
        let open = self.next().expect("a parenthesis was seen").span;
        let mut numbers = vec![self.deeper(open.clone(), Self::sum)?];
        while self.peek() == Some(&Token::Comma) {
            self.at += 1;
            numbers.push(self.sum()?);
        }
        self.close(open)?;
        match (*call, <[Term; 2]>::try_from(numbers)) {
            (Call::Two(operation), Ok(pair)) => Ok(Term::Pair(operation, Box::new(pair))),
            (Call::One(function), Err(one)) if one.len() == 1 => Ok(Term::Of(function, Box::new(one.into_iter().next().expect("one")))),
            (call, given) => {
                let wanted = if matches!(call, Call::One(_)) { "one number" } else { "two numbers" };
                let given = given.map_or_else(|numbers| numbers.len(), |pair| pair.len());
                let help = "min(a, min(b, c)) is the least of three";
                Err(Flaw::new(span, format!("`{name}` takes {wanted}, not {given}"), "this function", help))
            }
        }
    }

    /// What `read` reads within what begins at `span`.
    fn deeper(&mut self, span: Range<usize>, read: impl FnOnce(&mut Self) -> Result<Term, Flaw>) -> Result<Term, Flaw> {
        if self.depth == DEPTH_MAX {
            let help = "make a feature of the inner part, or a column of the table";
            return Err(Flaw::new(span, format!("signs and parentheses nest deeper than {DEPTH_MAX}"), "this one", help));
        }
        self.depth += 1;
        let term = read(self);
        self.depth -= 1;
        term
    }

    fn close(&mut self, open: Range<usize>) -> Result<(), Flaw> {
        if self.peek() == Some(&Token::Close) {
            self.at += 1;
            return Ok(());
        }
        match self.tokens.get(self.at) {
            Some(Scanned { token: Token::Number(_) | Token::Name(_) | Token::Quoted(_) | Token::Open, span }) => {
                let help = "put one of + - * / before it; a column's name with blanks or signs in it stands in quotes: 'credit amount'";
                Err(Flaw::new(span.clone(), "no sign stands between this and what is before", "follows without a sign", help))
            }
            Some(Scanned { token: Token::Comma, span }) => {
                let help = "a decimal point is a dot: 0.5; min and max take two numbers";
                Err(Flaw::new(span.clone(), "a comma outside of a function", "here", help))
            }
            _ => Err(Flaw::new(open, "a parenthesis is never closed", "opened here", "close it")),
        }
    }

    fn ended(&self) -> Flaw {
        let last = self.tokens.last().expect("an empty formula was refused").span.clone();
        Flaw::new(last, "the formula ends where an operand is missing", "nothing follows upon this", "write a number or a column after it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::math::ln;

    /// The formula's value where a is 6, b is 4 and `odd name` is 100.
    fn value(text: &str) -> f64 {
        let formula = Formula::parse(text).expect("it makes sense");
        let cell = |place: usize| match formula.columns[place].0.as_str() {
            "a" => 6.0,
            "b" => 4.0,
            "odd name" => 100.0,
            other => panic!("{other} is no column here"),
        };
        formula.term.at(&cell)
    }

    #[test]
    fn arithmetic_has_its_usual_order() {
        for (text, expected) in [
            ("a", 6.0),
            ("a - b - 1", 1.0),
            ("a / b / 2", 0.75),
            ("a + b * 2", 14.0),
            ("(a + b) * 2", 20.0),
            ("-a / 365.25", -6.0 / 365.25),
            ("2 - -a", 8.0),
            ("-(a - b)", -2.0),
            ("a*-b", -24.0),
            ("+a", 6.0),
            ("1.5e1 * b", 60.0),
            (".5 * b", 2.0),
            ("min(a, b) + max(a, b)", 10.0),
            ("abs(b - a)", 2.0),
            ("log(a / b)", ln(1.5)),
            ("'odd name' / a", 100.0 / 6.0),
            ("`odd name` - \"odd name\"", 0.0),
        ] {
            assert!((value(text) - expected).abs() < 1e-15, "{text}: {} for {expected}", value(text));
        }
    }

    #[test]
    fn a_column_is_named_once_and_where_it_stands_first() {
        let formula = Formula::parse("a / (b + a)").expect("it makes sense");
        assert_eq!(formula.columns, [("a".to_owned(), 0..1), ("b".to_owned(), 5..6)]);
    }

    #[test]
    fn what_makes_no_sense_is_marked_at_its_place() {
        for (text, marked, part) in [
            ("", 0..0, "empty"),
            ("  ", 0..2, "empty"),
            ("a +", 2..3, "operand is missing"),
            ("a * / b", 4..5, "operand is missing"),
            ("(a", 0..1, "never closed"),
            ("a)", 1..2, "not opened"),
            ("a b", 2..3, "no sign"),
            ("(a b)", 3..4, "no sign"),
            ("2 a", 2..3, "no sign"),
            ("a ^ 2", 2..3, "`^`"),
            ("a / 'b", 4..6, "never closed"),
            ("sqrt(a)", 0..4, "unknown function `sqrt`"),
            ("min(a)", 0..3, "takes two numbers, not 1"),
            ("max(a, b, a)", 0..3, "takes two numbers, not 3"),
            ("log(a, b)", 0..3, "takes one number, not 2"),
            ("log()", 4..5, "operand is missing"),
            ("a, b", 1..2, "comma"),
            ("1,5 * a", 1..2, "comma"),
            ("1 + 2", 0..5, "no column"),
            ("a + 1e999", 4..9, "number"),
            ("a + 1.2.3", 4..9, "number"),
            ("a / ''", 4..6, "empty"),
        ] {
            let flaw = Formula::parse(text).expect_err(text);
            assert!(flaw.span == marked && flaw.message.contains(part), "{text}: {flaw:?}");
        }
    }

    #[test]
    fn a_formula_has_a_length_and_a_depth() {
        let deep = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Formula::parse(&deep(32)).is_ok());
        assert_eq!(Formula::parse(&deep(33)).expect_err("too deep").span, 32..33);
        assert!(Formula::parse(&format!("{}a", "-".repeat(33))).is_err());
        let long = |bytes: usize| format!("{}a", "a+".repeat(bytes / 2));
        assert!(Formula::parse(&long(998)).is_ok() && Formula::parse(&long(1000)).is_err());
    }
}
