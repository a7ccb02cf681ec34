//! How one feature of a model is read from a table: an entry of `columns` in `preprocess.json`.

use serde::{Deserialize, Serialize};

/// What a feature is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// A quantity.
    #[default]
    Number,
    /// One of [`Feature::categories`].
    Category,
}

/// What the model is given for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// The number; a label is read as one, a boolean is 0 or 1.
    AsIs,
    /// The place of the label in [`Feature::categories`], from 0.
    Codes,
    /// One number a category: 1 for the one it is, 0 for the others.
    OneHot,
}

/// What the model is given where the cell is missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Not a number; with one number a category, zeros.
    #[default]
    Keep,
    /// The mean that the feature is standardised with.
    Mean,
    /// This number, before it is standardised.
    Constant(f64),
    /// The same as for this label.
    Label(String),
}

/// What the model is given for a label that is none of the categories.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The same as for a missing cell.
    #[default]
    Missing,
    /// Nothing: the row is refused.
    Refuse,
    /// This number, in place of the code.
    Constant(f64),
}

/// Subtract `mean`, divide by `std` (0 counts as 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standardise {
    /// Subtracted.
    pub mean: f64,
    /// Divided by.
    pub std: f64,
}

/// One feature, in the order in which the model takes them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Feature {
    /// As the model calls it.
    pub name: String,
    /// As the table calls it, where that is another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What it is to the model.
    pub kind: FeatureKind,
    /// Labels as the model counts them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// What the model is given; without it `as_is` for numbers and `codes` for categories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standardise: Option<Standardise>,
    /// For a missing cell.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: Missing,
    /// For a label that the model does not know.
    #[serde(skip_serializing_if = "is_default")]
    pub unknown: Unknown,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Feature {
    /// A number that is given as it is.
    pub fn number(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// A category that is given as its code.
    pub fn category(name: impl Into<String>, categories: Vec<String>) -> Self {
        Self {
            name: name.into(),
            kind: FeatureKind::Category,
            categories,
            ..Self::default()
        }
    }

    /// What the table calls it.
    pub fn column(&self) -> &str {
        self.column.as_deref().unwrap_or(&self.name)
    }

    /// What the model is given.
    pub fn encoding(&self) -> Encoding {
        self.encoding.unwrap_or(match self.kind {
            FeatureKind::Number => Encoding::AsIs,
            FeatureKind::Category => Encoding::Codes,
        })
    }

    /// How many numbers the model is given for it.
    pub fn width(&self) -> usize {
        match self.encoding() {
            Encoding::OneHot => self.categories.len(),
            Encoding::AsIs | Encoding::Codes => 1,
        }
    }
}
