//! A graph with other weights: how a checkpoint without a graph is run.

use std::collections::BTreeMap;

use prost::Message;

use super::proto::{DataType, ModelProto, TensorProto};
use super::tensors::dtype_of;
use crate::{Checkpoint, CheckpointError, Dtype, Result, text};

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
        let wanted = format!("{prefix}{}", initialiser.name);
        let partner = weights.tensors.iter().find(|tensor| {
            tensor.name == wanted
                && tensor.dtype.is_float()
                && tensor
                    .shape
                    .iter()
                    .map(|&axis| axis as i64)
                    .eq(initialiser.dims.iter().copied())
        });
        match partner {
            Some(tensor) if float => {
                binding.names.insert(initialiser.name.clone(), tensor.name.clone());
            }
            None if float && initialiser.dims.iter().product::<i64>() > 1 => return Err(initialiser.name.clone()),
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
            .get(&initialiser.name)
            .and_then(|name| weights.tensor(name))
        else {
            continue;
        };
        let bytes = weights.read(tensor)?;
        let raw_data = convert(tensor.dtype, &bytes, initialiser)?;
        *initialiser = TensorProto {
            dims: std::mem::take(&mut initialiser.dims),
            data_type: initialiser.data_type,
            name: std::mem::take(&mut initialiser.name),
            raw_data,
            ..Default::default()
        };
    }
    Ok(model.encode_to_vec())
}

fn convert(from: Dtype, bytes: &[u8], to: &TensorProto) -> Result<Vec<u8>> {
    let wanted = dtype_of(to)?;
    if wanted == from {
        return Ok(bytes.to_vec());
    }
    let mut out = Vec::new();
    match DataType::try_from(to.data_type) {
        Ok(DataType::Float) => from.for_each(bytes, |value| out.extend_from_slice(&(value as f32).to_le_bytes())),
        Ok(DataType::Double) => from.for_each(bytes, |value| out.extend_from_slice(&value.to_le_bytes())),
        Ok(DataType::Float16) => {
            from.for_each(bytes, |value| {
                out.extend_from_slice(&half::f16::from_f64(value).to_le_bytes());
            });
        }
        Ok(DataType::Bfloat16) => {
            from.for_each(bytes, |value| {
                out.extend_from_slice(&half::bf16::from_f64(value).to_le_bytes());
            });
        }
        _ => {}
    }
    let expected = crate::shape::bytes(&to.name, &crate::shape::from_signed(&to.name, &to.dims)?, wanted)?;
    if out.len() == expected {
        return Ok(out);
    }
    Err(CheckpointError::Unsupported(format!(
        "weights of type {} cannot stand for the graph's {} in `{}`",
        from.name(),
        wanted.name(),
        text::short(&to.name)
    )))
}
