//! How much the output falls when a window is hidden (Zeiler and Fergus 2013).

use glassboard_model::Array;

use super::{array, to_f32};
use crate::{Ask, ExplainError, Runner};

/// f(x) - f(x with a window set to `baseline`), every element the mean over the windows that cover it.
///
/// `window` and `stride` have one entry an axis of a row. Windows start at 0, s, 2s, ... and the last one is
/// clipped at the border, as in captum. Shape of `ask.x`.
pub fn occlusion(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    baseline: &[f32],
    window: &[usize],
    stride: &[usize],
) -> Result<Array, ExplainError> {
    let shape = ask.row_shape().to_vec();
    check(&shape, window, stride)?;
    let counts: Vec<usize> = shape
        .iter()
        .zip(window)
        .zip(stride)
        .map(|((n, w), s)| (n - w).div_ceil(*s) + 1)
        .collect();
    let windows: usize = counts.iter().product();
    let passes = windows + 1;
    let values = run.forward(
        &shape,
        ask.rows() * passes,
        &ask.readout,
        |i| ask.targets[i / passes],
        |i, row| {
            row.copy_from_slice(ask.row(i / passes));
            if let Some(which) = (i % passes).checked_sub(1) {
                covered(&shape, &counts, window, stride, which, |at| row[at] = baseline[at]);
            }
        },
    )?;
    let size: usize = shape.iter().product();
    let mut out = Vec::with_capacity(ask.x.len());
    for row in values.chunks_exact(passes) {
        let (mut sums, mut hits) = (vec![0.0f64; size], vec![0.0f64; size]);
        for (which, value) in row[1..].iter().enumerate() {
            let fall = f64::from(row[0]) - f64::from(*value);
            covered(&shape, &counts, window, stride, which, |at| {
                sums[at] += fall;
                hits[at] += 1.0;
            });
        }
        for (sum, hits) in sums.iter_mut().zip(&hits) {
            *sum /= hits.max(1.0);
        }
        out.extend(to_f32(&sums, 1.0));
    }
    array(ask.rows(), &shape, out)
}

fn check(shape: &[usize], window: &[usize], stride: &[usize]) -> Result<(), ExplainError> {
    let fits = window.len() == shape.len() && stride.len() == shape.len();
    if !fits || window.iter().zip(shape).any(|(w, n)| *w == 0 || w > n) {
        return Err(ExplainError::parameters(format!(
            "a window of {window:?} does not fit a row of shape {shape:?}; make it smaller"
        )));
    }
    // A stride past the window would leave elements that no window covers, as if they did not matter.
    if stride.iter().zip(window).any(|(s, w)| *s == 0 || s > w) {
        return Err(ExplainError::parameters(format!(
            "a stride of {stride:?} must be at least 1 and at most the window, {window:?}"
        )));
    }
    Ok(())
}

/// Calls `each` with the flat index of every element under window number `which`.
fn covered(
    shape: &[usize],
    counts: &[usize],
    window: &[usize],
    stride: &[usize],
    which: usize,
    mut each: impl FnMut(usize),
) {
    let mut rest = which;
    let mut spans = vec![(0, 0); shape.len()];
    for axis in (0..shape.len()).rev() {
        let start = rest % counts[axis] * stride[axis];
        rest /= counts[axis];
        spans[axis] = (start, (start + window[axis]).min(shape[axis]));
    }
    let mut index: Vec<usize> = spans.iter().map(|s| s.0).collect();
    loop {
        each(index.iter().zip(shape).fold(0, |flat, (i, n)| flat * n + i));
        let mut axis = shape.len();
        loop {
            let Some(next) = axis.checked_sub(1) else { return };
            axis = next;
            index[axis] += 1;
            if index[axis] < spans[axis].1 {
                break;
            }
            index[axis] = spans[axis].0;
        }
    }
}

/// Window and stride for a row of `shape` from the two numbers of a form; 0 = chosen from the shape.
/// A window covers all channels of a picture.
pub fn geometry(shape: &[usize], window: usize, stride: usize) -> (Vec<usize>, Vec<usize>) {
    let (spatial, channels) = match shape {
        [c, h, w] => (vec![*h, *w], Some(*c)),
        other => (other.to_vec(), None),
    };
    let shorter = spatial.iter().copied().min().unwrap_or(1);
    let side = match (window, channels) {
        (0, Some(_)) => (shorter / 8).max(1),
        (0, None) => 1,
        (side, _) => side,
    };
    let step = if stride == 0 { (side / 2).max(1) } else { stride };
    let lead = channels.into_iter();
    (
        lead.clone().chain(spatial.iter().map(|n| side.min(*n))).collect(),
        lead.chain(spatial.iter().map(|n| step.min(*n))).collect(),
    )
}
