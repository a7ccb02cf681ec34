//! Every output along an axis as a weighted sum of a few inputs: linear and cubic resizing,
//! antialiased or not. One axis after another makes an image.

use crate::parallel::{self, Body, PIECE};

/// The inputs of every output along one axis, and their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Taps {
    inputs: usize,
    /// Where each output's taps begin, and where the last one's end.
    starts: Vec<usize>,
    /// Input and weight, output by output.
    pairs: Vec<(usize, f32)>,
    /// The number of taps of every output, where it is the same.
    each: Option<usize>,
}

impl Taps {
    /// From one list of `(input, weight)` an output, over an axis of `inputs` elements.
    ///
    /// # Panics
    /// Where an input is outside of the axis.
    pub fn new(inputs: usize, outputs: impl IntoIterator<Item = Vec<(usize, f32)>>) -> Self {
        let mut out = Self {
            inputs,
            starts: vec![0],
            pairs: Vec::new(),
            each: None,
        };
        for taps in outputs {
            assert!(taps.iter().all(|t| t.0 < inputs));
            out.pairs.extend(taps);
            out.starts.push(out.pairs.len());
        }
        let each = out.starts.get(1).copied();
        out.each = each.filter(|each| out.starts.windows(2).all(|w| w[1] - w[0] == *each));
        out
    }

    /// Length of the output's axis.
    pub fn outputs(&self) -> usize {
        self.starts.len() - 1
    }

    /// Length of the input's axis.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The adjoint: which outputs each input goes into.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut lists = vec![Vec::new(); self.inputs];
        for o in 0..self.outputs() {
            for &(i, w) in self.of(o) {
                lists[i].push((o, w));
            }
        }
        Self::new(self.outputs(), lists)
    }

    /// The inputs of one output, and their weights.
    pub fn of(&self, o: usize) -> &[(usize, f32)] {
        &self.pairs[self.starts[o]..self.starts[o + 1]]
    }
}

/// `[outer, inputs, inner]` to `[outer, outputs, inner]`. The gradient of the input is this with
/// [`Taps::transposed`].
///
/// # Panics
/// Where `x` has another size.
pub fn along(taps: &Taps, x: &[f32], inner: usize) -> Vec<f32> {
    let block = taps.inputs * inner;
    if x.is_empty() || taps.outputs() == 0 {
        return Vec::new();
    }
    assert!(x.len().is_multiple_of(block));
    let len = x.len() / block * taps.outputs() * inner;
    let piece = if inner == 1 {
        parallel::rows(taps.outputs())
    } else {
        PIECE
    };
    parallel::collect(len, piece, &Along { taps, x, inner })
}

/// Outputs of `N` taps each.
#[inline(always)]
fn line<const N: usize>(taps: &[(usize, f32)], x: &[f32], y: &mut [f32]) {
    for (y, taps) in y.iter_mut().zip(taps.as_chunks::<N>().0) {
        *y = taps.iter().map(|&(i, w)| w * x[i]).sum();
    }
}

struct Along<'a> {
    taps: &'a Taps,
    x: &'a [f32],
    inner: usize,
}

impl Body<f32> for Along<'_> {
    #[inline(always)]
    fn run(&self, start: usize, y: &mut [f32]) {
        let Self { taps, x, inner } = *self;
        let outputs = taps.outputs();
        if inner == 1 {
            for (k, y) in y.chunks_exact_mut(outputs).enumerate() {
                let at = (start / outputs + k) * taps.inputs;
                let x = &x[at..at + taps.inputs];
                match taps.each {
                    Some(2) => line::<2>(&taps.pairs, x, y),
                    Some(4) => line::<4>(&taps.pairs, x, y),
                    _ => {
                        for (y, ends) in y.iter_mut().zip(taps.starts.windows(2)) {
                            *y = taps.pairs[ends[0]..ends[1]].iter().map(|&(i, w)| w * x[i]).sum();
                        }
                    }
                }
            }
            return;
        }
        let mut at = 0;
        while at < y.len() {
            let (row, column) = ((start + at) / inner, (start + at) % inner);
            let len = (inner - column).min(y.len() - at);
            let y = &mut y[at..at + len];
            y.fill(0.0);
            for &(i, w) in taps.of(row % outputs) {
                let from = (row / outputs * taps.inputs + i) * inner + column;
                for (y, x) in y.iter_mut().zip(&x[from..from + len]) {
                    *y += w * x;
                }
            }
            at += len;
        }
    }
}
