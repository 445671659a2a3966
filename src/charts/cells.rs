//! A table of cells as a value: what is in them, and how strongly that colours each.

/// How opaque a cell of full colour is: the page's ink is read on it in the light and in the dark.
pub const OPAQUE_MOST: f64 = 0.6;

/// The cells of a panel whose axes have names: of the columns and of the rows.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// What the colours say, each an entry of the legend.
    pub ramps: Vec<Ramp>,
    /// What a pointer is told of each cell beside its name: names and units.
    pub measures: Vec<(&'static str, &'static str)>,
    /// Whose numbers are written or left out together.
    pub alike: Alike,
    /// The cells, of which some may be missing.
    pub all: Vec<Cell>,
}

/// Which cells tell the same: numbers that have no room in one of them are left out in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alike {
    /// All.
    #[default]
    All,
    /// Those of a row.
    Row,
}

/// A colour, from none of it to all of it.
#[derive(Clone, Debug)]
pub struct Ramp {
    /// What it says.
    pub name: String,
    /// The number of its colour.
    pub look: usize,
}

/// A column and a row, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// From the left.
    pub column: usize,
    /// From the top.
    pub row: usize,
}

/// A cell's colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shade {
    /// Its number.
    pub look: usize,
    /// How much of it, from 0 to 1.
    pub strength: f64,
}

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Where it lies.
    pub at: At,
    /// `None` if it has no colour.
    pub shade: Option<Shade>,
    /// What is written in it.
    pub lines: Vec<String>,
    /// What it is called where a pointer finds it.
    pub told: String,
    /// The values of the measures.
    pub values: Vec<Option<f64>>,
}

impl Shade {
    /// The share of the paper that the colour hides, in hundredths.
    pub(crate) fn opacity(self) -> f64 {
        (100.0 * OPAQUE_MOST * self.strength.clamp(0.0, 1.0)).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a colour that hides 60 hundredths at most, a quarter hides 15.
    #[test]
    fn the_share_of_the_paper_that_is_hidden_grows_with_the_strength() {
        let opacity = |strength| Shade { look: 0, strength }.opacity();
        assert_eq!([0.0, 0.25, 1.0, 7.0].map(opacity), [0.0, 0.15, 0.6, 0.6]);
    }
}
