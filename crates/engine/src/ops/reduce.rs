//! Reductions over axes.

use glassboard_kernels::arg::{self, Arg};
use glassboard_kernels::reduce::Reduce;

use super::{Call, Entry, Grad, Out, axes, axis, one, one_host};
use crate::error::OpError;
use crate::operation::Engine;
use crate::shapes::rules;
use crate::value::{Elem, Host, Value, strided_indices, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("reduce", op, Grad::Yes, run).shape(rules::reduce);
    let s = |op, run| Entry::new("reduce", op, Grad::Stops, run).shape(rules::arg);
    vec![
        e("ReduceSum", |c| {
            reduce(c, Reduce::Sum, |v| v.iter().fold(0, |a: i64, &b| a.wrapping_add(b)))
        })
        .shape(rules::reduce_sum),
        e("ReduceMean", |c| {
            reduce(c, Reduce::Mean, |v| {
                (v.iter().map(|&x| i128::from(x)).sum::<i128>() / v.len().max(1) as i128) as i64
            })
        }),
        e("ReduceMax", |c| {
            reduce(c, Reduce::Max, |v| v.iter().copied().max().unwrap_or(i64::MIN))
        })
        .shape(rules::reduce_max),
        e("ReduceMin", |c| {
            reduce(c, Reduce::Min, |v| v.iter().copied().min().unwrap_or(i64::MAX))
        })
        .shape(rules::reduce_min),
        e("ReduceProd", |c| {
            reduce(c, Reduce::Prod, |v| v.iter().fold(1, |a: i64, &b| a.wrapping_mul(b)))
        })
        .shape(rules::reduce_prod),
        e("ReduceL1", |c| {
            reduce(c, Reduce::L1, |v| {
                v.iter().fold(0, |a: i64, b| a.wrapping_add(b.wrapping_abs()))
            })
        }),
        e("ReduceL2", |c| {
            reduce(c, Reduce::L2, |v| {
                v.iter().map(|&x| x as f64 * x as f64).sum::<f64>().sqrt() as i64
            })
        }),
        e("ReduceSumSquare", |c| {
            reduce(c, Reduce::SumSquare, |v| {
                v.iter().fold(0, |a: i64, b| a.wrapping_add(b.wrapping_mul(*b)))
            })
        }),
        e("ReduceLogSum", |c| {
            reduce(c, Reduce::LogSum, |v| {
                v.iter().map(|&x| x as f64).sum::<f64>().ln() as i64
            })
        }),
        e("ReduceLogSumExp", |c| {
            reduce(c, Reduce::LogSumExp, |v| {
                v.iter().map(|&x| (x as f64).exp()).sum::<f64>().ln() as i64
            })
        }),
        s("ArgMax", |c| arg(c, true)),
        s("ArgMin", |c| arg(c, false)),
    ]
}

type HostFold = fn(&[i64]) -> i64;

/// What integers reduce to where there are none.
fn nothing(function: Reduce, elem: Elem) -> f64 {
    let bits = crate::narrow::bits(elem).unwrap_or(64) as i32;
    let (low, high) = match elem {
        Elem::Bool => (0.0, 1.0),
        Elem::U2 | Elem::U4 | Elem::U8 | Elem::U16 | Elem::U32 | Elem::U64 => (0.0, 2f64.powi(bits) - 1.0),
        _ => (-2f64.powi(bits - 1), 2f64.powi(bits - 1) - 1.0),
    };
    match function {
        Reduce::Prod => 1.0,
        Reduce::Max => low,
        Reduce::Min => high,
        _ => 0.0,
    }
}

fn reduce<B: Engine>(c: &mut Call<'_, B>, float: Reduce, int: HostFold) -> Out<B> {
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
    match x {
        Value::Float(x) => one(x.reduce(float, over, keep)),
        Value::Host(x) if x.data.is_empty() => {
            let n = shape.iter().product();
            Ok(vec![c.numbers(vec![nothing(float, x.elem); n], shape, x.elem)?])
        }
        Value::Host(x) => {
            // An order on u64 bits is an order on i64 after flipping the sign bit.
            let ordered = matches!(float, Reduce::Max | Reduce::Min);
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
                    x.elem.wrap(int(&row) ^ flip)
                })
                .collect();
            one_host(Host::new(shape, x.elem, data))
        }
        other => Err(other.refuse()),
    }
}

fn arg<B: Engine>(c: &mut Call<'_, B>, largest: bool) -> Out<B> {
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
    let arg = Arg { largest, last };
    let out = match x {
        Value::Float(x) if x.elem == Elem::F64 => arg::find(arg, &x.into_doubles()?, outer, n, inner),
        Value::Float(x) => arg::find(arg, &x.into_vec()?, outer, n, inner),
        Value::Host(x) if x.elem == Elem::U64 => {
            let unsigned: Vec<u64> = x.data.iter().map(|&v| v as u64).collect();
            arg::find(arg, &unsigned, outer, n, inner)
        }
        Value::Host(x) => arg::find(arg, &x.data, outer, n, inner),
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
