//! Codes, and the two ways between them and numbers. Both pass gradients straight through.

use super::super::{Call, operate};
use super::grain::Grain;
use crate::error::OpError;
use crate::float::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::value::{Coded, Elem, Host, Value};

/// A quantised tensor: integers, or floats of 8 bits or fewer.
#[derive(Debug, Clone)]
pub(super) enum Codes<B: Engine> {
    Ints {
        host: Host,
        /// The same numbers on a tape, where one runs.
        carrier: Option<Float<B>>,
    },
    Floats(Float<B>),
}

impl<B: Engine> Codes<B> {
    /// From an input of any kind.
    pub fn of(value: Value<B>) -> Result<Self, OpError> {
        match value {
            Value::Host(host) => Ok(Self::Ints { host, carrier: None }),
            Value::Coded(coded) => Ok(Self::Ints {
                host: coded.codes,
                carrier: Some(coded.carrier),
            }),
            Value::Float(f) => Ok(Self::Floats(f)),
            other => Err(OpError::bad(format!(
                "expected a quantised tensor, got {}",
                other.kind()
            ))),
        }
    }

    /// Input `i`, which must be there.
    pub fn input(c: &mut Call<'_, B>, i: usize) -> Result<Self, OpError> {
        let value = c
            .take_carried(i)
            .ok_or_else(|| OpError::bad(format!("input {i} is missing")))?;
        Self::of(value)
    }

    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Ints { host, .. } => &host.shape,
            Self::Floats(f) => f.shape(),
        }
    }

    /// The integers.
    pub fn ints(&self) -> Result<&Host, OpError> {
        match self {
            Self::Ints { host, .. } => Ok(host),
            Self::Floats(f) => Err(OpError::unsupported(format!("codes of type {}", f.elem.name()))),
        }
    }

    /// The codes as floats of 32 bits: their carrier, or a copy.
    pub fn floats(self, c: &Call<'_, B>) -> Result<Float<B>, OpError> {
        match self {
            Self::Ints { carrier: Some(f), .. } | Self::Floats(f) => Ok(f),
            Self::Ints { host, .. } => {
                c.reserve(&host.shape)?;
                let data = host.data.iter().map(|&v| v as f32).collect();
                Ok(c.tensor_from(data, host.shape.clone(), Elem::F32))
            }
        }
    }
}

/// Scales and zero points, one of each for every grain.
#[derive(Debug, Clone)]
pub(super) struct Affine {
    pub scales: Vec<f64>,
    /// Empty for zeros.
    pub zeros: Vec<f64>,
    pub shape: Vec<usize>,
    /// Type of the scales.
    pub elem: Elem,
    /// Type of the zero points, which is that of the codes.
    pub codes: Option<Elem>,
}

impl Affine {
    /// From the inputs `scale` and `zero` (which may be absent).
    pub fn read<B: Engine>(c: &mut Call<'_, B>, scale: usize, zero: usize) -> Result<Self, OpError> {
        let scale = c.float(scale)?;
        let zero = c.take(zero);
        let (shape, elem) = (scale.shape().to_vec(), scale.elem);
        let scales = scale.into_doubles()?;
        let (zeros, codes) = match zero {
            None => (Vec::new(), None),
            Some(value) => {
                let codes = value.elem();
                let zeros = match value {
                    Value::Host(h) => h.data.iter().map(|&v| v as f64).collect(),
                    Value::Float(f) => f.into_doubles()?,
                    other => return Err(other.refuse()),
                };
                (zeros, codes)
            }
        };
        if scales.is_empty() || !(zeros.is_empty() || zeros.len() == scales.len()) {
            return Err(OpError::bad(format!(
                "{} scales and {} zero points",
                scales.len(),
                zeros.len()
            )));
        }
        Ok(Self {
            scales,
            zeros,
            shape,
            elem,
            codes,
        })
    }

    pub fn zero(&self, k: usize) -> f64 {
        self.zeros.get(k).copied().unwrap_or(0.0)
    }

    /// The only scale and zero point.
    pub fn single(&self) -> Result<(f64, f64), OpError> {
        match *self.scales.as_slice() {
            [scale] => Ok((scale, self.zero(0))),
            ref all => Err(OpError::unsupported(format!(
                "{} scales where one is expected",
                all.len()
            ))),
        }
    }

    /// How the scales lie over a tensor, by this node's attributes.
    pub fn grain<B: Engine>(&self, c: &Call<'_, B>, x: &[usize]) -> Result<Grain, OpError> {
        Grain::new(x, &self.shape, c.int("axis", 1), c.int("block_size", 0))
    }
}

/// `(code - zero) * scale`, in the type of the scales, or `to`.
pub(super) fn dequantize<B: Engine>(
    c: &Call<'_, B>,
    codes: Codes<B>,
    affine: &Affine,
    grain: &Grain,
    to: Elem,
) -> Result<Float<B>, OpError> {
    let shape = codes.shape().to_vec();
    c.reserve(&shape)?;
    match codes {
        Codes::Ints { host, carrier: None } => {
            let mut data = vec![0f32; host.data.len()];
            if to == Elem::F64 {
                let mut data = vec![0f64; host.data.len()];
                grain.runs(host.data.len(), |range, k| {
                    let (scale, zero) = (affine.scales[k], affine.zero(k));
                    for (y, &x) in data[range.clone()].iter_mut().zip(&host.data[range]) {
                        *y = (x as f64 - zero) * scale;
                    }
                });
                return Ok(Float::from_doubles(data, shape, c.device));
            }
            grain.runs(host.data.len(), |range, k| {
                let (scale, zero) = (affine.scales[k] as f32, affine.zero(k) as i64);
                for (y, &x) in data[range.clone()].iter_mut().zip(&host.data[range]) {
                    *y = x.wrapping_sub(zero) as f32 * scale;
                }
            });
            Ok(c.tensor_from(data, shape, to))
        }
        Codes::Ints { carrier: Some(f), .. } | Codes::Floats(f) => {
            let mut f = f.cast(to);
            if !affine.zeros.is_empty() {
                f = f.sub(grain.spread(c, &affine.zeros, &shape, to)?)?;
            }
            f.mul(grain.spread(c, &affine.scales, &shape, to)?)
        }
    }
}

/// The range of an integer type that tensors are quantised to.
pub(super) fn range(elem: Elem) -> Result<(f64, f64), OpError> {
    Ok(match elem {
        Elem::U8 => (0.0, 255.0),
        Elem::I8 => (-128.0, 127.0),
        Elem::U16 => (0.0, 65535.0),
        Elem::I16 => (-32768.0, 32767.0),
        Elem::U4 => (0.0, 15.0),
        Elem::I4 => (-8.0, 7.0),
        Elem::U2 => (0.0, 3.0),
        Elem::I2 => (-2.0, 1.0),
        Elem::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        other => return Err(OpError::unsupported(format!("quantisation to {}", other.name()))),
    })
}

/// Codes as a value, with a carrier where a tape runs: `before` are the numbers that were rounded.
pub(super) fn coded<B: Engine>(c: &Call<'_, B>, codes: Host, before: Option<Float<B>>) -> Result<Value<B>, OpError> {
    let Some(before) = before.filter(|_| c.runner.keeps) else {
        return Ok(Value::Host(codes));
    };
    let (low, high) = range(codes.elem)?;
    let straight = Straight {
        codes: codes.data.iter().map(|&v| v as f32).collect(),
        low: low as f32 - 0.5,
        high: high as f32 + 0.5,
    };
    let carrier = operate(straight, vec![before.cast(Elem::F32)]);
    Ok(Value::Coded(Box::new(Coded { codes, carrier })))
}

/// `saturate(round(x / scale) + zero)`; ties round to even.
pub(super) fn quantize<B: Engine>(
    c: &Call<'_, B>,
    x: Float<B>,
    affine: &Affine,
    grain: &Grain,
    to: Elem,
) -> Result<Value<B>, OpError> {
    let shape = x.shape().to_vec();
    c.reserve(&shape)?;
    c.reserve(&shape)?;
    if to.is_float() {
        return Err(OpError::unsupported(format!("quantisation to {}", to.name())));
    }
    let (low, high) = range(to)?;
    let mut codes = vec![0i64; shape.iter().product()];
    if x.elem == Elem::F64 {
        let data = x.clone().into_doubles()?;
        grain.runs(data.len(), |range, k| {
            let (scale, zero) = (affine.scales[k], affine.zero(k));
            for (y, &v) in codes[range.clone()].iter_mut().zip(&data[range]) {
                *y = ((v / scale).round_ties_even() + zero).clamp(low, high) as i64;
            }
        });
    } else {
        let data = x.clone().into_vec()?;
        grain.runs(data.len(), |range, k| {
            let (scale, zero) = (affine.scales[k] as f32, affine.zero(k) as f32);
            let (low, high) = (low as f32, high as f32);
            for (y, &v) in codes[range.clone()].iter_mut().zip(&data[range]) {
                *y = ((v / scale).round_ties_even() + zero).clamp(low, high) as i64;
            }
        });
    }
    let before = if c.runner.keeps {
        let mut before = x
            .cast(Elem::F32)
            .div(grain.spread(c, &affine.scales, &shape, Elem::F32)?)?;
        if !affine.zeros.is_empty() {
            before = before.add(grain.spread(c, &affine.zeros, &shape, Elem::F32)?)?;
        }
        Some(before)
    } else {
        None
    };
    coded(c, Host::new(shape, to, codes), before)
}

/// Answers codes that are known; its derivative is one between the bounds and zero outside
/// (straight-through estimator, Bengio and others, 2013).
#[derive(Debug)]
struct Straight {
    codes: Vec<f32>,
    low: f32,
    high: f32,
}

impl Operation for Straight {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, _: &[Slice<'_>]) -> Vec<f32> {
        self.codes.clone()
    }

    fn reference(&self, _: &[Slice<'_, f64>]) -> Vec<f64> {
        self.codes.iter().map(|&v| f64::from(v)).collect()
    }

    fn keeps(&self) -> Keeps {
        Keeps {
            inputs: vec![0],
            output: false,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let x = trace.inputs[0].map_or(&[][..], |x| x.data);
        let pass = |(&v, &g): (&f32, &f32)| if (self.low..=self.high).contains(&v) { g } else { 0.0 };
        vec![Some(x.iter().zip(trace.gradient.data).map(pass).collect())]
    }
}
