//! Arrays brought to a common shape and back.

use glassboard_model::Array;
use ndarray::{Axis, IxDyn};

/// `array` repeated to `shape`; `None` where it does not broadcast.
pub(crate) fn spread(array: &Array, shape: &[usize]) -> Option<Array> {
    array.broadcast(IxDyn(shape)).map(|view| view.to_owned())
}

/// Sums of `array` over the axes along which an array of `shape` was repeated to get its shape.
pub(crate) fn gathered(array: Array, shape: &[usize]) -> Array {
    let mut sum = array;
    while sum.ndim() > shape.len() {
        sum = sum.sum_axis(Axis(0));
    }
    for (axis, &size) in shape.iter().enumerate() {
        if size == 1 && sum.shape()[axis] != 1 {
            sum = sum.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
    }
    sum.as_standard_layout().into_owned()
}
