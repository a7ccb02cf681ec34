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
        e("ReduceMean", |c| {
            reduce(
                c,
                |x| Ok(along(x, B::float_mean_dim)),
                Some(|v| (v.iter().map(|&x| i128::from(x)).sum::<i128>() / v.len().max(1) as i128) as i64),
            )
        }),
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
                Some(|v| v.iter().fold(0i64, |a, x| a.wrapping_add(x.wrapping_abs()))),
            )
        }),
        e("ReduceL2", |c| {
            reduce(
                c,
                |x| Ok(sum(x.clone().mul(x)?).map(B::float_sqrt)),
                Some(|v| v.iter().map(|&x| x as f64 * x as f64).sum::<f64>().sqrt() as i64),
            )
        }),
        e("ReduceSumSquare", |c| {
            reduce(
                c,
                |x| Ok(sum(x.clone().mul(x)?)),
                Some(|v| v.iter().fold(0i64, |a, x| a.wrapping_add(x.wrapping_mul(*x)))),
            )
        }),
        e("ReduceLogSum", |c| reduce(
            c,
            |x| Ok(sum(x).map(B::float_log)),
            Some(|v| v.iter().map(|&x| x as f64).sum::<f64>().ln() as i64),
        )),
        e("ReduceLogSumExp", |c| reduce(
            c,
            log_sum_exp,
            Some(|v| v.iter().map(|&x| (x as f64).exp()).sum::<f64>().ln() as i64),
        )),
        s("ArgMax", |c| arg(c, true)),
        s("ArgMin", |c| arg(c, false)),
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

/// What a reduction makes of no elements.
fn nothing(op: &str, elem: Elem) -> f64 {
    let (low, high) = match elem {
        _ if elem.is_float() => (f64::NEG_INFINITY, f64::INFINITY),
        Elem::Bool => (0.0, 1.0),
        Elem::U8 | Elem::U16 | Elem::U32 | Elem::U64 => (0.0, elem.wrap(-1) as u64 as f64),
        _ => {
            let bits = crate::narrow::bits(elem).unwrap_or(64) - 1;
            (-(2f64.powi(bits as i32)), 2f64.powi(bits as i32) - 1.0)
        }
    };
    match op {
        "ReduceProd" => 1.0,
        "ReduceMean" => f64::NAN,
        "ReduceMax" | "ReduceLogSum" | "ReduceLogSumExp" => low,
        "ReduceMin" => high,
        _ => 0.0,
    }
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
    c.reserve(&shape)?;
    let elem = x.elem().ok_or_else(|| x.refuse())?;
    if x.numel() == 0 {
        let n = shape.iter().product();
        return Ok(vec![c.numbers(vec![nothing(&c.node.op, elem); n], shape, elem)?]);
    }
    match x {
        Value::Float(x) => one(float(x.matrix_over(&over))?.reshape(shape)),
        Value::Host(x) => {
            let f = int.ok_or_else(|| OpError::unsupported("integer input"))?;
            // An order on u64 bits is an order on i64 after flipping the sign bit.
            let ordered = matches!(c.node.op.as_str(), "ReduceMax" | "ReduceMin");
            let flip = if x.elem == Elem::U64 && ordered { i64::MIN } else { 0 };
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
                        .map(|i| x.data[i] ^ flip)
                        .collect();
                    x.elem.wrap(f(&row) ^ flip)
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
    let inner: usize = shape[at + 1..].iter().product();
    let outer: usize = shape[..at].iter().product();
    let out = match x {
        Value::Float(x) => best(&x.into_doubles()?, [outer, n, inner], largest, last),
        Value::Host(x) => {
            let flip = if x.elem == Elem::U64 { i64::MIN } else { 0 };
            let ordered: Vec<i64> = x.data.iter().map(|v| v ^ flip).collect();
            best(&ordered, [outer, n, inner], largest, last)
        }
        other => return Err(other.refuse()),
    };
    let mut dims = shape;
    if keep {
        dims[at] = 1;
    } else {
        dims.remove(at);
    }
    one_host(Host::new(dims, Elem::I64, out))
}

/// The first, or last, position of the extreme element along the middle of three axes.
fn best<T: Copy + PartialOrd>(data: &[T], [outer, n, inner]: [usize; 3], largest: bool, last: bool) -> Vec<i64> {
    let mut out = Vec::with_capacity(outer * inner);
    for o in 0..outer {
        for i in 0..inner {
            let mut best = 0;
            for k in 1..n {
                let (new, old) = (data[(o * n + k) * inner + i], data[(o * n + best) * inner + i]);
                let better = if largest { new > old } else { new < old };
                if better || (last && new == old) {
                    best = k;
                }
            }
            out.push(best as i64);
        }
    }
    out
}
