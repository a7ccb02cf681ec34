//! Element types: `Cast`, `CastLike`, `BitCast`.

use std::sync::Arc;

use super::{Call, Entry, Grad, Out, operate};
use crate::error::OpError;
use crate::float::Float;
use crate::narrow::{self, Power, Rounding};
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::shapes::{Content, Dim, Fact, Inferred, Site};
use crate::value::{Elem, Host, Text, Value};

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let limits = "gradients pass between float types as if nothing were rounded";
    vec![
        Entry::new("cast", "Cast", Grad::Yes, |c| {
            let to = named(c)?;
            let (x, how) = (c.value(0)?, rounding(c)?);
            Ok(vec![converted(c, x, to, how)?])
        })
        .shape(cast_fact)
        .limits(limits),
        Entry::new("cast", "CastLike", Grad::Yes, |c| {
            let like = c.value(1)?;
            let to = like.elem().ok_or_else(|| like.refuse())?;
            let (x, how) = (c.value(0)?, rounding(c)?);
            Ok(vec![converted(c, x, to, how)?])
        })
        .shape(cast_like_fact)
        .limits(limits),
        Entry::new("cast", "BitCast", Grad::Stops, bit_cast).shape(bit_cast_fact),
    ]
}

fn named<B: Engine>(c: &Call<'_, B>) -> Result<Elem, OpError> {
    // Operator set 1 spelled the type out.
    let spelled = match c.str("to", "").as_str() {
        "FLOAT" => Some(1),
        "UINT8" => Some(2),
        "INT8" => Some(3),
        "INT32" => Some(6),
        "INT64" => Some(7),
        "BOOL" => Some(9),
        "FLOAT16" => Some(10),
        "DOUBLE" => Some(11),
        _ => None,
    };
    let code = spelled.unwrap_or_else(|| c.int("to", 0));
    i32::try_from(code)
        .ok()
        .and_then(Elem::from_onnx)
        .ok_or_else(|| OpError::unsupported(format!("a cast to element type {code}")))
}

fn rounding<B: Engine>(c: &Call<'_, B>) -> Result<Rounding, OpError> {
    Ok(Rounding {
        saturate: c.int("saturate", 1) != 0,
        power: match c.str("round_mode", "up").as_str() {
            "up" => Power::Up,
            "down" => Power::Down,
            "nearest" => Power::Nearest,
            other => return Err(OpError::bad(format!("round_mode `{other}` is unknown"))),
        },
    })
}

/// Whether rounding to `to` changes numbers of type `from`.
fn loses(from: Elem, to: Elem) -> bool {
    from != to && !matches!(to, Elem::F32 | Elem::F64)
}

/// `x` as elements of type `to`. Floats become integers by cutting off their fraction.
pub(super) fn converted<B: Engine>(c: &Call<'_, B>, x: Value<B>, to: Elem, how: Rounding) -> Result<Value<B>, OpError> {
    c.reserve_bytes(x.numel() as u64 * to.width())?;
    Ok(match x {
        Value::Float(x) if to.is_float() => Value::Float(narrowed(x, to, how)),
        Value::Float(x) if to == Elem::Str => {
            let shape = x.shape().to_vec();
            // The shortest text that reads back as the same number of its own width.
            let single = x.elem != Elem::F64;
            let spell = |v: f64| match v {
                v if v.is_nan() => "NaN".to_owned(),
                v if v.is_infinite() => if v > 0.0 { "INF" } else { "-INF" }.to_owned(),
                v if single => (v as f32).to_string(),
                v => v.to_string(),
            };
            text(shape, x.into_doubles()?.into_iter().map(spell).collect())
        }
        Value::Float(x) => {
            let shape = x.shape().to_vec();
            let whole = |v: f64| match to {
                Elem::Bool => i64::from(v != 0.0),
                Elem::U64 if v >= 0.0 => (v as u64) as i64,
                _ => to.wrap(v as i64),
            };
            let data = x.into_doubles()?.into_iter().map(whole).collect();
            Value::Host(Host::new(shape, to, data))
        }
        Value::Host(x) if to == Elem::Str => {
            let spell = |&v: &i64| {
                if x.elem == Elem::U64 {
                    (v as u64).to_string()
                } else {
                    v.to_string()
                }
            };
            text(x.shape, x.data.iter().map(spell).collect())
        }
        Value::Host(x) if to.is_float() => {
            let wide = |&v: &i64| if x.elem == Elem::U64 { v as u64 as f64 } else { v as f64 };
            let data: Vec<f64> = x.data.iter().map(wide).map(|v| narrow::round(to, v, how)).collect();
            Value::Float(Float::of(data, x.shape, to, c.device))
        }
        Value::Host(x) => Value::Host(Host::new(x.shape, to, x.data.iter().map(|&v| to.wrap(v)).collect())),
        Value::Text(x) if to == Elem::Str => Value::Text(x),
        Value::Text(x) => parsed(c, &x, to, how)?,
        other => return Err(other.refuse()),
    })
}

fn text<B: Engine>(shape: Vec<usize>, data: Vec<String>) -> Value<B> {
    Value::Text(Text {
        shape,
        data: Arc::new(data),
    })
}

/// Numbers from their texts.
fn parsed<B: Engine>(c: &Call<'_, B>, x: &Text, to: Elem, how: Rounding) -> Result<Value<B>, OpError> {
    let number = |s: &String| {
        s.trim().parse::<f64>().map_err(|_| {
            OpError::bad(format!(
                "the text `{}` is no number",
                s.chars().take(40).collect::<String>()
            ))
        })
    };
    if to.is_float() {
        let data = x
            .data
            .iter()
            .map(|s| number(s).map(|v| narrow::round(to, v, how)))
            .collect::<Result<_, _>>()?;
        return Ok(Value::Float(Float::of(data, x.shape.clone(), to, c.device)));
    }
    let whole = |s: &String| match (s.trim().parse::<i64>(), s.trim().parse::<u64>()) {
        (Ok(v), _) => Ok(to.wrap(v)),
        (_, Ok(v)) if to == Elem::U64 => Ok(v as i64),
        _ => number(s).map(|v| to.wrap(v as i64)),
    };
    let data = x.data.iter().map(whole).collect::<Result<_, _>>()?;
    Ok(Value::Host(Host::new(x.shape.clone(), to, data)))
}

/// A float of another width, rounded where that is narrower; the gradient passes unchanged.
pub(super) fn narrowed<B: Engine>(x: Float<B>, to: Elem, how: Rounding) -> Float<B> {
    if !loses(x.elem, to) || x.numel() == 0 {
        return x.cast(to);
    }
    operate(Narrow { to, how }, vec![x]).cast(to)
}

/// Rounds to what a narrower type can hold.
#[derive(Debug)]
struct Narrow {
    to: Elem,
    how: Rounding,
}

impl Operation for Narrow {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let round = |&v: &f32| narrow::round(self.to, f64::from(v), self.how) as f32;
        inputs[0].data.iter().map(round).collect()
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        inputs[0]
            .data
            .iter()
            .map(|&v| narrow::round(self.to, v, self.how))
            .collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps::default()
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        vec![Some(trace.gradient.data.to_vec())]
    }
}

fn bit_cast<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let to = named(c)?;
    let x = c.value(0)?;
    let from = x.elem().ok_or_else(|| x.refuse())?;
    if narrow::bits(from).is_none() || narrow::bits(from) != narrow::bits(to) {
        return Err(OpError::bad(format!(
            "{} and {} have no equal number of bits",
            from.name(),
            to.name()
        )));
    }
    let shape = x.shape().to_vec();
    c.reserve(&[x.numel(), 6])?;
    let codes: Vec<u64> = match x {
        Value::Float(x) if x.elem == Elem::F64 => x.into_doubles()?.into_iter().map(f64::to_bits).collect(),
        // Not by way of 64 bits, which would change the bits of a NaN.
        Value::Float(x) if x.elem == Elem::F32 => x.into_vec()?.into_iter().map(|v| u64::from(v.to_bits())).collect(),
        Value::Float(x) => x.into_doubles()?.into_iter().map(|v| narrow::encode(from, v)).collect(),
        Value::Host(x) => x.data.iter().map(|&v| v as u64).collect(),
        other => return Err(other.refuse()),
    };
    Ok(vec![match to {
        Elem::F32 => {
            Value::Float(c.tensor_from(codes.into_iter().map(|v| f32::from_bits(v as u32)).collect(), shape, to))
        }
        _ if to.is_float() => {
            let data = codes.into_iter().map(|v| narrow::decode(to, v)).collect();
            Value::Float(Float::of(data, shape, to, c.device))
        }
        _ => Value::Host(Host::new(
            shape,
            to,
            codes.into_iter().map(|v| to.wrap(v as i64)).collect(),
        )),
    }])
}

fn bit_cast_fact(s: &Site<'_>) -> Inferred {
    let shape = s.fact(0)?.shape.clone();
    Ok(vec![Fact {
        elem: s.elem_named("to"),
        shape,
        content: None,
    }])
}

fn cast_fact(s: &Site<'_>) -> Inferred {
    converted_fact(s, s.elem_named("to"))
}

fn cast_like_fact(s: &Site<'_>) -> Inferred {
    converted_fact(s, s.elem(1))
}

fn converted_fact(s: &Site<'_>, to: Option<Elem>) -> Inferred {
    let fact = s.fact(0)?;
    let content = match (&fact.content, to) {
        (Some(Content::Whole(v)), Some(Elem::Bool)) => Some(v.iter().map(truth).collect()),
        (Some(Content::Whole(v)), Some(Elem::I64 | Elem::I32 | Elem::F32 | Elem::F64)) => Some(v.clone()),
        (Some(Content::Real(v)), Some(Elem::I64 | Elem::I32)) => {
            Some(v.iter().map(|v| Dim::from(v.trunc() as i64)).collect())
        }
        (Some(Content::Real(_)), Some(Elem::F32 | Elem::F64)) => {
            let shape = fact.shape.clone();
            let content = fact.content.clone();
            return Ok(vec![Fact {
                elem: to,
                shape,
                content,
            }]);
        }
        _ => None,
    };
    let fact = Fact {
        elem: to,
        shape: fact.shape.clone(),
        content: None,
    };
    Ok(vec![fact.holding(content)])
}

/// Whether a number is not zero.
fn truth(d: &Dim) -> Dim {
    let zero = Dim::from(0);
    if d.differs(&zero) {
        return 1.into();
    }
    if *d == zero { zero } else { Dim::unknown() }
}
