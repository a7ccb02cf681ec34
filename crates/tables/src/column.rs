//! One column of a table.

use serde::Serialize;

use crate::moment;
use crate::options::Kind;
use crate::texts::Texts;
use crate::words::written;

/// Cells that a forced kind could not read, taken as missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// How many.
    pub count: usize,
    /// Row of the first, from 0.
    pub row: usize,
    /// Its line in the file, from 1; none in Parquet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What it says, cut.
    pub cell: String,
}

/// A cell with its type, as it is sent and shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Missing.
    Missing,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Whole(i64),
    /// A number that JSON has.
    Number(f64),
    /// A label, a text, a date, an infinite number.
    Text(String),
}

/// A typed column.
#[derive(Debug, Clone)]
pub struct Column {
    /// As the header has it; made different where two are equal.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// Why, in a sentence.
    pub reason: String,
    /// Labels of a category or of a boolean (`[false, true]`), by index.
    pub labels: Vec<String>,
    /// One a row, NaN missing: the number, the index of the label, seconds since 1970, or for text the row's own number.
    pub values: Vec<f64>,
    /// Cells that the kind could not read.
    pub unreadable: Option<Unreadable>,
    pub(crate) texts: Texts,
}

impl Column {
    /// The cell of `row`; missing beyond the end.
    pub fn cell(&self, row: usize) -> Cell {
        let Some(value) = self.values.get(row).copied().filter(|v| !v.is_nan()) else {
            return Cell::Missing;
        };
        match self.kind {
            Kind::Integer if value.abs() < 9_007_199_254_740_992.0 => Cell::Whole(value as i64),
            Kind::Number | Kind::Integer if value.is_finite() => Cell::Number(value),
            Kind::Boolean => Cell::Boolean(value > 0.5),
            _ => Cell::Text(self.text(row)),
        }
    }

    /// The cell of `row` as text; empty where it is missing.
    pub fn text(&self, row: usize) -> String {
        match self.values.get(row) {
            None => String::new(),
            Some(value) if value.is_nan() => String::new(),
            Some(_) if self.kind == Kind::Text => self.texts.get(row).to_owned(),
            Some(value) => self.words(*value),
        }
    }

    /// What `value` of this column is called: a label, a date, a number.
    pub fn words(&self, value: f64) -> String {
        match self.kind {
            _ if value.is_nan() => String::new(),
            Kind::Category | Kind::Boolean => self.label(value).unwrap_or_default().to_owned(),
            Kind::Date => moment::write(value),
            Kind::Number | Kind::Integer => written(value),
            Kind::Text => self.texts.get(value as usize).to_owned(),
        }
    }

    /// The label of index `value`.
    pub fn label(&self, value: f64) -> Option<&str> {
        if !(value >= 0.0 && value.fract() == 0.0) {
            return None;
        }
        self.labels.get(value as usize).map(String::as_str)
    }

    /// How many cells are missing.
    pub fn missing(&self) -> usize {
        self.values.iter().filter(|v| v.is_nan()).count()
    }
}
