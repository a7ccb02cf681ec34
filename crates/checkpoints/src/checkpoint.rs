//! An opened model file: its format and its tensors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::onnx::proto::{ModelProto, TensorProto};
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

/// A named tensor whose bytes are not read yet.
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub dtype: Dtype,
    /// Shape.
    pub shape: Vec<usize>,
    pub(crate) source: Bytes,
}

/// Where a tensor's bytes are.
pub(crate) enum Bytes {
    /// Initialiser number `n` of the graph.
    Initialiser(usize),
    /// At this place of a file.
    File(safetensors::Slice),
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
    /// Opens a file. The tensors' bytes are read one at a time, when asked for (an ONNX file is one
    /// message, and read whole).
    pub fn open(path: &Path) -> Result<Self> {
        let (head, length) = files::head(path, 64)?;
        if let Some(refused) = recognise::refuse(&head) {
            return Err(refused);
        }
        if head.starts_with(b"PK\x03\x04") || pytorch::looks_like_pickle(&head) {
            return pytorch::open(path);
        }
        if safetensors::looks_like(&head, length) {
            return safetensors::open(path);
        }
        if onnx::looks_like_onnx(&head) {
            return open_onnx(path);
        }
        Err(CheckpointError::Unsupported(
            "the format of this file is not known; models are read as ONNX, safetensors or PyTorch files".into(),
        ))
    }

    /// The bytes of a tensor, little-endian, row-major.
    pub fn read<'a>(&'a self, tensor: &'a Tensor) -> Result<Cow<'a, [u8]>> {
        match &tensor.source {
            Bytes::Initialiser(number) => match self.initialisers().get(*number) {
                Some(initialiser) => Ok(onnx::bytes_of(initialiser)?.bytes),
                None => Err(CheckpointError::Damaged(format!(
                    "tensor `{}` is not in the file",
                    tensor.name
                ))),
            },
            Bytes::File(slice) => Ok(Cow::Owned(slice.read(&tensor.name)?)),
            Bytes::Pickle(inner) => {
                shape::bytes(&tensor.name, &tensor.shape, tensor.dtype)?;
                let bytes = inner.read().map_err(|error| {
                    CheckpointError::Damaged(format!(
                        "tensor `{}` cannot be read ({error})",
                        crate::text::short(&tensor.name)
                    ))
                })?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    fn initialisers(&self) -> &[TensorProto] {
        self.onnx
            .as_ref()
            .and_then(|model| model.graph.as_ref())
            .map_or(&[], |graph| &graph.initializer)
    }
}

fn open_onnx(path: &Path) -> Result<Checkpoint> {
    let model = onnx::load(path)?;
    let mut tensors = Vec::new();
    for (number, initialiser) in model.graph.iter().flat_map(|graph| &graph.initializer).enumerate() {
        if initialiser.data_type == onnx::proto::DataType::String as i32 {
            continue;
        }
        let found = onnx::bytes_of(initialiser)?;
        tensors.push(Tensor {
            name: initialiser.name.clone(),
            dtype: found.dtype,
            shape: found.shape,
            source: Bytes::Initialiser(number),
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
