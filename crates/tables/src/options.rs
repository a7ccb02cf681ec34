//! What a user may say of a table instead of having it guessed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers with a fraction.
    Number,
    /// Whole numbers.
    Integer,
    /// True or false: 1 or 0.
    Boolean,
    /// One of a few labels: its index.
    Category,
    /// Days or moments: seconds since 1970 in UTC.
    Date,
    /// Names, identifiers, free text: no model feature.
    Text,
}

impl Kind {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Category => "category",
            Self::Date => "date",
            Self::Text => "text",
        }
    }

    /// Whether a value is a quantity: sums and distances of it mean something.
    pub const fn is_quantity(self) -> bool {
        matches!(self, Self::Number | Self::Integer | Self::Date)
    }

    /// Whether a value is the index of a label.
    pub const fn has_labels(self) -> bool {
        matches!(self, Self::Category | Self::Boolean)
    }
}

/// In which order a category's labels are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelOrder {
    /// By their bytes, as pandas and scikit-learn sort them; labels that are all numbers by their value.
    #[default]
    Sorted,
    /// As they appear in the file.
    Appearance,
}

/// What separates whole and fraction of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decimal {
    /// `1.5`
    #[serde(rename = ".")]
    Point,
    /// `1,5`
    #[serde(rename = ",")]
    Comma,
}

/// What a user says of one column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnEdit {
    /// What its cells are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The first labels of a category, in this order; others that appear come after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
}

/// How a file is to be read; what is left out is guessed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What separates the cells of a CSV file, one ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// What separates whole and fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// Whether the first line of a CSV file holds the names of the columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Words that stand for a missing value, instead of the usual ones; the empty cell is always missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
    /// In which order labels are counted.
    pub label_order: LabelOrder,
    /// The column that holds the answer; the empty name says that none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// By name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ColumnEdit>,
}
