//! A graph with other weights: how a checkpoint without a graph is run.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::decode::encode;
use super::proto::{DataType, ModelProto, TensorData, TensorInfo, TensorProto};
use super::stored::dtype_of;
use crate::{Checkpoint, CheckpointError, Dtype, Result, shape, text};

/// What training frameworks put in front of the names of a state dict.
const PREFIXES: [&str; 9] = [
    "",
    "module.",
    "state_dict.",
    "model_state_dict.",
    "model.",
    "net.",
    "_orig_mod.",
    "ema.",
    "state_dict.model.",
];

/// Names of the checkpoint's tensors by the names of the graph's initialisers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Binding {
    /// Initialiser to tensor.
    pub names: BTreeMap<String, String>,
}

/// Finds for every trained initialiser of the graph the tensor of that name and shape. Constants
/// of a single element may stay as they are. Fails with the first one that has no partner.
pub fn match_names(model: &ModelProto, weights: &Checkpoint) -> Result<Binding> {
    let mut nearest: Option<String> = None;
    for prefix in PREFIXES {
        match with_prefix(model, weights, prefix) {
            Ok(binding) => return Ok(binding),
            Err(missing) => nearest = nearest.or(Some(missing)),
        }
    }
    let missing = nearest.unwrap_or_default();
    Err(CheckpointError::Damaged(format!(
        "these weights do not fit the graph: its tensor `{}` has no partner of the same name and shape",
        text::short(&missing)
    )))
}

fn with_prefix(model: &ModelProto, weights: &Checkpoint, prefix: &str) -> Result<Binding, String> {
    let mut binding = Binding::default();
    for initialiser in model.graph.iter().flat_map(|graph| &graph.initializer) {
        let float = dtype_of(initialiser).is_ok_and(Dtype::is_float);
        let wanted = format!("{prefix}{}", initialiser.info.name);
        let partner = weights.tensors.iter().find(|tensor| {
            tensor.name == wanted
                && tensor.dtype.is_float()
                && tensor
                    .shape
                    .iter()
                    .map(|&axis| axis as i64)
                    .eq(initialiser.info.dims.iter().copied())
        });
        match partner {
            Some(tensor) if float => {
                binding.names.insert(initialiser.info.name.clone(), tensor.name.clone());
            }
            None if float && elements(initialiser) > 1 => return Err(initialiser.info.name.clone()),
            _ => {}
        }
    }
    if binding.names.is_empty() {
        Err("weight".into())
    } else {
        Ok(binding)
    }
}

/// The ONNX file of `model` with the weights of `weights`, converted to the graph's own types.
pub fn rebind(mut model: ModelProto, weights: &Checkpoint, binding: &Binding) -> Result<Vec<u8>> {
    for initialiser in model.graph.iter_mut().flat_map(|graph| &mut graph.initializer) {
        let Some(tensor) = binding
            .names
            .get(&initialiser.info.name)
            .and_then(|name| weights.tensor(name))
        else {
            continue;
        };
        let bytes = weights.read(tensor)?;
        let raw = convert(tensor.dtype, bytes, initialiser)?;
        *initialiser = TensorProto {
            info: TensorInfo {
                dims: std::mem::take(&mut initialiser.info.dims),
                data_type: initialiser.info.data_type,
                name: std::mem::take(&mut initialiser.info.name),
                ..Default::default()
            },
            data: TensorData::raw(raw),
        };
    }
    encode(model)
}

/// What the shape says; a damaged one says nothing.
fn elements(tensor: &TensorProto) -> usize {
    let name = &tensor.info.name;
    let axes = shape::from_signed(name, &tensor.info.dims);
    axes.and_then(|axes| shape::numel(name, &axes)).unwrap_or(0)
}

fn convert(from: Dtype, bytes: Bytes, to: &TensorProto) -> Result<Bytes> {
    let wanted = dtype_of(to)?;
    if wanted == from {
        return Ok(bytes);
    }
    let name = text::short(&to.info.name);
    let axes = shape::from_signed(&name, &to.info.dims)?;
    let count = shape::numel(&name, &axes)?;
    let mut out = Vec::new();
    match DataType::try_from(to.info.data_type) {
        Ok(DataType::Float) => from.for_each(count, &bytes, |value| {
            out.extend_from_slice(&(value as f32).to_le_bytes());
        }),
        Ok(DataType::Double) => from.for_each(count, &bytes, |value| out.extend_from_slice(&value.to_le_bytes())),
        Ok(DataType::Float16) => from.for_each(count, &bytes, |value| {
            out.extend_from_slice(&half::f16::from_f64(value).to_le_bytes());
        }),
        Ok(DataType::Bfloat16) => from.for_each(count, &bytes, |value| {
            out.extend_from_slice(&half::bf16::from_f64(value).to_le_bytes());
        }),
        _ => {}
    }
    if out.len() == shape::bytes(&name, &axes, wanted)? {
        return Ok(out.into());
    }
    Err(CheckpointError::Unsupported(format!(
        "weights of type {} cannot stand for the graph's {} in `{name}`",
        from.name(),
        wanted.name()
    )))
}
