//! Values that flow through a graph: floats on the backend, everything else on the host.
//!
//! Integers and booleans are shapes, indices and masks; keeping them on the host makes dynamic
//! `Reshape` and `Slice` plain code and keeps 64-bit integers exact. Floats of 64 bits are computed
//! in 64 bits, narrower ones in 32: a value of 16 bits or less is rounded where it is cast.

use std::sync::Arc;

use burn_backend::Backend;

use crate::error::OpError;
use crate::float::Float;

/// Element types of ONNX that the engine tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are ONNX's own")]
pub enum Elem {
    F32,
    F64,
    F16,
    BF16,
    F8E4M3FN,
    F8E4M3FNUZ,
    F8E5M2,
    F8E5M2FNUZ,
    F8E8M0,
    F4E2M1,
    I2,
    I4,
    I8,
    I16,
    I32,
    I64,
    U2,
    U4,
    U8,
    U16,
    U32,
    U64,
    Bool,
    Str,
}

impl Elem {
    /// From `TensorProto.DataType`; `None` for what has no numbers or is not handled.
    pub fn from_onnx(code: i32) -> Option<Self> {
        Some(match code {
            1 => Self::F32,
            2 => Self::U8,
            3 => Self::I8,
            4 => Self::U16,
            5 => Self::I16,
            6 => Self::I32,
            7 => Self::I64,
            8 => Self::Str,
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            12 => Self::U32,
            13 => Self::U64,
            16 => Self::BF16,
            17 => Self::F8E4M3FN,
            18 => Self::F8E4M3FNUZ,
            19 => Self::F8E5M2,
            20 => Self::F8E5M2FNUZ,
            21 => Self::U4,
            22 => Self::I4,
            23 => Self::F4E2M1,
            24 => Self::F8E8M0,
            25 => Self::U2,
            26 => Self::I2,
            _ => return None,
        })
    }

    /// Whether values of this type live on the backend.
    pub fn is_float(self) -> bool {
        use Elem::{BF16, F4E2M1, F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0, F16, F32, F64};
        matches!(
            self,
            F32 | F64 | F16 | BF16 | F8E4M3FN | F8E4M3FNUZ | F8E5M2 | F8E5M2FNUZ | F8E8M0 | F4E2M1
        )
    }

    /// Bytes that one element occupies in the engine.
    pub fn width(self) -> u64 {
        match self {
            Self::F64 => 8,
            Self::Str => size_of::<String>() as u64,
            _ if self.is_float() => 4,
            _ => 8,
        }
    }

    /// numpy's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
            Self::F8E4M3FN => "float8e4m3fn",
            Self::F8E4M3FNUZ => "float8e4m3fnuz",
            Self::F8E5M2 => "float8e5m2",
            Self::F8E5M2FNUZ => "float8e5m2fnuz",
            Self::F8E8M0 => "float8e8m0",
            Self::F4E2M1 => "float4e2m1",
            Self::I2 => "int2",
            Self::I4 => "int4",
            Self::U2 => "uint2",
            Self::U4 => "uint4",
            Self::Str => "string",
            Self::I8 => "int8",
            Self::I16 => "int16",
            Self::I32 => "int32",
            Self::I64 => "int64",
            Self::U8 => "uint8",
            Self::U16 => "uint16",
            Self::U32 => "uint32",
            Self::U64 => "uint64",
            Self::Bool => "bool",
        }
    }

    /// Wraps an integer into the range of this type, as two's complement arithmetic does.
    pub fn wrap(self, v: i64) -> i64 {
        match self {
            Self::I2 => (v << 62) >> 62,
            Self::I4 => (v << 60) >> 60,
            Self::U2 => v & 3,
            Self::U4 => v & 15,
            Self::I8 => i64::from(v as i8),
            Self::I16 => i64::from(v as i16),
            Self::I32 => i64::from(v as i32),
            Self::U8 => i64::from(v as u8),
            Self::U16 => i64::from(v as u16),
            Self::U32 => i64::from(v as u32),
            Self::Bool => i64::from(v != 0),
            _ => v,
        }
    }
}

/// An integer or boolean array on the host, row-major. `u64` values keep their bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// ONNX shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// Integer type or bool.
    pub elem: Elem,
    /// Elements; booleans are 0 and 1.
    pub data: Arc<Vec<i64>>,
}

impl Host {
    /// An array; the caller keeps `data.len()` equal to the product of `shape`.
    pub fn new(shape: Vec<usize>, elem: Elem, data: Vec<i64>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len());
        Self {
            shape,
            elem,
            data: Arc::new(data),
        }
    }

    /// A vector of int64.
    pub fn vector(data: Vec<i64>) -> Self {
        Self::new(vec![data.len()], Elem::I64, data)
    }

    /// The same elements in another shape.
    pub fn reshaped(&self, shape: Vec<usize>) -> Self {
        Self {
            shape,
            elem: self.elem,
            data: Arc::clone(&self.data),
        }
    }

    /// Picks elements of `self` by flat index.
    pub fn pick(&self, shape: Vec<usize>, index: impl Iterator<Item = usize>) -> Self {
        Self {
            shape,
            elem: self.elem,
            data: Arc::new(index.map(|i| self.data[i]).collect()),
        }
    }
}

/// An array of strings on the host, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// ONNX shape.
    pub shape: Vec<usize>,
    /// Elements.
    pub data: Arc<Vec<String>>,
}

impl Text {
    /// The same elements in another shape.
    pub fn reshaped(&self, shape: Vec<usize>) -> Self {
        Self {
            shape,
            data: Arc::clone(&self.data),
        }
    }

    /// Picks elements of `self` by flat index.
    pub fn pick(&self, shape: Vec<usize>, index: impl Iterator<Item = usize>) -> Self {
        Self {
            shape,
            data: Arc::new(index.map(|i| self.data[i].clone()).collect()),
        }
    }
}

/// Integers beside floats of the same values, which carry the gradient that integers have none of.
#[derive(Debug, Clone)]
pub struct Coded<B: Backend> {
    /// The integers.
    pub codes: Host,
    /// The same numbers, on the tape.
    pub carrier: Float<B>,
}

/// A value of the graph.
#[derive(Debug, Clone)]
pub enum Value<B: Backend> {
    /// On the backend, differentiable where the backend is.
    Float(Float<B>),
    /// Integers and booleans, on the host.
    Host(Host),
    /// What quantisation makes while a tape records. Only operators that ask for it see this; to all
    /// others it is [`Value::Host`].
    Coded(Box<Coded<B>>),
    /// Strings, on the host.
    Text(Text),
    /// A list of values.
    Sequence(Vec<Value<B>>),
    /// A value that may be absent.
    Optional(Option<Box<Value<B>>>),
}

impl<B: Backend> Value<B> {
    /// ONNX shape; empty for what is no tensor.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Float(f) => f.shape(),
            Self::Host(h) => &h.shape,
            Self::Coded(c) => &c.codes.shape,
            Self::Text(t) => &t.shape,
            Self::Sequence(_) | Self::Optional(_) => &[],
        }
    }

    /// Element type; `None` for what is no tensor.
    pub fn elem(&self) -> Option<Elem> {
        match self {
            Self::Float(f) => Some(f.elem),
            Self::Host(h) => Some(h.elem),
            Self::Coded(c) => Some(c.codes.elem),
            Self::Text(_) => Some(Elem::Str),
            Self::Sequence(_) | Self::Optional(_) => None,
        }
    }

    /// What this is, for sentences.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sequence(_) => "a sequence",
            Self::Optional(_) => "an optional",
            Self::Float(_) | Self::Host(_) | Self::Coded(_) | Self::Text(_) => {
                self.elem().map_or("a tensor", Elem::name)
            }
        }
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        match self {
            Self::Sequence(items) => items.len(),
            Self::Optional(item) => item.as_ref().map_or(0, |v| v.numel()),
            Self::Float(_) | Self::Host(_) | Self::Coded(_) | Self::Text(_) => self.shape().iter().product(),
        }
    }

    /// Bytes this value occupies in the engine.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Sequence(items) => items.iter().map(Self::bytes).sum(),
            Self::Optional(item) => item.as_ref().map_or(0, |v| v.bytes()),
            Self::Text(t) => t.data.iter().map(|s| (size_of::<String>() + s.len()) as u64).sum(),
            Self::Coded(c) => self.numel() as u64 * (c.codes.elem.width() + c.carrier.elem.width()),
            Self::Float(_) | Self::Host(_) => self.numel() as u64 * self.elem().map_or(8, Elem::width),
        }
    }

    /// The same elements in another shape of the same size.
    pub fn reshaped(self, shape: Vec<usize>) -> Result<Self, OpError> {
        Ok(match self {
            Self::Float(x) => Self::Float(x.reshape(shape)),
            Self::Host(x) => Self::Host(x.reshaped(shape)),
            Self::Coded(x) => Self::Coded(Box::new(Coded {
                codes: x.codes.reshaped(shape.clone()),
                carrier: x.carrier.reshape(shape),
            })),
            Self::Text(x) => Self::Text(x.reshaped(shape)),
            other => return Err(other.refuse()),
        })
    }

    /// Elements of an array on the host by flat index, as an array of `shape`.
    pub fn pick(self, shape: Vec<usize>, index: Vec<usize>) -> Result<Self, OpError> {
        Ok(match self {
            Self::Host(x) => Self::Host(x.pick(shape, index.into_iter())),
            Self::Text(x) => Self::Text(x.pick(shape, index.into_iter())),
            other => return Err(other.refuse()),
        })
    }

    /// Integers without what carries their gradient; any other value as it is.
    pub fn without_carrier(self) -> Self {
        match self {
            Self::Coded(c) => Self::Host(c.codes),
            other => other,
        }
    }

    /// What carries the gradient of integers; any other value as it is.
    pub fn carrier(self) -> Self {
        match self {
            Self::Coded(c) => Self::Float(c.carrier),
            other => other,
        }
    }

    /// The sentence of an operator that computes with numbers only.
    pub fn refuse(&self) -> OpError {
        OpError::bad(format!("expected a tensor of numbers, got {}", self.kind()))
    }

    /// The float inside, or a sentence.
    pub fn float(self) -> Result<Float<B>, OpError> {
        match self {
            Self::Float(f) => Ok(f),
            other => Err(OpError::bad(format!("expected a float tensor, got {}", other.kind()))),
        }
    }

    /// The host array inside, or a sentence.
    pub fn host(self) -> Result<Host, OpError> {
        match self {
            Self::Host(h) => Ok(h),
            Self::Coded(c) => Ok(c.codes),
            other => Err(OpError::bad(format!(
                "expected an integer or bool tensor, got {}",
                other.kind()
            ))),
        }
    }

    /// The strings inside, or a sentence.
    pub fn text(self) -> Result<Text, OpError> {
        match self {
            Self::Text(t) => Ok(t),
            other => Err(OpError::bad(format!("expected a string tensor, got {}", other.kind()))),
        }
    }

    /// The items of a sequence, or a sentence.
    pub fn sequence(self) -> Result<Vec<Value<B>>, OpError> {
        match self {
            Self::Sequence(items) => Ok(items),
            other => Err(OpError::bad(format!("expected a sequence, got {}", other.kind()))),
        }
    }
}

/// A plain array that crosses the engine's border with its ONNX element type.
#[derive(Debug, Clone, PartialEq)]
pub struct Plain {
    /// ONNX shape.
    pub shape: Vec<usize>,
    /// Element type as the graph declares or computes it.
    pub elem: Elem,
    /// The elements.
    pub data: PlainData,
}

/// Elements of a [`Plain`] array.
#[derive(Debug, Clone, PartialEq)]
pub enum PlainData {
    /// Floats of 32 bits or fewer, carried as `f32`.
    Float(Arc<Vec<f32>>),
    /// Floats of 64 bits.
    Double(Arc<Vec<f64>>),
    /// Any integer type or bool, carried as `i64` (`u64` by its bits).
    Int(Arc<Vec<i64>>),
    /// Strings.
    Text(Arc<Vec<String>>),
}

impl Plain {
    /// A float array; where `elem` is of 64 bits the numbers are widened.
    pub fn float(shape: Vec<usize>, elem: Elem, data: Vec<f32>) -> Self {
        let data = if elem == Elem::F64 {
            PlainData::Double(Arc::new(data.into_iter().map(f64::from).collect()))
        } else {
            PlainData::Float(Arc::new(data))
        };
        Self { shape, elem, data }
    }

    /// An array of 64-bit floats.
    pub fn double(shape: Vec<usize>, data: Vec<f64>) -> Self {
        Self {
            shape,
            elem: Elem::F64,
            data: PlainData::Double(Arc::new(data)),
        }
    }

    /// An integer or bool array.
    pub fn int(shape: Vec<usize>, elem: Elem, data: Vec<i64>) -> Self {
        Self {
            shape,
            elem,
            data: PlainData::Int(Arc::new(data)),
        }
    }

    /// An array of strings.
    pub fn text(shape: Vec<usize>, data: Vec<String>) -> Self {
        Self {
            shape,
            elem: Elem::Str,
            data: PlainData::Text(Arc::new(data)),
        }
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// The elements, if these are floats of 32 bits or fewer.
    pub fn as_floats(&self) -> Option<&[f32]> {
        match &self.data {
            PlainData::Float(v) => Some(v),
            _ => None,
        }
    }

    /// The elements as numbers of 64 bits; `None` for strings.
    pub fn to_doubles(&self) -> Option<Vec<f64>> {
        Some(match &self.data {
            PlainData::Float(v) => v.iter().map(|&v| f64::from(v)).collect(),
            PlainData::Double(v) => v.to_vec(),
            PlainData::Int(v) if self.elem == Elem::U64 => v.iter().map(|&v| v as u64 as f64).collect(),
            PlainData::Int(v) => v.iter().map(|&v| v as f64).collect(),
            PlainData::Text(_) => return None,
        })
    }

    /// Onto a backend.
    pub fn to_value<B: Backend>(&self, device: &B::Device) -> Value<B> {
        let shape = self.shape.clone();
        match &self.data {
            PlainData::Float(v) => Value::Float(Float::from_vec(v.to_vec(), shape, self.elem, device)),
            PlainData::Double(v) => Value::Float(Float::from_doubles(v.to_vec(), shape, device)),
            PlainData::Int(v) => Value::Host(Host {
                shape,
                elem: self.elem,
                data: Arc::clone(v),
            }),
            PlainData::Text(v) => Value::Text(Text {
                shape,
                data: Arc::clone(v),
            }),
        }
    }

    /// Onto a backend, without a copy where nobody else holds the elements.
    pub fn into_value<B: Backend>(self, device: &B::Device) -> Value<B> {
        let (shape, elem) = (self.shape, self.elem);
        match self.data {
            PlainData::Float(v) => Value::Float(Float::from_vec(Arc::unwrap_or_clone(v), shape, elem, device)),
            PlainData::Double(v) => Value::Float(Float::from_doubles(Arc::unwrap_or_clone(v), shape, device)),
            PlainData::Int(data) => Value::Host(Host { shape, elem, data }),
            PlainData::Text(data) => Value::Text(Text { shape, data }),
        }
    }

    /// From a backend.
    ///
    /// # Errors
    /// [`OpError::Unsupported`] for sequences and optionals, which are no arrays.
    pub fn from_value<B: Backend>(value: Value<B>) -> Result<Self, OpError> {
        Ok(match value.without_carrier() {
            Value::Float(f) if f.elem == Elem::F64 => Self::double(f.shape().to_vec(), f.into_doubles()?),
            Value::Float(f) => Self::float(f.shape().to_vec(), f.elem, f.into_vec()?),
            Value::Host(h) => Self {
                shape: h.shape,
                elem: h.elem,
                data: PlainData::Int(h.data),
            },
            Value::Text(t) => Self {
                shape: t.shape,
                elem: Elem::Str,
                data: PlainData::Text(t.data),
            },
            other => {
                return Err(OpError::unsupported(format!(
                    "{} cannot be written as one array",
                    other.kind()
                )));
            }
        })
    }
}

/// Product of dimensions, or an error where it does not fit 64 bits.
pub fn checked_numel(shape: &[usize]) -> Result<u64, OpError> {
    shape
        .iter()
        .try_fold(1u64, |acc, &d| acc.checked_mul(d as u64))
        .ok_or_else(|| {
            OpError::bad(format!(
                "a tensor of shape {shape:?} has more elements than can be counted"
            ))
        })
}

/// numpy's broadcast of two shapes.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, OpError> {
    let rank = a.len().max(b.len());
    let at = |s: &[usize], i: usize| if i + s.len() >= rank { s[i + s.len() - rank] } else { 1 };
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(OpError::bad(format!("shapes {a:?} and {b:?} do not broadcast"))),
        })
        .collect()
}

/// Flat source indices that read an array of shape `from` as if broadcast to `to`.
pub fn broadcast_indices(from: &[usize], to: &[usize]) -> Vec<usize> {
    let mut strides = vec![0usize; to.len()];
    let mut step = 1;
    for (i, &d) in from.iter().enumerate().rev() {
        let axis = i + to.len() - from.len();
        strides[axis] = if d == 1 { 0 } else { step };
        step *= d;
    }
    strided_indices(to, &strides, 0)
}

/// Flat indices `base + sum(i_k * strides_k)` for every index of `shape`, row-major.
pub fn strided_indices(shape: &[usize], strides: &[usize], base: usize) -> Vec<usize> {
    let total: usize = shape.iter().product();
    let mut out = Vec::with_capacity(total);
    let mut index = vec![0usize; shape.len()];
    let mut at = base;
    for _ in 0..total {
        out.push(at);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}

/// Row-major strides.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for i in (0..shape.len().saturating_sub(1)).rev() {
        out[i] = out[i + 1] * shape[i + 1].max(1);
    }
    out
}
