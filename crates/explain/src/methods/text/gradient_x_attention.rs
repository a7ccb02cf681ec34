//! Attention weighted by its positive gradient, layer on layer (Chefer et al. 2021, arXiv:2103.15679).

use glassboard_model::LayerGradient;
use ndarray::{Array2, Axis, Ix2};

use crate::ExplainError;
use crate::methods::array;
use crate::text::attention::{Pool, layers, together};
use crate::text::{AskText, real};

use super::attention_rollout::Rolled;

/// R = I; each layer, C the mean over heads of max(dA * A, 0): R = R + C R. What a token has of itself from the start
/// is left out of the values. `found` holds weights and gradients, `[rows, layers, heads, query, key]`.
pub fn gradient_x_attention(text: &AskText<'_>, found: &LayerGradient, pool: &str) -> Result<Rolled, ExplainError> {
    let length = text.length();
    let (mut matrices, mut values) = (Vec::new(), Vec::new());
    for row in 0..text.rows() {
        let gradients = found.gradient.index_axis(Axis(0), row);
        let mut relevance: Array2<f64> = Array2::eye(length);
        let weighted = |weights: ndarray::ArrayView2<'_, f32>, layer: usize, head: usize| {
            let slope = gradients.index_axis(Axis(0), layer).index_axis_move(Axis(0), head);
            let mut out = weights.mapv(f64::from);
            if let Ok(slope) = slope.into_dimensionality::<Ix2>() {
                out.zip_mut_with(&slope, |a, g| *a = (*a * f64::from(*g)).max(0.0));
            }
            out
        };
        layers(&found.activation, row, &weighted, &mut |mean| {
            relevance = &relevance + &mean.dot(&relevance);
        })?;
        let gained = &relevance - &Array2::<f64>::eye(length);
        let pooled = Pool::parse(pool, text, row).of(gained.view(), &real(text.row(row), text.pad));
        values.extend(pooled.into_iter().map(|v| v as f32));
        matrices.push(relevance);
    }
    Ok(Rolled {
        attribution: array(text.rows(), &[length], values)?,
        matrix: together(&matrices)?,
    })
}
