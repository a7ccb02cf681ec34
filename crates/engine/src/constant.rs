//! Constants of a graph that are still in their file.

use std::sync::Arc;

use glassboard_checkpoints::onnx::{Sparse, Stored};
use glassboard_checkpoints::{CheckpointError, Dtype};

use crate::error::EngineError;
use crate::value::{Elem, Plain};

/// A constant tensor: what it is is known, its elements are read when they are asked for. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Constant {
    /// ONNX shape.
    pub shape: Vec<usize>,
    /// Element type.
    pub elem: Elem,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Ready(Plain),
    Stored(Arc<Stored>),
    Sparse(Arc<Sparse>),
}

impl From<Plain> for Constant {
    fn from(plain: Plain) -> Self {
        Self {
            shape: plain.shape.clone(),
            elem: plain.elem,
            source: Source::Ready(plain),
        }
    }
}

impl Constant {
    /// Of a tensor in a file.
    pub(crate) fn stored(stored: Stored) -> Result<Self, CheckpointError> {
        Ok(Self {
            shape: stored.shape.clone(),
            elem: elem_of(stored.dtype, &stored.name)?,
            source: Source::Stored(Arc::new(stored)),
        })
    }

    /// Of a tensor in coordinate form.
    pub(crate) fn sparse(sparse: Sparse) -> Result<Self, CheckpointError> {
        Ok(Self {
            shape: sparse.shape.clone(),
            elem: elem_of(sparse.dtype(), &sparse.name)?,
            source: Source::Sparse(Arc::new(sparse)),
        })
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bytes that the elements occupy in the engine when they are read.
    pub fn bytes(&self) -> u64 {
        (self.numel() as u64).saturating_mul(self.elem.width())
    }

    /// The elements, where they are in memory already: always so in subgraphs.
    pub fn ready(&self) -> Option<&Plain> {
        match &self.source {
            Source::Ready(plain) => Some(plain),
            Source::Stored(_) | Source::Sparse(_) => None,
        }
    }

    /// The elements. What is in memory already is shared; what is in a file is read, every time.
    ///
    /// # Errors
    /// [`EngineError::Load`] where the file can no longer be read, or holds other bytes than when it was opened.
    pub fn load(&self) -> Result<Plain, EngineError> {
        let refused = |error: CheckpointError| EngineError::Load(error.to_string());
        let shape = self.shape.clone();
        Ok(match &self.source {
            Source::Ready(plain) => plain.clone(),
            Source::Stored(stored) if self.elem == Elem::F64 => {
                Plain::double(shape, stored.doubles().map_err(refused)?)
            }
            Source::Stored(stored) if self.elem.is_float() => {
                Plain::float(shape, self.elem, stored.floats().map_err(refused)?)
            }
            Source::Stored(stored) => Plain::int(shape, self.elem, stored.integers().map_err(refused)?),
            Source::Sparse(sparse) if self.elem == Elem::F64 => {
                Plain::double(shape, sparse.doubles().map_err(refused)?)
            }
            Source::Sparse(sparse) if self.elem.is_float() => {
                Plain::float(shape, self.elem, sparse.floats().map_err(refused)?)
            }
            Source::Sparse(sparse) => Plain::int(shape, self.elem, sparse.integers().map_err(refused)?),
        })
    }
}

fn elem_of(dtype: Dtype, name: &str) -> Result<Elem, CheckpointError> {
    Ok(match dtype {
        Dtype::F64 => Elem::F64,
        Dtype::F32 => Elem::F32,
        Dtype::F16 => Elem::F16,
        Dtype::Bf16 => Elem::BF16,
        Dtype::F8E4m3fn => Elem::F8E4M3FN,
        Dtype::F8E4m3fnuz => Elem::F8E4M3FNUZ,
        Dtype::F8E5m2 => Elem::F8E5M2,
        Dtype::F8E5m2fnuz => Elem::F8E5M2FNUZ,
        Dtype::F8E8m0 => Elem::F8E8M0,
        Dtype::F4E2m1 => Elem::F4E2M1,
        Dtype::I64 => Elem::I64,
        Dtype::I32 => Elem::I32,
        Dtype::I16 => Elem::I16,
        Dtype::I8 => Elem::I8,
        Dtype::I4 => Elem::I4,
        Dtype::I2 => Elem::I2,
        Dtype::U64 => Elem::U64,
        Dtype::U32 => Elem::U32,
        Dtype::U16 => Elem::U16,
        Dtype::U8 => Elem::U8,
        Dtype::U4 => Elem::U4,
        Dtype::U2 => Elem::U2,
        Dtype::Bool => Elem::Bool,
        Dtype::F6E2m3 | Dtype::F6E3m2 => {
            return Err(CheckpointError::Unsupported(format!(
                "tensor `{name}` holds {}, which is not computed with",
                dtype.name()
            )));
        }
    })
}
