//! Where each head of each layer looks.

use glassboard_model::Array;
use ndarray::{Array2, Axis};

use crate::methods::array;
use crate::text::attention::{Pool, layers, maps};
use crate::text::{AskText, real};
use crate::{ExplainError, Runner};

/// All weights, and how much the last layer looks at each token.
#[derive(Debug, Clone)]
pub struct Found {
    /// `[rows, tokens]`.
    pub attribution: Array,
    /// `[rows, layers, heads, query, key]`.
    pub attention: Array,
    /// The graph's names of the layers.
    pub names: Vec<String>,
}

/// `pool` is the catalogue's name of the row that the values are read from.
pub fn attention_maps(run: &mut Runner<'_>, text: &AskText<'_>, pool: &str) -> Result<Found, ExplainError> {
    let (names, attention) = maps(run, text)?;
    let length = text.length();
    let mut values = Vec::with_capacity(text.rows() * length);
    for row in 0..text.rows() {
        let mut last = Array2::zeros((length, length));
        layers(&attention, row, &|weights, _, _| weights.mapv(f64::from), &mut |mean| {
            last = mean;
        })?;
        let pooled = Pool::parse(pool, text, row).of(last.view(), &real(text.row(row), text.pad));
        values.extend(pooled.into_iter().map(|v| v as f32));
    }
    debug_assert_eq!(attention.len_of(Axis(1)), names.len());
    Ok(Found {
        attribution: array(text.rows(), &[length], values)?,
        attention,
        names,
    })
}
