//! Element-wise operators with several inputs, broadcast as numpy does.

use glassboard_kernels::binary::{Binary, Shaped};
use glassboard_kernels::select;
use glassboard_kernels::unary::Unary;

use super::{Call, Entry, Grad, Out, one, one_host, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::rules;
use crate::value::{Elem, Host, Value, broadcast, broadcast_indices};

#[expect(clippy::float_cmp, reason = "`Equal` compares exactly, by its specification")]
pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let e = |op, run| Entry::new("binary", op, Grad::Yes, run).shape(rules::broadcast);
    let s = |op, run| Entry::new("binary", op, Grad::Stops, run).shape(rules::broadcast);
    vec![
        e("Add", |c| arithmetic(c, Binary::Add, |a, b, _| Some(a.wrapping_add(b)))).shape(rules::add),
        e("Sub", |c| arithmetic(c, Binary::Sub, |a, b, _| Some(a.wrapping_sub(b)))).shape(rules::subtract),
        e("Mul", |c| arithmetic(c, Binary::Mul, |a, b, _| Some(a.wrapping_mul(b)))).shape(rules::multiply),
        e("Div", |c| arithmetic(c, Binary::Div, divide)).shape(rules::divide),
        e("Pow", pow),
        s("Mod", modulo).shape(rules::modulo),
        e("Max", |c| fold(c, Binary::Max, i64::max)).shape(rules::largest),
        e("Min", |c| fold(c, Binary::Min, i64::min)).shape(rules::smallest),
        e("Sum", |c| fold(c, Binary::Add, i64::wrapping_add)),
        e("Mean", |c| {
            let n = c.node.explicit as f64;
            let sum = fold(c, Binary::Add, i64::wrapping_add)?.swap_remove(0).float()?;
            one(sum.mul_scalar(1.0 / n))
        }),
        e("Clip", clip).shape(rules::between),
        e("Where", select).shape(rules::select),
        s("Equal", |c| compare(c, |a, b| a == b, |a, b| a == b)).shape(rules::equal),
        s("Greater", |c| compare(c, |a, b| a > b, |a, b| a > b)).shape(rules::greater),
        s("GreaterOrEqual", |c| compare(c, |a, b| a >= b, |a, b| a >= b)).shape(rules::greater_or_equal),
        s("Less", |c| compare(c, |a, b| a < b, |a, b| a < b)).shape(rules::less),
        s("LessOrEqual", |c| compare(c, |a, b| a <= b, |a, b| a <= b)).shape(rules::less_or_equal),
        s("And", |c| integers(c, |a, b, _| Some(i64::from(a != 0 && b != 0)))).shape(rules::logical),
        s("Or", |c| integers(c, |a, b, _| Some(i64::from(a != 0 || b != 0)))).shape(rules::logical),
        s("Xor", |c| integers(c, |a, b, _| Some(i64::from((a != 0) != (b != 0))))).shape(rules::logical),
        s("BitwiseAnd", |c| integers(c, |a, b, _| Some(a & b))),
        s("BitwiseOr", |c| integers(c, |a, b, _| Some(a | b))),
        s("BitwiseXor", |c| integers(c, |a, b, _| Some(a ^ b))),
        s("BitShift", |c| {
            let left = c.str("direction", "LEFT") == "LEFT";
            integers(c, move |a, b, elem| {
                // A negative number of bits, or one of the width or more, leaves the sign alone.
                let by = u32::try_from(b).unwrap_or(u32::MAX);
                Some(match (left, elem) {
                    (true, _) => (a as u64).checked_shl(by).unwrap_or(0) as i64,
                    (false, Elem::U64) => (a as u64).checked_shr(by).unwrap_or(0) as i64,
                    (false, _) => a >> by.min(63),
                })
            })
        }),
    ]
}

fn divide(a: i64, b: i64, elem: Elem) -> Option<i64> {
    if elem == Elem::U64 {
        return (a as u64).checked_div(b as u64).map(|v| v as i64);
    }
    if b == 0 { None } else { Some(a.wrapping_div(b)) }
}

/// Zips two host arrays with broadcasting; `None` from `f` is an error.
fn zip_host(a: &Host, b: &Host, elem: Elem, f: impl Fn(i64, i64) -> Option<i64>) -> Result<Host, OpError> {
    let shape = broadcast(&a.shape, &b.shape)?;
    let (ia, ib) = (broadcast_indices(&a.shape, &shape), broadcast_indices(&b.shape, &shape));
    let data = ia
        .into_iter()
        .zip(ib)
        .map(|(i, j)| f(a.data[i], b.data[j]).map(|v| elem.wrap(v)))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| OpError::bad("division by zero, or a shift or exponent out of range, in an integer tensor"))?;
    Ok(Host::new(shape, elem, data))
}

/// Both inputs. Before operator set 7 the second was broadcast only where the node says so, from the
/// axis it names.
fn operands<B: Engine>(c: &mut Call<'_, B>) -> Result<(Value<B>, Value<B>), OpError> {
    let (a, mut b) = (c.value(0)?, c.value(1)?);
    if c.opset() < 7
        && c.int("broadcast", 0) != 0
        && let Some(crate::graph::Attr::Int(at)) = c.node.attrs.get("axis")
    {
        let (rank, own) = (a.shape().len(), b.shape().len());
        let at = super::axis(*at, rank)?;
        if at + own > rank {
            return Err(OpError::bad(format!(
                "{own} axes do not fit behind axis {at} of {rank}"
            )));
        }
        let mut shape = b.shape().to_vec();
        shape.resize(rank - at, 1);
        b = b.reshaped(shape)?;
    }
    Ok((a, b))
}

fn reserve_broadcast<B: Engine>(c: &Call<'_, B>, a: &[usize], b: &[usize]) -> Result<Vec<usize>, OpError> {
    let shape = broadcast(a, b)?;
    c.reserve(&shape)?;
    Ok(shape)
}

fn arithmetic<B: Engine>(c: &mut Call<'_, B>, float: Binary, int: impl Fn(i64, i64, Elem) -> Option<i64>) -> Out<B> {
    let (a, b) = operands(c)?;
    reserve_broadcast(c, a.shape(), b.shape())?;
    let wanted = [0, 1].map(|i| !c.is_constant(i));
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => one(a.binary(b, float, wanted)?),
        (Value::Host(a), Value::Host(b)) => {
            let elem = a.elem;
            one_host(zip_host(&a, &b, elem, |x, y| int(x, y, elem))?)
        }
        (a, b) => Err(mixed(&a, &b)),
    }
}

fn mixed<B: Engine>(a: &Value<B>, b: &Value<B>) -> OpError {
    OpError::bad(format!(
        "its inputs should be numbers of one type, not {} and {}",
        a.kind(),
        b.kind()
    ))
}

fn integers<B: Engine>(c: &mut Call<'_, B>, f: impl Fn(i64, i64, Elem) -> Option<i64>) -> Out<B> {
    let (a, b) = operands(c)?;
    let (a, b) = (a.host()?, b.host()?);
    reserve_broadcast(c, &a.shape, &b.shape)?;
    let elem = a.elem;
    one_host(zip_host(&a, &b, elem, |x, y| f(x, y, elem))?)
}

fn compare<B: Engine>(c: &mut Call<'_, B>, float: fn(f64, f64) -> bool, int: fn(i64, i64) -> bool) -> Out<B> {
    let (a, b) = operands(c)?;
    let shape = reserve_broadcast(c, a.shape(), b.shape())?;
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => {
            let (ia, ib) = (
                broadcast_indices(a.shape(), &shape),
                broadcast_indices(b.shape(), &shape),
            );
            let (a, b) = (a.into_doubles()?, b.into_doubles()?);
            let data = ia
                .into_iter()
                .zip(ib)
                .map(|(i, j)| i64::from(float(a[i], b[j])))
                .collect();
            one_host(Host::new(shape, Elem::Bool, data))
        }
        (Value::Host(a), Value::Host(b)) => {
            // An order on u64 bits is an order on i64 after flipping the sign bit.
            let flip = if a.elem == Elem::U64 { i64::MIN } else { 0 };
            one_host(zip_host(&a, &b, Elem::Bool, |x, y| {
                Some(i64::from(int(x ^ flip, y ^ flip)))
            })?)
        }
        (Value::Text(a), Value::Text(b)) => {
            let (ia, ib) = (broadcast_indices(&a.shape, &shape), broadcast_indices(&b.shape, &shape));
            let order = |(i, j): (usize, usize)| i64::from(int(a.data[i].cmp(&b.data[j]) as i64, 0));
            one_host(Host::new(
                shape,
                Elem::Bool,
                ia.into_iter().zip(ib).map(order).collect(),
            ))
        }
        (a, b) => Err(mixed(&a, &b)),
    }
}

fn fold<B: Engine>(c: &mut Call<'_, B>, float: Binary, int: fn(i64, i64) -> i64) -> Out<B> {
    let mut acc = c.value(0)?;
    for i in 1..c.node.explicit {
        let next = c.value(i)?;
        reserve_broadcast(c, acc.shape(), next.shape())?;
        acc = match (acc, next) {
            (Value::Float(a), Value::Float(b)) => Value::Float(a.binary(b, float, [true; 2])?),
            (Value::Host(a), Value::Host(b)) => {
                let flip = if a.elem == Elem::U64 { i64::MIN } else { 0 };
                Value::Host(zip_host(&a, &b, a.elem, |x, y| Some(int(x ^ flip, y ^ flip) ^ flip))?)
            }
            (a, b) => return Err(mixed(&a, &b)),
        };
    }
    Ok(vec![acc])
}

fn pow<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let fixed = c.is_constant(1) || !c.runner.keeps;
    let (base, exponent) = operands(c)?;
    reserve_broadcast(c, base.shape(), exponent.shape())?;
    match (base, exponent) {
        (Value::Float(x), e) => {
            let exponents: Option<f64> = match &e {
                Value::Host(h) if h.data.len() == 1 && x.rank() >= h.shape.len() => Some(h.data[0] as f64),
                Value::Float(f) if fixed && f.numel() == 1 && x.rank() >= f.rank() => {
                    Some(f.clone().into_doubles()?[0])
                }
                _ => None,
            };
            if let Some(exponent) = exponents {
                return one(x.unary(Unary::Power { exponent }));
            }
            let e = match e {
                Value::Float(f) => f,
                Value::Host(h) => Float::of(h.data.iter().map(|&v| v as f64).collect(), h.shape, x.elem, c.device),
                other => return Err(other.refuse()),
            };
            one(x.binary(e, Binary::Pow, [true; 2])?)
        }
        (Value::Host(x), Value::Host(e)) => {
            let elem = x.elem;
            one_host(zip_host(&x, &e, elem, |a, b| {
                Some(u32::try_from(b).map_or_else(|_| (a as f64).powf(b as f64) as i64, |b| a.wrapping_pow(b)))
            })?)
        }
        (Value::Host(x), Value::Float(e)) => {
            let shape = broadcast(&x.shape, e.shape())?;
            let (ix, ie) = (
                broadcast_indices(&x.shape, &shape),
                broadcast_indices(e.shape(), &shape),
            );
            let e = e.into_doubles()?;
            let data = ix
                .into_iter()
                .zip(ie)
                .map(|(i, j)| x.elem.wrap((x.data[i] as f64).powf(e[j]) as i64))
                .collect();
            one_host(Host::new(shape, x.elem, data))
        }
        (a, b) => Err(mixed(&a, &b)),
    }
}

fn modulo<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let fmod = c.int("fmod", 0) != 0;
    let (a, b) = operands(c)?;
    let shape = reserve_broadcast(c, a.shape(), b.shape())?;
    match (a, b) {
        (Value::Host(a), Value::Host(b)) => {
            let elem = a.elem;
            one_host(zip_host(&a, &b, elem, |x, y| match (y, elem) {
                (0, _) => None,
                (y, Elem::U64) => Some((x as u64 % y as u64) as i64),
                (y, _) if fmod => Some(x.wrapping_rem(y)),
                (y, _) => {
                    let r = x.wrapping_rem(y);
                    Some(if r != 0 && (r < 0) != (y < 0) { r + y } else { r })
                }
            })?)
        }
        (Value::Float(a), Value::Float(b)) => {
            let elem = a.elem;
            let (ia, ib) = (
                broadcast_indices(a.shape(), &shape),
                broadcast_indices(b.shape(), &shape),
            );
            let (a, b) = (a.into_doubles()?, b.into_doubles()?);
            let data = ia
                .into_iter()
                .zip(ib)
                .map(|(i, j)| {
                    let r = a[i] % b[j];
                    if !fmod && r != 0.0 && (r < 0.0) != (b[j] < 0.0) {
                        r + b[j]
                    } else {
                        r
                    }
                })
                .collect();
            one(Float::of(data, shape, elem, c.device))
        }
        (a, b) => Err(mixed(&a, &b)),
    }
}

fn bound<B: Engine>(c: &mut Call<'_, B>, i: usize, attr: &str) -> Result<Option<f64>, OpError> {
    Ok(match c.take(i) {
        Some(Value::Float(f)) => f.into_doubles()?.first().copied(),
        Some(Value::Host(h)) => h.data.first().map(|&v| v as f64),
        Some(other) => return Err(other.refuse()),
        None => match c.node.attrs.get(attr) {
            Some(crate::graph::Attr::Float(v)) => Some(f64::from(*v)),
            _ => None,
        },
    })
}

fn clip<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.value(0)?;
    match x {
        Value::Float(x) => {
            let low = bound(c, 1, "min")?.unwrap_or(f64::NEG_INFINITY);
            let high = bound(c, 2, "max")?.unwrap_or(f64::INFINITY);
            one(x.unary(Unary::Clip { low, high }))
        }
        Value::Host(x) => {
            let low = c.opt_host(1)?.and_then(|h| h.data.first().copied());
            let high = c.opt_host(2)?.and_then(|h| h.data.first().copied());
            let flip = if x.elem == Elem::U64 { i64::MIN } else { 0 };
            let data = x
                .data
                .iter()
                .map(|&v| low.map_or(v ^ flip, |l| (v ^ flip).max(l ^ flip)))
                .map(|v| high.map_or(v, |h| v.min(h ^ flip)) ^ flip)
                .collect();
            one_host(Host::new(x.shape, x.elem, data))
        }
        other => Err(other.refuse()),
    }
}

fn select<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let mask = c.host(0)?;
    let (a, b) = (c.value(1)?, c.value(2)?);
    let shape = broadcast(&broadcast(&mask.shape, a.shape())?, b.shape())?;
    c.reserve(&shape)?;
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => {
            let bits = mask.data.iter().map(|&v| v != 0).collect();
            let choice = Choice {
                mask: bits,
                mask_shape: mask.shape,
                shape,
            };
            one(operate(choice, vec![a, b]))
        }
        (Value::Host(a), Value::Host(b)) => {
            let im = broadcast_indices(&mask.shape, &shape);
            let (ia, ib) = (broadcast_indices(&a.shape, &shape), broadcast_indices(&b.shape, &shape));
            let data = im
                .into_iter()
                .enumerate()
                .map(|(k, i)| {
                    if mask.data[i] != 0 {
                        a.data[ia[k]]
                    } else {
                        b.data[ib[k]]
                    }
                })
                .collect();
            one_host(Host::new(shape, a.elem, data))
        }
        (Value::Text(a), Value::Text(b)) => {
            let im = broadcast_indices(&mask.shape, &shape);
            let (ia, ib) = (broadcast_indices(&a.shape, &shape), broadcast_indices(&b.shape, &shape));
            let chosen = |(k, i): (usize, usize)| {
                if mask.data[i] != 0 {
                    a.data[ia[k]].clone()
                } else {
                    b.data[ib[k]].clone()
                }
            };
            let data = std::sync::Arc::new(im.into_iter().enumerate().map(chosen).collect());
            Ok(vec![Value::Text(crate::value::Text { shape, data })])
        }
        (a, b) => Err(mixed(&a, &b)),
    }
}

/// `mask ? a : b`, the three broadcast to `shape`.
#[derive(Debug)]
struct Choice {
    mask: Vec<bool>,
    mask_shape: Vec<usize>,
    shape: Vec<usize>,
}

impl Choice {
    fn choose<T: select::Element>(&self, inputs: &[Slice<'_, T>]) -> Vec<T> {
        let mask = Shaped::new(&self.mask, &self.mask_shape);
        select::forward(mask, inputs[0].into(), inputs[1].into(), &self.shape)
    }
}

impl Operation for Choice {
    fn shape(&self, _: &[Vec<usize>]) -> Vec<usize> {
        self.shape.clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        self.choose(inputs)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        self.choose(inputs)
    }

    fn keeps(&self) -> Keeps {
        Keeps::default()
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let mask = Shaped::new(&self.mask, &self.mask_shape);
        let of = |i: usize| {
            let wanted = trace.wanted[i];
            wanted.then(|| select::backward(mask, i == 0, trace.gradient.data, &self.shape, &trace.shapes[i]))
        };
        vec![of(0), of(1)]
    }
}
