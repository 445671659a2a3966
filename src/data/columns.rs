//! Columns of a table by their names, where they are no features.

use super::table::{Kind, Table};

/// A column of texts that is no feature.
#[derive(Debug)]
pub struct TextColumn {
    /// Each row's place among the values, (rows,); `u32::MAX` where the cell is missing.
    pub codes: Vec<u32>,
    /// The values, sorted bytewise.
    pub values: Vec<String>,
}

impl TextColumn {
    /// The column of this name, which was read as text.
    pub fn of(table: &Table, name: &str) -> Self {
        let index = table.find(name).expect("the column was asked for");
        let values = match &table.columns[index].kind {
            Kind::Category(values) => values.clone(),
            // Every cell is missing.
            Kind::Number => Vec::new(),
        };
        let code = |cell: f64| if cell.is_nan() { u32::MAX } else { cell as u32 };
        Self { codes: column(table, name).into_iter().map(code).collect(), values }
    }

    /// A row's text; empty where the cell is missing.
    pub fn at(&self, row: usize) -> &str {
        self.values.get(self.codes[row] as usize).map_or("", String::as_str)
    }
}

/// A column's cells, (rows,).
pub(super) fn column(table: &Table, name: &str) -> Vec<f64> {
    let index = table.find(name).expect("the column was asked for");
    (0..table.rows()).map(|row| table.row(row)[index]).collect()
}
