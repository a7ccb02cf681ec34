//! What a method gives back.

use glassboard_model::Array;
use ndarray::{Array2, ArrayD};
use serde_json::{Map, Value};

/// The answer of a method. A method of attribution fills [`Self::attribution`]; one that draws curves, finds rows or
/// fits a surrogate names its arrays and puts what is not an array into [`Self::found`].
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// One value an element of the input (or of a layer), first axis the rows.
    pub attribution: Option<Array>,
    /// What the attributions of each row start from: f with nothing known, in the unit explained.
    pub base: Option<Vec<f64>>,
    /// Standard error of each attribution, same shape; where it was estimated.
    pub error: Option<Array>,
    /// Further arrays by name, as the catalogue's entry describes them.
    pub arrays: Vec<(String, ArrayD<f64>)>,
    /// What is not an array: rules, names, fidelity, sentences of the method's own.
    pub found: Map<String, Value>,
}

impl Outcome {
    /// An attribution alone.
    pub fn of(attribution: Array) -> Self {
        Self {
            attribution: Some(attribution),
            ..Self::default()
        }
    }

    /// Attributions of rows of a table, with what they start from.
    pub fn of_rows(attribution: &Array2<f64>, base: Vec<f64>) -> Self {
        Self {
            attribution: Some(attribution.mapv(|v| v as f32).into_dyn()),
            base: Some(base),
            ..Self::default()
        }
    }

    /// Adds a named array.
    #[must_use]
    pub fn with(mut self, name: &str, array: ArrayD<f64>) -> Self {
        self.arrays.push((name.to_owned(), array));
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn saying(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.found.insert(name.to_owned(), value.into());
        self
    }
}
