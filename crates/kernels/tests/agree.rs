//! Every kernel against its scalar twin, forward and backward, and under any number of threads.

#![expect(clippy::float_cmp, reason = "the limits and the bytes are exact")]

use glassboard_kernels::gelu::{self, Form};
use glassboard_kernels::{reference, softmax};
use proptest::prelude::*;

const FORMS: [Form; 2] = [Form::Exact, Form::Tanh];

/// Central difference of a function of one number.
fn slope(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
}

#[test]
fn gelu_is_gelu_on_a_fine_grid() {
    let x: Vec<f32> = (-120_000..=120_000).map(|i| i as f32 * 1e-4).collect();
    let ones = vec![1.0; x.len()];
    let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    for form in FORMS {
        gelu::forward(form, &x, &mut y);
        gelu::backward(form, &x, &ones, &mut dx);
        for i in 0..x.len() {
            let at = f64::from(x[i]);
            let want = reference::gelu(form, at);
            assert!(
                (f64::from(y[i]) - want).abs() <= 4e-7 * want.abs().max(1.0),
                "{form:?}({at}) = {}, {want}",
                y[i]
            );
            let want = slope(|v| reference::gelu(form, v), at);
            assert!(
                (f64::from(dx[i]) - want).abs() <= 2e-6,
                "{form:?}'({at}) = {}, {want}",
                dx[i]
            );
        }
    }
}

proptest! {
    #[test]
    fn softmax_is_softmax(width in 1usize..200, rows in 1usize..6, seed in 0u64..1_000_000, scale in 0.1f32..40.0) {
        let noise = |i: usize| ((i as u64).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed) >> 33) as f32 / (1u64 << 31) as f32;
        let x: Vec<f32> = (0..rows * width).map(|i| (noise(i) - 0.5) * scale).collect();
        let g: Vec<f32> = (0..rows * width).map(|i| noise(i + 7_919) - 0.5).collect();
        let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        softmax::forward(width, &x, &mut y);
        softmax::backward(width, &y, &g, &mut dx);
        for row in 0..rows {
            let at = row * width..(row + 1) * width;
            let wide: Vec<f64> = x[at.clone()].iter().map(|&v| f64::from(v)).collect();
            let want = reference::softmax(&wide);
            let dot: f64 = want.iter().zip(&g[at.clone()]).map(|(y, g)| y * f64::from(*g)).sum();
            for (k, i) in at.enumerate() {
                prop_assert!((f64::from(y[i]) - want[k]).abs() <= 1e-6, "{} for {}", y[i], want[k]);
                let slope = want[k] * (f64::from(g[i]) - dot);
                prop_assert!((f64::from(dx[i]) - slope).abs() <= 1e-6, "{} for {slope}", dx[i]);
            }
        }
    }
}

#[test]
fn extremes_stay_finite_and_nans_stay() {
    let x = [f32::INFINITY, -1e30, -200.0, 0.0, -0.0, f32::NAN];
    let mut y = [0.0; 6];
    gelu::forward(Form::Exact, &x, &mut y);
    assert_eq!(y[0], f32::INFINITY);
    assert_eq!([y[1].abs(), y[2].abs(), y[3], y[4].abs()], [0.0; 4]);
    assert!(y[5].is_nan());
    let mut y = [0.0; 3];
    softmax::forward(3, &[1e30, -1e30, f32::NEG_INFINITY], &mut y);
    assert_eq!(y, [1.0, 0.0, 0.0]);
}

#[test]
fn threads_never_change_the_bytes() {
    let x: Vec<f32> = (0..100_003).map(|i| (i as f32 * 0.37).sin() * 6.0).collect();
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut y = vec![0.0; x.len()];
        pool.install(|| gelu::forward(Form::Exact, &x, &mut y));
        let mut z = vec![0.0; 100_000];
        pool.install(|| softmax::forward(500, &x[..100_000], &mut z));
        (y, z)
    };
    assert!(run(1) == run(2) && run(1) == run(3));
}
