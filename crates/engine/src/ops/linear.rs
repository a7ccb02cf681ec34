//! Matrix products.

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, one};
use crate::error::OpError;
use crate::float::Float;
use crate::shapes::rules;
use crate::value::broadcast;

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    vec![
        Entry::new("linear", "MatMul", Grad::Yes, |c| {
            let (a, b) = (c.float(0)?, c.float(1)?);
            one(product(c, a, b)?)
        })
        .shape(rules::matmul)
        .limits("float inputs"),
        Entry::new("linear", "Gemm", Grad::Yes, gemm).shape(rules::gemm),
    ]
}

/// `a @ b` as numpy's `matmul`: vectors are lifted to matrices and the added axis dropped again.
pub(super) fn product<B: Backend>(c: &Call<'_, B>, a: Float<B>, b: Float<B>) -> Result<Float<B>, OpError> {
    if a.rank() == 0 || b.rank() == 0 {
        return Err(OpError::bad("a scalar has no matrix product"));
    }
    let (row, column) = (a.rank() == 1, b.rank() == 1);
    let n = a.numel();
    let a = if row { a.reshape(vec![1, n]) } else { a };
    let n = b.numel();
    let b = if column { b.reshape(vec![n, 1]) } else { b };
    let (ra, rb) = (a.rank(), b.rank());
    let mut shape = broadcast(&a.shape()[..ra - 2], &b.shape()[..rb - 2])?;
    shape.extend([a.shape()[ra - 2], b.shape()[rb - 1]]);
    c.reserve(&shape)?;
    let out = if a.numel() == 0 || b.numel() == 0 {
        Float::full(0.0, shape, a.elem, c.device)
    } else {
        a.matmul(b)?
    };
    let mut shape = out.shape().to_vec();
    if column {
        shape.pop();
    }
    if row {
        shape.remove(shape.len() - if column { 1 } else { 2 });
    }
    Ok(out.reshape(shape))
}

fn gemm<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let (alpha, beta) = (f64::from(c.f("alpha", 1.0)), f64::from(c.f("beta", 1.0)));
    let (ta, tb) = (c.int("transA", 0) != 0, c.int("transB", 0) != 0);
    let (mut a, mut b) = (c.float(0)?, c.float(1)?);
    if a.rank() != 2 || b.rank() != 2 {
        return Err(OpError::bad(format!(
            "Gemm multiplies matrices, got shapes {:?} and {:?}",
            a.shape(),
            b.shape()
        )));
    }
    if ta {
        a = a.permute(&[1, 0]);
    }
    if tb {
        b = b.permute(&[1, 0]);
    }
    let mut y = product(c, a, b)?;
    if (alpha - 1.0).abs() > 0.0 {
        y = y.mul_scalar(alpha);
    }
    if let Some(mut bias) = c.opt_float(2)? {
        if (beta - 1.0).abs() > 0.0 {
            bias = bias.mul_scalar(beta);
        }
        let shape = y.shape().to_vec();
        y = y.add(bias)?;
        if y.shape() != shape {
            return Err(OpError::bad("C does not broadcast to the product"));
        }
    }
    one(y)
}
