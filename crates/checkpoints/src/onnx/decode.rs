//! Bytes to a [`ModelProto`], within limits.

use std::path::Path;

use prost::Message;

use super::proto::{GraphProto, ModelProto};
use crate::{CheckpointError, Result, files, recognise};

/// Largest ONNX file that is decoded: the protobuf format itself ends at 2 GiB.
pub const MAX_FILE_BYTES: u64 = 2 << 30;
/// Most nodes of a graph, its subgraphs and functions counted.
pub const MAX_NODES: usize = 100_000;

/// Reads and checks an ONNX file. External data is not followed: a tensor that has any fails when
/// its bytes are asked for.
pub fn load(path: &Path) -> Result<ModelProto> {
    let bytes = files::read_whole(path, MAX_FILE_BYTES, "ONNX")?;
    from_bytes(&bytes)
}

/// Decodes and checks the bytes of an ONNX file.
pub fn from_bytes(bytes: &[u8]) -> Result<ModelProto> {
    if let Some(refused) = recognise::refuse_to_run(&bytes[..bytes.len().min(64)], bytes.len() as u64) {
        return Err(refused);
    }
    // prost's own recursion limit (100) bounds the depth of subgraphs.
    let model = ModelProto::decode(bytes).map_err(|error| {
        CheckpointError::Damaged(format!("this is not a whole ONNX file ({error}); export it again"))
    })?;
    let Some(graph) = &model.graph else {
        return Err(CheckpointError::Damaged(
            "this ONNX file holds no graph; export it again".into(),
        ));
    };
    let bodies = model.functions.iter().map(|function| function.node.as_slice());
    let nodes = count_nodes(graph) + bodies.map(nodes_in).sum::<usize>();
    if nodes > MAX_NODES {
        return Err(CheckpointError::Limit(format!(
            "this graph has {nodes} nodes; at most {MAX_NODES} are read"
        )));
    }
    if graph.node.is_empty() && graph.output.is_empty() && graph.initializer.is_empty() {
        return Err(CheckpointError::Damaged(
            "this ONNX file holds an empty graph; export it again".into(),
        ));
    }
    Ok(model)
}

/// Whether bytes that are no other known format begin like an ONNX file: a field of `ModelProto`
/// with the wire type that the schema gives it.
pub fn looks_like_onnx(head: &[u8]) -> bool {
    matches!(head, [0x08, 1..=0x7f, ..] | [0x3a | 0x12 | 0x42, ..])
}

fn count_nodes(graph: &GraphProto) -> usize {
    nodes_in(&graph.node)
}

fn nodes_in(nodes: &[super::proto::NodeProto]) -> usize {
    let inner = nodes.iter().flat_map(|node| &node.attribute);
    nodes.len()
        + inner
            .flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
            .map(count_nodes)
            .sum::<usize>()
}
