//! Attention weights of a graph: outputs of its softmaxes that have one row a query and one column a key.

use glassboard_model::{Array, LayerGradient, ModelError, View};
use ndarray::{Array2, ArrayD, ArrayView2, Axis, Ix2, Ix3, Slice};

use super::AskText;
use crate::{ExplainError, Runner};

/// Names of the attention values, first layer first; `[batch, heads, query, key]` each.
///
/// # Errors
/// A sentence where the graph has none.
pub fn names(run: &mut Runner<'_>, text: &AskText<'_>) -> Result<Vec<String>, ExplainError> {
    let first = text.x.slice_axis(Axis(0), Slice::from(0..1));
    Ok(weights(run, text, &first)?.into_iter().map(|(name, _)| name).collect())
}

/// Names of the attention values, and the weights of every row, `[rows, layers, heads, query, key]`.
///
/// # Errors
/// A sentence where the graph has none, or layers differ in their number of heads.
pub fn maps(run: &mut Runner<'_>, text: &AskText<'_>) -> Result<(Vec<String>, Array), ExplainError> {
    let (names, layers): (Vec<_>, Vec<_>) = weights(run, text, &text.x.view())?.into_iter().unzip();
    Ok((names, stacked(&layers)?))
}

/// What the softmaxes of the graph that look like attention hold for `rows`, in one pass.
fn weights(run: &mut Runner<'_>, text: &AskText<'_>, rows: &View<'_>) -> Result<Vec<(String, Array)>, ExplainError> {
    let values = run.model().values();
    let may_be = values
        .iter()
        .filter(|value| value.op == "Softmax" && value.shape.as_ref().is_none_or(|shape| shape.len() == 4));
    let candidates: Vec<&str> = may_be.map(|value| value.name.as_str()).collect();
    let (count, length) = (rows.len_of(Axis(0)), text.length());
    let mut found = Vec::new();
    if !candidates.is_empty() {
        let captured = run.model().capture(rows, &candidates)?;
        run.count_forward(count);
        for (name, value) in candidates.iter().zip(captured) {
            if matches!(*value.shape(), [n, _, q, k] if n == count && q == length && k == length) {
                found.push(((*name).to_owned(), value));
            }
        }
    }
    if found.is_empty() {
        return Err(ExplainError::parameters(
            "the graph has no attention weights: no softmax gives one row and one column a token (a fused operator keeps \
             its weights to itself; export the model with plain operators)",
        ));
    }
    Ok(found)
}

/// Weights and d target / d weight of every row, `[rows, layers, heads, query, key]`.
///
/// # Errors
/// As [`maps`].
pub fn gradients(run: &mut Runner<'_>, text: &AskText<'_>, names: &[String]) -> Result<LayerGradient, ExplainError> {
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let target = text.target(text.targets.to_vec());
    let found = run.model().layer_gradients(&text.x.view(), &wanted, &target)?;
    run.count_both(text.rows());
    let (activations, gradients): (Vec<_>, Vec<_>) =
        found.into_iter().map(|one| (one.activation, one.gradient)).unzip();
    Ok(LayerGradient {
        activation: stacked(&activations)?,
        gradient: stacked(&gradients)?,
    })
}

fn stacked(layers: &[Array]) -> Result<Array, ExplainError> {
    let views: Vec<_> = layers.iter().map(|layer| layer.view()).collect();
    ndarray::stack(Axis(1), &views)
        .map(|all| all.as_standard_layout().into_owned())
        .map_err(|_| {
            ExplainError::parameters(
                "the layers have different numbers of heads, so their attention does not fit into one picture",
            )
        })
}

/// What a head counts for, from its weights, its layer and its number.
pub(crate) type Weigh<'w> = &'w dyn Fn(ArrayView2<'_, f32>, usize, usize) -> Array2<f64>;

/// Calls `each` with the mean over heads (of `of`, by query and key) of every layer of row `row`, first layer first.
pub(crate) fn layers(
    maps: &Array,
    row: usize,
    of: Weigh<'_>,
    each: &mut dyn FnMut(Array2<f64>),
) -> Result<(), ExplainError> {
    let shape = |e: ndarray::ShapeError| ModelError::Failed(format!("attention does not have its shape: {e}"));
    let one = maps.index_axis(Axis(0), row);
    for (number, layer) in one.axis_iter(Axis(0)).enumerate() {
        let layer = layer.into_dimensionality::<Ix3>().map_err(shape)?;
        let heads = layer.len_of(Axis(0));
        let mut sum: Option<Array2<f64>> = None;
        for (head, weights) in layer.axis_iter(Axis(0)).enumerate() {
            let part = of(weights.into_dimensionality::<Ix2>().map_err(shape)?, number, head);
            sum = Some(sum.map_or_else(|| part.clone(), |sum| sum + &part));
        }
        if let Some(sum) = sum {
            each(sum / heads.max(1) as f64);
        }
    }
    Ok(())
}

/// From which row of a matrix over tokens the values of the tokens are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// The mean over the rows of real tokens.
    Mean,
    /// The first row: that of `[CLS]`.
    First,
}

impl Pool {
    /// By its name in the catalogue; `auto` is the first row where the first place is no part of the sentence.
    pub fn parse(name: &str, text: &AskText<'_>, row: usize) -> Self {
        match name {
            "first" => Self::First,
            "mean" => Self::Mean,
            _ if text.parts[row].first().is_some_and(|place| *place > 0) => Self::First,
            _ => Self::Mean,
        }
    }

    /// One value a key.
    pub fn of(self, matrix: ArrayView2<'_, f64>, real: &[usize]) -> Vec<f64> {
        match self {
            Self::First => matrix.row(0).to_vec(),
            Self::Mean => {
                let mut out = vec![0.0; matrix.ncols()];
                for query in real {
                    out.iter_mut().zip(matrix.row(*query)).for_each(|(to, v)| *to += v);
                }
                for v in &mut out {
                    *v /= real.len().max(1) as f64;
                }
                out
            }
        }
    }
}

/// Matrices of all rows as one array, `[rows, query, key]`.
pub(crate) fn together(matrices: &[Array2<f64>]) -> Result<ArrayD<f64>, ExplainError> {
    let views: Vec<_> = matrices.iter().map(|m| m.view()).collect();
    ndarray::stack(Axis(0), &views)
        .map(ndarray::ArrayBase::into_dyn)
        .map_err(|e| ModelError::Failed(format!("matrices do not line up: {e}")).into())
}
