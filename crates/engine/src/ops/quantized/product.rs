//! Products of integer matrices: `MatMulInteger`, `QLinearMatMul`.

use std::sync::Arc;

use glassboard_kernels::integer;

use super::super::{Call, Out, linear};
use super::codes::{Affine, Codes, coded, range};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::{Elem, Host, broadcast, broadcast_indices, strided_indices};

/// Zero points of a matrix: one for all, or one a row (of `a`) or column (of `b`).
pub(super) struct Zeros(Vec<i64>);

impl Zeros {
    pub fn new(zeros: Vec<i64>, count: usize) -> Result<Self, OpError> {
        if zeros.len() <= 1 || zeros.len() == count {
            Ok(Self(zeros))
        } else {
            Err(OpError::unsupported(format!(
                "{} zero points for {count} rows or columns",
                zeros.len()
            )))
        }
    }

    fn of(&self, i: usize) -> i64 {
        match self.0.len() {
            0 => 0,
            1 => self.0[0],
            _ => self.0[i],
        }
    }

    /// As floats that broadcast over `[.., count]`, or `[.., count, 1]`.
    fn floats<B: Engine>(&self, c: &Call<'_, B>, rows: bool) -> Float<B> {
        let n = self.0.len();
        let shape = match n {
            0 | 1 => Vec::new(),
            _ if rows => vec![n, 1],
            _ => vec![n],
        };
        let data = if n == 0 {
            vec![0.0]
        } else {
            self.0.iter().map(|&v| v as f32).collect()
        };
        c.tensor_from(data, shape, Elem::F32)
    }
}

/// A difference of two numbers of 8 bits, which is what the kernel multiplies.
pub(super) fn small(v: i64) -> Result<i16, OpError> {
    i16::try_from(v).map_err(|_| OpError::unsupported("integer products of more than 8 bits"))
}

/// Sums of products in 32 bits, and where a tape runs the same as floats.
pub(super) struct Sums<B: Engine> {
    pub shape: Vec<usize>,
    pub data: Vec<i32>,
    pub carrier: Option<Float<B>>,
}

/// Whether the inputs at these positions are constants, or absent.
pub(super) fn fixed<B: Engine>(c: &Call<'_, B>, inputs: &[usize]) -> bool {
    let absent = |i: usize| c.node.inputs.get(i).copied().flatten().is_none();
    inputs.iter().all(|&i| absent(i) || c.is_constant(i))
}

/// What `make` makes; kept with the node where it follows from constants alone.
pub(super) fn once<B: Engine, T: Send + Sync + 'static>(
    c: &Call<'_, B>,
    constant: bool,
    make: impl FnOnce() -> Result<T, OpError>,
) -> Result<Arc<T>, OpError> {
    if constant {
        c.node.prepared.get(make)
    } else {
        make().map(Arc::new)
    }
}

/// `(a - zero_a) @ (b - zero_b)` as numpy's `matmul`. `right` are the positions of `b` and `zero_b`
/// among the inputs.
pub(super) fn product<B: Engine>(
    c: &Call<'_, B>,
    a: Codes<B>,
    b: Codes<B>,
    zero_a: Vec<i64>,
    zero_b: Vec<i64>,
    right: &[usize],
) -> Result<Sums<B>, OpError> {
    let (sa, sb) = (a.shape().to_vec(), b.shape().to_vec());
    // A vector is a row, or a column.
    let wide_a: Vec<usize> = if sa.len() == 1 { vec![1, sa[0]] } else { sa.clone() };
    let wide_b: Vec<usize> = if sb.len() == 1 { vec![sb[0], 1] } else { sb.clone() };
    let ([lead_a @ .., m, k], [lead_b @ .., k2, n]) = (wide_a.as_slice(), wide_b.as_slice()) else {
        return Err(OpError::bad("a scalar has no matrix product"));
    };
    let (m, k, n) = (*m, *k, *n);
    if k != *k2 {
        return Err(OpError::bad(format!("shapes {sa:?} and {sb:?} do not multiply")));
    }
    let (zero_a, zero_b) = (Zeros::new(zero_a, m)?, Zeros::new(zero_b, n)?);
    let lead = broadcast(lead_a, lead_b)?;
    let mut shape = lead.clone();
    shape.extend([m, n]);
    c.reserve(&shape)?;
    c.reserve(&wide_a)?;
    c.reserve(&wide_b)?;
    let (ia, ib) = (broadcast_indices(lead_a, &lead), broadcast_indices(lead_b, &lead));
    let (ha, hb) = (a.ints()?, b.ints()?);
    let mut data = vec![0i32; shape.iter().product()];
    let turn = |ib: usize| -> Result<Vec<i16>, OpError> {
        let index = strided_indices(&[n, k], &[1, n], ib * k * n);
        let columns = index.into_iter().enumerate();
        columns
            .map(|(j, at)| small(hb.data[at].wrapping_sub(zero_b.of(j / k))))
            .collect()
    };
    let constant = lead_b.is_empty() && fixed(c, right);
    // A matrix on the right is turned once, however many there are on the left.
    let mut turned: Option<(usize, Arc<Vec<i16>>)> = None;
    for (out, (&ia, &ib)) in data.chunks_mut((m * n).max(1)).zip(ia.iter().zip(&ib)) {
        let rows = ha.data[ia * m * k..(ia + 1) * m * k].iter().enumerate();
        let left = rows
            .map(|(i, &v)| small(v.wrapping_sub(zero_a.of(i / k))))
            .collect::<Result<Vec<_>, _>>()?;
        let right = match turned.take() {
            Some((at, right)) if at == ib => right,
            _ => once(c, constant, || turn(ib))?,
        };
        integer::product(k, &left, &right, out);
        turned = Some((ib, right));
    }
    let carrier = if c.runner.keeps {
        let x = a.floats(c)?.sub(zero_a.floats(c, true))?;
        let y = b.floats(c)?.sub(zero_b.floats(c, false))?;
        Some(linear::product(c, x, y)?)
    } else {
        None
    };
    if sa.len() == 1 {
        shape.remove(shape.len() - 2);
    }
    if sb.len() == 1 {
        shape.pop();
    }
    Ok(Sums { shape, data, carrier })
}

/// Zero points as integers.
pub(super) fn integers(affine: &Affine) -> Vec<i64> {
    affine.zeros.iter().map(|&v| v as i64).collect()
}

fn zeros<B: Engine>(c: &mut Call<'_, B>, i: usize) -> Result<Vec<i64>, OpError> {
    Ok(c.opt_host(i)?.map_or_else(Vec::new, |h| h.data.to_vec()))
}

pub(super) fn matmul_integer<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (a, b) = (Codes::input(c, 0)?, Codes::input(c, 1)?);
    let (za, zb) = (zeros(c, 2)?, zeros(c, 3)?);
    let sums = product(c, a, b, za, zb, &[1, 3])?;
    let data = sums.data.iter().map(|&v| i64::from(v)).collect();
    Ok(vec![coded(c, Host::new(sums.shape, Elem::I32, data), sums.carrier)?])
}

/// Sums brought to the range of `to`: `saturate(round(sum * factor) + zero)`, with one factor for all or
/// one for every `inner` elements, over and over.
pub(super) fn requantize<B: Engine>(
    c: &Call<'_, B>,
    sums: Sums<B>,
    factors: &[f32],
    inner: usize,
    zero: f64,
    to: Elem,
) -> Out<B> {
    let (low, high) = range(to)?;
    let (low, high, zero) = (low as f32, high as f32, zero as f32);
    let mut codes = Vec::with_capacity(sums.data.len());
    for (run, chunk) in sums.data.chunks(inner.max(1)).enumerate() {
        let factor = factors[run % factors.len()];
        let code = |&v: &i32| ((v as f32 * factor).round_ties_even() + zero).clamp(low, high) as i64;
        codes.extend(chunk.iter().map(code));
    }
    let before = match sums.carrier {
        None => None,
        Some(carrier) => {
            let mut spread = vec![1.0; sums.data.len()];
            for (run, chunk) in spread.chunks_mut(inner.max(1)).enumerate() {
                chunk.fill(factors[run % factors.len()]);
            }
            let spread = c.tensor_from(spread, sums.shape.clone(), Elem::F32);
            Some(carrier.mul(spread)?.add_scalar(f64::from(zero)))
        }
    };
    Ok(vec![coded(c, Host::new(sums.shape, to, codes), before)?])
}

pub(super) fn qlinear_matmul<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (a, b) = (Codes::input(c, 0)?, Codes::input(c, 3)?);
    let (qa, qb, qy) = (Affine::read(c, 1, 2)?, Affine::read(c, 4, 5)?, Affine::read(c, 6, 7)?);
    let (scale_y, zero_y) = qy.single()?;
    let to = qy.codes.ok_or_else(|| OpError::bad("input 7 is missing"))?;
    let rows = a.shape().iter().rev().nth(1).copied().unwrap_or(1);
    let columns = b.shape().last().copied().unwrap_or(1);
    let each = |q: &Affine, count: usize| -> Result<Vec<f64>, OpError> {
        match q.scales.len() {
            1 => Ok(vec![q.scales[0]; count]),
            n if n == count => Ok(q.scales.clone()),
            n => Err(OpError::unsupported(format!("{n} scales for {count} rows or columns"))),
        }
    };
    let (sa, sb) = (each(&qa, rows)?, each(&qb, columns)?);
    let sums = product(c, a, b, integers(&qa), integers(&qb), &[3, 5])?;
    if qa.scales.len() == 1 && qb.scales.len() == 1 {
        let factor = (qa.scales[0] * qb.scales[0] / scale_y) as f32;
        return requantize(c, sums, &[factor], usize::MAX, zero_y, to);
    }
    c.reserve(&[rows, columns])?;
    let factors: Vec<f32> = sa
        .iter()
        .flat_map(|a| sb.iter().map(move |b| (a * b / scale_y) as f32))
        .collect();
    requantize(c, sums, &factors, 1, zero_y, to)
}
