//! Walking several arrays of different layouts in the row-major order of one shape.

/// A shape with, for each of `K` arrays, how far one step along each axis goes. Axes of size one are
/// dropped, and axes that every array walks as one are merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<const K: usize> {
    /// The axes, outermost first; there is at least one.
    axes: Vec<Axis<K>>,
}

/// An axis: its size, and each array's step along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis<const K: usize> {
    /// Number of elements.
    pub size: usize,
    /// Offset from one to the next, in each array.
    pub steps: [usize; K],
}

impl<const K: usize> Walk<K> {
    /// From axes, outermost first.
    fn merged(all: impl Iterator<Item = Axis<K>>) -> Self {
        let mut axes: Vec<Axis<K>> = Vec::with_capacity(4);
        for axis in all.filter(|a| a.size != 1) {
            match axes.last_mut() {
                Some(last) if (0..K).all(|k| last.steps[k] == axis.steps[k] * axis.size) => {
                    last.size *= axis.size;
                    last.steps = axis.steps;
                }
                _ => axes.push(axis),
            }
        }
        if axes.is_empty() {
            axes.push(Axis { size: 1, steps: [1; K] });
        }
        Self { axes }
    }

    /// From a shape and every array's strides.
    pub fn new(shape: &[usize], strides: [&[usize]; K]) -> Self {
        let axis = |(i, &size): (usize, &usize)| Axis {
            size,
            steps: strides.map(|s| s[i]),
        };
        Self::merged(shape.iter().enumerate().map(axis))
    }

    /// Row-major arrays of `shapes`, broadcast to `shape` as numpy does.
    ///
    /// # Panics
    /// Where one does not broadcast.
    pub fn broadcast(shape: &[usize], shapes: [&[usize]; K]) -> Self {
        // Elements of an array that one step along the axis at hand passes over.
        let mut inside = shapes.map(|from| from.iter().product::<usize>());
        let axis = |(i, &size): (usize, &usize)| {
            let mut steps = [0; K];
            for k in 0..K {
                let from = shapes[k];
                assert!(from.len() <= shape.len(), "{from:?} does not broadcast to {shape:?}");
                let Some(own) = (i + from.len()).checked_sub(shape.len()).map(|j| from[j]) else {
                    continue;
                };
                assert!(own == size || own == 1, "{from:?} does not broadcast to {shape:?}");
                if own != 1 {
                    inside[k] = inside[k].checked_div(own).unwrap_or(0);
                    steps[k] = inside[k];
                }
            }
            Axis { size, steps }
        };
        Self::merged(shape.iter().enumerate().map(axis))
    }

    /// The merged axes, outermost first.
    pub fn axes(&self) -> &[Axis<K>] {
        &self.axes
    }

    /// The innermost axis.
    pub fn inner(&self) -> Axis<K> {
        self.axes[self.axes.len() - 1]
    }

    /// Calls `f` for every stretch of elements `start..start + len` that lies along the innermost axis:
    /// where it begins (counted from `start`), its length, and each array's offset there.
    #[inline(always)]
    pub fn runs(&self, start: usize, len: usize, mut f: impl FnMut(usize, usize, [usize; K])) {
        let (inner, outer) = (self.inner(), &self.axes[..self.axes.len() - 1]);
        let mut column = start % inner.size;
        let mut rest = start / inner.size;
        // Offsets of the row's first element.
        let mut row = [0; K];
        let mut index = vec![0; outer.len()];
        for (index, axis) in index.iter_mut().zip(outer).rev() {
            *index = rest % axis.size;
            rest /= axis.size;
            for (row, step) in row.iter_mut().zip(axis.steps) {
                *row += *index * step;
            }
        }
        let mut at = 0;
        while at < len {
            let count = (inner.size - column).min(len - at);
            f(at, count, std::array::from_fn(|k| row[k] + column * inner.steps[k]));
            at += count;
            column = 0;
            for (index, axis) in index.iter_mut().zip(outer).rev() {
                *index += 1;
                let wraps = *index == axis.size;
                for (row, step) in row.iter_mut().zip(axis.steps) {
                    *row += step;
                    if wraps {
                        *row -= step * axis.size;
                    }
                }
                if !wraps {
                    break;
                }
                *index = 0;
            }
        }
    }
}

/// Row-major strides.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut out = vec![1; shape.len()];
    for i in (0..shape.len().saturating_sub(1)).rev() {
        out[i] = out[i + 1] * shape[i + 1].max(1);
    }
    out
}
