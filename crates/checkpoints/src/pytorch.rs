//! What `torch.save` writes. The pickle is parsed as data; nothing in it is ever called.

use std::collections::BTreeMap;
use std::path::Path;

use pytorch_reader::{DType as Theirs, PytorchReader};

use crate::checkpoint::Place;
use crate::{Checkpoint, CheckpointError, Dtype, Format, Result, Tensor, shape, text};

/// Protocol 2 and later, or the magic number of the oldest files.
pub(crate) fn looks_like_pickle(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..])
}

pub(crate) fn open(path: &Path) -> Result<Checkpoint> {
    let reader = PytorchReader::new(path).map_err(|error| {
        CheckpointError::Damaged(format!(
            "this PyTorch file cannot be read ({}); save `model.state_dict()` and upload that",
            text::short(&error.to_string())
        ))
    })?;
    let ordered: BTreeMap<String, pytorch_reader::Tensor> = reader.into_tensors().into_iter().collect();
    if ordered.is_empty() {
        return Err(CheckpointError::Damaged(
            "this PyTorch file holds no tensors; save `model.state_dict()` and upload that".into(),
        ));
    }
    let mut tensors = Vec::with_capacity(ordered.len());
    for (name, tensor) in ordered {
        let dtype = dtype_of(tensor.dtype());
        shape::bytes(&name, tensor.shape(), dtype)?;
        tensors.push(Tensor {
            dtype,
            shape: tensor.shape().to_vec(),
            name,
            place: Place::Pickle(tensor),
        });
    }
    Ok(Checkpoint {
        format: Format::Pytorch,
        tensors,
        metadata: BTreeMap::new(),
        onnx: None,
    })
}

fn dtype_of(dtype: Theirs) -> Dtype {
    match dtype {
        Theirs::F64 => Dtype::F64,
        Theirs::F32 => Dtype::F32,
        Theirs::F16 => Dtype::F16,
        Theirs::BF16 => Dtype::Bf16,
        Theirs::I64 => Dtype::I64,
        Theirs::I32 => Dtype::I32,
        Theirs::I16 => Dtype::I16,
        Theirs::I8 => Dtype::I8,
        Theirs::U64 => Dtype::U64,
        Theirs::U32 => Dtype::U32,
        Theirs::U16 => Dtype::U16,
        Theirs::U8 => Dtype::U8,
        Theirs::Bool => Dtype::Bool,
    }
}
