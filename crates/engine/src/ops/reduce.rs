//! Reductions over axes.

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, axes, axis, one, one_host};
use crate::error::OpError;
use crate::float::Float;
use crate::shapes::rules;
use crate::value::{Elem, Host, Value, strided_indices, strides};

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("reduce", op, Grad::Yes, run).shape(rules::reduce);
    let s = |op, run| Entry::new("reduce", op, Grad::Stops, run).shape(rules::arg);
    vec![
        e("ReduceSum", |c| {
            reduce(
                c,
                |x| Ok(sum(x)),
                Some(|v| v.iter().fold(0, |a: i64, &b| a.wrapping_add(b))),
            )
        })
        .shape(rules::reduce_sum),
        e("ReduceMean", |c| reduce(c, |x| Ok(along(x, B::float_mean_dim)), None)),
        e("ReduceMax", |c| {
            reduce(
                c,
                |x| Ok(along(x, B::float_max_dim)),
                Some(|v| v.iter().copied().max().unwrap_or(i64::MIN)),
            )
        })
        .shape(rules::reduce_max),
        e("ReduceMin", |c| {
            reduce(
                c,
                |x| Ok(along(x, B::float_min_dim)),
                Some(|v| v.iter().copied().min().unwrap_or(i64::MAX)),
            )
        })
        .shape(rules::reduce_min),
        e("ReduceProd", |c| {
            reduce(
                c,
                |x| Ok(along(x, B::float_prod_dim)),
                Some(|v| v.iter().fold(1, |a: i64, &b| a.wrapping_mul(b))),
            )
        })
        .shape(rules::reduce_prod),
        e("ReduceL1", |c| {
            reduce(
                c,
                |x| Ok(sum(x.map(B::float_abs))),
                Some(|v| v.iter().map(|x| x.abs()).sum()),
            )
        }),
        e("ReduceL2", |c| {
            reduce(c, |x| Ok(sum(x.clone().mul(x)?).map(B::float_sqrt)), None)
        }),
        e("ReduceSumSquare", |c| {
            reduce(
                c,
                |x| Ok(sum(x.clone().mul(x)?)),
                Some(|v| v.iter().map(|x| x * x).sum()),
            )
        }),
        e("ReduceLogSum", |c| reduce(c, |x| Ok(sum(x).map(B::float_log)), None)),
        e("ReduceLogSumExp", |c| reduce(c, log_sum_exp, None)),
        s("ArgMax", |c| arg(c, true)),
        s("ArgMin", |c| arg(c, false)),
        e("CumSum", cumulate).shape(rules::same).limits("float values"),
    ]
}

type HostFold = fn(&[i64]) -> i64;

fn along<B: Backend>(x: Float<B>, f: fn(B::FloatTensorPrimitive, usize) -> B::FloatTensorPrimitive) -> Float<B> {
    let (rows, elem) = (x.shape()[0], x.elem);
    Float::wrap(f(x.prim, 1), vec![rows, 1], elem)
}

fn sum<B: Backend>(x: Float<B>) -> Float<B> {
    along(x, B::float_sum_dim)
}

/// Shifted by the maximum, which is a constant for the gradient.
fn log_sum_exp<B: Backend>(x: Float<B>) -> Result<Float<B>, OpError> {
    let top = along(x.clone(), B::float_max_dim)
        .map(B::float_detach)
        .clamp_max(f64::from(f32::MAX))
        .clamp_min(f64::from(f32::MIN));
    sum(x.sub(top.clone())?.map(B::float_exp)).map(B::float_log).add(top)
}

fn reduce<B: Backend>(
    c: &mut Call<'_, B>,
    float: impl Fn(Float<B>) -> Result<Float<B>, OpError>,
    int: Option<HostFold>,
) -> Out<B> {
    let given = c.ints_or_input("axes", 1)?;
    let keep = c.int("keepdims", 1) != 0;
    let noop = c.int("noop_with_empty_axes", 0) != 0;
    let x = c.value(0)?;
    let rank = x.shape().len();
    let over = match given {
        Some(a) if !a.is_empty() => axes(&a, rank)?,
        _ if noop => Vec::new(),
        _ => (0..rank).collect(),
    };
    let kept: Vec<usize> = x
        .shape()
        .iter()
        .enumerate()
        .filter(|(i, _)| !over.contains(i))
        .map(|(_, &d)| d)
        .collect();
    let shape: Vec<usize> = if keep {
        x.shape()
            .iter()
            .enumerate()
            .map(|(i, &d)| if over.contains(&i) { 1 } else { d })
            .collect()
    } else {
        kept
    };
    if over.iter().any(|&a| x.shape()[a] == 0) {
        return Err(OpError::unsupported("reducing an axis without elements"));
    }
    match x {
        Value::Float(x) if x.numel() == 0 => one(Float::full(0.0, shape, x.elem, c.device)),
        Value::Float(x) => one(float(x.matrix_over(&over))?.reshape(shape)),
        Value::Host(x) => {
            let f = int.ok_or_else(|| OpError::unsupported("integer input"))?;
            let all = strides(&x.shape);
            let inner_dims: Vec<usize> = over.iter().map(|&a| x.shape[a]).collect();
            let inner_strides: Vec<usize> = over.iter().map(|&a| all[a]).collect();
            let outer: Vec<usize> = (0..rank).filter(|a| !over.contains(a)).collect();
            let outer_dims: Vec<usize> = outer.iter().map(|&a| x.shape[a]).collect();
            let outer_strides: Vec<usize> = outer.iter().map(|&a| all[a]).collect();
            let data = strided_indices(&outer_dims, &outer_strides, 0)
                .into_iter()
                .map(|base| {
                    let row: Vec<i64> = strided_indices(&inner_dims, &inner_strides, base)
                        .into_iter()
                        .map(|i| x.data[i])
                        .collect();
                    x.elem.wrap(f(&row))
                })
                .collect();
            one_host(Host::new(shape, x.elem, data))
        }
        other => Err(other.refuse()),
    }
}

fn arg<B: Backend>(c: &mut Call<'_, B>, largest: bool) -> Out<B> {
    let keep = c.int("keepdims", 1) != 0;
    let last = c.int("select_last_index", 0) != 0;
    let x = c.value(0)?;
    let shape = x.shape().to_vec();
    let at = axis(c.int("axis", 0), shape.len())?;
    let n = shape[at];
    if n == 0 {
        return Err(OpError::bad("the axis has no elements"));
    }
    // Host integers up to 2^53 compare exactly as f64, as do floats.
    let data: Vec<f64> = match x {
        Value::Float(x) => x.into_doubles()?,
        Value::Host(x) => x.data.iter().map(|&v| v as f64).collect(),
        other => return Err(other.refuse()),
    };
    let inner: usize = shape[at + 1..].iter().product();
    let outer: usize = shape[..at].iter().product();
    let mut out = Vec::with_capacity(outer * inner);
    for o in 0..outer {
        for i in 0..inner {
            let mut best = 0;
            for k in 1..n {
                let (new, old) = (data[(o * n + k) * inner + i], data[(o * n + best) * inner + i]);
                let better = if largest { new > old } else { new < old };
                if better || (last && (new - old).abs() <= 0.0) {
                    best = k;
                }
            }
            out.push(best as i64);
        }
    }
    let mut dims = shape;
    if keep {
        dims[at] = 1;
    } else {
        dims.remove(at);
    }
    one_host(Host::new(dims, Elem::I64, out))
}

fn cumulate<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let at = c
        .host(1)?
        .data
        .first()
        .copied()
        .ok_or_else(|| OpError::bad("the axis is missing"))?;
    let (exclusive, reverse) = (c.int("exclusive", 0) != 0, c.int("reverse", 0) != 0);
    let mut x = c.float(0)?;
    let at = axis(at, x.rank())?;
    if reverse {
        x = x.map(|t| B::float_flip(t, &[at]));
    }
    let own = x.clone();
    let mut y = x.map(|t| B::float_cumsum(t, at));
    if exclusive {
        y = y.sub(own)?;
    }
    if reverse {
        y = y.map(|t| B::float_flip(t, &[at]));
    }
    one(y)
}
