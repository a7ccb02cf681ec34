//! Probability under random masks (Petsiuk et al. 2018).

use glassboard_model::Array;

use super::{array, to_f32};
use crate::random::Counter;
use crate::resize::{Interpolation, resize};
use crate::{Ask, ExplainError, Outcome, Runner};

/// Stream of [`Counter`] for the masks.
const STREAM: u64 = 3;

/// Masks after which the map is told while the rest is computed; each round is four times the ones before.
const FIRST_ROUND: usize = 64;

/// sum over masks of p(x * `M_k`) `M_k` / (K p): `[rows, 1, height, width]`. `mask(k)` gives mask k at the size
/// of the picture; it is asked twice for each, so that masks need not be kept. What is known after each round is told.
pub fn rise(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    count: usize,
    p: f64,
    mask: impl Fn(usize) -> Vec<f32>,
) -> Result<Array, ExplainError> {
    let Some([_, h, w]) = ask.picture() else {
        return Err(ExplainError::parameters("RISE needs a picture; this input is not one"));
    };
    let shape = ask.row_shape().to_vec();
    let map = |sums: &[f64], masks: usize| array(ask.rows(), &[1, h, w], to_f32(sums, 1.0 / (masks.max(1) as f64 * p)));
    let mut sums = vec![0.0f64; ask.rows() * h * w];
    let mut done = 0;
    while done < count {
        let round = count.min((done * 4).max(FIRST_ROUND)) - done;
        let share = |k: usize| k as f64 / count as f64;
        let values = run.within(share(done), share(done + round), |run| {
            run.forward(
                &shape,
                ask.rows() * round,
                &Runner::probability(ask),
                |i| ask.targets[i / round],
                |i, row| {
                    row.copy_from_slice(ask.row(i / round));
                    let mask = mask(done + i % round);
                    for channel in row.chunks_exact_mut(h * w) {
                        for (value, m) in channel.iter_mut().zip(&mask) {
                            *value *= m;
                        }
                    }
                },
            )
        })?;
        for k in 0..round {
            let mask = mask(done + k);
            for (i, sums) in sums.chunks_exact_mut(h * w).enumerate() {
                let value = f64::from(values[i * round + k]);
                for (sum, m) in sums.iter_mut().zip(&mask) {
                    *sum += value * f64::from(*m);
                }
            }
        }
        done += round;
        if done < count {
            let known = map(&sums, done)?;
            run.tell_partial(|| Outcome::of(known));
        }
    }
    map(&sums, count)
}

/// A given 0/1 grid, enlarged to the picture.
pub fn from_grid(grid: &[f32], cells: (usize, usize), size: (usize, usize)) -> Vec<f32> {
    resize(grid, cells, size, Interpolation::Bilinear)
}

/// Mask number `index` under `seed`: a random grid of `cells` a side, enlarged past the picture and shifted
/// at random by less than a cell, as its authors do.
pub fn seeded(seed: u64, index: usize, cells: usize, p: f64, (h, w): (usize, usize)) -> Vec<f32> {
    let mut random = Counter::new(seed, STREAM, index as u64);
    let side = cells + 1;
    let grid: Vec<f32> = (0..side * side)
        .map(|_| if random.uniform() < p { 1.0 } else { 0.0 })
        .collect();
    let cell = (h.div_ceil(cells), w.div_ceil(cells));
    let large = (side * cell.0, side * cell.1);
    let map = resize(&grid, (side, side), large, Interpolation::Bilinear);
    let (top, left) = (random.below(cell.0), random.below(cell.1));
    (0..h)
        .flat_map(|y| map[(y + top) * large.1 + left..][..w].iter().copied())
        .collect()
}
