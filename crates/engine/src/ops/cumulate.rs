//! Running sums and products along an axis.

use num_traits::Float as Real;

use super::pieces::join;
use super::reshape::narrowed;
use super::{Call, Entry, Grad, Out, axis, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::{Elem, Host, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("cumulate", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("CumSum", |c| {
            cumulate(c, 0, i64::wrapping_add, |x, at| x.map(|t| B::float_cumsum(t, at)))
        }),
        e("CumProd", |c| cumulate(c, 1, i64::wrapping_mul, products)),
    ]
}

/// Flips what runs in reverse; an exclusive run starts with the neutral element and leaves the last
/// one out.
fn cumulate<B: Engine>(
    c: &mut Call<'_, B>,
    neutral: i64,
    int: fn(i64, i64) -> i64,
    float: fn(Float<B>, usize) -> Float<B>,
) -> Out<B> {
    let at = c.scalar_int(1)?.ok_or_else(|| OpError::bad("the axis is missing"))?;
    let (exclusive, reverse) = (c.int("exclusive", 0) != 0, c.int("reverse", 0) != 0);
    let x = c.value(0)?;
    let shape = x.shape().to_vec();
    let at = axis(at, shape.len())?;
    if x.numel() == 0 {
        return Ok(vec![x]);
    }
    let flip = |x: Value<B>| -> Result<Value<B>, OpError> {
        if !reverse {
            return Ok(x);
        }
        match x {
            Value::Float(x) => Ok(Value::Float(x.map(|t| B::float_flip(t, &[at])))),
            x => {
                let rows: Vec<i64> = (0..shape[at] as i64).rev().collect();
                super::gather::take_rows(c, x, at, &rows)
            }
        }
    };
    let mut x = flip(x)?;
    if exclusive {
        let mut head = shape.clone();
        head[at] = 1;
        let elem = x.elem().unwrap_or(Elem::F32);
        let first = c.numbers(vec![neutral as f64; head.iter().product()], head, elem)?;
        let mut ranges: Vec<(usize, usize)> = shape.iter().map(|&d| (0, d)).collect();
        ranges[at].1 -= 1;
        x = join(c, vec![first, narrowed(x, &ranges)?], at)?;
    }
    let y = match x {
        Value::Float(x) => Value::Float(float(x, at)),
        Value::Host(x) => {
            let inner: usize = shape[at + 1..].iter().product();
            let mut data = x.data.to_vec();
            for i in 0..data.len() {
                if !(i / inner).is_multiple_of(shape[at]) {
                    data[i] = x.elem.wrap(int(data[i], data[i - inner]));
                }
            }
            Value::Host(Host::new(shape.clone(), x.elem, data))
        }
        other => return Err(other.refuse()),
    };
    Ok(vec![flip(y)?])
}

fn products<B: Engine>(x: Float<B>, at: usize) -> Float<B> {
    let mut order: Vec<usize> = (0..x.rank()).collect();
    let last = order.len() - 1;
    order.swap(at, last);
    operate(Products, vec![x.permute(&order)]).permute(&order)
}

/// Running products over the last axis.
#[derive(Debug)]
struct Products;

fn run<T: Real>(x: &Slice<'_, T>) -> Vec<T> {
    let n = x.shape.last().copied().unwrap_or(1).max(1);
    let mut y = x.data.to_vec();
    for row in y.chunks_exact_mut(n) {
        for k in 1..n {
            row[k] = row[k] * row[k - 1];
        }
    }
    y
}

impl Operation for Products {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        run(&inputs[0])
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        run(&inputs[0])
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0],
            output: true,
        }
    }

    /// `dx[i] = y[i-1] * s[i]` where `s[i] = g[i] + x[i+1] * s[i+1]`: no division, so zeros are fine.
    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let (Some(x), Some(y)) = (trace.inputs[0], trace.output) else {
            return vec![None];
        };
        let n = x.shape.last().copied().unwrap_or(1).max(1);
        let mut dx = vec![0.0f32; x.data.len()];
        for (row, dx) in dx.chunks_exact_mut(n).enumerate() {
            let (x, y) = (&x.data[row * n..], &y.data[row * n..]);
            let g = &trace.gradient.data[row * n..];
            let mut rest = 0.0;
            for i in (0..n).rev() {
                rest = g[i] + if i + 1 < n { x[i + 1] * rest } else { 0.0 };
                dx[i] = rest * if i > 0 { y[i - 1] } else { 1.0 };
            }
        }
        vec![Some(dx)]
    }
}
