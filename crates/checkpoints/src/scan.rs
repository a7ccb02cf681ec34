//! Everything a model page shows of a file, in one pass.

use std::collections::BTreeMap;
use std::path::Path;

use glassboard_graph::{Description, LayerGraph, Port};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stats::{TensorFacts, statistics};
use crate::{Checkpoint, CheckpointError, Reach, Result, onnx, shape};

/// What a file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scan {
    /// `onnx`, `safetensors` or `pytorch`.
    pub format: String,
    /// Elements of all float tensors.
    pub parameters: u64,
    /// The tensors, in file order.
    pub tensors: Vec<TensorFacts>,
    /// Key-values of the file.
    pub metadata: BTreeMap<String, String>,
    /// The graph as its file describes it.
    pub graph: Option<Description>,
    /// Its inputs, initialisers excluded.
    pub inputs: Vec<Port>,
    /// Its outputs.
    pub outputs: Vec<Port>,
    /// `image`, `tabular`, `text` or `unknown`, by the shape of the first input.
    pub kind: String,
    /// `preprocess.json` as the file's metadata gives it.
    pub preprocess: Option<Value>,
    /// The line that exports ONNX, where there is no graph.
    pub export_hint: Option<String>,
}

/// Scans a file. `progress` hears 0 to 1 and answers whether to stop.
pub fn scan(path: &Path, reach: Reach, mut progress: impl FnMut(f64) -> bool) -> Result<(Checkpoint, Scan)> {
    let checkpoint = Checkpoint::open(path, reach)?;
    let graph = checkpoint.onnx.as_ref().map(onnx::structure).transpose()?;
    if let Some(description) = &graph {
        // Cycles and doubly written values are refused here, before anybody draws or runs them.
        LayerGraph::new(description.clone()).map_err(|error| CheckpointError::Damaged(error.to_string()))?;
    }
    let total: u64 = checkpoint
        .tensors
        .iter()
        .filter_map(|t| shape::bytes(&t.name, &t.shape, t.dtype).ok())
        .map(|n| n as u64)
        .sum();
    let (mut done, mut parameters) = (0u64, 0u64);
    let mut tensors = Vec::with_capacity(checkpoint.tensors.len());
    for tensor in &checkpoint.tensors {
        let numel = shape::numel(&tensor.name, &tensor.shape)? as u64;
        let bytes = checkpoint.read(tensor)?;
        tensors.push(TensorFacts {
            name: tensor.name.clone(),
            dtype: tensor.dtype.name().to_owned(),
            shape: tensor.shape.clone(),
            numel,
            bytes: bytes.len() as u64,
            statistics: statistics(tensor.dtype, numel as usize, &bytes),
        });
        parameters += if tensor.dtype.holds_weights() { numel } else { 0 };
        done += bytes.len() as u64;
        if progress(done as f64 / total.max(1) as f64) {
            return Err(CheckpointError::Cancelled);
        }
    }
    let inputs = graph.as_ref().map(|graph| graph.inputs.clone()).unwrap_or_default();
    let outputs = graph.as_ref().map(|graph| graph.outputs.clone()).unwrap_or_default();
    let preprocess = onnx::preprocess_hint(&checkpoint.metadata);
    let export_hint = graph.is_none().then(|| {
        "torch.onnx.export(model.eval(), (example_input,), \"model.onnx\", input_names=[\"input\"], \
         output_names=[\"output\"], dynamo=False, opset_version=17)"
            .to_owned()
    });
    let scan = Scan {
        format: checkpoint.format.name().to_owned(),
        parameters,
        tensors,
        metadata: checkpoint.metadata.clone(),
        kind: kind_of(&inputs).to_owned(),
        graph,
        inputs,
        outputs,
        preprocess,
        export_hint,
    };
    Ok((checkpoint, scan))
}

/// `image`, `tabular`, `text` or `unknown`, by the shape of the first input.
pub fn kind_of(inputs: &[Port]) -> &'static str {
    let Some(first) = inputs.first() else { return "unknown" };
    let rank = first.shape.as_ref().map_or(0, Vec::len);
    match (first.dtype.as_str(), rank) {
        ("i64" | "i32", 2) => "text",
        (_, 4) => "image",
        (_, 2) => "tabular",
        _ => "unknown",
    }
}
