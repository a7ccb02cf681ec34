//! Shapes as values, constants and ranges.

use std::sync::Arc;

use super::{Call, Entry, Grad, Out, one, one_host, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::graph::Attr;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, contradiction, only};
use crate::value::{Elem, Host, Plain, PlainData, Text, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
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
        })
        .shape(shape_of),
        s("Size", |c| {
            let n = c.value(0)?.numel() as i64;
            one_host(Host::new(Vec::new(), Elem::I64, vec![n]))
        })
        .shape(size_of),
        s("Constant", constant).shape(constant_fact),
        s("ConstantOfShape", constant_of_shape).shape(filled),
        s("Range", range).shape(counted),
    ]
}

fn text<B: Engine>(shape: Vec<usize>, data: Vec<String>) -> Value<B> {
    Value::Text(Text {
        shape,
        data: Arc::new(data),
    })
}

fn constant<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
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
        Some(Attr::Str(v)) => text(Vec::new(), vec![v.clone()]),
        Some(Attr::Strs(v)) => text(vec![v.len()], v.clone()),
        _ => return Err(OpError::unsupported("a constant that is not a tensor of numbers")),
    }])
}

fn constant_of_shape<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
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
            Ok(vec![text(shape, data)])
        }
        Some((elem, PlainData::Int(v))) => {
            let n = shape.iter().product();
            one_host(Host::new(shape, elem, vec![v.first().copied().unwrap_or(0); n]))
        }
    }
}

fn range<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
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
            one_host(Host::new(
                vec![n],
                a.elem,
                (0..n as i64)
                    .map(|i| a.elem.wrap(a0.wrapping_add(i.wrapping_mul(s0))))
                    .collect(),
            ))
        }
        (Value::Float(a), Value::Float(b), Value::Float(s)) => {
            let elem = a.elem;
            let (a, b, s) = (a.into_doubles()?, b.into_doubles()?, s.into_doubles()?);
            let (Some(&a), Some(&b), Some(&s)) = (a.first(), b.first(), s.first()) else {
                return Err(OpError::bad("an input is empty"));
            };
            let n = ((b - a) / s).ceil().max(0.0);
            if !n.is_finite() {
                return Err(OpError::bad("the step is zero"));
            }
            c.reserve(&[n as usize, 2])?;
            Ok(vec![c.numbers(
                (0..n as usize).map(|i| a + i as f64 * s).collect(),
                vec![n as usize],
                elem,
            )?])
        }
        _ => Err(OpError::bad("its inputs are of different types")),
    }
}

fn shape_of(s: &Site<'_>) -> Inferred {
    let Ok(x) = s.shape(0) else {
        return only(Fact::ranked(Some(Elem::I64), 1));
    };
    let rank = x.len() as i64;
    let clamp = |v: i64| (if v < 0 { v + rank } else { v }).clamp(0, rank) as usize;
    let (start, end) = (clamp(s.int("start", 0)), clamp(s.int("end", rank)));
    only(Fact::vector(x[start..end.max(start)].to_vec()))
}

fn size_of(s: &Site<'_>) -> Inferred {
    let count = s.fact(0)?.numel().unwrap_or_else(Dim::unknown_size);
    only(Fact::scalar(count))
}

fn constant_fact(s: &Site<'_>) -> Inferred {
    let attr = s
        .node
        .attrs
        .iter()
        .find(|(k, _)| k.starts_with("value"))
        .map(|(_, v)| v);
    let float = |v: &[f32], shape: Vec<usize>| Fact::of_plain(&Plain::float(shape, Elem::F32, v.to_vec()));
    Ok(vec![match attr {
        Some(Attr::Tensor(p)) => Fact::of_plain(p),
        Some(Attr::Float(v)) => float(&[*v], Vec::new()),
        Some(Attr::Floats(v)) => float(v, vec![v.len()]),
        Some(Attr::Int(v)) => Fact::scalar((*v).into()),
        Some(Attr::Ints(v)) => Fact::vector(v.iter().map(|&v| v.into()).collect()),
        Some(Attr::Str(_)) => Fact::new(Some(Elem::Str), Vec::new()),
        Some(Attr::Strs(v)) => Fact::new(Some(Elem::Str), vec![v.len().into()]),
        _ => return Err(Gap::unknown()),
    }])
}

fn filled(s: &Site<'_>) -> Inferred {
    let value = s.tensor("value").map(Fact::of_plain);
    let elem = value.as_ref().map_or(Some(Elem::F32), |v| v.elem);
    let Ok(shape) = s.whole(0) else {
        let rank = s.shape(0).ok().and_then(|v| v.first()?.known()).filter(|&r| r < 64);
        return rank.map_or_else(
            || Err(Gap::Unknown(vec![elem])),
            |rank| Ok(vec![Fact::ranked(elem, rank)]),
        );
    };
    let fact = Fact::new(elem, shape.to_vec());
    let one = match &value {
        Some(value) => value.whole().and_then(|v| v.first().cloned()),
        None => Some(Dim::from(0)),
    };
    let count = fact
        .numel()
        .and_then(|n| n.known())
        .filter(|&n| n <= crate::shapes::MAX_CONTENT);
    let content = one.zip(count).map(|(one, count)| vec![one; count]);
    Ok(vec![fact.holding(content)])
}

fn counted(s: &Site<'_>) -> Inferred {
    let elem = s.elem(0);
    let single = |i: usize| s.whole(i).ok()?.first().cloned();
    let (Some(start), Some(limit), Some(step)) = (single(0), single(1), single(2)) else {
        return only(Fact::ranked(elem, 1));
    };
    if step.number() == Some(0) {
        return contradiction("the step is zero");
    }
    let count = (&limit - &start).ceil_div(&step).larger(&0.into());
    let few = count.known().filter(|&n| n <= crate::shapes::MAX_CONTENT);
    let content = few.map(|n| (0..n as i64).map(|i| &start + &(&step * i)).collect());
    only(Fact::new(elem, vec![count]).holding(content))
}
