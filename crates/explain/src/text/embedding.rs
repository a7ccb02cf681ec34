//! The embedding: the value that tokens are looked up to, its gradient, and paths through it.

use glassboard_model::{Array, LayerGradient, ModelError};
use ndarray::{ArrayD, ArrayViewD, Axis, Slice};

use super::AskText;
use crate::{ExplainError, Runner};

/// Numbers of embedding that one batch may hold.
const BATCH_NUMBERS: usize = 1 << 20;
/// Most rows of one batch.
const BATCH_ROWS: usize = 256;

/// Name of the value that holds the embeddings.
///
/// # Errors
/// A sentence where no value of the graph is looked up by the ids.
pub fn name(run: &Runner<'_>) -> Result<String, ExplainError> {
    run.model().embedding().ok_or_else(|| {
        ExplainError::parameters(
            "no value of the graph is looked up in a table by the token ids, so there is no embedding to differentiate; \
             token occlusion and Shapley values need none",
        )
    })
}

/// The embeddings `[rows, tokens, dimensions]` of every row and d target / d embedding.
pub fn gradient(run: &mut Runner<'_>, text: &AskText<'_>) -> Result<LayerGradient, ExplainError> {
    let name = name(run)?;
    let mut parts = Vec::new();
    let step = rows_at_once(run, text.length());
    for first in (0..text.rows()).step_by(step) {
        run.check_cancelled()?;
        let end = (first + step).min(text.rows());
        let x = text.x.slice_axis(Axis(0), Slice::from(first..end));
        let target = text.target(text.targets[first..end].to_vec());
        let found = run.model().layer_gradient(&x, &name, &target)?;
        run.count_both(end - first);
        parts.push(checked(found, text.length(), &name)?);
        run.tell(end, text.rows());
    }
    let join = |of: &dyn Fn(&LayerGradient) -> ArrayViewD<'_, f32>| {
        let views: Vec<_> = parts.iter().map(of).collect();
        ndarray::concatenate(Axis(0), &views).map_err(|e| ModelError::Failed(format!("embeddings do not line up: {e}")))
    };
    Ok(LayerGradient {
        activation: join(&|one| one.activation.view())?,
        gradient: join(&|one| one.gradient.view())?,
    })
}

/// The embeddings of rows of ids, `[rows, tokens, dimensions]`.
pub fn embed(run: &mut Runner<'_>, rows: &Array) -> Result<Array, ExplainError> {
    let name = name(run)?;
    run.capture(rows, &name)
}

/// Walks the straight path from `base` to `full` (both `[rows, tokens, dimensions]`) of every row: `each` hears the
/// row, the number of the point, the target there, and the gradient (flat), in order.
pub fn along(
    run: &mut Runner<'_>,
    text: &AskText<'_>,
    (base, full): (&Array, &Array),
    points: &[f64],
    mut each: impl FnMut(usize, usize, f32, &[f32]),
) -> Result<(), ExplainError> {
    let name = name(run)?;
    let size: usize = full.shape()[1..].iter().product();
    let count = text.rows() * points.len();
    let step = rows_at_once(run, size);
    let (from, to) = (base.as_standard_layout(), full.as_standard_layout());
    let (from, to) = (from.as_slice().unwrap_or_default(), to.as_slice().unwrap_or_default());
    for first in (0..count).step_by(step) {
        run.check_cancelled()?;
        let end = (first + step).min(count);
        let (mut ids, mut values, mut classes) = (Vec::new(), Vec::new(), Vec::new());
        for i in first..end {
            let (row, alpha) = (i / points.len(), points[i % points.len()] as f32);
            ids.extend_from_slice(text.row(row));
            classes.push(text.targets[row]);
            let pairs = from[row * size..][..size].iter().zip(&to[row * size..][..size]);
            values.extend(pairs.map(|(from, to)| from + alpha * (to - from)));
        }
        let shaped = |shape: Vec<usize>, flat| {
            ArrayD::from_shape_vec(shape, flat).map_err(|e| ModelError::Failed(format!("a path does not line up: {e}")))
        };
        let mut shape = full.shape().to_vec();
        shape[0] = end - first;
        let (x, value) = (shaped(vec![end - first, text.length()], ids)?, shaped(shape, values)?);
        let target = text.target(classes);
        let found = run.model().gradient_from(&x.view(), &name, &value.view(), &target)?;
        run.count_both(end - first);
        let gradient = found.gradient.as_standard_layout();
        let rows = gradient.as_slice().unwrap_or_default().chunks_exact(size.max(1));
        for ((i, row), score) in (first..end).zip(rows).zip(found.values) {
            each(i / points.len(), i % points.len(), score, row);
        }
        run.tell(end, count);
    }
    Ok(())
}

fn rows_at_once(run: &Runner<'_>, numbers: usize) -> usize {
    let most = (BATCH_NUMBERS / numbers.max(1)).clamp(1, BATCH_ROWS);
    run.batch_rows().map_or(most, |rows| rows.min(most))
}

fn checked(found: LayerGradient, length: usize, name: &str) -> Result<LayerGradient, ExplainError> {
    if found.activation.ndim() != 3 || found.activation.shape()[1] != length {
        return Err(ExplainError::parameters(format!(
            "`{name}` has shape {:?}, not [rows, {length} tokens, dimensions]",
            found.activation.shape()
        )));
    }
    Ok(found)
}

/// One number a place: `of` of the numbers of the place's embedding and its gradient. `[rows, tokens]`.
pub(crate) fn per_place(found: &LayerGradient, of: impl Fn(&[f32], &[f32]) -> f64) -> Result<Array, ExplainError> {
    let shape = found.activation.shape();
    let width = shape.get(2).copied().unwrap_or(1).max(1);
    let (a, g) = (
        found.activation.as_standard_layout(),
        found.gradient.as_standard_layout(),
    );
    let pairs = a.as_slice().unwrap_or_default().chunks_exact(width);
    let pairs = pairs.zip(g.as_slice().unwrap_or_default().chunks_exact(width));
    let values: Vec<f32> = pairs.map(|(a, g)| of(a, g) as f32).collect();
    crate::methods::array(shape[0], &shape[1..2], values)
}
