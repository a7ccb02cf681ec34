//! Writing elements at given places: `ScatterElements`, `ScatterND`, `TensorScatter`.
//!
//! Every form becomes flat positions. Where a write replaces what was there, each element of the
//! result is picked from the data or from the write that won, so that gradients go to what is seen.

use std::sync::Arc;

use burn_backend::TensorData;
use burn_std::ops::IndexingUpdateOp;
use num_traits::Float as Real;

use super::gather::in_range;
use super::pick::pick;
use super::pieces::join;
use super::{Call, Entry, Grad, Out, axis, one_host, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::{Elem, Host, Value, strided_indices, strides};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("scatter", op, Grad::Yes, run).shape(rules::same);
    vec![
        e("ScatterElements", scatter_elements),
        e("Scatter", scatter_elements),
        e("ScatterND", scatter_nd),
        e("TensorScatter", tensor_scatter),
    ]
}

/// What happens where an element is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reduction {
    Replace,
    Add,
    Mul,
    Max,
    Min,
}

fn reduction<B: Engine>(c: &Call<'_, B>) -> Result<Reduction, OpError> {
    Ok(match c.str("reduction", "none").as_str() {
        "none" => Reduction::Replace,
        "add" => Reduction::Add,
        "mul" => Reduction::Mul,
        "max" => Reduction::Max,
        "min" => Reduction::Min,
        other => return Err(OpError::bad(format!("reduction `{other}` is unknown"))),
    })
}

fn scatter_elements<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let how = reduction(c)?;
    let (x, index, updates) = (c.value(0)?, c.host(1)?, c.value(2)?);
    let rank = x.shape().len();
    let at = axis(c.int("axis", 0), rank)?;
    let fits = index.shape.len() == rank
        && updates.shape() == index.shape
        && (0..rank).all(|i| i == at || index.shape[i] <= x.shape()[i]);
    if !fits {
        return Err(OpError::bad(format!(
            "indices of shape {:?} and updates of shape {:?} do not fit data of shape {:?}",
            index.shape,
            updates.shape(),
            x.shape()
        )));
    }
    let rows = in_range(&index.data, x.shape()[at])?;
    let all = strides(x.shape());
    let mut steps = all.clone();
    steps[at] = 0;
    let mut flat = strided_indices(&index.shape, &steps, 0);
    for (place, row) in flat.iter_mut().zip(rows) {
        *place += row as usize * all[at];
    }
    write(c, x, updates, flat, how)
}

fn scatter_nd<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let how = reduction(c)?;
    let (x, index, updates) = (c.value(0)?, c.host(1)?, c.value(2)?);
    let depth = *index
        .shape
        .last()
        .ok_or_else(|| OpError::bad("the indices are a scalar"))?;
    if depth > x.shape().len() {
        return Err(OpError::bad(format!(
            "indices of {depth} numbers do not fit shape {:?}",
            x.shape()
        )));
    }
    let outer = &index.shape[..index.shape.len() - 1];
    let mut expected = outer.to_vec();
    expected.extend(&x.shape()[depth..]);
    if updates.shape() != expected {
        return Err(OpError::bad(format!(
            "the updates have shape {:?}, expected {expected:?}",
            updates.shape()
        )));
    }
    let steps = strides(x.shape());
    let inner: usize = x.shape()[depth..].iter().product();
    let tuples: usize = outer.iter().product();
    let mut flat = Vec::with_capacity(tuples * inner);
    for k in 0..tuples {
        let mut base = 0;
        for (d, &i) in index.data[k * depth..(k + 1) * depth].iter().enumerate() {
            base += in_range(&[i], x.shape()[d])?[0] as usize * steps[d];
        }
        flat.extend(base..base + inner);
    }
    write(c, x, updates, flat, how)
}

fn tensor_scatter<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let circular = match c.str("mode", "linear").as_str() {
        "linear" => false,
        "circular" => true,
        other => return Err(OpError::bad(format!("mode `{other}` is unknown"))),
    };
    let (x, updates, starts) = (c.value(0)?, c.value(1)?, c.opt_host(2)?);
    let rank = x.shape().len();
    let at = axis(c.int("axis", -2), rank)?;
    let fits = at > 0
        && updates.shape().len() == rank
        && (0..rank).all(|i| (i == at && updates.shape()[i] <= x.shape()[i]) || updates.shape()[i] == x.shape()[i])
        && starts.as_ref().is_none_or(|s| s.shape == [x.shape()[0]]);
    if !fits {
        return Err(OpError::bad(format!(
            "an update of shape {:?} does not fit a cache of shape {:?} along axis {at}",
            updates.shape(),
            x.shape()
        )));
    }
    let (length, n) = (updates.shape()[at], x.shape()[at]);
    let inner: usize = x.shape()[at + 1..].iter().product();
    let middle: usize = x.shape()[1..at].iter().product();
    let mut flat = Vec::with_capacity(updates.numel());
    for batch in 0..x.shape()[0] {
        let start = starts.as_ref().map_or(0, |s| s.data[batch]);
        let start = usize::try_from(start).map_err(|_| OpError::bad("a write index is negative"))?;
        if !circular && start.saturating_add(length) > n {
            return Err(OpError::bad(format!(
                "writing {length} rows at {start} goes past the {n} rows of the cache"
            )));
        }
        for m in 0..middle {
            for k in 0..length {
                let row = (start % n.max(1) + k) % n.max(1);
                let base = ((batch * middle + m) * n + row) * inner;
                flat.extend(base..base + inner);
            }
        }
    }
    write(c, x, updates, flat, Reduction::Replace)
}

/// Writes `updates[k]` at flat position `at[k]` of `x`, in order.
fn write<B: Engine>(c: &Call<'_, B>, x: Value<B>, updates: Value<B>, at: Vec<usize>, how: Reduction) -> Out<B> {
    let (shape, n) = (x.shape().to_vec(), x.numel());
    if x.elem() != updates.elem() {
        return Err(OpError::bad(format!(
            "the data is {}, the updates are {}",
            x.kind(),
            updates.kind()
        )));
    }
    if at.is_empty() {
        return Ok(vec![x]);
    }
    c.reserve(&[n, 4])?;
    c.reserve(&[at.len(), 4])?;
    let mut source: Vec<usize> = (0..n).collect();
    match (how, &x, &updates) {
        (Reduction::Replace, _, _) => {
            for (k, &place) in at.iter().enumerate() {
                source[place] = n + k;
            }
        }
        (Reduction::Add | Reduction::Mul, Value::Float(x), Value::Float(u)) => {
            let (elem, count) = (x.elem, at.len());
            let (flat, u) = (x.clone().reshape(vec![n]), u.clone().reshape(vec![count]));
            let y = if how == Reduction::Mul {
                operate(Multiply { at: Arc::new(at) }, vec![flat, u])
            } else {
                let ids = TensorData::new(at.iter().map(|&i| i as i64).collect::<Vec<_>>(), vec![count]);
                let ids = B::int_from_data(ids, c.device);
                let prim = B::float_select_assign(flat.prim, 0, ids, u.prim, IndexingUpdateOp::Add);
                Float::wrap(prim, vec![n], elem)
            };
            return Ok(vec![Value::Float(y.reshape(shape))]);
        }
        (Reduction::Add | Reduction::Mul, Value::Host(x), Value::Host(u)) => {
            let mut data = x.data.to_vec();
            for (&v, place) in u.data.iter().zip(at) {
                let old = data[place];
                data[place] = x.elem.wrap(match (x.elem, how) {
                    (Elem::Bool, Reduction::Add) => old | v,
                    (_, Reduction::Add) => old.wrapping_add(v),
                    _ => old.wrapping_mul(v),
                });
            }
            return one_host(Host::new(shape, x.elem, data));
        }
        (_, Value::Float(a), Value::Float(b)) => {
            let largest = how == Reduction::Max;
            let (a, b) = (a.clone().into_doubles()?, b.clone().into_doubles()?);
            let wins =
                |new: f64, old: f64| !old.is_nan() && (new.is_nan() || if largest { new > old } else { new < old });
            winners(&a, &b, &at, &mut source, wins);
        }
        (_, Value::Host(a), Value::Host(b)) => {
            let largest = how == Reduction::Max;
            let flip = if a.elem == Elem::U64 { i64::MIN } else { 0 };
            let wins = |new: i64, old: i64| {
                if largest {
                    new ^ flip > old ^ flip
                } else {
                    (new ^ flip) < (old ^ flip)
                }
            };
            winners(&a.data, &b.data, &at, &mut source, wins);
        }
        (_, x, _) => return Err(x.refuse()),
    }
    let count = updates.numel();
    let both = join(c, vec![x.reshaped(vec![n])?, updates.reshaped(vec![count])?], 0)?;
    Ok(vec![pick(both, shape, &source)?])
}

/// Points `source` of every place at the element that wins there: data first, then updates in order.
fn winners<T: Copy>(data: &[T], updates: &[T], at: &[usize], source: &mut [usize], wins: impl Fn(T, T) -> bool) {
    let n = data.len();
    for (k, &place) in at.iter().enumerate() {
        let now = source[place];
        let old = if now < n { data[now] } else { updates[now - n] };
        if wins(updates[k], old) {
            source[place] = n + k;
        }
    }
}

/// `x[at[k]] *= u[k]` for every `k`; inputs are flat.
#[derive(Debug)]
struct Multiply {
    at: Arc<Vec<usize>>,
}

impl Multiply {
    fn run<T: Real>(&self, inputs: &[Slice<'_, T>]) -> Vec<T> {
        let mut y = inputs[0].data.to_vec();
        for (&place, &u) in self.at.iter().zip(inputs[1].data) {
            y[place] = y[place] * u;
        }
        y
    }
}

impl Operation for Multiply {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        self.run(inputs)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        self.run(inputs)
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0, 1],
            output: false,
        }
    }

    /// Each factor's gradient is the product of all others, from products before and after it, so
    /// that a factor of zero needs no division.
    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let (x, u) = match (trace.inputs[0], trace.inputs[1]) {
            (Some(x), Some(u)) => (x.data, u.data),
            _ => return vec![None, None],
        };
        let g = trace.gradient.data;
        let mut running = x.to_vec();
        let mut before = Vec::with_capacity(u.len());
        for (&place, &u) in self.at.iter().zip(u) {
            before.push(running[place]);
            running[place] *= u;
        }
        let mut after = vec![1.0f32; x.len()];
        let mut du = vec![0.0; u.len()];
        for (k, &place) in self.at.iter().enumerate().rev() {
            du[k] = g[place] * before[k] * after[place];
            after[place] *= u[k];
        }
        let dx = g.iter().zip(&after).map(|(g, a)| g * a).collect();
        vec![Some(dx), Some(du)]
    }
}
