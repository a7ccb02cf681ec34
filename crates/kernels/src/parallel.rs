//! Cutting slices into pieces that threads share.

use pulp::Arch;
use rayon::prelude::*;

/// Elements of a piece. Fixed, so that where a piece ends does not depend on the machine.
const PIECE: usize = 16 * 1024;

/// Calls `f` with corresponding pieces of an input and an output, on the best instruction set.
pub fn map(x: &[f32], y: &mut [f32], f: impl Fn(&[f32], &mut [f32]) + Sync) {
    assert_eq!(x.len(), y.len());
    rows(y, 1, |start, y| f(&x[start..start + y.len()], y));
}

/// Calls `f` with the first element's index and a piece of whole rows of `width` elements.
pub fn rows(y: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    if y.is_empty() {
        return;
    }
    assert!(width > 0 && y.len().is_multiple_of(width));
    let arch = Arch::new();
    let piece = (PIECE / width).max(1) * width;
    if y.len() <= piece {
        arch.dispatch(|| f(0, y));
        return;
    }
    y.par_chunks_mut(piece)
        .enumerate()
        .for_each(|(k, y)| arch.dispatch(|| f(k * piece, y)));
}
