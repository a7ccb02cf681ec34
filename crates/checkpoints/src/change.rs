//! How the weights of two checkpoints differ, tensor by tensor.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;

use crate::{Checkpoint, CheckpointError, Dtype, Result, Tensor, shape};

/// Bins of the two distributions, over what both span.
const BINS: usize = 48;
/// Elements compared at a time; a multiple of 8, so that packed elements begin at a byte.
const PIECE: usize = 1 << 20;
/// Largest tensor whose singular value is computed: it is held twice, in 32 bits.
const MOST_SINGULAR: usize = 1 << 25;
/// Steps of the power iteration at most.
const STEPS: usize = 300;
/// It has converged when a step changes the value by less than this part of it.
const CLOSE: f64 = 1e-7;

/// One tensor that both have, in one shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    /// Name in the files.
    pub name: String,
    /// Shape of both.
    pub shape: Vec<usize>,
    /// Elements.
    pub numel: u64,
    /// ‖B − A‖ / ‖A‖ (Frobenius); none where A is zero, or where an element of either is not finite.
    pub relative: Option<f64>,
    /// Cosine of the angle between them; none where one is zero.
    pub cosine: Option<f64>,
    /// Largest singular value of A and of B, the tensor as a matrix of its first axis by all others; none below two
    /// axes, and of tensors of more than 2²⁵ elements.
    pub sigma: Option<[f64; 2]>,
    /// Standard deviation of A and of B.
    pub std: Option<[f64; 2]>,
    /// One more than the counts: equal bins over what both span; empty where nothing is finite.
    pub edges: Vec<f64>,
    /// Elements of A a bin.
    pub a: Vec<u64>,
    /// Elements of B a bin.
    pub b: Vec<u64>,
}

/// Every tensor of two checkpoints.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Changes {
    /// Those that both have, in the order of A's file.
    pub tensors: Vec<Changed>,
    /// Names that only A has.
    pub only_a: Vec<String>,
    /// Names that only B has.
    pub only_b: Vec<String>,
    /// Tensors of two shapes: name, that of A, that of B.
    pub reshaped: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// ‖B − A‖ / ‖A‖ over all tensors of one shape.
    pub relative: Option<f64>,
    /// Cosine over all of them.
    pub cosine: Option<f64>,
    /// Elements that were compared.
    pub parameters: u64,
}

/// Sums over pairs of elements, in order.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    aa: f64,
    bb: f64,
    ab: f64,
    /// Of (b − a)².
    dd: f64,
    a: f64,
    b: f64,
    count: f64,
    broken: bool,
}

impl Sums {
    fn add(&mut self, a: f64, b: f64) {
        if !(a.is_finite() && b.is_finite()) {
            self.broken = true;
            return;
        }
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
        self.dd += (b - a) * (b - a);
        self.a += a;
        self.b += b;
        self.count += 1.0;
    }

    fn join(&mut self, other: &Self) {
        self.aa += other.aa;
        self.bb += other.bb;
        self.ab += other.ab;
        self.dd += other.dd;
    }

    fn relative(&self) -> Option<f64> {
        (!self.broken && self.aa > 0.0).then(|| (self.dd / self.aa).sqrt())
    }

    fn cosine(&self) -> Option<f64> {
        let size = self.aa.sqrt() * self.bb.sqrt();
        // Equal tensors point the same way exactly, whatever the rounding of the two roots.
        let same = self.dd == 0.0;
        (!self.broken && size > 0.0).then(|| if same { 1.0 } else { (self.ab / size).clamp(-1.0, 1.0) })
    }

    fn std(&self) -> Option<[f64; 2]> {
        let of = |squares: f64, sum: f64| (squares / self.count - (sum / self.count).powi(2)).max(0.0).sqrt();
        (!self.broken && self.count > 0.0).then(|| [of(self.aa, self.a), of(self.bb, self.b)])
    }
}

/// Compares the weights of `a` and `b`: tensors by name. `progress` hears a fraction and says whether to stop.
pub fn changes(a: &Checkpoint, b: &Checkpoint, mut progress: impl FnMut(f64) -> bool) -> Result<Changes> {
    let weights = |from: &'_ Checkpoint| -> Vec<usize> {
        let holds = |tensor: &Tensor| tensor.dtype.holds_weights();
        (0..from.tensors.len()).filter(|i| holds(&from.tensors[*i])).collect()
    };
    let (own, theirs) = (weights(a), weights(b));
    let mut partners: HashMap<&str, usize> = theirs.iter().map(|&i| (b.tensors[i].name.as_str(), i)).collect();
    let mut found = Changes::default();
    let mut whole = Sums::default();
    let total: f64 = own.iter().map(|&i| elements(&a.tensors[i])).sum::<f64>().max(1.0);
    let mut done = 0.0;
    for i in own {
        let tensor = &a.tensors[i];
        if progress(done / total) {
            return Err(CheckpointError::Cancelled);
        }
        done += elements(tensor);
        match partners.remove(tensor.name.as_str()).map(|at| &b.tensors[at]) {
            None => found.only_a.push(tensor.name.clone()),
            Some(partner) if partner.shape != tensor.shape => {
                let shapes = (tensor.shape.clone(), partner.shape.clone());
                found.reshaped.push((tensor.name.clone(), shapes.0, shapes.1));
            }
            Some(partner) => {
                let (changed, sums) = compare(tensor, &a.read(tensor)?, partner, &b.read(partner)?)?;
                found.parameters += changed.numel;
                whole.broken |= sums.broken;
                whole.join(&sums);
                found.tensors.push(changed);
            }
        }
    }
    found.only_b = theirs
        .into_iter()
        .map(|i| b.tensors[i].name.as_str())
        .filter(|name| partners.contains_key(name))
        .map(str::to_owned)
        .collect();
    (found.relative, found.cosine) = (whole.relative(), whole.cosine());
    Ok(found)
}

fn elements(tensor: &Tensor) -> f64 {
    tensor.shape.iter().map(|n| *n as f64).product()
}

fn compare(a: &Tensor, a_bytes: &Bytes, b: &Tensor, b_bytes: &Bytes) -> Result<(Changed, Sums)> {
    let numel = shape::numel(&a.name, &a.shape)?;
    let mut sums = Sums::default();
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut values = Vec::new();
    let mut from = 0;
    while from < numel {
        let count = PIECE.min(numel - from);
        values.clear();
        each(a.dtype, a_bytes, from, count, |value| values.push(value));
        let mut at = 0;
        each(b.dtype, b_bytes, from, count, |value| {
            sums.add(values[at], value);
            for one in [values[at], value] {
                if one.is_finite() {
                    (low, high) = (low.min(one), high.max(one));
                }
            }
            at += 1;
        });
        from += count;
    }
    let edges = edges(low, high);
    let bins = |dtype: Dtype, bytes: &Bytes| {
        let mut counts = vec![0u64; edges.len().saturating_sub(1)];
        let Some((first, last)) = edges.first().zip(edges.last()) else {
            return counts;
        };
        let scale = counts.len() as f64 / (last - first);
        dtype.for_each(numel, bytes, |value| {
            if value.is_finite() {
                let bin = ((value - first) * scale) as usize;
                let bin = bin.min(counts.len() - 1);
                counts[bin] += 1;
            }
        });
        counts
    };
    let changed = Changed {
        name: a.name.clone(),
        shape: a.shape.clone(),
        numel: numel as u64,
        relative: sums.relative(),
        cosine: sums.cosine(),
        sigma: sigma(a, a_bytes, numel, sums.broken)
            .zip(sigma(b, b_bytes, numel, sums.broken))
            .map(<[f64; 2]>::from),
        std: sums.std(),
        a: bins(a.dtype, a_bytes),
        b: bins(b.dtype, b_bytes),
        edges,
    };
    Ok((changed, sums))
}

/// `count` elements from `from` on, which is a multiple of [`PIECE`].
fn each(dtype: Dtype, bytes: &Bytes, from: usize, count: usize, each: impl FnMut(f64)) {
    let start = from / 8 * dtype.bits();
    if let Some(rest) = bytes.get(start..) {
        dtype.for_each(count, rest, each);
    }
}

/// Equal bins from `low` to `high`; around a single value, wide enough to be told from it.
fn edges(low: f64, high: f64) -> Vec<f64> {
    let pad = (low.abs() * 1e-6).max(0.5);
    let (low, high) = if high > low {
        (low, high)
    } else {
        (low - pad, high + pad)
    };
    let width = high - low;
    if !width.is_finite() || width <= 0.0 {
        return Vec::new();
    }
    (0..=BINS)
        .map(|i| {
            if i == BINS {
                high
            } else {
                low + width * (i as f64 / BINS as f64)
            }
        })
        .collect()
}

/// The largest singular value of the tensor as a matrix of its first axis by all others.
fn sigma(tensor: &Tensor, bytes: &Bytes, numel: usize, broken: bool) -> Option<f64> {
    let rows = *tensor.shape.first()?;
    if tensor.shape.len() < 2 || numel == 0 || numel > MOST_SINGULAR || broken {
        return None;
    }
    let mut matrix = Vec::with_capacity(numel);
    tensor.dtype.for_each(numel, bytes, |value| matrix.push(value as f32));
    (matrix.len() == numel).then(|| largest_singular_value(&matrix, rows, numel / rows))
}

/// By power iteration on `MᵀM`, from one start that no matrix of weights is orthogonal to but by chance; a value that
/// two lie close to is found as quickly as a lonely one, only its vector is not.
fn largest_singular_value(matrix: &[f32], rows: usize, columns: usize) -> f64 {
    // Fractions of multiples of the golden ratio: no two alike, no pattern of the axes.
    let mut v: Vec<f64> = (1..=columns)
        .map(|i| (i as f64 * 0.618_033_988_749_895).fract() + 0.1)
        .collect();
    let mut sigma = 0.0f64;
    for _ in 0..STEPS {
        let length = norm(&v);
        if length == 0.0 {
            return 0.0;
        }
        for value in &mut v {
            *value /= length;
        }
        let mut next = vec![0.0f64; columns];
        let mut squares = 0.0;
        for row in matrix.chunks_exact(columns).take(rows) {
            let along: f64 = row.iter().zip(&v).map(|(m, v)| f64::from(*m) * v).sum();
            squares += along * along;
            next.iter_mut()
                .zip(row)
                .for_each(|(next, m)| *next += along * f64::from(*m));
        }
        let before = sigma;
        sigma = squares.sqrt();
        v = next;
        if (sigma - before).abs() <= CLOSE * sigma {
            break;
        }
    }
    sigma
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|value| value * value).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_values_of_known_matrices() {
        let near = |matrix: &[f32], rows, columns, want: f64| {
            let got = largest_singular_value(matrix, rows, columns);
            assert!((got - want).abs() < 1e-4 * want.max(1.0), "{got} for {want}");
        };
        near(&[3.0, 0.0, 0.0, 4.0], 2, 2, 4.0);
        near(&[1.0; 12], 3, 4, 12f64.sqrt());
        // [[1, 2], [3, 4]] has the eigenvalues 15 ± √221 of its square.
        near(&[1.0, 2.0, 3.0, 4.0], 2, 2, (15.0 + 221f64.sqrt()).sqrt());
        near(&[0.0; 6], 2, 3, 0.0);
        near(&[5.0, 0.0, 0.0, 5.0], 2, 2, 5.0);
        near(&[-2.0], 1, 1, 2.0);
    }

    #[test]
    fn sums_say_how_far_and_which_way() {
        let of = |pairs: &[(f64, f64)]| {
            let mut sums = Sums::default();
            for (a, b) in pairs {
                sums.add(*a, *b);
            }
            sums
        };
        let same = of(&[(3.0, 3.0), (4.0, 4.0)]);
        assert_eq!((same.relative(), same.cosine()), (Some(0.0), Some(1.0)));
        let turned = of(&[(1.0, 0.0), (0.0, 1.0)]);
        assert_eq!((turned.relative(), turned.cosine()), (Some(2f64.sqrt()), Some(0.0)));
        let from_nothing = of(&[(0.0, 1.0)]);
        assert_eq!((from_nothing.relative(), from_nothing.cosine()), (None, None));
        let broken = of(&[(f64::NAN, 1.0), (1.0, 2.0)]);
        assert_eq!((broken.relative(), broken.std()), (None, None));
    }

    #[test]
    fn bins_span_both() {
        let found = edges(-1.0, 3.0);
        assert_eq!((found.len(), found[0], found[BINS]), (BINS + 1, -1.0, 3.0));
        assert_eq!(edges(2.0, 2.0).first(), Some(&1.5));
        assert!(edges(f64::INFINITY, f64::NEG_INFINITY).is_empty());
    }
}
