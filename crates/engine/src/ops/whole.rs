//! Matrix products of integer tensors, which wrap around as their type does.

use super::{Call, Out, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::value::{Host, broadcast, broadcast_indices};

/// `a @ b` as numpy's `matmul`.
pub(super) fn product<B: Engine>(c: &Call<'_, B>, a: &Host, b: &Host) -> Result<Host, OpError> {
    if a.shape.is_empty() || b.shape.is_empty() {
        return Err(OpError::bad("a scalar has no matrix product"));
    }
    let (mut left, mut right) = (a.shape.clone(), b.shape.clone());
    if a.shape.len() == 1 {
        left.insert(0, 1);
    }
    if b.shape.len() == 1 {
        right.push(1);
    }
    let (ra, rb) = (left.len(), right.len());
    let (m, k, n) = (left[ra - 2], left[ra - 1], right[rb - 1]);
    if right[rb - 2] != k {
        return Err(OpError::bad(format!(
            "shapes {:?} and {:?} do not multiply",
            a.shape, b.shape
        )));
    }
    let batch = broadcast(&left[..ra - 2], &right[..rb - 2])?;
    let mut shape = batch.clone();
    shape.extend([m, n]);
    c.reserve(&shape)?;
    c.reserve_bytes(crate::value::checked_numel(&shape)?.saturating_mul(8))?;
    let ia = broadcast_indices(&left[..ra - 2], &batch);
    let ib = broadcast_indices(&right[..rb - 2], &batch);
    let mut out = Vec::with_capacity(shape.iter().product());
    for (ia, ib) in ia.into_iter().zip(ib) {
        for i in 0..m {
            let row = &a.data[(ia * m + i) * k..][..k];
            for j in 0..n {
                let terms = row.iter().enumerate();
                let sum = terms.fold(0i64, |s, (p, x)| {
                    s.wrapping_add(x.wrapping_mul(b.data[(ib * k + p) * n + j]))
                });
                out.push(a.elem.wrap(sum));
            }
        }
    }
    if b.shape.len() == 1 {
        shape.pop();
    }
    if a.shape.len() == 1 {
        shape.remove(batch.len());
    }
    Ok(Host::new(shape, a.elem, out))
}

/// `Gemm` of integers; the factors are floats, whose products are cut off.
pub(super) fn gemm<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let (alpha, beta) = (f64::from(c.f("alpha", 1.0)), f64::from(c.f("beta", 1.0)));
    let side = |c: &mut Call<'_, B>, i: usize, flip: bool| -> Result<Host, OpError> {
        let x = c.value(i)?;
        if x.shape().len() != 2 {
            return Err(OpError::bad(format!(
                "Gemm multiplies matrices, got shape {:?}",
                x.shape()
            )));
        }
        if flip {
            super::reshape::permuted(x, &[1, 0])?.host()
        } else {
            x.host()
        }
    };
    let flips = (c.int("transA", 0) != 0, c.int("transB", 0) != 0);
    let (a, b) = (side(c, 0, flips.0)?, side(c, 1, flips.1)?);
    let product = product(c, &a, &b)?;
    let bias = c.opt_host(2)?;
    let index = match &bias {
        Some(b) if broadcast(&b.shape, &product.shape)? == product.shape => broadcast_indices(&b.shape, &product.shape),
        Some(_) => return Err(OpError::bad("C does not broadcast to the product")),
        None => Vec::new(),
    };
    let scaled = |v: i64, by: f64| {
        if (by - 1.0).abs() > 0.0 {
            (v as f64 * by) as i64
        } else {
            v
        }
    };
    let data = product
        .data
        .iter()
        .enumerate()
        .map(|(i, &v)| {
            let rest = bias.as_ref().map_or(0, |b| scaled(b.data[index[i]], beta));
            product.elem.wrap(scaled(v, alpha).wrapping_add(rest))
        })
        .collect();
    one_host(Host::new(product.shape.clone(), product.elem, data))
}
