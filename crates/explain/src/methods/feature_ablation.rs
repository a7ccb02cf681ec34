//! How much the output falls when one group of elements is replaced.

use glassboard_model::Array;

use super::array;
use crate::{Ask, ExplainError, Runner};

/// f(x) - f(x with group j set to `baseline`), given to every element of the group. `groups` holds the
/// group of each element of a row. Shape of `ask.x`.
pub fn feature_ablation(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    baseline: &[f32],
    groups: &[usize],
) -> Result<Array, ExplainError> {
    let shape = ask.row_shape().to_vec();
    let size: usize = shape.iter().product();
    if groups.len() != size {
        return Err(ExplainError::parameters(format!(
            "{} groups are given for a row of {size} elements",
            groups.len()
        )));
    }
    let passes = groups.iter().max().map_or(0, |last| last + 1) + 1;
    let values = run.forward(
        &shape,
        ask.rows() * passes,
        &ask.readout,
        |i| ask.targets[i / passes],
        |i, row| {
            row.copy_from_slice(ask.row(i / passes));
            if let Some(hidden) = (i % passes).checked_sub(1) {
                for ((value, group), b) in row.iter_mut().zip(groups).zip(baseline) {
                    if *group == hidden {
                        *value = *b;
                    }
                }
            }
        },
    )?;
    let out = values
        .chunks_exact(passes)
        .flat_map(|row| groups.iter().map(|group| row[0] - row[group + 1]))
        .collect();
    array(ask.rows(), &shape, out)
}

/// The group of each element of a row: a cell of a grid across all channels of a picture, else one feature.
/// `cell` = 0 takes an eighth of the shorter side.
pub fn grid(shape: &[usize], cell: usize) -> Vec<usize> {
    let &[channels, h, w] = shape else {
        return (0..shape.iter().product()).collect();
    };
    let side = if cell == 0 { (h.min(w) / 8).max(1) } else { cell };
    let across = w.div_ceil(side);
    let plane = (0..h).flat_map(|y| (0..w).map(move |x| y / side * across + x / side));
    std::iter::repeat_n(plane, channels).flatten().collect()
}
