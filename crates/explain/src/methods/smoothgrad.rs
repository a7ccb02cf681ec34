//! Gradients averaged over noisy copies (Smilkov et al. 2017; Adebayo et al. 2018 for the variance).

use glassboard_model::Array;

use super::{array, to_f32};
use crate::random::Counter;
use crate::{Ask, ExplainError, Runner};

/// Stream of [`Counter`] for the noise.
const STREAM: u64 = 1;

/// The three averages over the same noisy gradients, each with the shape of `ask.x`.
#[derive(Debug, Clone)]
pub struct Smooth {
    /// Mean of g.
    pub mean: Array,
    /// Mean of g^2.
    pub square: Array,
    /// Mean of g^2 minus the square of the mean.
    pub variance: Array,
}

/// Over `samples` noisy copies of each row; `noise(k, j)` is what sample k adds to element j.
pub fn smoothgrad(
    run: &mut Runner<'_>,
    ask: &Ask<'_>,
    samples: usize,
    mut noise: impl FnMut(usize, &mut [f32]),
) -> Result<Smooth, ExplainError> {
    let size: usize = ask.row_shape().iter().product();
    let (mut sums, mut squares) = (vec![0.0f64; ask.x.len()], vec![0.0f64; ask.x.len()]);
    run.gradient(
        ask,
        ask.rows() * samples,
        |i| ask.targets[i / samples],
        |i, row| {
            row.copy_from_slice(ask.row(i / samples));
            noise(i % samples, row);
        },
        |i, _, gradient| {
            let at = i / samples * size;
            for ((sum, square), g) in sums[at..][..size]
                .iter_mut()
                .zip(&mut squares[at..][..size])
                .zip(gradient)
            {
                *sum += f64::from(*g);
                *square += f64::from(*g) * f64::from(*g);
            }
        },
    )?;
    let share = 1.0 / samples as f64;
    let variance: Vec<f32> = sums
        .iter()
        .zip(&squares)
        .map(|(m, s)| (s * share - (m * share).powi(2)) as f32)
        .collect();
    let shape = ask.row_shape();
    Ok(Smooth {
        mean: array(ask.rows(), shape, to_f32(&sums, share))?,
        square: array(ask.rows(), shape, to_f32(&squares, share))?,
        variance: array(ask.rows(), shape, variance)?,
    })
}

/// Noise of standard deviation `share` of the input's range; the same for every row.
pub fn seeded(ask: &Ask<'_>, share: f64, seed: u64) -> impl FnMut(usize, &mut [f32]) + use<> {
    let (low, high) = ask
        .x
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let deviation = share * f64::from(high - low);
    move |sample, row| {
        let mut random = Counter::new(seed, STREAM, sample as u64);
        for value in row {
            *value += (random.normal() * deviation) as f32;
        }
    }
}
