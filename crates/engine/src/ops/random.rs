//! Operators with random results. The numbers follow from the seed, or without one from the node's
//! name: the same graph answers the same bytes every time.

use burn_backend::TensorData;

use super::{Call, Entry, Grad, Out, sizes};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::shapes::{Dim, Fact, Gap, Inferred, Site, only, rules};
use crate::value::{Elem, Host, Value, checked_numel};

const LIMITS: &str =
    "seeded by the attribute or the node's name: other numbers than other runtimes, the same every time";

pub(super) fn entries<B: Engine>() -> Vec<Entry<B>> {
    let s = |op, run| Entry::new("random", op, Grad::Stops, run).limits(LIMITS);
    vec![
        s("RandomUniform", |c| filled(c, false, uniform)).shape(filled_shape),
        s("RandomUniformLike", |c| filled(c, true, uniform)).shape(like_shape),
        s("RandomNormal", |c| filled(c, false, normal)).shape(filled_shape),
        s("RandomNormalLike", |c| filled(c, true, normal)).shape(like_shape),
        s("Bernoulli", bernoulli).shape(like_shape),
        s("Multinomial", multinomial).shape(drawn_shape),
        Entry::new("random", "Dropout", Grad::Yes, dropout)
            .shape(rules::dropout)
            .limits("training mode is seeded: other masks than other runtimes, the same every time"),
    ]
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
pub(super) struct Source(u64);

impl Source {
    /// From the attribute `seed`, or from the node's name.
    pub fn new<B: Engine>(c: &Call<'_, B>) -> Self {
        let seed = match c.node.attrs.get("seed") {
            Some(crate::graph::Attr::Float(v)) => u64::from(v.to_bits()),
            Some(crate::graph::Attr::Int(v)) => *v as u64,
            // FNV-1a.
            _ => c.node.name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| {
                (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
            }),
        };
        Self(seed)
    }

    /// Uniform in `[0, 1)`.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.next()).ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.next()).cos()
    }
}

fn uniform<B: Engine>(c: &Call<'_, B>, source: &mut Source) -> f64 {
    let (low, high) = (f64::from(c.f("low", 0.0)), f64::from(c.f("high", 1.0)));
    low + (high - low) * source.next()
}

fn normal<B: Engine>(c: &Call<'_, B>, source: &mut Source) -> f64 {
    f64::from(c.f("mean", 0.0)) + f64::from(c.f("scale", 1.0)) * source.normal()
}

fn named_type<B: Engine>(c: &Call<'_, B>, default: Elem) -> Result<Elem, OpError> {
    match c.int("dtype", 0) {
        0 => Ok(default),
        code => Elem::from_onnx(code as i32)
            .filter(|e| *e != Elem::Str)
            .ok_or_else(|| OpError::unsupported(format!("random numbers of element type {code}"))),
    }
}

fn filled<B: Engine>(c: &mut Call<'_, B>, like: bool, next: fn(&Call<'_, B>, &mut Source) -> f64) -> Out<B> {
    let (shape, own) = if like {
        let x = c.value(0)?;
        (
            x.shape().to_vec(),
            x.elem().filter(|e| e.is_float()).unwrap_or(Elem::F32),
        )
    } else {
        let shape = c.ints("shape").ok_or_else(|| OpError::bad("the shape is missing"))?;
        (sizes(&shape, "shape")?, Elem::F32)
    };
    let elem = named_type(c, own)?;
    c.reserve(&shape)?;
    let n = checked_numel(&shape)? as usize;
    c.reserve(&[n, 4])?;
    let mut source = Source::new(c);
    let data = (0..n).map(|_| next(c, &mut source)).collect();
    Ok(vec![c.numbers(data, shape, elem)?])
}

fn bernoulli<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let (shape, elem) = (x.shape().to_vec(), named_type(c, x.elem)?);
    c.reserve(&[x.numel(), 4])?;
    let mut source = Source::new(c);
    let data = x
        .into_doubles()?
        .into_iter()
        .map(|p| f64::from(u8::from(source.next() < p)))
        .collect();
    Ok(vec![c.numbers(data, shape, elem)?])
}

fn multinomial<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let x = c.float(0)?;
    let [rows, classes] = *x.shape() else {
        return Err(OpError::bad(format!("expected [batch, classes], got {:?}", x.shape())));
    };
    let count = usize::try_from(c.int("sample_size", 1)).map_err(|_| OpError::bad("sample_size is negative"))?;
    let elem = named_type(c, Elem::I32)?;
    c.reserve(&[rows, count, 2])?;
    if classes == 0 {
        return Err(OpError::bad("there is no class to draw"));
    }
    let logs = x.into_doubles()?;
    let mut source = Source::new(c);
    let mut data = Vec::with_capacity(rows * count);
    for row in logs.chunks_exact(classes) {
        let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        let sums: Vec<f64> = row
            .iter()
            .map(|v| {
                total += (v - top).exp();
                total
            })
            .collect();
        for _ in 0..count {
            let at = source.next() * total;
            data.push(sums.partition_point(|&s| s <= at).min(classes - 1) as f64);
        }
    }
    Ok(vec![c.numbers(data, vec![rows, count], elem)?])
}

/// At inference the input; in training each element is dropped with probability `ratio` and the
/// others grow by `1 / (1 - ratio)`.
fn dropout<B: Engine>(c: &mut Call<'_, B>) -> Out<B> {
    let training = c.opt_host(2)?.is_some_and(|h| h.data.first().is_some_and(|&v| v != 0));
    let ratio = if training { c.scalar(1)?.unwrap_or(0.5) } else { 0.0 };
    let x = c.value(0)?;
    let shape = x.shape().to_vec();
    let asked = c.node.outputs.get(1).is_some_and(Option::is_some);
    if ratio <= 0.0 {
        if !asked {
            return Ok(vec![x]);
        }
        c.reserve(&[x.numel(), 2])?;
        let mask = Host::new(shape, Elem::Bool, vec![1; x.numel()]);
        return Ok(vec![x, Value::Host(mask)]);
    }
    let x = x.float()?;
    c.reserve(&[x.numel(), 4])?;
    let mut source = Source::new(c);
    let kept: Vec<bool> = (0..x.numel()).map(|_| source.next() >= ratio).collect();
    let mask = kept.iter().map(|&k| i64::from(k)).collect();
    let mask = Value::Host(Host::new(shape.clone(), Elem::Bool, mask));
    let stored = if shape.is_empty() { vec![1] } else { shape.clone() };
    let bits = B::bool_from_data(TensorData::new(kept, stored), c.device);
    let zero = Float::full(0.0, shape, x.elem, c.device);
    // At a ratio of one nothing is kept, and nothing grows without bound.
    let grown = x.mul_scalar(1.0 / (1.0 - ratio).max(f64::MIN_POSITIVE));
    Ok(vec![Value::Float(grown.select_where(bits, zero)), mask])
}

fn filled_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem_named("dtype").or(Some(Elem::F32));
    let shape = s.ints("shape").ok_or_else(|| Gap::Unknown(vec![elem]))?;
    only(Fact::new(elem, shape.iter().map(|&d| d.into()).collect()))
}

fn like_shape(s: &Site<'_>) -> Inferred {
    let own = s.elem(0).map(|e| if e.is_float() { e } else { Elem::F32 });
    let elem = s.elem_named("dtype").or(own);
    let shape = s.shape(0).map_err(|_| Gap::Unknown(vec![elem]))?;
    only(Fact::new(elem, shape.to_vec()))
}

fn drawn_shape(s: &Site<'_>) -> Inferred {
    let elem = s.elem_named("dtype").or(Some(Elem::I32));
    let rows = s.shape(0).ok().and_then(|x| x.first().cloned());
    let count = s.int("sample_size", 1).into();
    only(Fact::new(elem, vec![rows.unwrap_or_else(Dim::unknown_size), count]))
}
