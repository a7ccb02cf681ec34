//! A float tensor with its ONNX shape, over burn's rank-free primitives.
//!
//! Burn's tensors here always have at least one dimension; the ONNX scalar (`[]`) is stored as
//! `[1]`, and [`Float::shape`] tells the truth. Values of [`Elem::F64`] are stored in 64 bits, all
//! others in 32; `elem` remembers what the graph says.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use burn_backend::{Backend, BoolDType, FloatDType, Scalar, Slice, TensorData};
use burn_std::Shape;

use crate::error::OpError;
use crate::value::{Elem, broadcast};

mod elementwise;
mod moves;
mod reduced;

/// A float tensor of the graph.
#[derive(Debug, Clone)]
pub struct Float<B: Backend> {
    /// The backend's tensor.
    pub prim: B::FloatTensorPrimitive,
    shape: Vec<usize>,
    /// The element type the graph gives this value.
    pub elem: Elem,
}

/// The shape burn holds for an ONNX shape.
pub fn stored(shape: &[usize]) -> Shape {
    if shape.is_empty() {
        Shape::from(vec![1usize])
    } else {
        Shape::from(shape.to_vec())
    }
}

/// How values of an element type are stored.
fn storage(elem: Elem) -> FloatDType {
    if elem == Elem::F64 {
        FloatDType::F64
    } else {
        FloatDType::F32
    }
}

/// Drives a future that the CPU backends finish at once.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(out) = future.as_mut().poll(&mut cx) {
            return out;
        }
        std::thread::yield_now();
    }
}

impl<B: Backend> Float<B> {
    /// Wraps a primitive whose dimensions are `shape` (`[1]` for a scalar).
    pub fn wrap(prim: B::FloatTensorPrimitive, shape: Vec<usize>, elem: Elem) -> Self {
        Self { prim, shape, elem }
    }

    /// From host data; widened where `elem` is of 64 bits.
    pub fn from_vec(data: Vec<f32>, shape: Vec<usize>, elem: Elem, device: &B::Device) -> Self {
        if elem == Elem::F64 {
            return Self::from_doubles(data.into_iter().map(f64::from).collect(), shape, device);
        }
        let prim = B::float_from_data(TensorData::new(data, stored(&shape)), device);
        Self { prim, shape, elem }
    }

    /// From host data of 64 bits.
    pub fn from_doubles(data: Vec<f64>, shape: Vec<usize>, device: &B::Device) -> Self {
        let prim = B::float_from_data(TensorData::new(data, stored(&shape)), device);
        Self {
            prim,
            shape,
            elem: Elem::F64,
        }
    }

    /// From numbers of 64 bits, stored as `elem` asks.
    pub fn of(data: Vec<f64>, shape: Vec<usize>, elem: Elem, device: &B::Device) -> Self {
        if elem == Elem::F64 {
            return Self::from_doubles(data, shape, device);
        }
        Self::from_vec(data.into_iter().map(|v| v as f32).collect(), shape, elem, device)
    }

    /// Filled with one number.
    pub fn full(value: f32, shape: Vec<usize>, elem: Elem, device: &B::Device) -> Self {
        let prim = B::float_full(stored(&shape), Scalar::Float(f64::from(value)), device, storage(elem));
        Self { prim, shape, elem }
    }

    /// ONNX shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    fn data(self) -> Result<TensorData, OpError> {
        block_on(B::float_into_data(self.prim)).map_err(|e| OpError::bad(format!("reading a tensor back: {e}")))
    }

    /// Copies the elements to the host, row-major; narrowed to 32 bits.
    pub fn into_vec(self) -> Result<Vec<f32>, OpError> {
        if self.numel() == 0 {
            return Ok(Vec::new());
        }
        let narrow = if self.elem == Elem::F64 {
            self.cast(Elem::F32)
        } else {
            self
        };
        narrow
            .data()?
            .try_into_vec::<f32>()
            .map_err(|e| OpError::bad(format!("reading a tensor back: {e}")))
    }

    /// Copies the elements to the host, row-major, in 64 bits.
    pub fn into_doubles(self) -> Result<Vec<f64>, OpError> {
        if self.elem != Elem::F64 {
            return Ok(self.into_vec()?.into_iter().map(f64::from).collect());
        }
        if self.numel() == 0 {
            return Ok(Vec::new());
        }
        self.data()?
            .try_into_vec::<f64>()
            .map_err(|e| OpError::bad(format!("reading a tensor back: {e}")))
    }

    /// The same numbers in the storage of `elem`, keeping its own element type where that is the same.
    pub fn cast_like(self, elem: Elem) -> Self {
        if storage(self.elem) == storage(elem) {
            self
        } else {
            self.cast(elem)
        }
    }

    /// The same numbers stored as `elem` asks; narrower types than 32 bits are not rounded here.
    pub fn cast(self, elem: Elem) -> Self {
        let prim = if storage(self.elem) == storage(elem) {
            self.prim
        } else {
            B::float_cast(self.prim, storage(elem))
        };
        Self {
            prim,
            shape: self.shape,
            elem,
        }
    }

    /// Applies a primitive that keeps the shape.
    pub fn map(self, f: impl FnOnce(B::FloatTensorPrimitive) -> B::FloatTensorPrimitive) -> Self {
        Self {
            prim: f(self.prim),
            shape: self.shape,
            elem: self.elem,
        }
    }

    /// The same elements in another shape of the same size.
    pub fn reshape(self, shape: Vec<usize>) -> Self {
        if shape == self.shape {
            return self;
        }
        Self {
            prim: B::float_reshape(self.prim, stored(&shape)),
            shape,
            elem: self.elem,
        }
    }

    /// Leading ones up to `rank` dimensions.
    fn ranked(self, rank: usize) -> Self {
        let mut shape = vec![1; rank.saturating_sub(self.shape.len())];
        shape.extend_from_slice(&self.shape);
        self.reshape(shape)
    }

    /// Broadcast to `shape`, which must be reachable.
    pub fn expand(self, shape: &[usize]) -> Self {
        let t = self.ranked(shape.len());
        if t.shape == shape {
            return t;
        }
        Self {
            prim: B::float_expand(t.prim, stored(shape)),
            shape: shape.to_vec(),
            elem: t.elem,
        }
    }

    /// Permutes the axes.
    pub fn permute(self, axes: &[usize]) -> Self {
        if axes.iter().enumerate().all(|(i, &a)| i == a) {
            return self;
        }
        let shape = axes.iter().map(|&a| self.shape[a]).collect();
        Self {
            prim: B::float_permute(self.prim, axes),
            shape,
            elem: self.elem,
        }
    }

    /// `mask ? self : other`; the three have one shape.
    pub fn select_where(self, mask: B::BoolTensorPrimitive, other: Self) -> Self {
        Self {
            prim: B::float_mask_where(other.prim, mask, self.prim),
            shape: self.shape,
            elem: self.elem,
        }
    }

    /// Where `self > v`, elementwise.
    pub fn greater_scalar(&self, v: f64) -> B::BoolTensorPrimitive {
        B::float_greater_elem(self.prim.clone(), Scalar::Float(v), BoolDType::Native)
    }

    /// Slices with start and end per axis (`start <= end`), step one.
    pub fn narrow(self, ranges: &[(usize, usize)]) -> Self {
        if ranges.iter().zip(&self.shape).all(|(&(a, b), &d)| a == 0 && b == d) {
            return self;
        }
        let slices: Vec<Slice> = ranges.iter().map(|&(a, b)| Slice::from(a..b)).collect();
        let shape = ranges.iter().map(|(a, b)| b - a).collect();
        Self {
            prim: B::float_slice(self.prim, &slices),
            shape,
            elem: self.elem,
        }
    }

    /// Joins along `axis`; the other dimensions agree.
    pub fn concat(parts: Vec<Self>, axis: usize) -> Result<Self, OpError> {
        let mut parts: Vec<Self> = parts;
        let first = parts.first().ok_or_else(|| OpError::bad("nothing to concatenate"))?;
        let (mut shape, elem) = (first.shape.clone(), first.elem);
        for p in &parts[1..] {
            let fits = p.rank() == shape.len()
                && p.shape
                    .iter()
                    .zip(&shape)
                    .enumerate()
                    .all(|(i, (a, b))| i == axis || a == b);
            if !fits {
                return Err(OpError::bad(format!(
                    "shapes {shape:?} and {:?} cannot be joined along axis {axis}",
                    p.shape
                )));
            }
        }
        shape[axis] = parts.iter().map(|p| p.shape[axis]).sum();
        if parts.len() > 1 && parts.iter().any(|p| p.shape[axis] > 0) {
            parts.retain(|p| p.shape[axis] > 0);
        }
        let prim = if parts.len() == 1 || shape.contains(&0) {
            B::float_reshape(parts.swap_remove(0).prim, stored(&shape))
        } else {
            B::float_cat(parts.into_iter().map(|p| p.prim).collect(), axis)
        };
        Ok(Self { prim, shape, elem })
    }

    /// Matrix product of the last two axes; the leading axes broadcast. Both have rank two or more.
    pub fn matmul(self, other: Self) -> Result<Self, OpError> {
        let (ra, rb) = (self.rank(), other.rank());
        let (m, k, k2, n) = (
            self.shape[ra - 2],
            self.shape[ra - 1],
            other.shape[rb - 2],
            other.shape[rb - 1],
        );
        if k != k2 {
            return Err(OpError::bad(format!(
                "shapes {:?} and {:?} do not multiply",
                self.shape, other.shape
            )));
        }
        let elem = self.elem;
        if rb == 2 && ra > 2 {
            // One tall product instead of many small ones.
            let lead: usize = self.shape[..ra - 1].iter().product();
            let mut shape = self.shape[..ra - 1].to_vec();
            shape.push(n);
            let flat = self.reshape(vec![lead, k]);
            return Ok(Self {
                prim: B::float_matmul(flat.prim, other.prim),
                shape: vec![lead, n],
                elem,
            }
            .reshape(shape));
        }
        let mut shape = broadcast(&self.shape[..ra - 2], &other.shape[..rb - 2])?;
        let rank = shape.len() + 2;
        shape.extend([m, n]);
        let (a, b) = (self.ranked(rank), other.ranked(rank));
        Ok(Self {
            prim: B::float_matmul(a.prim, b.prim),
            shape,
            elem,
        })
    }

    /// Moves `axes` to the end and flattens them: `[kept..., product]` as a matrix `[outer, inner]`.
    pub fn matrix_over(self, axes: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..self.rank()).filter(|a| !axes.contains(a)).collect();
        let outer = order.iter().map(|&a| self.shape[a]).product();
        let inner = axes.iter().map(|&a| self.shape[a]).product();
        order.extend_from_slice(axes);
        if order.is_empty() {
            return self.reshape(vec![1, 1]);
        }
        self.permute(&order).reshape(vec![outer, inner])
    }
}
