//! What went wrong and where: problems shown as rustc shows them, and the one error type with its exit codes.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, IsTerminal};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// A stretch of a text that the user wrote: a scenario, a `--set` argument, one line of a CSV file.
#[derive(Clone, Debug)]
pub struct Place {
    name: Arc<str>,
    text: Arc<str>,
    line_start: usize,
    columns_cut: usize,
    span: Range<usize>,
}

impl Place {
    /// The bytes `span` of `text`, a text shown under `name` whose first line is number `line_start` (from 1).
    pub fn new(name: Arc<str>, text: Arc<str>, line_start: usize, span: Range<usize>) -> Self {
        let end = span.end.min(text.len());
        Self { name, text, line_start, columns_cut: 0, span: span.start.min(end)..end }
    }

    /// The same place in a text whose one line was cut at its front, so that it lost `columns` characters.
    #[must_use]
    pub fn cut_before(mut self, columns: usize) -> Self {
        self.columns_cut = columns;
        self
    }

    /// The stretch itself.
    pub fn marked(&self) -> &str {
        self.text.get(self.span.clone()).unwrap_or_default()
    }

    /// The bytes `span` of the stretch.
    #[must_use]
    pub fn part(&self, span: Range<usize>) -> Self {
        let end = self.span.end.min(self.span.start + span.end);
        Self { span: end.min(self.span.start + span.start)..end, ..self.clone() }
    }

    /// `name:line:column`, both counted from 1, the column in characters.
    pub fn position(&self) -> String {
        let (line, column) = self.line_and_column();
        format!("{}:{line}:{column}", self.name)
    }

    /// Whether two marks on its line could be too far apart to be shown.
    fn is_on_a_long_line(&self) -> bool {
        let bytes = self.text.as_bytes();
        let before = bytes[..self.span.start].iter().rev().take_while(|&&byte| byte != b'\n').take(LONG_LINE_BYTES);
        let after = bytes[self.span.start..].iter().take_while(|&&byte| byte != b'\n').take(LONG_LINE_BYTES);
        before.count() + after.count() >= LONG_LINE_BYTES
    }

    fn line_and_column(&self) -> (usize, usize) {
        let before = &self.text[..floor_char(&self.text, self.span.start)];
        let line = self.line_start + before.matches('\n').count();
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        (line, column + self.columns_cut)
    }
}

/// Of a line of so many bytes one mark is shown.
const LONG_LINE_BYTES: usize = 4096;

/// The greatest character boundary of `text` that is not above `at`.
fn floor_char(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// One mistake of the user's: what is wrong, where, and the way out.
#[derive(Clone, Debug)]
pub struct Problem {
    message: String,
    label: String,
    place: Option<Place>,
    second: Option<Box<(Place, String)>>,
    notes: Vec<String>,
    help: Option<String>,
    key: Option<String>,
    severity: Severity,
}

/// Whether a problem stops the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    /// It does.
    Error,
    /// It does not, but the user should know of it.
    Warning,
}

impl Problem {
    /// A problem whose place is not known, or not known yet.
    pub fn new(message: impl Into<String>) -> Self {
        let (label, severity) = (String::new(), Severity::Error);
        Self { message: message.into(), label, place: None, second: None, notes: Vec::new(), help: None, key: None, severity }
    }

    /// The same as a warning, which stops nothing.
    #[must_use]
    pub fn as_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// A problem of the scenario's key `key` (dotted, `partition.alpha`); [`Problem::located`] finds the place.
    pub fn about(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..Self::new(message) }
    }

    /// Says first whose problem it is.
    #[must_use]
    pub fn of(mut self, who: &str) -> Self {
        self.message = format!("{who}: {}", self.message);
        self
    }

    /// Sets the place, and the words under the marked stretch.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.place = Some(place);
        self.label = label.into();
        self
    }

    /// Adds a second place that the problem contradicts.
    #[must_use]
    pub fn against(mut self, place: Place, label: impl Into<String>) -> Self {
        self.second = Some(Box::new((place, label.into())));
        self
    }

    /// Adds what else there is to know, each on a line of its own.
    #[must_use]
    pub fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Sets the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Gives a problem made by [`Problem::about`] its place, as `find` knows it.
    #[must_use]
    pub fn located(mut self, find: impl Fn(&str) -> Option<Place>) -> Self {
        if self.place.is_none() {
            self.place = self.key.as_deref().and_then(find);
        }
        self
    }

    /// The message, without place and help.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `name:line:column` of the main place, if there is one.
    pub fn position(&self) -> Option<String> {
        self.place.as_ref().map(Place::position)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(shown(&self.message)));
        if let Some(place) = &self.place {
            let mut snippet = snippet(place).annotation(primary(place, &self.label));
            match self.second.as_deref() {
                // The renderer shows a line from its first mark to its last, however far they are apart.
                Some((other, _)) if Arc::ptr_eq(&other.text, &place.text) && (place.is_on_a_long_line() || other.is_on_a_long_line()) => {
                    group = show(group, place, snippet);
                }
                Some((other, words)) if Arc::ptr_eq(&other.text, &place.text) => {
                    snippet = snippet.annotation(AnnotationKind::Context.span(other.span.clone()).label(shown(words)));
                    group = show(group, place, snippet);
                }
                Some((other, words)) => {
                    group = show(group, place, snippet);
                    group = show(group, other, self::snippet(other).annotation(primary(other, words)));
                }
                None => group = show(group, place, snippet),
            }
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(shown(note)));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(shown(help)));
        }
        renderer.render(&[group])
    }
}

fn primary<'a>(place: &Place, label: &'a str) -> annotate_snippets::Annotation<'a> {
    let annotation = AnnotationKind::Primary.span(place.span.clone());
    if label.is_empty() { annotation } else { annotation.label(shown(label)) }
}

fn snippet<'a>(place: &'a Place) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    Snippet::source(&*place.text).line_start(place.line_start).fold(true)
}

/// Adds a snippet below its place's name and position. Of a line that was cut, the renderer would count the columns
/// wrongly, so that the position is written for it.
fn show<'a>(group: Group<'a>, place: &'a Place, snippet: Snippet<'a, annotate_snippets::Annotation<'a>>) -> Group<'a> {
    if place.columns_cut == 0 {
        return group.element(snippet.path(shown(&place.name)));
    }
    let (line, column) = place.line_and_column();
    group.element(Origin::path(shown(&place.name)).line(line).char_column(column)).element(snippet)
}

/// Of a longer text, such as one with a column's name of a megabyte, so many characters are shown of its front and its end.
const SHOWN_CHARS: (usize, usize) = (700, 200);

/// A text as a terminal may see it: one line, not endless, and nothing in it that moves the cursor, changes a colour or
/// turns the direction of writing.
pub fn shown(text: &str) -> Cow<'_, str> {
    let (front, end) = SHOWN_CHARS;
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_odd = |c: char| c.is_control() || turns(c);
    let is_short = text.len() <= front + end || text.chars().nth(front + end).is_none();
    if is_short && !text.contains(is_odd) {
        return text.into();
    }
    let write = |c: char| if is_odd(c) { c.escape_unicode().to_string() } else { c.to_string() };
    if is_short {
        return text.chars().map(write).collect();
    }
    let start = text.char_indices().nth_back(end - 1).map_or(0, |(at, _)| at);
    text.chars().take(front).map(write).chain(["…".to_owned()]).chain(text[start..].chars().map(write)).collect()
}

/// So many problems are shown; of more, only their number.
pub const PROBLEMS_SHOWN_MAX: usize = 20;

/// All the problems that one look at the user's input found; never empty.
#[derive(Debug)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` if there are none, else all of them as one error.
    ///
    /// # Errors
    /// When `problems` holds at least one.
    pub fn none_or(problems: Vec<Problem>) -> Result<(), Error> {
        if problems.is_empty() { Ok(()) } else { Err(Error::Mistake(Self(problems))) }
    }

    /// The problems, in the order in which they were found.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }

    /// The problems, [`PROBLEMS_SHOWN_MAX`] at most, as rustc would show them, a blank line between two; in colour if
    /// `styling` says so.
    pub fn render(&self, styling: Styling) -> String {
        let renderer = styling.renderer();
        let hidden = self.0.len().saturating_sub(PROBLEMS_SHOWN_MAX);
        let more = (hidden > 0).then(|| Problem::new(format!("{hidden} more, not shown")).help("mend these first"));
        let problems = self.0.iter().take(PROBLEMS_SHOWN_MAX).chain(&more);
        problems.map(|problem| problem.render(&renderer)).collect::<Vec<_>>().join("\n\n")
    }
}

/// Whether a text may hold terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Styling {
    /// No escape sequences.
    Plain,
    /// ANSI colours.
    Colour,
}

impl Styling {
    /// What stderr takes: colours on a terminal, unless the environment says `NO_COLOR`.
    pub fn of_stderr() -> Self {
        let is_coloured = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if is_coloured { Self::Colour } else { Self::Plain }
    }

    fn renderer(self) -> Renderer {
        match self {
            Self::Plain => Renderer::plain(),
            Self::Colour => Renderer::styled(),
        }
    }
}

/// Warnings as rustc would show them, each ending in a blank line.
pub fn render_warnings(warnings: &[Problem], styling: Styling) -> String {
    let renderer = styling.renderer();
    warnings.iter().map(|warning| warning.render(&renderer) + "\n\n").collect()
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Styling::Plain))
    }
}

/// Everything that can stop a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user's mistake, in a scenario, an argument, a file or a folder that the user named.
    #[error("{0}")]
    Mistake(Problems),
    /// The simulation itself went wrong: numbers that left the finite range, for instance.
    #[error("{0}")]
    Failure(String),
    /// Something that was to be checked, and was, does not hold.
    #[error("{0}")]
    CheckFailed(String),
    /// Ctrl-C, after the files were made whole.
    #[error("{0}")]
    Interrupted(String),
}

impl Error {
    /// The process's exit code: 1 failure, 2 the user's mistake, 3 a check that did not hold, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Failure(_) => 1,
            Self::Mistake(_) => 2,
            Self::CheckFailed(_) => 3,
            Self::Interrupted(_) => 130,
        }
    }

    /// The same error, its problems given their places as `find` knows them.
    #[must_use]
    pub fn located(self, find: impl Fn(&str) -> Option<Place>) -> Self {
        match self {
            Self::Mistake(Problems(problems)) => {
                Self::Mistake(Problems(problems.into_iter().map(|problem| problem.located(&find)).collect()))
            }
            other => other,
        }
    }

    /// The same error, each of its problems saying first whose it is.
    #[must_use]
    pub fn of(self, who: &str) -> Self {
        match self {
            Self::Mistake(Problems(problems)) => Self::Mistake(Problems(problems.into_iter().map(|problem| problem.of(who)).collect())),
            other => other,
        }
    }

    /// A file or folder that the user named and that could not be read or written.
    pub fn file(action: &str, path: &Path, cause: &io::Error) -> Self {
        let help = match cause.kind() {
            io::ErrorKind::NotFound => "check the spelling",
            io::ErrorKind::PermissionDenied => "name another path, or change its permissions",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space, or name a folder on another disk with --out",
            io::ErrorKind::IsADirectory => "name a file, not a folder",
            io::ErrorKind::NotADirectory => "a part of this path is a file, not a folder: name another path",
            _ => "check that the path names what you mean and that the disk is in order",
        };
        Problem::new(format!("can't {action} {}: {}", path.display(), describe(cause))).help(help).into()
    }
}

/// An operating system's error in words, without Rust's `(os error N)`.
fn describe(cause: &io::Error) -> String {
    // Windows says it in words of its own.
    if cause.kind() == io::ErrorKind::NotFound {
        return "no such file or directory".to_owned();
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Mistake(Problems(vec![problem]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> Place {
        Place::new("a.toml".into(), text.into(), 1, span)
    }

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        assert_eq!(place("a = 1\nbé = 2\n", 10..11).position(), "a.toml:2:4");
        assert_eq!(place("", 0..0).position(), "a.toml:1:1");
    }

    #[test]
    fn a_problem_shows_its_place_its_line_and_the_way_out() {
        let problem = Problem::new("unknown key `epoch`")
            .at(place("x = 1\nepoch = 2\n", 6..11), "not a key of [training]")
            .help("did you mean `epochs`?");
        let shown = Problems(vec![problem]).to_string();
        for part in ["error: unknown key `epoch`", "a.toml:2:1", "epoch = 2", "^^^^^", "did you mean `epochs`?"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn a_line_that_was_cut_keeps_its_true_column() {
        let place = Place::new("a.csv".into(), "…,x,…".into(), 7, 4..5).cut_before(99);
        assert_eq!(place.position(), "a.csv:7:102");
        let shown = Problems(vec![Problem::new("m").at(place, "here")]).to_string();
        for part in ["--> a.csv:7:102", "7 | …,x,…", "  ^ here"] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let name = "a\u{1b}[2J\u{202e}b";
        let problem = Problem::new(format!("column {name}")).at(Place::new(name.into(), name.into(), 1, 0..1), name).help(name);
        for styling in [Styling::Plain, Styling::Colour] {
            let told = Problems(vec![problem.clone()]).render(styling);
            assert!(!told.contains('\u{202e}') && !told.contains("\u{1b}[2J") && told.contains("\\u{202e}b"), "{told}");
        }
    }

    #[test]
    fn a_megabyte_in_a_message_is_cut_in_its_middle() {
        let long = "é".repeat(1 << 20);
        let problem = Problem::new(format!("column {long} of the end")).at(place(&long, 0..2), &long).help(&long);
        let told = Problems(vec![problem]).to_string();
        assert!(told.len() < 10_000 && told.contains("column é") && told.contains("…") && told.contains("é of the end"), "{}", told.len());
        assert_eq!(shown("a short text: é"), "a short text: é");
        let edge = "é".repeat(900);
        assert_eq!(shown(&edge), edge);
    }

    #[test]
    fn of_two_marks_on_a_long_line_the_main_one_is_shown() {
        let text: Arc<str> = format!("a,{},a", "x".repeat(100_000)).into();
        let at = |span: Range<usize>| Place::new("a.csv".into(), Arc::clone(&text), 1, span);
        let problem = Problem::new("m").at(at(100_003..100_004), "again here").against(at(0..1), "first here");
        let told = Problems(vec![problem]).to_string();
        assert!(told.len() < 2000 && told.contains("a.csv:1:100004") && told.contains("again here"), "{}", told.len());
    }

    #[test]
    fn of_many_problems_the_first_are_shown_and_the_others_counted() {
        let problems = |count: usize| Problems((0..count).map(|at| Problem::new(format!("number {at}."))).collect()).to_string();
        assert!(problems(20).contains("number 19.") && !problems(20).contains("more"));
        assert!(problems(1020).contains("1000 more, not shown") && !problems(1020).contains("number 20."));
    }

    #[test]
    fn a_span_past_the_end_is_cut_not_a_panic() {
        let problem = Problem::new("m").at(place("abc", 10..20), "l");
        assert!(Problems(vec![problem]).to_string().contains("a.toml:1:"));
    }
}
