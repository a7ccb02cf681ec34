//! A product with a constant right operand.

use std::sync::OnceLock;

use super::pack::{PackedColumns, depth};
use super::run;
use super::view::Matrix;
use crate::epilogue::Epilogue;
use crate::scratch;

/// `y = epilogue(x W)` with constant weights of `[inputs, outputs]`, packed once.
#[derive(Debug)]
pub struct Linear {
    forward: PackedColumns,
    backward: OnceLock<PackedColumns>,
}

impl Linear {
    /// Packs weights of shape `[inputs, outputs]`; a matrix of `[outputs, inputs]` comes
    /// [`Matrix::transposed`].
    pub fn new(weights: Matrix<'_>) -> Self {
        Self {
            forward: pack(weights),
            backward: OnceLock::new(),
        }
    }

    /// Length of a row of the input.
    pub fn inputs(&self) -> usize {
        self.forward.depth.total()
    }

    /// Length of a row of the result.
    pub fn outputs(&self) -> usize {
        self.forward.columns
    }

    /// Memory of the packed weights; those of the backward pass come when it is first run.
    pub fn bytes(&self) -> usize {
        self.forward.bytes() + self.backward.get().map_or(0, PackedColumns::bytes)
    }

    /// `y`, of shape `[rows, outputs]`, from `x` of `[rows, inputs]`.
    ///
    /// # Panics
    /// Where the slices are not whole rows of one number.
    pub fn forward(&self, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
        multiply(&self.forward, x, epilogue, y);
    }

    /// `dx = dy W^T`, of shape `[rows, inputs]`, from `dy` of `[rows, outputs]`.
    ///
    /// # Panics
    /// Where the slices are not whole rows of one number.
    pub fn backward_input(&self, dy: &[f32], dx: &mut [f32]) {
        let packed = self.backward.get_or_init(|| {
            let weights = self.forward.unpack();
            pack(Matrix::new(&weights, self.inputs(), self.outputs()).transposed())
        });
        multiply(packed, dy, &Epilogue::default(), dx);
    }
}

fn pack(weights: Matrix<'_>) -> PackedColumns {
    let room = scratch::own(PackedColumns::size(weights.rows, weights.columns));
    PackedColumns::new(weights, depth(weights.rows), room)
}

fn multiply(right: &PackedColumns, x: &[f32], epilogue: &Epilogue<'_>, y: &mut [f32]) {
    let (inputs, outputs) = (right.depth.total(), right.columns);
    if y.is_empty() {
        return;
    }
    let rows = y.len() / outputs;
    assert!(y.len() == rows * outputs && x.len() == rows * inputs);
    run::from_rows(Matrix::new(x, rows, inputs), right, epilogue, y);
}
