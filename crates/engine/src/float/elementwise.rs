//! Functions of one and of two floats, element by element, on kernels of our own.

use glassboard_kernels::binary::{self, Binary, Shaped};
use glassboard_kernels::reference;
use glassboard_kernels::unary::{self, Reads, Unary};

use super::Float;
use crate::error::OpError;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::ops::operate;
use crate::value::broadcast;

/// A function of every element.
#[derive(Debug)]
pub struct Map(pub Unary);

impl Operation for Map {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        inputs[0].clone()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        unary::forward(self.0, inputs[0].data)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        reference::unary::forward(self.0, inputs[0].data)
    }

    fn keeps(&self) -> Keeps {
        let reads = self.0.slope_reads();
        Keeps {
            inputs: if reads == Reads::Input { vec![0] } else { Vec::new() },
            output: reads == Reads::Output,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let kept = trace.inputs[0].or(trace.output).unwrap_or(trace.gradient);
        vec![Some(unary::backward(self.0, kept.data, trace.gradient.data))]
    }
}

/// A function of two arrays, broadcast.
#[derive(Debug)]
pub struct Zip {
    /// The function.
    pub function: Binary,
    /// Which inputs may need a gradient; what only the other's reads is not kept.
    pub wanted: [bool; 2],
}

fn joint(shapes: &[Vec<usize>]) -> Vec<usize> {
    // Checked before the operation was made.
    broadcast(&shapes[0], &shapes[1]).unwrap_or_default()
}

impl Operation for Zip {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        joint(inputs)
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        let shape = broadcast(inputs[0].shape, inputs[1].shape).unwrap_or_default();
        binary::forward(self.function, inputs[0].into(), inputs[1].into(), &shape)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        let shape = broadcast(inputs[0].shape, inputs[1].shape).unwrap_or_default();
        reference::binary::forward(self.function, inputs[0].into(), inputs[1].into(), &shape)
    }

    fn keeps(&self) -> Keeps {
        let inputs = match (self.function, self.wanted) {
            (Binary::Add | Binary::Sub, _) => Vec::new(),
            (Binary::Mul | Binary::Div, [true, false]) => vec![1],
            (Binary::Mul, [false, true]) => vec![0],
            _ => vec![0, 1],
        };
        Keeps { inputs, output: false }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let shape = joint(trace.shapes);
        let g = trace.gradient.data;
        // What a slope does not read may stand empty.
        let [a, b] = [0, 1].map(|i| Shaped {
            data: trace.inputs[i].map_or(&[][..], |x| x.data),
            shape: trace.shapes[i].as_slice(),
        });
        vec![
            trace.wanted[0].then(|| binary::backward_a(self.function, a, b, g, &shape)),
            trace.wanted[1].then(|| binary::backward_b(self.function, a, b, g, &shape)),
        ]
    }

    fn passes(&self, i: usize, shapes: &[Vec<usize>]) -> bool {
        let same = shapes[i].iter().product::<usize>() == joint(shapes).iter().product::<usize>();
        same && (self.function == Binary::Add || (self.function == Binary::Sub && i == 0))
    }
}

impl<B: Engine> Float<B> {
    /// `f` of every element.
    pub fn unary(self, f: Unary) -> Self {
        operate(Map(f), vec![self])
    }

    /// `f` of two arrays, broadcast.
    pub fn binary(self, other: Self, function: Binary, wanted: [bool; 2]) -> Result<Self, OpError> {
        broadcast(self.shape(), other.shape())?;
        Ok(operate(Zip { function, wanted }, vec![self, other]))
    }

    /// Sum with broadcasting.
    pub fn add(self, other: Self) -> Result<Self, OpError> {
        self.binary(other, Binary::Add, [true; 2])
    }

    /// Difference with broadcasting.
    pub fn sub(self, other: Self) -> Result<Self, OpError> {
        self.binary(other, Binary::Sub, [true; 2])
    }

    /// Product with broadcasting.
    pub fn mul(self, other: Self) -> Result<Self, OpError> {
        self.binary(other, Binary::Mul, [true; 2])
    }

    /// Quotient with broadcasting.
    pub fn div(self, other: Self) -> Result<Self, OpError> {
        self.binary(other, Binary::Div, [true; 2])
    }

    /// `self + number`.
    pub fn add_scalar(self, offset: f64) -> Self {
        self.unary(Unary::Linear { scale: 1.0, offset })
    }

    /// `self * number`.
    pub fn mul_scalar(self, scale: f64) -> Self {
        self.unary(Unary::Linear { scale, offset: 0.0 })
    }

    /// At least `low`.
    pub fn clamp_min(self, low: f64) -> Self {
        let high = f64::INFINITY;
        self.unary(Unary::Clip { low, high })
    }

    /// At most `high`.
    pub fn clamp_max(self, high: f64) -> Self {
        let low = f64::NEG_INFINITY;
        self.unary(Unary::Clip { low, high })
    }
}
