//! [`crate::interpolate`] in `f64`.

use crate::interpolate::Taps;

/// [`crate::interpolate::along`].
pub fn along(taps: &Taps, x: &[f64], inner: usize) -> Vec<f64> {
    let block = taps.inputs() * inner;
    let mut y = Vec::new();
    for x in x.chunks_exact(block.max(1)) {
        for o in 0..taps.outputs() {
            for i in 0..inner {
                y.push(taps.of(o).iter().map(|&(k, w)| f64::from(w) * x[k * inner + i]).sum());
            }
        }
    }
    y
}
