//! Discrete Fourier transforms along the middle axis of `[rows, length, parts]`, in 64 bits.
//!
//! Powers of two by Cooley and Tukey, other lengths by Bluestein's algorithm, so that any length
//! costs `n log n`.

use std::f64::consts::PI;

use rayon::prelude::*;

use crate::operation::{Keeps, Operation, Slice, Trace};

/// A complex number.
type Complex = [f64; 2];

fn times(a: Complex, b: Complex) -> Complex {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

/// `exp(-2 pi i k / n)`.
fn turn(k: u64, n: u64) -> Complex {
    let angle = -2.0 * PI * (k % n) as f64 / n as f64;
    [angle.cos(), angle.sin()]
}

/// What transforms of one length share.
#[derive(Debug)]
enum Plan {
    /// `exp(-2 pi i k / n)` for half a turn; `n` is a power of two.
    Radix(Vec<Complex>),
    /// Bluestein: the chirp, its transform, and the plan of the power of two that convolves.
    Chirp {
        chirp: Vec<Complex>,
        filter: Vec<Complex>,
        inner: Box<Plan>,
    },
}

impl Plan {
    fn new(n: usize) -> Self {
        if n.is_power_of_two() {
            return Self::Radix((0..n / 2).map(|k| turn(k as u64, n as u64)).collect());
        }
        let period = 2 * n as u64;
        // k * k wraps at the period, which keeps large k exact.
        let chirp: Vec<Complex> = (0..n as u64).map(|k| turn((k * k) % period, period)).collect();
        let long = (2 * n - 1).next_power_of_two();
        let inner = Self::new(long);
        let mut filter = vec![[0.0; 2]; long];
        for (k, c) in chirp.iter().enumerate() {
            let conjugate = [c[0], -c[1]];
            filter[k] = conjugate;
            filter[(long - k) % long] = conjugate;
        }
        inner.forward(&mut filter);
        Self::Chirp {
            chirp,
            filter,
            inner: Box::new(inner),
        }
    }

    fn forward(&self, x: &mut [Complex]) {
        match self {
            Self::Radix(turns) => radix(x, turns),
            Self::Chirp { chirp, filter, inner } => {
                let mut long = vec![[0.0; 2]; filter.len()];
                for (l, (x, c)) in long.iter_mut().zip(x.iter().zip(chirp)) {
                    *l = times(*x, *c);
                }
                inner.forward(&mut long);
                for (l, f) in long.iter_mut().zip(filter) {
                    let product = times(*l, *f);
                    *l = [product[0], -product[1]];
                }
                // The conjugate of the transform of the conjugate is the inverse.
                inner.forward(&mut long);
                let scale = 1.0 / long.len() as f64;
                for (x, (l, c)) in x.iter_mut().zip(long.iter().zip(chirp)) {
                    *x = times([l[0] * scale, -l[1] * scale], *c);
                }
            }
        }
    }

    /// The same with the opposite sign in the exponent, unscaled.
    fn backward(&self, x: &mut [Complex]) {
        for v in x.iter_mut() {
            v[1] = -v[1];
        }
        self.forward(x);
        for v in x.iter_mut() {
            v[1] = -v[1];
        }
    }
}

fn radix(x: &mut [Complex], turns: &[Complex]) {
    let n = x.len();
    if n < 2 {
        return;
    }
    let bits = n.trailing_zeros();
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            x.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        let step = n / (2 * half);
        for block in x.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for (k, (a, b)) in low.iter_mut().zip(high).enumerate() {
                let turned = times(*b, turns[k * step]);
                *b = [a[0] - turned[0], a[1] - turned[1]];
                *a = [a[0] + turned[0], a[1] + turned[1]];
            }
        }
        half *= 2;
    }
}

/// What is transformed into what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Real or complex to complex.
    Forward,
    /// Real to the first half of the spectrum.
    ForwardHalf,
    /// Complex to complex, divided by the length.
    Inverse,
    /// The first half of a spectrum to real numbers, divided by the length.
    InverseHalf,
}

/// A transform of `length` along the middle axis of `[rows, given, parts]`; what is given is cut
/// off or filled up with zeros.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fourier {
    /// What is transformed into what.
    pub direction: Direction,
    /// Length of the transform, positive.
    pub length: usize,
}

impl Fourier {
    /// Positions along the axis, and parts of a number, of the result.
    pub fn result(self) -> (usize, usize) {
        match self.direction {
            Direction::Forward | Direction::Inverse => (self.length, 2),
            Direction::ForwardHalf => (self.length / 2 + 1, 2),
            Direction::InverseHalf => (self.length, 1),
        }
    }

    /// How often position `k` of half a spectrum counts in the whole.
    fn multiplicity(self, k: usize) -> f64 {
        if k == 0 || 2 * k == self.length { 1.0 } else { 2.0 }
    }

    /// One row, already widened to the transform's length.
    fn row(self, plan: &Plan, x: &mut [Complex]) {
        let n = self.length;
        match self.direction {
            Direction::Forward | Direction::ForwardHalf => plan.forward(x),
            Direction::Inverse | Direction::InverseHalf => {
                if self.direction == Direction::InverseHalf {
                    for k in 0..=n / 2 {
                        if k == 0 || 2 * k == n {
                            x[k][1] = 0.0;
                        } else {
                            x[n - k] = [x[k][0], -x[k][1]];
                        }
                    }
                }
                plan.backward(x);
                for v in x.iter_mut() {
                    *v = [v[0] / n as f64, v[1] / n as f64];
                }
            }
        }
    }

    /// The adjoint of [`Fourier::row`]: gradients of the result to gradients of the input.
    fn row_back(self, plan: &Plan, g: &mut [Complex]) {
        let n = self.length as f64;
        match self.direction {
            Direction::Forward | Direction::ForwardHalf => plan.backward(g),
            Direction::Inverse => {
                plan.forward(g);
                for v in g.iter_mut() {
                    *v = [v[0] / n, v[1] / n];
                }
            }
            Direction::InverseHalf => {
                plan.forward(g);
                for (k, v) in g.iter_mut().enumerate() {
                    let scale = if 2 * k <= self.length {
                        self.multiplicity(k) / n
                    } else {
                        0.0
                    };
                    *v = [v[0] * scale, v[1] * scale];
                }
            }
        }
    }

    /// Reads rows of `shape`, works on each, writes rows of `(positions, parts)`.
    fn each<T: Copy + Into<f64> + Sync + Send>(
        self,
        x: &[T],
        shape: [usize; 2],
        result: (usize, usize),
        narrow: fn(f64) -> T,
        work: impl Fn(&Plan, &mut [Complex]) + Sync,
    ) -> Vec<T> {
        let (given, parts) = (shape[0], shape[1]);
        if given * parts == 0 {
            return Vec::new();
        }
        let plan = Plan::new(self.length);
        x.par_chunks_exact(given * parts)
            .flat_map_iter(|row| {
                let mut buffer = vec![[0.0; 2]; self.length];
                for (v, x) in buffer.iter_mut().zip(row.chunks_exact(parts)) {
                    *v = [x[0].into(), x.get(1).map_or(0.0, |&v| v.into())];
                }
                work(&plan, &mut buffer);
                buffer.resize(result.0, [0.0; 2]);
                buffer
                    .into_iter()
                    .flat_map(move |v| v.into_iter().take(result.1))
                    .map(narrow)
            })
            .collect()
    }
}

impl Operation for Fourier {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        let (positions, parts) = self.result();
        vec![inputs[0][0], positions, parts]
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let s = inputs[0].shape;
        self.each(
            inputs[0].data,
            [s[1], s[2]],
            self.result(),
            |v| v as f32,
            |p, x| self.row(p, x),
        )
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let s = inputs[0].shape;
        self.each(
            inputs[0].data,
            [s[1], s[2]],
            self.result(),
            |v| v,
            |p, x| self.row(p, x),
        )
    }

    fn keeps(&self) -> Keeps {
        Keeps::default()
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let (given, parts) = (trace.shapes[0][1], trace.shapes[0][2]);
        let (positions, out_parts) = self.result();
        let g = trace.gradient.data;
        vec![Some(self.each(
            g,
            [positions, out_parts],
            (given, parts),
            |v| v as f32,
            |p, g| self.row_back(p, g),
        ))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length against the sum that defines it.
    #[test]
    fn transforms_agree_with_their_sum() {
        for n in [1usize, 2, 3, 4, 5, 7, 8, 12, 16, 17, 30, 97, 128] {
            let x: Vec<Complex> = (0..n)
                .map(|k| [(k as f64 * 1.7).sin(), (k as f64 * 0.3).cos()])
                .collect();
            let mut y = x.clone();
            Plan::new(n).forward(&mut y);
            for (k, got) in y.iter().enumerate() {
                let mut sum = [0.0; 2];
                for (j, v) in x.iter().enumerate() {
                    let t = times(*v, turn((j * k) as u64, n as u64));
                    sum = [sum[0] + t[0], sum[1] + t[1]];
                }
                let off = (sum[0] - got[0]).abs().max((sum[1] - got[1]).abs());
                assert!(off < 1e-11 * n as f64, "length {n}, position {k}: off by {off}");
            }
        }
    }

    #[test]
    fn half_spectra_come_back() {
        for n in [4usize, 5, 10] {
            let x: Vec<f64> = (0..n).map(|k| (k as f64 * 2.3).sin()).collect();
            let forward = Fourier {
                direction: Direction::ForwardHalf,
                length: n,
            };
            let shape = [1, n, 1];
            let spectrum = forward.reference(&[Slice {
                data: &x,
                shape: &shape,
            }]);
            let back = Fourier {
                direction: Direction::InverseHalf,
                length: n,
            };
            let shape = [1, n / 2 + 1, 2];
            let got = back.reference(&[Slice {
                data: &spectrum,
                shape: &shape,
            }]);
            for (a, b) in x.iter().zip(&got) {
                assert!((a - b).abs() < 1e-12, "length {n}: {a} and {b}");
            }
        }
    }
}
