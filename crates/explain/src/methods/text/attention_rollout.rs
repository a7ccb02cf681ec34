//! Attention of all layers multiplied through (Abnar and Zuidema 2020, arXiv:2005.00928).

use glassboard_model::Array;
use ndarray::{Array2, ArrayD};

use crate::ExplainError;
use crate::methods::array;
use crate::text::attention::{Pool, layers, together};
use crate::text::{AskText, real};

/// The product of all layers, and its row of the sentence.
#[derive(Debug, Clone)]
pub struct Rolled {
    /// `[rows, tokens]`.
    pub attribution: Array,
    /// `[rows, query, key]`.
    pub matrix: ArrayD<f64>,
}

/// R = I; each layer, the mean A over its heads: R = normalised((1 - residual) A + residual I) R. `attention` is
/// `[rows, layers, heads, query, key]`.
pub fn attention_rollout(
    text: &AskText<'_>,
    attention: &Array,
    residual: f64,
    pool: &str,
) -> Result<Rolled, ExplainError> {
    let length = text.length();
    let (mut matrices, mut values) = (Vec::new(), Vec::new());
    for row in 0..text.rows() {
        let mut rolled: Array2<f64> = Array2::eye(length);
        layers(attention, row, &|weights, _, _| weights.mapv(f64::from), &mut |mean| {
            let mut step = mean * (1.0 - residual) + Array2::<f64>::eye(length) * residual;
            for mut line in step.rows_mut() {
                let total = line.sum();
                if total > 0.0 {
                    line.mapv_inplace(|v| v / total);
                }
            }
            rolled = step.dot(&rolled);
        })?;
        let pooled = Pool::parse(pool, text, row).of(rolled.view(), &real(text.row(row), text.pad));
        values.extend(pooled.into_iter().map(|v| v as f32));
        matrices.push(rolled);
    }
    Ok(Rolled {
        attribution: array(text.rows(), &[length], values)?,
        matrix: together(&matrices)?,
    })
}
