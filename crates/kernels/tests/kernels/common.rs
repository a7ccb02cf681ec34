//! What the kernels' tests share.

/// Numbers in `-1..1` that look random and never change.
pub fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x1234_5678_9abc_def1);
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        })
        .collect()
}

pub fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&v| f64::from(v)).collect()
}

/// Every element within `tolerance` of the truth, relative to the largest of it or to one.
pub fn close(got: &[f32], want: &[f64], tolerance: f64) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{} elements for {}", got.len(), want.len()));
    }
    let scale = want
        .iter()
        .filter(|v| v.is_finite())
        .fold(1.0f64, |a, v| a.max(v.abs()));
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let g = f64::from(*g);
        let same = (g.is_nan() && w.is_nan()) || g == *w || (g - w).abs() <= tolerance * scale;
        if !same {
            return Err(format!("element {i}: {g} for {w}"));
        }
    }
    Ok(())
}

/// `f` under one, two and three threads must answer the same bits.
pub fn same_under_threads<T: PartialEq + Send>(what: &str, f: impl Fn() -> T + Sync) {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&f)
    };
    let one = run(1);
    assert!(one == run(2), "{what}: two threads");
    assert!(one == run(3), "{what}: three threads");
}
