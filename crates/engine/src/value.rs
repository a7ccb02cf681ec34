//! Values that flow through a graph: floats on the backend, everything else on the host.
//!
//! Integers and booleans are shapes, indices and masks; keeping them on the host makes dynamic
//! `Reshape` and `Slice` plain code and keeps 64-bit integers exact.

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
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
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
            9 => Self::Bool,
            10 => Self::F16,
            11 => Self::F64,
            12 => Self::U32,
            13 => Self::U64,
            16 => Self::BF16,
            _ => return None,
        })
    }

    /// Whether values of this type live on the backend.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::F16 | Self::BF16)
    }

    /// numpy's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
            Self::F16 => "float16",
            Self::BF16 => "bfloat16",
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

/// A value of the graph.
#[derive(Debug, Clone)]
pub enum Value<B: Backend> {
    /// On the backend, differentiable where the backend is.
    Float(Float<B>),
    /// On the host.
    Host(Host),
}

impl<B: Backend> Value<B> {
    /// ONNX shape.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Float(f) => f.shape(),
            Self::Host(h) => &h.shape,
        }
    }

    /// Element type.
    pub fn elem(&self) -> Elem {
        match self {
            Self::Float(f) => f.elem,
            Self::Host(h) => h.elem,
        }
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.shape().iter().product()
    }

    /// Bytes this value occupies in the engine.
    pub fn bytes(&self) -> u64 {
        let width = match self {
            Self::Float(_) => 4,
            Self::Host(_) => 8,
        };
        self.numel() as u64 * width
    }

    /// The float inside, or a sentence.
    pub fn float(self) -> Result<Float<B>, OpError> {
        match self {
            Self::Float(f) => Ok(f),
            Self::Host(h) => Err(OpError::bad(format!("expected a float tensor, got {}", h.elem.name()))),
        }
    }

    /// The host array inside, or a sentence.
    pub fn host(self) -> Result<Host, OpError> {
        match self {
            Self::Host(h) => Ok(h),
            Self::Float(f) => Err(OpError::bad(format!(
                "expected an integer or bool tensor, got {}",
                f.elem.name()
            ))),
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
    /// Any float type, carried as `f32`.
    Float(Arc<Vec<f32>>),
    /// Any integer type or bool, carried as `i64` (`u64` by its bits).
    Int(Arc<Vec<i64>>),
}

impl Plain {
    /// A float array.
    pub fn float(shape: Vec<usize>, elem: Elem, data: Vec<f32>) -> Self {
        Self {
            shape,
            elem,
            data: PlainData::Float(Arc::new(data)),
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

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// The float elements, if these are floats.
    pub fn as_floats(&self) -> Option<&[f32]> {
        match &self.data {
            PlainData::Float(v) => Some(v),
            PlainData::Int(_) => None,
        }
    }

    /// Onto a backend.
    pub fn to_value<B: Backend>(&self, device: &B::Device) -> Value<B> {
        match &self.data {
            PlainData::Float(v) => Value::Float(Float::from_vec(v.to_vec(), self.shape.clone(), self.elem, device)),
            PlainData::Int(v) => Value::Host(Host {
                shape: self.shape.clone(),
                elem: self.elem,
                data: Arc::clone(v),
            }),
        }
    }

    /// From a backend.
    pub fn from_value<B: Backend>(value: Value<B>) -> Result<Self, OpError> {
        Ok(match value {
            Value::Float(f) => {
                let (shape, elem) = (f.shape().to_vec(), f.elem);
                Self {
                    shape,
                    elem,
                    data: PlainData::Float(Arc::new(f.into_vec()?)),
                }
            }
            Value::Host(h) => Self {
                shape: h.shape,
                elem: h.elem,
                data: PlainData::Int(h.data),
            },
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
