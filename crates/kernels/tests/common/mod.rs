//! What the tests of products and convolutions share.

use glassboard_kernels::activation::Activation;
use glassboard_kernels::gelu::Form;

/// Numbers in -1..1 that depend on the seed alone.
pub fn noise(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect()
}

/// The largest difference, as a part of the largest magnitude of the truth.
pub fn difference(got: &[f32], want: &[f64]) -> f64 {
    assert_eq!(got.len(), want.len());
    let top = want.iter().fold(1e-30, |top: f64, v| top.max(v.abs()));
    got.iter()
        .zip(want)
        .map(|(g, w)| (f64::from(*g) - w).abs() / top)
        .fold(0.0, f64::max)
}

pub fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The result of `f` in pools of one, two and three threads, which must have the same bits.
pub fn in_pools(f: impl Fn() -> Vec<f32> + Sync) -> Vec<f32> {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a small pool");
        pool.install(&f)
    };
    let one = run(1);
    assert!(bits(&one) == bits(&run(2)), "two threads changed the bits");
    assert!(bits(&one) == bits(&run(3)), "three threads changed the bits");
    one
}

pub const ACTIVATIONS: [Activation; 10] = [
    Activation::Identity,
    Activation::Relu,
    Activation::Clip { low: -0.5, high: 0.75 },
    Activation::LeakyRelu { slope: 0.01 },
    Activation::Sigmoid,
    Activation::Silu,
    Activation::HardSwish,
    Activation::Tanh,
    Activation::Gelu(Form::Exact),
    Activation::Gelu(Form::Tanh),
];
