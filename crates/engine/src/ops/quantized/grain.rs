//! Which scale belongs to which element: one for the tensor, one a slice of an axis, one a block.

use std::ops::Range;

use super::super::{Call, axis};
use crate::error::OpError;
use crate::float::Float;
use crate::operation::Engine;
use crate::value::Elem;

/// How the scales of a quantised tensor lie over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grain {
    /// One scale.
    Tensor,
    /// One a slice of an axis of length `count`; `inner` elements lie between slices.
    Axis { at: usize, count: usize, inner: usize },
    /// One for every `size` elements along an axis of length `length`.
    Blocks {
        length: usize,
        inner: usize,
        blocks: usize,
        size: usize,
    },
}

impl Grain {
    /// From the shapes of the tensor and of its scales.
    pub fn new(x: &[usize], scale: &[usize], raw_axis: i64, block_size: i64) -> Result<Self, OpError> {
        let count: usize = scale.iter().product();
        if count == 1 && (scale.len() <= 1 || block_size == 0) {
            return Ok(Self::Tensor);
        }
        let wrong = || OpError::bad(format!("scales of shape {scale:?} do not fit a tensor of shape {x:?}"));
        let at = axis(raw_axis, x.len())?;
        let inner = x[at + 1..].iter().product();
        if block_size == 0 {
            if scale != [x[at]] {
                return Err(wrong());
            }
            return Ok(Self::Axis { at, count, inner });
        }
        let size = usize::try_from(block_size).map_err(|_| OpError::bad("block_size is negative"))?;
        let blocks = x[at].div_ceil(size);
        let fits = scale.len() == x.len()
            && scale
                .iter()
                .zip(x)
                .enumerate()
                .all(|(i, (&s, &d))| s == if i == at { blocks } else { d });
        if !fits {
            return Err(wrong());
        }
        Ok(Self::Blocks {
            length: x[at],
            inner,
            blocks,
            size,
        })
    }

    /// Runs of elements with one scale, for a tensor of `len` elements: `f(range, which scale)`.
    pub fn runs(&self, len: usize, mut f: impl FnMut(Range<usize>, usize)) {
        match *self {
            Self::Tensor => f(0..len, 0),
            Self::Axis { count, inner, .. } => {
                if inner == 0 {
                    return;
                }
                for (k, start) in (0..len).step_by(inner).enumerate() {
                    f(start..start + inner, k % count);
                }
            }
            Self::Blocks {
                length,
                inner,
                blocks,
                size,
            } => {
                if inner == 0 {
                    return;
                }
                for row in 0..len / inner {
                    let (outer, at) = (row / length, row % length);
                    let first = (outer * blocks + at / size) * inner;
                    for i in 0..inner {
                        f(row * inner + i..row * inner + i + 1, first + i);
                    }
                }
            }
        }
    }

    /// One number a scale, as a tensor that broadcasts to `shape`.
    pub fn spread<B: Engine>(
        &self,
        c: &Call<'_, B>,
        numbers: &[f64],
        shape: &[usize],
        elem: Elem,
    ) -> Result<Float<B>, OpError> {
        let make = |data: Vec<f64>, shape: Vec<usize>| {
            if elem == Elem::F64 {
                Float::from_doubles(data, shape, c.device)
            } else {
                c.tensor_from(data.into_iter().map(|v| v as f32).collect(), shape, elem)
            }
        };
        Ok(match *self {
            Self::Tensor => make(numbers[..1].to_vec(), Vec::new()),
            Self::Axis { at, count, .. } => {
                let mut dims = vec![1; shape.len()];
                dims[at] = count;
                make(numbers.to_vec(), dims)
            }
            Self::Blocks { .. } => {
                c.reserve(shape)?;
                let mut all = vec![0.0; shape.iter().product()];
                self.runs(all.len(), |range, k| all[range].fill(numbers[k]));
                make(all, shape.to_vec())
            }
        })
    }
}
