//! Reading an array at listed positions along its axes: rows, steps, tiles and padding.

use glassboard_kernels::remap::{self, Axis};

use super::Float;
use crate::operation::{Engine, Keeps, Operation, Slice, Trace};
use crate::ops::operate;

/// An array read at listed positions along every axis.
#[derive(Debug)]
pub struct Moved {
    /// One entry an axis.
    pub axes: Vec<Axis>,
    /// What stands where an axis reads nothing.
    pub fill: f64,
}

impl Operation for Moved {
    fn shape(&self, inputs: &[Vec<usize>]) -> Vec<usize> {
        self.axes.iter().zip(&inputs[0]).map(|(axis, &d)| axis.len(d)).collect()
    }

    fn forward(&self, inputs: &[Slice<'_>]) -> Vec<f32> {
        remap::forward(inputs[0].data, inputs[0].shape, &self.axes, self.fill as f32)
    }

    fn reference(&self, inputs: &[Slice<'_, f64>]) -> Vec<f64> {
        remap::forward(inputs[0].data, inputs[0].shape, &self.axes, self.fill)
    }

    fn keeps(&self) -> Keeps {
        Keeps::default()
    }

    fn backward(&self, trace: &Trace<'_>) -> Vec<Option<Vec<f32>>> {
        vec![Some(remap::backward(&trace.shapes[0], &self.axes, trace.gradient.data))]
    }
}

impl<B: Engine> Float<B> {
    /// Every axis read at listed positions, which must lie within it; `fill` where one reads nothing.
    pub fn moved(self, axes: Vec<Axis>, fill: f64) -> Self {
        if axes.iter().all(|a| *a == Axis::All) {
            return self;
        }
        operate(Moved { axes, fill }, vec![self])
    }

    /// Rows `index` of axis `dim`, all of them within it.
    pub fn select(self, dim: usize, index: &[i64]) -> Self {
        let mut axes = vec![Axis::All; self.rank()];
        axes[dim] = Axis::List(index.iter().map(|&i| Some(i as usize)).collect());
        self.moved(axes, 0.0)
    }

    /// Constant padding, `(before, after)` per axis.
    pub fn pad(self, pads: &[(usize, usize)], value: f32) -> Self {
        let grown = |(&(before, after), &size): (&(usize, usize), &usize)| {
            if (before, after) == (0, 0) {
                return Axis::All;
            }
            let nothing = |n| std::iter::repeat_n(None, n);
            Axis::List(
                nothing(before)
                    .chain((0..size).map(Some))
                    .chain(nothing(after))
                    .collect(),
            )
        };
        let axes = pads.iter().zip(self.shape()).map(grown).collect();
        self.moved(axes, f64::from(value))
    }
}
