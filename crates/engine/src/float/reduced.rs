//! Reductions of a float over axes, on kernels of our own.

use glassboard_kernels::binary::Shaped;
use glassboard_kernels::reduce::{self, Reduce};
use glassboard_kernels::reference;

use super::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::ops::operate;

/// A reduction over axes.
#[derive(Debug)]
pub struct Reduction {
    /// Which one.
    pub function: Reduce,
    /// Axes, each once and in range.
    pub axes: Vec<usize>,
    /// Whether they stay, with size one.
    pub keep: bool,
}

impl Operation for Reduction {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        if self.keep {
            return reduce::kept_shape(&inputs[0], &self.axes);
        }
        let stays = |(i, &d): (usize, &usize)| (!self.axes.contains(&i)).then_some(d);
        inputs[0].iter().enumerate().filter_map(stays).collect()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        reduce::forward(self.function, inputs[0].into(), &self.axes)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        reference::reduce::forward(self.function, inputs[0].into(), &self.axes)
    }

    fn keeps(&self) -> Keeps {
        let reads = self.function.slope_from_values();
        Keeps {
            inputs: if reads { vec![0] } else { Vec::new() },
            output: reads,
        }
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        let x = trace.inputs[0].map_or(&[][..], |x| x.data);
        let y = trace.output.map_or(&[][..], |y| y.data);
        let shape = &trace.shapes[0];
        let dx = reduce::backward(self.function, x, shape, &self.axes, y, trace.gradient.data);
        vec![Some(dx)]
    }
}

impl<'a, T> From<Slice<'a, T>> for Shaped<'a, T> {
    fn from(slice: Slice<'a, T>) -> Self {
        Self {
            data: slice.data,
            shape: slice.shape,
        }
    }
}

impl<B: Engine> Float<B> {
    /// The reduction over `axes`, each once and in range; with `keep` they stay, with size one.
    pub fn reduce(self, function: Reduce, axes: Vec<usize>, keep: bool) -> Self {
        operate(Reduction { function, axes, keep }, vec![self])
    }
}
