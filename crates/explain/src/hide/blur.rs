//! A blurred picture.

/// The deviation that is used where none is asked for: an eighth of the shorter side.
pub fn usual_deviation([_, h, w]: [usize; 3]) -> f64 {
    (h.min(w) as f64 / 8.0).max(0.5)
}

/// `values` (`[channels, height, width]`, flat) under a Gaussian of `deviation` pixels, edges repeated.
pub fn blur(values: &[f32], [channels, h, w]: [usize; 3], deviation: f64) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as usize;
    let kernel: Vec<f64> = (0..=2 * reach)
        .map(|i| (-(i as f64 - reach as f64).powi(2) / (2.0 * deviation * deviation)).exp())
        .collect();
    let total: f64 = kernel.iter().sum();
    let pass = |from: &[f32], count: usize, step: usize, start: usize, out: &mut [f32]| {
        for i in 0..count {
            let sum: f64 = kernel
                .iter()
                .enumerate()
                .map(|(k, weight)| {
                    weight * f64::from(from[start + (i + k).saturating_sub(reach).min(count - 1) * step])
                })
                .sum();
            out[start + i * step] = (sum / total) as f32;
        }
    };
    let (mut across, mut down) = (values.to_vec(), values.to_vec());
    for row in 0..channels * h {
        pass(values, w, 1, row * w, &mut across);
    }
    for c in 0..channels {
        for column in 0..w {
            pass(&across, h, w, c * h * w + column, &mut down);
        }
    }
    down
}

#[cfg(test)]
mod tests {
    use super::blur;

    #[test]
    fn a_plain_picture_stays_and_a_point_spreads_evenly() {
        assert!(blur(&[2.0; 24], [2, 3, 4], 1.0).iter().all(|v| (v - 2.0).abs() < 1e-6));
        let mut point = vec![0.0; 121];
        point[60] = 1.0;
        let spread = blur(&point, [1, 11, 11], 1.0);
        assert!((spread.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!((spread[60] - 1.0 / std::f32::consts::TAU).abs() < 0.01 && (spread[59] - spread[71]).abs() < 1e-7);
    }
}
