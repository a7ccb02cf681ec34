//! Integrated gradients averaged over background rows (Erion et al. 2021; `GradientExplainer` of shap).

use glassboard_model::Array;

use super::integrated_gradients::along;
use super::{array, to_f32};
use crate::random::Counter;
use crate::{Ask, ExplainError, Runner};

/// Stream of [`Counter`] for the draws.
const STREAM: u64 = 2;

/// One draw: a row of the background and a point on the path from it.
pub type Draw = (usize, f64);

/// Mean over `draws` of the gradient at b + a (x - b), times (x - b). Shape of `ask.x`.
pub fn expected_gradients(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    background: &[f32],
    draws: &[Draw],
) -> Result<Array, ExplainError> {
    let size: usize = ask.row_shape().iter().product();
    let count = draws.len();
    let row_of = |k: usize| &background[draws[k].0 * size..][..size];
    let mut sums = vec![0.0f64; ask.x.len()];
    run.gradient(
        ask,
        ask.rows() * count,
        |i| ask.targets[i / count],
        |i, row| along(row, ask.row(i / count), row_of(i % count), draws[i % count].1),
        |i, _, gradient| {
            let sums = &mut sums[i / count * size..][..size];
            for (((sum, g), x), b) in sums
                .iter_mut()
                .zip(gradient)
                .zip(ask.row(i / count))
                .zip(row_of(i % count))
            {
                *sum += f64::from(*g) * f64::from(x - b);
            }
        },
    )?;
    array(ask.rows(), ask.row_shape(), to_f32(&sums, 1.0 / count.max(1) as f64))
}

/// `count` seeded draws over `rows` background rows: every row in turn, points spread evenly with a random
/// shift inside each stratum, which errs less than independent draws.
pub fn draws(rows: usize, count: usize, seed: u64) -> Vec<Draw> {
    let rounds = count.div_ceil(rows.max(1)).max(1);
    (0..count)
        .map(|k| {
            let mut random = Counter::new(seed, STREAM, k as u64);
            (
                k % rows.max(1),
                ((k / rows.max(1)) as f64 + random.uniform()) / rounds as f64,
            )
        })
        .collect()
}
