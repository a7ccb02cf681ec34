//! What a picture looks like where it is hidden.
//!
//! No choice is neutral: zeros may be a colour the model knows, a blur keeps what is large, a mean keeps the light.
//! That is why measurements are made under several, and why a method lets one choose.

mod blur;
mod inpaint;

use crate::random::Counter;

pub use blur::{blur, usual_deviation};
pub use inpaint::inpaint;

/// Stream of [`Counter`] for noise.
const STREAM: u64 = 77;

/// A picture (`[channels, height, width]`, flat) of its own mean colour.
pub fn mean_colour(values: &[f32], [_, h, w]: [usize; 3]) -> Vec<f32> {
    let places = (h * w).max(1);
    let plane = |channel: &[f32]| {
        let sum: f64 = channel.iter().map(|v| f64::from(*v)).sum();
        std::iter::repeat_n((sum / places as f64) as f32, channel.len()).collect::<Vec<f32>>()
    };
    values.chunks(places).flat_map(plane).collect()
}

/// A picture of noise: every value drawn from a normal with the mean and the deviation of its channel, and kept within
/// what the channel holds.
pub fn noise(values: &[f32], [_, h, w]: [usize; 3], seed: u64) -> Vec<f32> {
    let places = (h * w).max(1);
    let mut out = Vec::with_capacity(values.len());
    for channel in values.chunks(places) {
        let count = channel.len() as f64;
        let mean = channel.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
        let spread = (channel.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count).sqrt();
        let low = channel.iter().copied().fold(f32::INFINITY, f32::min);
        let high = channel.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for _ in channel {
            let draw = Counter::new(seed, STREAM, out.len() as u64).normal();
            out.push(((mean + spread * draw) as f32).clamp(low, high));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_noise_are_of_each_channel() {
        let values: Vec<f32> = (0..200).map(|i| if i < 100 { (i % 10) as f32 } else { 50.0 }).collect();
        let mean = mean_colour(&values, [2, 10, 10]);
        let all = |values: &[f32], want: f32| values.iter().all(|v| (v - want).abs() < 1e-6);
        assert!(all(&mean[..100], 4.5) && all(&mean[100..], 50.0));
        let drawn = noise(&values, [2, 10, 10], 1);
        assert!(drawn[..100].iter().all(|v| (0.0..=9.0).contains(v)) && all(&drawn[100..], 50.0));
        assert_ne!(drawn, noise(&values, [2, 10, 10], 2));
    }
}
