//! The first tree of a model of trees: which rows go where, how many of all that are, and what they come to.

use super::rounds::counted;
use super::split_words::{Answers, Condition, FeatureKinds};
use crate::charts::cells::{Ramp, Shade};
use crate::charts::figure::{Figure, Panel};
use crate::charts::flow::{Arrow, Flow, FlowBox};
use crate::charts::palette::{BLUE, VERMILLION};
use crate::charts::{SMALL, TEXT_ROOM, Weight, figure_height, shortened, text_width};
use crate::diag::{Error, Problem};
use crate::logs::{Unit, trees};
use crate::runs::{Cell, Saved};
use crate::tasks::Task;

const FILE: &str = "trees.csv";

/// So many levels of splits are drawn; what lies below is counted.
const LEVELS: usize = 3;
/// The room of a class's name in the title.
const NAME: f64 = 240.0;

/// A node of the first tree.
#[derive(Clone, Debug)]
struct Node {
    /// `None` of a leaf.
    split: Option<Split>,
    value: f64,
    cover: f64,
}

/// How rows go on.
#[derive(Clone, Debug)]
struct Split {
    condition: Condition,
    /// Left and right.
    children: [usize; 2],
    gain: f64,
}

/// The first tree, and how many there are.
#[derive(Clone, Debug)]
struct First {
    trees: u64,
    /// Whose score it adds to, where there are several classes.
    class: Option<String>,
    nodes: Vec<Node>,
    /// The leaves below each node, itself if it is one, (nodes,).
    leaves: Vec<usize>,
    /// The levels of splits below each node, its own included, (nodes,).
    levels: Vec<usize>,
}

/// The picture.
pub(super) fn figure(saved: &Saved, task: Task) -> Result<Figure, Error> {
    let first = read(saved)?;
    let score = match (task, &first.class) {
        (Task::Regression, _) => "the prediction".to_owned(),
        (_, Some(class)) => format!("the score of class {}", shortened(class, SMALL, NAME)),
        _ => "the log-odds of label 1".to_owned(),
    };
    let title = format!("Values add to {score}; cover is the share of the rows, as they weigh");
    let mut panel = Panel::of_flow(title, flow(&first));
    panel.note = "there is no tree".to_owned();
    let height = panel.flow.as_ref().map_or(0, figure_height);
    Ok(Figure::new(first.title(), 1, (1600, height), vec![panel]))
}

impl First {
    fn title(&self) -> String {
        let (Some(&leaves), Some(&levels)) = (self.leaves.first(), self.levels.first()) else { return "The model has no tree".to_owned() };
        let class = self.class.as_ref().map_or(String::new(), |class| format!(", of class {}", shortened(class, SMALL, NAME)));
        let which = match self.trees {
            1 => "The only tree".to_owned(),
            trees => format!("The first of {} trees", Unit::Plain.show(trees as f64)),
        };
        let splits = self.nodes.iter().filter(|node| node.split.is_some()).count();
        let drawn = if levels > LEVELS { format!("; {LEVELS} of {levels} levels are drawn") } else { String::new() };
        format!("{which}{class}: {}, {}{drawn}", counted(splits, "split"), leaves_of(leaves))
    }
}

/// The first tree of the table.
fn read(saved: &Saved) -> Result<First, Error> {
    let kinds = FeatureKinds::read(saved)?;
    let has_class = saved.columns(FILE)?.iter().any(|column| column == "class");
    let fixed = ["tree", "node", "feature", "cut", "missing", "left", "right", "value", "cover", "gain"];
    let columns: Vec<String> = fixed.into_iter().chain(has_class.then_some("class")).map(str::to_owned).collect();
    let (mut nodes, mut trees, mut class): (Vec<Node>, u64, Option<String>) = (Vec::new(), 0, None);
    saved.rows_of(FILE, &columns, |cells| {
        let tree = cells[0].count()?;
        trees = trees.max(tree);
        if tree != 1 {
            return Ok(());
        }
        if cells[1].count()? != nodes.len() as u64 {
            return Err(cells[1].problem("is not the next node"));
        }
        class = cells.get(fixed.len()).map(|cell| cell.text().to_owned());
        let split = if cells[2].text().is_empty() { None } else { Some(split(cells, &kinds)?) };
        nodes.push(Node { split, value: cells[7].number()?, cover: cells[8].number()? });
        Ok(())
    })?;
    let count = nodes.len();
    if nodes.iter().flat_map(|node| &node.split).any(|split| split.children.iter().any(|&child| child >= count)) {
        let message = format!("{}: a node lacks a child", saved.path_of(FILE).display());
        return Err(Problem::new(message).help("the file is not as fedsim wrote it: run the scenario again").into());
    }
    let (mut leaves, mut levels) = (vec![1_usize; count], vec![0_usize; count]);
    for at in (0..count).rev() {
        if let Some(Split { children: [left, right], .. }) = nodes[at].split {
            leaves[at] = leaves[left].saturating_add(leaves[right]);
            levels[at] = 1 + levels[left].max(levels[right]);
        }
    }
    Ok(First { trees, class, nodes, leaves, levels })
}

/// The split of a node in these cells, from its number on.
fn split(cells: &[Cell<'_>], kinds: &FeatureKinds) -> Result<Split, Error> {
    let node = cells[1].count()?;
    let child = |cell: Cell<'_>| match cell.count()? {
        child if child > node => Ok(child as usize),
        _ => Err(cell.problem("does not come after its parent")),
    };
    let cut = if cells[3].text() == trees::ANY { None } else { Some(cells[3].number()?) };
    let missing_left = match cells[4].text() {
        "left" => true,
        "right" => false,
        _ => return Err(cells[4].problem("is neither `left` nor `right`")),
    };
    let condition = kinds.condition(cells[2].text(), cut, missing_left);
    Ok(Split { condition, children: [child(cells[5])?, child(cells[6])?], gain: cells[9].number()? })
}

/// The boxes and arrows of the tree.
fn flow(first: &First) -> Flow {
    let ramp = |name: &str, look| Ramp { name: name.to_owned(), look };
    let mut drawing = Drawing { first, flow: Flow::default(), rows: 0.0 };
    if !first.nodes.is_empty() {
        drawing.place(0, 0);
    }
    Flow {
        ramps: vec![ramp("leaf that raises it, the stronger the more", BLUE), ramp("leaf that lowers it", VERMILLION)],
        measures: vec![("cover", "%"), ("value", ""), ("gain", "")],
        ..drawing.flow
    }
}

/// A tree that is being laid out.
struct Drawing<'a> {
    first: &'a First,
    flow: Flow,
    /// Rows that are taken.
    rows: f64,
}

impl Drawing<'_> {
    /// Places a node on this level with all that is shown below it, and gives its place among the boxes.
    fn place(&mut self, at: usize, level: usize) -> usize {
        let node = &self.first.nodes[at];
        let Some(split) = node.split.as_ref().filter(|_| level < LEVELS) else {
            self.rows += 1.0;
            return self.put(at, level, self.rows - 1.0);
        };
        let children = split.children.map(|child| self.place(child, level + 1));
        let [above, below] = children.map(|child| self.flow.boxes[child].row);
        let own = self.put(at, level, (above + below) / 2.0);
        let labels = match split.condition.answers {
            Answers::YesIsLeft => ["yes", "no"],
            Answers::NoIsLeft => ["no", "yes"],
        };
        let arrow = |(child, label): (usize, &str)| Arrow { between: [own, child], label: label.to_owned() };
        self.flow.arrows.extend(children.into_iter().zip(labels).map(arrow));
        own
    }

    fn put(&mut self, at: usize, column: usize, row: f64) -> usize {
        let node = &self.first.nodes[at];
        let whole = self.first.nodes[0].cover;
        let share = if whole > 0.0 { 100.0 * node.cover / whole } else { 0.0 };
        let goes_on = node.split.is_some() && column == LEVELS;
        let mut lines = match &node.split {
            None => vec![format!("value {}", signed(node.value))],
            Some(_) if goes_on => vec![format!("… {} below", leaves_of(self.first.leaves[at]))],
            Some(split) => split.condition.lines(|words| text_width(words, SMALL, Weight::Regular) <= TEXT_ROOM),
        };
        lines.push(format!("cover {share:.1}%"));
        let lines = lines.iter().map(|line| shortened(line, SMALL, TEXT_ROOM)).collect();
        let shade = node.split.is_none().then(|| self.shade(node.value));
        let condition = node.split.as_ref().map_or("leaf".to_owned(), |split| split.condition.whole());
        let gain = node.split.as_ref().map(|split| split.gain);
        let (told, values) = (format!("node {at}: {condition}"), vec![Some(share), Some(node.value), gain]);
        self.flow.boxes.push(FlowBox { column, row, shade, lines, goes_on, told, values });
        self.flow.boxes.len() - 1
    }

    /// The colour of a leaf: full of that with the greatest magnitude.
    fn shade(&self, value: f64) -> Shade {
        let values = self.first.nodes.iter().filter(|node| node.split.is_none()).map(|node| node.value.abs());
        let greatest = values.fold(0.0, f64::max);
        Shade { look: if value > 0.0 { BLUE } else { VERMILLION }, strength: if greatest > 0.0 { value.abs() / greatest } else { 0.0 } }
    }
}

/// A number of leaves in words.
fn leaves_of(count: usize) -> String {
    if count == 1 { "1 leaf".to_owned() } else { format!("{} leaves", Unit::Plain.show(count as f64)) }
}

/// A number with its sign.
fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", Unit::Measure.show(value))
}
