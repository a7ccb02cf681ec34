//! Tensors in coordinate form, made dense.

use super::proto::{SparseTensorProto, TensorInfo};
use super::stored::Stored;
use crate::{CheckpointError, Dtype, Result, shape, text};

/// Most elements of a sparse tensor when it is made dense: it is written in a few bytes whatever its shape.
const MAX_DENSE: usize = 64 << 20;

/// A sparse constant whose shape and indices have been checked.
#[derive(Debug, Clone)]
pub struct Sparse {
    /// Name in the file.
    pub name: String,
    /// Dense shape.
    pub shape: Vec<usize>,
    /// The values that are not zero.
    values: Stored,
    /// Their places in the dense tensor, row-major.
    places: Vec<usize>,
}

impl Sparse {
    /// Reads the indices of a sparse constant: `[values]` of flat ones, or `[values, rank]`.
    ///
    /// # Errors
    /// [`CheckpointError::Limit`] where it would be too large when dense, [`CheckpointError::Damaged`] where indices do
    /// not fit.
    pub fn find(tensor: &SparseTensorProto) -> Result<Self> {
        let none = TensorInfo::default();
        let info = tensor.values.as_ref().map_or(&none, |values| &values.info);
        let name = text::short(&info.name);
        let damaged = |what: &str| CheckpointError::Damaged(format!("the sparse tensor `{name}` {what}"));
        let dense = shape::from_signed(&name, &tensor.dims)?;
        let numel = shape::numel(&name, &dense)?;
        if numel > MAX_DENSE {
            return Err(CheckpointError::Limit(format!(
                "the sparse tensor `{name}` has {numel} elements when dense; at most {MAX_DENSE} are read"
            )));
        }
        let (Some(values), Some(indices)) = (&tensor.values, &tensor.indices) else {
            return Err(damaged("has no values or no indices"));
        };
        let (values, indices) = (Stored::find(values)?, Stored::find(indices)?);
        let count = values.numel();
        if indices.dtype != Dtype::I64 {
            return Err(damaged("has indices that are not int64"));
        }
        let steps: Vec<usize> = match indices.shape.as_slice() {
            [n] if *n == count => vec![1],
            [n, rank] if *n == count && *rank == dense.len() => row_major(&dense),
            _ => return Err(damaged("has indices of a shape that does not fit its values")),
        };
        let sizes: &[usize] = if steps.len() == dense.len() && indices.shape.len() == 2 {
            &dense
        } else {
            &[numel]
        };
        let mut places = Vec::with_capacity(count);
        for index in indices.integers()?.chunks(steps.len().max(1)) {
            let mut place = 0;
            for ((at, step), size) in index.iter().zip(&steps).zip(sizes) {
                let at = usize::try_from(*at).ok().filter(|at| at < size);
                place += at.ok_or_else(|| damaged("has an index outside its shape"))? * step;
            }
            places.push(place);
        }
        Ok(Self {
            name,
            shape: dense,
            values,
            places,
        })
    }

    /// Element type.
    pub fn dtype(&self) -> Dtype {
        self.values.dtype
    }

    /// The dense tensor as `f32`.
    pub fn floats(&self) -> Result<Vec<f32>> {
        Ok(self.scatter(&self.values.floats()?))
    }

    /// The dense tensor as `f64`.
    pub fn doubles(&self) -> Result<Vec<f64>> {
        Ok(self.scatter(&self.values.doubles()?))
    }

    /// The dense tensor as `i64`; `u64` by their bits.
    pub fn integers(&self) -> Result<Vec<i64>> {
        Ok(self.scatter(&self.values.integers()?))
    }

    fn scatter<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let mut dense = vec![T::default(); self.shape.iter().product()];
        for (place, value) in self.places.iter().zip(values) {
            dense[*place] = *value;
        }
        dense
    }
}

fn row_major(shape: &[usize]) -> Vec<usize> {
    let mut steps = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        steps[axis - 1] = steps[axis] * shape[axis];
    }
    steps
}
