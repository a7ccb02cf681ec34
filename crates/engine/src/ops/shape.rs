//! Shapes as values, constants, ranges and element types.

use std::sync::Arc;

use burn_backend::Backend;

use super::{Call, Entry, Grad, Out, one, one_host, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::value::{Elem, Host, PlainData, Text, Value};

pub(super) fn entries<B: Backend>() -> Vec<Entry<B>> {
    let s = |op, run| Entry::new("shape", op, Grad::Stops, run);
    vec![
        s("Shape", |c| {
            let x = c.value(0)?;
            let r = x.shape().len() as i64;
            let clamp = |v: i64| (if v < 0 { v + r } else { v }).clamp(0, r) as usize;
            let (start, end) = (clamp(c.int("start", 0)), clamp(c.int("end", r)));
            one_host(Host::vector(
                x.shape()[start..end.max(start)].iter().map(|&d| d as i64).collect(),
            ))
        }),
        s("Size", |c| {
            let n = c.value(0)?.numel() as i64;
            one_host(Host::new(Vec::new(), Elem::I64, vec![n]))
        }),
        s("Constant", constant),
        s("ConstantOfShape", constant_of_shape),
        s("Range", range),
        Entry::new("shape", "Cast", Grad::Yes, cast).limits("no strings; gradients pass between float types"),
        Entry::new("shape", "CastLike", Grad::Yes, |c| {
            let like = c.value(1)?;
            let like = like.elem().ok_or_else(|| like.refuse())?;
            let x = c.value(0)?;
            Ok(vec![converted(c, x, like)?])
        }),
    ]
}

fn constant<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let f = |v: &[f32], shape: Vec<usize>| Value::Float(c.tensor_from(v.to_vec(), shape, Elem::F32));
    let attr = c
        .node
        .attrs
        .iter()
        .find(|(k, _)| k.starts_with("value"))
        .map(|(_, v)| v);
    Ok(vec![match attr {
        Some(Attr::Tensor(p)) => p.to_value(c.device),
        Some(Attr::Float(v)) => f(&[*v], Vec::new()),
        Some(Attr::Floats(v)) => f(v, vec![v.len()]),
        Some(Attr::Int(v)) => Value::Host(Host::new(Vec::new(), Elem::I64, vec![*v])),
        Some(Attr::Ints(v)) => Value::Host(Host::vector(v.clone())),
        _ => return Err(OpError::unsupported("a constant that is not a tensor of numbers")),
    }])
}

fn constant_of_shape<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let shape = sizes(&c.host(0)?.data, "shape")?;
    c.reserve(&shape)?;
    match c.tensor("value").map(|p| (p.elem, p.data.clone())) {
        None => one(Float::full(0.0, shape, Elem::F32, c.device)),
        Some((elem, PlainData::Float(v))) => one(Float::full(v.first().copied().unwrap_or(0.0), shape, elem, c.device)),
        Some((_, PlainData::Double(v))) => {
            let n = shape.iter().product();
            let data = vec![v.first().copied().unwrap_or(0.0); n];
            one(Float::from_doubles(data, shape, c.device))
        }
        Some((_, PlainData::Text(v))) => {
            let n = shape.iter().product();
            let data = vec![v.first().cloned().unwrap_or_default(); n];
            Ok(vec![Value::Text(Text {
                shape,
                data: Arc::new(data),
            })])
        }
        Some((elem, PlainData::Int(v))) => {
            let n = shape.iter().product();
            one_host(Host::new(shape, elem, vec![v.first().copied().unwrap_or(0); n]))
        }
    }
}

fn range<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    match (c.value(0)?, c.value(1)?, c.value(2)?) {
        (Value::Host(a), Value::Host(b), Value::Host(s)) => {
            let (Some(&a0), Some(&b0), Some(&s0)) = (a.data.first(), b.data.first(), s.data.first()) else {
                return Err(OpError::bad("an input is empty"));
            };
            if s0 == 0 {
                return Err(OpError::bad("the step is zero"));
            }
            let n = ((i128::from(b0) - i128::from(a0)) as f64 / s0 as f64).ceil().max(0.0) as usize;
            c.reserve(&[n, 2])?;
            one_host(Host::new(vec![n], a.elem, (0..n as i64).map(|i| a0 + i * s0).collect()))
        }
        (Value::Float(a), Value::Float(b), Value::Float(s)) => {
            let elem = a.elem;
            let (a, b, s) = (a.into_vec()?, b.into_vec()?, s.into_vec()?);
            let (Some(&a), Some(&b), Some(&s)) = (a.first(), b.first(), s.first()) else {
                return Err(OpError::bad("an input is empty"));
            };
            let n = ((f64::from(b) - f64::from(a)) / f64::from(s)).ceil().max(0.0);
            if !n.is_finite() {
                return Err(OpError::bad("the step is zero"));
            }
            c.reserve(&[n as usize])?;
            one(c.tensor_from(
                (0..n as usize).map(|i| a + i as f32 * s).collect(),
                vec![n as usize],
                elem,
            ))
        }
        _ => Err(OpError::bad("its inputs are of different types")),
    }
}

fn cast<B: Backend>(c: &mut Call<'_, B>) -> Out<B> {
    let code = c.int("to", 0);
    let to =
        Elem::from_onnx(code as i32).ok_or_else(|| OpError::unsupported(format!("a cast to element type {code}")))?;
    let x = c.value(0)?;
    Ok(vec![converted(c, x, to)?])
}

/// Float to integer truncates; out of range values saturate.
fn converted<B: Backend>(c: &Call<'_, B>, x: Value<B>, to: Elem) -> Result<Value<B>, OpError> {
    Ok(match x {
        Value::Float(x) if to.is_float() => Value::Float(x.cast(to)),
        Value::Float(x) => {
            let shape = x.shape().to_vec();
            let data = x.into_doubles()?;
            let data = match to {
                Elem::Bool => data.iter().map(|&v| i64::from(v != 0.0)).collect(),
                Elem::U64 => data.iter().map(|&v| (v as u64) as i64).collect(),
                _ => data.iter().map(|&v| to.wrap(v as i64)).collect(),
            };
            Value::Host(Host::new(shape, to, data))
        }
        Value::Host(x) if to == Elem::F64 => {
            let wide = |&v: &i64| if x.elem == Elem::U64 { v as u64 as f64 } else { v as f64 };
            Value::Float(Float::from_doubles(x.data.iter().map(wide).collect(), x.shape, c.device))
        }
        Value::Host(x) if to.is_float() => {
            let data = x
                .data
                .iter()
                .map(|&v| if x.elem == Elem::U64 { v as u64 as f32 } else { v as f32 })
                .collect();
            Value::Float(c.tensor_from(data, x.shape, to))
        }
        Value::Host(x) => Value::Host(Host::new(x.shape, to, x.data.iter().map(|&v| to.wrap(v)).collect())),
        other => return Err(other.refuse()),
    })
}
