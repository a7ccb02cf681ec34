//! An opened model file: its format and its tensors.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;

use crate::onnx::Stored;
use crate::onnx::proto::ModelProto;
use crate::package::Package;
use crate::source::{Slice, unreadable};
use crate::{CheckpointError, Dtype, Result, files, onnx, pytorch, recognise, safetensors, shape};

/// A file format, told by content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ONNX.
    Onnx,
    /// safetensors.
    Safetensors,
    /// What `torch.save` writes.
    Pytorch,
}

impl Format {
    /// As pages and JSON show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::Safetensors => "safetensors",
            Self::Pytorch => "pytorch",
        }
    }
}

/// What a model file may read besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing but what its own zip holds: it came from outside, and lies among files of others.
    Upload,
    /// Also regular files in its folder, and below: a model on the command line.
    Folder,
}

/// A named tensor whose bytes are not read yet.
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Shape.
    pub shape: Vec<usize>,
    pub(crate) place: Place,
}

/// Where a tensor's bytes are.
pub(crate) enum Place {
    /// In one of the fields of a message, or outside it.
    Initialiser(Stored),
    /// At this place of a file.
    File(Slice),
    /// Behind the pickle.
    Pickle(pytorch_reader::Tensor),
}

/// An opened file.
pub struct Checkpoint {
    /// Its format.
    pub format: Format,
    /// Its tensors, in file order (PyTorch: by name).
    pub tensors: Vec<Tensor>,
    /// Key-values of the file.
    pub metadata: BTreeMap<String, String>,
    /// The graph, for ONNX.
    pub onnx: Option<ModelProto>,
}

impl Checkpoint {
    /// Opens a file. The tensors' bytes are read one at a time, when asked for.
    pub fn open(path: &Path, reach: Reach) -> Result<Self> {
        let (head, length) = files::head(path, 64)?;
        if let Some(refused) = recognise::refuse(&head) {
            return Err(refused);
        }
        if Package::open(&Slice::open(path)?)?.is_some() {
            return open_onnx(path, reach);
        }
        if head.starts_with(b"PK\x03\x04") || pytorch::looks_like_pickle(&head) {
            return pytorch::open(path);
        }
        if safetensors::looks_like(&head, length) {
            return safetensors::open(path);
        }
        if onnx::looks_like_onnx(&head) {
            return open_onnx(path, reach);
        }
        Err(CheckpointError::Unsupported(
            "the format of this file is not known; models are read as ONNX, safetensors or PyTorch files".into(),
        ))
    }

    /// The bytes of a tensor, little-endian, row-major.
    pub fn read(&self, tensor: &Tensor) -> Result<Bytes> {
        match &tensor.place {
            Place::Initialiser(stored) => stored.bytes(),
            Place::File(slice) => slice
                .bytes()
                .map_err(|error| unreadable(&format!("tensor `{}`", crate::text::short(&tensor.name)), error)),
            Place::Pickle(inner) => {
                shape::bytes(&tensor.name, &tensor.shape, tensor.dtype)?;
                let bytes = inner.read().map_err(|error| {
                    CheckpointError::Damaged(format!(
                        "tensor `{}` cannot be read ({error})",
                        crate::text::short(&tensor.name)
                    ))
                })?;
                Ok(bytes.into())
            }
        }
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

fn open_onnx(path: &Path, reach: Reach) -> Result<Checkpoint> {
    let model = onnx::load(path, reach)?;
    let mut tensors = Vec::new();
    for initialiser in model.graph.iter().flat_map(|graph| &graph.initializer) {
        if initialiser.info.data_type == onnx::proto::DataType::String as i32 {
            continue;
        }
        let stored = Stored::find(initialiser)?;
        tensors.push(Tensor {
            name: initialiser.info.name.clone(),
            dtype: stored.dtype,
            shape: stored.shape.clone(),
            place: Place::Initialiser(stored),
        });
    }
    let metadata = model
        .metadata_props
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.clone()))
        .collect();
    Ok(Checkpoint {
        format: Format::Onnx,
        tensors,
        metadata,
        onnx: Some(model),
    })
}
